//! Facts: one semantic statement about the API each, keyed by stable Rust names.
//!
//! Lowering returns them beside the IR. The surface prints them, one a line, and drift
//! compares those of two documents by key. One semantic change of a document changes one
//! fact: requiredness and nullability are two facts, an enum value is one, the place of an
//! argument is one.

use std::collections::BTreeMap;
use std::fmt;

use crate::pointer::Origin;

/// One statement: `subject: aspect value`, as in `DailySleep.score: required false`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the fact speaks of and which of its properties; unique among all facts.
    pub key: FactKey,
    /// What the document says of it.
    pub value: String,
    /// The place of the document that says so.
    pub origin: Origin,
    /// The place among its siblings, where their order means something to users (fields,
    /// enum values, arguments); 0 otherwise.
    pub position: usize,
    /// The surface snapshot that shows the fact: a resource, `shared`, `routes`,
    /// `security` or `servers`.
    pub section: String,
    /// Whether the surface shows it. Docs, tags and extensions are facts for drift alone.
    pub on_surface: bool,
}

/// What identifies a fact across two documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey {
    /// A Rust name and what lies below it: `DailySleep.score`, `ListDailySleep?start_date`.
    pub subject: String,
    /// The property of the subject: `type`, `format`, `required`, `nullable`, ...
    pub aspect: String,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FactKey { subject, aspect } = &self.key;
        match self.value.is_empty() {
            true => write!(f, "{subject}: {aspect}"),
            false => write!(f, "{subject}: {aspect} {}", self.value),
        }
    }
}

/// The facts that the surface shows, one a line, by section. Lines are sorted as text, so
/// that a snapshot changes where a fact does and nowhere else.
#[must_use]
pub fn surface(facts: &[Fact]) -> BTreeMap<&str, String> {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.on_surface) {
        let lines = sections.entry(&fact.section).or_default();
        lines.push(format!("{fact}\n"));
    }
    sections
        .into_iter()
        .map(|(section, mut lines)| {
            lines.sort();
            (section, lines.concat())
        })
        .collect()
}
