//! Sorts the component schemas into classes, before anything is lowered.
//!
//! Input: `#/components/schemas`. Output: one [`Component`] per schema, with its Rust name
//! and its class. Invariant: each schema has exactly one class, which counts it in the
//! census.

use indexmap::IndexMap;
use openapiv3::{AdditionalProperties, ReferenceOr, Schema, SchemaKind, Type as SchemaType};

use super::names::{self, RUST_NAME, Scope};
use super::{Lowering, generics};
use crate::error::Error;
use crate::ir::Ident;
use crate::pointer::Pointer;

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// A schema of `#/components/schemas`.
pub(super) struct Component<'a> {
    pub(super) key: &'a str,
    pub(super) schema: &'a ReferenceOr<Schema>,
    /// The place in the normalized document.
    pub(super) at: Pointer,
    /// The Rust name; of an instance, of its own struct if it had one.
    pub(super) ident: Ident,
    pub(super) class: Class<'a>,
}

/// What becomes of a component schema.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Class<'a> {
    /// A type of its own.
    Type,
    /// Used in place: scalars, lists, maps, references.
    Alias,
    /// A page of free-form objects: what comes back when fields are selected.
    Dictionary,
    /// An instance of a generic type.
    Instance {
        /// The generic type.
        generic: Ident,
        /// The component that is its argument.
        argument: &'a str,
    },
}

impl<'a> Lowering<'a> {
    /// Names and classes of all component schemas.
    pub(super) fn collect_components(&mut self) {
        let Some(components) = &self.openapi.components else {
            return;
        };
        let parent = Pointer::root().keys(&["components", "schemas"]);
        for (key, schema) in &components.schemas {
            let at = parent.key(key.as_str());
            let Some(ident) = self.component_ident(key, schema, &at) else {
                continue;
            };
            let class = self.classify(schema);
            let component = Component {
                key,
                schema,
                at,
                ident,
                class,
            };
            self.components.insert(key, component);
        }
        generics::find_generics(self);
        self.check_component_names();
    }

    fn component_ident(
        &mut self,
        key: &str,
        schema: &ReferenceOr<Schema>,
        at: &Pointer,
    ) -> Option<Ident> {
        if let Some(given) = self.given.schemas.get(key) {
            return Some(given.clone());
        }
        let origin = self.origin(at);
        let name = match self.rust_name(schema, at) {
            Some(name) => name,
            None => self.names.schema_type(key),
        };
        self.errors.note(names::type_ident(&name, &origin))
    }

    /// The `x-rust-name` of a schema that is written in place.
    pub(super) fn rust_name(
        &mut self,
        schema: &ReferenceOr<Schema>,
        at: &Pointer,
    ) -> Option<String> {
        let value = schema.as_item()?.schema_data.extensions.get(RUST_NAME)?;
        self.rust_name_value(value, at)
    }

    /// The text of an `x-rust-name`.
    pub(super) fn rust_name_value(
        &mut self,
        value: &serde_json::Value,
        at: &Pointer,
    ) -> Option<String> {
        match value.as_str() {
            Some(name) => Some(name.to_owned()),
            None => {
                let origin = self.origin(&at.key(RUST_NAME));
                let error = Error::at(&origin, format!("`{RUST_NAME}` is not a string"));
                self.errors.push(error);
                None
            }
        }
    }

    fn classify(&self, schema: &ReferenceOr<Schema>) -> Class<'a> {
        let ReferenceOr::Item(schema) = schema else {
            return Class::Alias;
        };
        if self.is_dictionary(schema) {
            return Class::Dictionary;
        }
        if self.is_type(schema) {
            Class::Type
        } else {
            Class::Alias
        }
    }

    /// Whether a schema becomes a type with a name, wherever it stands.
    pub(super) fn is_type(&self, schema: &Schema) -> bool {
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
            SchemaKind::AllOf { all_of } => all_of.len() > 1,
            SchemaKind::OneOf { one_of: branches } | SchemaKind::AnyOf { any_of: branches } => {
                self.collapse(branches).is_none()
            }
            SchemaKind::Any(any) => !any.properties.is_empty() || !any.all_of.is_empty(),
            SchemaKind::Not { .. } => false,
        }
    }

    /// Whether a schema is a page whose documents are free-form objects.
    pub(super) fn is_dictionary(&self, schema: &Schema) -> bool {
        let Some(page) = &self.policy.page else {
            return false;
        };
        let SchemaKind::Type(SchemaType::Object(object)) = &schema.schema_kind else {
            return false;
        };
        let Some(ReferenceOr::Item(items)) = object.properties.get(page.items) else {
            return false;
        };
        let SchemaKind::Type(SchemaType::Array(array)) = &items.schema_kind else {
            return false;
        };
        object.properties.contains_key(page.cursor)
            && matches!(&array.items, Some(ReferenceOr::Item(item)) if is_free_form(item))
    }

    /// The component that a reference names. Normalization has checked that it exists.
    pub(super) fn component(&self, reference: &str) -> Option<&Component<'a>> {
        self.components.get(component_key(reference)?.as_str())
    }

    fn check_component_names(&mut self) {
        let mut scope = Scope::default();
        for component in self.components.values() {
            if matches!(component.class, Class::Instance { .. }) {
                continue;
            }
            let origin = self.origin(&component.at);
            let taken = scope.take(&component.ident, component.key, &origin);
            if let Err(error) = taken {
                self.errors.push(error);
            }
        }
        self.scope = scope;
    }
}

/// The key of the component schema that a reference names, unescaped.
pub(super) fn component_key(reference: &str) -> Option<String> {
    reference.strip_prefix(SCHEMA_PREFIX).map(unescaped)
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

/// What a reference to a section of the components leads to, through further references, and
/// its place. Normalization has checked that it exists and that the way there ends.
pub(super) fn follow<'a, T>(
    section: &'a IndexMap<String, ReferenceOr<T>>,
    name: &str,
    reference: &str,
) -> Option<(&'a T, Pointer)> {
    let prefix = format!("#/components/{name}/");
    let mut key = unescaped(reference.strip_prefix(&prefix)?);
    for _ in 0..=section.len() {
        match section.get(&key)? {
            ReferenceOr::Item(item) => {
                let at = Pointer::root().keys(&["components", name]).key(key);
                return Some((item, at));
            }
            ReferenceOr::Reference { reference } => {
                key = unescaped(reference.strip_prefix(&prefix)?);
            }
        }
    }
    None
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

/// Component schemas by key, in the document's order.
pub(super) type Components<'a> = IndexMap<&'a str, Component<'a>>;
