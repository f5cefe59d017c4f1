//! Which schemas are made of several parts, and which are nothing but parts.

use std::collections::BTreeSet;

use super::words::items;
use crate::document::{Node, Value};
use crate::lower::references::component_key;

/// Whether a schema is merged of several parts. An `allOf` of one reference means what it
/// refers to.
pub(super) fn is_merged(node: &Node) -> bool {
    const OWN: &[&str] = &["type", "properties", "required", "additionalProperties"];
    let parts = items(node.get("allOf"));
    let has_own = || OWN.iter().any(|keyword| node.get(keyword).is_some());
    parts.len() > 1 || (parts.len() == 1 && has_own())
}

/// The keys of component schemas that are parts of others and are used nowhere else.
pub(super) fn only_parts(root: &Node) -> BTreeSet<String> {
    let (mut parts, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![(root, false)];
    while let Some((node, is_part)) = open.pop() {
        match &node.value {
            Value::Array(nodes) => open.extend(nodes.iter().map(|node| (node, false))),
            Value::Object(object) => {
                if let Some(key) = reference(node) {
                    let _ = if is_part { &mut parts } else { &mut used }.insert(key);
                }
                let is_merged = is_merged(node);
                for (keyword, member) in object {
                    match keyword.as_str() {
                        "allOf" if is_merged => {
                            open.extend(items(Some(member)).iter().map(|part| (part, true)));
                        }
                        _ => open.push((member, false)),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    parts.retain(|key| !used.contains(key));
    parts
}

/// The key of the component schema that a node refers to.
pub(super) fn reference(node: &Node) -> Option<String> {
    component_key(node.get("$ref").and_then(Node::as_str)?)
}
