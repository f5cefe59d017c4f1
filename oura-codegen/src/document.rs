//! Phase 1, parse: text to [`Document`], an ordered tree in which each node knows where it
//! came from.
//!
//! Input: the text of a JSON or YAML file. Output: a tree of scalars, arrays and objects
//! with unique string keys. Invariant: nothing of the text is lost or guessed; what this
//! tree cannot hold is an error.

use indexmap::IndexMap;

use crate::pointer::Origin;

/// A parsed document: the root of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The root node.
    pub root: Node,
}

/// A value and its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it came from; kept through overlay and normalize.
    pub origin: Origin,
}

/// A value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// Members in the order of the text.
    Object(IndexMap<String, Node>),
}

/// A number that fits one 64-bit type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A negative integer.
    Signed(i64),
    /// An integer that is not negative.
    Unsigned(u64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
}
