//! Phase 1, parse: text to [`Document`], an ordered tree in which each node has its place in the
//! text.
//!
//! Input: the text of a JSON or YAML file. Output: a tree of scalars, arrays and objects
//! with unique string keys. Invariant: nothing in the text is lost or guessed; what this tree
//! cannot hold is an error.

mod convert;
pub mod marks;
mod order;
mod parse;
mod query;
mod shape;
mod tree;

pub(crate) use order::in_document_order;
pub use parse::parse_document;
pub(crate) use shape::{is_prose, shape_of};
pub use tree::{DEPTH_LIMIT, Document, Members, Node, Number, Value};
