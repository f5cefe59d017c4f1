//! Leaves out the parts of a spec that cannot be read, so that the rest can be compared.
//!
//! Input: a spec. Output: the normalized rest, the errors, and the places that were left out.
//! Invariant: what was left out is neither a change nor part of one.

use std::collections::BTreeSet;

use oura_codegen::document::{Document, Node, Value};
use oura_codegen::drift::Change;
use oura_codegen::error::{Error, Errors};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::pointer::{Origin, Pointer};

/// The spec without the nodes that have errors, the errors, and the places that were left out.
pub(super) type Rest = (Normalized, Errors, Vec<Pointer>);

/// Normalizes a spec without the nodes that have errors. If a node needs one that was left out, it
/// is left out too.
///
/// # Errors
///
/// Those of the whole spec, if nothing is left.
pub(super) fn normalize_what_can(document: Document, errors: Errors) -> Result<Rest, Errors> {
    /// Each round leaves out more nodes; no spec is as deep as this.
    const ROUNDS: usize = 32;
    let mut rest = document;
    // Errors that appear only because something was left out are not errors of the spec.
    let (mut found, mut left_out) = (errors.clone(), Vec::new());
    for _ in 0..ROUNDS {
        let origins = found.iter().filter_map(Error::origin);
        left_out.extend(origins.clone().map(|origin| origin.pointer.clone()));
        let places: BTreeSet<String> = origins.map(ToString::to_string).collect();
        if places.is_empty() || places.contains(&rest.root.origin.to_string()) {
            break;
        }
        remove(&mut rest.root, &places);
        match normalize_document(rest.clone()) {
            Ok(normalized) => return Ok((normalized, errors, left_out)),
            Err(more) => found = more,
        }
    }
    Err(errors)
}

/// Removes the changes of places that were left out, and of the nodes that hold them.
pub(super) fn retain_comparable(changes: &mut Vec<Change>, left_out: &[Pointer]) {
    if left_out.is_empty() {
        return;
    }
    let is_touched = |origin: &Option<Origin>| {
        let at = origin.as_ref().map(|origin| &origin.pointer);
        at.is_some_and(|at| {
            let mut places = left_out.iter();
            places.any(|place| at.is_within(place) || place.parent().is_some_and(|up| up == at))
        })
    };
    changes.retain(|change| !is_touched(&change.pointer) && !is_touched(&change.old_pointer));
}

/// Removes the nodes at these places.
fn remove(node: &mut Node, places: &BTreeSet<String>) {
    let is_kept = |node: &Node| !places.contains(&node.origin.to_string());
    match &mut node.value {
        Value::Array(items) => {
            items.retain(is_kept);
            items.iter_mut().for_each(|item| remove(item, places));
        }
        Value::Object(members) => {
            members.retain(|_, member| is_kept(member));
            members
                .values_mut()
                .for_each(|member| remove(member, places));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
