//! Line and column of a place in a file, found by reading the file again when an error is
//! shown.

use std::iter;

use oura_codegen::document::marks::{Mark, Marks, Position, Written, find_marks};
use oura_codegen::pointer::Origin;

use crate::inputs::Inputs;

/// Where the nodes are of the texts that everything is made from, by the names of the files.
#[derive(Debug)]
pub struct Places(Vec<(String, Marks)>);

/// A stretch of one line or more; `end` is behind its last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first character.
    pub start: Position,
    /// What is behind its last character.
    pub end: Position,
}

impl Places {
    /// Reads the texts.
    pub fn of(inputs: &Inputs) -> Self {
        let marks = inputs.sources();
        Self(
            marks
                .map(|one| (one.name.clone(), find_marks(&one.text)))
                .collect(),
        )
    }

    /// The place of a node; of the nearest node above it for what a YAML alias repeats, which the
    /// text does not write again. Of a repeated key the first occurrence counts; errors about it
    /// give the second.
    pub fn find(&self, origin: &Origin) -> Option<Span> {
        let mut files = self.0.iter();
        let (_, marks) = files.find(|(name, _)| **name == *origin.file)?;
        let mut above = iter::successors(Some(&origin.pointer), |at| at.parent());
        above.find_map(|at| marks.find(at)).map(span)
    }
}

/// A member goes from its key to the end of its value, if that is a scalar.
fn span(mark: &Mark) -> Span {
    let start = mark.key.unwrap_or(mark.value);
    let is_bare = mark.key.is_none() && mark.written == Written::Collection;
    let column = start.column + 1;
    let one_behind = Position { column, ..start };
    let end = if is_bare { one_behind } else { mark.end };
    Span { start, end }
}
