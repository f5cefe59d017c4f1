//! Changes specs at random, as bytes from a fuzzer or a generator of random numbers choose.

use oura_codegen::document::{Document, Members, Node, Number, Value};
use oura_codegen::lower::lower_api;
use oura_codegen::normalize::normalize_document;
use oura_codegen::pointer::Pointer;
use oura_codegen::policy::Policy;
use oura_codegen::render::render_files;

/// Choices made by bytes. After the last byte, always the first choice.
#[derive(Debug)]
pub struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    /// Choices from these bytes.
    #[must_use]
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    /// Whether bytes are left.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Picks a number below `count`.
    pub fn pick(&mut self, count: usize) -> usize {
        let (taken, rest) = self.bytes.split_at(self.bytes.len().min(2));
        self.bytes = rest;
        let number = taken
            .iter()
            .fold(0, |number, byte| number * 256 + usize::from(*byte));
        number % count.max(1)
    }
}

/// Texts with a meaning in some places of a spec.
const TEXTS: &[&str] = &[
    "",
    "object",
    "array",
    "string",
    "integer",
    "number",
    "boolean",
    "null",
    "date-time",
    "query",
    "path",
    "header",
    "cookie",
    "deepObject",
    "application/json",
    "text/plain",
    "self",
    "gen",
    "#/components/schemas/A",
    "#/paths",
    "#",
    "a b",
    "\u{e9}",
    "{a}",
    "/a/{b}",
    "200",
    "default",
];

/// Keys with a meaning in some places of a spec.
const KEYS: &[&str] = &[
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "oneOf",
    "anyOf",
    "enum",
    "const",
    "required",
    "additionalProperties",
    "nullable",
    "discriminator",
    "format",
    "default",
    "minimum",
    "schema",
    "content",
    "responses",
    "requestBody",
    "parameters",
    "security",
    "servers",
    "style",
    "in",
    "name",
    "$defs",
    "unevaluatedProperties",
];

/// Changes a spec in one or two places.
pub fn mutate(document: &mut Document, choices: &mut Choices<'_>) {
    for _ in 0..=choices.pick(2) {
        let mut places = Vec::new();
        collect(&document.root, &Pointer::root(), &mut places);
        let at = places[choices.pick(places.len())].clone();
        let from = places[choices.pick(places.len())].clone();
        let other = document.get(&from).cloned();
        if let (Some(node), Some(other)) = (document.get_mut(&at), other) {
            change(node, other, &from, choices);
        }
    }
}

/// Changes one node. `other` is a copy of the node at `from`.
fn change(node: &mut Node, other: Node, from: &Pointer, choices: &mut Choices<'_>) {
    let key = KEYS[choices.pick(KEYS.len())];
    match choices.pick(6) {
        0 => node.value = TEXTS[choices.pick(TEXTS.len())].into(),
        1 => {
            let reference = Node::new(format!("#{from}"), node.origin.clone());
            node.value = Members::from_iter([("$ref".to_owned(), reference)]).into();
        }
        2 => node.value = scalar(choices),
        3 => *node = other,
        4 => match &mut node.value {
            Value::Object(members) => drop(members.insert(key.to_owned(), other)),
            Value::Array(items) => items.push(other),
            value => *value = vec![other].into(),
        },
        _ => match &mut node.value {
            Value::Object(members) => drop(members.pop()),
            Value::Array(items) => drop(items.pop()),
            value => *value = Value::Null,
        },
    }
}

fn scalar(choices: &mut Choices<'_>) -> Value {
    match choices.pick(6) {
        0 => Value::Null,
        1 => true.into(),
        2 => Number::Signed(-1).into(),
        3 => Number::Unsigned(u64::MAX).into(),
        4 => Number::Float(1e300).into(),
        _ => Number::Large("123456789012345678901234567890".into()).into(),
    }
}

fn collect(node: &Node, at: &Pointer, places: &mut Vec<Pointer>) {
    places.push(at.clone());
    match &node.value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &at.index(index), places);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                collect(member, &at.key(key.as_str()), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Generates from a spec, and returns whether it was not refused.
#[must_use]
pub fn is_generated(document: Document) -> bool {
    let policy = Policy::default();
    let normalized = normalize_document(document);
    let lowered = normalized.and_then(|normalized| lower_api(&normalized, &policy));
    lowered.is_ok_and(|lowered| !render_files(&lowered.api).is_empty())
}
