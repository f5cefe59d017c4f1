//! Finds the line and the column of a place, by reading the file again when an error is shown.

use std::iter;

use oura_codegen::document::marks::{Mark, Marks, Position, Written, find_marks};
use oura_codegen::pointer::Origin;

use crate::inputs::Inputs;

/// The places of all nodes in the input files, by the names of the files.
#[derive(Debug)]
pub struct Places(Vec<(String, Marks)>);

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first character.
    pub start: Position,
    /// The position after its last character.
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

    /// Finds a node, or the nearest node above it: what a YAML alias repeats is not in the text
    /// again. Of a repeated key it finds the first; errors about it give the place of the second.
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
