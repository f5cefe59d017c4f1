//! The report as data: everything that a reviewer reads, in the order of the report.
//!
//! Input: two specs. Output: what the three formats print. Invariants: each change is in exactly
//! one section; the formats decide only how the report looks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::thread::{self, ScopedJoinHandle};

use oura_codegen::document::marks::Position;
use oura_codegen::document::{Document, Node};
use oura_codegen::drift::{Change, Drift, Rename, Semver, compare_documents};
use oura_codegen::drift::{ExplainedError, explain_errors, lower_beside};
use oura_codegen::hosts::{Destination, Receiver, Verdict};
use oura_codegen::lower::{Census, Lowered};
use oura_codegen::oura::POLICY;
use oura_codegen::overlay::{Reason, UnappliedAction};
use oura_codegen::passage::{find_passage, property_prose, series_properties};
use oura_codegen::pointer::{Origin, Pointer};
use oura_codegen::policy::Policy;
use oura_codegen::prose::same_words;

use serde::Serialize;

use super::acknowledged::Acknowledged;
use super::defects::compare_defects;
use super::destinations::{Notice, compare_destinations};
use super::left_out::retain_comparable;
use super::names::new_names;
use super::paste::{Proposal, propose};
use super::phrase::Phrase;
use super::prose::{Demand, Heading, compare_headings, find_demands};
use super::side::LoadedSpec;
use crate::inputs::Inputs;
use crate::locate::Places;
use crate::report::Report;
use crate::source::sha256;

/// The resource of changes that belong to no module.
pub(super) const DOCUMENT: &str = "document";

/// Everything that a reviewer reads. The JSON report has the skipped fields in another form.
#[derive(Debug, Serialize)]
pub struct Review {
    /// Notices on where credentials go, if that changed or is not what the new spec says.
    #[serde(skip)]
    pub destinations: Vec<Notice>,
    /// The release that the changes require.
    #[serde(skip)]
    pub semver: Semver,
    /// Why no SDK can be made of the new spec, each error with what changed.
    #[serde(skip)]
    pub errors: Vec<ExplainedError>,
    /// All changes, each with its place in the report.
    #[serde(skip)]
    pub entries: Vec<Entry>,
    /// The old spec.
    pub old: Provenance,
    /// The new spec.
    pub new: Provenance,
    /// Names that users may type from now on.
    pub names: Vec<String>,
    /// Renamed schemas, with the old and the new key and Rust name.
    pub renames: Vec<Rename>,
    /// Changed prose that hand-written code depends on.
    pub prose: Vec<Passage>,
    /// The headings of the API's and its tags' prose that were added, removed or changed.
    pub headings: Vec<Heading>,
    /// New sentences that may require something of users.
    pub demands: Vec<Demand>,
    /// What is wrong with the new spec itself.
    pub defects: Vec<Phrase>,
    /// Actions of the new spec's overlay that do not apply as they are written.
    #[serde(rename = "overlay")]
    pub unapplied_actions: Vec<Unfitting>,
    /// Actions to add to the overlay.
    pub proposals: Vec<Proposal>,
    /// Acknowledged ids that no change has.
    #[serde(skip)]
    pub forgotten: Vec<Acknowledged>,
    /// The prefix of links to the vendored files: the URL of the repository's files at a branch, or
    /// empty for links relative to its root.
    #[serde(skip)]
    pub links: String,
}

/// The origin of a spec, and its counts.
#[derive(Clone, Debug, Serialize)]
pub struct Provenance {
    /// The file or the revision's file.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The version of OpenAPI.
    #[serde(rename = "openapi")]
    pub version: String,
    /// The overlay's file.
    pub overlay: Option<String>,
    /// The URL of the first server, as the spec has it.
    pub server: Option<String>,
    /// The scopes of all security schemes, sorted.
    pub scopes: Vec<String>,
    /// Counts by category.
    #[serde(rename = "counts", serialize_with = "crate::summary::serialize_census")]
    pub census: Census,
    /// The number of actions of the overlay, and the number of those that do not apply.
    #[serde(skip)]
    pub actions: (usize, usize),
    /// The URL that clients use in place of a server that they cannot use.
    #[serde(skip)]
    pub replaced_by: Option<String>,
}

/// A change in the report.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The change.
    pub change: Change,
    /// The section of the report that has it.
    pub section: Section,
    /// The module of the crate that it belongs to, or `document`.
    pub resource: String,
    /// Its line in the new spec, or in the new spec's overlay.
    pub place: Option<FilePlace>,
    /// Its line in the old spec, or in the old spec's overlay.
    pub old_place: Option<FilePlace>,
    /// Why it is acknowledged, if it is.
    pub acknowledged: Option<String>,
}

/// A line and a column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePlace {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// As in messages: `file:line:column`.
impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column } = self;
        write!(f, "{file}:{line}:{column}")
    }
}

/// The sections that hold changes, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Code of users does not compile or means something else.
    Source,
    /// Programs that are deployed may misunderstand the server.
    Wire,
    /// Something was added.
    Additions,
    /// Nothing has to be done.
    Other,
    /// Prose, tags and extensions.
    Docs,
}

/// Prose that hand-written code depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Where it is: a tag and a heading.
    pub heading: String,
    /// What depends on it.
    pub depends: &'static str,
    /// The old text; `None` when the old spec does not have it.
    pub before: Option<String>,
    /// The new text; `None` when the new spec does not have it.
    pub after: Option<String>,
}

/// An action that does not apply as it is written.
#[derive(Clone, Debug)]
pub struct Unfitting {
    /// The action's place in the overlay.
    pub place: Option<FilePlace>,
    /// The action.
    pub unapplied: UnappliedAction,
    /// What to do about it.
    pub advice: &'static str,
}

impl Section {
    /// All sections that hold changes.
    pub const ALL: [Self; 5] = [
        Self::Source,
        Self::Wire,
        Self::Additions,
        Self::Other,
        Self::Docs,
    ];

    /// `source`, `wire`, `additions`, `other` or `docs`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Wire => "wire",
            Self::Additions => "additions",
            Self::Other => "other",
            Self::Docs => "docs",
        }
    }

    fn of(change: &Change) -> Self {
        match change {
            _ if change.source_breaking || change.semver == Semver::Major => Self::Source,
            _ if change.wire_breaking => Self::Wire,
            _ if change.kind.is_prose() => Self::Docs,
            _ if change.semver == Semver::Minor => Self::Additions,
            _ => Self::Other,
        }
    }
}

impl Review {
    /// Compares two specs.
    pub fn new(old: Inputs, new: Inputs, acknowledged: &[Acknowledged]) -> Result<Self, Report> {
        let (old, new) = read_both(old, new, &POLICY)?;
        Self::compare(&old, &new, acknowledged)
    }

    /// Compares two specs that were loaded.
    ///
    /// # Errors
    ///
    /// Those of lowering the old spec with the names of the new one.
    pub fn compare(
        old: &LoadedSpec,
        new: &LoadedSpec,
        acknowledged: &[Acknowledged],
    ) -> Result<Self, Report> {
        let (drift, places) = thread::scope(|scope| {
            let places = [old, new].map(|read| scope.spawn(|| Places::of(&read.inputs)));
            let drift = compare_documents(old.side(), new.side(), &new.policy);
            (drift, places.map(finish))
        });
        let mut drift = drift.map_err(|errors| Report::new(errors, &old.inputs))?;
        let left_out = [&old.left_out[..], &new.left_out[..]].concat();
        retain_comparable(&mut drift.changes, &left_out);
        Ok(Self::with_places([old, new], drift, &places, acknowledged))
    }

    /// Makes the report from the changes between two specs.
    pub fn of_drift(
        old: &LoadedSpec,
        new: &LoadedSpec,
        drift: Drift,
        acknowledged: &[Acknowledged],
    ) -> Self {
        let places = [old, new].map(|read| Places::of(&read.inputs));
        Self::with_places([old, new], drift, &places, acknowledged)
    }

    fn with_places(
        [old, new]: [&LoadedSpec; 2],
        drift: Drift,
        places: &[Places; 2],
        acknowledged: &[Acknowledged],
    ) -> Self {
        let proposals = propose(old, new, &drift);
        let (one, other) = (&old.lowered, &new.lowered);
        let documents = [old, new].map(|read| &read.normalized.document);
        let headings = compare_headings(documents[0], documents[1]);
        let changes = &drift.changes;
        let is_known = |id: &String| changes.iter().any(|change| change.id == *id);
        let forgotten = acknowledged.iter().filter(|known| !is_known(&known.id));
        let forgotten = forgotten.cloned().collect();
        Self {
            destinations: compare_destinations(&one.destinations, &other.destinations),
            semver: drift.semver(),
            errors: explain_errors(&new.errors, old.side(), new.side(), changes, &new.policy),
            old: Provenance::of(old),
            new: Provenance::of(new),
            names: match new.errors.is_empty() {
                true => new_names(&one.api, &other.api, &drift.renames),
                // There is no SDK, so there are no names to approve.
                false => Vec::new(),
            },
            links: String::new(),
            prose: compare_prose(old, new),
            demands: find_demands(documents[0], &headings, changes),
            headings,
            defects: compare_defects(documents[0], documents[1], &new.policy),
            unapplied_actions: unfitting(new, &places[1], &proposals),
            proposals,
            forgotten,
            entries: entries(drift.changes, [one, other], places, acknowledged),
            renames: drift.renames,
        }
    }

    /// The changes of a section, in order.
    pub fn section(&self, section: Section) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.section == section)
    }

    /// The ids of breaking changes that are not acknowledged.
    pub fn unacknowledged(&self) -> Vec<&str> {
        let is_breaking = |change: &Change| change.source_breaking || change.wire_breaking;
        let open = self.entries.iter().filter(|one| one.acknowledged.is_none());
        let breaking = open.filter(|one| is_breaking(&one.change));
        breaking.map(|one| one.change.id.as_str()).collect()
    }
}

/// Loads two specs in parallel. A spec that cannot be lowered is lowered as far as possible.
pub fn read_both(
    old: Inputs,
    new: Inputs,
    policy: &Policy,
) -> Result<(LoadedSpec, LoadedSpec), Report> {
    let (old, new) = thread::scope(|scope| {
        let old = scope.spawn(|| LoadedSpec::new(old, policy));
        let new = LoadedSpec::new(new, policy);
        (finish(old), new)
    });
    let (old, mut new) = (old?, new?);
    if !new.errors.is_empty() {
        new.lowered = lower_beside(old.side(), &new.normalized, policy);
    }
    Ok((old, new))
}

/// Joins a thread, and passes on its panic.
fn finish<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    let made = thread.join();
    made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn entries(
    changes: Vec<Change>,
    sides: [&Lowered; 2],
    [old, new]: &[Places; 2],
    acknowledged: &[Acknowledged],
) -> Vec<Entry> {
    let resources = resources(sides);
    let entry = |change: Change| {
        let resource = resources.get(change.part_of.as_str()).unwrap_or(&DOCUMENT);
        let known = acknowledged.iter().find(|known| known.id == change.id);
        Entry {
            section: Section::of(&change),
            resource: (*resource).to_owned(),
            place: change.pointer.as_ref().and_then(|at| find(new, at)),
            old_place: change.old_pointer.as_ref().and_then(|at| find(old, at)),
            acknowledged: known.map(|known| known.why.clone()),
            change,
        }
    };
    changes.into_iter().map(entry).collect()
}

impl Provenance {
    fn of(read: &LoadedSpec) -> Self {
        let overlay = read.inputs.overlay.as_ref();
        let document = &read.normalized.document;
        let actions = read.overlay.as_ref().map(|overlay| overlay.actions.len());
        Self {
            name: read.inputs.spec.name.clone(),
            sha256: sha256(read.inputs.spec.text.as_bytes()),
            version: read.normalized.dialect.version.clone(),
            census: read.lowered.census,
            overlay: overlay.map(|source| source.name.clone()),
            actions: (actions.unwrap_or(0), read.unapplied_actions.len()),
            server: server(document),
            replaced_by: replaced_by(&read.lowered.destinations),
            scopes: scopes(document),
        }
    }
}

/// The URL of the first server.
fn server(document: &Document) -> Option<String> {
    let at = Pointer::root().key("servers").index(0).key("url");
    document.get(&at)?.as_str().map(str::to_owned)
}

/// The URL that the policy gives for a server that cannot be used.
fn replaced_by(destinations: &[Destination]) -> Option<String> {
    let is_replaced = |one: &&Destination| {
        one.receiver == Receiver::Server && matches!(one.verdict, Verdict::Replaced(_))
    };
    destinations.iter().find(is_replaced)?.url.clone()
}

/// The scopes of all flows of all security schemes, sorted.
fn scopes(document: &Document) -> Vec<String> {
    fn members<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = (&'n String, &'n Node)> {
        let members = node.get(key).and_then(Node::as_object);
        members.into_iter().flatten()
    }
    let components = document.root.get("components").into_iter();
    let schemes = components.flat_map(|node| members(node, "securitySchemes"));
    let flows = schemes.flat_map(|(_, scheme)| members(scheme, "flows"));
    let scopes = flows.flat_map(|(_, flow)| members(flow, "scopes"));
    let scopes: BTreeSet<&String> = scopes.map(|(scope, _)| scope).collect();
    scopes.into_iter().cloned().collect()
}

/// The line of a place.
fn find(places: &Places, origin: &Origin) -> Option<FilePlace> {
    let Position { line, column } = places.find(origin)?.start;
    Some(FilePlace {
        file: origin.file.to_string(),
        line,
        column,
    })
}

/// The module of each type and route of the crate.
fn resources(sides: [&Lowered; 2]) -> BTreeMap<&str, &str> {
    let modules = sides.into_iter().flat_map(|lowered| &lowered.api.modules);
    let idents = modules.flat_map(|module| {
        let types = module.types.iter().map(|definition| &definition.ident);
        let routes = module.operations.iter().map(|operation| &operation.route);
        types.chain(routes).map(|ident| (&**ident, &*module.ident))
    });
    idents.collect()
}

fn compare_prose(old: &LoadedSpec, new: &LoadedSpec) -> Vec<Passage> {
    let passages = new.policy.passages.iter().map(|passage| Passage {
        heading: match passage.tag {
            None => passage.heading.to_owned(),
            Some(tag) => format!("{tag}: {}", passage.heading),
        },
        depends: passage.depends,
        before: find_passage(&old.normalized.openapi, passage),
        after: find_passage(&new.normalized.openapi, passage),
    });
    let series = series_properties(&new.lowered.api).into_iter();
    let series = series.map(|property| Passage {
        heading: format!("{}.{}", property.0, property.1),
        depends: "the points in time that a mark of the overlay makes of it",
        before: property_prose(&old.lowered.api, property),
        after: property_prose(&new.lowered.api, property),
    });
    // A new property has no older text to compare with.
    let series = series.filter(|passage| passage.before.is_some());
    passages
        .chain(series)
        .filter(|passage| match (&passage.before, &passage.after) {
            (Some(before), Some(after)) => !same_words(before, after),
            (before, after) => before != after,
        })
        .collect()
}

fn unfitting(new: &LoadedSpec, places: &Places, proposals: &[Proposal]) -> Vec<Unfitting> {
    let unapplied_actions = new.unapplied_actions.iter().cloned();
    unapplied_actions
        .map(|unapplied| Unfitting {
            place: find(places, &unapplied.origin),
            advice: advice(&unapplied, proposals),
            unapplied,
        })
        .collect()
}

fn advice(unapplied: &UnappliedAction, proposals: &[Proposal]) -> &'static str {
    let is_replaced = proposals
        .iter()
        .any(|proposal| proposal.replaces == Some(unapplied.index));
    match unapplied.why {
        _ if is_replaced => "its schema has another name now: replace it with the action below",
        Reason::Redundant => "the spec says it already: delete the action",
        Reason::Unmatched => "the spec has no such place: delete the action, or change its target",
        Reason::Unexpected => {
            "the spec says something else than expected: read the evidence \
                            again, then adapt or delete the action"
        }
        Reason::Unfit => "the update does not fit what is there: adapt the action",
    }
}
