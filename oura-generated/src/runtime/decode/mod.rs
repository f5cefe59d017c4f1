//! Decodes the body of a response, and writes values as the API does.
//!
//! The fast path checks UTF-8 once and reads the JSON once, straight into the type. Only when
//! that fails is the body read again: see [`cold`] and [`lenient`].

pub(crate) mod cold;
pub(crate) mod date_or_date_time;
pub(crate) mod dates;
#[cfg(feature = "drift-report")]
pub(crate) mod drift;
pub(crate) mod json_problem;
pub(crate) mod lenient;
pub(crate) mod members;
pub(crate) mod partial;
pub(crate) mod salvage;
pub(crate) mod series;
pub(crate) mod union;
pub(crate) mod wire;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Route;
use crate::runtime::call::reply::Reply;
use crate::runtime::error::Error;
use crate::runtime::list::items::{Items, Parts};
use crate::runtime::list::page::{Page, WithJson};
use crate::runtime::oura::find_key;
use cold::{cut, members, not_json, read_again, read_document_again};
use json_problem::JsonProblem;
use salvage::salvage;
use wire::{FieldValue, Wire};

/// Reads JSON.
pub(crate) fn json<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    let text = utf8(reply)?;
    let value = serde_json::from_str(text).or_else(|_| read_again(reply, text))?;
    reply.report_drift::<T>("", text);
    Ok(value)
}

/// Reads JSON, and an empty body as `null`: raw calls reach routes whose response is empty.
pub(crate) fn json_or_nothing<T: DeserializeOwned>(reply: &Reply) -> Result<T, Error> {
    if reply.body().is_empty()
        && let Ok(nothing) = serde_json::from_str("null")
    {
        return Ok(nothing);
    }
    json(reply)
}

/// Reads JSON whose form is that of [`FieldValue`]: dates and lists or maps of them.
#[allow(dead_code, reason = "for specs with bodies that are dates")]
pub(crate) fn wire<T: FieldValue>(reply: &Reply) -> Result<T, Error> {
    let Wire(value) = json::<Wire<T>>(reply)?;
    Ok(value)
}

/// Reads one document of a list that came earlier.
#[allow(dead_code, reason = "for specs with resources")]
pub(crate) fn document<T: DeserializeOwned>(route: Option<Route>, text: &str) -> Result<T, Error> {
    let value = serde_json::from_str(text).or_else(|_| read_document_again(text));
    value.map_err(|(path, problem)| Error::Decode {
        route,
        path,
        raw: cut(text).to_owned(),
        status: StatusCode::OK,
        trace_id: None,
        source: Box::new(problem),
        cursor: None,
    })
}

/// Reads a page. Each document that does not decode becomes one error.
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
        Err(_) => {
            let (items, next) = match salvage::<P>(reply, text) {
                Some((items, next)) => (Items::Mixed(Box::new(items)), next),
                None => {
                    let (items, next) = read_again::<P>(reply, text)?.into_parts();
                    (Items::Whole(items.into_iter()), next)
                }
            };
            Ok(Parts { items, next })
        }
    }
}

/// Reads a page like [`documents`], and keeps the JSON of each document. It is a second
/// reading, so that the models do not have to keep it.
pub(crate) fn documents_with_json<P: Page>(
    reply: &Reply,
) -> Result<Parts<WithJson<P::Item>>, Error> {
    let Parts { items, next } = documents::<P>(reply)?;
    let items = match items {
        Items::Mixed(items) => Items::Mixed(Box::new(items.with_json())),
        Items::Whole(items) => {
            let all = raw_page(reply, utf8(reply)?, P::ITEMS, P::CURSOR)?.documents;
            let pairs = all.into_iter().zip(items);
            let pairs: Vec<_> = pairs
                .map(|(json, document)| WithJson { json, document })
                .collect();
            Items::Whole(pairs.into_iter())
        }
    };
    Ok(Parts { items, next })
}

/// A page whose documents are not read.
pub(crate) struct RawPage {
    pub(crate) documents: Vec<Box<RawValue>>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// Takes a page apart without reading its documents.
#[allow(dead_code, reason = "for specs with resources")]
pub(crate) fn raw_documents<P: Page>(reply: &Reply) -> Result<RawPage, Error> {
    let text = utf8(reply)?;
    let page = raw_page(reply, text, P::ITEMS, P::CURSOR)?;
    reply.report_drift::<P>("", text);
    Ok(page)
}

fn raw_page(
    reply: &Reply,
    text: &str,
    items: &'static str,
    cursor: &'static str,
) -> Result<RawPage, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let page = deserializer.deserialize_map(RawPageVisitor { items, cursor });
    let page = page.and_then(|page| deserializer.end().map(|()| page));
    page.map_err(|error| {
        let problem = not_json(reply).unwrap_or_else(|| JsonProblem::of(&error));
        reply.undecodable(".".to_owned(), cut(text).to_owned(), problem)
    })
}

struct RawPageVisitor {
    items: &'static str,
    cursor: &'static str,
}

impl<'de> Visitor<'de> for RawPageVisitor {
    type Value = RawPage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with a list `{}`", self.items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawPage, A::Error> {
        let (mut documents, mut next) = (None, None);
        while let Some(name) = access.next_key::<Cow<'de, str>>()? {
            // Of two lists one would be lost silently, and of two cursors the pages after one.
            if name == self.items && documents.is_none() {
                documents = Some(access.next_value()?);
            } else if name == self.cursor && next.is_none() {
                next = Some(access.next_value()?);
            } else if name == self.items || name == self.cursor {
                return Err(de::Error::custom(format_args!("duplicate field `{name}`")));
            } else {
                access.next_value::<de::IgnoredAny>()?;
            }
        }
        Ok(RawPage {
            documents: documents.ok_or_else(|| de::Error::missing_field(self.items))?,
            next: next.flatten(),
        })
    }
}

/// A page whose documents have keys.
pub(crate) struct Keyed<T> {
    pub(crate) documents: Vec<KeyedDocument<T>>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// A document with its key, if it has one.
pub(crate) type KeyedDocument<T> = (Option<Box<str>>, Result<T, Error>);

/// Reads a page like [`documents`], with a key for each document that has one. It is a
/// second reading, so that the models do not have to know keys.
pub(crate) fn keyed_documents<P: Page>(reply: &Reply) -> Result<Keyed<P::Item>, Error> {
    let Parts { items, next } = documents::<P>(reply)?;
    let text = utf8(reply)?;
    let members = members(text).unwrap_or_default();
    let list = members.get(P::ITEMS).map(|list| list.get());
    let list: Vec<&RawValue> = list
        .and_then(|list| serde_json::from_str(list).ok())
        .unwrap_or_default();
    // A page that is a list (`[[..], null]`) decodes as a struct does, but has no members.
    if list.len() != items.len() {
        let problem = JsonProblem::of_body("the page is not an object");
        return Err(reply.undecodable(".".to_owned(), cut(text).to_owned(), problem));
    }
    let keys = list
        .into_iter()
        .map(|document| find_key(document).map(Box::from));
    let documents = keys.zip(items).collect();
    Ok(Keyed { documents, next })
}

/// Ignores the body of a response that should have none.
#[allow(dead_code, reason = "for specs with empty responses")]
pub(crate) fn empty(reply: &Reply) -> Result<(), Error> {
    let _ = reply;
    Ok(())
}

/// Reads the body as text.
#[allow(dead_code, reason = "for specs with text responses")]
pub(crate) fn text(reply: &Reply) -> Result<String, Error> {
    utf8(reply).map(str::to_owned)
}

/// Returns the body as it is.
#[allow(dead_code, reason = "for specs with binary responses")]
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        id: u32,
    }

    #[derive(Deserialize)]
    struct Rows {
        data: Vec<Row>,
        next: Option<String>,
    }

    impl Page for Rows {
        type Item = Row;
        const ITEMS: &'static str = "data";
        const CURSOR: &'static str = "next";

        fn cursor(&self) -> Option<&str> {
            self.next.as_deref()
        }

        fn is_empty(&self) -> bool {
            self.data.is_empty()
        }

        fn into_parts(self) -> (Vec<Row>, Option<String>) {
            (self.data, self.next)
        }
    }

    fn reply(body: impl Into<Bytes>) -> Reply {
        Reply::new(None, http::Response::new(body.into()))
    }

    fn place(error: &Error) -> (&str, usize, usize) {
        match error {
            Error::Decode { path, source, .. } => (path, source.line(), source.column()),
            other => panic!("{other:?}"),
        }
    }

    /// A reading that looks at the whole page again for each of these would take many minutes.
    #[test]
    fn a_page_of_errors_is_walked_once() {
        const COUNT: usize = 50_000;
        let bad = r#"{"padding": "padding padding padding padding", "id": "x"}"#;
        let rows = vec![bad; COUNT].join(",\n  ");
        let body = format!("{{\"next\": \"c\", \"data\": [{rows}]}}");
        let Ok(Parts { mut items, next }) = documents::<Rows>(&reply(body)) else {
            panic!("the page is of its form");
        };
        assert_eq!((items.len(), next.as_deref()), (COUNT, Some("c")));
        for at in 0..COUNT {
            let error = items.next().expect("a row").expect_err("it is bad");
            let before = if at == 0 { 23 } else { 2 };
            let path = format!("data[{at}].id");
            assert_eq!(place(&error), (path.as_str(), at + 1, before + 56));
        }
        assert!(items.next().is_none());
    }

    #[test]
    fn documents_are_separated_whatever_is_between_them() {
        let body = "{\"data\" :\n[\r\n {\"id\":1}\t,\n{\"id\":\n-2} , 7,[3] ,{\"id\":4}\n]}";
        let Ok(Parts { items, .. }) = documents::<Rows>(&reply(body)) else {
            panic!("the page is of its form");
        };
        let all: Vec<_> = items.collect();
        let ids: Vec<_> = all.iter().flatten().map(|row| row.id).collect();
        assert_eq!(ids, [1, 3, 4]);
        let errors: Vec<_> = all.iter().filter_map(|row| row.as_ref().err()).collect();
        let places: Vec<_> = errors.into_iter().map(place).collect();
        assert_eq!(places, [("data[1].id", 5, 2), ("data[2]", 5, 7)]);
    }

    #[test]
    fn of_two_lists_none_is_lost() {
        for body in [
            r#"{"data":[{"id":1}],"data":[{"id":"x"}]}"#,
            r#"{"data":[{"id":"x"}],"next":"a","next":"b"}"#,
            r#"{"data":[{"id":1}],"next":7}"#,
        ] {
            assert!(documents::<Rows>(&reply(body)).is_err(), "{body}");
        }
    }

    #[test]
    fn a_page_in_the_form_of_a_list_loses_no_document() {
        let list = reply(r#"[[{"id":1}],null]"#);
        let all = documents::<Rows>(&list).map(|parts| parts.items.flatten().collect::<Vec<_>>());
        assert_eq!(all.expect("serde takes it"), [Row { id: 1 }]);
        let error = keyed_documents::<Rows>(&list).map(|page| page.documents.len());
        assert_eq!(place(&error.expect_err("there are no keys")).0, ".");
        let page = keyed_documents::<Rows>(&reply(r#"{"data":[{"id":1},[2]]}"#));
        let keys = page.expect("a page").documents;
        let keys: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [Some("1".into()), None], "a list has no key");
    }

    #[test]
    fn nothing_is_a_value_for_types_that_have_one() {
        let mut response = http::Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let reply = Reply::new(None, response);
        json_or_nothing::<()>(&reply).expect("nothing");
        assert_eq!(json_or_nothing::<Option<Row>>(&reply).ok(), Some(None));
        let error = json_or_nothing::<Row>(&reply).expect_err("a row has no such form");
        assert!(error.to_string().contains("the body is empty"), "{error}");
    }
}
