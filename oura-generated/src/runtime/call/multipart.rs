//! Bodies of several parts: `multipart/form-data` of RFC 7578.

#![allow(dead_code, reason = "for specs with such bodies")]

use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::Value;

use super::form;
use super::query::QueryValue;

/// Bytes that the spec describes as a string of format `binary`: a file of a form. Where such a
/// string is in JSON, only bytes that are UTF-8 can be sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct File {
    bytes: Bytes,
    name: Option<String>,
    content_type: Option<String>,
}

impl File {
    /// A file without a name.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            bytes,
            ..Self::default()
        }
    }

    /// The same file under a name, which is sent.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same file with its media type, instead of `application/octet-stream`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The content.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The name, where it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl QueryValue for File {
    fn query_value(&self) -> Result<String, &'static str> {
        let text = std::str::from_utf8(self.bytes());
        text.map(str::to_owned)
            .map_err(|_| "has bytes that are not UTF-8")
    }
}

macro_rules! from_bytes {
    ($($ty:ty),*) => {$(
        impl From<$ty> for File {
            fn from(bytes: $ty) -> Self {
                Self::new(bytes)
            }
        }
    )*};
}

from_bytes!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

/// Does not show the content.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = std::str::from_utf8(&self.bytes).map_err(ser::Error::custom)?;
        serializer.serialize_str(text)
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

crate::runtime::decode::wire::field_values!(File);

/// The value of a field of files.
pub(crate) trait Files {
    fn files(&self) -> Vec<&File>;
}

impl Files for File {
    fn files(&self) -> Vec<&File> {
        vec![self]
    }
}

impl<T: Files> Files for Option<T> {
    fn files(&self) -> Vec<&File> {
        self.iter().flat_map(Files::files).collect()
    }
}

impl<T: Files> Files for Vec<T> {
    fn files(&self) -> Vec<&File> {
        self.iter().flat_map(Files::files).collect()
    }
}

/// One part of a body.
pub(crate) struct Part {
    name: &'static str,
    file: File,
}

/// The parts of a field of files.
pub(crate) fn files(name: &'static str, files: &impl Files) -> Result<Vec<Part>, &'static str> {
    let files = files.files().into_iter();
    let parts = files.map(|file| {
        let mut file = file.clone();
        file.content_type
            .get_or_insert_with(|| "application/octet-stream".to_owned());
        Part { name, file }
    });
    Ok(parts.collect())
}

/// The parts of another field: one for each element of a list, none for null. Objects are JSON.
pub(crate) fn values(
    name: &'static str,
    value: &impl Serialize,
) -> Result<Vec<Part>, &'static str> {
    let value = serde_json::to_value(value).map_err(|_| "has a value that cannot be written")?;
    let values = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        value => vec![value],
    };
    let parts = values.iter().map(|value| {
        let file = File::new(form::text(value));
        let file = match value {
            Value::Array(_) | Value::Object(_) => file.with_content_type("application/json"),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => file,
        };
        Part { name, file }
    });
    Ok(parts.collect())
}

/// The body and its boundary, which occurs in none of the parts.
pub(crate) fn encode(parts: &[Part]) -> Result<(String, Vec<u8>), &'static str> {
    let boundary = boundary(parts).ok_or("leaves no boundary between its parts")?;
    let mut body = Vec::new();
    for Part { name, file } in parts {
        let mut head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"",
            quoted(name)
        );
        if let Some(name) = &file.name {
            head.push_str(&format!("; filename=\"{}\"", quoted(name)));
        }
        if let Some(content_type) = &file.content_type {
            if content_type.contains(char::is_control) {
                return Err("has a file whose media type no header can carry");
            }
            head.push_str(&format!("\r\nContent-Type: {content_type}"));
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(&file.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((boundary, body))
}

/// A text that occurs in none of the parts.
fn boundary(parts: &[Part]) -> Option<String> {
    let numbered = |number: u64| format!("part-{number:016x}");
    let length = numbered(0).len();
    let texts = parts
        .iter()
        .flat_map(|part| part.file.bytes.windows(length));
    let taken: HashSet<&[u8]> = texts.filter(|text| text.starts_with(b"part-")).collect();
    let mut boundaries = (0..).map(numbered);
    boundaries.find(|boundary| !taken.contains(boundary.as_bytes()))
}

/// Escapes a name as browsers do, so that it cannot end its quotes.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use http::Method;
    use http::header::CONTENT_TYPE;
    use serde_json::json;

    use super::*;
    use crate::{Client, MemoryTransport};

    fn body(parts: Vec<Result<Vec<Part>, &'static str>>) -> (String, String) {
        let parts: Vec<Part> = parts
            .into_iter()
            .flat_map(|it| it.expect("parts"))
            .collect();
        let (boundary, body) = encode(&parts).expect("a body");
        (boundary, String::from_utf8(body).expect("text"))
    }

    #[test]
    fn each_value_is_a_part() {
        let named = File::new("bytes").with_name("a\"b.png");
        let (boundary, body) = body(vec![
            files(
                "file",
                &Some(vec![
                    named,
                    File::new("more").with_content_type("image/png"),
                ]),
            ),
            values("tags", &["x", "y"]),
            values("meta", &json!({"a": 1})),
            values("none", &None::<String>),
            values("n", &1.5),
        ]);
        let part = |head: &str, content: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
        };
        let expected = [
            part(
                "name=\"file\"; filename=\"a%22b.png\"\r\nContent-Type: application/octet-stream",
                "bytes",
            ),
            part("name=\"file\"\r\nContent-Type: image/png", "more"),
            part("name=\"tags\"", "x"),
            part("name=\"tags\"", "y"),
            part(
                "name=\"meta\"\r\nContent-Type: application/json",
                "{\"a\":1}",
            ),
            part("name=\"n\"", "1.5"),
            format!("--{boundary}--\r\n"),
        ];
        assert_eq!(body, expected.concat());
    }

    #[test]
    fn a_request_names_the_boundary_of_its_body() {
        let client = Client::builder().transport(MemoryTransport::new()).build();
        let request = client.expect("a client").raw(Method::POST, "/x");
        let fields = || [files("file", &File::new("bytes")), values("n", &1)];
        let call = request.with_multipart(fields()).into_call();
        let (boundary, expected) = body(fields().into());
        let media_type = format!("multipart/form-data; boundary={boundary}");
        assert_eq!(call.headers[CONTENT_TYPE], media_type);
        assert_eq!(call.body, expected);
        assert!(call.problem.is_none());
    }

    #[test]
    fn the_boundary_occurs_in_no_part() {
        let (usual, _) = body(vec![files("file", &File::new("x"))]);
        let holds_it = File::new(format!("--{usual}--"));
        let (boundary, _) = body(vec![files("file", &holds_it)]);
        assert_ne!(boundary, usual);
    }

    #[test]
    fn only_text_is_json() {
        let json = |bytes: &'static [u8]| serde_json::to_value(File::new(bytes)).ok();
        assert_eq!(json(b"text"), Some(json!("text")));
        assert_eq!(json(b"\xff"), None);
    }

    #[test]
    fn a_media_type_cannot_end_its_header() {
        let file = File::new("x").with_content_type("text/plain\r\nX-Other: 1");
        let parts = files("file", &file).expect("parts");
        assert!(encode(&parts).is_err());
    }

    #[test]
    fn the_content_is_not_shown() {
        let shown = format!("{:?}", File::new("s3cret"));
        assert_eq!(shown, "File { name: None, length: 6, .. }");
    }
}
