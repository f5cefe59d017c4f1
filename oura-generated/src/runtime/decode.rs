//! From the body of an answer to a value.
//!
//! The fast path checks UTF-8 once and reads the JSON once, straight into the type. Only
//! when that fails is the body read again, to say where and around what.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use super::error::Error;
use super::json_problem::JsonProblem;
use super::reply::Reply;
use super::wire::{FieldValue, Wire};

/// The longest `raw` of an error.
const RAW_LIMIT: usize = 64 * 1024;

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    let text = utf8(reply)?;
    serde_json::from_str(text).map_err(|error| explain::<T>(reply, text, &error))
}

/// Reads JSON whose form is that of [`FieldValue`]: dates and lists or maps of them.
#[allow(dead_code, reason = "for documents with bodies that are dates")]
pub(crate) fn wire<T: FieldValue>(reply: &Reply) -> Result<T, Error> {
    let Wire(value) = json::<Wire<T>>(reply)?;
    Ok(value)
}

/// Takes an answer without a body. A server that sends one all the same is not wrong.
pub(crate) fn empty(reply: &Reply) -> Result<(), Error> {
    let _ = reply;
    Ok(())
}

/// Takes text.
#[allow(dead_code, reason = "for documents with text answers")]
pub(crate) fn text(reply: &Reply) -> Result<String, Error> {
    utf8(reply).map(str::to_owned)
}

/// Takes the body as it is.
#[allow(dead_code, reason = "for documents with binary answers")]
pub(crate) fn bytes(reply: &Reply) -> Result<Bytes, Error> {
    Ok(reply.body().clone())
}

fn utf8(reply: &Reply) -> Result<&str, Error> {
    std::str::from_utf8(reply.body()).map_err(|_| {
        let raw = cut(&String::from_utf8_lossy(reply.body())).to_owned();
        reply.undecodable(
            ".".to_owned(),
            raw,
            JsonProblem::of_body("the body is not UTF-8"),
        )
    })
}

/// The cold path: finds the place of `error` by reading `text` again.
#[cold]
fn explain<T: DeserializeOwned>(reply: &Reply, text: &str, error: &serde_json::Error) -> Error {
    if let Some(problem) = not_json(reply) {
        return reply.undecodable(".".to_owned(), cut(text).to_owned(), problem);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => {
            let raw = cut(surrounding_element(text, error.path()));
            let problem = JsonProblem::of(error.inner());
            reply.undecodable(error.path().to_string(), raw.to_owned(), problem)
        }
        // Text behind the value is an error that only the first reading sees.
        Ok(_) => reply.undecodable(".".to_owned(), cut(text).to_owned(), JsonProblem::of(error)),
    }
}

/// A body that says of itself that it is not JSON: a page of a gateway.
fn not_json(reply: &Reply) -> Option<JsonProblem> {
    if reply.body().is_empty() {
        return Some(JsonProblem::of_body("the body is empty"));
    }
    let content_type = reply
        .headers()
        .get(http::header::CONTENT_TYPE)?
        .to_str()
        .ok()?;
    let essence = content_type.split(';').next()?.trim();
    let is_html = essence.eq_ignore_ascii_case("text/html");
    is_html.then(|| JsonProblem::of_body("the body is an HTML page, not JSON"))
}

/// The element of the outermost list that `path` leads through: in a page, the document.
/// Without a list, the whole text.
fn surrounding_element<'t>(text: &'t str, path: &Path) -> &'t str {
    let mut raw = text;
    for segment in path.iter() {
        let next = match segment {
            Segment::Seq { index } => {
                let list: Option<Vec<&RawValue>> = serde_json::from_str(raw).ok();
                return list
                    .and_then(|list| list.get(*index).map(|raw| raw.get()))
                    .unwrap_or(text);
            }
            Segment::Map { key } => member(raw, key),
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(next) = next else { return text };
        raw = next;
    }
    text
}

/// One member of an object, unread.
pub(crate) fn member<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    use std::collections::BTreeMap;

    let mut deserializer = serde_json::Deserializer::from_str(object);
    let members: BTreeMap<std::borrow::Cow<'_, str>, &RawValue> =
        Deserialize::deserialize(&mut deserializer).ok()?;
    members.get(key).map(|raw| raw.get())
}

fn cut(text: &str) -> &str {
    let end = (0..=RAW_LIMIT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}
