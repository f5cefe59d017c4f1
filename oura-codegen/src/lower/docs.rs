//! Prose and remarks for the docs of an item.

use crate::document::{Node, Value};
use crate::ir::Docs;

/// Formats that the Rust type says already.
const TYPED_FORMATS: &[&str] = &[
    "date",
    "date-time",
    "double",
    "float",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "uuid",
    "uuid4",
];

/// The description of a node, and a remark for each of its keywords that a reader of the
/// docs wants to know.
pub(super) fn of_node(node: Option<&Node>) -> Docs {
    let Some(node) = node else {
        return Docs::default();
    };
    let text = node.get("description").and_then(Node::as_str);
    Docs {
        text: text.unwrap_or_default().trim().to_owned(),
        notes: notes(node),
        source: String::new(),
    }
}

/// Remarks made from keywords, in a fixed order.
fn notes(node: &Node) -> Vec<String> {
    let mut notes = Vec::new();
    let range = between(bound(node, "minimum"), bound(node, "maximum"));
    push(&mut notes, "Range", range);
    for (label, low, high) in [
        ("Length", "minLength", "maxLength"),
        ("Items", "minItems", "maxItems"),
        ("Properties", "minProperties", "maxProperties"),
    ] {
        push(
            &mut notes,
            label,
            between(shown(node, low), shown(node, high)),
        );
    }
    if let Some(format) = shown(node, "format").filter(|format| !TYPED_FORMATS.contains(&&**format))
    {
        notes.push(format!("Format: `{format}`."));
    }
    for (label, keyword) in [
        ("Multiple of", "multipleOf"),
        ("Pattern", "pattern"),
        ("Default", "default"),
        ("Example", "example"),
    ] {
        let value = shown(node, keyword).map(|value| format!("`{value}`"));
        push(&mut notes, label, value);
    }
    if is_true(node, "uniqueItems") {
        notes.push("No item occurs twice.".to_owned());
    }
    if is_true(node, "readOnly") {
        notes.push("Only in responses.".to_owned());
    }
    if is_true(node, "writeOnly") {
        notes.push("Only in requests.".to_owned());
    }
    notes
}

fn push(notes: &mut Vec<String>, label: &str, value: Option<String>) {
    notes.extend(value.map(|value| format!("{label}: {value}.")));
}

fn between(low: Option<String>, high: Option<String>) -> Option<String> {
    match (low, high) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}")),
        (Some(low), None) => Some(format!("at least {low}")),
        (None, Some(high)) => Some(format!("at most {high}")),
        (None, None) => None,
    }
}

fn bound(node: &Node, keyword: &str) -> Option<String> {
    let exclusive = match keyword {
        "minimum" => "exclusiveMinimum",
        _ => "exclusiveMaximum",
    };
    let value = shown(node, keyword)?;
    Some(if is_true(node, exclusive) {
        format!("{value} (excluded)")
    } else {
        value
    })
}

/// A keyword's value as it reads in prose: strings bare, the rest as compact JSON.
fn shown(node: &Node, keyword: &str) -> Option<String> {
    let value = node.get(keyword)?;
    Some(match &value.value {
        Value::String(text) => text.replace('`', "'"),
        _ => value.to_json_value().to_string().replace('`', "'"),
    })
}

fn is_true(node: &Node, keyword: &str) -> bool {
    node.get(keyword)
        .is_some_and(|node| node.value == Value::Bool(true))
}
