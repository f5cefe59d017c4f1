//! Line and column of a place in a file, found by reading the file again when an error is
//! shown.

use std::iter;

use oura_codegen::document::marks::{Mark, Marks, Position, Written, find_marks};
use oura_codegen::pointer::Pointer;

/// Where the nodes of one file are.
#[derive(Debug)]
pub struct Places(Marks);

/// A stretch of one line or more; `end` is behind its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first character.
    pub start: Position,
    /// What is behind its last character.
    pub end: Position,
}

impl Places {
    /// Reads a file.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(find_marks(text))
    }

    /// The place of a node; of the nearest node above it for what a YAML alias repeats, which the
    /// text does not write again. Of a repeated key the first occurrence counts; errors about it
    /// give the second.
    #[must_use]
    pub fn find(&self, pointer: &Pointer) -> Option<Span> {
        let mut above = iter::successors(Some(pointer), |at| at.parent());
        above.find_map(|at| self.0.find(at)).map(span)
    }
}

/// A member goes from its key to the end of its value, if that is a scalar.
fn span(mark: &Mark) -> Span {
    let start = mark.key.unwrap_or(mark.value);
    let is_bare = mark.key.is_none() && mark.written == Written::Collection;
    let end = if is_bare { one_behind(start) } else { mark.end };
    Span { start, end }
}

fn one_behind(Position { line, column }: Position) -> Position {
    Position {
        line,
        column: column + 1,
    }
}
