//! The order in which the errors of a phase are shown.

use std::collections::{HashMap, HashSet};

use super::{Node, Value};
use crate::error::{Error, Errors};
use crate::pointer::Origin;

/// The errors without repetitions (a place that is copied is checked once a copy), in the
/// order of the places in the document. Places of no node come first.
pub(crate) fn in_document_order<'e>(
    errors: impl IntoIterator<Item = &'e Error>,
    root: &Node,
) -> Errors {
    let mut seen = HashSet::new();
    let mut sorted: Vec<&Error> = errors
        .into_iter()
        .filter(|error| seen.insert((&error.at, &error.message)))
        .collect();
    // Few nodes of a document have errors: the others need no rank.
    let places = sorted.iter().filter_map(|error| error.origin());
    let mut ranks: HashMap<&Origin, Option<usize>> = places.map(|place| (place, None)).collect();
    if !ranks.is_empty() {
        rank(root, &mut 0, &mut ranks);
    }
    sorted.sort_by_key(|error| error.origin().and_then(|place| *ranks.get(place)?));
    sorted.into_iter().cloned().collect::<Vec<_>>().into()
}

/// Numbers the nodes from the first to the last.
fn rank(node: &Node, next: &mut usize, ranks: &mut HashMap<&Origin, Option<usize>>) {
    if let Some(rank) = ranks.get_mut(&node.origin) {
        rank.get_or_insert(*next);
    }
    *next += 1;
    match &node.value {
        Value::Array(elements) => elements.iter().for_each(|node| rank(node, next, ranks)),
        Value::Object(members) => members.values().for_each(|node| rank(node, next, ranks)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
