//! Compares specs that cannot become an SDK.
//!
//! Input: a spec and one to compare it with. Output: what can be made of the first, and for
//! each error what changed. Invariant: what both have is named as in the other spec, so that
//! names which collide or are missing hide no change.

use std::collections::BTreeSet;
use std::fmt;

use super::change::{Change, Side};
use super::matching::{erase_parameters, instance_of, operation_key, operations};
use super::matching::{own_names, schemas};
use crate::document::Node;
use crate::error::{Error, Errors};
use crate::ir::Operation;
use crate::lower::{Lowered, NameOverrides, OperationNames, lower_what_can_with_overrides};
use crate::normalize::Normalized;
use crate::pointer::{Origin, Pointer};
use crate::policy::Policy;

/// Lowers as much of `normalized` as possible, under the names of the other spec where both
/// have the same operation or key of a schema.
#[must_use]
pub fn lower_beside(other: Side<'_>, normalized: &Normalized, policy: &Policy) -> Lowered {
    let mut overrides = NameOverrides::default();
    for (key, subject) in schemas(&other.lowered.facts) {
        if instance_of(subject).is_none() {
            let name = subject.name.clone();
            overrides.schemas.insert(key.to_owned(), name);
        }
    }
    let known = operations(other.lowered);
    for (template, item) in normalized.openapi.paths.iter() {
        let methods = item.as_item().into_iter().flat_map(|item| item.iter());
        for (method, _) in methods {
            let method = method.to_uppercase();
            if let Some(operation) = known.get(&(&method, erase_parameters(template))) {
                let names = OperationNames {
                    path_template: template.clone(),
                    ..own_names(operation)
                };
                let key = (method, template.clone());
                overrides.operations.insert(key, names);
            }
        }
    }
    lower_what_can_with_overrides(normalized, policy, overrides)
}

/// An error of a new spec, and what changed since the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedError {
    /// The error.
    pub error: Error,
    /// What changed, in one sentence without a full stop, where that is known.
    pub change: Option<String>,
}

impl fmt::Display for ExplainedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(change) = &self.change {
            write!(f, "{change}: ")?;
        }
        self.error.fmt(f)
    }
}

/// The errors of a new spec, each with what changed since the old one.
#[must_use]
pub fn explain_errors(
    errors: &Errors,
    old: Side<'_>,
    new: Side<'_>,
    changes: &[Change],
    policy: &Policy,
) -> Vec<ExplainedError> {
    let explained = errors.iter().map(|error| {
        let mut places = places(error);
        let page = places.find_map(|at| lost_page(at, old, new, policy));
        ExplainedError {
            error: error.clone(),
            change: page.or_else(|| change_at(error, changes)),
        }
    });
    explained.collect()
}

/// The nodes that an error is about.
fn places(error: &Error) -> impl Iterator<Item = &Origin> {
    error.origin().into_iter().chain(&error.other)
}

/// Says that an operation no longer responds with a page, since the page lost a property.
fn lost_page(at: &Origin, old: Side<'_>, new: Side<'_>, policy: &Policy) -> Option<String> {
    let page = policy.page?;
    let new_operation = operation_at(at, new)?;
    let old_operation = *operations(old.lowered).get(&operation_key(new_operation))?;
    let before = response_names(old_operation, old.normalized);
    let after = response_names(new_operation, new.normalized);
    let names = [page.items, page.cursor];
    let gone = names.iter().filter(|name| !after.contains(**name));
    let gone: Vec<String> = gone.map(|name| format!("`{name}`")).collect();
    let verb = match gone.len() {
        _ if !names.iter().all(|name| before.contains(name)) => return None,
        0 => return None,
        1 => "is",
        _ => "are",
    };
    let gone = gone.join(" and ");
    Some(format!(
        "{gone} {verb} missing, so this is not a page any more"
    ))
}

fn operation_at<'a>(at: &Origin, side: Side<'a>) -> Option<&'a Operation> {
    let modules = side.lowered.api.modules.iter();
    let mut operations = modules.flat_map(|module| &module.operations);
    operations.find(|operation| is_within(at, &operation.origin))
}

/// The names of the properties of the responses of success.
fn response_names<'a>(operation: &Operation, normalized: &'a Normalized) -> BTreeSet<&'a str> {
    let method = operation.http_method.to_lowercase();
    let at = Pointer::root().keys(&["paths", &operation.path_template, &method, "responses"]);
    let responses = normalized.document.get(&at).and_then(Node::as_object);
    let responses = responses.into_iter().flatten();
    let success = responses.filter(|(status, _)| status.starts_with('2'));
    let names = success.map(|(_, response)| names_of(response, normalized, 0));
    names.flatten().collect()
}

/// The properties that a response or a schema has in each of its branches.
fn names_of<'a>(node: &'a Node, normalized: &'a Normalized, depth: usize) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    // References may be recursive through properties; these are not followed, and the bound is a
    // safeguard.
    let members = node.as_object().filter(|_| depth < 16);
    for (keyword, member) in members.into_iter().flatten() {
        let below = |node| names_of(node, normalized, depth + 1);
        let parts = member.as_array().unwrap_or_default().iter();
        match keyword.as_str() {
            "$ref" => {
                let target = member.as_str().and_then(|name| name.strip_prefix('#'));
                let target = target.and_then(|at| at.parse::<Pointer>().ok());
                let target = target.and_then(|at| normalized.document.get(&at));
                names.extend(target.into_iter().flat_map(below));
            }
            "properties" => {
                let properties = member.as_object().into_iter().flatten();
                names.extend(properties.map(|(name, _)| name.as_str()));
            }
            "allOf" => names.extend(parts.flat_map(below)),
            "anyOf" | "oneOf" => {
                let common = parts.map(below).reduce(|one, other| &one & &other);
                names.extend(common.into_iter().flatten());
            }
            "content" | "schema" => names.extend(below(member)),
            media if media.contains('/') => names.extend(below(member)),
            _ => {}
        }
    }
    names
}

/// The gravest change at the place of an error, or around it.
fn change_at(error: &Error, changes: &[Change]) -> Option<String> {
    let is_there = |change: &&Change| {
        let mut at = places(error);
        let place = change.pointer.as_ref();
        at.any(|at| place.is_some_and(|place| is_within(place, at) || is_within(at, place)))
    };
    let changes = changes.iter().filter(|change| !change.kind.is_prose());
    let there = changes.filter(is_there);
    let change = there.max_by_key(|change| (change.source_breaking, change.wire_breaking))?;
    let said = change.before.iter().chain(&change.after);
    let said: Vec<String> = said.map(|value| format!("`{value}`")).collect();
    let comma = if said.is_empty() { "" } else { ", " };
    let (kind, subject) = (change.kind.as_str(), &change.subject);
    Some(format!("{kind} of `{subject}`{comma}{}", said.join(" → ")))
}

/// Whether a place is the other place or below it.
fn is_within(place: &Origin, other: &Origin) -> bool {
    place.file == other.file && place.pointer.is_within(&other.pointer)
}
