//! Pairs the facts of two documents by their keys.
//!
//! Input: the facts of both sides. Output: one change for each fact that differs.

use std::collections::BTreeMap;

use super::{Change, Kind, Semver};
use crate::facts::{Fact, FactKey};

/// One change for each key whose value is another, or that one side lacks.
pub(super) fn compare_facts(old: &[Fact], new: &[Fact]) -> Vec<Change> {
    let mut pairs: BTreeMap<&FactKey, (Option<&Fact>, Option<&Fact>)> = BTreeMap::new();
    for fact in old {
        pairs.entry(&fact.key).or_default().0 = Some(fact);
    }
    for fact in new {
        pairs.entry(&fact.key).or_default().1 = Some(fact);
    }
    let pairs = pairs.into_iter();
    pairs
        .filter(|(_, (old, new))| old.map(|fact| &fact.value) != new.map(|fact| &fact.value))
        .map(|(key, (old, new))| change(key, old, new))
        .collect()
}

fn change(key: &FactKey, old: Option<&Fact>, new: Option<&Fact>) -> Change {
    let kind = kind(key, old.or(new).is_some_and(|fact| fact.on_surface));
    let said = |fact: Option<&Fact>| fact.map(|fact| fact.value.clone());
    let is_major = kind != Kind::DocsChanged;
    Change {
        id: format!("{} {} {}", kind.as_str(), key.subject, key.aspect),
        kind,
        subject: key.subject.clone(),
        pointer: new.map(|fact| fact.origin.clone()),
        old_pointer: old.map(|fact| fact.origin.clone()),
        before: said(old),
        after: said(new),
        position: new.map(|fact| fact.position),
        wire_breaking: is_major,
        source_breaking: is_major,
        semver: if is_major {
            Semver::Major
        } else {
            Semver::Patch
        },
        reason: "The document says something else.".to_owned(),
        note: None,
    }
}

fn kind(key: &FactKey, on_surface: bool) -> Kind {
    match key.aspect.as_str() {
        _ if !on_surface => Kind::DocsChanged,
        "required" => Kind::PropertyRequiredChanged,
        "nullable" => Kind::PropertyNullableChanged,
        "format" => Kind::PropertyFormatChanged,
        _ => Kind::PropertyTypeChanged,
    }
}
