//! The report for programs. `drift.schema.json` beside this file documents it.

use std::collections::BTreeMap;

use oura_codegen::lower::Census;
use serde::Serialize;

use super::destinations::Notice;
use super::review::{Entry, FilePlace, Provenance, Review, Section};

/// The version of the format. A member that is added does not change it.
const SCHEMA_VERSION: u32 = 1;

/// The JSON Schema of the report.
pub const SCHEMA: &str = include_str!("drift.schema.json");

/// Prints a report as indented JSON.
#[must_use]
pub fn to_json(review: &Review) -> String {
    let report = Report::of(review);
    let text = serde_json::to_string_pretty(&report);
    text.expect("the report has string keys") + "\n"
}

#[derive(Serialize)]
struct Report<'r> {
    destinations: Vec<Destination<'r>>,
    schema_version: u32,
    semver: &'static str,
    errors: Vec<String>,
    changes: Vec<Change<'r>>,
    sections: BTreeMap<&'static str, Vec<&'r str>>,
    places: BTreeMap<&'r str, Places<'r>>,
    old: Document<'r>,
    new: Document<'r>,
    names: &'r [String],
    renames: Vec<Rename<'r>>,
    prose: Vec<Passage<'r>>,
    headings: Vec<Heading<'r>>,
    demands: Vec<Demand<'r>>,
    defects: Vec<String>,
    overlay: Vec<Action<'r>>,
    proposals: Vec<Proposal<'r>>,
    acknowledged: BTreeMap<&'r str, &'r str>,
    unacknowledged: Vec<&'r str>,
    acknowledged_in_vain: Vec<&'r str>,
}

#[derive(Serialize)]
struct Destination<'r> {
    status: &'static str,
    receiver: &'static str,
    credential: &'static str,
    before: Option<&'r str>,
    after: Option<&'r str>,
    text: String,
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
struct Places<'r> {
    new: Option<Place<'r>>,
    old: Option<Place<'r>>,
}

#[derive(Serialize)]
struct Place<'r> {
    file: &'r str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Document<'r> {
    name: &'r str,
    sha256: &'r str,
    openapi: &'r str,
    overlay: Option<&'r str>,
    server: Option<&'r str>,
    scopes: &'r [String],
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    operations: usize,
    schemas: usize,
    types: usize,
    instances: usize,
    aliases: usize,
    dictionaries: usize,
    unreachable: usize,
}

#[derive(Serialize)]
struct Rename<'r> {
    old_key: &'r str,
    new_key: &'r str,
    old_name: &'r str,
    new_name: &'r str,
}

#[derive(Serialize)]
struct Passage<'r> {
    heading: &'r str,
    depends: &'static str,
    before: Option<&'r str>,
    after: Option<&'r str>,
}

#[derive(Serialize)]
struct Heading<'r> {
    tag: Option<&'r str>,
    heading: &'r str,
    before: Option<&'r str>,
    after: Option<&'r str>,
}

#[derive(Serialize)]
struct Demand<'r> {
    of: &'r str,
    sentence: &'r str,
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

#[derive(Serialize)]
struct Proposal<'r> {
    purpose: String,
    yaml: &'r str,
    replaces: Option<usize>,
}

impl<'r> Report<'r> {
    fn of(review: &'r Review) -> Self {
        let id = |entry: &'r Entry| entry.change.id.as_str();
        let entries = review.entries.iter();
        let acknowledged = entries
            .clone()
            .filter_map(|entry| Some((id(entry), entry.acknowledged.as_deref()?)));
        Self {
            destinations: review.destinations.iter().map(Destination::of).collect(),
            schema_version: SCHEMA_VERSION,
            semver: review.semver.as_str(),
            errors: review.errors.iter().map(ToString::to_string).collect(),
            changes: entries.clone().map(Change::of).collect(),
            sections: Section::ALL
                .iter()
                .map(|one| (name(*one), review.section(*one).map(id).collect()))
                .collect(),
            places: entries
                .map(|entry| (id(entry), Places::of(entry)))
                .collect(),
            old: Document::of(&review.old),
            new: Document::of(&review.new),
            names: &review.names,
            renames: renames(review),
            prose: prose(review),
            headings: headings(review),
            demands: demands(review),
            defects: review.defects.iter().map(ToString::to_string).collect(),
            overlay: actions(review),
            proposals: proposals(review),
            acknowledged: acknowledged.collect(),
            unacknowledged: review.unacknowledged().map(id).collect(),
            acknowledged_in_vain: review.forgotten.iter().map(|one| one.id.as_str()).collect(),
        }
    }
}

impl<'r> Destination<'r> {
    fn of(notice: &'r Notice) -> Self {
        Self {
            status: notice.status.as_str(),
            receiver: notice.receiver.as_str(),
            credential: notice.receiver.credential(),
            before: notice.before.as_deref(),
            after: notice.after.as_deref(),
            text: notice.phrase.to_string(),
        }
    }
}

fn name(section: Section) -> &'static str {
    match section {
        Section::Source => "source",
        Section::Wire => "wire",
        Section::Additions => "additions",
        Section::Other => "other",
        Section::Docs => "docs",
    }
}

impl<'r> Change<'r> {
    fn of(entry: &'r Entry) -> Self {
        let change = &entry.change;
        let pointer = |origin: &oura_codegen::pointer::Origin| origin.pointer.to_string();
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

impl<'r> Places<'r> {
    fn of(entry: &'r Entry) -> Self {
        fn place(place: &FilePlace) -> Place<'_> {
            let FilePlace { file, line, column } = place;
            Place {
                file,
                line: *line,
                column: *column,
            }
        }
        Self {
            new: entry.place.as_ref().map(place),
            old: entry.old_place.as_ref().map(place),
        }
    }
}

impl<'r> Document<'r> {
    fn of(provenance: &'r Provenance) -> Self {
        Self {
            name: &provenance.name,
            sha256: &provenance.sha256,
            openapi: &provenance.version,
            overlay: provenance.overlay.as_deref(),
            server: provenance.server.as_deref(),
            scopes: &provenance.scopes,
            counts: Counts::of(&provenance.census),
        }
    }
}

impl Counts {
    fn of(census: &Census) -> Self {
        Self {
            operations: census.operations,
            schemas: census.schemas(),
            types: census.types,
            instances: census.instances,
            aliases: census.aliases,
            dictionaries: census.dictionaries,
            unreachable: census.unreachable,
        }
    }
}

fn renames(review: &Review) -> Vec<Rename<'_>> {
    let renames = review.renames.iter();
    renames
        .map(|rename| Rename {
            old_key: &rename.old_key,
            new_key: &rename.new_key,
            old_name: &rename.old_ident,
            new_name: &rename.new_ident,
        })
        .collect()
}

fn prose(review: &Review) -> Vec<Passage<'_>> {
    let passages = review.prose.iter();
    passages
        .map(|passage| Passage {
            heading: &passage.heading,
            depends: passage.depends,
            before: passage.before.as_deref(),
            after: passage.after.as_deref(),
        })
        .collect()
}

fn headings(review: &Review) -> Vec<Heading<'_>> {
    let headings = review.headings.iter();
    headings
        .map(|heading| Heading {
            tag: heading.tag.as_deref(),
            heading: &heading.heading,
            before: heading.before.as_deref(),
            after: heading.after.as_deref(),
        })
        .collect()
}

fn demands(review: &Review) -> Vec<Demand<'_>> {
    let demands = review.demands.iter();
    demands
        .map(|demand| Demand {
            of: &demand.of,
            sentence: &demand.sentence,
        })
        .collect()
}

fn actions(review: &Review) -> Vec<Action<'_>> {
    let misfits = review.misfits.iter();
    misfits
        .map(|unfitting| Action {
            index: unfitting.misfit.index,
            target: &unfitting.misfit.target,
            why: unfitting.misfit.why.as_str(),
            matched: unfitting.misfit.matched,
            changed: unfitting.misfit.changed,
            advice: unfitting.advice,
            errors: unfitting
                .misfit
                .errors
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
        .collect()
}

fn proposals(review: &Review) -> Vec<Proposal<'_>> {
    let proposals = review.proposals.iter();
    proposals
        .map(|proposal| Proposal {
            purpose: proposal.purpose.to_string(),
            yaml: &proposal.yaml,
            replaces: proposal.replaces,
        })
        .collect()
}
