//! The properties of an object, those of its `allOf` parts included.

use std::collections::BTreeSet;
use std::ptr;

use indexmap::IndexMap;
use openapiv3::{AdditionalProperties, AnySchema, ReferenceOr, Schema, SchemaKind, Type};

use super::context::Context;
use super::references::{component_key, schema_place};
use super::schemas::SchemaRef;
use crate::document::Node;
use crate::error::Error;
use crate::pointer::Pointer;

/// The properties of an object, those of its `allOf` parts included.
pub(super) struct Properties<'a> {
    /// In the spec's order.
    pub(super) named: IndexMap<&'a str, Property<'a>>,
    pub(super) required: BTreeSet<&'a str>,
    pub(super) additional: Option<(SchemaRef<'a>, Pointer)>,
    /// The places of the schemas.
    pub(super) places: Vec<Pointer>,
    /// Whether there are all of them: `false` after an error.
    pub(super) is_complete: bool,
}

pub(super) struct Property<'a> {
    pub(super) schema: SchemaRef<'a>,
    pub(super) at: Pointer,
}

impl<'a> Properties<'a> {
    /// The properties of the schema at `at`.
    pub(super) fn of(cx: &Context<'a>, schema: &'a Schema, at: &Pointer) -> Self {
        let mut all = Self {
            named: IndexMap::new(),
            required: BTreeSet::new(),
            additional: None,
            places: Vec::new(),
            is_complete: true,
        };
        all.add(cx, schema, at, &mut Vec::new());
        all.check_required(cx, at);
        all
    }

    fn add(
        &mut self,
        cx: &Context<'a>,
        schema: &'a Schema,
        at: &Pointer,
        open: &mut Vec<&'a Schema>,
    ) {
        if open.iter().any(|other| ptr::eq(*other, schema)) {
            self.is_complete = false;
            return cx.push(Error::at(&cx.origin(at), "an `allOf` contains itself"));
        }
        open.push(schema);
        self.places.push(at.clone());
        match &schema.schema_kind {
            SchemaKind::Type(Type::Object(object)) => {
                self.add_named(cx, &object.properties, at);
                self.add_rest(&object.required, object.additional_properties.as_ref(), at);
            }
            SchemaKind::AllOf { all_of } => self.add_parts(cx, all_of, at, open),
            SchemaKind::Any(any) if is_object_like(any) => {
                self.add_parts(cx, &any.all_of, at, open);
                self.add_named(cx, &any.properties, at);
                self.add_rest(&any.required, any.additional_properties.as_ref(), at);
            }
            _ => {
                self.is_complete = false;
                let message = "`allOf` of several schemas is supported for objects only";
                cx.report(at, message, "say it with one schema in the overlay");
            }
        }
        open.pop();
    }

    fn add_parts(
        &mut self,
        cx: &Context<'a>,
        all_of: &'a [ReferenceOr<Schema>],
        at: &Pointer,
        open: &mut Vec<&'a Schema>,
    ) {
        for (index, part) in all_of.iter().enumerate() {
            let place = match part {
                ReferenceOr::Item(_) => at.key("allOf").index(index),
                ReferenceOr::Reference { reference } => {
                    schema_place(&component_key(reference).unwrap_or_default())
                }
            };
            if let Some(schema) = cx.resolve(part.into()) {
                self.add(cx, schema, &place, open);
            }
        }
    }

    /// A property that two parts of an `allOf` name must mean the same in both.
    fn add_named(
        &mut self,
        cx: &Context<'a>,
        properties: &'a IndexMap<String, ReferenceOr<Box<Schema>>>,
        at: &Pointer,
    ) {
        for (wire_name, schema) in properties {
            let schema = schema.into();
            let at = at.keys(&["properties", wire_name]);
            let Some(first) = self.named.get(wire_name.as_str()) else {
                self.named.insert(wire_name, Property { schema, at });
                continue;
            };
            if cx.node(&first.at) != cx.node(&at) {
                self.is_complete = false;
                let message = format!(
                    "two parts of an `allOf` define the property `{wire_name}` differently"
                );
                let error = Error::at(&cx.origin(&at), message).other(&cx.origin(&first.at));
                cx.push(error.help("keep one of them in the overlay"));
            }
        }
    }

    fn add_rest(
        &mut self,
        required: &'a [String],
        additional: Option<&'a AdditionalProperties>,
        at: &Pointer,
    ) {
        self.required.extend(required.iter().map(String::as_str));
        if let Some(AdditionalProperties::Schema(schema)) = additional {
            self.additional = Some(((&**schema).into(), at.key("additionalProperties")));
        }
    }

    /// A required property must be defined somewhere.
    fn check_required(&self, cx: &Context<'_>, at: &Pointer) {
        let list = at.key("required");
        let names = cx.node(&list).and_then(Node::as_array).unwrap_or_default();
        let undefined = self
            .required
            .iter()
            .filter(|name| !self.named.contains_key(*name));
        for wire_name in undefined {
            let index = names
                .iter()
                .position(|name| name.as_str() == Some(wire_name));
            let at = index.map_or_else(|| list.clone(), |index| list.index(index));
            let message = format!("the property `{wire_name}` is required but not defined");
            cx.report(
                &at,
                message,
                "define it or take it out of `required` in the overlay",
            );
        }
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
