//! Errors: what is wrong with a spec, and where.
//!
//! A phase collects all its errors, in the order of the spec, and returns them together. Each
//! error knows its place as a file and JSON Pointer, or as line and column where the text
//! could not be parsed into a tree. `xtask` finds the line of a pointer and shows it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::pointer::Origin;

/// One thing that is wrong with a spec, an overlay or what lowering made of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The place of the error.
    pub at: Place,
    /// A second place that is involved, such as the other side of a collision.
    pub other: Option<Origin>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do about it, in one sentence without a full stop.
    pub help: Option<String>,
}

/// Where an error is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At a node of the parsed tree.
    Node(Origin),
    /// In text that is not a tree yet. Line and column count from 1.
    Text {
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
    },
    /// The file as a whole.
    File(Arc<str>),
}

/// The errors of one phase, in the order of the spec; never empty when returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<Error>);

impl Error {
    /// An error at a node.
    #[must_use]
    pub fn at(origin: &Origin, message: impl Into<String>) -> Self {
        Self::new(Place::Node(origin.clone()), message)
    }

    /// An error at any place.
    #[must_use]
    pub fn new(at: Place, message: impl Into<String>) -> Self {
        Self {
            at,
            other: None,
            message: message.into(),
            help: None,
        }
    }

    /// Adds a help text: what to do about the error.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The node of the error, if it is at a node.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match &self.at {
            Place::Node(origin) => Some(origin),
            Place::Text { .. } | Place::File(_) => None,
        }
    }

    /// Sets the second place that is involved.
    #[must_use]
    pub fn other(mut self, other: &Origin) -> Self {
        self.other = Some(other.clone());
        self
    }
}

impl Errors {
    /// Adds an error behind the others.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Adds all errors of another collection behind these.
    pub fn extend(&mut self, errors: Self) {
        self.0.extend(errors.0);
    }

    /// Keeps the value and notes the error, so that a phase can go on to the next one.
    pub fn note<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// `value` when nothing was collected, otherwise the errors.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

/// The errors, in the order of the spec.
impl Deref for Errors {
    type Target = [Error];

    fn deref(&self) -> &[Error] {
        &self.0
    }
}

impl From<Vec<Error>> for Errors {
    fn from(errors: Vec<Error>) -> Self {
        Self(errors)
    }
}

impl From<Error> for Errors {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a Errors {
    type Item = &'a Error;
    type IntoIter = std::slice::Iter<'a, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(origin) => origin.fmt(f),
            Self::Text { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::File(file) => file.fmt(f),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)?;
        if let Some(other) = &self.other {
            write!(f, " (see also {other})")?;
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.iter().map(Error::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Error {}
impl std::error::Error for Errors {}
