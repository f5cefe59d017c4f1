//! Turns events into changes, with verdicts, wording and both places, in the order of the spec.
//!
//! Input: both sides and what is the same in them. Output: the changes. Invariant: no two
//! changes have the same id.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::change::{Change, Kind, Rename, Side};
use super::matching::{instance_of, operations, schemas, security_schemes};
use super::pairing::{Event, Sides, find_events};
use super::sides::Indexed;
use super::verdicts::{Case, Condition, Rule, find_row};
use super::wording::{statement, summary, type_text};
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};
use crate::hosts::Flaw;
use crate::pointer::Origin;
use crate::policy::Policy;

/// A change with its position in the order of the new spec. What only the old spec has comes
/// behind what it followed there.
type Placed = ((usize, usize), Change);

/// All changes, in order, and the schemas under another name.
pub(super) fn find_changes(
    sides: Sides<'_, '_>,
    old: Side<'_>,
    new: Side<'_>,
    policy: &Policy,
) -> (Vec<Change>, Vec<Rename>) {
    let maker = Maker {
        sides,
        old,
        new,
        policy,
        anchors: OnceCell::new(),
    };
    let sections = maker.incomplete_sections();
    let is_told = |event: &Event<'_>| {
        section(event.subject()).is_some_and(|name| sections.contains_key(name))
    };
    let mut events = find_events(sides);
    events.retain(|event| !is_told(event));
    let mut placed: Vec<Placed> = Vec::from_iter(maker.dialect());
    placed.extend(sections.into_values().map(|change| ((0, 1), change)));
    let changes = events.iter();
    let changes =
        changes.filter_map(|event| Some((shared_key(sides, event), maker.change(event)?)));
    placed.extend(fold_shared(changes.collect()));
    // A type that is missing may be one that could not be made.
    if [old, new].map(|side| side.lowered.errors.is_empty()) == [true; 2] {
        placed.extend(maker.reached());
    }
    let (changes, renames) = maker.renamed_schemas();
    placed.extend(changes);
    placed.extend(maker.renamed_operations());
    placed.extend(maker.renamed_schemes());
    placed.sort_by(|one, other| (one.0, &one.1.id).cmp(&(other.0, &other.1.id)));
    let changes = placed.into_iter().map(|(_, change)| change);
    (changes.collect(), renames)
}

/// What a schema that was added or removed is on the other side.
enum Became<'a> {
    /// The schema of the other side is reported instead.
    ReportedThere,
    /// The old schema is the new one, or part of it, with this kind of change.
    Other(Kind, &'a Subject, &'a Subject),
}

struct Maker<'s, 'a> {
    sides: Sides<'s, 'a>,
    old: Side<'s>,
    new: Side<'s>,
    policy: &'s Policy,
    /// Places in the order of the new spec, found when something went.
    anchors: OnceCell<BTreeMap<usize, usize>>,
}

impl<'a> Maker<'_, 'a> {
    fn change(&self, event: &Event<'a>) -> Option<Placed> {
        let subject = event.subject();
        let (kind, pair) = match self.became(event) {
            Some(Became::ReportedThere) => return None,
            Some(Became::Other(kind, old, new)) => (kind, Some((old, new))),
            None => (self.sides.kind_of(event), None),
        };
        let is_of_both = matches!(
            kind,
            Kind::PropertyRequiredChanged | Kind::PropertyNullableChanged
        ) && self.sides.gains_or_loses_option_by_both(subject);
        let is_told_elsewhere = is_of_both || self.sides.null_setter_differs(subject);
        if kind == Kind::PropertyNullableChanged && is_told_elsewhere {
            return None;
        }
        let case = self.sides.case_of(kind, event, self.policy);
        let (before, after) = match pair {
            Some((old, new)) => (Some(old.name.clone()), Some(new.name.clone())),
            None if is_of_both => self.flags(subject),
            None => self.words(event),
        };
        let (old_pointer, pointer) = match pair {
            Some((old, new)) => (Some(old.origin.clone()), Some(new.origin.clone())),
            None => self.places(event),
        };
        let change = Change {
            part_of: part_of(subject),
            pointer,
            old_pointer,
            before,
            after,
            position: position(event),
            note: self.sides.note(kind, event),
            ..judged(kind, case, name_and_detail(kind, event), |condition| {
                self.sides.holds(condition, event)
            })
        };
        Some((self.order(event), change))
    }

    /// What became of a schema that was added or removed, if it is part of another one, or
    /// generic, on the other side. Where both sides have it, the new schema is reported.
    fn became(&self, event: &Event<'a>) -> Option<Became<'a>> {
        let Sides { old, new, matching } = self.sides;
        if !matches!(event.subject().kind, SubjectKind::Schema(_)) {
            return None;
        }
        match *event {
            Event::Part(Some(subject), None) => {
                let key = old.key(&subject.name)?;
                if matching.schemas.contains_key(key) {
                    return Some(Became::ReportedThere);
                }
                let target = new.schemas.get(matching.merged.get(key)?.as_str())?;
                Some(Became::Other(Kind::SchemaMerged, subject, target))
            }
            Event::Part(None, Some(subject)) => {
                let old = self.sides.old_schema(subject)?;
                Some(Became::Other(Kind::SchemaGenericChanged, old, subject))
            }
            _ => None,
        }
    }

    /// Requiredness and nullability on both sides.
    fn flags(&self, subject: &Subject) -> (Option<String>, Option<String>) {
        let flags = |side: &Indexed<'_>| {
            let says = |aspect| side.says(&subject.name, aspect);
            let (required, nullable) = (says("required"), says("nullable"));
            Some(format!("required {required}, nullable {nullable}"))
        };
        (flags(self.sides.old), flags(self.sides.new))
    }

    fn words(&self, event: &Event<'_>) -> (Option<String>, Option<String>) {
        let text: fn(&Indexed<'_>, &Subject) -> String = match event.is_of_type() {
            true => |side, part| type_text(side, &part.name),
            false => summary,
        };
        match *event {
            Event::Part(old, new) => (
                old.map(|part| text(self.sides.old, part)),
                new.map(|part| text(self.sides.new, part)),
            ),
            Event::Said(old, new) => (statement(old, new), statement(new, old)),
        }
    }

    /// The places in the old and the new spec. An added or removed value has one place; for
    /// anything else that only one side says, the place on the other side is that of the subject.
    fn places(&self, event: &Event<'_>) -> (Option<Origin>, Option<Origin>) {
        let (old, new) = event.origins();
        if let None | Some(Topic::Value | Topic::Branch(_)) = event.topic() {
            return (old, new);
        }
        let nearest = |side: &Indexed<'_>| {
            let mut chain = event.subject().chain().into_iter().rev();
            let found = chain.find_map(|one| side.subject(&one.name))?;
            Some(found.origin.clone())
        };
        (
            old.or_else(|| nearest(self.sides.old)),
            new.or_else(|| nearest(self.sides.new)),
        )
    }

    fn order(&self, event: &Event<'_>) -> (usize, usize) {
        let of_part = |side: &Indexed<'_>, part: &Subject| side.order(&part.name);
        let (old, new) = match *event {
            Event::Part(old, new) => (
                old.and_then(|part| of_part(self.sides.old, part)),
                new.map(|part| of_part(self.sides.new, part).unwrap_or_default()),
            ),
            Event::Said(old, new) => (old.map(|fact| fact.order), new.map(|fact| fact.order)),
        };
        if let Some(new) = new {
            return (new, 0);
        }
        let old = old.unwrap_or_default();
        let anchors = self.anchors.get_or_init(|| anchors(self.sides));
        let anchor = anchors.range(..=old).next_back();
        (anchor.map_or(0, |(_, new)| *new), old + 1)
    }

    /// A change of what both specs have, with its name in each. Its verdicts depend on no
    /// condition.
    fn paired(
        &self,
        (kind, case): (Kind, Case),
        name: &str,
        [old, new]: [&Origin; 2],
        words: Option<[&str; 2]>,
    ) -> Placed {
        let change = Change {
            pointer: Some(new.clone()),
            old_pointer: Some(old.clone()),
            before: words.map(|[before, _]| before.to_owned()),
            after: words.map(|[_, after]| after.to_owned()),
            ..plain(kind, case, name)
        };
        ((self.sides.new.order(name).unwrap_or_default(), 0), change)
    }

    /// Types that are added or removed although their schemas stay. The change of their use is
    /// the reason.
    fn reached(&self) -> Vec<Placed> {
        let Sides { old, new, .. } = self.sides;
        let is_type = |subject: &Subject| {
            use SchemaForm::{Dictionary, Generic, Part, Type};
            matches!(
                subject.kind,
                SubjectKind::Schema(Type | Generic | Dictionary | Part)
            )
        };
        let types = new.existing().filter(|subject| is_type(subject));
        let changes = types.filter_map(|subject| {
            let was = old.subject(&subject.name).filter(|was| is_type(was))?;
            let emitted = |side: &Indexed<'_>| side.definition(&subject.name).is_some();
            let kind = match (emitted(old), emitted(new)) {
                (false, true) => Kind::SchemaReached,
                (true, false) => Kind::SchemaUnreached,
                _ => return None,
            };
            let places = [&was.origin, &subject.origin];
            Some(self.paired((kind, Case::Always), &subject.name, places, None))
        });
        changes.collect()
    }

    /// Schemas under another key or another Rust name.
    fn renamed_schemas(&self) -> (Vec<Placed>, Vec<Rename>) {
        let [olds, news] = [self.old, self.new].map(|side| schemas(&side.lowered.facts));
        let modules = self.old.lowered.api.modules.iter();
        let types = modules.flat_map(|module| &module.types);
        let own: BTreeSet<&str> = types.map(|definition| &*definition.ident).collect();
        let (mut changes, mut renames) = (Vec::new(), Vec::new());
        for (old_key, new_key) in &self.sides.matching.schemas {
            let (Some(one), Some(other)) = (olds.get(&**old_key), news.get(&**new_key)) else {
                continue;
            };
            let generics = (instance_of(one), instance_of(other));
            let case = match generics {
                // A renamed argument is a change of its schema.
                (Some(one), Some(other)) if one == other => Case::Absorbed,
                (Some(_), Some(_)) => Case::NotAbsorbed,
                // What is not emitted has no name that code could use.
                _ if one.name == other.name || !own.contains(&*one.name) => Case::Absorbed,
                _ => Case::NotAbsorbed,
            };
            let form_differs = generics.0.is_some() != generics.1.is_some();
            if old_key == new_key && (case == Case::Absorbed || form_differs) {
                continue;
            }
            let words = |key: &str, subject: &Subject| format!("{key} ({})", subject.name);
            let words = [words(old_key, one), words(new_key, other)];
            let (kind, places) = ((Kind::SchemaRenamed, case), [&one.origin, &other.origin]);
            let words = words.each_ref().map(String::as_str);
            let (order, change) = self.paired(kind, &other.name, places, Some(words));
            let part_of = part_of(other);
            changes.push((order, Change { part_of, ..change }));
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
    fn renamed_operations(&self) -> Vec<Placed> {
        let olds = operations(self.old.lowered);
        let news = operations(self.new.lowered).into_iter();
        let pairs = news.filter_map(|(key, new)| Some((*olds.get(&key)?, new)));
        let renamed = pairs.filter(|(old, new)| old.method != new.method);
        let changes = renamed.map(|(old, new)| {
            let kind = (Kind::OperationRenamed, Case::Always);
            let words = Some([&*old.method, &*new.method]);
            self.paired(kind, &new.route, [&old.origin, &new.origin], words)
        });
        changes.collect()
    }

    /// Security schemes under another name.
    fn renamed_schemes(&self) -> Vec<Placed> {
        let [olds, news] = [self.old, self.new].map(|side| security_schemes(side.normalized));
        let pairs = self.sides.matching.schemes.iter();
        let changes = pairs.filter_map(|(old, new)| {
            let places = [&olds.get(&**old)?.origin, &news.get(&**new)?.origin];
            let kind = (Kind::SecuritySchemeChanged, Case::Renamed);
            Some(self.paired(kind, new, places, Some([old, new])))
        });
        changes.collect()
    }

    fn dialect(&self) -> Option<Placed> {
        let [old, new] = [self.old, self.new].map(|side| {
            let root = &side.normalized.document.root.origin;
            let at = Origin {
                file: root.file.clone(),
                pointer: root.pointer.key("openapi"),
            };
            (&*side.normalized.dialect.version, at)
        });
        let kind = (Kind::DialectChanged, Case::Always);
        let words = Some([old.0, new.0]);
        let (_, change) = self.paired(kind, "openapi", [&old.1, &new.1], words);
        (old.0 != new.0).then_some(((0, 0), change))
    }

    /// The sections that one of the specs lacks, by name.
    fn incomplete_sections(&self) -> BTreeMap<&'static str, Change> {
        let parts = |side: &Indexed<'a>| {
            let mut parts: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
            let outermost = side.existing().filter(|part| part.holder.is_none());
            for part in outermost.filter(|part| !is_lent(side, part)) {
                let name = section(part).into_iter();
                name.for_each(|name| parts.entry(name).or_default().push(part));
            }
            parts
        };
        let (olds, news) = (parts(self.sides.old), parts(self.sides.new));
        let gone = olds.iter().filter(|(name, _)| !news.contains_key(*name));
        let come = news.iter().filter(|(name, _)| !olds.contains_key(*name));
        let gone = gone.map(|(name, parts)| (*name, self.incomplete(name, parts, true)));
        let come = come.map(|(name, parts)| (*name, self.incomplete(name, parts, false)));
        gone.chain(come).collect()
    }

    /// A section that was removed or added, with its parts.
    fn incomplete(&self, name: &str, parts: &[&Subject], is_gone: bool) -> Change {
        let Sides { old, new, .. } = self.sides;
        let has_scopes = |side: &Indexed<'_>| {
            let mut subjects = side.existing();
            subjects.any(|subject| matches!(subject.kind, SubjectKind::Scope(_)))
        };
        let case = match (name, has_scopes(old), has_scopes(new)) {
            ("securitySchemes", true, false) => Case::ScopesGo,
            ("securitySchemes", false, true) => Case::ScopesCome,
            _ => Case::Always,
        };
        let plain = plain(Kind::DocumentIncomplete, case, name);
        let place = parts
            .iter()
            .min_by_key(|part| &part.name)
            .map(|part| Origin {
                file: part.origin.file.clone(),
                pointer: part.origin.pointer.parent().cloned().unwrap_or_default(),
            });
        let (some, none) = (Some(parts.len().to_string()), Some("none".to_owned()));
        match is_gone {
            true => Change {
                old_pointer: place,
                before: some,
                after: none,
                note: (name == "servers").then(|| no_server_note(new)),
                ..plain
            },
            false => Change {
                pointer: place,
                before: none,
                after: some,
                ..plain
            },
        }
    }
}

/// The section of the spec that a subject is in, if an export may lack it.
fn section(subject: &Subject) -> Option<&'static str> {
    match subject.outermost().kind {
        SubjectKind::DefaultServer | SubjectKind::Server(_) => Some("servers"),
        SubjectKind::Tag(_) => Some("tags"),
        SubjectKind::Scheme => Some("securitySchemes"),
        _ => None,
    }
}

/// Whether a server comes from the policy, not from the spec.
fn is_lent(side: &Indexed<'_>, subject: &Subject) -> bool {
    let is_missing =
        |fact: &Fact| fact.topic == Topic::Flaw && fact.key.aspect == Flaw::Missing.aspect();
    side.find(&subject.name, is_missing).is_some()
}

/// What a change says, the place of each spec that says it, and the type that it says it about,
/// unless the place alone matters.
type SharedKey = (String, (Option<Origin>, Option<Origin>), Option<String>);

/// Where the specs say what an event is about. Several operations that use one component
/// or share one path read the same places.
fn shared_key(sides: Sides<'_, '_>, event: &Event<'_>) -> SharedKey {
    let of_type = |side: &Indexed<'_>, part: &Subject| {
        use Topic::{Branch, Reference, Type};
        let is_type = |fact: &Fact| matches!(fact.topic, Type | Reference(_) | Branch(_));
        let fact = side.find(&part.name, is_type);
        Some(fact.map_or(&part.origin, |fact| &fact.origin).clone())
    };
    // A part of several types changes each of them.
    let is_prose = matches!(event.topic(), Some(Topic::Prose | Topic::Extension));
    let outermost = event.subject().outermost();
    let is_type = matches!(outermost.kind, SubjectKind::Schema(_)) && !is_prose;
    let (aspect, origins) = match *event {
        Event::Part(Some(old), Some(new)) => {
            ("type", (of_type(sides.old, old), of_type(sides.new, new)))
        }
        _ => (
            event.fact().map_or("", |fact| &fact.key.aspect),
            event.origins(),
        ),
    };
    (
        aspect.to_owned(),
        origins,
        is_type.then(|| outermost.name.clone()),
    )
}

/// Merges the changes that one place of the spec makes to several operations into the first one,
/// with the others in `also` and the gravest verdicts.
fn fold_shared(changes: Vec<(SharedKey, Placed)>) -> Vec<Placed> {
    let mut folded: Vec<Placed> = Vec::new();
    let mut known: HashMap<(Kind, SharedKey), usize> = HashMap::new();
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
    // The gravest change is kept, since its reason is the one to read.
    if other.semver > into.1.semver {
        std::mem::swap(&mut into.1, &mut other);
    }
    let change = &mut into.1;
    change.also.append(&mut other.also);
    change.also.push(other.subject);
    change.wire_breaking |= other.wire_breaking;
    into.0 = into.0.min(order);
}

/// A change with its id, its verdicts and their reasons, and nothing else. `detail` distinguishes
/// it from other changes of the same kind and subject.
fn judged(
    kind: Kind,
    case: Case,
    (subject, detail): (String, String),
    holds: impl Fn(Condition) -> bool,
) -> Change {
    let row = find_row(kind, case);
    let mut reasons: Vec<&str> = vec![row.why];
    let mut decide = |rule| match rule {
        Rule::No => false,
        Rule::Yes => true,
        Rule::If(condition) => {
            let holds = holds(condition);
            reasons.push(condition.sentence(holds));
            holds
        }
    };
    let (wire_breaking, source_breaking) = (decide(row.wire), decide(row.source));
    reasons.retain(|reason| !reason.is_empty());
    let id = format!("{} {subject} {detail}", kind.as_str());
    Change {
        id: id.trim_end().to_owned(),
        kind,
        part_of: subject.clone(),
        subject,
        also: Vec::new(),
        pointer: None,
        old_pointer: None,
        before: None,
        after: None,
        position: None,
        wire_breaking,
        source_breaking,
        semver: row.semver(source_breaking),
        reason: reasons.join(" "),
        note: None,
        documents: Vec::new(),
    }
}

/// A change whose verdicts depend on no condition.
fn plain(kind: Kind, case: Case, subject: &str) -> Change {
    judged(kind, case, (subject.to_owned(), String::new()), |_| false)
}

/// The note on which server clients use when the spec has none.
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

/// The subject of a change, and the detail that distinguishes it from other changes of the same
/// kind and subject.
fn name_and_detail(kind: Kind, event: &Event<'_>) -> (String, String) {
    use Topic::*;
    let subject = event.subject();
    if let (SubjectKind::Media(media), Some(holder)) = (&subject.kind, &subject.holder)
        && matches!(kind, Kind::MediaTypeAdded | Kind::MediaTypeRemoved)
    {
        return (holder.name.clone(), media.clone());
    }
    let Some(fact) = event.fact() else {
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
    let aspect = fact.key.aspect.as_str();
    let detail = match fact.topic {
        _ if has_aspects => aspect,
        Route if kind == Kind::ArgumentsReordered => "path",
        Value | Branch(_) => fact.object(),
        Required if aspect == "required" => "",
        Nullable | Format | Default | Deprecated | OperationId | Tags | Security(_) | Scope
        | Series | Route | ArgumentOrder(_) | Selection | Links => "",
        _ => aspect,
    };
    (fact.key.subject.clone(), detail.to_owned())
}

/// The Rust name of the outermost thing that a subject is a part of.
fn part_of(subject: &Subject) -> String {
    let outermost = subject.outermost();
    match &outermost.kind {
        SubjectKind::Schema(SchemaForm::Instance { generic }) => generic.clone(),
        _ => outermost.name.clone(),
    }
}

/// The place among siblings, where their order means something.
fn position(event: &Event<'_>) -> Option<usize> {
    let place = |part: &Subject, position: usize| {
        let is_ordered = matches!(
            part.kind,
            SubjectKind::Property(_) | SubjectKind::Parameter(..)
        );
        is_ordered.then_some(position)
    };
    match *event {
        Event::Part(_, new) => new.and_then(|part| place(part, part.position)),
        Event::Said(_, new) => match new?.topic {
            Topic::Value => Some(new?.position),
            Topic::Required => place(&new?.subject, new?.position),
            _ => None,
        },
    }
}
