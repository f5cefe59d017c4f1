//! The report for programs, documented by `drift.schema.json`.

use std::collections::BTreeMap;

use oura_codegen::drift::Change;
use serde::{Serialize, Serializer};

use super::destinations::Notice;
use super::review::{Entry, FilePlace, Review, Section, Unfitting};

/// The version of the format. A new member does not change it.
const SCHEMA_VERSION: u32 = 1;

/// The JSON Schema of the report.
pub const SCHEMA: &str = include_str!("drift.schema.json");

/// Prints a report as indented JSON.
pub fn to_json(review: &Review) -> String {
    let text = serde_json::to_string_pretty(&JsonReport::of(review));
    text.expect("the report has string keys") + "\n"
}

#[derive(Serialize)]
struct JsonReport<'r> {
    destinations: &'r [Notice],
    schema_version: u32,
    semver: &'static str,
    errors: Vec<String>,
    changes: Vec<NotedChange<'r>>,
    sections: BTreeMap<&'static str, Vec<&'r str>>,
    places: BTreeMap<&'r str, BTreeMap<&'static str, Option<&'r FilePlace>>>,
    #[serde(flatten)]
    review: &'r Review,
    acknowledged: BTreeMap<&'r str, &'r str>,
    unacknowledged: Vec<&'r str>,
    acknowledged_in_vain: Vec<&'r str>,
}

/// A change, with all its remarks.
#[derive(Serialize)]
struct NotedChange<'r> {
    #[serde(flatten)]
    change: &'r Change,
    note: Option<String>,
}

#[derive(Serialize)]
struct Action<'r> {
    index: usize,
    target: &'r str,
    why: &'static str,
    matched: usize,
    changed: usize,
    advice: &'static str,
    errors: Vec<String>,
}

impl<'r> JsonReport<'r> {
    fn of(review: &'r Review) -> Self {
        let id = |entry: &'r Entry| entry.change.id.as_str();
        let entries = review.entries.iter();
        let acknowledged = entries
            .clone()
            .filter_map(|entry| Some((id(entry), entry.acknowledged.as_deref()?)));
        Self {
            destinations: &review.destinations,
            schema_version: SCHEMA_VERSION,
            semver: review.semver.as_str(),
            errors: review.errors.iter().map(ToString::to_string).collect(),
            changes: entries.clone().map(noted).collect(),
            sections: Section::ALL
                .iter()
                .map(|one| (one.as_str(), review.section(*one).map(id).collect()))
                .collect(),
            places: entries.map(|entry| (id(entry), places(entry))).collect(),
            review,
            acknowledged: acknowledged.collect(),
            unacknowledged: review.unacknowledged(),
            acknowledged_in_vain: review.forgotten.iter().map(|one| one.id.as_str()).collect(),
        }
    }
}

fn noted(Entry { change, .. }: &Entry) -> NotedChange<'_> {
    let note = change.remarks(usize::MAX);
    NotedChange { change, note }
}

fn places(entry: &Entry) -> BTreeMap<&'static str, Option<&FilePlace>> {
    BTreeMap::from([
        ("new", entry.place.as_ref()),
        ("old", entry.old_place.as_ref()),
    ])
}

impl Serialize for Unfitting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unapplied = &self.unapplied;
        let errors = unapplied.errors.iter().map(ToString::to_string);
        Action {
            index: unapplied.index,
            target: &unapplied.target,
            why: unapplied.why.as_str(),
            matched: unapplied.matched,
            changed: unapplied.changed,
            advice: self.advice,
            errors: errors.collect(),
        }
        .serialize(serializer)
    }
}
