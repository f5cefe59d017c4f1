//! Line and column of a place in a file, found by reading the file again when an error is
//! shown.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;

use oura_codegen::document::marks::{Mark, Position, Written, find_marks};
use oura_codegen::pointer::{Pointer, Token};

/// Where the nodes of one file are.
#[derive(Debug)]
pub struct Places {
    marks: Vec<Mark>,
    /// The indices of the marks by the last token of their pointers.
    by_token: HashMap<Arc<str>, Vec<usize>>,
}

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
        let marks = find_marks(text).nodes;
        let mut by_token: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, mark) in marks.iter().enumerate() {
            by_token.entry(last(&mark.pointer)).or_default().push(index);
        }
        Self { marks, by_token }
    }

    /// The place of a node, or of the nearest node above it: what an alias repeats has no
    /// place of its own.
    #[must_use]
    pub fn find(&self, pointer: &Pointer) -> Option<Span> {
        let mut above = iter::successors(Some(pointer), |at| at.parent());
        above.find_map(|at| {
            let mut indices = self.by_token.get(&last(at))?.iter();
            // Of a repeated key the first occurrence counts; errors about it give the second.
            let index = indices.find(|index| is_same(&self.marks[**index].pointer, at))?;
            Some(span(&self.marks[*index]))
        })
    }
}

/// The last token of a pointer as text; empty at the root.
fn last(pointer: &Pointer) -> Arc<str> {
    match pointer.last() {
        None => "".into(),
        Some(Token::Key(key)) => Arc::clone(key),
        Some(Token::Index(index)) => index.to_string().into(),
    }
}

/// Whether two pointers read the same. One that was made of text has keys for indices.
fn is_same(one: &Pointer, other: &Pointer) -> bool {
    match (one.last(), other.last()) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            (a == b || last(one) == last(other))
                && one
                    .parent()
                    .zip(other.parent())
                    .is_some_and(|(one, other)| is_same(one, other))
        }
        _ => false,
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
