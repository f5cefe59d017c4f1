//! The cold path of a page: its documents one by one, when the page as a whole does not decode.
//!
//! Input: the body of a response. Output: each document of its list or that document's error,
//! in order, read when it is asked for.
//! Invariant: the body is walked once, and only a position in it is kept: a page of nothing but
//! errors costs no more time than one that decodes, and no memory beyond its body.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::cold::{cut, read_document_again};
use super::json_problem::JsonProblem;
use crate::runtime::call::reply::Reply;
use crate::runtime::error::Error;
use crate::runtime::list::page::{Page, WithJson};

/// The documents of a page that are not yet read.
pub(crate) struct Salvage<T> {
    reply: Reply,
    /// The property that holds the documents.
    list: &'static str,
    position: Position,
    /// The number of the next document, from 0.
    index: usize,
    /// The number of documents.
    count: usize,
    read: Read<T>,
}

/// Reads a document, or says where it differs. A pointer and no bound on `T`, so that
/// streams of documents need none either.
type Read<T> = fn(&Reply, &str, &str) -> Result<T, (String, JsonProblem)>;

/// Prepares the documents of a page to be read one by one, with the cursor of the next page.
/// `None` when the page itself is not of its form, or when no document is to blame.
#[cold]
pub(crate) fn salvage<P: Page>(
    reply: &Reply,
    text: &str,
) -> Option<(Salvage<P::Item>, Option<String>)> {
    let Properties(properties) = serde_json::from_str(text).ok()?;
    let find = |name: &str| -> Vec<&RawValue> {
        let found = properties.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| *value).collect()
    };
    // Of two lists one would be lost silently, and of two cursors the pages after one.
    let [list] = find(P::ITEMS)[..] else {
        return None;
    };
    let next = match find(P::CURSOR)[..] {
        [] => None,
        [next] => serde_json::from_str(next.get()).ok()?,
        _ => return None,
    };
    let count = serde_json::from_str::<Vec<IgnoredAny>>(list.get())
        .ok()?
        .len();
    // The list is a part of the text, so their addresses tell where it begins.
    let begin = list.get().as_ptr().addr() - text.as_ptr().addr();
    let mut position = Position::default();
    position.step_over(&text.as_bytes()[..=begin]);
    let documents = Salvage {
        reply: reply.clone(),
        list: P::ITEMS,
        position,
        index: 0,
        count,
        read: read::<P::Item>,
    };
    let is_one_to_blame = (0..count).any(|_| {
        let document = position.next_document(text.as_bytes());
        document.is_none_or(|document| serde_json::from_str::<P::Item>(document).is_err())
    });
    is_one_to_blame.then_some((documents, next))
}

fn read<T: DeserializeOwned>(
    reply: &Reply,
    list: &str,
    document: &str,
) -> Result<T, (String, JsonProblem)> {
    let value = serde_json::from_str(document).or_else(|_| read_document_again(document))?;
    reply.report_drift::<T>(&format!("{list}[]"), document);
    Ok(value)
}

fn read_with_json<T: DeserializeOwned>(
    reply: &Reply,
    list: &str,
    document: &str,
) -> Result<WithJson<T>, (String, JsonProblem)> {
    let json = serde_json::from_str(document);
    let json = json.map_err(|error| (".".to_owned(), JsonProblem::of(&error)))?;
    let document = read(reply, list, document)?;
    Ok(WithJson { json, document })
}

impl<T: DeserializeOwned> Salvage<T> {
    /// The same documents, each with its JSON.
    pub(crate) fn with_json(self) -> Salvage<WithJson<T>> {
        Salvage {
            reply: self.reply,
            list: self.list,
            position: self.position,
            index: self.index,
            count: self.count,
            read: read_with_json::<T>,
        }
    }
}

impl<T> Iterator for Salvage<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.index == self.count {
            return None;
        }
        let path = format!("{}[{}]", self.list, self.index);
        self.index += 1;
        let Some(document) = self.position.next_document(self.reply.body()) else {
            // The documents were counted before, so this cannot happen. If it does, it is an error,
            // and the list does not end silently.
            self.index = self.count;
            let problem = JsonProblem::of_body("the list of documents ends too early");
            return Some(Err(self.reply.undecodable(path, String::new(), problem)));
        };
        let value = (self.read)(&self.reply, self.list, document);
        Some(value.map_err(|(inner, problem)| {
            let path = match inner.as_str() {
                "." => path,
                inner if inner.starts_with('[') => format!("{path}{inner}"),
                inner => format!("{path}.{inner}"),
            };
            let problem = problem.behind(self.position.begin_lines, self.position.begin_column);
            self.reply
                .undecodable(path, cut(document).to_owned(), problem)
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.count - self.index;
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Salvage<T> {}

/// A position in a list of documents, which only moves on.
#[derive(Clone, Copy, Default)]
struct Position {
    /// In bytes, from 0: behind the document that came last.
    offset: usize,
    /// The number of line ends in front.
    lines: usize,
    /// The offset of the first byte of the line.
    line_start: usize,
    /// The number of line ends in front of the document that came last.
    begin_lines: usize,
    /// How many bytes of its line are in front of that document.
    begin_column: usize,
}

impl Position {
    /// The next document of the list that `body` has here.
    fn next_document<'b>(&mut self, body: &'b [u8]) -> Option<&'b str> {
        let rest = body.get(self.offset..)?;
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',');
        let between = rest.iter().take_while(|byte| is_between(byte)).count();
        let (between, rest) = rest.split_at(between);
        self.step_over(between);
        self.begin_lines = self.lines;
        self.begin_column = self.offset - self.line_start;
        // From bytes: a check of UTF-8 of all that is left would be one for each document.
        let mut deserializer = serde_json::Deserializer::from_slice(rest);
        let document = <&RawValue>::deserialize(&mut deserializer).ok()?.get();
        self.step_over(document.as_bytes());
        Some(document)
    }

    fn step_over(&mut self, bytes: &[u8]) {
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' {
                self.lines += 1;
                self.line_start = self.offset + at + 1;
            }
        }
        self.offset += bytes.len();
    }
}

/// The properties of an object, unread, in order and with those that occur twice.
struct Properties<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Properties<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Properties<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut properties = Vec::new();
        while let Some(member) = access.next_entry()? {
            properties.push(member);
        }
        Ok(Properties(properties))
    }
}
