//! Unions: `anyOf` and `oneOf` of what is not one type in Rust.

use std::collections::BTreeMap;

use openapiv3::{
    AdditionalProperties, Discriminator, ReferenceOr, Schema, SchemaKind, Type as SchemaType,
};

use super::claims::{Claim, Scope};
use super::components::component;
use super::docs;
use super::names::{self, Kind, RUST_NAME, Rename};
use super::references::component_key;
use super::schemas::{SchemaRef, scalar};
use super::types::TypeLowering;
use crate::ir::{Ident, Type, TypeKind, Union, UnionVariant};
use crate::pointer::Pointer;

impl<'a> TypeLowering<'_, 'a> {
    /// A union of the branches at `at`.
    pub(super) fn lower_union(
        &mut self,
        ident: &str,
        branches: &'a [ReferenceOr<Schema>],
        discriminator: Option<&'a Discriminator>,
        at: &Pointer,
    ) -> Option<TypeKind> {
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        for (index, name) in self.branch_names(branches, at).into_iter().enumerate() {
            let (branch, at) = (&branches[index], at.index(index));
            let claim = Claim {
                ident: self.cx.names.ident(Kind::Variant, &name),
                wire_name: &name,
                at: &self.cx.origin(&at),
                rename: Rename::Extension(RUST_NAME),
            };
            let name = scope.claim(self.cx, claim);
            variants.extend(self.lower_variant((ident, name), branch, discriminator, &at));
        }
        if discriminator.is_none() {
            variants.sort_by_key(|(rank, _)| *rank);
        }
        Some(TypeKind::Union(Union {
            discriminator: discriminator.map(|by| by.property_name.clone()),
            variants: variants.into_iter().map(|(_, variant)| variant).collect(),
        }))
    }

    fn lower_variant(
        &mut self,
        (union, ident): (&str, Ident),
        branch: &'a ReferenceOr<Schema>,
        discriminator: Option<&'a Discriminator>,
        at: &Pointer,
    ) -> Option<(u32, UnionVariant)> {
        let hint = self.cx.names.inside(union, names::unescaped(&ident));
        let typed = self.lower_named(branch.into(), at, &hint)?;
        let tags = match (discriminator, branch_reference(branch)) {
            (None, _) => Vec::new(),
            (Some(by), Some(reference)) => tags(by, reference),
            (Some(_), None) => {
                let message = "a discriminator can only choose between schemas that have names";
                let help = "move this branch to `#/components/schemas`, or remove the \
                            discriminator";
                return self.cx.refuse(at, message, help);
            }
        };
        let variant = UnionVariant {
            ident,
            ty: typed.into_type(),
            tags,
            docs: docs::of_node(self.cx.node(at)),
        };
        Some((self.cx.rank(branch.into()), variant))
    }

    /// The names of the branches. A branch without a name is named by its kind; where another
    /// branch has that name, by what it holds, and last by its place: `List`, `ListOfDay`,
    /// `Object2`.
    fn branch_names(&self, branches: &'a [ReferenceOr<Schema>], at: &Pointer) -> Vec<String> {
        let own = branches.iter().enumerate();
        let own = own.map(|(index, branch)| self.own_name(branch.into(), &at.index(index)));
        let own: Vec<Option<String>> = own.collect();
        let kinds = branches.iter().map(|branch| self.kind_name(branch.into()));
        let held = branches.iter().map(|branch| self.held_name(branch.into()));
        let placed = branches.iter().enumerate();
        let placed =
            placed.map(|(index, branch)| format!("{}{}", self.held_name(branch.into()), index + 1));
        let ways: [Vec<String>; 3] = [kinds.collect(), held.collect(), placed.collect()];
        let mut names = own.clone();
        for way in ways {
            let mut counts = BTreeMap::<&String, usize>::new();
            for name in names.iter().flatten() {
                *counts.entry(name).or_default() += 1;
            }
            let next = names.iter().zip(&own).zip(way);
            let next = next.map(|((name, own), other)| {
                let is_only = name
                    .as_ref()
                    .is_some_and(|name| counts.get(name) == Some(&1));
                match is_only || own.is_some() {
                    true => name.clone(),
                    false => Some(other),
                }
            });
            names = next.collect();
        }
        names.into_iter().flatten().collect()
    }

    /// The name that a branch has: that of its component, or its title.
    fn own_name(&self, branch: SchemaRef<'a>, at: &Pointer) -> Option<String> {
        let schema = match branch {
            SchemaRef::Reference(reference) => {
                let component = component(self.components, reference)?;
                return Some(names::unescaped(&component.ident).to_owned());
            }
            SchemaRef::Item(schema) => schema,
        };
        let data = &schema.schema_data;
        let given = self
            .cx
            .given_ident(&data.extensions, RUST_NAME, Kind::Variant, at);
        let title = data.title.as_deref().filter(|title| !title.is_empty());
        let name = given.or_else(|| title.map(|title| self.cx.names.upper_camel(title)));
        name.or_else(|| self.own_name(SchemaRef::Reference(part_reference(schema)?), at))
    }

    /// The name by its kind of a branch without a name.
    fn kind_name(&self, branch: SchemaRef<'a>) -> String {
        let Some(schema) = self.cx.resolve(branch) else {
            return "Any".to_owned();
        };
        let name = match &schema.schema_kind {
            SchemaKind::Type(ty) => return self.type_name(ty),
            SchemaKind::AllOf { .. } => "Object",
            SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. } => "Union",
            SchemaKind::Any(any) if any.properties.is_empty() => "Any",
            SchemaKind::Any(_) => "Object",
            SchemaKind::Not { .. } => "Any",
        };
        name.to_owned()
    }

    fn type_name(&self, ty: &SchemaType) -> String {
        let name = match ty {
            SchemaType::String(string) => match string.enumeration.as_slice() {
                [] => match scalar(ty) {
                    Some(Type::Date) => "Date",
                    Some(Type::DateTime) => "DateTime",
                    Some(Type::Uuid) => "Uuid",
                    Some(Type::File) => "File",
                    _ => "String",
                },
                [Some(only)] => return self.cx.names.variant(only),
                _ => "Enum",
            },
            SchemaType::Integer(integer) if !integer.enumeration.is_empty() => "Enum",
            SchemaType::Number(_) => "Number",
            SchemaType::Integer(_) => "Integer",
            SchemaType::Boolean(_) => "Boolean",
            SchemaType::Array(_) => "List",
            SchemaType::Object(object) if !object.properties.is_empty() => "Object",
            SchemaType::Object(_) => "Map",
        };
        name.to_owned()
    }

    /// The name by its kind, with what a list or a map holds.
    fn held_name(&self, branch: SchemaRef<'a>) -> String {
        let kind = self.kind_name(branch);
        let schema = self.cx.resolve(branch);
        let held = schema.and_then(|schema| match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Array(array)) => array.items.as_ref().map(Into::into),
            SchemaKind::Type(SchemaType::Object(object)) => match &object.additional_properties {
                Some(AdditionalProperties::Schema(schema)) => Some((&**schema).into()),
                Some(AdditionalProperties::Any(_)) | None => None,
            },
            _ => None,
        });
        match held {
            Some(held) => format!("{kind}Of{}", self.name_of_held(held)),
            None => kind,
        }
    }

    fn name_of_held(&self, held: SchemaRef<'a>) -> String {
        let at = Pointer::root();
        let own = self.own_name(held, &at);
        own.unwrap_or_else(|| self.kind_name(held))
    }
}

/// The values of the discriminator that choose a component: those of the mapping in its
/// order, else the component's own key.
pub(super) fn tags(discriminator: &Discriminator, reference: &str) -> Vec<String> {
    let mapping = discriminator.mapping.iter();
    let mapped = mapping.filter(|(_, target)| **target == reference);
    let tags: Vec<String> = mapped.map(|(value, _)| value.clone()).collect();
    match tags.is_empty() {
        true => component_key(reference).into_iter().collect(),
        false => tags,
    }
}

/// The reference that a branch is, with or without words beside it.
fn branch_reference(branch: &ReferenceOr<Schema>) -> Option<&str> {
    match branch {
        ReferenceOr::Reference { reference } => Some(reference),
        ReferenceOr::Item(schema) => part_reference(schema),
    }
}

/// The only reference among the parts of an `allOf`: what is beside a union is a part of each of
/// its branches.
fn part_reference(schema: &Schema) -> Option<&str> {
    let parts = match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => all_of,
        SchemaKind::Any(any) => &any.all_of,
        _ => return None,
    };
    let mut references = parts.iter().filter_map(|part| match part {
        ReferenceOr::Reference { reference } => Some(reference.as_str()),
        ReferenceOr::Item(_) => None,
    });
    references.next().filter(|_| references.next().is_none())
}
