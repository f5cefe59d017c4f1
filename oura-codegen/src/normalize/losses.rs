//! What openapiv3 does not keep of a normalized spec.
//!
//! openapiv3 drops in silence what its types have no place for. The comparison of what it
//! read with the tree it read from, along the keyword table, proves that the table knows
//! all of that. It is for tests: a regeneration need not repeat the proof.

use openapiv3::OpenAPI;
use serde_json::Value as Json;

use super::fragment::REF;
use super::keywords::{DOCUMENT, Keyword, ObjectKind, Shape, Usage};
use crate::document::{Document, Node, Number, Value};
use crate::pointer::Origin;

/// A place of a normalized spec that openapiv3 does not keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Where it came from.
    pub origin: Origin,
    /// Why it does not matter, by the keyword table; `None`: the table is wrong.
    pub reason: Option<&'static str>,
}

/// Why a value that means nothing may be lost.
const SAYS_NOTHING: &str = "it means the same as no value";

/// Each place of the normalized spec that is not in what openapiv3 would write.
///
/// # Errors
///
/// What serde says where openapiv3 cannot write what it read.
pub fn find_losses(document: &Document, openapi: &OpenAPI) -> Result<Vec<Loss>, serde_json::Error> {
    let written = serde_json::to_value(openapi)?;
    let mut losses = Vec::new();
    compare_object(&DOCUMENT, &document.root, &written, &mut losses);
    Ok(losses)
}

fn compare_object(kind: &'static ObjectKind, node: &Node, json: &Json, losses: &mut Vec<Loss>) {
    let kind = kind.variant(|keyword| node.get(keyword).and_then(Node::as_str));
    for (name, child) in node.as_object().into_iter().flatten() {
        match json.get(name) {
            Some(json) => compare(kind.shape(name).unwrap_or(Shape::Any), child, json, losses),
            None => losses.push(Loss {
                origin: child.origin.clone(),
                reason: kind.keyword(name).and_then(|it| reason(it, child)),
            }),
        }
    }
}

fn reason(keyword: &Keyword, node: &Node) -> Option<&'static str> {
    match keyword.usage {
        Usage::Ignored(reason) => Some(reason),
        _ if keyword.says_nothing(&node.value) => Some(SAYS_NOTHING),
        _ => None,
    }
}

fn compare(shape: Shape, node: &Node, json: &Json, losses: &mut Vec<Loss>) {
    let is_reference = node.get(REF).is_some();
    match (shape, &node.value, shape.kind()) {
        (_, Value::Object(_), Some(kind)) if json.is_object() && !is_reference => {
            compare_object(kind, node, json, losses);
        }
        (Shape::Map(shape), Value::Object(members), _) => {
            for (name, child) in members {
                compare(*shape, child, json.get(name).unwrap_or(&Json::Null), losses);
            }
        }
        (Shape::List(shape) | Shape::Filled(shape), Value::Array(elements), _) => {
            for (index, child) in elements.iter().enumerate() {
                let json = json.get(index).unwrap_or(&Json::Null);
                compare(*shape, child, json, losses);
            }
        }
        _ => compare_values(node, json, losses),
    }
}

fn compare_values(node: &Node, json: &Json, losses: &mut Vec<Loss>) {
    if !is_kept(node, json) {
        let origin = node.origin.clone();
        losses.push(Loss {
            origin,
            reason: None,
        });
    }
}

/// Whether a value and all its parts are in `json`. Numbers are compared as numbers:
/// openapiv3 writes `1` as `1.0` where a number need not be an integer.
fn is_kept(node: &Node, json: &Json) -> bool {
    match (&node.value, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(value), Json::Bool(json)) => value == json,
        (Value::Number(Number::Signed(number)), Json::Number(json)) if json.is_i64() => {
            json.as_i64() == Some(*number)
        }
        (Value::Number(Number::Unsigned(number)), Json::Number(json)) if json.is_u64() => {
            json.as_u64() == Some(*number)
        }
        (Value::Number(number), Json::Number(json)) => json.as_f64() == Some(number.as_f64()),
        (Value::String(text), Json::String(json)) => text == json,
        (Value::Array(elements), Json::Array(json)) => {
            elements.len() == json.len()
                && elements
                    .iter()
                    .zip(json)
                    .all(|(node, json)| is_kept(node, json))
        }
        (Value::Object(members), Json::Object(json)) => members
            .iter()
            .all(|(key, node)| json.get(key).is_some_and(|json| is_kept(node, json))),
        _ => false,
    }
}
