//! The order in which the errors of a phase are shown.

use std::collections::{HashMap, HashSet};

use super::tree::Node;
use crate::error::{Error, Errors};
use crate::pointer::Origin;

/// The errors in the order of their places in the spec, without repetitions (a copied place is
/// checked once for each copy). Errors that are not at a node come first.
pub(crate) fn in_document_order<'e>(
    errors: impl IntoIterator<Item = &'e Error>,
    root: &Node,
) -> Errors {
    let mut seen = HashSet::new();
    let mut sorted: Vec<&Error> = errors
        .into_iter()
        .filter(|error| seen.insert((&error.at, &error.message)))
        .collect();
    // Few nodes of a spec have errors: the others need no rank.
    let places = sorted.iter().filter_map(|error| error.origin());
    let mut ranks: HashMap<&Origin, Option<usize>> = places.map(|place| (place, None)).collect();
    if !ranks.is_empty() {
        for (rank, node) in root.walk().enumerate() {
            if let Some(known) = ranks.get_mut(&node.origin) {
                known.get_or_insert(rank);
            }
        }
    }
    sorted.sort_by_key(|error| error.origin().and_then(|place| *ranks.get(place)?));
    sorted.into_iter().cloned().collect::<Vec<_>>().into()
}
