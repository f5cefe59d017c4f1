//! Phase 4, lower: every decision about Rust.
//!
//! Input: a strict OpenAPI 3.0.3 document and a policy. Output: the IR, which rendering
//! prints, and the facts, which the surface prints and drift compares. Invariant: every
//! schema and operation of the spec is emitted, or counted under the reason why not;
//! what cannot be supported is an error at its place.
//!
//! The stages. Each reads the results of the stages before it, and never calls a later one:
//! component schemas with their names and classes (`components`, `generics`), types (`types`
//! and its parts), operations (`draft`, `parameters`, `bodies`, `selection`, `operations`),
//! usage, resources and modules, facts (`statements`).

mod bases;
mod bodies;
mod claims;
mod components;
mod context;
mod definitions;
mod docs;
mod draft;
mod enums;
mod generics;
mod modules;
mod names;
mod narrower;
mod oauth_scopes;
mod operations;
mod overrides;
mod parameters;
mod parts;
mod properties;
mod reach;
mod references;
mod resources;
mod responses;
mod restrictions;
mod schemas;
mod schemes;
mod security;
mod selection;
mod series;
mod shared;
mod statements;
mod types;
mod unions;
mod usage;

use self::claims::Scope;
use self::components::{Class, Components, classify_components};
use self::context::Context;
use self::generics::{Generic, find_generics};
use self::operations::{LoweredOperation, lower_operations};
pub(crate) use self::overrides::{NameOverrides, OperationNames};
pub use self::reach::Reach;
use self::types::{TypeLowering, Types};
use self::usage::Usage;
use crate::document::in_document_order;
use crate::error::Errors;
use crate::facts::Fact;
use crate::hosts::{Destination, find_destinations};
use crate::ir::Api;
use crate::normalize::Normalized;
use crate::policy::Policy;

/// What lowering makes of a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// What is rendered.
    pub api: Api,
    /// The facts, sorted by key.
    pub facts: Vec<Fact>,
    /// Which schemas requests and responses hold.
    pub reach: Reach,
    /// The URLs that credentials go to. A refused one is in `api` too: the caller that makes an
    /// SDK has to stop.
    pub destinations: Vec<Destination>,
    /// Counts by category.
    pub census: Census,
    /// What could not be decided; empty for a spec that becomes an SDK.
    pub errors: Errors,
}

/// Counts of what a spec holds, by category. Every component schema is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Operations.
    pub operations: usize,
    /// Component schemas that become a type.
    pub types: usize,
    /// Component schemas that are instances of a generic type.
    pub instances: usize,
    /// Component schemas that are used in place.
    pub aliases: usize,
    /// Pages of free-form objects: the response to field selection.
    pub dictionaries: usize,
    /// Component schemas that no operation reaches, or that are only parts of others.
    pub unreachable: usize,
}

impl Census {
    /// All component schemas.
    #[must_use]
    pub fn schemas(&self) -> usize {
        self.types + self.instances + self.aliases + self.dictionaries + self.unreachable
    }
}

/// Decides how the spec reads in Rust.
pub fn lower_api(normalized: &Normalized, policy: &Policy) -> Result<Lowered, Errors> {
    lower_with_overrides(normalized, policy, NameOverrides::default())
}

/// Lowers as much as possible of a spec that cannot become an SDK, so that it can be compared.
/// The errors are in the result. A schema or operation with an error has no type or method, or
/// an incomplete one.
#[must_use]
pub fn lower_what_can(normalized: &Normalized, policy: &Policy) -> Lowered {
    lower_what_can_with_overrides(normalized, policy, NameOverrides::default())
}

/// What [`lower_api`] decides, with overrides of names.
pub(crate) fn lower_with_overrides(
    normalized: &Normalized,
    policy: &Policy,
    overrides: NameOverrides,
) -> Result<Lowered, Errors> {
    let lowered = lower_what_can_with_overrides(normalized, policy, overrides);
    match lowered.errors.is_empty() {
        true => Ok(lowered),
        false => Err(lowered.errors),
    }
}

/// What [`lower_what_can`] decides, with overrides of names.
pub(crate) fn lower_what_can_with_overrides(
    normalized: &Normalized,
    policy: &Policy,
    overrides: NameOverrides,
) -> Lowered {
    let cx = &Context::new(normalized, policy, overrides);
    let mut components = classify_components(cx);
    let generics = find_generics(cx, &mut components);
    components::set_parts_apart(cx, &mut components);
    let (types, operations) = lower_types(cx, &mut components, &generics);
    let (types, usage) = usage::settle(cx, types, &operations);
    let decided = Decided {
        cx,
        components: &components,
        generics: &generics,
        types: &types,
        operations: &operations,
        usage: &usage,
        destinations: &find_destinations(cx.document, policy),
    };
    let mut lowered = decided.lower();
    lowered.api.modules = modules::lower_modules(cx, types, operations, &usage);
    lowered
}

/// Lowers the types and the operations. A free-form page or a part of others becomes a type only
/// where something uses it.
fn lower_types<'a>(
    cx: &Context<'a>,
    components: &mut Components<'a>,
    generics: &[Generic<'a>],
) -> (Types, Vec<LoweredOperation>) {
    let mut scope = Scope::default();
    components::take_names(cx, components, &mut scope);
    let mut types = TypeLowering::new(cx, components, scope);
    types.add(oauth_scopes::scope_type(cx));
    types.define_components(generics);
    let operations = lower_operations(&mut types);
    let (types, used) = types.finish();
    for key in used {
        components[key].class = Class::Type;
    }
    (types, operations)
}

/// All that has been decided, to state the facts from.
struct Decided<'c, 'a> {
    cx: &'c Context<'a>,
    components: &'c Components<'a>,
    generics: &'c [Generic<'a>],
    types: &'c Types,
    operations: &'c [LoweredOperation],
    usage: &'c Usage,
    destinations: &'c [Destination],
}

impl Decided<'_, '_> {
    /// The result without the modules.
    fn lower(&self) -> Lowered {
        let Self {
            cx,
            types,
            operations,
            ..
        } = *self;
        let documents = resources::lower_resources(cx, types, operations, self.usage);
        let api = Api {
            title: cx.openapi.info.title.clone(),
            server: modules::lower_server(cx, self.destinations),
            security: security::lower_security(cx, operations),
            parameters: shared::parameters(cx.names, operations),
            usual_errors: shared::usual_errors(operations),
            documents,
            modules: Vec::new(),
            twin: modules::lower_twin(cx, operations),
        };
        Lowered {
            api,
            facts: statements::state_facts(self),
            reach: Reach::of_operations(cx.document, self.components, operations),
            destinations: self.destinations.to_vec(),
            census: self.census(),
            errors: in_document_order(&cx.take_errors(), &cx.document.root),
        }
    }

    fn census(&self) -> Census {
        let mut census = Census {
            operations: self.operations.len(),
            ..Census::default()
        };
        for component in self.components.values() {
            let is_used = |ident| self.usage.module(ident).is_some();
            let count = match &component.class {
                Class::Alias => &mut census.aliases,
                Class::Dictionary => &mut census.dictionaries,
                Class::Instance { generic, .. } if is_used(generic) => &mut census.instances,
                Class::Type if is_used(&component.ident) => &mut census.types,
                Class::Type | Class::Part | Class::Instance { .. } => &mut census.unreachable,
            };
            *count += 1;
        }
        census
    }
}
