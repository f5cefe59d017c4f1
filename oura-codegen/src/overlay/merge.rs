//! How an update is merged: objects member by member, arrays by appending, everything else by
//! replacement. What is inserted keeps its origin in the overlay.

use super::action::{Reason, UPSTREAM_CHANGED};
use crate::document::{Node, Value};
use crate::error::Error;
use crate::pointer::Token;

/// Why an update could not be merged.
pub(super) struct Failure {
    pub(super) why: Reason,
    pub(super) error: Error,
}

impl Failure {
    fn unfit(target: &Node, update: &Node, verb: &str, help: &str) -> Self {
        let message = format!("{} {verb} {}", update.kind(), target.kind());
        let error = Error::at(&update.origin, message).other(&target.origin);
        Self {
            why: Reason::Unfit,
            error: error.help(help),
        }
    }
}

/// Merges an update into a node that an action selects; returns whether the node changed. After a
/// failure the node may be partly changed.
pub(super) fn merge_target(target: &mut Node, update: &Node) -> Result<bool, Failure> {
    match (&mut target.value, &update.value) {
        (Value::Object(_), Value::Object(_)) => merge(target, update),
        // Version 1.0 of the specification appends the update as one entry, 1.1 says that
        // an array of them is concatenated. OpenAPI has no arrays of arrays to confuse.
        (Value::Array(_), Value::Array(_)) => merge(target, update),
        (Value::Array(items), _) => append(items, update).map(|()| true),
        _ => {
            let help = "let `target` select the object that contains what should change";
            let verb = "cannot be merged into";
            Err(Failure::unfit(target, update, verb, help))
        }
    }
}

fn merge(target: &mut Node, update: &Node) -> Result<bool, Failure> {
    match (&mut target.value, &update.value) {
        (Value::Object(members), Value::Object(updates)) => {
            let mut changed = false;
            for (key, update) in updates {
                if let Some(member) = members.get_mut(key) {
                    changed |= merge(member, update)?;
                } else {
                    members.insert(key.clone(), update.clone());
                    changed = true;
                }
            }
            Ok(changed)
        }
        (Value::Array(items), Value::Array(updates)) => {
            updates
                .iter()
                .try_for_each(|update| append(items, update))?;
            Ok(!updates.is_empty())
        }
        (Value::Object(_), Value::Array(_) | Value::Null)
        | (Value::Array(_), Value::Object(_) | Value::Null) => {
            let help = "remove it with one action and add the other with a second";
            Err(Failure::unfit(target, update, "would replace", help))
        }
        _ => {
            let changed = target != update;
            if changed {
                *target = update.clone();
            }
            Ok(changed)
        }
    }
}

/// Whether a node already contains all of an update. Different prose (descriptions, and the texts
/// of scopes) is ignored, since it corrects nothing. `at` is the last token of the node's place.
pub(super) fn says(node: &Node, update: &Node, at: Option<&Token>) -> bool {
    let holds_prose = matches!(at, Some(Token::Key(key)) if &**key == "scopes");
    match (&node.value, &update.value) {
        (Value::Object(members), Value::Object(updates)) => updates.iter().all(|(key, update)| {
            let is_text = update.as_str().is_some();
            let is_prose = is_text && matches!(key.as_str(), "description" | "summary");
            let at = Token::Key(key.as_str().into());
            match members.get(key) {
                None => is_prose,
                Some(member) if member.as_str().is_some() && (is_prose || holds_prose) => is_text,
                Some(member) => says(member, update, Some(&at)),
            }
        }),
        (Value::Array(items), Value::Array(updates)) => {
            updates.iter().all(|update| items.contains(update))
        }
        (Value::Array(items), _) => items.contains(update),
        _ => node == update,
    }
}

/// Appends elements. One that the array already has is an error: upstream has added it.
fn append(items: &mut Vec<Node>, update: &Node) -> Result<(), Failure> {
    let Some(item) = items.iter().find(|item| *item == update) else {
        items.push(update.clone());
        return Ok(());
    };
    let message = "the array has this element already";
    let error = Error::at(&update.origin, message).other(&item.origin);
    Err(Failure {
        why: Reason::Redundant,
        error: error.help(UPSTREAM_CHANGED),
    })
}
