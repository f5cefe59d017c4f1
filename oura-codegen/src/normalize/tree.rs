//! Small functions that read tree nodes.

use std::cell::Cell;
use std::collections::HashSet;

use crate::document::{Node, Number, Value};

/// The node that several members and elements lead to.
pub(super) fn descend<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a Node> {
    keys.iter().try_fold(node, |node, key| child(node, key))
}

/// The member or element of a name.
pub(super) fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Array(elements) => elements.get(key.parse::<usize>().ok()?),
        _ => node.get(key),
    }
}

/// The elements of an array; none where the node is no array.
pub(super) fn elements(node: &Node) -> &[Node] {
    node.as_array().unwrap_or_default()
}

/// The elements of an array member; none where there is none.
pub(super) fn list<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map_or(&[], elements)
}

/// Whether a value is the empty list or object.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Values without those that an earlier one is equal to.
pub(super) fn distinct<'n>(values: impl Iterator<Item = &'n Node>) -> Vec<Node> {
    let mut seen = HashSet::new();
    let is_new = |value: &&Node| seen.insert(value.to_json_value().to_string());
    values.filter(is_new).cloned().collect()
}

/// The one type that all scalars of a list have.
pub(super) fn common_type(values: &[Node]) -> Option<&'static str> {
    let names = ["string", "integer", "number", "boolean"];
    let fits = |name: &&str| values.iter().all(|value| is_of_type(value, name));
    names.into_iter().find(fits)
}

/// Whether a value is of a type; null is of none.
pub(super) fn is_of_type(node: &Node, type_name: &str) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Bool(_) => type_name == "boolean",
        Value::Number(Number::Float(number)) if number.fract() != 0.0 => type_name == "number",
        Value::Number(_) => matches!(type_name, "integer" | "number"),
        Value::String(_) => type_name == "string",
        Value::Array(_) => type_name == "array",
        Value::Object(_) => type_name == "object",
    }
}

/// How many nodes may still be copied before a spec is refused: a few lines could otherwise
/// cause any number of copies.
pub(super) struct Copies(Cell<usize>);

impl Copies {
    /// A fixed number for any spec, and a multiple of its size for a large one.
    pub(super) fn of(root: &Node) -> Self {
        const ALWAYS: usize = 200_000;
        const TIMES: usize = 4;
        Self(Cell::new(ALWAYS.max(TIMES * root.walk().count())))
    }

    /// Whether that many more nodes may be copied.
    pub(super) fn allow(&self, nodes: usize) -> bool {
        let left = self.0.get().checked_sub(nodes);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// The candidate that is closest to a misspelt `name`.
pub(super) fn closest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = name.chars().count().div_ceil(3).min(3);
    candidates
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_within_a_few_letters() {
        let names = ["required", "requestBody", "in"];
        assert_eq!(closest("requierd", names.into_iter()), Some("required"));
        assert_eq!(closest("Required", names.into_iter()), Some("required"));
        assert_eq!(closest("is", names.into_iter()), Some("in"));
        assert_eq!(closest("webhooks", names.into_iter()), None);
    }
}
