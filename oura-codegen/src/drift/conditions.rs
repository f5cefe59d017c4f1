//! Decides whether the conditions hold that verdicts depend on.
//!
//! Input: an event, its kind and both sides. Output: yes or no for each [`Condition`].

use std::collections::BTreeSet;

use super::change::Kind;
use super::pairing::{Event, Sides};
use super::sides::Indexed;
use super::values::{ShapeFact, shape_facts, shape_of};
use super::verdicts::Condition;
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::{Auth, BodyType, Field, Operation, Type, TypeKind};

/// A path within a value.
type ShapePath = Vec<SubjectKind>;

impl Sides<'_, '_> {
    /// Whether a condition holds for an event.
    pub(super) fn holds(&self, condition: Condition, event: &Event<'_>) -> bool {
        let subject = event.subject();
        let (sent, received) = self.direction(subject);
        match condition {
            Condition::NotWithin => {
                (received && !self.is_within(event, false))
                    || (sent && !self.is_within(event, true))
            }
            Condition::NotWidened => {
                let is_new = matches!(event, Event::Part(None, _));
                self.is_demanding(event) || (!is_new && !self.is_within(event, true))
            }
            Condition::ReadOrTakenOtherwise => {
                let is_read = received && self.rust_differs(subject);
                (is_read && !self.is_within(event, false)) || (sent && !self.is_within(event, true))
            }
            Condition::RustDiffers => self.rust_differs(subject),
            Condition::RustNameDiffers => self.rust_name_differs(event),
            Condition::NoAlternative => !self.alternative_suffices(event),
            Condition::AuthDiffers => self.auth_differs(subject),
            Condition::Offered => self.old.parameter(subject).is_some(),
            Condition::OfferDiffers => self.offer_differs(subject),
            Condition::BodyDiffers => self.body_differs(event),
            Condition::ReturnDiffers => self.return_differs(subject),
            Condition::Selectable => self.old.selects_fields(subject),
            Condition::NamesChange => self.names_change(subject),
            Condition::Deviates => {
                let (places, known) = self.deviations(subject);
                received && places.iter().any(|place| known.contains(place))
            }
            Condition::Demanded => received && self.is_demanded(subject),
            Condition::Received => received,
            Condition::Sent => sent,
            Condition::Tightened => sent && is_tightened(event),
            Condition::ConstructorDiffers => self.constructor_differs(subject),
            Condition::ScopesGo => self.scopes_go(subject),
        }
    }

    /// Whether code must use another name for what an `x-rust-name` names.
    fn rust_name_differs(&self, event: &Event<'_>) -> bool {
        let value = event.fact().map_or("", Fact::object);
        let idents =
            |side: &Indexed<'_>| Some(side.idents(side.subject(&event.subject().name)?, value));
        let (old, new) = (idents(self.old), idents(self.new));
        old.is_some() && new.is_some() && old != new
    }

    /// Whether requests, and whether responses, hold it in either spec.
    pub(super) fn direction(&self, subject: &Subject) -> (bool, bool) {
        let (old, new) = (self.old.direction(subject), self.new.direction(subject));
        (old.0 || new.0, old.1 || new.1)
    }

    /// Whether all values of one side are among those of the other: the new values among the old
    /// ones in what is received, the old values among the new ones in what is sent.
    fn is_within(&self, event: &Event<'_>, sent: bool) -> bool {
        if let Event::Said(old, new) = event {
            match event.topic() {
                Some(Topic::Media) => return both_json(*old, *new),
                Some(Topic::Nullable) => return new.is_some() == sent,
                // The setter is also removed when no PATCH has the property any more.
                Some(Topic::SendsNull) => {
                    return !sent || new.is_some() || self.new.is_nullable(&event.subject().name);
                }
                Some(Topic::Required | Topic::Encoding) => return true,
                // Members without a discriminator are distinguished by their shape.
                Some(Topic::Discriminator(_)) if old.is_some() => {
                    let both = old.zip(*new);
                    return both.is_some_and(|(old, new)| self.keeps_choice(old, new));
                }
                _ => {}
            }
        }
        let name = &event.subject().name;
        let (old, new) = (shape_of(self.old, name), shape_of(self.new, name));
        match sent {
            true => old.is_within(&new, false),
            false => new.is_within(&old, true),
        }
    }

    /// Whether a request must now hold what was optional, or may no longer hold what was allowed.
    fn is_demanding(&self, event: &Event<'_>) -> bool {
        match event {
            Event::Part(_, None) => true,
            Event::Part(None, _) => self.new.says(&event.subject().name, "required"),
            Event::Part(..) => false,
            Event::Said(_, new) => new.is_some_and(|fact| {
                fact.topic == Topic::Required && fact.value == "true"
                    || fact.topic == Topic::Encoding
            }),
        }
    }

    /// Whether credentials that an old program may send are enough.
    fn alternative_suffices(&self, event: &Event<'_>) -> bool {
        let route = &event.subject().name;
        let (old, new) = (credentials(self.old, route), credentials(self.new, route));
        let sent = match old.is_empty() {
            true => vec![Vec::new()],
            false => old,
        };
        let suffices = |demanded: &Vec<String>| {
            let has_all = |sent: &Vec<String>| demanded.iter().all(|one| sent.contains(one));
            sent.iter().any(has_all)
        };
        new.is_empty() || new.iter().any(suffices)
    }

    fn auth_differs(&self, subject: &Subject) -> bool {
        // Only for `Auth::Other` do clients set values by the names of schemes.
        let asks_for = |operation: &Operation| {
            let security = operation.security.clone();
            let by_name = (security.auth == Auth::Other).then_some(security.alternatives);
            (security.auth, by_name)
        };
        let differs = |new: &Operation| {
            let old = self.old.operation(&new.route);
            old.is_some_and(|old| asks_for(old) != asks_for(new))
        };
        match subject.kind {
            SubjectKind::Operation => self.new.operation(&subject.name).is_some_and(differs),
            _ => self.new.operations().any(differs),
        }
    }

    /// The operation on both sides that a subject is a part of.
    fn operations(&self, subject: &Subject) -> Option<(&Operation, &Operation)> {
        let route = &subject.outermost().name;
        Some((self.old.operation(route)?, self.new.operation(route)?))
    }

    /// Whether the client no longer offers the parameter that selects fields, or offers it
    /// differently.
    fn offer_differs(&self, subject: &Subject) -> bool {
        let Some((old, new)) = self.operations(subject) else {
            return false;
        };
        let was_offered = self.old.parameter(subject).is_some();
        let is_offered = self.new.parameter(subject).is_some();
        was_offered && (!is_offered || old.selection.is_some() != new.selection.is_some())
    }

    fn body_differs(&self, event: &Event<'_>) -> bool {
        let route = &event.subject().outermost().name;
        let body = |side: &Indexed<'_>| {
            let body = side.operation(route)?.body.as_ref()?;
            Some((body.body.clone(), body.required))
        };
        match (body(self.old), body(self.new)) {
            (None, Some((_, required))) => required,
            (old, new) if old != new => true,
            _ => event.is_of_type() && self.rust_differs(event.subject()),
        }
    }

    fn return_differs(&self, subject: &Subject) -> bool {
        let Some((old, new)) = self.operations(subject) else {
            return false;
        };
        let variants = |side: &Indexed<'_>, ident: &str| match &side.definition(ident)?.kind {
            TypeKind::Responses(responses) => {
                let variants = responses.variants.iter();
                let bodies: Vec<_> = variants.map(|one| (one.status, one.body.clone())).collect();
                Some(bodies)
            }
            _ => None,
        };
        match (&old.success, &new.success) {
            (BodyType::Several(one), BodyType::Several(other)) => {
                variants(self.old, one) != variants(self.new, other)
            }
            (BodyType::Json(_), BodyType::Json(_)) => {
                old.success != new.success || self.rust_differs(subject.owner())
            }
            (old, new) => old != new,
        }
    }

    /// Whether a type of the old spec has another name.
    fn names_change(&self, subject: &Subject) -> bool {
        let name = &subject.name;
        self.old.definition(name).is_some()
            || self.new.definition(name).is_some()
            || self.new.lowered.reach.reaches(subject)
    }

    /// The places that differ in a schema that became generic, or no longer is, and all places
    /// that the old spec describes.
    fn deviations(&self, subject: &Subject) -> (BTreeSet<ShapePath>, BTreeSet<ShapePath>) {
        let Some(old) = self.old_schema(subject) else {
            return Default::default();
        };
        let says = |side: &Indexed<'_>, subject: &Subject| -> BTreeSet<ShapeFact> {
            let name = match &subject.kind {
                SubjectKind::Schema(SchemaForm::Instance { generic }) => generic,
                _ => &subject.name,
            };
            shape_facts(side, name)
        };
        let (olds, news) = (says(self.old, old), says(self.new, subject));
        // The argument has another name in each instance.
        let is_argument = |one: &ShapeFact| {
            let mut all = olds.iter().chain(&news);
            let is_same =
                |other: &ShapeFact| (&one.path, &one.aspect) == (&other.path, &other.aspect);
            all.any(|other| is_same(other) && other.value == "T")
        };
        let differing = olds.symmetric_difference(&news);
        let places = differing.filter(|one| !is_argument(one));
        let places = places.map(|one| one.path.clone()).collect();
        let known = olds.iter().map(|one| one.path.clone()).collect();
        (places, known)
    }

    /// A note with the properties that differ.
    fn deviation_note(&self, subject: &Subject) -> Option<String> {
        let (places, _) = self.deviations(subject);
        let member = |path: &ShapePath| match path.first() {
            Some(SubjectKind::Property(name)) => format!("`{name}`"),
            first => format!(
                "`{}`",
                first.map_or_else(String::new, |kind| kind.name_in(""))
            ),
        };
        let members: BTreeSet<String> = places.iter().map(member).collect();
        let members: Vec<String> = members.into_iter().collect();
        (!members.is_empty()).then(|| format!("It differs in {}.", members.join(", ")))
    }

    /// Whether the old Rust type demands that a property is there.
    fn is_demanded(&self, subject: &Subject) -> bool {
        if let Some((field, _)) = self.old.field(subject) {
            return !matches!(field.ty, Type::Option(_));
        }
        let says = |aspect| self.old.says(&subject.name, aspect);
        says("required") && !says("nullable")
    }

    /// Whether a field has another Rust type, or the constructor of its struct takes it in another
    /// way.
    pub(super) fn constructor_differs(&self, subject: &Subject) -> bool {
        let (Some((old, one)), Some((new, other))) =
            (self.old.field(subject), self.new.field(subject))
        else {
            return self.rust_differs(subject);
        };
        let in_request = one.in_request || other.in_request;
        let place = |field: &Field| (field.required, field.read_only);
        old.ty != new.ty || (in_request && place(old) != place(new))
    }

    fn scopes_go(&self, scheme: &Subject) -> bool {
        self.old.existing().any(|subject| {
            let chain = subject.chain();
            matches!(subject.kind, SubjectKind::Scope(_))
                && chain.iter().any(|one| one.name == scheme.name)
        })
    }

    /// What else a maintainer should know.
    pub(super) fn note(&self, kind: Kind, event: &Event<'_>) -> Option<String> {
        let subject = event.subject();
        let (sent, received) = self.direction(subject);
        let says = |aspect| self.new.says(&subject.name, aspect);
        let note = match kind {
            Kind::PropertyAdded if received && says("required") && !says("nullable") => {
                "Responses must hold it: a new client needs a new server."
            }
            Kind::PropertyRequiredChanged
                if sent && says("required") && self.new.has_default(&subject.name) =>
            {
                "It has a default, which the server may fill in."
            }
            Kind::SchemaGenericChanged => return self.deviation_note(subject),
            Kind::DefaultChanged if sent => "A request that leaves it out means something else.",
            _ => return None,
        };
        Some(note.to_owned())
    }
}

/// The alternatives of credentials: those of the operation, else those of the whole spec.
fn credentials(side: &Indexed<'_>, route: &str) -> Vec<Vec<String>> {
    let of = |subject: &str| {
        let mut facts = side.facts_of(subject).iter();
        facts.find_map(|fact| match &fact.topic {
            Topic::Security(alternatives) => Some(alternatives.clone()),
            _ => None,
        })
    };
    of(route).or_else(|| of("document")).unwrap_or_default()
}

fn both_json(old: Option<&Fact>, new: Option<&Fact>) -> bool {
    let is_json = |fact: Option<&Fact>| {
        fact.is_some_and(|fact| fact.value.contains("/json") || fact.value.contains("+json"))
    };
    is_json(old) && is_json(new)
}

/// Whether a bound allows less than it did.
fn is_tightened(event: &Event<'_>) -> bool {
    let Event::Said(old, Some(fact)) = event else {
        return false;
    };
    let number = |fact: &Fact| fact.value.parse::<f64>().ok();
    let aspect = fact.key.aspect.as_str();
    match (old.and_then(number), number(fact)) {
        (Some(old), Some(new)) if aspect.starts_with("min") => new > old,
        (Some(old), Some(new)) if aspect.starts_with("max") => new < old,
        // A step or a pattern that differs refuses something.
        _ => true,
    }
}
