//! The cold path: a body that does not decode is read once more, leniently, and the error has the
//! place where it differs and the JSON around it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use super::json_problem::JsonProblem;
use super::lenient::Lenient;
use crate::runtime::call::reply::Reply;
use crate::runtime::error::Error;

/// The longest `raw` of an error.
const RAW_LIMIT: usize = 64 * 1024;

/// The cold path: reads `text` once more and leniently. If that fails too, the error says
/// where.
#[cold]
pub(crate) fn read_again<T: DeserializeOwned>(reply: &Reply, text: &str) -> Result<T, Error> {
    let whole = |problem| reply.undecodable(".".to_owned(), cut(text).to_owned(), problem);
    if let Some(problem) = not_json(reply) {
        return Err(whole(problem));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(Lenient::new(&mut deserializer));
    let value = value.map_err(|error| {
        let raw = cut(surrounding_element(text, error.path()));
        let problem = JsonProblem::of(error.inner());
        reply.undecodable(error.path().to_string(), raw.to_owned(), problem)
    })?;
    let end = deserializer.end();
    end.map_err(|error| whole(JsonProblem::of(&error)))?;
    Ok(value)
}

/// Recognizes a body that is not meant to be JSON, such as the HTML page of a gateway.
pub(crate) fn not_json(reply: &Reply) -> Option<JsonProblem> {
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

/// The cold path of one document: reads `text`, which has nothing behind its value, once more
/// and leniently. The error says where it differs from a `T`, and how.
#[cold]
pub(crate) fn read_document_again<T: DeserializeOwned>(
    text: &str,
) -> Result<T, (String, JsonProblem)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(Lenient::new(&mut deserializer))
        .map_err(|error| (error.path().to_string(), JsonProblem::of(error.inner())))
}

impl Reply {
    /// The error of a success status that the spec does not mention.
    #[allow(dead_code, reason = "for specs with several success responses")]
    pub(crate) fn unexpected_status(&self) -> Error {
        let message = format!("the spec has no response with status {}", self.status());
        self.undecodable(".".to_owned(), String::new(), JsonProblem::of_body(message))
    }

    pub(crate) fn undecodable(&self, path: String, raw: String, source: JsonProblem) -> Error {
        Error::Decode {
            route: self.route(),
            path,
            raw,
            status: self.status(),
            trace_id: self.trace_id().map(Box::from),
            source: Box::new(source),
            cursor: None,
        }
    }
}

pub(crate) fn cut(text: &str) -> &str {
    let end = (0..=RAW_LIMIT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}
