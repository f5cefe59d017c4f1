//! The meaning of a schema, as text to compare.

use std::collections::BTreeSet;

use super::tree::{Node, Value};

/// The meaning of a schema: the same text for schemas that differ only in the order of keys or in
/// keywords that `is_ignored`. References for which `is_argument` holds all have the same text.
pub(crate) fn shape_of(
    node: &Node,
    is_ignored: fn(&str) -> bool,
    is_argument: &mut impl FnMut(&str) -> bool,
) -> String {
    let mut shape = Shape {
        is_ignored,
        is_argument,
    };
    shape.of(node, true)
}

/// Whether a keyword holds prose or samples for people.
pub(crate) fn is_prose(keyword: &str) -> bool {
    matches!(
        keyword,
        "title" | "summary" | "description" | "example" | "examples" | "externalDocs"
    )
}

struct Shape<'s, F> {
    is_ignored: fn(&str) -> bool,
    is_argument: &'s mut F,
}

impl<F: FnMut(&str) -> bool> Shape<'_, F> {
    /// `in_schema` is false where keys are names of properties.
    fn of(&mut self, node: &Node, in_schema: bool) -> String {
        match &node.value {
            Value::Object(members) => {
                let mut shapes = Vec::new();
                for (key, member) in members {
                    if !(in_schema && (self.is_ignored)(key)) {
                        shapes.push(format!(
                            "{key:?}:{}",
                            self.of_member(key, member, in_schema)
                        ));
                    }
                }
                shapes.sort();
                format!("{{{}}}", shapes.join(","))
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.of(item, in_schema)).collect();
                format!("[{}]", items.join(","))
            }
            scalar => format!("{scalar:?}"),
        }
    }

    fn of_member(&mut self, key: &str, member: &Node, in_schema: bool) -> String {
        match &member.value {
            Value::String(reference) if key == "$ref" && (self.is_argument)(reference) => {
                "T".to_owned()
            }
            Value::Array(names) if in_schema && key == "required" => {
                let names: BTreeSet<&str> = names.iter().filter_map(Node::as_str).collect();
                format!("{names:?}")
            }
            _ => self.of(member, !(in_schema && key == "properties")),
        }
    }
}
