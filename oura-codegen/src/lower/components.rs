//! Sorts the component schemas into classes, before anything is lowered.
//!
//! Input: `#/components/schemas`. Output: one [`Component`] per schema, with its Rust name
//! and its class. Invariant: each schema has exactly one class, which counts it in the
//! census.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use openapiv3::{ReferenceOr, Schema, SchemaKind};

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::{Kind, RUST_NAME, Rename};
use super::parts::only_parts;
use super::references::{component_key, schema_place};
use crate::ir::Ident;
use crate::pointer::Pointer;

/// Component schemas by key, in the spec's order.
pub(super) type Components<'a> = IndexMap<&'a str, Component<'a>>;

/// A schema of `#/components/schemas`.
pub(super) struct Component<'a> {
    pub(super) key: &'a str,
    pub(super) schema: &'a ReferenceOr<Schema>,
    /// The place in the normalized spec.
    pub(super) at: Pointer,
    /// The Rust name; for an instance, the name of the struct that it would be if not generic.
    pub(super) ident: Ident,
    pub(super) class: Class<'a>,
}

/// What becomes of a component schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Class<'a> {
    /// A Rust type.
    Type,
    /// Only a part of others, by `allOf`: they have its properties, so that it has no type.
    Part,
    /// Used in place: scalars, lists, maps, references.
    Alias,
    /// A page of free-form objects: what comes back when fields are selected.
    Dictionary,
    /// An instance of a generic type.
    Instance {
        /// The generic type.
        generic: Ident,
        /// The component that is its argument.
        argument: &'a str,
    },
}

/// Names and classes of all component schemas. No schema is an instance yet.
pub(super) fn classify_components<'a>(cx: &Context<'a>) -> Components<'a> {
    let components = cx.openapi.components.iter();
    let schemas = components.flat_map(|components| &components.schemas);
    let classified = schemas.map(|(key, schema)| {
        let at = schema_place(key);
        let component = Component {
            key,
            schema,
            ident: component_ident(cx, key, schema, &at),
            at,
            class: classify(cx, schema),
        };
        (key.as_str(), component)
    });
    classified.collect()
}

fn component_ident(
    cx: &Context<'_>,
    key: &str,
    schema: &ReferenceOr<Schema>,
    at: &Pointer,
) -> Ident {
    if let Some(ident) = cx.overrides.schemas.get(key) {
        return ident.clone();
    }
    let own = schema.as_item().and_then(|schema| {
        let extensions = &schema.schema_data.extensions;
        cx.given_ident(extensions, RUST_NAME, Kind::Type, at)
    });
    own.unwrap_or_else(|| cx.names.schema_type(key))
}

fn classify<'a>(cx: &Context<'a>, schema: &'a ReferenceOr<Schema>) -> Class<'a> {
    match schema {
        ReferenceOr::Item(schema) if cx.is_dictionary(schema) => Class::Dictionary,
        ReferenceOr::Item(schema) if cx.is_type(schema) => Class::Type,
        ReferenceOr::Item(_) | ReferenceOr::Reference { .. } => Class::Alias,
    }
}

/// Gives types that are only parts of others the class `Part`. A discriminator may still use one
/// as a type.
pub(super) fn set_parts_apart(cx: &Context<'_>, components: &mut Components<'_>) {
    for key in only_parts(&cx.document.root) {
        let component = components.get_mut(key.as_str());
        if let Some(component) = component.filter(|one| one.class == Class::Type) {
            component.class = Class::Part;
        }
    }
}

/// Claims the names of all components that are not instances.
pub(super) fn take_names(cx: &Context<'_>, components: &mut Components<'_>, scope: &mut Scope) {
    for component in components.values_mut() {
        if !matches!(component.class, Class::Instance { .. }) {
            let claim = Claim {
                ident: component.ident.clone(),
                wire_name: component.key,
                at: &cx.origin(&component.at),
                rename: Rename::Extension(RUST_NAME),
            };
            component.ident = scope.claim(cx, claim);
        }
    }
}

/// The component that a reference names. Normalization has checked that it exists.
pub(super) fn component<'c, 'a>(
    components: &'c Components<'a>,
    reference: &str,
) -> Option<&'c Component<'a>> {
    components.get(component_key(reference)?.as_str())
}

/// The name of a component in facts: an instance reads as in Rust.
pub(super) fn display(components: &Components<'_>, key: &str) -> String {
    let Some(component) = components.get(key) else {
        return key.to_owned();
    };
    match &component.class {
        Class::Instance { generic, argument } => {
            format!("{generic}<{}>", display(components, argument))
        }
        Class::Type | Class::Part | Class::Alias | Class::Dictionary => component.ident.clone(),
    }
}

/// The keys of the components that extend a component, by its key.
pub(super) fn extended_by<'a>(components: &Components<'a>) -> BTreeMap<String, Vec<&'a str>> {
    let mut extended_by: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for component in components.values() {
        for part in parts_of(component) {
            extended_by.entry(part).or_default().push(component.key);
        }
    }
    extended_by
}

/// The keys of the components that are parts of the `allOf` of a component.
fn parts_of<'a>(component: &Component<'a>) -> Vec<String> {
    let ReferenceOr::Item(schema) = component.schema else {
        return Vec::new();
    };
    let parts = match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => all_of,
        SchemaKind::Any(any) => &any.all_of,
        _ => return Vec::new(),
    };
    let references = parts.iter().filter_map(|part| match part {
        ReferenceOr::Reference { reference } => component_key(reference),
        ReferenceOr::Item(_) => None,
    });
    references.collect()
}
