//! The content of an overlay: its actions, and why one may not apply.

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
    /// The description of the action.
    pub description: Option<String>,
    /// How the correction is known to be right.
    pub evidence: String,
    /// The values that the spec must have, by key; `null` means that the key must be absent.
    pub expect: Option<Node>,
    /// Whether a later spec is known to contain the correction (`x-from-later-spec`), so that the
    /// action is removed without a review once that spec is vendored.
    pub is_from_later_spec: bool,
    /// What the action does to the nodes.
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
    /// The spec already contains the correction at every place that the action selects; different
    /// prose counts as the same, since it corrects nothing. The action is stale: without it, the
    /// spec means the same.
    Redundant,
    /// The spec has no such place.
    Unmatched,
    /// The spec no longer says what the action was written for.
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
