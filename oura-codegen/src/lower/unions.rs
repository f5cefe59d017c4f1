//! Unions: `anyOf` and `oneOf` of what is not one type in Rust.

use openapiv3::{Discriminator, ReferenceOr, Schema, SchemaKind, Type as SchemaType};

use super::components::component;
use super::docs;
use super::names::{RUST_NAME, Scope, variant_ident};
use super::references::component_key;
use super::schemas::{SchemaRef, scalar};
use super::types::TypeLowering;
use crate::ir::{Type, TypeKind, Union, UnionVariant};
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
        for (index, branch) in branches.iter().enumerate() {
            let at = at.index(index);
            let Some(variant) = self.lower_variant(ident, branch, discriminator, &at) else {
                continue;
            };
            let origin = self.cx.origin(&at);
            let taken = scope.take(&variant.1.ident, &variant.1.ident, &origin);
            if self.cx.note(taken).is_some() {
                variants.push(variant);
            }
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
        union: &str,
        branch: &'a ReferenceOr<Schema>,
        discriminator: Option<&'a Discriminator>,
        at: &Pointer,
    ) -> Option<(u32, UnionVariant)> {
        let name = self.variant_name(branch.into(), at)?;
        let typed = self.lower_schema(branch.into(), at, &format!("{union}{name}"))?;
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
        let origin = self.cx.origin(at);
        let ident = variant_ident(&name, &name, &origin);
        let variant = UnionVariant {
            ident: self.cx.note(ident)?,
            ty: typed.into_type(),
            tags,
            docs: docs::of_node(self.cx.node(at)),
        };
        Some((self.cx.rank(branch.into()), variant))
    }

    /// The name of a branch: of its component, its title, or what a scalar is called.
    fn variant_name(&mut self, branch: SchemaRef<'a>, at: &Pointer) -> Option<String> {
        match branch {
            SchemaRef::Reference(reference) => {
                let component = component(self.components, reference)?;
                Some(component.ident.clone())
            }
            SchemaRef::Item(schema) => {
                if let Some(value) = schema.schema_data.extensions.get(RUST_NAME) {
                    return self.cx.rust_name(value, at);
                }
                let title = schema.schema_data.title.as_deref().unwrap_or_default();
                if !title.is_empty() {
                    return Some(self.cx.names.upper_camel(title));
                }
                if let Some(name) = kind_name(schema) {
                    return Some(name.to_owned());
                }
                if let SchemaKind::AllOf { all_of } = &schema.schema_kind
                    && let [only] = all_of.as_slice()
                {
                    return self.variant_name(only.into(), at);
                }
                let help = "give it a `title` or an `x-rust-name` in the overlay";
                self.cx.refuse(at, "a branch of a union needs a name", help)
            }
        }
    }
}

/// The values of the discriminator that choose a component: those of the mapping in its
/// order, else the component's own key.
fn tags(discriminator: &Discriminator, reference: &str) -> Vec<String> {
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
        ReferenceOr::Item(schema) => match &schema.schema_kind {
            SchemaKind::AllOf { all_of } => match all_of.as_slice() {
                [ReferenceOr::Reference { reference }] => Some(reference),
                _ => None,
            },
            _ => None,
        },
    }
}

/// What a branch without a name is called by its type.
fn kind_name(schema: &Schema) -> Option<&'static str> {
    let SchemaKind::Type(ty) = &schema.schema_kind else {
        return None;
    };
    match ty {
        SchemaType::String(string) if !string.enumeration.is_empty() => None,
        SchemaType::Integer(integer) if !integer.enumeration.is_empty() => None,
        SchemaType::Object(object) if !object.properties.is_empty() => None,
        SchemaType::String(_) => Some(match scalar(ty) {
            Some(Type::Date) => "Date",
            Some(Type::DateTime) => "DateTime",
            Some(Type::Uuid) => "Uuid",
            _ => "String",
        }),
        SchemaType::Number(_) => Some("Number"),
        SchemaType::Integer(_) => Some("Integer"),
        SchemaType::Boolean(_) => Some("Boolean"),
        SchemaType::Array(_) => Some("List"),
        SchemaType::Object(_) => Some("Map"),
    }
}
