//! A schema during conversion, and the changes that conversions are made of.

use super::fragment::REF;
use super::keywords::aside_name;
use super::references::Target;
use crate::document::{Members, Node, Value};
use crate::error::Error;
use crate::pointer::Origin;

/// The keywords that may be beside a union without being part of it. Beside these, the only
/// branch of a union can replace the union.
pub(super) const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "nullable",
];

/// A schema whose parts are strict, and the spec around it.
pub(super) struct Conversion<'a> {
    pub(super) members: Members,
    pub(super) origin: &'a Origin,
    pub(super) root: Target<'a>,
    pub(super) errors: &'a mut Vec<Error>,
}

impl Conversion<'_> {
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.members.shift_remove(key)
    }

    pub(super) fn set(&mut self, key: &str, node: Node) {
        self.members.insert(key.to_owned(), node);
    }

    pub(super) fn fail(&mut self, at: &Origin, message: impl Into<String>, help: &str) {
        self.errors.push(Error::at(at, message).help(help));
    }

    /// Keeps what 3.0 has no keyword for as an extension.
    pub(super) fn set_aside(&mut self, keyword: &str, node: Node) {
        let aside = aside_name(keyword);
        if let Some(taken) = self.members.get(&aside) {
            let origin = taken.origin.clone();
            let message = format!("`{keyword}` and `{aside}` cannot be used beside each other");
            self.fail(&origin, message, "remove one with an overlay action");
        }
        self.set(&aside, node);
    }

    /// Puts the only branch of a union in its place: its members among the others where
    /// that means the same, otherwise the branch as `allOf`.
    pub(super) fn merge(&mut self, branch: Node, origin: &Origin) {
        let inner = branch.as_object().cloned().unwrap_or_default();
        let clash = |key: &String| key != "nullable" && self.members.contains_key(key);
        if inner.contains_key(REF)
            || inner.keys().any(clash)
            || !self.members.keys().all(|key| is_annotation(key))
        {
            return self.add_to_all_of(branch, origin);
        }
        for (key, child) in inner {
            self.members.entry(key).or_insert(child);
        }
    }

    /// Adds a schema that every value satisfies too.
    pub(super) fn add_to_all_of(&mut self, schema: Node, origin: &Origin) {
        match self.members.get_mut("allOf").map(|node| &mut node.value) {
            Some(Value::Array(schemas)) => schemas.insert(0, schema),
            _ => self.set("allOf", Node::new(vec![schema], origin.clone())),
        }
    }
}

/// Whether a keyword may be beside a union without being part of it.
pub(super) fn is_annotation(key: &str) -> bool {
    ANNOTATIONS.contains(&key) || key.starts_with("x-")
}
