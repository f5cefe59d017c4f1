//! Which schemas are made of several parts, and which are nothing but parts.

use std::collections::BTreeSet;

use super::references::component_key;
use crate::document::{Node, Value};

/// Whether a schema is merged of several parts. An `allOf` of one reference means what it
/// refers to.
pub(super) fn is_merged(node: &Node) -> bool {
    const OWN: &[&str] = &["type", "properties", "required", "additionalProperties"];
    let parts = parts(node);
    let has_own = || OWN.iter().any(|keyword| node.get(keyword).is_some());
    parts.len() > 1 || (parts.len() == 1 && has_own())
}

/// The parts of an `allOf`; none where there is none.
pub(super) fn parts(node: &Node) -> &[Node] {
    let parts = node.get("allOf").and_then(Node::as_array);
    parts.unwrap_or_default()
}

/// The keys of component schemas that are parts of others and are used nowhere else.
pub(super) fn only_parts(root: &Node) -> BTreeSet<String> {
    let (mut only, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![(root, false)];
    while let Some((node, is_part)) = open.pop() {
        match &node.value {
            Value::Array(nodes) => open.extend(nodes.iter().map(|node| (node, false))),
            Value::Object(object) => {
                if let Some(key) = reference(node) {
                    let _ = if is_part { &mut only } else { &mut used }.insert(key);
                }
                let is_merged = is_merged(node);
                for (keyword, member) in object {
                    match keyword.as_str() {
                        "allOf" if is_merged => {
                            open.extend(parts(node).iter().map(|part| (part, true)));
                        }
                        _ => open.push((member, false)),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    only.retain(|key| !used.contains(key));
    only
}

/// The key of the component schema that a node refers to.
pub(super) fn reference(node: &Node) -> Option<String> {
    component_key(node.get("$ref").and_then(Node::as_str)?)
}
