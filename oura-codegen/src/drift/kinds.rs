//! Which kind of change an event is, and which of the kind's cases.
//!
//! Input: an event and both sides. Output: a [`Kind`] and a [`Case`]. Invariant: each event has
//! a specific kind; there is no catch-all.

use std::collections::BTreeSet;

use super::change::Kind::{self, *};
use super::matching::changes_places;
use super::pairing::{Event, Sides};
use super::sides::Indexed;
use super::verdicts::Case;
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::{Location, Type};
use crate::policy::Policy;

impl Sides<'_, '_> {
    /// The kind of an event.
    pub(super) fn kind_of(&self, event: &Event<'_>) -> Kind {
        match *event {
            Event::Part(Some(old), Some(new)) => self.kind_of_type(old, new),
            Event::Part(_, new) => kind_of_whole(event.subject(), new.is_some()),
            Event::Said(Some(old), Some(new))
                if new.topic == Topic::Route && changes_places(&old.value, &new.value) =>
            {
                ArgumentsReordered
            }
            Event::Said(old, new) => {
                let fact = new.or(old).expect("a side says something");
                kind_of_fact(fact, new.is_some())
            }
        }
    }

    fn kind_of_type(&self, old: &Subject, new: &Subject) -> Kind {
        let refers = |side: &Indexed<'_>, name: &str| {
            let is_reference = |fact: &Fact| matches!(fact.topic, Topic::Reference(_));
            side.find(name, is_reference).is_some()
        };
        match &new.owner().kind {
            SubjectKind::Header(_) => ResponseHeaderChanged,
            SubjectKind::Response(_) => match self.dictionary(&new.name) {
                Some(true) => ResponseDictionaryAdded,
                Some(false) => ResponseDictionaryRemoved,
                None => ResponseTypeChanged,
            },
            owner => kind_of_parameter_or_body(owner).unwrap_or_else(|| {
                match refers(self.old, &old.name) && refers(self.new, &new.name) {
                    true => PropertyRefChanged,
                    false => PropertyTypeChanged,
                }
            }),
        }
    }

    /// Whether a page of free-form objects was added (`true`) or removed, and nothing else changed.
    fn dictionary(&self, name: &str) -> Option<bool> {
        let targets = |side: &Indexed<'_>| -> BTreeSet<(String, bool)> {
            let facts = side.facts_of(name).iter();
            let keys = facts.filter_map(|fact| side.schemas.get(fact.topic.reference()?));
            let dictionary = SubjectKind::Schema(SchemaForm::Dictionary);
            keys.map(|subject| (subject.name.clone(), subject.kind == dictionary))
                .collect()
        };
        let (olds, news) = (targets(self.old), targets(self.new));
        let differing: Vec<_> = olds.symmetric_difference(&news).collect();
        match differing[..] {
            [(name, true)] => Some(news.contains(&(name.clone(), true))),
            _ => None,
        }
    }

    /// The case of an event of a kind.
    pub(super) fn case_of(&self, kind: Kind, event: &Event<'_>, policy: &Policy) -> Case {
        let subject = event.subject();
        if let Some(case) = self.case_without_code(kind, subject) {
            return case;
        }
        let is_required = self.new.says(&subject.name, "required");
        let pick = |is: bool, yes: Case, no: Case| if is { yes } else { no };
        let status =
            |side: &Indexed<'_>| pick(side.is_success(subject), Case::Success, Case::ErrorStatus);
        match kind {
            ParameterAdded => pick(is_required, Case::Required, Case::Optional),
            ParameterRemoved => removed_parameter(subject, policy),
            ParameterRequired => pick(is_required, Case::ToRequired, Case::ToOptional),
            ArgumentsReordered if event.topic() == Some(&Topic::Route) => Case::InPath,
            ResponseAdded | ResponseTypeChanged => status(self.new),
            ResponseRemoved => status(self.old),
            SchemaAdded => emitted(self.new, subject),
            SchemaRemoved => emitted(self.old, subject),
            PropertyAdded => {
                let demanded = is_required && !self.new.says(&subject.name, "read_only");
                let (sent, _) = self.new.direction(subject);
                match (demanded && sent, self.new.has_default(&subject.name)) {
                    (false, _) => Case::Optional,
                    (true, false) => Case::RequiredInRequests,
                    (true, true) => Case::RequiredWithDefault,
                }
            }
            PropertyRequiredChanged | PropertyNullableChanged => {
                self.option_case(event, is_required)
            }
            SecuritySchemeChanged if matches!(event, Event::Part(None, _)) => Case::Added,
            SecuritySchemeChanged if matches!(event, Event::Part(_, None)) => Case::Removed,
            SecuritySchemeChanged => Case::Changed,
            ServerChanged if event.topic() == Some(&Topic::Flaw) => Case::FlawedServer,
            ServerChanged if subject.kind == SubjectKind::DefaultServer => Case::DefaultServer,
            ServerChanged => Case::OtherServer,
            _ => Case::Always,
        }
    }

    /// The case of a change that no code depends on, whatever its kind: in a schema that no
    /// operation holds or that is only a part of others, or in a media type that clients do not
    /// use, before or after.
    fn case_without_code(&self, kind: Kind, subject: &Subject) -> Option<Case> {
        let outermost = subject.outermost();
        let is_media = |one: &&Subject| matches!(one.kind, SubjectKind::Media(_));
        match outermost.kind {
            _ if matches!(
                kind,
                SchemaAdded | SchemaRemoved | DocsChanged | ExtensionChanged
            ) =>
            {
                None
            }
            SubjectKind::Schema(SchemaForm::Part) => Some(Case::OnlyPart),
            SubjectKind::Schema(_) => {
                let reached =
                    [self.old, self.new].map(|side| side.lowered.reach.reaches(outermost));
                (reached == [false; 2]).then_some(Case::Unreached)
            }
            _ if matches!(kind, MediaTypeAdded | MediaTypeRemoved) => None,
            _ => {
                let is_below = subject.chain().iter().any(is_media);
                is_below.then_some(Case::OtherMedia)
            }
        }
    }

    /// Whether requiredness and nullability of one property together gain or lose an
    /// `Option`: one break, which is reported as a change of the requiredness.
    pub(super) fn gains_or_loses_option_by_both(&self, subject: &Subject) -> bool {
        let flags = |side: &Indexed<'_>| {
            let says = |aspect| side.says(&subject.name, aspect);
            [says("required"), says("nullable")]
        };
        matches!(
            (flags(self.old), flags(self.new)),
            ([false, true], [true, false]) | ([true, false], [false, true])
        ) && self.rust_differs(subject)
    }

    /// Whether only one side can send null in a PATCH, which is a change of its type.
    pub(super) fn null_setter_differs(&self, subject: &Subject) -> bool {
        let says = |side: &Indexed<'_>| side.says(&subject.name, "sends_null");
        says(self.old) != says(self.new)
    }

    /// Whether an `Option` was added or removed in Rust, or else an argument of the constructor.
    fn option_case(&self, event: &Event<'_>, is_required: bool) -> Case {
        let subject = event.subject();
        if !self.rust_differs(subject) || self.stays_option(subject) {
            let is_of_constructor =
                event.topic() == Some(&Topic::Required) && self.constructor_differs(subject);
            return match (is_of_constructor, is_required) {
                (false, _) => Case::SameOption,
                (true, true) => Case::ArgumentComes,
                (true, false) => Case::ArgumentGoes,
            };
        }
        let gained = match event.topic() {
            Some(Topic::Required) => !is_required,
            _ => matches!(event, Event::Said(_, Some(_))),
        };
        match gained {
            true => Case::OptionGained,
            false => Case::OptionLost,
        }
    }

    /// Whether both types are an `Option`, whatever is inside.
    fn stays_option(&self, subject: &Subject) -> bool {
        [self.old, self.new].iter().all(|side| {
            let ty = side
                .subject(&subject.name)
                .and_then(|one| side.rust_type(one));
            matches!(ty, Some(Type::Option(_)))
        })
    }

    /// Whether the Rust type at a place differs. A schema that is used in place has as many
    /// places as uses. A place without a known type counts as different.
    pub(super) fn rust_differs(&self, subject: &Subject) -> bool {
        self.rust_differs_below(subject, 0)
    }

    fn rust_differs_below(&self, subject: &Subject, depth: usize) -> bool {
        let ty = |side: &Indexed<'_>| side.rust_type(side.subject(&subject.name)?);
        match (ty(self.old), ty(self.new)) {
            (Some(old), Some(new)) => old != new || self.definition_differs(&new),
            (None, None) => {
                let uses = self.new_uses(subject);
                // Aliases cannot contain themselves; the bound is a safeguard.
                uses.is_empty()
                    || depth > 32
                    || uses
                        .iter()
                        .any(|place| self.rust_differs_below(place, depth + 1))
            }
            _ => true,
        }
    }

    /// The places that use the schema which a subject is a part of.
    fn new_uses(&self, subject: &Subject) -> Vec<&Subject> {
        let outermost = subject.chain()[0];
        let key = self.new.key(&outermost.name);
        key.map_or_else(Vec::new, |key| self.new.uses(key))
    }

    /// Whether a type that is written in place differs under the same name. Differences of types
    /// of component schemas are reported separately.
    fn definition_differs(&self, ty: &Type) -> bool {
        use crate::ir::TypeKind;
        let Some(ident) = super::sides::named(ty) else {
            return false;
        };
        let (Some(old), Some(new)) = (self.old.definition(ident), self.new.definition(ident))
        else {
            return false;
        };
        match (&old.kind, &new.kind) {
            // An added or removed member is reported separately.
            (TypeKind::Union(old), TypeKind::Union(new)) => old.variants.iter().any(|one| {
                let mut news = new.variants.iter();
                let other = news.find(|other| other.ident == one.ident);
                other.is_some_and(|other| other.ty != one.ty)
            }),
            (TypeKind::Struct(old), TypeKind::Struct(new)) => old.additional != new.additional,
            (old, new) => std::mem::discriminant(old) != std::mem::discriminant(new),
        }
    }
}

fn emitted(side: &Indexed<'_>, subject: &Subject) -> Case {
    match side.definition(&subject.name) {
        Some(_) => Case::Emitted,
        None => Case::NotEmitted,
    }
}

fn removed_parameter(subject: &Subject, policy: &Policy) -> Case {
    let is_cursor = |name: &str| policy.page.is_some_and(|page| page.parameter == name);
    match &subject.kind {
        SubjectKind::Parameter(Location::Query, name) if is_cursor(name) => Case::Cursor,
        SubjectKind::Parameter(Location::Query, _) => Case::InQuery,
        _ => Case::Elsewhere,
    }
}

/// The kind of something that was added or removed as a whole.
fn kind_of_whole(subject: &Subject, came: bool) -> Kind {
    let (added, removed) = match &subject.kind {
        SubjectKind::Info => (InfoChanged, InfoChanged),
        SubjectKind::Defaults => (OperationSecurityChanged, OperationSecurityChanged),
        SubjectKind::DefaultServer | SubjectKind::Server(_) => (ServerChanged, ServerChanged),
        SubjectKind::Tag(_) => (TagChanged, TagChanged),
        SubjectKind::Scheme | SubjectKind::Flow(_) => {
            (SecuritySchemeChanged, SecuritySchemeChanged)
        }
        SubjectKind::Scope(_) => (ScopeAdded, ScopeRemoved),
        SubjectKind::Operation => (OperationAdded, OperationRemoved),
        SubjectKind::Parameter(..) => (ParameterAdded, ParameterRemoved),
        SubjectKind::Body => (RequestBodyChanged, RequestBodyChanged),
        SubjectKind::Response(_) => (ResponseAdded, ResponseRemoved),
        SubjectKind::Header(_) => (ResponseHeaderChanged, ResponseHeaderChanged),
        SubjectKind::Schema(_) => (SchemaAdded, SchemaRemoved),
        SubjectKind::Media(_) => (MediaTypeAdded, MediaTypeRemoved),
        SubjectKind::Property(_)
        | SubjectKind::Items
        | SubjectKind::Values
        | SubjectKind::Branch(_)
        | SubjectKind::Arguments => (PropertyAdded, PropertyRemoved),
    };
    if came { added } else { removed }
}

/// The kind of a single fact that differs; `came`: the new spec states it.
fn kind_of_fact(fact: &Fact, came: bool) -> Kind {
    use Topic::*;
    let owner = &fact.subject.owner().kind;
    match (&fact.topic, owner) {
        (Prose, SubjectKind::Info) => InfoChanged,
        (Prose, SubjectKind::Tag(_)) => TagChanged,
        (Prose, _) => DocsChanged,
        (Extension, _) => ExtensionChanged,
        (RustName, _) => RustNameChanged,
        (_, SubjectKind::Header(_)) => ResponseHeaderChanged,
        (Detail | Flaw | Key | Existence, _) => kind_of_detail(fact.subject.owner()),
        (Route, _) => ParameterRenamed,
        (OperationId, _) => OperationIdChanged,
        (Tags, _) => OperationTagsChanged,
        (Security(_), _) => OperationSecurityChanged,
        (Scope, _) => OperationScopeChanged,
        (Links, _) => ResponseLinkChanged,
        (Selection, _) => ParameterSelectionChanged,
        (ArgumentOrder(_), _) => ArgumentsReordered,
        (Branch(_), _) if came => UnionMemberAdded,
        (Branch(_), _) => UnionMemberRemoved,
        (Value, _) if came => EnumValueAdded,
        (Value, _) => EnumValueRemoved,
        (Series, _) => SeriesChanged,
        (Bound, _) => BoundsChanged,
        (Default, _) => DefaultChanged,
        (Access, _) => PropertyAccessChanged,
        (Style, _) => ParameterStyleChanged,
        (Deprecated, SubjectKind::Operation) => OperationDeprecated,
        (Deprecated, SubjectKind::Parameter(..)) => ParameterDeprecated,
        (Deprecated, _) => PropertyDeprecated,
        (Required, SubjectKind::Parameter(..)) => ParameterRequired,
        (Required, SubjectKind::Body) => RequestBodyChanged,
        (Required, _) => PropertyRequiredChanged,
        (Nullable, SubjectKind::Parameter(..)) => ParameterNullableChanged,
        (Nullable, _) => kind_of_parameter_or_body(owner).unwrap_or(PropertyNullableChanged),
        (Format, _) => kind_of_parameter_or_body(owner).unwrap_or(PropertyFormatChanged),
        (Type | Reference(_) | Shape | SendsNull | Discriminator(_) | Media | Encoding, _) => {
            kind_of_parameter_or_body(owner).unwrap_or(PropertyTypeChanged)
        }
    }
}

/// The kind of a keyword that only one section of the spec has.
fn kind_of_detail(owner: &Subject) -> Kind {
    match &owner.kind {
        SubjectKind::Info => InfoChanged,
        SubjectKind::DefaultServer | SubjectKind::Server(_) => ServerChanged,
        SubjectKind::Tag(_) => TagChanged,
        SubjectKind::Scheme | SubjectKind::Flow(_) | SubjectKind::Scope(_) => SecuritySchemeChanged,
        _ => ExtensionChanged,
    }
}

fn kind_of_parameter_or_body(owner: &SubjectKind) -> Option<Kind> {
    match owner {
        SubjectKind::Parameter(..) => Some(ParameterTypeChanged),
        SubjectKind::Body => Some(RequestBodyChanged),
        SubjectKind::Response(_) => Some(ResponseTypeChanged),
        _ => None,
    }
}
