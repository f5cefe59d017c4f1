//! Types with a name: structs and enums.
//!
//! Input: a schema that [`Context::is_type`](super::context::Context::is_type) and its Rust
//! name. Output: a [`TypeDef`] in [`TypeLowering::types`]. Invariant: fields and variants keep
//! the spec's order.

use openapiv3::{Schema, SchemaKind, StringFormat, Type as SchemaType, VariantOrUnknownOrEmpty};

use super::claims::{Claim, Scope};
use super::components::Components;
use super::docs;
use super::enums::{integer_enum, string_enum};
use super::names::{Kind, RUST_NAME, Rename};
use super::properties::{Properties, Property};
use super::references::component_at;
use super::schemas::SchemaRef;
use super::series::MarkedObject;
use super::types::TypeLowering;
use crate::ir::{Docs, Field, Ident, Page, Struct, Type, TypeDef, TypeKind};
use crate::pointer::Pointer;

/// The field of the properties that the spec does not name.
const ADDITIONAL: &str = "additional_properties";

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
            SchemaKind::Type(SchemaType::String(_)) => string_enum(self.cx, at),
            SchemaKind::Type(SchemaType::Integer(_)) => integer_enum(self.cx, at),
            SchemaKind::OneOf { one_of: branches } => {
                let by = schema.schema_data.discriminator.as_ref();
                self.lower_union(ident, branches, by, &at.key("oneOf"))
            }
            SchemaKind::AnyOf { any_of: branches } => {
                let by = schema.schema_data.discriminator.as_ref();
                self.lower_union(ident, branches, by, &at.key("anyOf"))
            }
            SchemaKind::Any(any) if any.properties.is_empty() && any.all_of.is_empty() => {
                string_enum(self.cx, at)
            }
            _ => match &schema.schema_data.discriminator {
                Some(by) => self.lower_base(ident, schema, by, at),
                None => self.lower_struct(ident, schema, at),
            },
        }
    }

    pub(super) fn lower_struct(
        &mut self,
        ident: &str,
        schema: &'a Schema,
        at: &Pointer,
    ) -> Option<TypeKind> {
        let properties = self.properties(schema, at)?;
        let mut scope = Scope::default();
        let fields = self.lower_fields((ident, at), &properties, &mut scope);
        let additional = self.lower_additional((ident, at), &properties, &mut scope);
        let places = properties.named.iter().map(|(name, one)| (*name, &one.at));
        let object = MarkedObject {
            ident,
            fields: &fields,
            properties: places.collect(),
        };
        let series = self.lower_series(&properties.places, &object);
        properties.is_complete.then(|| {
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

    /// The properties of a struct at a place; `None` after an error.
    fn properties(&self, schema: &'a Schema, at: &Pointer) -> Option<Properties<'a>> {
        if self.cx.has_inherited_too_many() {
            return None;
        }
        let properties = Properties::of(self.cx, schema, at);
        let own = component_at(at);
        let places = properties.named.values().map(|property| &property.at);
        let inherited = places.filter(|place| component_at(place) != own);
        self.cx.inherit(inherited.count(), at)?;
        Some(properties)
    }

    fn lower_fields(
        &mut self,
        (ident, at): (&str, &Pointer),
        properties: &Properties<'a>,
        scope: &mut Scope,
    ) -> Vec<Field> {
        let mut fields = Vec::new();
        for (wire_name, property) in &properties.named {
            let required = properties.required.contains(wire_name);
            let name = self.field_ident(wire_name, property, scope);
            let parent = holder(self.components, (ident, at), &property.at);
            fields.extend(self.lower_field(parent, (wire_name, name), property, required));
        }
        let setters = fields.iter_mut().map(|field| field.null_setter.as_mut());
        for setter in setters.flatten() {
            *setter = scope.free(setter);
        }
        fields
    }

    fn lower_field(
        &mut self,
        parent: &str,
        (wire_name, ident): (&str, Ident),
        property: &Property<'a>,
        required: bool,
    ) -> Option<Field> {
        // A name that the overlay gives or that has a number names the type too.
        let by_rule = self.cx.names.value(Kind::Field, wire_name);
        let name = match ident == by_rule {
            true => wire_name,
            false => &ident,
        };
        let hint = self.cx.names.inside(parent, name);
        let typed = self.lower_named(property.schema, &property.at, &hint)?;
        let data = property.schema.data();
        // For any JSON, null is a value.
        let may_be_null = !required && typed.nullable && typed.ty != Type::Json;
        let ty = typed.into_type();
        Some(Field {
            wire_name: wire_name.to_owned(),
            ty: if required { ty } else { ty.optional() },
            null_setter: may_be_null.then(|| self.cx.names.null_setter(&ident)),
            ident,
            required,
            read_only: data.is_some_and(|data| data.read_only),
            write_only: data.is_some_and(|data| data.write_only),
            secret: self.is_secret(property.schema),
            deprecated: data.is_some_and(|data| data.deprecated),
            docs: docs::of_node(self.cx.node(&property.at)),
        })
    }

    /// The name of a field: the `x-rust-name` beside the schema, else by the rules.
    fn field_ident(&self, wire_name: &str, property: &Property<'a>, scope: &mut Scope) -> Ident {
        let cx = self.cx;
        let data = property.schema.data();
        let given = data.and_then(|data| {
            cx.given_ident(&data.extensions, RUST_NAME, Kind::Field, &property.at)
        });
        let claim = Claim {
            ident: given.unwrap_or_else(|| cx.names.value(Kind::Field, wire_name)),
            wire_name,
            at: &cx.origin(&property.at),
            rename: Rename::Extension(RUST_NAME),
        };
        scope.claim(cx, claim)
    }

    /// Whether the text has the format `password`, so that it must not be shown.
    fn is_secret(&self, schema: SchemaRef<'a>) -> bool {
        let kind = self.cx.resolve(schema).map(|schema| &schema.schema_kind);
        let password = VariantOrUnknownOrEmpty::Item(StringFormat::Password);
        matches!(kind, Some(SchemaKind::Type(SchemaType::String(text))) if text.format == password)
    }

    fn lower_additional(
        &mut self,
        (ident, place): (&str, &Pointer),
        properties: &Properties<'a>,
        scope: &mut Scope,
    ) -> Option<(Ident, Type)> {
        let (schema, at) = properties.additional.as_ref()?;
        let parent = holder(self.components, (ident, place), at);
        let value = self.lower_schema(*schema, at, &self.cx.names.inside(parent, "Value"))?;
        Some((scope.free(ADDITIONAL), value.into_type()))
    }

    /// The page that a struct is, when the policy's two properties have the types of a page.
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
}

/// The type that names the inline types of a type. Those at another place are named after the
/// component there, since several types may have the same part.
fn holder<'c>(
    components: &'c Components<'_>,
    (ident, at): (&'c str, &Pointer),
    place: &Pointer,
) -> &'c str {
    let key = component_at(place).filter(|key| component_at(at).as_ref() != Some(key));
    let component = key.and_then(|key| components.get(&*key));
    component.map_or(ident, |component| &component.ident)
}
