//! Phase 4, lower: every decision about Rust.
//!
//! Input: a strict OpenAPI 3.0.3 document and a policy. Output: the IR, which rendering
//! prints, and the facts, which the surface prints and drift compares. Invariant: every
//! schema and operation of the document is emitted, or counted under the reason why not;
//! what cannot be supported is an error at its place.

mod bodies;
mod components;
mod definitions;
mod docs;
mod documents;
mod generics;
mod given;
mod modules;
mod names;
mod operations;
mod parameters;
mod reach;
mod security;
mod series;
mod statements;
mod types;
mod unions;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::OpenAPI;

use self::components::{Class, Components};
use self::generics::Generic;
pub(crate) use self::given::{
    GivenNames, GivenOperation, lower_under_names, lower_what_can_under_names,
};
use self::names::{Names, Scope};
use self::operations::LoweredOperation;
pub use self::reach::Reach;
use self::types::Typed;
use self::usage::{Types, Usage};
use crate::document::{Document, Node, Value};
use crate::error::Errors;
use crate::facts::Fact;
use crate::hosts::{Destination, find_destinations};
use crate::ir::{Api, Docs, Documents, Ident, Security, TypeDef, TypeKind};
use crate::normalize::Normalized;
use crate::pointer::{Origin, Pointer};
use crate::policy::Policy;

/// What lowering makes of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// What is rendered.
    pub api: Api,
    /// What is said, sorted by key.
    pub facts: Vec<Fact>,
    /// Which schemas requests and responses hold.
    pub reach: Reach,
    /// The URLs that credentials go to. One that is refused is in `api` all the same: it is for
    /// whoever makes an SDK of it to stop.
    pub destinations: Vec<Destination>,
    /// How many of what there is.
    pub census: Census,
    /// What could not be decided; empty for a document that becomes an SDK.
    pub errors: Errors,
}

/// How many of what a document holds. Every component schema is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Operations.
    pub operations: usize,
    /// Component schemas with a type of their own.
    pub types: usize,
    /// Component schemas that are instances of a generic type.
    pub instances: usize,
    /// Component schemas that are used in place.
    pub aliases: usize,
    /// Pages of free-form objects, which field selection answers.
    pub dictionaries: usize,
    /// Component schemas that no operation reaches.
    pub unreachable: usize,
}

impl Census {
    /// All component schemas.
    #[must_use]
    pub fn schemas(&self) -> usize {
        self.types + self.instances + self.aliases + self.dictionaries + self.unreachable
    }
}

/// Decides as much as can be decided of a document that cannot become an SDK, for what compares
/// it: the errors are in the result. What they are about has no type, no method, or none of
/// what it would have.
#[must_use]
pub fn lower_what_can(normalized: &Normalized, policy: &Policy) -> Lowered {
    Lowering::new(normalized, policy).lower_on()
}

/// Decides how the document reads in Rust.
pub fn lower_api(normalized: &Normalized, policy: &Policy) -> Result<Lowered, Errors> {
    Lowering::new(normalized, policy).lower()
}

/// What lowering knows and has made so far.
struct Lowering<'a> {
    names: Names<'a>,
    /// Names that stand above the rules.
    given: GivenNames,
    policy: &'a Policy,
    document: &'a Document,
    openapi: &'a OpenAPI,
    components: Components<'a>,
    generics: Vec<Generic<'a>>,
    types: Types,
    /// The names of all types.
    scope: Scope,
    /// Aliases that have been lowered.
    aliases: BTreeMap<&'a str, Option<Typed>>,
    /// Types written in place, by their place: a schema that several reach is one type.
    inline_types: BTreeMap<String, Ident>,
    /// Aliases that are being lowered, to notice one that contains itself.
    inlining: Vec<&'a str>,
    /// The component that stands for `T` while a generic type is lowered.
    parameter: Option<&'a str>,
    /// Free-form pages that are used without a typed one beside them.
    free_pages: Vec<&'a str>,
    destinations: Vec<Destination>,
    /// The enums of codes that are defined, each with the place of its name.
    code_types: BTreeMap<Ident, (TypeKind, Origin)>,
    /// The places of the marks of series that became methods.
    marks: BTreeSet<String>,
    /// Field enums to define, each with its struct and the parameter that wants it.
    field_enums: BTreeMap<Ident, (Ident, Origin)>,
    errors: Errors,
    /// Whether something is made of a document that has errors.
    goes_on: bool,
}

/// What has been made of a document before anything is said of it.
struct Decided {
    operations: Vec<LoweredOperation>,
    usage: Usage,
    security: Security,
    documents: Documents,
}

impl<'a> Lowering<'a> {
    fn new(normalized: &'a Normalized, policy: &'a Policy) -> Self {
        Self {
            names: Names::new(policy),
            given: GivenNames::default(),
            policy,
            document: &normalized.document,
            openapi: &normalized.openapi,
            components: Components::new(),
            generics: Vec::new(),
            types: Types::new(),
            scope: Scope::default(),
            aliases: BTreeMap::new(),
            inline_types: BTreeMap::new(),
            inlining: Vec::new(),
            parameter: None,
            free_pages: Vec::new(),
            destinations: find_destinations(&normalized.document, policy),
            code_types: BTreeMap::new(),
            marks: BTreeSet::new(),
            field_enums: BTreeMap::new(),
            errors: Errors::default(),
            goes_on: false,
        }
    }

    fn lower(mut self) -> Result<Lowered, Errors> {
        let decided = self.decide();
        match self.errors.is_empty() {
            true => Ok(self.state(decided)),
            false => Err(in_document_order(self.errors, self.document)),
        }
    }

    /// Goes on in spite of errors.
    fn lower_on(mut self) -> Lowered {
        self.goes_on = true;
        let decided = self.decide();
        self.state(decided)
    }

    /// Makes the types and the operations.
    fn decide(&mut self) -> Decided {
        self.lower_scopes();
        self.collect_components();
        self.define_components();
        let operations = self.lower_operations();
        // An operation may be the first to use one.
        self.define_free_pages();
        self.define_field_enums();
        usage::box_recursion(&mut self.types);
        let mut usage = Usage::of_operations(&operations, &mut self.types);
        usage.keep(security::SCOPE);
        self.check_setters();
        self.check_marks();
        Decided {
            security: self.lower_security(),
            documents: self.lower_documents(&operations, &usage),
            operations,
            usage,
        }
    }

    /// States the facts and puts everything in order.
    fn state(mut self, decided: Decided) -> Lowered {
        let Decided {
            mut operations,
            usage,
            security,
            documents,
        } = decided;
        let errors = in_document_order(std::mem::take(&mut self.errors), self.document);
        let census = self.census(&usage, operations.len());
        let facts = self.state_facts(&operations, &usage);
        let reach = self.reach(&operations);
        let twin = self.lower_twin(&operations);
        operations.sort_by(|one, other| one.operation.route.cmp(&other.operation.route));
        let api = Api {
            title: self.openapi.info.title.clone(),
            server: self.lower_server(),
            security,
            documents,
            modules: self.modules(operations, &usage),
            twin,
        };
        Lowered {
            api,
            facts,
            reach,
            destinations: self.destinations,
            census,
            errors,
        }
    }

    /// The place in the source of a place in the normalized document; of the nearest node
    /// above it when there is none.
    fn origin(&self, at: &Pointer) -> Origin {
        let mut at = at;
        loop {
            match (self.document.get(at), at.parent()) {
                (Some(node), _) => return node.origin.clone(),
                (None, Some(parent)) => at = parent,
                (None, None) => return self.document.root.origin.clone(),
            }
        }
    }

    /// Defines the types of the component schemas and the generic types.
    fn define_components(&mut self) {
        let keys: Vec<&'a str> = self.components.keys().copied().collect();
        for key in keys {
            match self.components[key].class {
                Class::Type => self.define_component(key),
                // An alias may hold types that are written in place.
                Class::Alias => {
                    let at = self.components[key].at.clone();
                    self.lower_alias(key, &at);
                }
                Class::Dictionary | Class::Instance { .. } => {}
            }
        }
        for generic in std::mem::take(&mut self.generics) {
            self.define_generic(&generic);
            self.generics.push(generic);
        }
    }

    fn define_component(&mut self, key: &'a str) {
        let component = &self.components[key];
        let (ident, at) = (component.ident.clone(), component.at.clone());
        if let Some(schema) = component.schema.as_item() {
            self.define_type(ident, schema, &at, format!("Schema `{key}`."));
        }
    }

    fn define_generic(&mut self, generic: &Generic<'a>) {
        let component = &self.components[generic.model];
        let at = component.at.clone();
        let origin = self.origin(&at);
        let taken = self.scope.take(&generic.ident, &generic.wire_name, &origin);
        self.errors.note(taken);
        let Some(schema) = component.schema.as_item() else {
            return;
        };
        let source = format!("Schemas `{}[..]`.", generic.wire_name);
        self.parameter = Some(generic.parameter);
        self.define_type(generic.ident.clone(), schema, &at, source);
        self.parameter = None;
    }

    /// Free-form pages that some operation answers without a typed branch are types.
    fn define_free_pages(&mut self) {
        while let Some(key) = self.free_pages.pop() {
            if self.components[key].class == Class::Dictionary {
                self.define_component(key);
                self.components[key].class = Class::Type;
            }
        }
    }

    /// Whether the type is a page.
    fn is_page(&self, ident: &str) -> bool {
        matches!(
            self.types.get(ident),
            Some(TypeDef { kind: TypeKind::Struct(definition), .. })
                if definition.page.is_some()
        )
    }

    fn census(&self, usage: &Usage, operations: usize) -> Census {
        let mut census = Census {
            operations,
            ..Census::default()
        };
        for component in self.components.values() {
            let count = match &component.class {
                Class::Alias => &mut census.aliases,
                Class::Dictionary => &mut census.dictionaries,
                Class::Instance { generic, .. } if usage.module(generic).is_some() => {
                    &mut census.instances
                }
                Class::Type if usage.module(&component.ident).is_some() => &mut census.types,
                Class::Type | Class::Instance { .. } => &mut census.unreachable,
            };
            *count += 1;
        }
        census
    }
}

/// Sorts errors by the place of their node. Operations are lowered after the schemas that
/// they use, wherever the two stand in the document.
fn in_document_order(errors: Errors, document: &Document) -> Errors {
    if errors.is_empty() {
        return errors;
    }
    let mut order = BTreeMap::new();
    let mut open = vec![&document.root];
    while let Some(node) = open.pop() {
        let place = order.len();
        order.entry(node.origin.to_string()).or_insert(place);
        open.extend(children(node).into_iter().rev());
    }
    let mut errors: Vec<_> = errors.iter().cloned().collect();
    errors.sort_by_key(|error| order.get(&error.at.to_string()).copied());
    let mut sorted = Errors::default();
    errors.into_iter().for_each(|error| sorted.push(error));
    sorted
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Docs that are nothing but a sentence of ours.
fn sentence(text: &str) -> Docs {
    Docs {
        text: text.to_owned(),
        ..Docs::default()
    }
}
