//! Which component schemas requests and responses hold, whether or not they become Rust types.

use std::collections::BTreeSet;

use super::components::{Class, Components, display};
use super::operations::LoweredOperation;
use super::references::component_key;
use crate::document::{Document, Node, Value};
use crate::facts::Subject;
use crate::pointer::Pointer;

/// Names of the schemas, as facts name them, that requests and responses hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Those in parameters and request bodies.
    pub sent: BTreeSet<String>,
    /// Those in responses, those of errors included.
    pub received: BTreeSet<String>,
}

impl Reach {
    /// Whether an operation holds the schema.
    #[must_use]
    pub fn reaches(&self, schema: &Subject) -> bool {
        self.sent.contains(&schema.name) || self.received.contains(&schema.name)
    }
}

impl Reach {
    /// Follows the references of all operations.
    pub(super) fn of_operations(
        document: &Document,
        components: &Components<'_>,
        operations: &[LoweredOperation],
    ) -> Self {
        let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
        for operation in operations {
            let path = operation.at.parent().cloned().unwrap_or_default();
            for at in [&path, &operation.at] {
                follow(document, &at.key("parameters"), &mut sent);
            }
            follow(document, &operation.at.key("requestBody"), &mut sent);
            follow(document, &operation.at.key("responses"), &mut received);
        }
        Self {
            sent: reached_names(components, &sent),
            received: reached_names(components, &received),
        }
    }
}

/// Adds the references at a place and at all places that they lead to.
fn follow(document: &Document, at: &Pointer, reached: &mut BTreeSet<String>) {
    let mut open: Vec<&Node> = document.get(at).into_iter().collect();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Node::as_str);
                if let Some(reference) = reference
                    && reached.insert(reference.to_owned())
                {
                    let at = reference.strip_prefix('#').map(str::parse::<Pointer>);
                    open.extend(at.and_then(Result::ok).and_then(|at| document.get(&at)));
                }
                open.extend(members.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn reached_names(components: &Components<'_>, references: &BTreeSet<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for key in references.iter().filter_map(|name| component_key(name)) {
        names.insert(display(components, &key));
        if let Some(component) = components.get(key.as_str())
            && let Class::Instance { generic, .. } = &component.class
        {
            names.insert(generic.clone());
        }
    }
    names
}
