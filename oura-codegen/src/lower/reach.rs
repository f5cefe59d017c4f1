//! Which component schemas requests and responses hold, whatever becomes of them in Rust.

use std::collections::BTreeSet;

use super::Lowering;
use super::components::{Class, component_key};
use super::operations::LoweredOperation;
use crate::document::{Node, Value};
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

impl Lowering<'_> {
    /// Follows the references of all operations.
    pub(super) fn reach(&self, operations: &[LoweredOperation]) -> Reach {
        let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
        for operation in operations {
            let path = operation.at.parent().cloned().unwrap_or_default();
            for at in [&path, &operation.at] {
                self.follow(&at.key("parameters"), &mut sent);
            }
            self.follow(&operation.at.key("requestBody"), &mut sent);
            self.follow(&operation.at.key("responses"), &mut received);
        }
        Reach {
            sent: self.reached_names(&sent),
            received: self.reached_names(&received),
        }
    }

    fn follow(&self, at: &Pointer, reached: &mut BTreeSet<String>) {
        let mut open: Vec<&Node> = self.document.get(at).into_iter().collect();
        while let Some(node) = open.pop() {
            match &node.value {
                Value::Array(items) => open.extend(items),
                Value::Object(members) => {
                    let reference = members.get("$ref").and_then(Node::as_str);
                    if let Some(reference) = reference
                        && reached.insert(reference.to_owned())
                    {
                        open.extend(self.referred(reference));
                    }
                    open.extend(members.values());
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }

    fn referred(&self, reference: &str) -> Option<&Node> {
        if let Some(key) = component_key(reference) {
            return self.document.get(&self.components.get(key.as_str())?.at);
        }
        let at = reference.strip_prefix('#')?.parse::<Pointer>().ok()?;
        self.document.get(&at)
    }

    fn reached_names(&self, references: &BTreeSet<String>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for key in references.iter().filter_map(|name| component_key(name)) {
            names.insert(self.display(&key));
            if let Some(component) = self.components.get(key.as_str())
                && let Class::Instance { generic, .. } = &component.class
            {
                names.insert(generic.clone());
            }
        }
        names
    }

    /// The name of a component in facts: an instance reads as in Rust.
    pub(super) fn display(&self, key: &str) -> String {
        let Some(component) = self.components.get(key) else {
            return key.to_owned();
        };
        match &component.class {
            Class::Instance { generic, argument } => {
                format!("{generic}<{}>", self.display(argument))
            }
            Class::Type | Class::Alias | Class::Dictionary => component.ident.clone(),
        }
    }
}
