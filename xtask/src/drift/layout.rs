//! Divides a report into parts with a title, for the formats that people read. Each part has
//! groups, sentences and blocks of code.
//!
//! Input: a review. Output: the parts that are not empty, in the order of the report.

use std::collections::BTreeMap;

use oura_codegen::drift::{ExplainedError, Semver};
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
pub(super) struct Part<'r> {
    pub(super) title: &'static str,
    pub(super) severity: Severity,
    /// The number of entries.
    pub(super) count: usize,
    /// Why it matters.
    pub(super) remark: &'static str,
    /// Whether the entries are hidden until a reader asks for them.
    pub(super) folded: bool,
    pub(super) blocks: Vec<Block<'r>>,
}

impl<'r> Part<'r> {
    fn new(
        title: &'static str,
        severity: Severity,
        count: usize,
        blocks: impl IntoIterator<Item = Block<'r>>,
    ) -> Self {
        Self {
            title,
            severity,
            count,
            remark: "",
            folded: false,
            blocks: Vec::from_iter(blocks),
        }
    }

    /// A part with a single list.
    fn list(
        title: &'static str,
        severity: Severity,
        phrases: impl IntoIterator<Item = Phrase>,
    ) -> Self {
        let phrases = Vec::from_iter(phrases);
        Self::new(title, severity, phrases.len(), [Block::List(phrases)])
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
pub(super) enum Block<'r> {
    Group(Group<'r>),
    List(Vec<Phrase>),
    Code {
        caption: Phrase,
        language: &'static str,
        text: String,
    },
}

/// Changes of one kind for one reason: at least one.
pub(super) type Group<'r> = Vec<&'r Entry>;

/// The number of changes, unless it is one.
pub(super) fn size(group: &[&Entry]) -> String {
    match group.len() {
        1 => String::new(),
        count => format!(" ({count})"),
    }
}

/// The lines before the title: notices on where credentials go.
pub(super) fn first_lines(review: &Review) -> impl Iterator<Item = (&'static str, &Phrase)> {
    let notices = review.destinations.iter();
    notices.map(|notice| (notice.status.label(), &notice.phrase))
}

/// The head of the report, as labels with a sentence each: the specs, and the release that the
/// changes require.
pub(super) fn head(review: &Review) -> Vec<(&'static str, Phrase)> {
    let mut lines = Vec::new();
    lines.extend(server(review).map(|phrase| ("server", phrase)));
    lines.extend(scopes(review).map(|phrase| ("scopes", phrase)));
    lines.extend(provenance("old", &review.old));
    lines.extend(provenance("new", &review.new));
    lines.push(("counts", Phrase::words(counts(review))));
    lines.push(("release", release(review)));
    lines
}

/// The server that clients use, unless a notice already says it.
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
            let both = [old, new].map(|one| one.unwrap_or_else(none));
            Some(Phrase::joined(both, " → "))
        }
    }
}

/// The scopes: those that were added or removed, or else all of them.
fn scopes(review: &Review) -> Option<Phrase> {
    let (old, new) = (&review.old.scopes, &review.new.scopes);
    let only = |one: &[String], other: &[String]| {
        let only = one.iter().filter(|scope| !other.contains(scope));
        let only = Vec::from_iter(only.map(Phrase::code));
        (!only.is_empty()).then(|| Phrase::joined(only, ", "))
    };
    let come = only(new, old).map(|scopes| Phrase::words("new: ").join(scopes));
    let gone = only(old, new).map(|scopes| Phrase::words("gone: ").join(scopes));
    match (come, gone) {
        (None, None) => only(new, &[]),
        (come, gone) => Some(Phrase::joined(come.into_iter().chain(gone), "; ")),
    }
}

fn provenance(label: &'static str, of: &Provenance) -> Vec<(&'static str, Phrase)> {
    let what = Phrase::code(&of.name).and(", OpenAPI ");
    let what = what.and_code(&of.version);
    let what = match &of.overlay {
        None => what.and(", no overlay"),
        Some(overlay) => what.and(", corrected by ").and_code(overlay),
    };
    let what = match of.actions {
        (_, 0) => what,
        (all, not) => what.and(format!(" without {not} of its {all} actions")),
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
        0 if !review.errors.is_empty() => {
            return Phrase::words("unknown: the new spec has errors");
        }
        0 => return phrase.and(": the specs mean the same"),
        all => phrase.and(format!(": {}", counted(all, "change"))),
    };
    let phrase = phrase.and(format!(", {source} {} users' code", verb(source)));
    match wire {
        0 => phrase,
        _ => phrase.and(format!(", {wire} more to look at")),
    }
}

/// The parts of a report that are not empty.
pub(super) fn parts(review: &Review) -> Vec<Part<'_>> {
    let mut parts = vec![
        errors(review),
        of_section(
            review,
            Section::Source,
            "What breaks users' code",
            Severity::Alarm,
        )
        .remark("Code that compiles today no longer compiles, or means something else."),
        of_section(
            review,
            Section::Wire,
            "What needs a look",
            Severity::Warning,
        )
        .remark("Programs that run today may misunderstand the server; users' code compiles."),
        demands(review),
        names(review),
        of_section(review, Section::Additions, "Additions", Severity::Calm),
        of_section(review, Section::Other, "Other changes", Severity::Calm),
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

fn of_section<'r>(
    review: &'r Review,
    section: Section,
    title: &'static str,
    severity: Severity,
) -> Part<'r> {
    let count = review.section(section).count();
    let groups = groups(review.section(section)).into_iter();
    Part::new(title, severity, count, groups.map(Block::Group))
}

/// Changes of one kind for one reason, in the order of the first of them.
pub(super) fn groups<'r>(entries: impl Iterator<Item = &'r Entry>) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for entry in entries {
        let alike = |entry: &'r Entry| {
            let change = &entry.change;
            (change.kind, &change.reason, change.wire_breaking)
        };
        match groups
            .iter_mut()
            .find(|group| alike(group[0]) == alike(entry))
        {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

/// How many of the operations that use one component are named.
const OTHERS: usize = 8;

impl Entry {
    /// Its remarks, and why it is acknowledged.
    pub(super) fn notes(&self) -> Vec<String> {
        let acknowledged = self.acknowledged.iter();
        let acknowledged = acknowledged.map(|why| format!("acknowledged: {why}"));
        let remarks = self.change.remarks(OTHERS).into_iter();
        remarks.chain(acknowledged).collect()
    }

    /// The subject of a change. For a change of prose it names the text too.
    pub(super) fn subject(&self) -> &str {
        let change = &self.change;
        match (self.section, change.id.strip_prefix(change.kind.as_str())) {
            (Section::Docs, Some(named)) => named.trim_start(),
            _ => &change.subject,
        }
    }

    /// The place in the new spec, or in the old spec if it was removed: the line, or the pointer if
    /// there is no line.
    pub(super) fn place_text(&self) -> Option<String> {
        let change = &self.change;
        Some(match (&self.place, &change.pointer, &self.old_place) {
            (Some(place), ..) => place.to_string(),
            (None, Some(origin), _) => origin.to_string(),
            (None, None, Some(place)) => format!("old {}:{}", place.line, place.column),
            (None, None, None) => format!("old {}", change.old_pointer.as_ref()?),
        })
    }

    /// Its place, if it is in one of the vendored files.
    pub(super) fn vendored(&self) -> Option<&FilePlace> {
        let place = self.place.as_ref();
        place.filter(|place| [SPEC, OVERLAY].contains(&place.file.as_str()))
    }
}

fn names(review: &Review) -> Part<'_> {
    let names = review.names.iter().map(Phrase::code);
    Part::list("New public names to approve", Severity::Warning, names)
        .remark("After a release, users' code depends on them.")
}

fn docs(review: &Review) -> Part<'_> {
    let part = of_section(review, Section::Docs, "Docs", Severity::Calm);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in review.section(Section::Docs) {
        *counts.entry(&entry.resource).or_default() += 1;
    }
    counts.remove(DOCUMENT);
    let counts = counts.into_iter();
    let counts = counts.map(|(resource, count)| Phrase::code(resource).and(format!(" {count}")));
    let summary = Phrase::joined(counts.chain(without_resource(review)), ", ");
    let blocks = [Block::List(vec![summary])].into_iter().chain(part.blocks);
    Part {
        folded: true,
        blocks: blocks.collect(),
        ..part
    }
}

/// The reasons why no SDK can be generated from the new spec. The errors are also printed after the
/// report, with their lines and what to do.
fn errors(review: &Review) -> Part<'_> {
    let mut causes: Vec<Vec<&ExplainedError>> = Vec::new();
    for error in &review.errors {
        let known = causes
            .iter_mut()
            .find(|errors| error.change.is_some() && errors[0].change == error.change);
        match known {
            Some(errors) => errors.push(error),
            None => causes.push(vec![error]),
        }
    }
    let phrases = causes.into_iter().map(|errors| {
        let ExplainedError { error, change } = errors[0];
        let change = change.as_deref().map(Phrase::sentence);
        let message = Phrase::sentence(&error.message);
        let phrase = Phrase::joined(change.into_iter().chain([message]), ": ");
        match errors.len() - 1 {
            0 => phrase,
            others => {
                let others = counted(others, "more error");
                phrase.and(format!(" ({others} for the same reason)"))
            }
        }
    });
    Part {
        count: review.errors.len(),
        ..Part::list(
            "Why no SDK can be made of the new spec",
            Severity::Alarm,
            phrases,
        )
    }
    .remark("The other changes follow, as far as they can be compared.")
}

/// The names of what belongs to no resource: headings of the prose, and other texts.
fn without_resource(review: &Review) -> impl Iterator<Item = Phrase> {
    let headings = review.headings.iter().map(Heading::label);
    let is_other = |entry: &&Entry| {
        let is_prose = entry.change.id.ends_with(" description");
        entry.resource == DOCUMENT && (review.headings.is_empty() || !is_prose)
    };
    let others = review.section(Section::Docs).filter(is_other);
    let others = others.map(|entry| entry.subject().to_owned());
    headings.chain(others).map(Phrase::code)
}

fn demands(review: &Review) -> Part<'_> {
    let demands = review.demands.iter();
    let phrases = demands.map(|demand| {
        let of = Phrase::code(&demand.of);
        of.and(": ").and_code(&demand.sentence)
    });
    let title = "New sentences that may require something of users";
    Part::list(title, Severity::Warning, phrases)
        .remark("Read each; no code is generated from them.")
}

/// Changes of prose that no hand-written code depends on, by heading.
fn headings(review: &Review) -> Part<'_> {
    let is_watched = |heading: &Heading| {
        let label = heading.label();
        review.prose.iter().any(|passage| passage.heading == label)
    };
    let headings = review.headings.iter().filter(|one| !is_watched(one));
    let blocks = headings.map(|heading| {
        let what = match (&heading.before, &heading.after) {
            (None, _) => " is new",
            (_, None) => " is gone",
            _ => " has changed",
        };
        let caption = Phrase::code(heading.label()).and(what);
        difference(caption, &heading.before, &heading.after)
    });
    let blocks = Vec::from_iter(blocks);
    Part::new(
        "Other prose, by heading",
        Severity::Calm,
        blocks.len(),
        blocks,
    )
}

fn prose(passages: &[Passage]) -> Part<'_> {
    let title = "Prose that hand-written code depends on";
    let part = |blocks| Part::new(title, Severity::Warning, passages.len(), blocks);
    match missing(passages) {
        Some(which) => {
            let all = format!("the {which} spec has none of these passages: nothing to compare");
            part(vec![Block::List(vec![Phrase::words(all)])])
        }
        None => part(passages.iter().map(passage).collect())
            .remark("Read each, and change what depends on it."),
    }
}

/// Which spec has none of the passages. A spec without prose is reported once, not by passage.
fn missing(passages: &[Passage]) -> Option<&'static str> {
    let lacks_all = |text: fn(&Passage) -> &Option<String>| {
        passages.len() > 4 && passages.iter().all(|passage| text(passage).is_none())
    };
    let lacking = [
        ("old", lacks_all(|passage| &passage.before)),
        ("new", lacks_all(|passage| &passage.after)),
    ];
    let (which, _) = lacking.into_iter().find(|(_, lacks)| *lacks)?;
    Some(which)
}

fn passage(passage: &Passage) -> Block<'_> {
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

/// The lines in which two texts differ, with one line of context around them.
fn difference<'r>(caption: Phrase, before: &Option<String>, after: &Option<String>) -> Block<'r> {
    let text = |side: &Option<String>| side.clone().unwrap_or_default();
    let (before, after) = (text(before), text(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut diff = diff.unified_diff();
    let hunks = diff.context_radius(1).missing_newline_hint(false);
    let mut text = String::new();
    for change in hunks
        .iter_hunks()
        .flat_map(|hunk| hunk.iter_changes().collect::<Vec<_>>())
    {
        text.push_str(&format!("{}{}\n", change.tag(), change.value().trim_end()));
    }
    Block::Code {
        caption,
        language: "diff",
        text,
    }
}

fn defects(review: &Review) -> Part<'_> {
    let title = "Defects of the new spec";
    Part::list(title, Severity::Warning, review.defects.clone())
        .remark("Ask Oura, or correct them in the overlay.")
}

fn overlay(unapplied_actions: &[Unfitting]) -> Part<'_> {
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
            Some(place) => phrase.and(" (").and_code(place.to_string()).and(")"),
        }
    });
    Part::list(UNFITTING, Severity::Warning, phrases)
}

fn proposals(review: &Review) -> Part<'_> {
    let proposals = &review.proposals;
    let purposes = proposals.iter().map(|proposal| proposal.purpose.clone());
    let code = Block::Code {
        caption: Phrase::words("to paste at the end of the overlay's actions"),
        language: "yaml",
        text: proposals.iter().map(|one| one.yaml.as_str()).collect(),
    };
    let mut part = Part::list(PROPOSALS, Severity::Calm, purposes);
    part.blocks.push(code);
    part
}

fn acknowledged(review: &Review) -> Part<'_> {
    let phrases = review.forgotten.iter().map(|known| {
        Phrase::code(&known.id).and(" is acknowledged, but no change has this id: remove it")
    });
    Part::list("Acknowledged ids", Severity::Warning, phrases)
}
