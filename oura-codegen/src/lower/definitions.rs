//! Types of their own: structs and enums.
//!
//! Input: a schema that [`Context::is_type`](super::context::Context::is_type) and its Rust
//! name. Output: a [`TypeDef`] in [`TypeLowering::types`]. Invariant: fields and variants keep
//! the spec's order.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use openapiv3::{
    AdditionalProperties, AnySchema, ReferenceOr, Schema, SchemaKind, StringFormat,
    Type as SchemaType, VariantOrUnknownOrEmpty,
};

use super::docs;
use super::names::{self, Scope};
use super::references::{component_key, schema_place};
use super::schemas::SchemaRef;
use super::series::MarkedObject;
use super::types::TypeLowering;
use crate::document::{Node, Value};
use crate::error::Error;
use crate::ir::{
    Docs, Field, Ident, IntegerEnum, IntegerVariant, Page, StringEnum, StringVariant, Struct, Type,
    TypeDef, TypeKind,
};
use crate::pointer::Pointer;

/// The extension that names the variants of an enum: an object from value to name.
pub(super) const RUST_NAMES: &str = "x-rust-names";

/// The field of the properties that the document does not name.
const ADDITIONAL: &str = "additional_properties";

/// The properties of an object, those of its `allOf` parts included.
#[derive(Default)]
struct Parts<'a> {
    properties: IndexMap<&'a str, Property<'a>>,
    required: BTreeSet<&'a str>,
    additional: Option<(SchemaRef<'a>, Pointer)>,
    /// The places of the schemas.
    places: Vec<Pointer>,
}

struct Property<'a> {
    schema: SchemaRef<'a>,
    at: Pointer,
}

impl<'a> TypeLowering<'_, 'a> {
    /// Defines the type `ident` from the schema at `at`. `source` says where it is from.
    pub(super) fn define_type(
        &mut self,
        ident: Ident,
        schema: &'a Schema,
        at: &Pointer,
        source: String,
    ) {
        let Some(kind) = self.lower_kind(&ident, schema, at) else {
            return;
        };
        let docs = Docs {
            source,
            ..docs::of_node(self.cx.node(at))
        };
        let definition = TypeDef {
            ident,
            docs,
            deprecated: schema.schema_data.deprecated,
            origin: self.cx.origin(at),
            kind,
        };
        self.add(definition);
    }

    fn lower_kind(&mut self, ident: &str, schema: &'a Schema, at: &Pointer) -> Option<TypeKind> {
        match &schema.schema_kind {
            SchemaKind::Type(SchemaType::String(_)) => self.lower_string_enum(at),
            SchemaKind::Type(SchemaType::Integer(_)) => self.lower_integer_enum(at),
            SchemaKind::OneOf { one_of: branches } => {
                let by = schema.schema_data.discriminator.as_ref();
                self.lower_union(ident, branches, by, &at.key("oneOf"))
            }
            SchemaKind::AnyOf { any_of: branches } => {
                let by = schema.schema_data.discriminator.as_ref();
                self.lower_union(ident, branches, by, &at.key("anyOf"))
            }
            SchemaKind::Any(any) if any.properties.is_empty() && any.all_of.is_empty() => {
                self.lower_string_enum(at)
            }
            _ => self.lower_struct(ident, schema, at),
        }
    }

    fn lower_struct(&mut self, ident: &str, schema: &'a Schema, at: &Pointer) -> Option<TypeKind> {
        if schema.schema_data.discriminator.is_some() {
            let message = "a discriminator of an object is not supported";
            let help = "say it as `oneOf` with a discriminator, or remove it in the overlay";
            self.cx.report(&at.key("discriminator"), message, help);
        }
        let mut parts = Parts::default();
        let complete = self.collect_parts(schema, at, &mut parts, &mut Vec::new());
        let mut scope = Scope::default();
        let mut fields = Vec::new();
        for (wire_name, property) in &parts.properties {
            let required = parts.required.contains(wire_name);
            if let Some(field) = self.lower_field(ident, wire_name, property, required) {
                let origin = self.cx.origin(&property.at);
                let taken = scope.take(&field.ident, wire_name, &origin);
                self.cx.note(taken);
                fields.push(field);
            }
        }
        self.check_required(&parts, at);
        let additional = self.lower_additional(ident, &parts, &mut scope);
        let properties = parts.properties.iter().map(|(name, one)| (*name, &one.at));
        let object = MarkedObject {
            ident,
            fields: &fields,
            properties: properties.collect(),
        };
        let series = self.lower_series(&parts.places, &object);
        complete.then(|| {
            TypeKind::Struct(Struct {
                generic: self.parameter.is_some(),
                page: self.find_page(&fields),
                fields,
                additional,
                in_request: false,
                series,
            })
        })
    }

    /// Gathers properties through `allOf`. `false` when an error was noted.
    fn collect_parts(
        &mut self,
        schema: &'a Schema,
        at: &Pointer,
        parts: &mut Parts<'a>,
        open: &mut Vec<&'a Schema>,
    ) -> bool {
        if open.iter().any(|other| std::ptr::eq(*other, schema)) {
            let error = Error::at(&self.cx.origin(at), "an `allOf` contains itself");
            self.cx.push(error);
            return false;
        }
        open.push(schema);
        parts.places.push(at.clone());
        let complete = match &schema.schema_kind {
            SchemaKind::Type(SchemaType::Object(object)) => {
                let additional = object.additional_properties.as_ref();
                self.collect_members(&object.properties, &object.required, additional, at, parts)
            }
            SchemaKind::AllOf { all_of } => self.collect_all_of(all_of, at, parts, open),
            SchemaKind::Any(any) if is_object_like(any) => {
                let complete = self.collect_all_of(&any.all_of, at, parts, open);
                let additional = any.additional_properties.as_ref();
                self.collect_members(&any.properties, &any.required, additional, at, parts)
                    && complete
            }
            _ => {
                let message = "`allOf` of several schemas is supported for objects only";
                let help = "say it with one schema in the overlay";
                self.cx.report(at, message, help);
                false
            }
        };
        open.pop();
        complete
    }

    fn collect_all_of(
        &mut self,
        all_of: &'a [ReferenceOr<Schema>],
        at: &Pointer,
        parts: &mut Parts<'a>,
        open: &mut Vec<&'a Schema>,
    ) -> bool {
        let mut complete = true;
        for (index, part) in all_of.iter().enumerate() {
            let place = match part {
                ReferenceOr::Item(_) => at.key("allOf").index(index),
                ReferenceOr::Reference { reference } => {
                    schema_place(&component_key(reference).unwrap_or_default())
                }
            };
            if let Some(schema) = self.cx.resolve(part.into()) {
                complete &= self.collect_parts(schema, &place, parts, open);
            }
        }
        complete
    }

    fn collect_members(
        &mut self,
        properties: &'a IndexMap<String, ReferenceOr<Box<Schema>>>,
        required: &'a [String],
        additional: Option<&'a AdditionalProperties>,
        at: &Pointer,
        parts: &mut Parts<'a>,
    ) -> bool {
        let mut complete = true;
        for (wire_name, schema) in properties {
            let property = Property {
                schema: schema.into(),
                at: at.keys(&["properties", wire_name]),
            };
            if let Some(first) = parts.properties.get(wire_name.as_str()) {
                complete &= self.check_same(wire_name, &first.at, &property.at);
            } else {
                parts.properties.insert(wire_name, property);
            }
        }
        parts.required.extend(required.iter().map(String::as_str));
        if let Some(AdditionalProperties::Schema(schema)) = additional {
            let place = at.key("additionalProperties");
            parts.additional = Some(((&**schema).into(), place));
        }
        complete
    }

    /// A property that two parts of an `allOf` name must mean the same in both.
    fn check_same(&self, wire_name: &str, first: &Pointer, second: &Pointer) -> bool {
        if let (Some(one), Some(other)) = (self.cx.node(first), self.cx.node(second))
            && one == other
        {
            return true;
        }
        let error = Error::at(
            &self.cx.origin(second),
            format!("two parts of an `allOf` define the property `{wire_name}` differently"),
        )
        .other(&self.cx.origin(first))
        .help("keep one of them in the overlay");
        self.cx.push(error);
        false
    }

    /// A required property must be defined somewhere.
    fn check_required(&mut self, parts: &Parts<'a>, at: &Pointer) {
        let list = at.key("required");
        let names = self.cx.node(&list).and_then(Node::as_array);
        for wire_name in &parts.required {
            if !parts.properties.contains_key(wire_name) {
                let is_it = |name: &Node| name.as_str() == Some(wire_name);
                let index = names.and_then(|names| names.iter().position(is_it));
                let at = index.map_or_else(|| list.clone(), |index| list.index(index));
                let message = format!("the property `{wire_name}` is required but not defined");
                let help = "define it or take it out of `required` in the overlay";
                self.cx.report(&at, message, help);
            }
        }
    }

    fn lower_field(
        &mut self,
        parent: &str,
        wire_name: &str,
        property: &Property<'a>,
        required: bool,
    ) -> Option<Field> {
        let origin = self.cx.origin(&property.at);
        let hint = format!("{parent}{}", self.cx.names.upper_camel(wire_name));
        let typed = self.lower_schema(property.schema, &property.at, &hint);
        let data = match property.schema {
            SchemaRef::Item(schema) => Some(&schema.schema_data),
            SchemaRef::Reference(_) => None,
        };
        let name = match data.and_then(|data| data.extensions.get(names::RUST_NAME)) {
            Some(value) if !self.is_inline_type(property.schema) => {
                self.cx.rust_name(value, &property.at)?
            }
            _ => self.cx.names.snake(wire_name),
        };
        let ident = self.cx.note(names::field_ident(&name, &origin))?;
        let ty = typed?.into_type();
        Some(Field {
            wire_name: wire_name.to_owned(),
            ident,
            ty: if required { ty } else { ty.optional() },
            required,
            read_only: data.is_some_and(|data| data.read_only),
            write_only: data.is_some_and(|data| data.write_only),
            secret: self.is_secret(property.schema),
            deprecated: data.is_some_and(|data| data.deprecated),
            docs: docs::of_node(self.cx.node(&property.at)),
        })
    }

    /// Whether the document wants the text hidden from those who look on.
    fn is_secret(&self, schema: SchemaRef<'a>) -> bool {
        let kind = self.cx.resolve(schema).map(|schema| &schema.schema_kind);
        let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
        matches!(kind, Some(SchemaKind::Type(SchemaType::String(text))) if text.format == password)
    }

    /// Whether an `x-rust-name` beside this schema names a type, not the field.
    fn is_inline_type(&self, schema: SchemaRef<'a>) -> bool {
        matches!(schema, SchemaRef::Item(schema) if self.cx.is_type(schema))
    }

    fn lower_additional(
        &mut self,
        ident: &str,
        parts: &Parts<'a>,
        scope: &mut Scope,
    ) -> Option<(Ident, Type)> {
        let (schema, at) = parts.additional.as_ref()?;
        let value = self.lower_schema(*schema, at, &format!("{ident}Value"))?;
        let origin = self.cx.origin(at);
        let taken = scope.take(ADDITIONAL, "additionalProperties", &origin);
        self.cx.note(taken)?;
        Some((ADDITIONAL.to_owned(), value.into_type()))
    }

    /// A struct is a page when the policy's two properties have the types of a page.
    fn find_page(&self, fields: &[Field]) -> Option<Page> {
        let policy = self.cx.policy.page.as_ref()?;
        let find = |name: &str| fields.iter().find(|field| field.wire_name == name);
        let (items, cursor) = (find(policy.items)?, find(policy.cursor)?);
        let is_page =
            matches!(items.ty, Type::List(_)) && cursor.ty == Type::Option(Box::new(Type::String));
        is_page.then(|| Page {
            items: (items.ident.clone(), items.wire_name.clone()),
            cursor: (cursor.ident.clone(), cursor.wire_name.clone()),
        })
    }

    fn lower_string_enum(&mut self, at: &Pointer) -> Option<TypeKind> {
        self.check_value_names(at);
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        for (index, value) in self.enum_values(at) {
            let Value::String(wire_name) = &value.value else {
                continue;
            };
            let at = at.key("enum").index(index);
            let ident = self.lower_value(wire_name, &at, &mut scope)?;
            variants.push(StringVariant {
                wire_name: wire_name.clone(),
                ident,
                docs: Docs::default(),
            });
        }
        Some(TypeKind::StringEnum(StringEnum { variants }))
    }

    fn lower_integer_enum(&mut self, at: &Pointer) -> Option<TypeKind> {
        self.check_value_names(at);
        let mut scope = Scope::default();
        let mut variants = Vec::new();
        for (index, value) in self.enum_values(at) {
            let Value::Number(number) = &value.value else {
                continue;
            };
            let at = at.key("enum").index(index);
            let value = number
                .as_integer()
                .and_then(|value| i64::try_from(value).ok());
            let Some(value) = value else {
                let message = "an enum value that does not fit 64 bits";
                self.cx.push(Error::at(&self.cx.origin(&at), message));
                continue;
            };
            let wire_name = value.to_string();
            variants.push(IntegerVariant {
                value,
                ident: self.lower_value(&wire_name, &at, &mut scope)?,
                docs: Docs::default(),
            });
        }
        Some(TypeKind::IntegerEnum(IntegerEnum { variants }))
    }

    fn lower_value(&mut self, wire_name: &str, at: &Pointer, scope: &mut Scope) -> Option<Ident> {
        let origin = self.cx.origin(at);
        let name = match self.named_value(wire_name, at) {
            Some(name) => name,
            None => self.cx.names.variant(wire_name),
        };
        let ident = names::variant_ident(&name, wire_name, &origin);
        let ident = self.cx.note(ident)?;
        let taken = names::take_variant(scope, &ident, wire_name, &origin);
        self.cx.note(taken)?;
        Some(ident)
    }

    /// The name that `x-rust-names` beside the `enum` gives a value.
    fn named_value(&self, wire_name: &str, at: &Pointer) -> Option<String> {
        let schema = self.cx.node(at.parent()?.parent()?)?;
        let names = schema.get(RUST_NAMES)?;
        Some(names.get(wire_name)?.as_str()?.to_owned())
    }

    /// Each name of `x-rust-names` must name a value.
    fn check_value_names(&mut self, at: &Pointer) {
        let names_at = at.key(RUST_NAMES);
        let names = self.cx.node(&names_at).and_then(Node::as_object);
        let values = self.enum_values(at);
        let is_value = |name: &str| {
            values.iter().any(|(_, value)| match &value.value {
                Value::String(text) => text == name,
                Value::Number(number) => number.as_integer().is_some_and(|n| n.to_string() == name),
                _ => false,
            })
        };
        for name in names.into_iter().flat_map(|names| names.keys()) {
            if !is_value(name) {
                let message = format!("the enum has no value `{name}` to name");
                let help = "name one of its values, or remove this";
                self.cx.report(&names_at.key(name.as_str()), message, help);
            }
        }
    }

    fn enum_values(&self, at: &Pointer) -> Vec<(usize, &'a Node)> {
        let values = self.cx.node(at).and_then(|node| node.get("enum"));
        let values = values.and_then(Node::as_array).unwrap_or_default();
        values.iter().enumerate().collect()
    }
}

/// Whether a schema of mixed keywords says nothing but what objects may say.
fn is_object_like(any: &AnySchema) -> bool {
    any.typ.as_deref().is_none_or(|ty| ty == "object")
        && any.one_of.is_empty()
        && any.any_of.is_empty()
        && any.not.is_none()
        && any.items.is_none()
        && any.enumeration.is_empty()
}
