//! What an overlay says: its actions, and why one may not apply.

use jsonpath_rust::parser::model::JpQuery;

use crate::document::Node;
use crate::pointer::Origin;

/// Corrections of a spec, to be applied in order.
#[derive(Clone, Debug)]
pub struct Overlay {
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
    /// The values that the spec must have, by key; `null` is one that it must not have.
    pub expect: Option<Node>,
    /// Whether the action says what a later spec is known to say (`x-from-later-spec`), so that
    /// it goes without a review once that spec is vendored.
    pub is_from_later_spec: bool,
    /// What happens to the nodes.
    pub change: ActionKind,
    /// The place of the action.
    pub origin: Origin,
    pub(super) query: JpQuery,
    pub(super) target_origin: Origin,
}

/// What an action does to the nodes that it selects.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Merges this into objects, adds it to arrays.
    Update(Node),
    /// Removes the nodes.
    Remove,
}

/// Why an action does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The spec says already what the action would make it say, at every place that the
    /// action selects. Other words for readers are the same: prose corrects nothing. The action
    /// is stale: without it, the spec means the same.
    Redundant,
    /// The spec has no such place.
    Unmatched,
    /// The spec says something else than the action was written for.
    Unexpected,
    /// The update cannot be merged into what is there.
    Unfit,
}

impl Reason {
    /// `redundant`, `unmatched`, `unexpected` or `unfit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redundant => "redundant",
            Self::Unmatched => "unmatched",
            Self::Unexpected => "unexpected",
            Self::Unfit => "unfit",
        }
    }
}

/// What to do where an action no longer applies.
pub(super) const UPSTREAM_CHANGED: &str =
    "upstream has changed this: review the action, then delete or adapt it";
