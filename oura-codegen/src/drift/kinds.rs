//! Which kind of change an event is, and which of the kind's cases.
//!
//! Input: an event and both sides. Output: a [`Kind`] and a [`Case`]. Invariant: there is no
//! kind for the rest.

use std::collections::BTreeSet;

use super::change::Kind;
use super::matching::changes_places;
use super::pairing::{Event, Sides};
use super::sides::Indexed;
use super::verdicts::Case;
use crate::facts::{Fact, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::{Location, Type};
use crate::policy::Policy;

impl<'a> Event<'a> {
    /// What it is about.
    pub(super) fn subject(&self) -> &'a Subject {
        match self {
            Self::Came(subject) | Self::Went(subject) => subject,
            Self::Reshaped { new, .. } => new,
            Self::Said {
                new: Some(fact), ..
            }
            | Self::Said {
                old: Some(fact), ..
            } => &fact.subject,
            Self::Said {
                old: None,
                new: None,
            } => unreachable!("a side says something"),
        }
    }

    /// What the differing facts say, for an event of single facts.
    pub(super) fn topic(&self) -> Option<&'a Topic> {
        match self {
            Self::Said { old, new } => new.or(*old).map(|fact| &fact.topic),
            _ => None,
        }
    }
}

impl Sides<'_, '_> {
    /// The kind of an event.
    pub(super) fn kind_of(&self, event: &Event<'_>) -> Kind {
        match event {
            Event::Came(subject) => kind_of_whole(subject, true),
            Event::Went(subject) => kind_of_whole(subject, false),
            Event::Reshaped { old, new } => self.kind_of_type(old, new),
            Event::Said {
                old: Some(old),
                new: Some(new),
            } if new.topic == Topic::Route && changes_places(&old.value, &new.value) => {
                Kind::ArgumentsReordered
            }
            Event::Said { old, new } => {
                let Some(fact) = new.or(*old) else {
                    unreachable!("a side says something");
                };
                kind_of_fact(fact, new.is_some())
            }
        }
    }

    fn kind_of_type(&self, old: &Subject, new: &Subject) -> Kind {
        match &new.owner().kind {
            SubjectKind::Parameter(..) => Kind::ParameterTypeChanged,
            SubjectKind::Body => Kind::RequestBodyChanged,
            SubjectKind::Header(_) => Kind::ResponseHeaderChanged,
            SubjectKind::Response(_) => match self.dictionary(&new.name) {
                Some(true) => Kind::ResponseDictionaryAdded,
                Some(false) => Kind::ResponseDictionaryRemoved,
                None => Kind::ResponseTypeChanged,
            },
            _ => {
                let refers = |side: &Indexed<'_>, name: &str| {
                    let facts = side.facts_of(name).iter();
                    let mut topics = facts.map(|fact| &fact.topic);
                    topics.any(|topic| matches!(topic, Topic::Reference(_)))
                };
                match refers(self.old, &old.name) && refers(self.new, &new.name) {
                    true => Kind::PropertyRefChanged,
                    false => Kind::PropertyTypeChanged,
                }
            }
        }
    }

    /// Whether a page of free-form objects came (`true`) or went, and nothing else changed.
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
        let says = |side: &Indexed<'_>, aspect: &str| side.says(&subject.name, aspect);
        let pick = |is: bool, yes: Case, no: Case| if is { yes } else { no };
        match kind {
            Kind::ParameterAdded => {
                pick(says(self.new, "required"), Case::Required, Case::Optional)
            }
            Kind::ParameterRemoved => removed_parameter(subject, policy),
            Kind::ParameterRequired => pick(
                says(self.new, "required"),
                Case::ToRequired,
                Case::ToOptional,
            ),
            Kind::ArgumentsReordered => pick(
                event.topic() == Some(&Topic::Route),
                Case::InPath,
                Case::Always,
            ),
            Kind::ResponseAdded | Kind::ResponseTypeChanged => pick(
                self.new.is_success(subject),
                Case::Success,
                Case::ErrorStatus,
            ),
            Kind::ResponseRemoved => pick(
                self.old.is_success(subject),
                Case::Success,
                Case::ErrorStatus,
            ),
            Kind::SchemaAdded => emitted(self.new, subject),
            Kind::SchemaRemoved => emitted(self.old, subject),
            Kind::PropertyAdded => {
                let demanded = says(self.new, "required") && !says(self.new, "read_only");
                let (sent, _) = self.new.direction(subject);
                match (demanded && sent, self.new.has_default(&subject.name)) {
                    (false, _) => Case::Optional,
                    (true, false) => Case::RequiredInRequests,
                    (true, true) => Case::RequiredWithDefault,
                }
            }
            Kind::PropertyRequiredChanged | Kind::PropertyNullableChanged => {
                self.option_case(event, says(self.new, "required"))
            }
            Kind::SecuritySchemeChanged => match event {
                Event::Came(_) => Case::Added,
                Event::Went(_) => Case::Removed,
                Event::Reshaped { .. } | Event::Said { .. } => Case::Changed,
            },
            Kind::ServerChanged if event.topic() == Some(&Topic::Flaw) => Case::FlawedServer,
            Kind::ServerChanged => pick(
                subject.kind == SubjectKind::DefaultServer,
                Case::DefaultServer,
                Case::OtherServer,
            ),
            _ => Case::Always,
        }
    }

    /// The case of a change that no code depends on, whatever its kind: in a schema that no
    /// operation holds or that is only a part of others, or in a media type that clients do not
    /// use, before or after.
    fn case_without_code(&self, kind: Kind, subject: &Subject) -> Option<Case> {
        use Kind::{DocsChanged, ExtensionChanged, SchemaAdded, SchemaRemoved};
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
            _ if matches!(kind, Kind::MediaTypeAdded | Kind::MediaTypeRemoved) => None,
            _ => {
                let is_below = subject.chain().iter().any(is_media);
                is_below.then_some(Case::OtherMedia)
            }
        }
    }

    /// Whether requiredness and nullability of one property together gain or lose an
    /// `Option`: one break, which requiredness tells.
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

    /// Whether an `Option` came or went in Rust, or else an argument of the constructor.
    fn option_case(&self, event: &Event<'_>, is_required: bool) -> Case {
        let subject = event.subject();
        if !self.rust_differs(subject) {
            let is_of_constructor =
                event.topic() == Some(&Topic::Required) && self.constructor_differs(subject);
            return match (is_of_constructor, is_required) {
                (false, _) => Case::SameOption,
                (true, true) => Case::ArgumentComes,
                (true, false) => Case::ArgumentGoes,
            };
        }
        let is_nullable = matches!(
            event,
            Event::Said { new: Some(fact), .. } if fact.topic == Topic::Nullable
        );
        let gained = match event.topic() {
            Some(Topic::Required) => !is_required,
            _ => is_nullable,
        };
        match gained {
            true => Case::OptionGained,
            false => Case::OptionLost,
        }
    }

    /// Whether the Rust type at a place is another one. A schema that is used in place has as
    /// many places as uses; where nothing is known of a place, it is.
    pub(super) fn rust_differs(&self, subject: &Subject) -> bool {
        self.rust_differs_below(subject, 0)
    }

    fn rust_differs_below(&self, subject: &Subject, depth: usize) -> bool {
        let old = self.old.subject(&subject.name);
        let new = self.new.subject(&subject.name);
        let types = (
            old.and_then(|old| self.old.rust_type(old)),
            new.and_then(|new| self.new.rust_type(new)),
        );
        match types {
            (Some(old), Some(new)) => old != new || self.definition_differs(&new),
            (None, None) => {
                let uses = self.new_uses(subject);
                // Aliases cannot contain themselves; the bound is for certainty.
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
        let facts = self.new.facts_of(&outermost.name);
        let key = facts.iter().find(|fact| fact.topic == Topic::Key);
        key.map_or_else(Vec::new, |key| self.new.uses(&key.value))
    }

    /// Whether a type that is written in place is another one under the same name. Types of
    /// component schemas say so themselves.
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
            // A member that comes or goes says so itself.
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

/// The kind of something that came or went as a whole.
fn kind_of_whole(subject: &Subject, came: bool) -> Kind {
    let (added, removed) = match &subject.kind {
        SubjectKind::Info => (Kind::InfoChanged, Kind::InfoChanged),
        SubjectKind::Defaults => (
            Kind::OperationSecurityChanged,
            Kind::OperationSecurityChanged,
        ),
        SubjectKind::DefaultServer | SubjectKind::Server(_) => {
            (Kind::ServerChanged, Kind::ServerChanged)
        }
        SubjectKind::Tag(_) => (Kind::TagChanged, Kind::TagChanged),
        SubjectKind::Scheme | SubjectKind::Flow(_) => {
            (Kind::SecuritySchemeChanged, Kind::SecuritySchemeChanged)
        }
        SubjectKind::Scope(_) => (Kind::ScopeAdded, Kind::ScopeRemoved),
        SubjectKind::Operation => (Kind::OperationAdded, Kind::OperationRemoved),
        SubjectKind::Parameter(..) => (Kind::ParameterAdded, Kind::ParameterRemoved),
        SubjectKind::Body => (Kind::RequestBodyChanged, Kind::RequestBodyChanged),
        SubjectKind::Response(_) => (Kind::ResponseAdded, Kind::ResponseRemoved),
        SubjectKind::Header(_) => (Kind::ResponseHeaderChanged, Kind::ResponseHeaderChanged),
        SubjectKind::Schema(_) => (Kind::SchemaAdded, Kind::SchemaRemoved),
        SubjectKind::Media(_) => (Kind::MediaTypeAdded, Kind::MediaTypeRemoved),
        SubjectKind::Property(_)
        | SubjectKind::Items
        | SubjectKind::Values
        | SubjectKind::Branch(_)
        | SubjectKind::Arguments => (Kind::PropertyAdded, Kind::PropertyRemoved),
    };
    if came { added } else { removed }
}

/// The kind of a single fact that differs; `came`: the new spec states it.
fn kind_of_fact(fact: &Fact, came: bool) -> Kind {
    let owner = &fact.subject.owner().kind;
    let header = matches!(owner, SubjectKind::Header(_));
    match &fact.topic {
        Topic::Prose => match owner {
            SubjectKind::Info => Kind::InfoChanged,
            SubjectKind::Tag(_) => Kind::TagChanged,
            _ => Kind::DocsChanged,
        },
        Topic::Extension => Kind::ExtensionChanged,
        Topic::RustName => Kind::RustNameChanged,
        _ if header => Kind::ResponseHeaderChanged,
        Topic::Detail | Topic::Flaw | Topic::Key | Topic::Existence => match owner {
            SubjectKind::Info => Kind::InfoChanged,
            SubjectKind::DefaultServer | SubjectKind::Server(_) => Kind::ServerChanged,
            SubjectKind::Tag(_) => Kind::TagChanged,
            SubjectKind::Scheme | SubjectKind::Flow(_) | SubjectKind::Scope(_) => {
                Kind::SecuritySchemeChanged
            }
            _ => Kind::ExtensionChanged,
        },
        Topic::Route => Kind::ParameterRenamed,
        Topic::OperationId => Kind::OperationIdChanged,
        Topic::Tags => Kind::OperationTagsChanged,
        Topic::Security(_) => Kind::OperationSecurityChanged,
        Topic::Scope => Kind::OperationScopeChanged,
        Topic::Links => Kind::ResponseLinkChanged,
        Topic::Selection => Kind::ParameterSelectionChanged,
        Topic::ArgumentOrder(_) => Kind::ArgumentsReordered,
        Topic::Branch(_) if came => Kind::UnionMemberAdded,
        Topic::Branch(_) => Kind::UnionMemberRemoved,
        Topic::Value if came => Kind::EnumValueAdded,
        Topic::Value => Kind::EnumValueRemoved,
        Topic::Series => Kind::SeriesChanged,
        Topic::Bound => Kind::BoundsChanged,
        Topic::Default => Kind::DefaultChanged,
        Topic::Access => Kind::PropertyAccessChanged,
        Topic::Style => Kind::ParameterStyleChanged,
        Topic::Deprecated => match owner {
            SubjectKind::Operation => Kind::OperationDeprecated,
            SubjectKind::Parameter(..) => Kind::ParameterDeprecated,
            _ => Kind::PropertyDeprecated,
        },
        Topic::Required => match owner {
            SubjectKind::Parameter(..) => Kind::ParameterRequired,
            SubjectKind::Body => Kind::RequestBodyChanged,
            _ => Kind::PropertyRequiredChanged,
        },
        Topic::Nullable => match owner {
            SubjectKind::Parameter(..) => Kind::ParameterNullableChanged,
            owner => kind_of_body(owner).unwrap_or(Kind::PropertyNullableChanged),
        },
        Topic::Format => kind_of_parameter_or_body(owner).unwrap_or(Kind::PropertyFormatChanged),
        Topic::Type
        | Topic::Reference(_)
        | Topic::Shape
        | Topic::Discriminator(_)
        | Topic::Media
        | Topic::Encoding => kind_of_parameter_or_body(owner).unwrap_or(Kind::PropertyTypeChanged),
    }
}

fn kind_of_parameter_or_body(owner: &SubjectKind) -> Option<Kind> {
    match owner {
        SubjectKind::Parameter(..) => Some(Kind::ParameterTypeChanged),
        owner => kind_of_body(owner),
    }
}

fn kind_of_body(owner: &SubjectKind) -> Option<Kind> {
    match owner {
        SubjectKind::Body => Some(Kind::RequestBodyChanged),
        SubjectKind::Response(_) => Some(Kind::ResponseTypeChanged),
        _ => None,
    }
}
