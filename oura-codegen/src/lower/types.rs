//! Schemas in use: which Rust type a schema has at one place.
//!
//! Input: a schema, and a name in case it needs a struct, an enum or a union. Output: a [`Type`]
//! and whether null is allowed. Such types are defined where they are first used, and may use
//! others: this stage alone is recursive. Its parts are `definitions`, `unions` and `series`.

use std::collections::{BTreeMap, BTreeSet};

use openapiv3::{
    AdditionalProperties, AnySchema, ReferenceOr, Schema, SchemaKind, Type as SchemaType,
};

use super::claims::{Claim, Scope};
use super::components::{Class, Component, Components, extended_by};
use super::context::Context;
use super::generics::Generic;
use super::names::{Kind, RUST_NAME, RUST_TYPE, Rename};
use super::references::component_key;
use super::schemas::{Collapse, SchemaRef, is_nullable, only_part, scalar};
use crate::document::DEPTH_LIMIT;
use crate::ir::{Ident, Type, TypeDef, TypeKind};
use crate::pointer::{Origin, Pointer};

/// The extension of a schema of times that are in UTC, so that an offset which the server
/// leaves out is known.
pub(super) const RUST_UTC: &str = "x-rust-utc";

/// All lowered types by name.
pub(super) type Types = BTreeMap<Ident, TypeDef>;

/// The types of a spec while they are made: those of its components, then those that
/// operations write in place.
pub(super) struct TypeLowering<'c, 'a> {
    pub(super) cx: &'c Context<'a>,
    pub(super) components: &'c Components<'a>,
    pub(super) types: Types,
    /// The names of all types.
    scope: Scope,
    /// Aliases that have been lowered.
    aliases: BTreeMap<&'a str, Option<Typed>>,
    /// Types written in place, by their place: a schema that several reach is one type.
    inline_types: BTreeMap<String, Ident>,
    /// How many types written in place are being lowered, each in the one before.
    nesting: usize,
    /// Aliases that are being lowered, to notice one that contains itself.
    inlining: Vec<&'a str>,
    /// The component that is `T` while a generic type is lowered.
    pub(super) parameter: Option<&'a str>,
    /// Components that become a type because they are used: free-form pages without a typed one
    /// beside them, and parts of others.
    used: BTreeSet<&'a str>,
    /// The enums of codes that are defined, each with the place of its name.
    pub(super) code_types: BTreeMap<Ident, (TypeKind, Origin)>,
    /// The places of the marks of series that became methods.
    pub(super) marks: BTreeSet<String>,
    /// The components that extend a component, by its key.
    pub(super) extended_by: BTreeMap<String, Vec<&'a str>>,
    /// The enums of selectable fields, by the documents that have them.
    pub(super) field_enums: BTreeMap<Ident, Ident>,
}

/// The Rust type of a schema at one place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Typed {
    pub(super) ty: Type,
    pub(super) nullable: bool,
}

impl Typed {
    /// The type, an `Option` where null is allowed.
    pub(super) fn into_type(self) -> Type {
        match self.nullable {
            true => self.ty.optional(),
            false => self.ty,
        }
    }
}

impl<'c, 'a> TypeLowering<'c, 'a> {
    /// A stage that knows the names of the components, and no type yet.
    pub(super) fn new(cx: &'c Context<'a>, components: &'c Components<'a>, scope: Scope) -> Self {
        Self {
            cx,
            components,
            types: Types::new(),
            scope,
            aliases: BTreeMap::new(),
            inline_types: BTreeMap::new(),
            nesting: 0,
            inlining: Vec::new(),
            parameter: None,
            used: BTreeSet::new(),
            code_types: BTreeMap::new(),
            marks: BTreeSet::new(),
            extended_by: extended_by(components),
            field_enums: BTreeMap::new(),
        }
    }

    /// Defines the types of the component schemas and the generic types.
    pub(super) fn define_components(&mut self, generics: &[Generic<'a>]) {
        for component in self.components.values() {
            match component.class {
                Class::Type => self.define_component(component),
                // An alias may hold types that are written in place.
                Class::Alias => {
                    self.lower_alias(component, &component.at);
                }
                Class::Part | Class::Dictionary | Class::Instance { .. } => {}
            }
        }
        for generic in generics {
            self.define_generic(generic);
        }
    }

    fn define_component(&mut self, component: &'c Component<'a>) {
        if let Some(schema) = component.schema.as_item() {
            let source = format!("Schema `{}`.", component.key);
            self.define_type(component.ident.clone(), schema, &component.at, source);
        }
    }

    fn define_generic(&mut self, generic: &Generic<'a>) {
        let component = &self.components[generic.model];
        let claim = Claim {
            ident: generic.ident.clone(),
            wire_name: &generic.wire_name,
            at: &self.cx.origin(&component.at),
            rename: Rename::Extension(RUST_NAME),
        };
        self.claim(claim);
        if let Some(schema) = component.schema.as_item() {
            let source = format!("Schemas `{}[..]`.", generic.wire_name);
            self.parameter = Some(generic.parameter);
            self.define_type(generic.ident.clone(), schema, &component.at, source);
            self.parameter = None;
        }
    }

    /// The name of a type for what claims one.
    pub(super) fn claim(&mut self, claim: Claim<'_>) -> Ident {
        self.scope.claim(self.cx, claim)
    }

    /// Adds a type whose name has been taken.
    pub(super) fn add(&mut self, definition: TypeDef) {
        self.types.insert(definition.ident.clone(), definition);
    }

    /// Whether the type is a page.
    pub(super) fn is_page(&self, ident: &str) -> bool {
        let kind = self.types.get(ident).map(|definition| &definition.kind);
        matches!(kind, Some(TypeKind::Struct(kind)) if kind.page.is_some())
    }

    /// Whether a value of a type is written as one text.
    pub(super) fn is_scalar(&self, ty: &Type) -> bool {
        let named = ty.ident().and_then(|ident| self.types.get(ident));
        let is_enum = named.is_some_and(|definition| {
            matches!(
                definition.kind,
                TypeKind::StringEnum(_) | TypeKind::IntegerEnum(_)
            )
        });
        ty.is_scalar() || is_enum
    }

    /// Whether it is a struct all of whose properties are named.
    pub(super) fn is_struct(&self, ty: &Type) -> bool {
        let Type::Named(ident) = ty else {
            return false;
        };
        self.types.get(ident).is_some_and(|definition| {
            matches!(&definition.kind, TypeKind::Struct(kind) if kind.additional.is_none())
        })
    }

    /// All types, and the keys of the components among them that became types by being used.
    pub(super) fn finish(mut self) -> (Types, BTreeSet<&'a str>) {
        let mut defined = BTreeSet::new();
        while let Some(key) = self.used.pop_last() {
            if defined.insert(key) {
                self.define_component(&self.components[key]);
            }
        }
        self.check_marks();
        (self.types, defined)
    }

    /// The type of a schema at `at`. `hint` names the struct, enum or union of a schema without a
    /// name. `None` when an error was noted.
    pub(super) fn lower_schema(
        &mut self,
        schema: SchemaRef<'a>,
        at: &Pointer,
        hint: &str,
    ) -> Option<Typed> {
        let own = schema.data().and_then(|data| {
            let extensions = &data.extensions;
            self.cx.given_ident(extensions, RUST_NAME, Kind::Type, at)
        });
        self.lower_named(schema, at, own.as_deref().unwrap_or(hint))
    }

    /// Like [`TypeLowering::lower_schema`], for a property or a branch: an `x-rust-name` there
    /// names the property or branch, not its type.
    pub(super) fn lower_named(
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
        let component = self.components.get(key.as_str())?;
        if self.parameter == Some(component.key) {
            return Some(not_null(Type::Parameter));
        }
        self.lower_component(component, at)
    }

    pub(super) fn lower_component(
        &mut self,
        component: &'c Component<'a>,
        at: &Pointer,
    ) -> Option<Typed> {
        let ty = match &component.class {
            Class::Type => Type::Named(component.ident.clone()),
            Class::Part | Class::Dictionary => {
                self.used.insert(component.key);
                Type::Named(component.ident.clone())
            }
            Class::Instance { generic, argument } => {
                let argument = self.lower_component(&self.components[argument], at)?;
                Type::Generic(generic.clone(), Box::new(argument.into_type()))
            }
            Class::Alias => return self.lower_alias(component, at),
        };
        let nullable = is_nullable(component.schema);
        Some(Typed { ty, nullable })
    }

    /// An alias is replaced by its schema wherever it is used.
    fn lower_alias(&mut self, component: &'c Component<'a>, at: &Pointer) -> Option<Typed> {
        let key = component.key;
        if let Some(typed) = self.aliases.get(key) {
            return typed.clone();
        }
        if self.inlining.contains(&key) {
            let message =
                format!("`{key}` contains itself, but in Rust only objects and unions can");
            let help = "put what it contains into an object";
            return self.cx.refuse(at, message, help);
        }
        self.inlining.push(key);
        let typed = self.lower_schema(component.schema.into(), &component.at, &component.ident);
        self.inlining.pop();
        self.aliases.insert(key, typed.clone());
        typed
    }

    fn lower_item(&mut self, schema: &'a Schema, at: &Pointer, hint: &str) -> Option<Typed> {
        if self.cx.is_type(schema) {
            return self.lower_inline_type(schema, at, hint).map(not_null);
        }
        if let Some(only) = only_part(schema) {
            return self.lower_schema(only.into(), &at.key("allOf").index(0), hint);
        }
        match &schema.schema_kind {
            SchemaKind::Type(ty) => {
                let ty = self.lower_plain(ty, at, hint)?;
                self.lower_utc(ty, schema, at).map(not_null)
            }
            SchemaKind::OneOf { one_of } => self.lower_collapsed(one_of, &at.key("oneOf"), hint),
            SchemaKind::AnyOf { any_of } => self.lower_collapsed(any_of, &at.key("anyOf"), hint),
            SchemaKind::AllOf { .. } | SchemaKind::Not { .. } => Some(not_null(Type::Json)),
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
        let help = "remove it in the overlay";
        self.cx.refuse(&at.key(RUST_UTC), message, help)
    }

    fn lower_collapsed(
        &mut self,
        branches: &'a [ReferenceOr<Schema>],
        at: &Pointer,
        hint: &str,
    ) -> Option<Typed> {
        let typed = match self.cx.collapse(branches)? {
            Collapse::DateOrDateTime => not_null(Type::DateOrDateTime),
            Collapse::Branch(index) => {
                self.lower_schema((&branches[index]).into(), &at.index(index), hint)?
            }
        };
        // Null may be allowed by a branch that collapses into another one.
        let allows_null = |branch| {
            let schema = self.cx.resolve(SchemaRef::from(branch));
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
        if self.nesting == DEPTH_LIMIT {
            let message =
                format!("types that are written in place nest deeper than {DEPTH_LIMIT} levels");
            let help = "move one of them to `#/components/schemas`";
            return self.cx.refuse(at, message, help);
        }
        let origin = self.cx.origin(at);
        let extensions = &schema.schema_data.extensions;
        let given = self.cx.given_ident(extensions, RUST_TYPE, Kind::Type, at);
        let by_rule = || self.cx.names.ident(Kind::Type, hint);
        let claim = Claim {
            ident: given.unwrap_or_else(by_rule),
            wire_name: &format!("the schema at {}", origin.pointer),
            at: &origin,
            rename: Rename::Extension(RUST_TYPE),
        };
        let ident = self.claim(claim);
        self.inline_types.insert(place, ident.clone());
        let source = format!("Schema at `{}`.", origin.pointer);
        self.nesting += 1;
        self.define_type(ident.clone(), schema, at, source);
        self.nesting -= 1;
        Some(Type::Named(ident))
    }

    fn lower_plain(&mut self, ty: &'a SchemaType, at: &Pointer, hint: &str) -> Option<Type> {
        let mut inside = |schema: SchemaRef<'a>, keyword: &str, word: &str| {
            let hint = self.cx.names.inside(hint, word);
            let typed = self.lower_schema(schema, &at.key(keyword), &hint);
            typed.map(Typed::into_type)
        };
        match ty {
            SchemaType::Array(array) => {
                let items = array.items.as_ref();
                let item = items.map_or(Some(Type::Json), |items| {
                    inside(items.into(), "items", "Item")
                })?;
                Some(Type::List(Box::new(item)))
            }
            SchemaType::Object(object) => {
                let value = match &object.additional_properties {
                    Some(AdditionalProperties::Schema(schema)) => {
                        inside((&**schema).into(), "additionalProperties", "Value")?
                    }
                    Some(AdditionalProperties::Any(_)) | None => Type::Json,
                };
                Some(Type::Map(Box::new(value)))
            }
            _ => scalar(ty),
        }
    }

    /// A schema without one type: any JSON, unless it has keywords that would be lost.
    fn lower_any(&mut self, any: &'a AnySchema, at: &Pointer) -> Option<Typed> {
        let mixes = any.typ.is_some() || !any.one_of.is_empty() || !any.any_of.is_empty();
        if mixes {
            let message = "a schema that mixes a type with keywords of other types or with `anyOf` \
                           or `oneOf` is not supported";
            let help = "use only one of them, with an overlay action";
            return self.cx.refuse(at, message, help);
        }
        Some(not_null(Type::Json))
    }
}

fn not_null(ty: Type) -> Typed {
    Typed {
        ty,
        nullable: false,
    }
}
