//! Properties that several parts of an `allOf` define: a value has to meet all definitions.

use crate::document::{Document, Node, is_prose, shape_of};
use crate::pointer::Pointer;

/// Which of two definitions of a property allows what both allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Narrower {
    First,
    Second,
}

/// The definition that meets both: the later one where they differ in words or bounds alone;
/// `None` where neither does.
pub(super) fn narrower(document: &Document, first: &Node, second: &Node) -> Option<Narrower> {
    if first == second {
        return Some(Narrower::First);
    }
    let (one, other) = (target(document, first)?, target(document, second)?);
    if says_nothing(other) {
        return Some(Narrower::First);
    }
    if says_nothing(one) || shape(one) == shape(other) {
        return Some(Narrower::Second);
    }
    let word = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let types = (word(one, "type")?, word(other, "type")?);
    match (types.0.as_str(), types.1.as_str()) {
        ("integer", "number") => Some(Narrower::First),
        ("number", "integer") => Some(Narrower::Second),
        ("string" | "integer" | "number" | "boolean", name) if types.0 == name => {
            let is_special =
                |node: &Node| node.get("enum").is_some() || word(node, "format").is_some();
            match is_special(one) && !is_special(other) {
                true => Some(Narrower::First),
                false => Some(Narrower::Second),
            }
        }
        _ => None,
    }
}

/// What a schema refers to, with or without words beside the reference.
fn target<'d>(document: &'d Document, schema: &'d Node) -> Option<&'d Node> {
    let only = match schema.get("allOf").and_then(Node::as_array) {
        Some([only]) if schema.get("type").is_none() && schema.get("properties").is_none() => only,
        _ => schema,
    };
    // Normalization has shortened chains of references.
    match only.get("$ref").and_then(Node::as_str) {
        Some(reference) => {
            let at = reference.strip_prefix('#')?.parse::<Pointer>().ok()?;
            document.get(&at)
        }
        None => Some(only),
    }
}

fn says_nothing(schema: &Node) -> bool {
    let mut members = schema.as_object().into_iter().flatten();
    members.all(|(keyword, _)| is_words(keyword))
}

/// What a schema means.
fn shape(schema: &Node) -> String {
    shape_of(schema, is_words, &mut |_| false)
}

fn is_words(keyword: &str) -> bool {
    is_prose(keyword) || keyword.starts_with("x-") || matches!(keyword, "default" | "deprecated")
}
