//! Finds generic types: schemas titled `Name[Arg]` (or keyed `Name_Arg_`) of one shape.
//!
//! Input: the classified components. Output: members of the largest shape of a name become
//! instances of one generic type; a member that deviates stays a type of its own, named
//! `NameArg`. An argument is a type of its own: an alias has no name to be generic over.
//! Invariant: an instance differs from its generic in nothing but the argument,
//! its docs and its extensions.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{AdditionalProperties, ReferenceOr, Schema, SchemaKind, Type as SchemaType};

use super::Lowering;
use super::components::{Class, component_key};
use super::names::{self, RUST_NAME};
use crate::document::{Node, Value};
use crate::ir::Ident;

/// A generic type and the component that shows its shape.
pub(super) struct Generic<'a> {
    /// The Rust name.
    pub(super) ident: Ident,
    /// The document's name: `MultiDocumentResponse`.
    pub(super) wire_name: String,
    /// The component whose schema is lowered.
    pub(super) model: &'a str,
    /// The component that stands for the parameter in it.
    pub(super) parameter: &'a str,
}

struct Member<'a> {
    key: &'a str,
    argument: &'a str,
    shape: String,
}

/// Turns the members of each generic name into instances.
pub(super) fn find_generics(lowering: &mut Lowering<'_>) {
    let mut families: BTreeMap<String, Vec<Member<'_>>> = BTreeMap::new();
    for (key, component) in &lowering.components {
        if component.class != Class::Type || !lowering.may_be_generic(component.schema) {
            continue;
        }
        if let Some((name, argument)) = split_name(lowering, key)
            && lowering.components[argument].class == Class::Type
            && let Some(shape) = shape(lowering, key, argument)
        {
            let member = Member {
                key,
                argument,
                shape,
            };
            families.entry(name).or_default().push(member);
        }
    }
    for (name, members) in families {
        make_generic(lowering, name, &members);
    }
}

impl<'a> Lowering<'a> {
    /// Whether a schema can be an instance: an object without a name of its own, in which no
    /// type is written in place that would have to be generic too.
    fn may_be_generic(&self, schema: &ReferenceOr<Schema>) -> bool {
        let ReferenceOr::Item(schema) = schema else {
            return false;
        };
        let SchemaKind::Type(SchemaType::Object(object)) = &schema.schema_kind else {
            return false;
        };
        !schema.schema_data.extensions.contains_key(RUST_NAME)
            && object.properties.values().all(|property| match property {
                ReferenceOr::Reference { .. } => true,
                ReferenceOr::Item(property) => !self.holds_inline_type(property),
            })
    }

    fn holds_inline_type(&self, schema: &Schema) -> bool {
        let inside = match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Array(array)) => array.items.as_ref(),
            SchemaKind::Type(SchemaType::Object(object)) => {
                return match &object.additional_properties {
                    Some(AdditionalProperties::Schema(value)) => {
                        matches!(&**value, ReferenceOr::Item(value) if self.holds_inline_type(value))
                    }
                    _ => self.is_inline_type_kind(schema),
                };
            }
            _ => return self.is_inline_type_kind(schema),
        };
        matches!(inside, Some(ReferenceOr::Item(item)) if self.holds_inline_type(item))
    }

    fn is_inline_type_kind(&self, schema: &Schema) -> bool {
        match &schema.schema_kind {
            // Whether branches collapse depends on classes that are not known yet.
            SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. } => true,
            _ => self.is_type(schema),
        }
    }
}

fn make_generic<'a>(lowering: &mut Lowering<'a>, name: String, members: &[Member<'a>]) {
    let Some(model) = largest_shape(members) else {
        return;
    };
    let at = lowering.components[model.key].at.clone();
    let ident = names::type_ident(&lowering.names.schema_type(&name), &lowering.origin(&at));
    let Some(ident) = lowering.errors.note(ident) else {
        return;
    };
    let given = lowering.given.generics.get(&ident).cloned();
    let ident = given.unwrap_or(ident);
    for member in members.iter().filter(|member| member.shape == model.shape) {
        if let Some(component) = lowering.components.get_mut(member.key) {
            component.class = Class::Instance {
                generic: ident.clone(),
                argument: member.argument,
            };
        }
    }
    let deviating = |member: &&Member<'_>| member.shape != model.shape;
    for member in members.iter().filter(deviating) {
        if lowering.given.schemas.contains_key(member.key) {
            continue;
        }
        let argument = lowering.components[member.argument].ident.clone();
        if let Some(component) = lowering.components.get_mut(member.key) {
            component.ident = format!("{ident}{argument}");
        }
    }
    lowering.generics.push(Generic {
        ident,
        wire_name: name,
        model: model.key,
        parameter: model.argument,
    });
}

/// The first member of the shape that most members have.
fn largest_shape<'m, 'a>(members: &'m [Member<'a>]) -> Option<&'m Member<'a>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for member in members {
        *counts.entry(&member.shape).or_default() += 1;
    }
    let largest = counts.values().copied().max()?;
    members
        .iter()
        .find(|member| counts[member.shape.as_str()] == largest)
}

/// The name and the argument of a generic instance, from its title, else from its key.
fn split_name<'a>(lowering: &Lowering<'a>, key: &str) -> Option<(String, &'a str)> {
    let schema = lowering.components[key].schema.as_item()?;
    let title = schema.schema_data.title.as_deref().unwrap_or_default();
    if let Some((name, rest)) = title.split_once('[')
        && let Some(argument) = rest.strip_suffix(']')
    {
        return Some((name.to_owned(), find_argument(lowering, argument)?));
    }
    let body = key.strip_suffix('_')?;
    body.match_indices('_').find_map(|(index, _)| {
        let (argument, _) = lowering.components.get_key_value(&body[index + 1..])?;
        Some((body[..index].to_owned(), *argument))
    })
}

/// The component with this key, else the only one with this title.
fn find_argument<'a>(lowering: &Lowering<'a>, name: &str) -> Option<&'a str> {
    if let Some((key, _)) = lowering.components.get_key_value(name) {
        return Some(key);
    }
    let mut titled = lowering.components.values().filter(|component| {
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
fn shape<'a>(lowering: &Lowering<'a>, key: &str, argument: &str) -> Option<String> {
    let node = lowering.document.get(&lowering.components[key].at)?;
    let mut shape = Shape {
        argument,
        found: false,
        text: String::new(),
    };
    shape.write(node, true);
    shape.found.then_some(shape.text)
}

struct Shape<'a> {
    argument: &'a str,
    found: bool,
    text: String,
}

impl Shape<'_> {
    /// Writes what two instances must share, whatever the order of keys. Prose, titles and
    /// extensions may differ, except where they are names of properties.
    fn write(&mut self, node: &Node, in_schema: bool) {
        match &node.value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.retain(|(key, _)| !(in_schema && is_prose(key)));
                members.sort_by_key(|(key, _)| *key);
                self.text.push('{');
                for (key, member) in members {
                    self.text.push_str(key);
                    self.text.push(':');
                    self.write_member(key, member, in_schema);
                    self.text.push(',');
                }
                self.text.push('}');
            }
            Value::Array(items) => {
                self.text.push('[');
                for item in items {
                    self.write(item, in_schema);
                    self.text.push(',');
                }
                self.text.push(']');
            }
            scalar => self.text.push_str(&format!("{scalar:?}")),
        }
    }

    fn write_member(&mut self, key: &str, member: &Node, in_schema: bool) {
        if key == "$ref"
            && let Value::String(reference) = &member.value
            && component_key(reference).as_deref() == Some(self.argument)
        {
            self.found = true;
            self.text.push('T');
        } else if in_schema && key == "required" {
            let names = member.as_array().unwrap_or_default().iter();
            let names: BTreeSet<&str> = names.filter_map(Node::as_str).collect();
            self.text.push_str(&format!("{names:?}"));
        } else {
            self.write(member, !(in_schema && key == "properties"));
        }
    }
}

fn is_prose(key: &str) -> bool {
    matches!(key, "title" | "description" | "example" | "externalDocs") || key.starts_with("x-")
}
