//! How a report is divided, for the formats that people read: parts with a title, each of
//! groups, sentences and blocks of code.
//!
//! Input: a review. Output: parts in the order of the report; those with nothing in them are
//! left out.

use std::collections::BTreeMap;

use oura_codegen::drift::{Change, Semver};
use oura_codegen::hosts::Receiver;
use similar::TextDiff;

use super::phrase::Phrase;
use super::prose::Heading;
use super::review::{DOCUMENT, Entry, FilePlace, Passage, Provenance, Review, Section, Unfitting};
use crate::inputs::{OVERLAY, SPEC};
use crate::summary::{census_rows, counted, plural};

const UNFITTING: &str = "Overlay actions that no longer apply";
const PROPOSALS: &str = "Overlay actions to add";

/// A part of a report.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) title: &'static str,
    pub(super) severity: Severity,
    /// The number of entries.
    pub(super) count: usize,
    /// Why it matters.
    pub(super) remark: &'static str,
    /// Nobody has to read it.
    pub(super) folded: bool,
    pub(super) blocks: Vec<Block>,
}

impl Part {
    fn new(title: &'static str, severity: Severity, count: usize, blocks: Vec<Block>) -> Self {
        Self {
            title,
            severity,
            count,
            remark: "",
            folded: false,
            blocks,
        }
    }

    /// A part that is one list.
    fn list(title: &'static str, severity: Severity, phrases: Vec<Phrase>) -> Self {
        let count = phrases.len();
        Self::new(title, severity, count, vec![Block::List(phrases)])
    }

    fn remark(self, remark: &'static str) -> Self {
        Self { remark, ..self }
    }

    /// Whether it is about the overlay.
    pub(super) fn is_of_overlay(&self) -> bool {
        [UNFITTING, PROPOSALS].contains(&self.title)
    }
}

/// How much a part matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Alarm,
    Warning,
    Calm,
}

/// The content of a part.
#[derive(Debug)]
pub(super) enum Block {
    Group(Group),
    List(Vec<Phrase>),
    Code {
        caption: Phrase,
        language: &'static str,
        text: String,
    },
}

/// Changes that say the same of different things.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) kind: &'static str,
    pub(super) reason: String,
    pub(super) wire: bool,
    pub(super) rows: Vec<Row>,
}

/// One change.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) subject: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) place: Option<RowPlace>,
    /// What else is to say.
    pub(super) notes: Vec<String>,
}

/// Where credentials go: what a reviewer reads before anything else.
pub(super) fn first_lines(review: &Review) -> impl Iterator<Item = (&'static str, &Phrase)> {
    let notices = review.destinations.iter();
    notices.map(|notice| (notice.status.label(), &notice.phrase))
}

/// Where a change is.
#[derive(Debug)]
pub(super) struct RowPlace {
    pub(super) text: String,
    /// The file and the line, where it is one of the vendored files.
    pub(super) vendored: Option<(String, usize)>,
}

/// What the specs are and what the changes ask for, as labels with a sentence each.
pub(super) fn head(review: &Review) -> Vec<(&'static str, Phrase)> {
    let mut lines = Vec::new();
    lines.extend(server(review).map(|phrase| ("server", phrase)));
    lines.extend(scopes(review).map(|phrase| ("scopes", phrase)));
    lines.extend(document("old", &review.old));
    lines.extend(document("new", &review.new));
    lines.push(("counts", Phrase::words(counts(review))));
    lines.push(("release", release(review)));
    lines
}

/// Where calls go, unless a notice says it.
fn server(review: &Review) -> Option<Phrase> {
    let mut notices = review.destinations.iter();
    if notices.any(|notice| notice.receiver == Receiver::Server) {
        return None;
    }
    let used = |one: &Provenance| match (&one.replaced_by, &one.server) {
        (None, url) => url.as_ref().map(Phrase::code),
        (Some(used), Some(url)) => Some(Phrase::code(used).and(" in place of ").and_code(url)),
        (Some(used), None) => Some(Phrase::code(used).and(", since the spec has none")),
    };
    let none = || Phrase::words("none");
    match (used(&review.old), used(&review.new)) {
        (None, None) => None,
        (old, new) if old == new => new,
        (old, new) => {
            let both = [old, new].into_iter();
            let both = both.map(|one| one.unwrap_or_else(none)).collect();
            Some(Phrase::joined(both, " → "))
        }
    }
}

/// What users can be asked to allow: scopes that came or went, else all of them.
fn scopes(review: &Review) -> Option<Phrase> {
    let (old, new) = (&review.old.scopes, &review.new.scopes);
    let list =
        |scopes: Vec<&String>| Phrase::joined(scopes.into_iter().map(Phrase::code).collect(), ", ");
    let only = |one: &[String], other: &[String]| {
        let scopes = one.iter().filter(|scope| !other.contains(scope));
        scopes.cloned().collect::<Vec<_>>()
    };
    let (gone, come) = (only(old, new), only(new, old));
    match (
        old.is_empty() && new.is_empty(),
        gone.is_empty() && come.is_empty(),
    ) {
        (true, _) => None,
        (false, true) => Some(list(new.iter().collect())),
        (false, false) => {
            let parts = [("new: ", come), ("gone: ", gone)];
            let parts = parts.iter().filter(|(_, scopes)| !scopes.is_empty());
            let told = parts.map(|(what, scopes)| {
                Phrase::joined(
                    vec![Phrase::words(*what), list(scopes.iter().collect())],
                    "",
                )
            });
            Some(Phrase::joined(told.collect(), "; "))
        }
    }
}

fn document(label: &'static str, of: &Provenance) -> Vec<(&'static str, Phrase)> {
    let what = Phrase::code(&of.name)
        .and(", OpenAPI ")
        .and_code(&of.version);
    let what = match (&of.overlay, of.actions) {
        (None, _) => what.and(", no overlay"),
        (Some(overlay), (_, 0)) => what.and(", corrected by ").and_code(overlay),
        (Some(overlay), (all, not)) => what
            .and(", corrected by ")
            .and_code(overlay)
            .and(format!(" without {not} of its {all} actions")),
    };
    let digest = Phrase::words("SHA-256 ").and_code(&of.sha256);
    vec![(label, what), ("", digest)]
}

fn counts(review: &Review) -> String {
    let [old, new] = [&review.old, &review.new].map(|one| census_rows(&one.census));
    let rows = old.into_iter().zip(new);
    let texts = rows.filter_map(|((_, what, old), (.., new))| match (old, new) {
        (0, 0) => None,
        _ if old == new => Some(format!("{} {old}", plural(what))),
        _ => Some(format!("{} {old} → {new}", plural(what))),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn release(review: &Review) -> Phrase {
    let number = |section| review.section(section).count();
    let (source, wire) = (number(Section::Source), number(Section::Wire));
    let phrase = Phrase::code(review.semver.as_str());
    let phrase = match review.semver {
        Semver::Major => phrase.and(" (below 1.0: the next 0.x)"),
        Semver::None | Semver::Patch | Semver::Minor => phrase,
    };
    let verb = |count| if count == 1 { "breaks" } else { "break" };
    let phrase = match review.entries.len() {
        0 => return phrase.and(": the specs mean the same"),
        all => phrase.and(format!(": {}", counted(all, "change"))),
    };
    let phrase = phrase.and(format!(", {source} {} users' code", verb(source)));
    match wire {
        0 => phrase,
        _ => phrase.and(format!(", {wire} more to look at")),
    }
}

/// The parts of a report that have anything to say.
pub(super) fn parts(review: &Review) -> Vec<Part> {
    let mut parts = vec![
        errors(review),
        of_section(
            review,
            Section::Source,
            "What breaks users' code",
            "Code that compiles today does not, or means something else.",
        ),
        of_section(
            review,
            Section::Wire,
            "What needs a look",
            "Programs that run today may misunderstand the server; no code of users breaks.",
        ),
        demands(review),
        names(review),
        of_section(review, Section::Additions, "Additions", ""),
        of_section(review, Section::Other, "Other changes", ""),
        docs(review),
        prose(&review.prose),
        headings(review),
        defects(review),
        overlay(&review.unapplied_actions),
        proposals(review),
        acknowledged(review),
    ];
    parts.retain(|part| part.count > 0);
    parts
}

fn of_section(
    review: &Review,
    section: Section,
    title: &'static str,
    remark: &'static str,
) -> Part {
    let entries: Vec<&Entry> = review.section(section).collect();
    Part {
        title,
        severity: match section {
            Section::Source => Severity::Alarm,
            Section::Wire => Severity::Warning,
            Section::Additions | Section::Other | Section::Docs => Severity::Calm,
        },
        count: entries.len(),
        remark,
        folded: false,
        blocks: groups(&entries).into_iter().map(Block::Group).collect(),
    }
}

/// Changes of one kind for one reason, in the order of the first of them.
pub(super) fn groups(entries: &[&Entry]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for entry in entries {
        let Change {
            kind,
            reason,
            wire_breaking: wire,
            ..
        } = &entry.change;
        let is_same = |group: &&mut Group| {
            group.kind == kind.as_str() && group.reason == *reason && group.wire == *wire
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.rows.push(row(entry)),
            None => groups.push(Group {
                kind: kind.as_str(),
                reason: reason.clone(),
                wire: *wire,
                rows: vec![row(entry)],
            }),
        }
    }
    groups
}

/// So many of the operations that use one component are named.
const OTHERS: usize = 8;

fn row(entry: &Entry) -> Row {
    let change = &entry.change;
    let acknowledged = entry.acknowledged.iter();
    let acknowledged = acknowledged.map(|why| format!("acknowledged: {why}"));
    Row {
        subject: subject(entry).to_owned(),
        before: change.before.clone(),
        after: change.after.clone(),
        place: place(entry),
        notes: change
            .remarks(OTHERS)
            .into_iter()
            .chain(acknowledged)
            .collect(),
    }
}

/// What a change is about; of words, which of them too.
fn subject(entry: &Entry) -> &str {
    let change = &entry.change;
    let named = change.id.strip_prefix(change.kind.as_str());
    match (entry.section, named) {
        (Section::Docs, Some(named)) => named.trim_start(),
        _ => &change.subject,
    }
}

/// The place in the new spec; what is gone has one in the old spec only. Without a
/// line, the pointer.
fn place(entry: &Entry) -> Option<RowPlace> {
    let line = |place: &FilePlace| format!("{}:{}", place.line, place.column);
    let Change {
        pointer,
        old_pointer,
        ..
    } = &entry.change;
    let text = match (&entry.place, pointer, &entry.old_place, old_pointer) {
        (Some(place), ..) => format!("{}:{}", place.file, line(place)),
        (None, Some(origin), ..) => origin.to_string(),
        (None, None, Some(place), _) => format!("old {}", line(place)),
        (None, None, None, origin) => format!("old {}", origin.as_ref()?),
    };
    let place = entry.place.as_ref();
    let vendored = place.filter(|place| [SPEC, OVERLAY].contains(&place.file.as_str()));
    Some(RowPlace {
        text,
        vendored: vendored.map(|place| (place.file.clone(), place.line)),
    })
}

fn names(review: &Review) -> Part {
    let names = review.names.iter().map(Phrase::code).collect();
    Part::list("New public names to approve", Severity::Warning, names)
        .remark("They last: after a release, users type them.")
}

fn docs(review: &Review) -> Part {
    let entries: Vec<&Entry> = review.section(Section::Docs).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &entries {
        *counts.entry(&entry.resource).or_default() += 1;
    }
    let counts = counts
        .into_iter()
        .filter(|(resource, _)| *resource != DOCUMENT);
    let counts = counts.map(|(resource, count)| Phrase::code(resource).and(format!(" {count}")));
    let summary = Phrase::joined(counts.chain(of_document(review, &entries)).collect(), ", ");
    let groups = groups(&entries).into_iter().map(Block::Group);
    Part {
        title: "Docs",
        severity: Severity::Calm,
        count: entries.len(),
        remark: "",
        folded: true,
        blocks: std::iter::once(Block::List(vec![summary]))
            .chain(groups)
            .collect(),
    }
}

/// What keeps the new spec from becoming an SDK. The errors themselves are shown with
/// their lines and what to do, beside the report.
fn errors(review: &Review) -> Part {
    let mut causes: Vec<(&Option<String>, Vec<&str>)> = Vec::new();
    for error in &review.errors {
        let known = causes
            .iter_mut()
            .find(|(change, _)| *change == &error.change && change.is_some());
        match known {
            Some((_, messages)) => messages.push(&error.error.message),
            None => causes.push((&error.change, vec![&error.error.message])),
        }
    }
    let phrases = causes.into_iter().map(|(change, messages)| {
        let message = Phrase::sentence(messages[0]);
        let others = match messages.len() - 1 {
            0 => String::new(),
            others => format!(" ({} for the same reason)", counted(others, "more error")),
        };
        match change {
            Some(change) => Phrase::joined(vec![Phrase::sentence(change), message], ": "),
            None => message,
        }
        .and(others)
    });
    Part::new(
        "Why no SDK can be made of the new spec",
        Severity::Alarm,
        review.errors.len(),
        vec![Block::List(phrases.collect())],
    )
    .remark("The other changes follow, as far as they can be compared.")
}

/// What belongs to no resource, by name: the headings of the prose, and what else it is.
fn of_document(review: &Review, entries: &[&Entry]) -> Vec<Phrase> {
    let headings = review.headings.iter().map(Heading::label);
    let is_other = |entry: &&&Entry| {
        let is_prose = entry.change.id.ends_with(" description");
        entry.resource == DOCUMENT && (review.headings.is_empty() || !is_prose)
    };
    let others = entries
        .iter()
        .filter(is_other)
        .map(|entry| subject(entry).to_owned());
    headings.chain(others).map(Phrase::code).collect()
}

fn demands(review: &Review) -> Part {
    let demands = review.demands.iter();
    let phrases = demands.map(|demand| {
        let of = Phrase::code(&demand.of);
        of.and(": ").and_code(&demand.sentence)
    });
    let title = "New sentences that may ask something of users";
    Part::list(title, Severity::Warning, phrases.collect())
        .remark("Read each; no code was made of them.")
}

/// Prose that no hand-written code depends on, by heading.
fn headings(review: &Review) -> Part {
    let is_watched = |heading: &&Heading| {
        let label = heading.label();
        review.prose.iter().any(|passage| passage.heading == label)
    };
    let headings: Vec<&Heading> = review
        .headings
        .iter()
        .filter(|one| !is_watched(one))
        .collect();
    let blocks = headings.iter().map(|heading| {
        let what = match (&heading.before, &heading.after) {
            (None, _) => " is new",
            (_, None) => " is gone",
            _ => " says something else",
        };
        let caption = Phrase::code(heading.label()).and(what);
        difference(caption, &heading.before, &heading.after)
    });
    Part::new(
        "Other prose, by heading",
        Severity::Calm,
        headings.len(),
        blocks.collect(),
    )
}

fn prose(passages: &[Passage]) -> Part {
    let (remark, blocks) = match missing(passages) {
        Some(all) => ("", vec![all]),
        None => (
            "Read each, and change what depends on it.",
            passages.iter().map(passage).collect(),
        ),
    };
    let title = "Prose that hand-written code depends on";
    Part::new(title, Severity::Warning, passages.len(), blocks).remark(remark)
}

/// An export without any prose is one thing to know.
fn missing(passages: &[Passage]) -> Option<Block> {
    let several = passages.len() > 4;
    let side = |text: fn(&Passage) -> &Option<String>| {
        several && passages.iter().all(|passage| text(passage).is_none())
    };
    let which = match (
        side(|passage| &passage.before),
        side(|passage| &passage.after),
    ) {
        (true, _) => "old",
        (_, true) => "new",
        _ => return None,
    };
    let sentence = format!("the {which} spec has none of these passages: nothing to compare");
    Some(Block::List(vec![Phrase::words(sentence)]))
}

fn passage(passage: &Passage) -> Block {
    let Passage {
        heading,
        depends,
        before,
        after,
    } = passage;
    let ending = match (before, after) {
        (None, _) => " (the old spec does not have it)",
        (_, None) => " (the new spec does not have it)",
        _ => "",
    };
    let caption = Phrase::code(heading).and(format!("{ending}; depends on it: {depends}"));
    difference(caption, before, after)
}

/// All lines in which two texts without padding differ, with one around them.
fn difference(caption: Phrase, before: &Option<String>, after: &Option<String>) -> Block {
    let before = before.as_deref().unwrap_or_default();
    let after = after.as_deref().unwrap_or_default();
    let diff = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for hunk in diff
        .unified_diff()
        .context_radius(1)
        .missing_newline_hint(false)
        .iter_hunks()
    {
        for change in hunk.iter_changes() {
            text.push_str(&format!("{}{}\n", change.tag(), change.value().trim_end()));
        }
    }
    Block::Code {
        caption,
        language: "diff",
        text,
    }
}

fn defects(review: &Review) -> Part {
    let title = "Defects of the new spec";
    Part::list(title, Severity::Warning, review.defects.clone())
        .remark("Ask Oura, or correct them in the overlay.")
}

fn overlay(unapplied_actions: &[Unfitting]) -> Part {
    let phrases = unapplied_actions.iter().map(|unfitting| {
        let unapplied = &unfitting.unapplied;
        let number = format!("action {}, ", unapplied.index + 1);
        let mut phrase = Phrase::words(number).and_code(&unapplied.target);
        phrase = phrase.and(format!(": {}", unfitting.advice));
        if unapplied.changed > 0 {
            let (changed, matched) = (unapplied.changed, unapplied.matched);
            phrase = phrase.and(format!(" (it applies to {changed} of {matched} places)"));
        }
        match &unfitting.place {
            None => phrase,
            Some(FilePlace { file, line, column }) => phrase
                .and(" (")
                .and_code(format!("{file}:{line}:{column}"))
                .and(")"),
        }
    });
    Part::list(UNFITTING, Severity::Warning, phrases.collect())
}

fn proposals(review: &Review) -> Part {
    let proposals = &review.proposals;
    let purposes = proposals.iter().map(|proposal| proposal.purpose.clone());
    Part::new(
        PROPOSALS,
        Severity::Calm,
        proposals.len(),
        vec![
            Block::List(purposes.collect()),
            Block::Code {
                caption: "to paste at the end of the overlay's actions".into(),
                language: "yaml",
                text: proposals.iter().map(|one| one.yaml.as_str()).collect(),
            },
        ],
    )
}

fn acknowledged(review: &Review) -> Part {
    let forgotten = review.forgotten.iter();
    let phrases = forgotten.map(|known| {
        Phrase::code(&known.id).and(" is acknowledged, but no change has this id: remove it")
    });
    Part::list("Acknowledged ids", Severity::Warning, phrases.collect())
}
