//! Pairs the facts of both sides, and gathers those that differ into events.
//!
//! Input: both sides under the names of the new one. Output: what was added or removed, has
//! another type, or says something else. Invariant: a fact that differs is part of exactly one
//! event; what differs only because something was renamed is part of none.

use std::collections::BTreeMap;

use super::matching::Matching;
use super::sides::Indexed;
use crate::facts::{Fact, FactKey, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::TypeKind;
use crate::pointer::Origin;
use crate::prose::{of_fact, same_words};

/// Something that changed, as the old and the new spec have it; at least one of them does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'a> {
    /// A part of the spec was added or removed; if both sides have it, its type changed.
    Part(Option<&'a Subject>, Option<&'a Subject>),
    /// The specs say something else of it, or only one says something.
    Said(Option<&'a Fact>, Option<&'a Fact>),
}

impl<'a> Event<'a> {
    /// The subject of the event.
    pub(super) fn subject(&self) -> &'a Subject {
        let subject = match *self {
            Self::Part(old, new) => new.or(old),
            Self::Said(..) => self.fact().map(|fact| &*fact.subject),
        };
        subject.expect("a side has it")
    }

    /// What a side says, for an event of single facts.
    pub(super) fn fact(&self) -> Option<&'a Fact> {
        match *self {
            Self::Part(..) => None,
            Self::Said(old, new) => new.or(old),
        }
    }

    /// What the differing facts say, for an event of single facts.
    pub(super) fn topic(&self) -> Option<&'a Topic> {
        self.fact().map(|fact| &fact.topic)
    }

    /// Whether the type of something that both sides have changed.
    pub(super) fn is_of_type(&self) -> bool {
        matches!(self, Self::Part(Some(_), Some(_)))
    }

    /// The places in the old and the new spec.
    pub(super) fn origins(&self) -> (Option<Origin>, Option<Origin>) {
        let of_part = |part: &Subject| part.origin.clone();
        let of_fact = |fact: &Fact| fact.origin.clone();
        match *self {
            Self::Part(old, new) => (old.map(of_part), new.map(of_part)),
            Self::Said(old, new) => (old.map(of_fact), new.map(of_fact)),
        }
    }
}

/// Both sides and what is the same in them.
#[derive(Clone, Copy)]
pub(super) struct Sides<'s, 'a> {
    pub(super) old: &'s Indexed<'a>,
    pub(super) new: &'s Indexed<'a>,
    pub(super) matching: &'s Matching,
}

/// All events, by the names of what they are about.
pub(super) fn find_events<'a>(sides: Sides<'_, 'a>) -> Vec<Event<'a>> {
    let mut pairing = Pairing {
        sides,
        reshaped: BTreeMap::new(),
        events: BTreeMap::new(),
    };
    for (old, new) in differing(sides) {
        pairing.place(old, new);
    }
    pairing.events.into_values().collect()
}

struct Pairing<'s, 'a> {
    sides: Sides<'s, 'a>,
    /// Whether a subject has another type, by name: a cache.
    reshaped: BTreeMap<&'a str, bool>,
    /// By subject and aspect; an event about a subject as a whole has no aspect.
    events: BTreeMap<(&'a str, &'a str), Event<'a>>,
}

impl<'a> Pairing<'_, 'a> {
    /// Finds the event that a differing fact is part of: the outermost.
    fn place(&mut self, old: Option<&'a Fact>, new: Option<&'a Fact>) {
        let Some(fact) = new.or(old) else {
            return;
        };
        let (one, other) = (self.sides.old, self.sides.new);
        let subject: &'a Subject = &fact.subject;
        let chain = subject.chain();
        if self.sides.is_reported_elsewhere(fact) {
            return;
        }
        for (index, part) in chain.iter().enumerate() {
            let holder = index.checked_sub(1).map(|above| chain[above]);
            if let Some(holder) = holder
                && let Some((old, new)) = self.sides.member_of_one_side(holder, part)
            {
                return self.add_said(old, new);
            }
            let (was, is) = (one.has(part), other.has(part));
            if was != is {
                return match holder {
                    _ if self.sides.moved(part) => {}
                    Some(holder) if part.kind.is_part() => self.add_reshaped(&holder.name),
                    _ => {
                        let (old, new) = (was.then_some(*part), is.then_some(*part));
                        let event = Event::Part(old, new);
                        self.events.insert((&part.name, ""), event);
                    }
                };
            }
            let below = chain.get(index + 1).copied();
            if self.is_reshaped(&part.name) && self.folds(part, below, fact) {
                return self.add_reshaped(&part.name);
            }
        }
        if fact.topic != Topic::Key {
            self.add_said(old, new);
        }
    }

    fn add_said(&mut self, old: Option<&'a Fact>, new: Option<&'a Fact>) {
        if let Some(fact) = new.or(old) {
            let key = (fact.key.subject.as_str(), fact.key.aspect.as_str());
            self.events.insert(key, Event::Said(old, new));
        }
    }

    fn add_reshaped(&mut self, name: &str) {
        let Sides { old, new, .. } = self.sides;
        if let (old @ Some(_), Some(new)) = (old.subject(name), new.subject(name)) {
            let event = Event::Part(old, Some(new));
            self.events.insert((&new.name, ""), event);
        }
    }

    /// Whether a fact at or below a part with another type belongs to the change of that type.
    fn folds(&self, part: &Subject, below: Option<&Subject>, fact: &Fact) -> bool {
        match below.map(|below| &below.kind) {
            None => {
                fact.topic.is_of_type()
                    || matches!(fact.topic, Topic::Value | Topic::Bound)
                    || is_set_aside(fact)
            }
            Some(kind) if kind.is_part() => true,
            Some(SubjectKind::Property(_)) => self.sides.type_differs(&part.name),
            Some(_) => false,
        }
    }

    fn is_reshaped(&mut self, name: &'a str) -> bool {
        if let Some(known) = self.reshaped.get(name) {
            return *known;
        }
        let is_reshaped = self.sides.is_reshaped(name);
        self.reshaped.insert(name, is_reshaped);
        is_reshaped
    }
}

impl<'a> Sides<'_, 'a> {
    /// Whether a subject of both sides has another type: by name, by its branches, or since
    /// its values are named on one side only.
    fn is_reshaped(&self, name: &str) -> bool {
        let has_values =
            |side: &Indexed<'_>| side.find(name, |fact| fact.topic == Topic::Value).is_some();
        self.type_differs(name)
            || has_values(self.old) != has_values(self.new)
            || (self.branches_differ(name) && !self.is_union(name))
    }

    /// Whether a fact is about a part of a schema that is only a part of others, before or
    /// after: changes are reported at the types that have the part.
    fn is_reported_elsewhere(&self, fact: &Fact) -> bool {
        let outermost = fact.subject.outermost();
        let part = SubjectKind::Schema(SchemaForm::Part);
        let sides = [self.old, self.new].map(|side| side.subject(&outermost.name));
        match sides {
            [Some(old), Some(new)] if old.kind == part || new.kind == part => {
                fact.subject.holder.is_some() || matches!(fact.topic, Topic::Required | Topic::Type)
            }
            _ => false,
        }
    }

    /// Whether a media type was added or removed only because clients use it on the other side.
    fn moved(&self, subject: &Subject) -> bool {
        let (SubjectKind::Media(media), Some(holder)) = (&subject.kind, &subject.holder) else {
            return false;
        };
        let is_used =
            |side: &Indexed<'_>| side.value(&holder.name, "media") == Some(media.as_str());
        is_used(self.old) || is_used(self.new)
    }

    fn type_differs(&self, name: &str) -> bool {
        let ty = |side: &Indexed<'a>| side.find(name, |fact| fact.key.aspect == "type");
        match (ty(self.old), ty(self.new)) {
            (Some(old), Some(new)) => match (&old.topic, &new.topic) {
                (Topic::Reference(old), Topic::Reference(new)) => {
                    old != new && !self.matching.is_same(old, new)
                }
                (Topic::Reference(_), _) | (_, Topic::Reference(_)) => true,
                _ => old.value != new.value,
            },
            (old, new) => old.is_some() != new.is_some(),
        }
    }

    /// The old schema that a new one is the same as.
    pub(super) fn old_schema(&self, subject: &Subject) -> Option<&'a Subject> {
        let key = self.new.key(&subject.name)?;
        let mut pairs = self.matching.schemas.iter();
        let (old, _) = pairs.find(|(_, new)| *new == key)?;
        self.old.schemas.get(old.as_str()).copied()
    }

    /// Whether two facts of one key say the same.
    fn say_the_same(&self, old: &Fact, new: &Fact) -> bool {
        match (&old.topic, &new.topic) {
            (Topic::Reference(old), Topic::Reference(new)) => {
                old == new || self.matching.is_same(old, new)
            }
            (Topic::ArgumentOrder(olds), Topic::ArgumentOrder(news)) => {
                self.same_order(&new.subject.name, olds, news)
            }
            (Topic::Discriminator(_), Topic::Discriminator(_)) => self.same_choice(old, new),
            (Topic::Prose, Topic::Prose) => same_words(&of_fact(&old.value), &of_fact(&new.value)),
            _ => old.value == new.value,
        }
    }

    /// Whether arguments of both sides are in one order. Added and removed arguments are reported
    /// separately.
    fn same_order(&self, subject: &str, olds: &[String], news: &[String]) -> bool {
        let is_argument = |side: &Indexed<'_>, name: &String| {
            let Some(TypeKind::Struct(body)) = side.definition(subject).map(|one| &one.kind) else {
                return true;
            };
            let mut fields = body.fields.iter();
            fields.any(|field| field.required && field.wire_name == *name)
        };
        let is_common = |name: &&String| {
            [(self.old, olds), (self.new, news)]
                .iter()
                .all(|(side, names)| names.contains(name) && is_argument(side, name))
        };
        let (olds, news) = (olds.iter(), news.iter());
        olds.filter(is_common).eq(news.filter(is_common))
    }

    /// Whether a fact of one side alone is said in other words on the other side.
    fn is_said_otherwise(&self, fact: &Fact, (own, other): (&Indexed<'_>, &Indexed<'_>)) -> bool {
        match &fact.topic {
            // What moved to a component took its null with it.
            Topic::Nullable => {
                let subject = &fact.key.subject;
                own.referred(subject).is_none() && other.refers_to_null(subject)
            }
            Topic::ArgumentOrder(_) => true,
            // The change of the value is reported separately.
            Topic::RustName if !fact.object().is_empty() => {
                let value = FactKey {
                    subject: fact.key.subject.clone(),
                    aspect: format!("value {}", fact.object()),
                };
                self.old.fact(&value).is_some() != self.new.fact(&value).is_some()
            }
            Topic::Branch(_) => self.has_branch(fact, (own, other)),
            _ => false,
        }
    }
}

/// Whether a fact is a bound that does not apply to the type beside it, which normalization keeps
/// as an extension.
fn is_set_aside(fact: &Fact) -> bool {
    const BOUNDS: &[&str] = &[
        "x-min",
        "x-max",
        "x-exclusive",
        "x-multipleOf",
        "x-pattern",
        "x-format",
        "x-uniqueItems",
    ];
    let is_bound = |prefix: &str| fact.key.aspect.starts_with(prefix);
    fact.topic == Topic::Extension && BOUNDS.iter().any(|prefix| is_bound(prefix))
}

/// Whether a text is a repetition, as on a parameter and on its schema, or missing: only the first
/// of the two reports what changed.
fn repeats(side: &Indexed<'_>, fact: Option<&Fact>) -> bool {
    let Some(fact) = fact else {
        return true;
    };
    let first = fact.repeats.as_ref().and_then(|key| side.fact(key));
    fact.topic == Topic::Prose && first.is_some_and(|first| first.value == fact.value)
}

/// The facts whose values differ, and those that only one side has.
fn differing<'a>(sides: Sides<'_, 'a>) -> Vec<(Option<&'a Fact>, Option<&'a Fact>)> {
    let (olds, news) = (&sides.old.lowered.facts, &sides.new.lowered.facts);
    let (mut olds, mut news) = (olds.iter().peekable(), news.iter().peekable());
    let mut differing = Vec::new();
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return differing,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(old), Some(new)) => old.key.cmp(&new.key),
        };
        let old = olds.next_if(|_| order.is_le());
        let new = news.next_if(|_| order.is_ge());
        let same = match (old, new) {
            (Some(old), Some(new)) => sides.say_the_same(old, new),
            (Some(fact), None) => sides.is_said_otherwise(fact, (sides.old, sides.new)),
            (None, Some(fact)) => sides.is_said_otherwise(fact, (sides.new, sides.old)),
            (None, None) => true,
        } || (repeats(sides.old, old) && repeats(sides.new, new));
        if !same {
            differing.push((old, new));
        }
    }
}
