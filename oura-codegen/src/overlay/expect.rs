//! `x-expect`: whether the spec still says what an action was written for.
//!
//! The expectation lists keys; keys that it does not list may have any value. `null` means
//! absent. OpenAPI 3.0 writes `nullable: true` where 3.1 writes a branch or a type `null`,
//! and the same API is published in both: both sides are compared with `nullable`.

use super::action::UPSTREAM_CHANGED;
use crate::document::{Document, Members, Node, Value};
use crate::error::{Error, Errors};
use crate::pointer::{Origin, Pointer};

/// The differences from an expectation.
pub(super) struct Surprise {
    /// The selected nodes that differ.
    pub(super) at: Vec<Pointer>,
    pub(super) errors: Errors,
}

/// Compares the expectation with all selected nodes. A difference is shown for the first
/// node that has one; the others are counted.
pub(super) fn check_expectation(
    document: &Document,
    targets: &[Pointer],
    expected: &Node,
) -> Result<(), Surprise> {
    let expected = with_nullable(expected);
    let mut first = Vec::new();
    let mut differing = Vec::new();
    for at in targets {
        let Some(node) = document.get(at) else {
            continue;
        };
        let actual = with_nullable(node);
        let mut differences = Vec::new();
        compare(&expected, Some(&actual), &node.origin, &mut differences);
        if differences.is_empty() {
            continue;
        }
        if differing.is_empty() {
            first = differences;
        }
        differing.push(at.clone());
    }
    match differing.len() {
        0 => Ok(()),
        count => Err(Surprise {
            at: differing,
            errors: tell(first, count - 1),
        }),
    }
}

/// Adds to the errors how many other nodes differ.
fn tell(mut differences: Vec<Error>, others: usize) -> Errors {
    if others > 0 {
        for error in &mut differences {
            let more = format!(" (and {others} more of the selected nodes differ)");
            error.message.push_str(&more);
        }
    }
    differences.into()
}

/// Collects differences. `actual` is `None` where the spec has nothing; `around` is then the
/// nearest node.
fn compare(expected: &Node, actual: Option<&Node>, around: &Origin, differences: &mut Vec<Error>) {
    let actual = actual.filter(|node| !node.is_null());
    match (&expected.value, actual.map(|node| (&node.value, node))) {
        (Value::Null, None) => {}
        (Value::Object(members), Some((Value::Object(_), node))) => {
            for (key, expected) in members {
                compare(expected, node.get(key), &node.origin, differences);
            }
        }
        (Value::Array(items), Some((Value::Array(others), node)))
            if items.len() == others.len() =>
        {
            for (expected, actual) in items.iter().zip(others) {
                compare(expected, Some(actual), &node.origin, differences);
            }
        }
        (_, Some((_, node))) if expected == node => {}
        _ => {
            let (found, wanted) = (shown(actual), shown(Some(expected)));
            let message = format!("the spec says {found}, not {wanted}");
            let error = Error::at(&expected.origin, message);
            let place = actual.map_or(around, |node| &node.origin);
            differences.push(error.other(place).help(UPSTREAM_CHANGED));
        }
    }
}

fn shown(node: Option<&Node>) -> String {
    const LONGEST: usize = 60;
    let Some(node) = node.filter(|node| !node.is_null()) else {
        return "nothing".to_owned();
    };
    let json = node.to_json_value().to_string();
    match json.chars().count() > LONGEST {
        true => json.chars().take(LONGEST).chain("...".chars()).collect(),
        false => json,
    }
}

/// A copy in which only `nullable: true` says that null is allowed, and no keyword says that it
/// is not.
pub(super) fn with_nullable(node: &Node) -> Node {
    let value = match &node.value {
        Value::Array(items) => Value::Array(items.iter().map(with_nullable).collect()),
        Value::Object(members) => {
            let members = members.iter();
            let mut members = members
                .map(|(key, node)| (key.clone(), with_nullable(node)))
                .collect();
            normalize_nullable(&mut members, &node.origin);
            Value::Object(members)
        }
        scalar => scalar.clone(),
    };
    Node::new(value, node.origin.clone())
}

fn normalize_nullable(members: &mut Members, origin: &Origin) {
    let mut is_nullable = take_nulls(members.get_mut("type"), is_null_name);
    if let Some(types) = members.get_mut("type")
        && let Value::Array(names) = &mut types.value
        && names.len() == 1
    {
        *types = names.remove(0);
    }
    for key in ["anyOf", "oneOf"] {
        let is_null = |branch: &Node| branch.get("type").is_some_and(is_null_name);
        if take_nulls(members.get_mut(key), is_null) {
            is_nullable = true;
            hoist_single_branch(members, key);
        }
    }
    match members.get_mut("nullable") {
        Some(nullable) if nullable.as_bool() == Some(true) => hoist_single_branch(members, "allOf"),
        Some(nullable) if nullable.as_bool() == Some(false) => nullable.value = Value::Null,
        _ => {}
    }
    if is_nullable {
        let nullable = Node::new(true, origin.clone());
        members.insert("nullable".to_owned(), nullable);
    }
}

/// Removes what is null from a list; returns whether it removed anything.
fn take_nulls(list: Option<&mut Node>, is_null: impl Fn(&Node) -> bool) -> bool {
    let Some(Value::Array(items)) = list.map(|list| &mut list.value) else {
        return false;
    };
    let before = items.len();
    items.retain(|item| !is_null(item));
    items.len() < before
}

/// YAML authors forget the quotes of `'null'`.
fn is_null_name(name: &Node) -> bool {
    name.is_null() || name.as_str() == Some("null")
}

/// Moves the members of a single branch beside the keyword, which means the same.
fn hoist_single_branch(members: &mut Members, key: &str) {
    let single = members.get(key).and_then(Node::as_array);
    let Some(
        [
            Node {
                value: Value::Object(branch),
                ..
            },
        ],
    ) = single
    else {
        return;
    };
    let branch = branch.clone();
    members.shift_remove(key);
    for (key, node) in branch {
        members.entry(key).or_insert(node);
    }
}
