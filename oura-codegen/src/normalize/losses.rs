//! What openapiv3 does not keep of a normalized spec.
//!
//! openapiv3 silently drops what its types have no place for. Comparing what it read with the
//! tree that it read, along the keyword table, proves that the table lists everything that it
//! drops. This is for tests: a regeneration need not repeat the proof.

use openapiv3::OpenAPI;
use serde_json::Value as Json;

use super::fragment::REF;
use super::keywords::{DOCUMENT, Shape, Usage};
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
/// The error of serde where openapiv3 cannot write what it read.
pub fn find_losses(document: &Document, openapi: &OpenAPI) -> Result<Vec<Loss>, serde_json::Error> {
    let written = serde_json::to_value(openapi)?;
    let mut losses = Vec::new();
    compare(
        Shape::Object(&DOCUMENT),
        &document.root,
        &written,
        &mut losses,
    );
    Ok(losses)
}

fn compare(shape: Shape, node: &Node, json: &Json, losses: &mut Vec<Loss>) {
    let below = |key: &str| shape.below(node, key).unwrap_or(Shape::Any);
    match (&node.value, json) {
        _ if matches!(shape, Shape::Any) || node.get(REF).is_some() => {
            compare_values(node, json, losses);
        }
        (Value::Object(members), Json::Object(_)) => {
            for (name, child) in members {
                match json.get(name) {
                    Some(json) => compare(below(name), child, json, losses),
                    None => losses.push(Loss {
                        origin: child.origin.clone(),
                        reason: reason(shape, node, name, child),
                    }),
                }
            }
        }
        (Value::Array(elements), _) => {
            for (index, child) in elements.iter().enumerate() {
                let json = json.get(index).unwrap_or(&Json::Null);
                compare(below(&index.to_string()), child, json, losses);
            }
        }
        _ => compare_values(node, json, losses),
    }
}

/// Why a member of an object may be lost.
fn reason(shape: Shape, node: &Node, name: &str, member: &Node) -> Option<&'static str> {
    let keyword = shape.kind()?.variant(node).keyword(name)?;
    match keyword.usage {
        Usage::Ignored(reason) => Some(reason),
        _ if keyword.says_nothing(&member.value) => Some(SAYS_NOTHING),
        _ => None,
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
