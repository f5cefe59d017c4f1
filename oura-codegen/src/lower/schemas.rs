//! What a schema is, before it has a name in Rust.
//!
//! Input: schemas of the spec. Output: what a reference leads to, which schemas become types
//! with names, which branches of `anyOf` and `oneOf` are one type.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashSet};
use std::ptr;

use openapiv3::{
    AdditionalProperties, IntegerFormat, NumberFormat, ReferenceOr, Schema, SchemaData, SchemaKind,
    StringFormat, Type as SchemaType, VariantOrUnknownOrEmpty as Format,
};

use super::context::Context;
use super::references::component_key;
use crate::document::DEPTH_LIMIT;
use crate::ir::Type;

/// A schema or a reference to one, boxed or not.
#[derive(Clone, Copy)]
pub(super) enum SchemaRef<'a> {
    Reference(&'a str),
    Item(&'a Schema),
}

impl<'a> SchemaRef<'a> {
    /// What a schema that is written in place says beside its kind.
    pub(super) fn data(self) -> Option<&'a SchemaData> {
        match self {
            Self::Item(schema) => Some(&schema.schema_data),
            Self::Reference(_) => None,
        }
    }
}

impl<'a, S: Borrow<Schema>> From<&'a ReferenceOr<S>> for SchemaRef<'a> {
    fn from(schema: &'a ReferenceOr<S>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Item(schema.borrow()),
        }
    }
}

/// The Rust type of several branches that are one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collapse {
    /// A date or a date with time.
    DateOrDateTime,
    /// The type of this branch.
    Branch(usize),
}

impl<'a> Context<'a> {
    /// The schema that a chain of references, and `allOf` of one, leads to.
    pub(super) fn resolve(&self, schema: SchemaRef<'a>) -> Option<&'a Schema> {
        let mut schema = schema;
        // Normalization has refused what nests deeper.
        for _ in 0..=DEPTH_LIMIT + 1 {
            schema = match schema {
                SchemaRef::Reference(reference) => {
                    let key = component_key(reference)?;
                    let components = self.openapi.components.as_ref()?;
                    components.schemas.get(&key)?.into()
                }
                SchemaRef::Item(item) => match only_part(item) {
                    Some(part) => part.into(),
                    None => return Some(item),
                },
            };
        }
        None
    }

    /// Whether a schema becomes a type with a name, wherever it is.
    pub(super) fn is_type(&self, schema: &'a Schema) -> bool {
        if only_part(schema).is_some() {
            return false;
        }
        match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Object(object)) => {
                !object.properties.is_empty()
                    || matches!(
                        object.additional_properties,
                        Some(AdditionalProperties::Any(false))
                    )
            }
            SchemaKind::Type(SchemaType::String(string)) => !string.enumeration.is_empty(),
            SchemaKind::Type(SchemaType::Integer(integer)) => !integer.enumeration.is_empty(),
            SchemaKind::Type(_) => false,
            SchemaKind::AllOf { all_of } => !all_of.is_empty(),
            SchemaKind::OneOf { one_of: branches } | SchemaKind::AnyOf { any_of: branches } => {
                self.collapse(branches).is_none()
            }
            SchemaKind::Any(any) => !any.properties.is_empty() || !any.all_of.is_empty(),
            SchemaKind::Not { .. } => false,
        }
    }

    /// The documents of a page: an object with the two properties that the policy names.
    fn page_items(&self, schema: &'a Schema) -> Option<SchemaRef<'a>> {
        let page = self.policy.page.as_ref()?;
        let SchemaKind::Type(SchemaType::Object(object)) = &schema.schema_kind else {
            return None;
        };
        let items = object.properties.get(page.items)?;
        let has_cursor = object.properties.contains_key(page.cursor);
        has_cursor.then(|| items.into())
    }

    /// Whether a schema is a page whose documents are free-form objects.
    pub(super) fn is_dictionary(&self, schema: &'a Schema) -> bool {
        let Some(SchemaRef::Item(items)) = self.page_items(schema) else {
            return false;
        };
        let SchemaKind::Type(SchemaType::Array(array)) = &items.schema_kind else {
            return false;
        };
        matches!(&array.items, Some(ReferenceOr::Item(item)) if is_free_form(item))
    }

    /// Whether a schema is a list or a page.
    pub(super) fn is_list(&self, schema: SchemaRef<'a>) -> bool {
        let Some(schema) = self.resolve(schema) else {
            return false;
        };
        match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Array(_)) => true,
            SchemaKind::AnyOf { any_of: branches } | SchemaKind::OneOf { one_of: branches } => {
                match self.collapse(branches) {
                    Some(Collapse::Branch(index)) => self.is_list((&branches[index]).into()),
                    Some(Collapse::DateOrDateTime) | None => false,
                }
            }
            _ => self.page_items(schema).is_some(),
        }
    }

    /// The type that the branches collapse to; `None` when they are a union.
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

    /// Of a typed page and the same page of free-form objects, the typed one. The free-form page
    /// accepts whatever the typed one does not, so trying both would turn a failure to decode
    /// into a dictionary.
    fn typed_page(&self, branches: &'a [ReferenceOr<Schema>]) -> Option<usize> {
        let is_free = |schema: &&'a Schema| self.is_dictionary(schema);
        let schemas = branches.iter().map(|branch| self.resolve(branch.into()));
        let mut typed = schemas
            .enumerate()
            .filter(|(_, schema)| !schema.as_ref().is_some_and(is_free));
        match (typed.next(), typed.next()) {
            (Some((index, only)), None) => self.page_items(only?).map(|_| index),
            _ => None,
        }
    }

    /// Of branches that are all strings: the one open enum among them, which takes any string
    /// and knows some, else the first. Several enums know different values, so that they are a
    /// union.
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
            SchemaKind::Type(SchemaType::String(string)) if !string.enumeration.is_empty() => {
                Some(Type::String)
            }
            SchemaKind::Type(SchemaType::Integer(integer)) if !integer.enumeration.is_empty() => {
                None
            }
            SchemaKind::Type(ty) => scalar(ty),
            _ => None,
        }
    }

    /// The names that an object requires, those of its parts included.
    fn required_names(&self, schema: &'a Schema) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        let mut open = vec![schema];
        // A part that several parts have is visited once.
        let mut seen = HashSet::new();
        while let Some(schema) = open.pop() {
            if !seen.insert(ptr::from_ref(schema)) {
                continue;
            }
            let (required, parts): (&[String], &[_]) = match &schema.schema_kind {
                SchemaKind::Type(SchemaType::Object(object)) => (&object.required, &[]),
                SchemaKind::AllOf { all_of } => (&[], all_of),
                SchemaKind::Any(any) => (&any.required, &any.all_of),
                _ => continue,
            };
            names.extend(required.iter().map(String::as_str));
            let parts = parts.iter();
            open.extend(parts.filter_map(|part| self.resolve(part.into())));
        }
        names
    }

    /// The rank of a variant, in the order in which they are tried: a type that accepts more comes
    /// behind one that accepts less. Structs with more required fields come first.
    pub(super) fn rank(&self, branch: SchemaRef<'a>) -> u32 {
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
            SchemaKind::OneOf { .. } | SchemaKind::AnyOf { .. } => 600,
            SchemaKind::Not { .. } => LAST,
            SchemaKind::Any(any) if any.properties.is_empty() && any.all_of.is_empty() => LAST,
            SchemaKind::Type(SchemaType::Object(_))
            | SchemaKind::AllOf { .. }
            | SchemaKind::Any(_) => {
                let required = self.required_names(schema).len();
                500 - u32::try_from(required.min(400)).unwrap_or(400)
            }
        }
    }
}

/// The schema that this one is, with words and constraints beside it: the only part of an
/// `allOf` beside which nothing says what a value consists of.
pub(super) fn only_part(schema: &Schema) -> Option<&ReferenceOr<Schema>> {
    let parts = match &schema.schema_kind {
        SchemaKind::AllOf { all_of } => all_of,
        SchemaKind::Any(any)
            if any.typ.is_none()
                && any.properties.is_empty()
                && any.required.is_empty()
                && any.additional_properties.is_none()
                && any.items.is_none()
                && any.one_of.is_empty()
                && any.any_of.is_empty() =>
        {
            &any.all_of
        }
        _ => return None,
    };
    match parts.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// Whether a schema that is written in place allows null.
pub(super) fn is_nullable(schema: &ReferenceOr<Schema>) -> bool {
    matches!(schema, ReferenceOr::Item(schema) if schema.schema_data.nullable)
}

/// The type of a scalar by its format. Formats without a Rust type stay what
/// they are formats of; the docs and the facts name them.
pub(super) fn scalar(ty: &SchemaType) -> Option<Type> {
    match ty {
        SchemaType::String(string) => Some(match &string.format {
            Format::Item(StringFormat::Date) => Type::Date,
            Format::Item(StringFormat::DateTime) => Type::DateTime,
            Format::Unknown(format) if format == "uuid" || format == "uuid4" => Type::Uuid,
            Format::Item(StringFormat::Binary) => Type::File,
            Format::Item(_) | Format::Unknown(_) | Format::Empty => Type::String,
        }),
        SchemaType::Number(number) => Some(match number.format {
            Format::Item(NumberFormat::Float) => Type::F32,
            Format::Item(NumberFormat::Double) | Format::Unknown(_) | Format::Empty => Type::F64,
        }),
        SchemaType::Integer(integer) => Some(match &integer.format {
            Format::Item(IntegerFormat::Int32) => Type::I32,
            Format::Unknown(format) if format == "uint32" => Type::U32,
            Format::Unknown(format) if format == "uint64" => Type::U64,
            Format::Item(IntegerFormat::Int64) | Format::Unknown(_) | Format::Empty => Type::I64,
        }),
        SchemaType::Boolean(_) => Some(Type::Bool),
        SchemaType::Array(_) | SchemaType::Object(_) => None,
    }
}

/// Whether a schema is an object that names no properties and types no values.
fn is_free_form(schema: &Schema) -> bool {
    match &schema.schema_kind {
        SchemaKind::Type(SchemaType::Object(object)) => {
            object.properties.is_empty()
                && matches!(
                    object.additional_properties,
                    None | Some(AdditionalProperties::Any(true))
                )
        }
        _ => false,
    }
}
