//! Why a JSON text does not decode, without its contents.

use std::fmt;

use serde_json::error::Category;

/// What was expected of a JSON text, and where it differs.
///
/// serde's own messages quote the value that they found; here that would be health data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonProblem {
    expected: String,
    line: usize,
    column: usize,
    is_other_form: bool,
}

impl JsonProblem {
    /// The line of the body, from 1, or 0 when the problem is with the whole body.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column of that line, from 1, or 0 when the problem is with the whole body.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Whether the body is JSON, but of another form.
    pub(crate) fn is_other_form(&self) -> bool {
        self.is_other_form
    }

    pub(crate) fn of_body(message: impl Into<String>) -> Self {
        Self {
            expected: message.into(),
            line: 0,
            column: 0,
            is_other_form: false,
        }
    }

    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let expected = match error.classify() {
            Category::Data => describe_data(&error.to_string()),
            Category::Eof => "the JSON ends too early".to_owned(),
            Category::Syntax | Category::Io => describe_syntax(&error.to_string()).to_owned(),
        };
        Self {
            expected,
            line: error.line(),
            column: error.column(),
            // Values that are read out of a document again have no line.
            is_other_form: error.is_data() && error.line() > 0,
        }
    }

    /// Moves the problem to a text that has so many line ends in front of this one, and so many
    /// bytes in front on its first line.
    pub(crate) fn behind(mut self, lines: usize, bytes: usize) -> Self {
        if self.line == 1 {
            self.column += bytes;
        }
        if self.line > 0 {
            self.line += lines;
        }
        self
    }
}

/// Why the parser cannot read a text: it is not JSON, or it is beyond the limits that RFC 8259
/// allows a parser to have.
fn describe_syntax(message: &str) -> &'static str {
    match () {
        () if message.starts_with("number out of range") => {
            "the number is out of range: no more than about 1.8e308 can be read"
        }
        () if message.starts_with("recursion limit exceeded") => {
            "the JSON is nested too deep: no more than 127 levels can be read"
        }
        () => "this is not JSON",
    }
}

/// Keeps the parts of serde's message that come from code.
fn describe_data(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message);
    if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
        return message.to_owned();
    }
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return "the value is not of the expected form".to_owned();
    };
    let kinds = [
        "null",
        "boolean",
        "integer",
        "floating point",
        "string",
        "sequence",
        "map",
    ];
    match kinds
        .iter()
        .find(|kind| found.contains(&format!(": {kind}")))
    {
        Some(kind) => format!("found {kind}, expected {expected}"),
        None => format!("expected {expected}"),
    }
}

impl fmt::Display for JsonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expected)?;
        if self.line > 0 {
            write!(f, " at line {} column {}", self.line, self.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for JsonProblem {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem<T: serde::de::DeserializeOwned>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json)
            .err()
            .expect("it does not decode");
        JsonProblem::of(&error).to_string()
    }

    #[test]
    fn values_are_not_quoted() {
        assert_eq!(
            problem::<i64>("\"72, expected u8\""),
            "found string, expected i64 at line 1 column 17"
        );
        assert_eq!(
            problem::<u8>("-61"),
            "found integer, expected u8 at line 1 column 3"
        );
        assert_eq!(
            problem::<i64>("72.5"),
            "found floating point, expected i64 at line 1 column 4"
        );
        assert_eq!(
            problem::<String>("null"),
            "found null, expected a string at line 1 column 4"
        );
        assert_eq!(
            problem::<String>("[72]"),
            "found sequence, expected a string at line 1 column 0"
        );
        let uuid = problem::<uuid::Uuid>("\"my health\"");
        assert_eq!(
            uuid,
            "the value is not of the expected form at line 1 column 11"
        );
    }

    #[test]
    fn limits_of_the_parser_are_named() {
        assert_eq!(
            problem::<f64>("1e400"),
            "the number is out of range: no more than about 1.8e308 can be read at line 1 column 5"
        );
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let too_deep = problem::<serde_json::Value>(&nested(128));
        assert!(too_deep.contains("no more than 127 levels"), "{too_deep}");
        let deepest = serde_json::from_str::<serde_json::Value>(&nested(127));
        deepest.expect("that many levels are read");
    }

    #[test]
    fn broken_json_is_distinguished_from_other_forms() {
        assert_eq!(
            problem::<Vec<i64>>("[1, 72"),
            "the JSON ends too early at line 1 column 6"
        );
        assert_eq!(
            problem::<Vec<i64>>("<html>"),
            "this is not JSON at line 1 column 1"
        );
    }
}
