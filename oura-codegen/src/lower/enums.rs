//! Enums of strings and integers.

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::{Kind, RUST_NAMES, Rename};
use crate::document::{Node, Value};
use crate::error::Error;
use crate::ir::{Docs, Ident, IntegerEnum, IntegerVariant, StringEnum, StringVariant, TypeKind};
use crate::pointer::Pointer;

/// The extension in which normalization keeps the schemas of the values, for a union that became
/// an enum.
const VALUES: &str = "x-oneOf";

/// The strings of the `enum` of the schema at `at`.
pub(super) fn string_enum(cx: &Context<'_>, at: &Pointer) -> Option<TypeKind> {
    check_value_names(cx, at);
    let mut scope = Scope::default();
    let mut variants = Vec::new();
    for (index, node) in values(cx, at).iter().enumerate() {
        let Value::String(wire_name) = &node.value else {
            continue;
        };
        variants.push(StringVariant {
            wire_name: wire_name.clone(),
            ident: value_ident(cx, at, index, wire_name, &mut scope),
            docs: value_docs(cx, at, node),
        });
    }
    Some(TypeKind::StringEnum(StringEnum { variants }))
}

/// The integers of the `enum` of the schema at `at`.
pub(super) fn integer_enum(cx: &Context<'_>, at: &Pointer) -> Option<TypeKind> {
    check_value_names(cx, at);
    let mut scope = Scope::default();
    let mut variants = Vec::new();
    for (index, node) in values(cx, at).iter().enumerate() {
        let Value::Number(number) = &node.value else {
            continue;
        };
        let value = number.as_integer().map(i64::try_from);
        let Some(Ok(value)) = value else {
            let message = "an enum value that does not fit 64 bits";
            cx.push(Error::at(&node.origin, message));
            continue;
        };
        variants.push(IntegerVariant {
            value,
            ident: value_ident(cx, at, index, &value.to_string(), &mut scope),
            docs: value_docs(cx, at, node),
        });
    }
    Some(TypeKind::IntegerEnum(IntegerEnum { variants }))
}

/// The docs of a value, where the spec has a schema for each one.
fn value_docs(cx: &Context<'_>, at: &Pointer, value: &Node) -> Docs {
    let schemas = cx.node(&at.key(VALUES)).and_then(Node::as_array);
    let is_of_value = |schema: &&Node| {
        let values = schema.get("enum").and_then(Node::as_array);
        values.is_some_and(|values| values == std::slice::from_ref(value))
    };
    let schema = schemas.into_iter().flatten().find(is_of_value);
    let text = |key| schema.and_then(|schema| schema.get(key)?.as_str());
    Docs::sentence(
        text("description")
            .or_else(|| text("title"))
            .unwrap_or_default(),
    )
}

/// The name of a value: from the `x-rust-names` beside the `enum`, else from the value.
fn value_ident(
    cx: &Context<'_>,
    at: &Pointer,
    index: usize,
    wire_name: &str,
    scope: &mut Scope,
) -> Ident {
    let origin = cx.origin(&at.key("enum").index(index));
    let names = cx.node(at).and_then(|schema| schema.get(RUST_NAMES));
    let given = names.and_then(|names| {
        let given = names.get(wire_name)?;
        cx.checked_ident(Kind::Variant, given.as_str()?, &given.origin)
    });
    let claim = Claim {
        ident: given.unwrap_or_else(|| cx.names.variant(wire_name)),
        wire_name,
        at: &origin,
        rename: Rename::Value,
    };
    scope.claim(cx, claim)
}

/// Each name of `x-rust-names` must name a value.
fn check_value_names(cx: &Context<'_>, at: &Pointer) {
    let names_at = at.key(RUST_NAMES);
    let names = cx.node(&names_at).and_then(Node::as_object);
    let is_value = |name: &str| {
        values(cx, at).iter().any(|value| match &value.value {
            Value::String(text) => text == name,
            Value::Number(number) => number.as_integer().is_some_and(|n| n.to_string() == name),
            _ => false,
        })
    };
    for name in names.into_iter().flat_map(|names| names.keys()) {
        if !is_value(name) {
            let message = format!("the enum has no value `{name}` to name");
            let help = "name one of its values, or remove this";
            cx.report(&names_at.key(name.as_str()), message, help);
        }
    }
}

fn values<'a>(cx: &Context<'a>, at: &Pointer) -> &'a [Node] {
    let values = cx.node(at).and_then(|node| node.get("enum"));
    values.and_then(Node::as_array).unwrap_or_default()
}
