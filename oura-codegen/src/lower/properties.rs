//! The properties of an object, those of its `allOf` parts included.

use std::collections::{BTreeSet, HashSet};
use std::ptr;
use std::sync::LazyLock;

use indexmap::IndexMap;
use openapiv3::{
    AdditionalProperties, AnySchema, ReferenceOr, Schema, SchemaData, SchemaKind, Type,
};

use super::context::Context;
use super::narrower::{Narrower, narrower};
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

/// A schema whose properties are to be added.
enum Step<'a> {
    /// With those of its parts.
    Whole(&'a Schema, Pointer),
    /// Without.
    Own(&'a AnySchema, Pointer),
}

/// What is true of every value.
static ANYTHING: LazyLock<Schema> = LazyLock::new(|| Schema {
    schema_data: SchemaData::default(),
    schema_kind: SchemaKind::Any(AnySchema::default()),
});

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
        let mut open = vec![Step::Whole(schema, at.clone())];
        // A part that several parts have is added once. Normalization has refused those that
        // contain themselves.
        let mut seen = HashSet::new();
        while let Some(step) = open.pop() {
            match step {
                Step::Whole(schema, at) if seen.insert(ptr::from_ref(schema)) => {
                    all.add(cx, schema, at, &mut open);
                }
                Step::Whole(..) => {}
                Step::Own(any, at) => {
                    all.add_named(cx, &any.properties, &at);
                    all.add_rest(&any.required, any.additional_properties.as_ref(), &at);
                }
            }
        }
        all.add_undefined(cx, at);
        all
    }

    /// Adds what a schema says, or opens its parts: what it says itself comes behind them.
    fn add(&mut self, cx: &Context<'a>, schema: &'a Schema, at: Pointer, open: &mut Vec<Step<'a>>) {
        self.places.push(at.clone());
        match &schema.schema_kind {
            SchemaKind::Type(Type::Object(object)) => {
                self.add_named(cx, &object.properties, &at);
                self.add_rest(&object.required, object.additional_properties.as_ref(), &at);
            }
            SchemaKind::AllOf { all_of } => open.extend(parts(cx, all_of, &at)),
            SchemaKind::Any(any) if is_object_like(any) => {
                let parts = parts(cx, &any.all_of, &at);
                open.push(Step::Own(any, at));
                open.extend(parts);
            }
            _ => {
                self.is_complete = false;
                let message = "the parts of this `allOf` are neither all objects nor of one type";
                cx.report(&at, message, "describe it with one schema in the overlay");
            }
        }
    }

    /// Adds a property. Of several definitions, the narrowest counts.
    fn add_named(
        &mut self,
        cx: &Context<'a>,
        properties: &'a IndexMap<String, ReferenceOr<Box<Schema>>>,
        at: &Pointer,
    ) {
        for (wire_name, schema) in properties {
            let schema = schema.into();
            let at = at.keys(&["properties", wire_name]);
            let Some(first) = self.named.get_mut(wire_name.as_str()) else {
                self.named.insert(wire_name, Property { schema, at });
                continue;
            };
            let nodes = cx.node(&first.at).zip(cx.node(&at));
            match nodes.and_then(|(one, other)| narrower(cx.document, one, other)) {
                Some(Narrower::First) => {}
                Some(Narrower::Second) => *first = Property { schema, at },
                None => {
                    self.is_complete = false;
                    let message = format!(
                        "two parts of an `allOf` define the property `{wire_name}` differently"
                    );
                    let error = Error::at(&cx.origin(&at), message).other(&cx.origin(&first.at));
                    cx.push(error.help("keep one of them in the overlay"));
                }
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

    /// A required property that no part defines may be anything, unless it is among those that
    /// have no names.
    fn add_undefined(&mut self, cx: &Context<'a>, at: &Pointer) {
        if self.additional.is_some() {
            return;
        }
        let list = at.key("required");
        let names = cx.node(&list).and_then(Node::as_array).unwrap_or_default();
        for wire_name in &self.required {
            if self.named.contains_key(wire_name) {
                continue;
            }
            let mut own = names.iter();
            let index = own.position(|name| name.as_str() == Some(wire_name));
            let at = index.map_or_else(|| list.clone(), |index| list.index(index));
            let schema = SchemaRef::Item(&ANYTHING);
            self.named.insert(wire_name, Property { schema, at });
        }
    }
}

/// The parts of an `allOf`, the last first.
fn parts<'a>(cx: &Context<'a>, all_of: &'a [ReferenceOr<Schema>], at: &Pointer) -> Vec<Step<'a>> {
    let parts = all_of.iter().enumerate().rev();
    let parts = parts.filter_map(|(index, part)| {
        let place = match part {
            ReferenceOr::Item(_) => at.key("allOf").index(index),
            ReferenceOr::Reference { reference } => {
                schema_place(&component_key(reference).unwrap_or_default())
            }
        };
        Some(Step::Whole(cx.resolve(part.into())?, place))
    });
    parts.collect()
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
