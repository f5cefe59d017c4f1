//! From the body of an answer to a value.
//!
//! The fast path checks UTF-8 once and reads the JSON once, straight into the type. Only
//! when that fails is the body read again, to say where and around what.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use super::error::Error;
use super::json_problem::JsonProblem;
use super::page::{Items, Page, Parts};
use super::reply::Reply;
use super::wire::{FieldValue, Wire};

/// The longest `raw` of an error.
const RAW_LIMIT: usize = 64 * 1024;

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    let text = utf8(reply)?;
    let value = serde_json::from_str(text).map_err(|error| explain::<T>(reply, text, &error))?;
    reply.report_drift::<T>("", text);
    Ok(value)
}

/// Reads JSON whose form is that of [`FieldValue`]: dates and lists or maps of them.
#[allow(dead_code, reason = "for documents with bodies that are dates")]
pub(crate) fn wire<T: FieldValue>(reply: &Reply) -> Result<T, Error> {
    let Wire(value) = json::<Wire<T>>(reply)?;
    Ok(value)
}

/// Reads a page. A document of it that does not decode is an error of its own.
pub(crate) fn documents<P: Page>(reply: &Reply) -> Result<Parts<P::Item>, Error> {
    let text = utf8(reply)?;
    match serde_json::from_str::<P>(text) {
        Ok(page) => {
            reply.report_drift::<P>("", text);
            let (items, next) = page.into_parts();
            Ok(Parts {
                items: Items::Whole(items.into_iter()),
                next,
            })
        }
        Err(error) => {
            let salvaged = salvage::<P>(reply, text);
            salvaged.ok_or_else(|| explain::<P>(reply, text, &error))
        }
    }
}

/// A page whose documents can be told apart.
pub(crate) struct Keyed<T> {
    pub(crate) documents: Vec<KeyedDocument<T>>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// A document with its key, if it has one.
pub(crate) type KeyedDocument<T> = (Option<Box<str>>, Result<T, Error>);

/// What tells a document from others: its id, or else its moment in a time series.
#[derive(Deserialize)]
struct Key<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

/// Reads a page like [`documents`], with a key for each document that has one. It is a
/// second reading, so that the models need know nothing of keys.
pub(crate) fn keyed_documents<P: Page>(reply: &Reply) -> Result<Keyed<P::Item>, Error> {
    let Parts { items, next } = documents::<P>(reply)?;
    let text = utf8(reply)?;
    let members = members(text).unwrap_or_default();
    let documents = members
        .get(P::ITEMS)
        .map_or("[]", |documents| documents.get());
    let keys: Vec<&RawValue> = serde_json::from_str(documents).unwrap_or_default();
    let key = |document: &RawValue| {
        let key: Key<'_> = serde_json::from_str(document.get()).ok()?;
        key.id.or(key.timestamp).map(|key| key.get().into())
    };
    // There are as many keys as documents: both readings have met the same list.
    let documents = keys.into_iter().map(key).zip(items).collect();
    Ok(Keyed { documents, next })
}

/// The cold path of a page: reads it document by document. `None` when the page itself is
/// not of its form, or when no document is to blame.
#[cold]
fn salvage<P: Page>(reply: &Reply, text: &str) -> Option<Parts<P::Item>> {
    let members = members(text)?;
    let documents: Vec<&RawValue> = serde_json::from_str(members.get(P::ITEMS)?.get()).ok()?;
    let next = members
        .get(P::CURSOR)
        .map(|next| serde_json::from_str(next.get()));
    let read = |(at, document): (usize, &&RawValue)| {
        let document = document.get();
        let value = serde_json::from_str(document)
            .map_err(|_| blame::<P::Item>(reply, text, document, &format!("{}[{at}]", P::ITEMS)))?;
        reply.report_drift::<P::Item>(&format!("{}[]", P::ITEMS), document);
        Ok(value)
    };
    let items: Vec<_> = documents.iter().enumerate().map(read).collect();
    let next = next.transpose().ok()?.flatten();
    let is_one_to_blame = items.iter().any(Result::is_err);
    is_one_to_blame.then(|| Parts {
        items: Items::Mixed(items.into_iter()),
        next,
    })
}

/// The error of one document, in the words that [`explain`] has for it.
fn blame<T: DeserializeOwned>(reply: &Reply, text: &str, document: &str, prefix: &str) -> Error {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut deserializer) else {
        let problem = JsonProblem::of_body("the document does not decode");
        return reply.undecodable(prefix.to_owned(), cut(document).to_owned(), problem);
    };
    let path = match error.path().to_string() {
        path if path == "." => prefix.to_owned(),
        path if path.starts_with('[') => format!("{prefix}{path}"),
        path => format!("{prefix}.{path}"),
    };
    // The document is a part of the text, so their addresses tell where it begins.
    let begin = document.as_ptr().addr() - text.as_ptr().addr();
    let problem = JsonProblem::of(error.inner()).behind(&text[..begin]);
    reply.undecodable(path, cut(document).to_owned(), problem)
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
            Segment::Map { key } => {
                members(raw).and_then(|all| all.get(key.as_str()).map(|m| m.get()))
            }
            Segment::Enum { .. } | Segment::Unknown => None,
        };
        let Some(next) = next else { return text };
        raw = next;
    }
    text
}

/// The members of an object, unread.
pub(crate) fn members(object: &str) -> Option<BTreeMap<Cow<'_, str>, &RawValue>> {
    serde_json::from_str(object).ok()
}

fn cut(text: &str) -> &str {
    let end = (0..=RAW_LIMIT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}
