//! Finds generic types: schemas titled `Name[Arg]` (or keyed `Name_Arg_`) of one shape.
//!
//! Input: the classified components. Output: members of the largest shape of a name become
//! instances of one generic type; a member that deviates stays a separate type, named
//! `NameArg`. An argument must become a type: an alias has no name to be generic over.
//! Invariant: an instance differs from its generic in nothing but the argument,
//! its docs and its extensions.

use std::collections::BTreeMap;

use openapiv3::{AdditionalProperties, ReferenceOr, Schema, SchemaKind, Type as SchemaType};

use super::components::{Class, Components};
use super::context::Context;
use super::names::{Kind, RUST_NAME};
use super::references::component_key;
use crate::document::{Node, is_prose, shape_of};
use crate::ir::Ident;

/// A generic type and the component that shows its shape.
pub(super) struct Generic<'a> {
    /// The Rust name.
    pub(super) ident: Ident,
    /// The name in the spec: `MultiDocumentResponse`.
    pub(super) wire_name: String,
    /// The component whose schema is lowered.
    pub(super) model: &'a str,
    /// The component in it that becomes the type parameter.
    pub(super) parameter: &'a str,
}

/// A component that may be an instance.
struct Candidate<'a> {
    key: &'a str,
    argument: &'a str,
    shape: String,
}

/// The generic types of a spec. Their instances change their class.
pub(super) fn find_generics<'a>(
    cx: &Context<'a>,
    components: &mut Components<'a>,
) -> Vec<Generic<'a>> {
    let mut families: BTreeMap<String, Vec<Candidate<'_>>> = BTreeMap::new();
    for (key, component) in &*components {
        if component.class != Class::Type || !may_be_generic(cx, component.schema) {
            continue;
        }
        if let Some((name, argument)) = split_name(components, key)
            && components[argument].class == Class::Type
            && let Some(shape) = shape(cx.node(&component.at), argument)
        {
            let candidate = Candidate {
                key,
                argument,
                shape,
            };
            families.entry(name).or_default().push(candidate);
        }
    }
    let families = families.into_iter();
    let generics =
        families.filter_map(|(name, family)| make_generic(cx, components, name, &family));
    generics.collect()
}

/// Whether a schema can be an instance of a generic type: an unnamed object in which no type is
/// written in place that would have to be generic too.
fn may_be_generic<'a>(cx: &Context<'a>, schema: &'a ReferenceOr<Schema>) -> bool {
    let ReferenceOr::Item(schema) = schema else {
        return false;
    };
    let SchemaKind::Type(SchemaType::Object(object)) = &schema.schema_kind else {
        return false;
    };
    !schema.schema_data.extensions.contains_key(RUST_NAME)
        && object.properties.values().all(|property| match property {
            ReferenceOr::Reference { .. } => true,
            ReferenceOr::Item(property) => !holds_inline_type(cx, property),
        })
}

fn holds_inline_type<'a>(cx: &Context<'a>, schema: &'a Schema) -> bool {
    let inside = match &schema.schema_kind {
        SchemaKind::Type(SchemaType::Array(array)) => match &array.items {
            Some(ReferenceOr::Item(item)) => Some(&**item),
            Some(ReferenceOr::Reference { .. }) | None => return false,
        },
        SchemaKind::Type(SchemaType::Object(object)) => match &object.additional_properties {
            Some(AdditionalProperties::Schema(value)) => match &**value {
                ReferenceOr::Item(value) => Some(value),
                ReferenceOr::Reference { .. } => return false,
            },
            Some(AdditionalProperties::Any(_)) | None => None,
        },
        SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. } => return true,
        _ => None,
    };
    match inside {
        Some(inside) => holds_inline_type(cx, inside),
        None => cx.is_type(schema),
    }
}

/// Makes the candidates of the largest shape instances of one generic type.
fn make_generic<'a>(
    cx: &Context<'a>,
    components: &mut Components<'a>,
    name: String,
    family: &[Candidate<'a>],
) -> Option<Generic<'a>> {
    let model = largest_shape(family)?;
    let ident = cx.names.schema_type(&name);
    let ident = cx.overrides.generics.get(&ident).cloned().unwrap_or(ident);
    for candidate in family {
        let argument = candidate.argument;
        let deviating = cx.names.inside(&ident, &components[argument].ident);
        let deviating = cx.names.ident(Kind::Type, &deviating);
        let component = &mut components[candidate.key];
        if candidate.shape == model.shape {
            let generic = ident.clone();
            component.class = Class::Instance { generic, argument };
        } else if !cx.overrides.schemas.contains_key(candidate.key) {
            component.ident = deviating;
        }
    }
    Some(Generic {
        ident,
        wire_name: name,
        model: model.key,
        parameter: model.argument,
    })
}

/// The first candidate of the shape that most have.
fn largest_shape<'m, 'a>(family: &'m [Candidate<'a>]) -> Option<&'m Candidate<'a>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for candidate in family {
        *counts.entry(&candidate.shape).or_default() += 1;
    }
    let largest = counts.values().copied().max()?;
    family
        .iter()
        .find(|candidate| counts[candidate.shape.as_str()] == largest)
}

/// The name and the argument of a generic instance, from its title, else from its key.
fn split_name<'a>(components: &Components<'a>, key: &str) -> Option<(String, &'a str)> {
    let schema = components[key].schema.as_item()?;
    let title = schema.schema_data.title.as_deref().unwrap_or_default();
    if let Some((name, rest)) = title.split_once('[')
        && let Some(argument) = rest.strip_suffix(']')
    {
        return Some((name.to_owned(), find_argument(components, argument)?));
    }
    let body = key.strip_suffix('_')?;
    body.match_indices('_').find_map(|(index, _)| {
        let (argument, _) = components.get_key_value(&body[index + 1..])?;
        Some((body[..index].to_owned(), *argument))
    })
}

/// The component with this key, else the only one with this title.
fn find_argument<'a>(components: &Components<'a>, name: &str) -> Option<&'a str> {
    if let Some((key, _)) = components.get_key_value(name) {
        return Some(key);
    }
    let mut titled = components.values().filter(|component| {
        let title = component
            .schema
            .as_item()
            .and_then(|schema| schema.schema_data.title.as_deref());
        title == Some(name)
    });
    match (titled.next(), titled.next()) {
        (Some(only), None) => Some(only.key),
        _ => None,
    }
}

/// The meaning of a schema with its argument taken out; `None` when the argument does not
/// occur in it.
fn shape(node: Option<&Node>, argument: &str) -> Option<String> {
    let mut found = false;
    let is_ignored = |keyword: &str| is_prose(keyword) || keyword.starts_with("x-");
    let shape = shape_of(node?, is_ignored, &mut |reference| {
        let is_argument = component_key(reference).as_deref() == Some(argument);
        found |= is_argument;
        is_argument
    });
    found.then_some(shape)
}
