//! The report for programs. `drift.schema.json` beside this file documents it.

use std::collections::BTreeMap;

use oura_codegen::drift::Rename;
use oura_codegen::pointer::Origin;
use serde::Serialize;

use super::destinations::Notice;
use super::paste::Proposal;
use super::phrase::Phrase;
use super::prose::{Demand, Heading};
use super::review::{Entry, FilePlace, Passage, Provenance, Review, Section, Unfitting};

/// The version of the format. A member that is added does not change it.
const SCHEMA_VERSION: u32 = 1;

/// The JSON Schema of the report.
pub const SCHEMA: &str = include_str!("drift.schema.json");

/// Prints a report as indented JSON.
pub fn to_json(review: &Review) -> String {
    let report = Report::of(review);
    let text = serde_json::to_string_pretty(&report);
    text.expect("the report has string keys") + "\n"
}

#[derive(Serialize)]
struct Report<'r> {
    destinations: &'r [Notice],
    schema_version: u32,
    semver: &'static str,
    errors: Vec<String>,
    changes: Vec<Change<'r>>,
    sections: BTreeMap<&'static str, Vec<&'r str>>,
    places: BTreeMap<&'r str, BTreeMap<&'static str, Option<&'r FilePlace>>>,
    old: &'r Provenance,
    new: &'r Provenance,
    names: &'r [String],
    renames: &'r [Rename],
    prose: &'r [Passage],
    headings: &'r [Heading],
    demands: &'r [Demand],
    defects: &'r [Phrase],
    overlay: Vec<Action<'r>>,
    proposals: &'r [Proposal],
    acknowledged: BTreeMap<&'r str, &'r str>,
    unacknowledged: Vec<&'r str>,
    acknowledged_in_vain: Vec<&'r str>,
}

#[derive(Serialize)]
struct Change<'r> {
    id: &'r str,
    kind: &'static str,
    pointer: Option<String>,
    old_pointer: Option<String>,
    before: Option<&'r str>,
    after: Option<&'r str>,
    position: Option<usize>,
    wire_breaking: bool,
    source_breaking: bool,
    reason: &'r str,
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

impl<'r> Report<'r> {
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
            changes: entries.clone().map(Change::of).collect(),
            sections: Section::ALL
                .iter()
                .map(|one| (one.as_str(), review.section(*one).map(id).collect()))
                .collect(),
            places: entries.map(|entry| (id(entry), places(entry))).collect(),
            old: &review.old,
            new: &review.new,
            names: &review.names,
            renames: &review.renames,
            prose: &review.prose,
            headings: &review.headings,
            demands: &review.demands,
            defects: &review.defects,
            overlay: review.unapplied_actions.iter().map(Action::of).collect(),
            proposals: &review.proposals,
            acknowledged: acknowledged.collect(),
            unacknowledged: review.unacknowledged(),
            acknowledged_in_vain: review.forgotten.iter().map(|one| one.id.as_str()).collect(),
        }
    }
}

impl<'r> Change<'r> {
    fn of(entry: &'r Entry) -> Self {
        let change = &entry.change;
        let pointer = |origin: &Origin| origin.pointer.to_string();
        Self {
            id: &change.id,
            kind: change.kind.as_str(),
            pointer: change.pointer.as_ref().map(pointer),
            old_pointer: change.old_pointer.as_ref().map(pointer),
            before: change.before.as_deref(),
            after: change.after.as_deref(),
            position: change.position,
            wire_breaking: change.wire_breaking,
            source_breaking: change.source_breaking,
            reason: &change.reason,
            note: change.remarks(usize::MAX),
        }
    }
}

fn places(entry: &Entry) -> BTreeMap<&'static str, Option<&FilePlace>> {
    BTreeMap::from([
        ("new", entry.place.as_ref()),
        ("old", entry.old_place.as_ref()),
    ])
}

impl<'r> Action<'r> {
    fn of(unfitting: &'r Unfitting) -> Self {
        let unapplied = &unfitting.unapplied;
        Self {
            index: unapplied.index,
            target: &unapplied.target,
            why: unapplied.why.as_str(),
            matched: unapplied.matched,
            changed: unapplied.changed,
            advice: unfitting.advice,
            errors: unapplied.errors.iter().map(ToString::to_string).collect(),
        }
    }
}
