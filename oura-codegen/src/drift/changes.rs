//! Makes changes of events: judged, worded, with both places, in the order of the spec.
//!
//! Input: both sides and what is the same in them. Output: the changes. Invariant: no two
//! changes have the same id.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, Kind, Rename, Side};
use super::matching::{operations, schemas, security_schemes};
use super::pairing::{Event, Sides, find_events};
use super::sides::Indexed;
use super::verdicts::{Case, Row, Rule, find_row};
use super::wording::{statement, summary, type_text};
use crate::facts::{SchemaForm, Subject, SubjectKind, Topic};
use crate::hosts::Flaw;
use crate::pointer::{Origin, Pointer};
use crate::policy::Policy;

/// A change on its way, with its place in the order of the new spec: that of the new
/// spec itself, or behind what it followed in the old one.
type Placed = ((usize, usize), Change);

/// All changes but those of names, in order.
pub(super) fn find_changes(
    sides: Sides<'_, '_>,
    old: Side<'_>,
    new: Side<'_>,
    policy: &Policy,
) -> (Vec<Change>, Vec<Rename>) {
    let maker = Maker {
        sides,
        policy,
        anchors: OnceCell::new(),
    };
    let mut placed: Vec<Placed> = Vec::new();
    let (sections, events) = take_sections(sides, find_events(sides));
    placed.extend(dialect(old, new).map(|change| ((0, 0), change)));
    placed.extend(sections.into_iter().map(|change| ((0, 1), change)));
    let shared = events.iter().map(|event| shared_key(sides, event));
    let shared: Vec<_> = shared.collect();
    let changes = events.iter().zip(shared);
    let changes = changes.filter_map(|(event, key)| Some((key, maker.change(event)?)));
    placed.extend(fold_shared(changes.collect()));
    // A type that is missing may be one that could not be made.
    if [old, new].map(|side| side.lowered.errors.is_empty()) == [true; 2] {
        placed.extend(maker.reached());
    }
    let (changes, renames) = renames(sides, old, new);
    placed.extend(changes);
    placed.extend(renamed_operations(sides, old, new));
    placed.extend(renamed_schemes(sides, old, new));
    placed.sort_by(|one, other| (one.0, &one.1.id).cmp(&(other.0, &other.1.id)));
    let changes = placed.into_iter().map(|(_, change)| change);
    (changes.collect(), renames)
}

/// What a schema that came or went is on the other side.
enum Became<'a> {
    /// It has another form there: an instance of a generic type, or no longer one.
    OtherForm,
    /// The schema of the other side is reported instead.
    ReportedThere,
    /// It became part of another schema.
    PartOf(&'a Subject),
}

struct Maker<'s, 'a> {
    sides: Sides<'s, 'a>,
    policy: &'s Policy,
    /// Places in the order of the new spec, found when something went.
    anchors: OnceCell<BTreeMap<usize, usize>>,
}

impl<'a> Maker<'_, 'a> {
    fn change(&self, event: &Event<'a>) -> Option<Placed> {
        let subject = event.subject();
        let kind = match self.became(event) {
            Some(Became::ReportedThere) => return None,
            Some(Became::OtherForm) => Kind::SchemaGenericChanged,
            Some(Became::PartOf(_)) => Kind::SchemaMerged,
            None => self.sides.kind_of(event),
        };
        let is_of_both = matches!(
            kind,
            Kind::PropertyRequiredChanged | Kind::PropertyNullableChanged
        ) && self.sides.gains_or_loses_option_by_both(subject);
        if is_of_both && kind == Kind::PropertyNullableChanged {
            return None;
        }
        let case = self.sides.case_of(kind, event, self.policy);
        let row = find_row(kind, case);
        let (wire_breaking, source_breaking, reason) = self.judge(row, event);
        let (name, detail) = name_and_detail(kind, event);
        let (before, after) = match is_of_both {
            true => self.flags(subject),
            false => self.words(event),
        };
        let (old_pointer, pointer) = self.places(event);
        let mut change = Change {
            id: id(kind, &name, &detail),
            kind,
            subject: name,
            part_of: part_of(subject),
            also: Vec::new(),
            pointer,
            old_pointer,
            before,
            after,
            position: position(event),
            wire_breaking,
            source_breaking,
            semver: row.semver(source_breaking),
            reason,
            note: self.sides.note(kind, event),
            documents: Vec::new(),
        };
        match self.became(event) {
            Some(Became::OtherForm) => {
                let old = self.sides.old_schema(subject)?;
                change.old_pointer = Some(old.origin.clone());
                change.before = Some(old.name.clone());
                change.after = Some(subject.name.clone());
            }
            Some(Became::PartOf(target)) => {
                change.pointer = Some(target.origin.clone());
                change.before = Some(subject.name.clone());
                change.after = Some(target.name.clone());
            }
            Some(Became::ReportedThere) | None => {}
        }
        Some((self.order(event), change))
    }

    /// The verdicts and why.
    fn judge(&self, row: &Row, event: &Event<'_>) -> (bool, bool, String) {
        let mut reasons: Vec<&str> = vec![row.why];
        let mut decide = |rule| match rule {
            Rule::No => false,
            Rule::Yes => true,
            Rule::If(condition) => {
                let holds = self.sides.holds(condition, event);
                reasons.push(condition.sentence(holds));
                holds
            }
        };
        let (wire, source) = (decide(row.wire), decide(row.source));
        reasons.retain(|reason| !reason.is_empty());
        (wire, source, reasons.join(" "))
    }

    /// A schema that came or went and is part of another, or generic, on the other side. Of
    /// one that is on both sides under names of another form, the new one tells.
    fn became(&self, event: &Event<'a>) -> Option<Became<'a>> {
        let matching = self.sides.matching;
        match event {
            Event::Went(subject) if matches!(subject.kind, SubjectKind::Schema(_)) => {
                let key = self.sides.old.key(&subject.name)?;
                if matching.schemas.contains_key(key) {
                    return Some(Became::ReportedThere);
                }
                let target = matching.merged.get(key)?;
                let target = self.sides.new.schemas.get(target.as_str())?;
                Some(Became::PartOf(target))
            }
            Event::Came(subject) if matches!(subject.kind, SubjectKind::Schema(_)) => {
                self.sides.old_schema(subject)?;
                Some(Became::OtherForm)
            }
            _ => None,
        }
    }

    /// Requiredness and nullability on both sides.
    fn flags(&self, subject: &Subject) -> (Option<String>, Option<String>) {
        let Sides { old, new, .. } = self.sides;
        let flags = |side: &Indexed<'_>| {
            let says = |aspect| side.says(&subject.name, aspect);
            format!(
                "required {}, nullable {}",
                says("required"),
                says("nullable")
            )
        };
        (Some(flags(old)), Some(flags(new)))
    }

    fn words(&self, event: &Event<'_>) -> (Option<String>, Option<String>) {
        let Sides { old, new, .. } = self.sides;
        match event {
            Event::Came(subject) => (None, Some(summary(new, subject))),
            Event::Went(subject) => (Some(summary(old, subject)), None),
            Event::Reshaped {
                old: one,
                new: other,
            } => (
                Some(type_text(old, &one.name)),
                Some(type_text(new, &other.name)),
            ),
            Event::Said { old, new } => (statement(*old, *new), statement(*new, *old)),
        }
    }

    /// The places in the old and the new spec. Of a value that came or went there is one;
    /// of what is said on one side only, the other is that of its subject.
    fn places(&self, event: &Event<'_>) -> (Option<Origin>, Option<Origin>) {
        let is_member = matches!(event.topic(), Some(Topic::Value | Topic::Branch(_)));
        let place = |side: &Indexed<'_>, subject: &Subject| {
            let mut chain = subject.chain().into_iter().rev();
            let found = chain.find_map(|one| side.subject(&one.name));
            found.map(|found| found.origin.clone())
        };
        match event {
            Event::Came(subject) => (None, Some(subject.origin.clone())),
            Event::Went(subject) => (Some(subject.origin.clone()), None),
            Event::Reshaped { old, new } => (Some(old.origin.clone()), Some(new.origin.clone())),
            Event::Said { old, new } => {
                let subject = event.subject();
                let other = |side: &Indexed<'_>| match is_member {
                    true => None,
                    false => place(side, subject),
                };
                let origin = |fact: &crate::facts::Fact| fact.origin.clone();
                (
                    old.map(origin).or_else(|| other(self.sides.old)),
                    new.map(origin).or_else(|| other(self.sides.new)),
                )
            }
        }
    }

    fn order(&self, event: &Event<'_>) -> (usize, usize) {
        let behind = |old: usize| {
            let anchors = self.anchors.get_or_init(|| anchors(self.sides));
            let mut before = anchors.range(..=old).rev();
            let anchor = before.next().map_or(0, |(_, new)| *new);
            (anchor, old + 1)
        };
        match event {
            Event::Came(subject) | Event::Reshaped { new: subject, .. } => {
                (self.sides.new.order(&subject.name).unwrap_or_default(), 0)
            }
            Event::Went(subject) => behind(self.sides.old.order(&subject.name).unwrap_or_default()),
            Event::Said {
                new: Some(fact), ..
            } => (fact.order, 0),
            Event::Said { old, .. } => behind(old.map_or(0, |fact| fact.order)),
        }
    }

    /// Types that come or go although their schemas stay: what used them says why.
    fn reached(&self) -> Vec<Placed> {
        let Sides { old, new, .. } = self.sides;
        let mut changes = Vec::new();
        for subject in new.existing() {
            let is_type = |subject: &Subject| {
                use SchemaForm::{Dictionary, Generic, Part, Type};
                matches!(
                    subject.kind,
                    SubjectKind::Schema(Type | Generic | Dictionary | Part)
                )
            };
            let Some(was) = old.subject(&subject.name).filter(|was| is_type(was)) else {
                continue;
            };
            let emitted = |side: &Indexed<'_>| side.definition(&subject.name).is_some();
            if !is_type(subject) || emitted(old) == emitted(new) {
                continue;
            }
            let kind = match emitted(new) {
                true => Kind::SchemaReached,
                false => Kind::SchemaUnreached,
            };
            let mut change = plain(kind, Case::Always, &subject.name);
            change.pointer = Some(subject.origin.clone());
            change.old_pointer = Some(was.origin.clone());
            let order = new.order(&subject.name).unwrap_or_default();
            changes.push(((order, 0), change));
        }
        changes
    }
}

/// What a change says, the one place of each spec that says it, and of what, unless the
/// place alone matters.
type SharedKey = (String, Option<String>, Option<String>, Option<String>);

/// Where the specs say what an event is about. Several operations that use one component
/// or share one path read the same places.
fn shared_key(sides: Sides<'_, '_>, event: &Event<'_>) -> SharedKey {
    let first = |side: &Indexed<'_>, subject: &Subject| {
        let place = side.facts_of(&subject.name).iter().find(|fact| {
            use Topic::{Branch, Reference, Type};
            matches!(fact.topic, Type | Reference(_) | Branch(_))
        });
        Some(
            place
                .map_or(&subject.origin, |fact| &fact.origin)
                .to_string(),
        )
    };
    let place = |fact: Option<&crate::facts::Fact>| fact.map(|fact| fact.origin.to_string());
    // A part of several types changes each of them.
    let is_prose = matches!(event.topic(), Some(Topic::Prose | Topic::Extension));
    let outermost = event.subject().outermost();
    let is_type = matches!(outermost.kind, SubjectKind::Schema(_)) && !is_prose;
    let of = is_type.then(|| outermost.name.clone());
    match event {
        Event::Came(subject) => (String::new(), None, Some(subject.origin.to_string()), of),
        Event::Went(subject) => (String::new(), Some(subject.origin.to_string()), None, of),
        Event::Reshaped { old, new } => {
            let places = (first(sides.old, old), first(sides.new, new));
            ("type".to_owned(), places.0, places.1, of)
        }
        Event::Said { old, new } => {
            let fact = new.or(*old);
            let aspect = fact.map(|fact| fact.key.aspect.clone()).unwrap_or_default();
            (aspect, place(*old), place(*new), of)
        }
    }
}

/// One change for each that one place says of several operations: the first, with the others
/// in `also` and the graver of their verdicts.
fn fold_shared(changes: Vec<(SharedKey, Placed)>) -> Vec<Placed> {
    let mut folded: Vec<Placed> = Vec::new();
    let mut known: BTreeMap<(Kind, SharedKey), usize> = BTreeMap::new();
    for (key, (order, change)) in changes {
        match known.get(&(change.kind, key.clone())) {
            Some(index) => fold(&mut folded[*index], order, change),
            None => {
                known.insert((change.kind, key), folded.len());
                folded.push((order, change));
            }
        }
    }
    folded
}

fn fold(into: &mut Placed, order: (usize, usize), other: Change) {
    let mut other = other;
    // The gravest speaks for all, since its reason is the one to read.
    if other.semver > into.1.semver {
        std::mem::swap(&mut into.1, &mut other);
    }
    let change = &mut into.1;
    change.also.append(&mut other.also);
    change.also.push(other.subject);
    change.wire_breaking |= other.wire_breaking;
    into.0 = into.0.min(order);
}

/// A change whose verdicts depend on no condition.
fn plain(kind: Kind, case: Case, subject: &str) -> Change {
    let row = find_row(kind, case);
    let source_breaking = row.source == Rule::Yes;
    Change {
        id: id(kind, subject, ""),
        kind,
        subject: subject.to_owned(),
        part_of: subject.to_owned(),
        also: Vec::new(),
        pointer: None,
        old_pointer: None,
        before: None,
        after: None,
        position: None,
        wire_breaking: row.wire == Rule::Yes,
        source_breaking,
        semver: row.semver(source_breaking),
        reason: row.why.to_owned(),
        note: None,
        documents: Vec::new(),
    }
}

/// Schemas under another key or another Rust name.
fn renames(sides: Sides<'_, '_>, old: Side<'_>, new: Side<'_>) -> (Vec<Placed>, Vec<Rename>) {
    let (olds, news) = (schemas(&old.lowered.facts), schemas(&new.lowered.facts));
    let modules = old.lowered.api.modules.iter();
    let own: BTreeSet<&str> = modules
        .flat_map(|module| &module.types)
        .map(|definition| definition.ident.as_str())
        .collect();
    let (mut changes, mut renames) = (Vec::new(), Vec::new());
    for (old_key, new_key) in &sides.matching.schemas {
        let (Some(one), Some(other)) = (olds.get(&**old_key), news.get(&**new_key)) else {
            continue;
        };
        let is_absorbed = match (&one.kind, &other.kind) {
            // A renamed argument is a change of its schema.
            (
                SubjectKind::Schema(SchemaForm::Instance { generic: one }),
                SubjectKind::Schema(SchemaForm::Instance { generic: other }),
            ) => one == other,
            // What is not emitted has no name that code could use.
            _ => one.name == other.name || !own.contains(one.name.as_str()),
        };
        let form_differs = matches!(one.kind, SubjectKind::Schema(SchemaForm::Instance { .. }))
            != matches!(other.kind, SubjectKind::Schema(SchemaForm::Instance { .. }));
        if old_key == new_key && (is_absorbed || form_differs) {
            continue;
        }
        let case = match is_absorbed {
            true => Case::Absorbed,
            false => Case::NotAbsorbed,
        };
        let mut change = plain(Kind::SchemaRenamed, case, &other.name);
        change.part_of = part_of(other);
        let words = |key: &str, subject: &Subject| format!("{key} ({})", subject.name);
        change.before = Some(words(old_key, one));
        change.after = Some(words(new_key, other));
        change.old_pointer = Some(one.origin.clone());
        change.pointer = Some(other.origin.clone());
        changes.push((
            (sides.new.order(&other.name).unwrap_or_default(), 0),
            change,
        ));
        renames.push(Rename {
            old_key: old_key.clone(),
            new_key: new_key.clone(),
            old_ident: one.name.clone(),
            new_ident: other.name.clone(),
        });
    }
    (changes, renames)
}

/// Operations whose client methods have another name.
fn renamed_operations(sides: Sides<'_, '_>, old: Side<'_>, new: Side<'_>) -> Vec<Placed> {
    let olds = operations(old.lowered);
    let news = operations(new.lowered).into_iter();
    let pairs = news.filter_map(|(key, other)| Some((*olds.get(&key)?, other)));
    let renamed = pairs.filter(|(one, other)| one.method != other.method);
    renamed
        .map(|(one, other)| {
            let change = Change {
                pointer: Some(other.origin.clone()),
                old_pointer: Some(one.origin.clone()),
                before: Some(one.method.clone()),
                after: Some(other.method.clone()),
                ..plain(Kind::OperationRenamed, Case::Always, &other.route)
            };
            let order = sides.new.order(&other.route).unwrap_or_default();
            ((order, 0), change)
        })
        .collect()
}

/// Security schemes under another name.
fn renamed_schemes(sides: Sides<'_, '_>, old: Side<'_>, new: Side<'_>) -> Vec<Placed> {
    let olds = security_schemes(old.normalized);
    let news = security_schemes(new.normalized);
    let pairs = sides.matching.schemes.iter();
    pairs
        .filter_map(|(one, other)| {
            let change = Change {
                pointer: Some(news.get(other.as_str())?.origin.clone()),
                old_pointer: Some(olds.get(one.as_str())?.origin.clone()),
                before: Some(one.clone()),
                after: Some(other.clone()),
                ..plain(Kind::SecuritySchemeChanged, Case::Renamed, other)
            };
            let order = sides.new.order(other).unwrap_or_default();
            Some(((order, 0), change))
        })
        .collect()
}

fn dialect(old: Side<'_>, new: Side<'_>) -> Option<Change> {
    let (one, other) = (
        &old.normalized.dialect.version,
        &new.normalized.dialect.version,
    );
    let place = |side: Side<'_>| {
        let root = &side.normalized.document.root.origin;
        Some(Origin {
            file: root.file.clone(),
            pointer: root.pointer.key("openapi"),
        })
    };
    (one != other).then(|| Change {
        pointer: place(new),
        old_pointer: place(old),
        before: Some(one.clone()),
        after: Some(other.clone()),
        ..plain(Kind::DialectChanged, Case::Always, "openapi")
    })
}

/// Sections that one of the specs lacks, and the events that are not about them.
fn take_sections<'a>(
    sides: Sides<'_, '_>,
    events: Vec<Event<'a>>,
) -> (Vec<Change>, Vec<Event<'a>>) {
    let section = |subject: &Subject| match subject.chain()[0].kind {
        SubjectKind::DefaultServer | SubjectKind::Server(_) => Some("servers"),
        SubjectKind::Tag(_) => Some("tags"),
        SubjectKind::Scheme => Some("securitySchemes"),
        _ => None,
    };
    // A server that the policy lends is none of the spec's.
    let is_lent = |side: &Indexed<'_>, subject: &Subject| {
        let mut facts = side.facts_of(&subject.name).iter();
        facts.any(|fact| fact.topic == Topic::Flaw && fact.key.aspect == Flaw::Missing.aspect())
    };
    let count = |side: &Indexed<'_>, name: &str| {
        let outermost = side.existing().filter(|subject| subject.holder.is_none());
        let outermost = outermost.filter(|subject| !is_lent(side, subject));
        outermost
            .filter(|subject| section(subject) == Some(name))
            .count()
    };
    let mut sections: BTreeMap<&str, Change> = BTreeMap::new();
    let mut others = Vec::new();
    for event in events {
        let found = section(event.subject());
        let counts = found.map(|name| (name, count(sides.old, name), count(sides.new, name)));
        match counts {
            Some((name, 0, count)) | Some((name, count, 0)) => {
                let is_gone = matches!(counts, Some((_, _, 0)));
                let change = incomplete(sides, name, (count, is_gone), &event);
                sections.entry(name).or_insert(change);
            }
            _ => others.push(event),
        }
    }
    (sections.into_values().collect(), others)
}

/// A section of so many parts that is gone or has come.
fn incomplete(
    sides: Sides<'_, '_>,
    name: &str,
    (count, is_gone): (usize, bool),
    event: &Event<'_>,
) -> Change {
    let scope = |side: &Indexed<'_>| {
        let mut subjects = side.existing();
        subjects.any(|subject| matches!(subject.kind, SubjectKind::Scope(_)))
    };
    let case = match (name, scope(sides.old), scope(sides.new)) {
        ("securitySchemes", true, false) => Case::ScopesGo,
        ("securitySchemes", false, true) => Case::ScopesCome,
        _ => Case::Always,
    };
    let mut change = plain(Kind::DocumentIncomplete, case, name);
    // What is missing has no place; of an event on both sides, the side that has it counts.
    let place = |side: &Indexed<'_>| {
        let subject = side.subject(&event.subject().chain()[0].name)?;
        let Origin { file, pointer } = &subject.origin;
        let pointer = pointer.parent().cloned().unwrap_or_else(Pointer::root);
        let file = file.clone();
        Some(Origin { file, pointer })
    };
    let (some, none) = (Some(count.to_string()), Some("none".to_owned()));
    if is_gone {
        change.old_pointer = place(sides.old);
        (change.before, change.after) = (some, none);
    } else {
        change.pointer = place(sides.new);
        (change.before, change.after) = (none, some);
    }
    if name == "servers" && is_gone {
        change.note = Some(no_server_note(sides.new));
    }
    change
}

/// What the client of a spec without servers talks to.
fn no_server_note(new: &Indexed<'_>) -> String {
    match &new.lowered.api.server {
        Some(server) => format!("The client uses the policy's server, `{}`.", server.url),
        None => "Without a server, users must set the address: keep it with an overlay action."
            .to_owned(),
    }
}

/// The places of old facts in the order of the new spec, for those that it states too.
fn anchors(sides: Sides<'_, '_>) -> BTreeMap<usize, usize> {
    let facts = sides.old.lowered.facts.iter();
    facts
        .filter_map(|fact| Some((fact.order, sides.new.fact(&fact.key)?.order)))
        .collect()
}

/// What a change is about, and what tells it from others of its kind about the same.
fn name_and_detail(kind: Kind, event: &Event<'_>) -> (String, String) {
    let subject = event.subject();
    if let (SubjectKind::Media(media), Some(holder)) = (&subject.kind, &subject.holder)
        && matches!(kind, Kind::MediaTypeAdded | Kind::MediaTypeRemoved)
    {
        return (holder.name.clone(), media.clone());
    }
    let Event::Said { old, new } = event else {
        return (subject.name.clone(), String::new());
    };
    let Some(fact) = new.or(*old) else {
        return (subject.name.clone(), String::new());
    };
    let has_aspects = matches!(
        kind,
        Kind::RequestBodyChanged
            | Kind::ResponseTypeChanged
            | Kind::ResponseHeaderChanged
            | Kind::ParameterTypeChanged
            | Kind::PropertyTypeChanged
    );
    let aspect = fact.key.aspect.clone();
    let detail = match fact.topic {
        _ if has_aspects => aspect,
        Topic::Route if kind == Kind::ArgumentsReordered => "path".to_owned(),
        Topic::Value | Topic::Branch(_) => fact.object().to_owned(),
        Topic::Required if aspect == "required" => String::new(),
        Topic::Nullable
        | Topic::Format
        | Topic::Default
        | Topic::Deprecated
        | Topic::OperationId
        | Topic::Tags
        | Topic::Security(_)
        | Topic::Scope
        | Topic::Series
        | Topic::Route
        | Topic::ArgumentOrder(_)
        | Topic::Selection
        | Topic::Links => String::new(),
        _ => aspect,
    };
    (fact.key.subject.clone(), detail)
}

/// The name in Rust of what a subject is a part of in the end.
fn part_of(subject: &Subject) -> String {
    let outermost = subject.outermost();
    match &outermost.kind {
        SubjectKind::Schema(SchemaForm::Instance { generic }) => generic.clone(),
        _ => outermost.name.clone(),
    }
}

fn id(kind: Kind, subject: &str, detail: &str) -> String {
    let id = format!("{} {subject} {detail}", kind.as_str());
    id.trim_end().to_owned()
}

/// The place among siblings, where their order means something.
fn position(event: &Event<'_>) -> Option<usize> {
    let is_ordered = |subject: &Subject| {
        matches!(
            subject.kind,
            SubjectKind::Property(_) | SubjectKind::Parameter(..)
        )
    };
    match event {
        Event::Came(subject) => is_ordered(subject).then_some(subject.position),
        Event::Went(_) => None,
        Event::Reshaped { new, .. } => is_ordered(new).then_some(new.position),
        Event::Said { new, .. } => {
            let fact = (*new)?;
            match fact.topic {
                Topic::Value => Some(fact.position),
                Topic::Required => is_ordered(&fact.subject).then_some(fact.position),
                _ => None,
            }
        }
    }
}
