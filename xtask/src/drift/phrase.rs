//! Sentences of reports. They keep our words apart from texts of a spec, which are formatted as
//! code, so that they can neither become markup nor control the terminal.

use std::fmt;

use serde::{Serialize, Serializer};

/// A sentence without a full stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase(Vec<Piece>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Our words.
    Words(String),
    /// A name or value.
    Code(String),
}

impl Phrase {
    /// A phrase of our words.
    pub fn words(text: impl Into<String>) -> Self {
        Self::default().and(text)
    }

    /// A phrase of a name or value.
    pub fn code(text: impl Into<String>) -> Self {
        Self::default().and_code(text)
    }

    /// Parses a sentence with names and values between backticks.
    pub fn sentence(text: &str) -> Self {
        let pieces: Vec<&str> = text.split('`').collect();
        if pieces.len().is_multiple_of(2) {
            return Self::words(text);
        }
        let pieces = pieces.iter().enumerate();
        let pieces = pieces.filter(|(_, piece)| !piece.is_empty());
        pieces.fold(Self::default(), |phrase, (index, piece)| match index % 2 {
            0 => phrase.and(*piece),
            _ => phrase.and_code(*piece),
        })
    }

    /// Adds our words.
    pub fn and(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Words(text.into()));
        self
    }

    /// Adds a name or value.
    pub fn and_code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Code(text.into()));
        self
    }

    /// Adds another phrase.
    pub fn join(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Joins several phrases.
    pub fn joined(phrases: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        let joined = phrases
            .into_iter()
            .reduce(|all, phrase| all.and(separator).join(phrase));
        joined.unwrap_or_default()
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }
}

impl Serialize for Phrase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Plain text, with names and values in backticks.
impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Words(text) => f.write_str(text)?,
                Piece::Code(text) => write!(f, "`{text}`")?,
            }
        }
        Ok(())
    }
}
