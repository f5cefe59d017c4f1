//! Phase 2, correct: a [`Document`] and an [`Overlay`] to a corrected [`Document`].
//!
//! An overlay follows the OpenAPI Overlay Specification 1.0, with two members of our own on
//! each action: `x-evidence` says why we believe it, `x-expect` what the document says today
//! where the action corrects it. Invariant: every action has an effect, on a document that
//! still says what the action was written for. The specification would skip an action that
//! matches nothing; here that is an error, because it means that upstream changed something
//! and the action must be reviewed.

mod expect;
mod merge;
mod read;
mod target;

use jsonpath_rust::parser::model::JpQuery;

use crate::document::{Document, Node};
use crate::error::{Error, Errors};
use crate::pointer::{Origin, Pointer};

pub use read::parse_overlay;

/// Corrections of a document, to be applied in order.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// What the overlay is for.
    pub title: String,
    /// The version of the overlay itself.
    pub version: String,
    /// The document that it is meant for, as it says.
    pub extends: Option<String>,
    /// The corrections.
    pub actions: Vec<Action>,
}

/// One correction of all nodes that match.
#[derive(Clone, Debug)]
pub struct Action {
    /// The JSONPath (RFC 9535) of the nodes.
    pub target: String,
    /// What the action does, in its own words.
    pub description: Option<String>,
    /// Why we believe that it is right.
    pub evidence: String,
    /// What the document says today, key by key; `null` stands for absent.
    pub expect: Option<Node>,
    /// What happens to the nodes.
    pub change: Change,
    /// The place of the action.
    pub origin: Origin,
    query: JpQuery,
    target_origin: Origin,
}

/// What an action does to the nodes that it selects.
#[derive(Clone, Debug)]
pub enum Change {
    /// Merges this into objects, adds it to arrays.
    Update(Node),
    /// Removes the nodes.
    Remove,
}

/// What an overlay did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlaySummary {
    /// What the overlay is for.
    pub title: String,
    /// What its actions did, in order.
    pub actions: Vec<ActionSummary>,
}

/// What one action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSummary {
    /// The JSONPath.
    pub target: String,
    /// What the action does, in its own words.
    pub description: Option<String>,
    /// Nodes that were selected.
    pub matched: usize,
    /// Nodes that were changed or removed.
    pub changed: usize,
}

/// Applies all actions in order.
///
/// # Errors
///
/// Actions that select nothing, change nothing, do not fit, or expect something else. The
/// actions behind them are tried too.
pub fn apply_overlay(
    mut document: Document,
    overlay: &Overlay,
) -> Result<(Document, OverlaySummary), Errors> {
    // JSONPath works on the JSON library's values, so the tree has a copy that follows it.
    let mut copy = document.root.to_json_value();
    let mut errors = Errors::default();
    let mut actions = Vec::new();
    for action in &overlay.actions {
        match apply_action(&mut document, &mut copy, action) {
            Ok(summary) => actions.push(summary),
            Err(more) => errors.extend(more),
        }
    }
    let title = overlay.title.clone();
    errors.into_result((document, OverlaySummary { title, actions }))
}

fn apply_action(
    document: &mut Document,
    copy: &mut serde_json::Value,
    action: &Action,
) -> Result<ActionSummary, Errors> {
    let targets = target::find_targets(copy, action)?;
    if let Some(expected) = &action.expect {
        expect::check_expectation(document, &targets, expected)?;
    }
    let changed = match &action.change {
        Change::Update(update) => apply_update(document, copy, &targets, update)?,
        Change::Remove => apply_removal(document, copy, &targets, action)?,
    };
    Ok(ActionSummary {
        target: action.target.clone(),
        description: action.description.clone(),
        matched: targets.len(),
        changed,
    })
}

fn apply_update(
    document: &mut Document,
    copy: &mut serde_json::Value,
    targets: &[Pointer],
    update: &Node,
) -> Result<usize, Error> {
    let mut changed = 0;
    let mut unchanged = None;
    for at in targets {
        let node = target::selected(document, at);
        if merge::merge_target(node, update)? {
            refresh(copy, at, node);
            changed += 1;
        } else {
            unchanged = Some(node.origin.clone());
        }
    }
    match unchanged {
        Some(origin) if changed == 0 => {
            let message = "the update changes nothing: the document says all of it already";
            let error = Error::at(&update.origin, message).other(&origin);
            Err(error.help(UPSTREAM_CHANGED))
        }
        _ => Ok(changed),
    }
}

fn apply_removal(
    document: &mut Document,
    copy: &mut serde_json::Value,
    targets: &[Pointer],
    action: &Action,
) -> Result<usize, Error> {
    // From the last to the first, so that the indices of those before stay true.
    for at in targets.iter().rev() {
        let (Some(parent), Some(token)) = (at.parent(), at.last()) else {
            let message = "the document as a whole cannot be removed";
            return Err(Error::at(&action.target_origin, message));
        };
        let parent_node = target::selected(document, parent);
        parent_node.remove(token);
        refresh(copy, parent, parent_node);
    }
    Ok(targets.len())
}

fn refresh(copy: &mut serde_json::Value, at: &Pointer, node: &Node) {
    let place = copy.pointer_mut(&at.to_string());
    *place.expect("the copy has the shape of the tree") = node.to_json_value();
}

const UPSTREAM_CHANGED: &str =
    "upstream has changed this: review the action, then delete or adapt it";

#[cfg(test)]
mod tests;
