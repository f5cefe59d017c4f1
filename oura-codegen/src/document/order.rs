//! The order of errors.

use std::collections::{HashMap, HashSet};

use super::{Node, Value};
use crate::error::{Error, Errors};

/// The errors without repetitions (a place that is copied is checked once a copy), in the
/// order of the places in the document.
pub(crate) fn in_document_order<'e>(
    errors: impl IntoIterator<Item = &'e Error>,
    root: &Node,
) -> Errors {
    let mut seen = HashSet::new();
    let mut ranked: Vec<_> = errors
        .into_iter()
        .map(|error| (error.at.to_string(), error))
        .filter(|(place, error)| seen.insert((place.clone(), &error.message)))
        .collect();
    let mut ranks = HashMap::new();
    if !ranked.is_empty() {
        rank(root, &mut ranks);
    }
    ranked.sort_by_key(|(place, _)| ranks.get(place).copied());
    let mut sorted = Errors::default();
    let in_order = ranked.into_iter().map(|(_, error)| error.clone());
    in_order.for_each(|error| sorted.push(error));
    sorted
}

/// Numbers the nodes from the first to the last.
fn rank(node: &Node, ranks: &mut HashMap<String, usize>) {
    let next = ranks.len();
    ranks.entry(node.origin.to_string()).or_insert(next);
    match &node.value {
        Value::Array(elements) => elements.iter().for_each(|node| rank(node, ranks)),
        Value::Object(members) => members.values().for_each(|node| rank(node, ranks)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
