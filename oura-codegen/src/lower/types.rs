//! Schemas in use: which Rust type stands for a schema at one place.
//!
//! Input: a schema and a name for the case that it needs a type of its own. Output: a
//! [`Type`] and whether null is allowed. Types of their own are defined on the way.

use openapiv3::{
    AdditionalProperties, AnySchema, ArrayType, IntegerFormat, NumberFormat, ObjectType,
    ReferenceOr, Schema, SchemaKind, StringFormat, StringType, Type as SchemaType,
    VariantOrUnknownOrEmpty as Format,
};

use super::Lowering;
use super::components::{Class, component_key};
use super::names::{self, RUST_NAME};
use super::unions::Collapse;
use crate::error::Error;
use crate::ir::Type;
use crate::pointer::Pointer;

/// The extension of a schema of times that are in UTC, so that an offset which the server
/// leaves out is known.
pub(super) const RUST_UTC: &str = "x-rust-utc";

/// A schema or a reference to one, boxed or not.
#[derive(Clone, Copy)]
pub(super) enum SchemaRef<'a> {
    Reference(&'a str),
    Item(&'a Schema),
}

/// What stands for a schema at one place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) nullable: bool,
}

impl Typed {
    /// The type, an `Option` where null is allowed. Any JSON value has null of its own.
    pub(super) fn into_type(self) -> Type {
        optional(self.ty, self.nullable)
    }
}

/// `Option<ty>` when asked for, never an `Option` of an `Option`.
pub(super) fn optional(ty: Type, is_optional: bool) -> Type {
    match ty {
        Type::Option(_) => ty,
        _ if is_optional => Type::Option(Box::new(ty)),
        _ => ty,
    }
}

impl<'a> From<&'a ReferenceOr<Schema>> for SchemaRef<'a> {
    fn from(schema: &'a ReferenceOr<Schema>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Item(schema),
        }
    }
}

impl<'a> From<&'a ReferenceOr<Box<Schema>>> for SchemaRef<'a> {
    fn from(schema: &'a ReferenceOr<Box<Schema>>) -> Self {
        match schema {
            ReferenceOr::Reference { reference } => Self::Reference(reference),
            ReferenceOr::Item(schema) => Self::Item(schema),
        }
    }
}

impl<'a> Lowering<'a> {
    /// The type of a schema at `at`. `hint` names it if it needs a type of its own. `None`
    /// when an error was noted.
    pub(super) fn lower_schema(
        &mut self,
        schema: SchemaRef<'a>,
        at: &Pointer,
        hint: &str,
    ) -> Option<Typed> {
        match schema {
            SchemaRef::Reference(reference) => self.lower_reference(reference, at),
            SchemaRef::Item(schema) => {
                let typed = self.lower_item(schema, at, hint)?;
                Some(Typed {
                    nullable: typed.nullable || schema.schema_data.nullable,
                    ..typed
                })
            }
        }
    }

    fn lower_reference(&mut self, reference: &'a str, at: &Pointer) -> Option<Typed> {
        let key = component_key(reference)?;
        let (key, component) = self.components.get_key_value(key.as_str())?;
        let key = *key;
        if self.parameter == Some(key) {
            return Some(not_null(Type::Parameter));
        }
        let nullable = is_nullable(component.schema);
        match component.class.clone() {
            Class::Type => Some(Typed {
                ty: Type::Named(component.ident.clone()),
                nullable,
            }),
            Class::Dictionary => {
                self.free_pages.push(key);
                Some(Typed {
                    ty: Type::Named(component.ident.clone()),
                    nullable,
                })
            }
            Class::Instance { generic, argument } => {
                let argument = self.components[argument].key;
                let argument = self.lower_component(argument, at)?.into_type();
                Some(Typed {
                    ty: Type::Generic(generic, Box::new(argument)),
                    nullable,
                })
            }
            Class::Alias => self.lower_alias(key, at),
        }
    }

    /// The type of a component by its key.
    fn lower_component(&mut self, key: &'a str, at: &Pointer) -> Option<Typed> {
        let component = &self.components[key];
        match component.class.clone() {
            Class::Type | Class::Dictionary => Some(Typed {
                ty: Type::Named(component.ident.clone()),
                nullable: is_nullable(component.schema),
            }),
            Class::Instance { generic, argument } => {
                let argument = self.components[argument].key;
                let argument = self.lower_component(argument, at)?.into_type();
                Some(not_null(Type::Generic(generic, Box::new(argument))))
            }
            Class::Alias => self.lower_alias(key, at),
        }
    }

    /// An alias stands for its schema wherever it is used.
    pub(super) fn lower_alias(&mut self, key: &'a str, at: &Pointer) -> Option<Typed> {
        if let Some(typed) = self.aliases.get(key) {
            return typed.clone();
        }
        if self.inlining.contains(&key) {
            let error = Error::at(
                &self.origin(at),
                format!("`{key}` contains itself, but only objects and unions have a name in Rust by which they can"),
            )
            .help("put what it contains into an object");
            self.errors.push(error);
            return None;
        }
        let component = &self.components[key];
        let (schema, place, hint) = (
            component.schema,
            component.at.clone(),
            component.ident.clone(),
        );
        self.inlining.push(key);
        let typed = self.lower_schema(schema.into(), &place, &hint);
        self.inlining.pop();
        self.aliases.insert(key, typed.clone());
        typed
    }

    fn lower_item(&mut self, schema: &'a Schema, at: &Pointer, hint: &str) -> Option<Typed> {
        if self.is_type(schema) {
            return self.lower_inline_type(schema, at, hint).map(not_null);
        }
        match &schema.schema_kind {
            SchemaKind::Type(ty) => {
                let ty = self.lower_plain(ty, at, hint)?;
                self.lower_utc(ty, schema, at).map(not_null)
            }
            SchemaKind::AllOf { all_of } => match all_of.first() {
                Some(only) => self.lower_schema(only.into(), &at.key("allOf").index(0), hint),
                None => Some(not_null(Type::Json)),
            },
            SchemaKind::OneOf { one_of } => self.lower_collapsed(one_of, &at.key("oneOf"), hint),
            SchemaKind::AnyOf { any_of } => self.lower_collapsed(any_of, &at.key("anyOf"), hint),
            SchemaKind::Not { .. } => Some(not_null(Type::Json)),
            SchemaKind::Any(any) => self.lower_any(any, at),
        }
    }

    /// A time that an overlay says is in UTC.
    fn lower_utc(&mut self, ty: Type, schema: &Schema, at: &Pointer) -> Option<Type> {
        let mark = schema.schema_data.extensions.get(RUST_UTC);
        if mark.is_none_or(|mark| *mark == false) {
            return Some(ty);
        }
        if ty == Type::DateTime {
            return Some(Type::UtcDateTime);
        }
        let message = format!("`{RUST_UTC}` is for strings of the format `date-time`");
        let error = Error::at(&self.origin(&at.key(RUST_UTC)), message);
        self.errors.push(error.help("take it away in the overlay"));
        None
    }

    fn lower_collapsed(
        &mut self,
        branches: &'a [ReferenceOr<Schema>],
        at: &Pointer,
        hint: &str,
    ) -> Option<Typed> {
        let typed = match self.collapse(branches)? {
            Collapse::DateOrDateTime => not_null(Type::DateOrDateTime),
            Collapse::Branch(index) => {
                self.lower_schema((&branches[index]).into(), &at.index(index), hint)?
            }
        };
        // Null may be allowed by a branch that the others swallow.
        let allows_null = |branch| {
            let schema = self.resolve(SchemaRef::from(branch));
            is_nullable(branch) || schema.is_some_and(|schema| schema.schema_data.nullable)
        };
        Some(Typed {
            nullable: typed.nullable || branches.iter().any(allows_null),
            ..typed
        })
    }

    fn lower_inline_type(&mut self, schema: &'a Schema, at: &Pointer, hint: &str) -> Option<Type> {
        let place = at.to_string();
        if let Some(ident) = self.inline_types.get(&place) {
            return Some(Type::Named(ident.clone()));
        }
        let origin = self.origin(at);
        let name = match schema.schema_data.extensions.get(RUST_NAME) {
            Some(value) => self.rust_name_value(value, at)?,
            None => hint.to_owned(),
        };
        let ident = names::type_ident(&name, &origin);
        let ident = self.errors.note(ident)?;
        self.inline_types.insert(place, ident.clone());
        let wire_name = format!("the schema at {}", origin.pointer);
        let taken = self.scope.take(&ident, &wire_name, &origin);
        self.errors.note(taken)?;
        self.define_type(ident.clone(), schema, at, inline_source(&origin.pointer));
        Some(Type::Named(ident))
    }

    fn lower_plain(&mut self, ty: &'a SchemaType, at: &Pointer, hint: &str) -> Option<Type> {
        match ty {
            SchemaType::String(string) => Some(string_type(string)),
            SchemaType::Number(number) => Some(match number.format {
                Format::Item(NumberFormat::Float) => Type::F32,
                _ => Type::F64,
            }),
            SchemaType::Integer(integer) => Some(integer_type(&integer.format)),
            SchemaType::Boolean(_) => Some(Type::Bool),
            SchemaType::Array(array) => self.lower_list(array, at, hint),
            SchemaType::Object(object) => self.lower_map(object, at, hint),
        }
    }

    fn lower_list(&mut self, array: &'a ArrayType, at: &Pointer, hint: &str) -> Option<Type> {
        let item = match &array.items {
            None => Type::Json,
            Some(items) => self
                .lower_schema(items.into(), &at.key("items"), &format!("{hint}Item"))?
                .into_type(),
        };
        Some(Type::List(Box::new(item)))
    }

    fn lower_map(&mut self, object: &'a ObjectType, at: &Pointer, hint: &str) -> Option<Type> {
        let value = match &object.additional_properties {
            Some(AdditionalProperties::Schema(schema)) => {
                let at = at.key("additionalProperties");
                self.lower_schema((&**schema).into(), &at, &format!("{hint}Value"))?
                    .into_type()
            }
            Some(AdditionalProperties::Any(_)) | None => Type::Json,
        };
        Some(Type::Map(Box::new(value)))
    }

    /// A schema without one type: anything, unless it says something that we would lose.
    fn lower_any(&mut self, any: &'a AnySchema, at: &Pointer) -> Option<Typed> {
        let mixes = any.typ.is_some() || !any.one_of.is_empty() || !any.any_of.is_empty();
        if mixes {
            let error = Error::at(
                &self.origin(at),
                "a schema that mixes a type with keywords of other types or with `anyOf` or `oneOf` is not supported",
            )
            .help("say it with one of them in the overlay");
            self.errors.push(error);
            return None;
        }
        Some(not_null(Type::Json))
    }

    /// The schema that a chain of references, and `allOf` of one, leads to.
    pub(super) fn resolve(&self, schema: SchemaRef<'a>) -> Option<&'a Schema> {
        let mut schema = schema;
        // Normalization has refused circular references; the bound is for certainty.
        for _ in 0..64 {
            schema = match schema {
                SchemaRef::Reference(reference) => {
                    let key = component_key(reference)?;
                    let components = self.openapi.components.as_ref()?;
                    components.schemas.get(&key)?.into()
                }
                SchemaRef::Item(item) => match &item.schema_kind {
                    SchemaKind::AllOf { all_of } if all_of.len() == 1 => (&all_of[0]).into(),
                    _ => return Some(item),
                },
            };
        }
        None
    }
}

/// The place in the document of a type that is written in place.
fn inline_source(at: &Pointer) -> String {
    format!("Schema at `{at}`.")
}

fn not_null(ty: Type) -> Typed {
    Typed {
        ty,
        nullable: false,
    }
}

fn is_nullable(schema: &ReferenceOr<Schema>) -> bool {
    matches!(schema, ReferenceOr::Item(schema) if schema.schema_data.nullable)
}

/// The type of a string by its format. Formats without a Rust type of their own stay
/// `String`; the docs and the facts name them.
pub(super) fn string_type(string: &StringType) -> Type {
    match &string.format {
        Format::Item(StringFormat::Date) => Type::Date,
        Format::Item(StringFormat::DateTime) => Type::DateTime,
        Format::Item(StringFormat::Password | StringFormat::Byte | StringFormat::Binary) => {
            Type::String
        }
        Format::Unknown(format) if format == "uuid" || format == "uuid4" => Type::Uuid,
        Format::Unknown(_) | Format::Empty => Type::String,
    }
}

pub(super) fn integer_type(format: &Format<IntegerFormat>) -> Type {
    match format {
        Format::Item(IntegerFormat::Int32) => Type::I32,
        Format::Unknown(format) if format == "uint32" => Type::U32,
        Format::Unknown(format) if format == "uint64" => Type::U64,
        Format::Item(IntegerFormat::Int64) | Format::Unknown(_) | Format::Empty => Type::I64,
    }
}
