//! References to schemas within others, such as `#/components/schemas/Pet/properties/tag`: what
//! they lead to becomes a component, to which its own place refers too, so that it is one type.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::fragment::{REF, canonical, parse};
use super::keywords::{DOCUMENT, Shape};
use super::tree::{child, descend};
use crate::document::Node;
use crate::pointer::Origin;

/// The schemas that become components, by their places, in the order of the references to them;
/// each with the key of its component.
pub(super) struct Hoisted<'a>(IndexMap<&'a Origin, (String, &'a Node)>);

/// Tokens of a pointer that name a kind of place and not one thing.
const STRUCTURE: &[&str] = &[
    "components",
    "schemas",
    "paths",
    "responses",
    "content",
    "schema",
    "properties",
    "requestBodies",
    "requestBody",
    "parameters",
    "headers",
    "$defs",
    "definitions",
];

impl<'a> Hoisted<'a> {
    /// Finds the schemas of a spec that references point into.
    pub(super) fn of(root: &'a Node) -> Self {
        let taken = descend(root, &["components", "schemas"]).and_then(Node::as_object);
        let taken = taken.into_iter().flat_map(|schemas| schemas.keys());
        let mut taken: HashSet<String> = taken.cloned().collect();
        let mut hoisted = Self(IndexMap::new());
        for node in root.walk() {
            if let Some(reference) = node.get(REF).and_then(Node::as_str) {
                hoisted.note(root, reference, &mut taken);
            }
        }
        hoisted
    }

    fn note(&mut self, root: &'a Node, reference: &str, taken: &mut HashSet<String>) {
        let Ok(keys) = parse(reference) else {
            return;
        };
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        if let ["components", _, _] = keys[..] {
            return;
        }
        let Some((Shape::Schema | Shape::SchemaOrBool, node)) = shape_at(root, &keys) else {
            return;
        };
        if node.as_object().is_some() && !self.0.contains_key(&node.origin) {
            let key = free_key(&keys, taken);
            taken.insert(key.clone());
            self.0.insert(&node.origin, (key, node));
        }
    }

    /// The canonical reference to the component that a schema becomes.
    pub(super) fn reference(&self, schema: &Node) -> Option<String> {
        let (key, _) = self.0.get(&schema.origin)?;
        Some(canonical(&["components", "schemas", key]))
    }

    /// The schemas with the keys of their components.
    pub(super) fn schemas(&self) -> impl Iterator<Item = &(String, &'a Node)> {
        self.0.values()
    }
}

/// A key that no component has, from the words of a pointer.
fn free_key(keys: &[&str], taken: &HashSet<String>) -> String {
    let words = keys.iter().filter(|key| !STRUCTURE.contains(key));
    let words = words.map(|key| match *key {
        "items" => "item".to_owned(),
        "additionalProperties" => "value".to_owned(),
        key => key.replace(|c: char| !c.is_ascii_alphanumeric(), " "),
    });
    let words: Vec<String> = words.collect();
    let words: Vec<&str> = words
        .iter()
        .flat_map(|key| key.split_whitespace())
        .collect();
    let key = words.join("-");
    let numbered = (2..).map(|number| format!("{key}-{number}"));
    let mut candidates = std::iter::once(key.clone()).chain(numbered);
    let free = candidates.find(|key| !taken.contains(key));
    free.unwrap_or(key)
}

/// The shape of a place, and its node: `None` where the keyword table has no such place.
pub(super) fn shape_at<'a>(root: &'a Node, keys: &[&str]) -> Option<(Shape, &'a Node)> {
    let start = (Shape::Object(&DOCUMENT), root);
    keys.iter().try_fold(start, |(shape, node), key| {
        Some((shape.below(node, key)?, child(node, key)?))
    })
}
