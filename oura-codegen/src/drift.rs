//! Drift: what the differences between two specs mean.
//!
//! Input: two normalized specs and the results of lowering them. Output: each change
//! once, with its kind, both places and the two verdicts. Invariants: specs that mean
//! the same have no changes, whatever their dialects, key orders, titles and code samples;
//! a fact that differs is part of exactly one change.
//!
#![doc = include_str!("../DRIFT.md")]

mod change;
mod changes;
mod conditions;
mod kinds;
mod matching;
mod pairing;
mod partial;
mod resources;
mod sides;
mod unions;
mod values;
mod verdicts;
mod wording;

pub use self::change::{Change, Drift, Kind, Rename, Semver, Side};
use self::changes::find_changes;
use self::matching::Matching;
pub use self::matching::operation_key;
use self::pairing::Sides;
pub use self::partial::{ExplainedError, explain_errors, lower_beside};
use self::resources::note_resources;
use self::sides::Indexed;
use crate::error::Errors;
use crate::lower::{lower_what_can_with_overrides, lower_with_overrides};
use crate::policy::Policy;

/// Compares two specs, each lowered with `policy`.
///
/// # Errors
///
/// The errors of lowering the old spec under the names of the new one, where these differ.
pub fn compare_documents(old: Side<'_>, new: Side<'_>, policy: &Policy) -> Result<Drift, Errors> {
    let mut matching = Matching::of(old, new);
    let overrides = matching.name_overrides(old, new);
    let is_whole = [old, new].map(|side| side.lowered.errors.is_empty()) == [true; 2];
    let relowered = overrides.map(|overrides| match is_whole {
        true => lower_with_overrides(old.normalized, policy, overrides),
        false => Ok(lower_what_can_with_overrides(
            old.normalized,
            policy,
            overrides,
        )),
    });
    let relowered = relowered.transpose()?;
    let one = Indexed::new(relowered.as_ref().unwrap_or(old.lowered));
    let other = Indexed::new(new.lowered);
    matching.pair_names(&one.schemas, &other.schemas);
    let sides = Sides {
        old: &one,
        new: &other,
        matching: &matching,
    };
    let (mut changes, renames) = find_changes(sides, old, new, policy);
    note_resources(one.lowered, other.lowered, &mut changes);
    Ok(Drift { changes, renames })
}

/// The rows of the policy's table, one a line: kind, case, the two verdicts, the release.
#[must_use]
pub fn policy_lines() -> Vec<String> {
    verdicts::lines()
}
