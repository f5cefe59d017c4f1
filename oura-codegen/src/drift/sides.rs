//! One of the two specs, indexed: its facts, its subjects, its Rust types.
//!
//! Input: what lowering made of a spec. Output: look-ups by name. Invariant: both sides are
//! looked up by the same names, those of the new spec.

use std::collections::HashMap;

use super::matching::{Schemas, schemas};
use crate::facts::{Fact, FactKey, SchemaForm, Subject, SubjectKind, Topic};
use crate::ir::{BodyType, Field, Operation, Parameter, Struct, Type, TypeDef, TypeKind};
use crate::lower::Lowered;

/// A side and its indices.
pub(super) struct Indexed<'a> {
    pub(super) lowered: &'a Lowered,
    /// The component schemas by key.
    pub(super) schemas: Schemas<'a>,
    /// All subjects of facts, by name.
    subjects: HashMap<&'a str, Known<'a>>,
    types: HashMap<&'a str, &'a TypeDef>,
    operations: HashMap<&'a str, &'a Operation>,
}

/// What is known of a subject.
struct Known<'a> {
    subject: &'a Subject,
    /// Whether the spec has it, or only says something of it.
    exists: bool,
    /// The place of its first fact in the order of the spec.
    order: usize,
    /// What it holds.
    parts: Vec<&'a Subject>,
}

impl<'a> Indexed<'a> {
    pub(super) fn new(lowered: &'a Lowered) -> Self {
        let modules = &lowered.api.modules;
        let types = modules.iter().flat_map(|module| &module.types);
        let operations = modules.iter().flat_map(|module| &module.operations);
        let mut indexed = Self {
            lowered,
            schemas: schemas(&lowered.facts),
            subjects: HashMap::new(),
            types: types.map(|ty| (ty.ident.as_str(), ty)).collect(),
            operations: operations.map(|one| (one.route.as_str(), one)).collect(),
        };
        // The order of arguments adds no subjects.
        let facts = lowered.facts.iter();
        for fact in facts.filter(|fact| !matches!(fact.topic, Topic::ArgumentOrder(_))) {
            indexed.add(fact);
        }
        let subjects: Vec<&Subject> = indexed.subjects.values().map(|one| one.subject).collect();
        for subject in subjects {
            let holder = subject.holder.as_ref();
            if let Some(holder) = holder.and_then(|one| indexed.subjects.get_mut(&*one.name)) {
                holder.parts.push(subject);
            }
        }
        indexed
    }

    fn add(&mut self, fact: &'a Fact) {
        let mut subject = &*fact.subject;
        let mut exists = shows_existence(fact);
        loop {
            let known = self.subjects.entry(&subject.name).or_insert(Known {
                subject,
                exists: false,
                order: usize::MAX,
                parts: Vec::new(),
            });
            // Most facts add nothing to what others of their subject have shown.
            if (known.exists || !exists) && known.order <= fact.order {
                break;
            }
            known.exists |= exists;
            known.order = known.order.min(fact.order);
            match &subject.holder {
                Some(holder) => subject = holder,
                None => break,
            }
            // A subject that is not such a part shows that its holder exists.
            exists = exists || !subject.kind.is_part();
        }
    }

    /// Whether the spec has it.
    pub(super) fn has(&self, subject: &Subject) -> bool {
        let known = self.subjects.get(&*subject.name);
        known.is_some_and(|known| known.exists)
    }

    /// The subject of this side with the name of a subject of either side.
    pub(super) fn subject(&self, name: &str) -> Option<&'a Subject> {
        self.subjects.get(name).map(|known| known.subject)
    }

    /// What a subject holds, in no order.
    pub(super) fn parts(&self, name: &str) -> &[&'a Subject] {
        self.subjects.get(name).map_or(&[], |known| &known.parts)
    }

    /// All that exists, in no order.
    pub(super) fn existing(&self) -> impl Iterator<Item = &'a Subject> {
        let existing = self.subjects.values().filter(|known| known.exists);
        existing.map(|known| known.subject)
    }

    /// The place of a subject in the order of the spec.
    pub(super) fn order(&self, name: &str) -> Option<usize> {
        self.subjects.get(name).map(|known| known.order)
    }

    /// The fact of a key.
    pub(super) fn fact(&self, key: &FactKey) -> Option<&'a Fact> {
        let facts = &self.lowered.facts;
        let index = facts.binary_search_by(|fact| fact.key.cmp(key)).ok()?;
        Some(&facts[index])
    }

    /// The facts that are keyed by a subject.
    pub(super) fn facts_of(&self, subject: &str) -> &'a [Fact] {
        let facts = &self.lowered.facts;
        let start = facts.partition_point(|fact| fact.key.subject.as_str() < subject);
        let length = facts[start..].partition_point(|fact| fact.key.subject == subject);
        &facts[start..start + length]
    }

    /// The first fact of a subject for which `is` holds.
    pub(super) fn find(&self, subject: &str, is: impl Fn(&Fact) -> bool) -> Option<&'a Fact> {
        self.facts_of(subject).iter().find(|fact| is(fact))
    }

    /// The value of an aspect of a subject.
    pub(super) fn value(&self, subject: &str, aspect: &str) -> Option<&'a str> {
        let fact = self.find(subject, |fact| fact.key.aspect == aspect)?;
        Some(&fact.value)
    }

    /// Whether a flag is set for a subject.
    pub(super) fn says(&self, subject: &str, aspect: &str) -> bool {
        self.value(subject, aspect) == Some("true")
    }

    /// Whether a subject has a default.
    pub(super) fn has_default(&self, subject: &str) -> bool {
        let has = |name: &str| self.value(name, "default").is_some();
        has(subject)
            || self
                .referred(subject)
                .is_some_and(|schema| has(&schema.name))
    }

    /// The key of a component schema.
    pub(super) fn key(&self, schema: &str) -> Option<&'a str> {
        Some(&self.find(schema, |fact| fact.topic == Topic::Key)?.value)
    }

    /// The component schema that a subject refers to.
    pub(super) fn referred(&self, subject: &str) -> Option<&'a Subject> {
        let mut facts = self.facts_of(subject).iter();
        facts.find_map(|fact| match &fact.topic {
            Topic::Reference(key) => self.schemas.get(key.as_str()).copied(),
            _ => None,
        })
    }

    /// Whether a subject refers to a component schema that may be null.
    pub(super) fn refers_to_null(&self, subject: &str) -> bool {
        let is_null = |fact: &Fact| fact.topic == Topic::Nullable && fact.value == "true";
        let referred = self.referred(subject);
        referred.is_some_and(|schema| self.find(&schema.name, is_null).is_some())
    }

    /// Whether a subject, or the component schema that it refers to, may be null.
    pub(super) fn is_nullable(&self, subject: &str) -> bool {
        self.says(subject, "nullable") || self.refers_to_null(subject)
    }

    /// The operation of a route.
    pub(super) fn operation(&self, route: &str) -> Option<&'a Operation> {
        self.operations.get(route).copied()
    }

    /// Whether the operation that a subject is a part of can select fields.
    pub(super) fn selects_fields(&self, subject: &Subject) -> bool {
        let operation = self.operation(&subject.outermost().name);
        operation.is_some_and(|operation| operation.selection.is_some())
    }

    /// All operations.
    pub(super) fn operations(&self) -> impl Iterator<Item = &'a Operation> {
        self.operations.values().copied()
    }

    /// A type that is emitted.
    pub(super) fn definition(&self, ident: &str) -> Option<&'a TypeDef> {
        self.types.get(ident).copied()
    }

    /// Whether an operation holds what the subject is a part of, in requests and in
    /// responses.
    pub(super) fn direction(&self, subject: &Subject) -> (bool, bool) {
        let chain = subject.chain();
        let outermost = chain[0];
        match outermost.kind {
            SubjectKind::Schema(_) => {
                let reach = &self.lowered.reach;
                let name = &outermost.name;
                (reach.sent.contains(name), reach.received.contains(name))
            }
            _ => {
                let is = |kind: fn(&SubjectKind) -> bool| chain.iter().any(|one| kind(&one.kind));
                let sent =
                    is(|kind| matches!(kind, SubjectKind::Parameter(..) | SubjectKind::Body));
                (sent, is(|kind| matches!(kind, SubjectKind::Response(_))))
            }
        }
    }

    /// The parameter of an operation that a subject is, when the client offers it.
    pub(super) fn parameter(&self, subject: &Subject) -> Option<&'a Parameter> {
        let SubjectKind::Parameter(location, name) = &subject.kind else {
            return None;
        };
        let operation = self.operation(&subject.holder.as_ref()?.name)?;
        let selection = operation.selection.iter();
        let mut offered = operation
            .arguments
            .iter()
            .chain(&operation.setters)
            .chain(selection.map(|selection| &selection.parameter));
        offered.find(|one| one.location == *location && one.wire_name == *name)
    }

    /// The Rust type at a place; `None` where the place has none.
    pub(super) fn rust_type(&self, subject: &Subject) -> Option<Type> {
        let holder = subject.holder.as_deref();
        match &subject.kind {
            SubjectKind::Schema(SchemaForm::Alias | SchemaForm::Instance { .. }) => None,
            SubjectKind::Schema(_) => {
                let definition = self.definition(&subject.name)?;
                Some(Type::Named(definition.ident.clone()))
            }
            SubjectKind::Property(_) => self.field(subject).map(|(field, _)| field.ty.clone()),
            kind if kind.is_part() => self.inner_type(self.rust_type(holder?)?),
            SubjectKind::Parameter(..) => self.parameter(subject).map(|one| one.ty.clone()),
            SubjectKind::Body => json(&self.operation(&holder?.name)?.body.as_ref()?.body),
            SubjectKind::Response(_) if self.is_success(subject) => {
                json(&self.operation(&holder?.name)?.success)
            }
            _ => None,
        }
    }

    /// The field that a property is, and the struct that has it.
    pub(super) fn field(&self, subject: &Subject) -> Option<(&'a Field, &'a Struct)> {
        let SubjectKind::Property(wire_name) = &subject.kind else {
            return None;
        };
        let holder = subject.holder.as_ref()?;
        let definition = self.definition(named(&self.rust_type(holder)?)?)?;
        let TypeKind::Struct(definition) = &definition.kind else {
            return None;
        };
        let mut fields = definition.fields.iter();
        let field = fields.find(|field| field.wire_name == *wire_name)?;
        Some((field, definition))
    }

    /// The Rust names of a field, setter or type, or of one of the values of an enum.
    pub(super) fn idents(&self, subject: &Subject, value: &str) -> Vec<String> {
        let ty = self.rust_type(subject);
        let ty = ty.as_ref().and_then(named);
        if !value.is_empty() {
            let definition = ty.and_then(|ty| self.definition(ty));
            return Vec::from_iter(definition.and_then(|one| variant(&one.kind, value)));
        }
        let field = self.field(subject).map(|(field, _)| field.ident.as_str());
        let parameter = self.parameter(subject).map(|one| one.ident.as_str());
        let idents = [field, parameter, ty].into_iter().flatten();
        idents.map(str::to_owned).collect()
    }

    /// The type of the elements of a list or the values of a map.
    fn inner_type(&self, ty: Type) -> Option<Type> {
        match ty {
            Type::List(inner) | Type::Map(inner) => Some(*inner),
            Type::Option(inner) | Type::Boxed(inner) => self.inner_type(*inner),
            Type::Named(ident) => match &self.definition(&ident)?.kind {
                TypeKind::Struct(definition) => {
                    definition.additional.as_ref().map(|(_, ty)| ty.clone())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The places that refer to a schema.
    pub(super) fn uses(&self, key: &str) -> Vec<&'a Subject> {
        let facts = self.lowered.facts.iter();
        facts
            .filter(|fact| fact.topic.reference() == Some(key))
            .map(|fact| &*fact.subject)
            .collect()
    }

    /// Whether a response is a success: by its status, or `default` where no other status is one.
    pub(super) fn is_success(&self, subject: &Subject) -> bool {
        let chain = subject.chain();
        let status = chain.iter().find_map(|one| match &one.kind {
            SubjectKind::Response(status) => Some(status.as_str()),
            _ => None,
        });
        match status {
            Some("default") => {
                let responses = self.parts(&chain[0].name).iter();
                let mut others = responses.filter(|one| self.has(one));
                !others.any(|one| {
                    matches!(&one.kind, SubjectKind::Response(status) if status.starts_with('2'))
                })
            }
            status => status.is_some_and(|status| status.starts_with('2')),
        }
    }
}

/// The name of the type that a value of this one is or holds.
pub(super) fn named(ty: &Type) -> Option<&str> {
    match ty {
        Type::Named(ident) | Type::Generic(ident, _) => Some(ident),
        Type::Option(inner) | Type::Boxed(inner) => named(inner),
        _ => None,
    }
}

/// The type of a body of JSON.
fn json(body: &BodyType) -> Option<Type> {
    match body {
        BodyType::Json(ty) => Some(ty.clone()),
        _ => None,
    }
}

/// The Rust name of a value of an enum.
fn variant(kind: &TypeKind, value: &str) -> Option<String> {
    let ident = match kind {
        TypeKind::StringEnum(values) => {
            let mut variants = values.variants.iter();
            &variants.find(|one| one.wire_name == value)?.ident
        }
        TypeKind::IntegerEnum(values) => {
            let mut variants = values.variants.iter();
            &variants.find(|one| one.value.to_string() == value)?.ident
        }
        _ => return None,
    };
    Some(ident.clone())
}

/// Whether a fact shows that its subject exists. An element or a branch exists when a fact
/// describes its shape.
fn shows_existence(fact: &Fact) -> bool {
    !fact.subject.kind.is_part()
        || fact.topic.is_of_type()
        || matches!(fact.topic, Topic::Value | Topic::Media)
}
