//! `anyOf` and `oneOf`: which of them are one type in Rust, and which are a union.

use std::collections::BTreeSet;

use openapiv3::{
    Discriminator, ReferenceOr, Schema, SchemaKind, StringFormat, Type as SchemaType,
    VariantOrUnknownOrEmpty as Format,
};

use super::Lowering;
use super::components::component_key;
use super::docs;
use super::names::{self, Scope};
use super::types::{SchemaRef, integer_type, string_type};
use crate::error::Error;
use crate::ir::{Type, TypeKind, Union, UnionVariant};
use crate::pointer::Pointer;

/// What several branches come down to when they are one type in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collapse {
    /// A date or a date with time.
    DateOrDateTime,
    /// The type of this branch.
    Branch(usize),
}

impl<'a> Lowering<'a> {
    /// What the branches come down to; `None` when they are a union.
    pub(super) fn collapse(&self, branches: &'a [ReferenceOr<Schema>]) -> Option<Collapse> {
        if branches.len() == 1 {
            return Some(Collapse::Branch(0));
        }
        if let Some(index) = self.typed_page(branches) {
            return Some(Collapse::Branch(index));
        }
        let types: Vec<Option<Type>> = branches
            .iter()
            .map(|branch| self.scalar_type(branch.into()))
            .collect();
        let is = |wanted: Type| types.contains(&Some(wanted));
        if types.len() == 2 && is(Type::Date) && is(Type::DateTime) {
            return Some(Collapse::DateOrDateTime);
        }
        if types.iter().all(|ty| *ty == Some(Type::String)) {
            return self.string_branch(branches).map(Collapse::Branch);
        }
        let first = types.first()?.as_ref()?;
        let same = types.iter().all(|ty| ty.as_ref() == Some(first));
        same.then_some(Collapse::Branch(0))
    }

    /// Of a typed page and the same page of free-form objects, the typed one. The free one
    /// accepts whatever the typed one does not, so trying both would turn a failure to
    /// decode into a dictionary.
    fn typed_page(&self, branches: &'a [ReferenceOr<Schema>]) -> Option<usize> {
        let is_free = |branch: &'a ReferenceOr<Schema>| {
            self.resolve(branch.into())
                .is_some_and(|schema| self.is_dictionary(schema))
        };
        let page = self.policy.page.as_ref()?;
        let is_page = |branch: &'a ReferenceOr<Schema>| {
            let schema = self.resolve(branch.into());
            matches!(
                schema.map(|schema| &schema.schema_kind),
                Some(SchemaKind::Type(SchemaType::Object(object)))
                    if object.properties.contains_key(page.items)
                        && object.properties.contains_key(page.cursor)
            )
        };
        let mut typed = (0..branches.len()).filter(|index| !is_free(&branches[*index]));
        match (typed.next(), typed.next()) {
            (Some(only), None) => is_page(&branches[only]).then_some(only),
            _ => None,
        }
    }

    /// Of branches that are all strings: the one open enum among them, which takes any string
    /// and knows some, else the first. Of several enums each knows something else, so that
    /// they are a union.
    fn string_branch(&self, branches: &'a [ReferenceOr<Schema>]) -> Option<usize> {
        let is_enum = |index: &usize| {
            let schema = self.resolve((&branches[*index]).into());
            schema.is_some_and(|schema| self.is_type(schema))
        };
        let mut enums = (0..branches.len()).filter(is_enum);
        match (enums.next(), enums.next()) {
            (None, _) => Some(0),
            (Some(only), None) => Some(only),
            (Some(_), Some(_)) => None,
        }
    }

    /// The type of a scalar, an enum counting as what it is made of; `None` for the rest.
    fn scalar_type(&self, schema: SchemaRef<'a>) -> Option<Type> {
        match &self.resolve(schema)?.schema_kind {
            SchemaKind::Type(SchemaType::String(string)) if string.enumeration.is_empty() => {
                Some(string_type(string))
            }
            SchemaKind::Type(SchemaType::String(_)) => Some(Type::String),
            SchemaKind::Type(SchemaType::Integer(integer)) if integer.enumeration.is_empty() => {
                Some(integer_type(&integer.format))
            }
            SchemaKind::Type(SchemaType::Number(number)) => Some(match number.format {
                Format::Item(openapiv3::NumberFormat::Float) => Type::F32,
                _ => Type::F64,
            }),
            SchemaKind::Type(SchemaType::Boolean(_)) => Some(Type::Bool),
            _ => None,
        }
    }

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
            let origin = self.origin(&at);
            let taken = scope.take(&variant.1.ident, &variant.1.ident, &origin);
            if self.errors.note(taken).is_some() {
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
                let error = Error::at(
                    &self.origin(at),
                    "a discriminator can only choose between schemas that have names",
                )
                .help("move this branch to `#/components/schemas`, or remove the discriminator");
                self.errors.push(error);
                return None;
            }
        };
        let origin = self.origin(at);
        let ident = names::variant_ident(&name, &name, &origin);
        let variant = UnionVariant {
            ident: self.errors.note(ident)?,
            ty: typed.into_type(),
            tags,
            docs: docs::of_node(self.document.get(at)),
        };
        Some((self.rank(branch.into()), variant))
    }

    /// The name of a branch: of its component, its title, or what a scalar is called.
    fn variant_name(&mut self, branch: SchemaRef<'a>, at: &Pointer) -> Option<String> {
        match branch {
            SchemaRef::Reference(reference) => {
                let component = self.component(reference)?;
                Some(component.ident.clone())
            }
            SchemaRef::Item(schema) => {
                if let Some(value) = schema.schema_data.extensions.get(names::RUST_NAME) {
                    return self.rust_name_value(value, at);
                }
                let title = schema.schema_data.title.as_deref().unwrap_or_default();
                if !title.is_empty() {
                    return Some(self.names.upper_camel(title));
                }
                if let Some(name) = kind_name(schema) {
                    return Some(name.to_owned());
                }
                if let SchemaKind::AllOf { all_of } = &schema.schema_kind
                    && let [only] = all_of.as_slice()
                {
                    return self.variant_name(only.into(), at);
                }
                let error = Error::at(&self.origin(at), "a branch of a union needs a name")
                    .help("give it a `title` or an `x-rust-name` in the overlay");
                self.errors.push(error);
                None
            }
        }
    }

    /// The names that an object requires, those of its parts included.
    fn required_names(&self, schema: &'a Schema, depth: usize) -> BTreeSet<&'a str> {
        // Normalization has refused parts that contain themselves; the bound is for certainty.
        let parts = match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Object(object)) => {
                return object.required.iter().map(String::as_str).collect();
            }
            SchemaKind::AllOf { all_of } if depth < 64 => all_of,
            _ => return BTreeSet::new(),
        };
        let parts = parts.iter().filter_map(|part| self.resolve(part.into()));
        parts
            .flat_map(|part| self.required_names(part, depth + 1))
            .collect()
    }

    /// Where a variant is tried: a type that accepts more comes behind one that accepts
    /// less. Structs with more required fields come first.
    fn rank(&self, branch: SchemaRef<'a>) -> u32 {
        const LAST: u32 = 1000;
        let Some(schema) = self.resolve(branch) else {
            return LAST;
        };
        match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Boolean(_)) => 0,
            SchemaKind::Type(SchemaType::Integer(_)) => 1,
            SchemaKind::Type(SchemaType::Number(_)) => 2,
            SchemaKind::Type(SchemaType::String(string)) => match &string.format {
                Format::Item(StringFormat::Date | StringFormat::DateTime) => 3,
                Format::Unknown(_) => 4,
                _ => 5,
            },
            SchemaKind::Type(SchemaType::Array(_)) => 6,
            SchemaKind::Type(SchemaType::Object(object)) if object.properties.is_empty() => 550,
            SchemaKind::Type(SchemaType::Object(_)) | SchemaKind::AllOf { .. } => {
                let required = self.required_names(schema, 0).len();
                500 - u32::try_from(required.min(400)).unwrap_or(400)
            }
            SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. } => 600,
            SchemaKind::Any(_) | SchemaKind::Not { .. } => LAST,
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

fn kind_name(schema: &Schema) -> Option<&'static str> {
    match &schema.schema_kind {
        SchemaKind::Type(SchemaType::String(string)) if string.enumeration.is_empty() => {
            Some(match string_type(string) {
                Type::Date => "Date",
                Type::DateTime => "DateTime",
                Type::Uuid => "Uuid",
                _ => "String",
            })
        }
        SchemaKind::Type(SchemaType::Number(_)) => Some("Number"),
        SchemaKind::Type(SchemaType::Integer(integer)) if integer.enumeration.is_empty() => {
            Some("Integer")
        }
        SchemaKind::Type(SchemaType::Boolean(_)) => Some("Boolean"),
        SchemaKind::Type(SchemaType::Array(_)) => Some("List"),
        SchemaKind::Type(SchemaType::Object(object)) if object.properties.is_empty() => Some("Map"),
        _ => None,
    }
}
