//! Phase 2, correct: a [`Document`] and an [`Overlay`] to a corrected [`Document`].
//!
//! An overlay follows the OpenAPI Overlay Specification 1.0, with three more members of an action:
//! `x-evidence` says how the correction is known to be right, `x-expect` what the spec says before
//! the correction, and `x-from-later-spec` that a later spec is known to contain it. Invariant:
//! every action has an effect, on a spec that still says what the action was written for. The
//! specification skips an action that matches nothing; here that is an error, because it means
//! that upstream changed something and the action must be reviewed.

mod action;
mod expect;
mod merge;
mod read;
mod target;

use self::action::UPSTREAM_CHANGED;
use crate::document::{Document, Node};
use crate::error::{Error, Errors};
use crate::pointer::{Origin, Pointer};

pub use action::{Action, ActionKind, Overlay, Reason};
pub use read::parse_overlay;

/// What an overlay did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverlaySummary {
    /// How many actions it has.
    pub actions: usize,
    /// How many nodes they changed or removed.
    pub changed: usize,
}

/// An action that does not apply as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct UnappliedAction {
    /// Its place among the actions of the overlay, from 0.
    pub index: usize,
    /// The action.
    pub target: String,
    /// The description of the action.
    pub description: Option<String>,
    /// The place of the action.
    pub origin: Origin,
    /// Why it does not apply.
    pub why: Reason,
    /// Whether a later spec is known to contain the correction.
    pub is_from_later_spec: bool,
    /// How many nodes were selected.
    pub matched: usize,
    /// How many nodes it was applied to nevertheless.
    pub changed: usize,
    /// The errors that [`apply_overlay`] returns for it.
    pub errors: Errors,
}

/// Applies all actions in order.
///
/// # Errors
///
/// Actions that select nothing, change nothing, do not fit, or expect something else. The
/// actions behind them are tried too.
pub fn apply_overlay(
    document: Document,
    overlay: &Overlay,
) -> Result<(Document, OverlaySummary), Errors> {
    let (document, summary, unapplied_actions) = apply_what_fits(document, overlay);
    let mut errors = Errors::default();
    for unapplied in unapplied_actions {
        errors.extend(unapplied.errors);
    }
    errors.into_result((document, summary))
}

/// Applies all actions in order, each to the nodes that it fits, and returns the actions that do
/// not apply as they are written. This is for comparing specs: an overlay is written for one of
/// them, but much of it applies to the other too.
#[must_use]
pub fn apply_what_fits(
    mut document: Document,
    overlay: &Overlay,
) -> (Document, OverlaySummary, Vec<UnappliedAction>) {
    let mut unapplied_actions = Vec::new();
    let mut summary = OverlaySummary {
        actions: overlay.actions.len(),
        changed: 0,
    };
    for (index, action) in overlay.actions.iter().enumerate() {
        let attempt = try_action(&mut document, action);
        summary.changed += attempt.changed;
        unapplied_actions.extend(attempt.why.map(|why| UnappliedAction {
            index,
            target: action.target.clone(),
            description: action.description.clone(),
            origin: action.origin.clone(),
            why,
            is_from_later_spec: action.is_from_later_spec,
            matched: attempt.matched,
            changed: attempt.changed,
            errors: attempt.errors,
        }));
    }
    (document, summary, unapplied_actions)
}

/// The result of one action.
#[derive(Default)]
struct Attempt {
    matched: usize,
    changed: usize,
    /// There are errors exactly when there is a reason.
    why: Option<Reason>,
    errors: Errors,
}

impl Attempt {
    /// The gravest reason counts: an action is stale only where nothing else is wrong with it.
    fn fail(&mut self, why: Reason, errors: impl Into<Errors>) {
        self.why = self.why.max(Some(why));
        self.errors.extend(errors.into());
    }
}

fn try_action(document: &mut Document, action: &Action) -> Attempt {
    let mut attempt = Attempt::default();
    let mut targets = match target::find_targets(document, action) {
        Ok(targets) => targets,
        Err(error) => {
            let removes = matches!(action.change, ActionKind::Remove);
            let why = match removes && target::has_holder(document, action) {
                true => Reason::Redundant,
                false => Reason::Unmatched,
            };
            attempt.fail(why, error);
            return attempt;
        }
    };
    attempt.matched = targets.len();
    if let Some(expected) = &action.expect
        && let Err(surprise) = expect::check_expectation(document, &targets, expected)
    {
        let why = why_unexpected(document, &surprise.at, &action.change);
        attempt.fail(why, surprise.errors);
        targets.retain(|at| !surprise.at.contains(at));
    }
    match &action.change {
        ActionKind::Update(update) => apply_update(document, &targets, update, &mut attempt),
        ActionKind::Remove => apply_removal(document, &targets, action, &mut attempt),
    }
    if attempt.changed > 0 && attempt.why == Some(Reason::Redundant) {
        // Some of the selected places still need the action.
        attempt.why = Some(Reason::Unexpected);
    }
    attempt
}

/// Why nodes differ from the expectation: they may already contain the update.
fn why_unexpected(document: &Document, at: &[Pointer], change: &ActionKind) -> Reason {
    let says_already = |update: &Node, at: &Pointer| {
        let node = document.get(at).map(expect::with_nullable);
        node.is_some_and(|node| merge::says(&node, update, at.last()))
    };
    match change {
        ActionKind::Update(update) if at.iter().all(|at| says_already(update, at)) => {
            Reason::Redundant
        }
        ActionKind::Update(_) | ActionKind::Remove => Reason::Unexpected,
    }
}

fn apply_update(
    document: &mut Document,
    targets: &[Pointer],
    update: &Node,
    attempt: &mut Attempt,
) {
    let mut unchanged = None;
    for at in targets {
        let node = target::selected(document, at);
        // A merge that fails half-way must not leave its first half behind.
        let mut merged = node.clone();
        match merge::merge_target(&mut merged, update) {
            Ok(true) => {
                *node = merged;
                attempt.changed += 1;
            }
            Ok(false) => unchanged = Some(node.origin.clone()),
            Err(merge::Failure { why, error }) => {
                // Of several elements, some may be there already and others not.
                let is_partial = why == Reason::Redundant && !merge::says(node, update, at.last());
                let why = if is_partial { Reason::Unfit } else { why };
                match attempt.why {
                    None => attempt.fail(why, error),
                    // One error for all nodes is enough.
                    Some(_) => attempt.fail(why, Errors::default()),
                }
            }
        }
    }
    if let Some(origin) = unchanged
        && attempt.changed == 0
        && attempt.why.is_none()
    {
        let message = "the update changes nothing: the spec says all of it already";
        let error = Error::at(&update.origin, message).other(&origin);
        attempt.fail(Reason::Redundant, error.help(UPSTREAM_CHANGED));
    }
}

fn apply_removal(
    document: &mut Document,
    targets: &[Pointer],
    action: &Action,
    attempt: &mut Attempt,
) {
    // From the last to the first, so that the indices of those before stay true.
    for at in targets.iter().rev() {
        let (Some(parent), Some(token)) = (at.parent(), at.last()) else {
            let message = "the spec as a whole cannot be removed";
            attempt.fail(Reason::Unfit, Error::at(&action.target_origin, message));
            return;
        };
        target::selected(document, parent).remove(token);
        attempt.changed += 1;
    }
}

#[cfg(test)]
mod tests;
