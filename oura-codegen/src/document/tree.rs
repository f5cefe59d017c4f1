//! The tree: values with their origins.

use std::cmp::Ordering;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::pointer::{Origin, Pointer, Token};

/// How deep a spec may nest, and lists and maps with references followed. All recursive walks
/// rely on it, and Rust's compiler fails at little more.
pub const DEPTH_LIMIT: usize = 120;

/// A parsed file: the root of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The root node.
    pub root: Node,
}

/// A value and its place in the source. Two nodes are equal when their values are, wherever they
/// came from; the order of members has no meaning in JSON.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it came from; kept through the overlay and normalize phases.
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
    Object(Members),
}

/// Members by their keys, in the order of the text.
pub type Members = IndexMap<String, Node, FixedState>;

/// A number. Numbers compare by value: `1` is `1.0`.
#[derive(Clone, Debug)]
pub enum Number {
    /// A negative integer.
    Signed(i64),
    /// An integer that is not negative.
    Unsigned(u64),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// A number that fits no 64-bit type, as it is written.
    Large(Arc<str>),
}

impl Document {
    /// The node at a place of the tree as it is now, which for inserted and moved nodes is
    /// not their origin.
    #[must_use]
    pub fn get(&self, at: &Pointer) -> Option<&Node> {
        at.tokens()
            .iter()
            .try_fold(&self.root, |node, token| node.child(token))
    }

    /// Like [`Document::get`], to change the node.
    pub fn get_mut(&mut self, at: &Pointer) -> Option<&mut Node> {
        at.tokens()
            .iter()
            .try_fold(&mut self.root, |node, token| node.child_mut(token))
    }
}

impl Node {
    /// A value with its place.
    #[must_use]
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Self {
            value: value.into(),
            origin,
        }
    }

    /// The member `key`, when this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// Like [`Node::get`], to change the member.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.as_object_mut()?.get_mut(key)
    }

    /// This node and all below it, in the order of the text.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut open = vec![self];
        std::iter::from_fn(move || {
            let node = open.pop()?;
            match &node.value {
                Value::Array(items) => open.extend(items.iter().rev()),
                Value::Object(members) => open.extend(members.values().rev()),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
            Some(node)
        })
    }

    /// The string, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match &self.value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Members> {
        match &self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Like [`Node::as_object`], to change the members.
    pub fn as_object_mut(&mut self) -> Option<&mut Members> {
        match &mut self.value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The kind of the value, for messages: `an object`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }

    /// Removes a member or element and returns it. Other members keep their order.
    pub fn remove(&mut self, token: &Token) -> Option<Self> {
        match &mut self.value {
            Value::Object(members) => members.shift_remove(&*token.text()),
            Value::Array(items) => {
                let index = token.index().filter(|index| *index < items.len())?;
                Some(items.remove(index))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    fn child(&self, token: &Token) -> Option<&Self> {
        match &self.value {
            Value::Object(members) => members.get(&*token.text()),
            Value::Array(items) => items.get(token.index()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    fn child_mut(&mut self, token: &Token) -> Option<&mut Self> {
        match &mut self.value {
            Value::Object(members) => members.get_mut(&*token.text()),
            Value::Array(items) => items.get_mut(token.index()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Number {
    /// The integer, when this is one that 128 bits hold; `1.0` is one too.
    #[must_use]
    pub fn as_integer(&self) -> Option<i128> {
        // Beyond this size a float is always integral, but its last digits are unknown.
        const LIMIT: f64 = 1e38;
        match self {
            Self::Signed(value) => Some((*value).into()),
            Self::Unsigned(value) => Some((*value).into()),
            Self::Float(value) if value.fract() == 0.0 && value.abs() < LIMIT => {
                Some(*value as i128)
            }
            Self::Float(_) => None,
            Self::Large(text) => text.parse().ok(),
        }
    }

    /// The number as a float, rounded where it must be, and infinite where it is too large.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Signed(value) => *value as f64,
            Self::Unsigned(value) => *value as f64,
            Self::Float(value) => *value,
            Self::Large(text) => text.parse().unwrap_or(f64::INFINITY),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Large(one), Self::Large(other)) => one == other,
            (Self::Large(_), _) | (_, Self::Large(_)) => false,
            _ => self.partial_cmp(other) == Some(Ordering::Equal),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.as_integer(), other.as_integer()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

macro_rules! values {
    ($($kind:ty: $from:pat => $to:expr;)*) => {$(
        impl From<$kind> for Value {
            fn from($from: $kind) -> Self {
                $to
            }
        }
    )*};
}

values! {
    &str: text => Self::String(text.to_owned());
    String: text => Self::String(text);
    bool: value => Self::Bool(value);
    i64: value => Self::Number(u64::try_from(value).map_or(Number::Signed(value), Number::Unsigned));
    f64: value => Self::Number(Number::Float(value));
    Number: number => Self::Number(number);
    Vec<Node>: items => Self::Array(items);
    Members: members => Self::Object(members);
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_document;
    use super::*;

    #[test]
    fn numbers_compare_by_value() {
        let (one, two) = (Number::Unsigned(1), Number::Float(2.0));
        assert_eq!(one, Number::Float(1.0));
        assert!(one < two && Number::Signed(-1) < one);
        assert_ne!(Number::Unsigned(u64::MAX), Number::Unsigned(u64::MAX - 1));
        assert_ne!(
            Number::Unsigned(u64::MAX),
            Number::Float(18_446_744_073_709_551_616.0)
        );
        assert!(Number::Float(1e300) > Number::Unsigned(u64::MAX));
    }

    #[test]
    fn places_of_the_tree_are_found() {
        let text = "paths: {/a/b: [{'200': x}]}";
        let mut document = parse_document("a.yaml", text).unwrap();
        let at: Pointer = "/paths/~1a~1b/0/200".parse().unwrap();
        assert_eq!(document.get(&at).and_then(Node::as_str), Some("x"));
        document.get_mut(&at).unwrap().value = true.into();
        assert_eq!(document.get(&at).and_then(Node::as_bool), Some(true));
        assert_eq!(document.get(&at.key("y")), None);
        let built = Pointer::root().keys(&["paths", "/a/b"]).index(0).key("200");
        assert_eq!(document.get(&built).unwrap().origin.pointer, built);
    }
}
