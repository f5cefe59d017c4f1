//! Slices: small documents that say what a part of a large one says.
//!
//! Input: the corrected document. Output: one slice for each resource, with its twin, all that
//! they refer to and what keeps generic types generic, and one for what no operation reaches.
//! Invariant: a slice says nothing that the document does not say, and together they say all
//! of it.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::document::{Document, Node, Value};
use oura_codegen::pointer::Pointer;

/// How many other instances keep a generic type generic, whatever becomes of one.
const OTHER_INSTANCES: usize = 2;

/// What a mutation may refer to, wherever it is.
const EVERYWHERE: &str = "ValidationError";

/// A small document.
pub(crate) struct Slice {
    pub(crate) document: Document,
    /// The paths and schemas that it stands for: not those that are only beside them.
    own: BTreeSet<String>,
}

impl Slice {
    /// Whether this slice stands for a place.
    pub(crate) fn holds(&self, at: &Pointer) -> bool {
        let mut at = Some(at);
        while let Some(place) = at {
            if self.own.contains(&place.to_string()) {
                return true;
            }
            at = place.parent();
        }
        false
    }
}

/// All slices of a document, the smallest first.
pub(crate) fn slices(document: &Document) -> Vec<Slice> {
    let whole = Whole::new(document);
    let mut resources: BTreeMap<String, Parts<'_>> = BTreeMap::new();
    for path in whole.paths.keys() {
        let parts = resources.entry(resource(path)).or_default();
        parts.paths.insert(path);
    }
    let mut rest = Parts {
        schemas: whole.schemas.keys().copied().collect(),
        paths: BTreeSet::new(),
    };
    for parts in resources.values() {
        let reached = whole.reached(parts);
        rest.schemas.retain(|key| !reached.contains(key));
    }
    let parts = resources.into_values().chain([rest]);
    let mut slices: Vec<Slice> = parts.map(|parts| whole.slice(parts)).collect();
    slices.sort_by_key(|slice| size(&slice.document.root));
    slices
}

/// Paths and keys of schemas.
#[derive(Clone, Default)]
struct Parts<'d> {
    paths: BTreeSet<&'d str>,
    schemas: BTreeSet<&'d str>,
}

/// The document and what refers to what in it.
struct Whole<'d> {
    document: &'d Document,
    paths: BTreeMap<&'d str, &'d Node>,
    schemas: BTreeMap<&'d str, &'d Node>,
}

impl<'d> Whole<'d> {
    fn new(document: &'d Document) -> Self {
        let members = |keys: &[&str]| {
            let node = document.get(&Pointer::root().keys(keys));
            let members = node.and_then(Node::as_object).into_iter().flatten();
            members.map(|(key, node)| (key.as_str(), node)).collect()
        };
        Self {
            document,
            paths: members(&["paths"]),
            schemas: members(&["components", "schemas"]),
        }
    }

    /// A document of these parts, what they reach and what they need beside them.
    fn slice(&self, mut parts: Parts<'d>) -> Slice {
        let reached = self.reached(&parts);
        let paths = parts.paths.iter();
        let paths = paths.map(|path| Pointer::root().keys(&["paths", path]));
        let schemas = reached.iter();
        let schemas = schemas.map(|key| Pointer::root().keys(&["components", "schemas", key]));
        let own = paths.chain(schemas).map(|at| at.to_string()).collect();
        self.add_instances(&mut parts, &reached);
        parts.schemas.insert(EVERYWHERE);
        let schemas = self.reached(&parts);
        let mut document = self.document.clone();
        retain(&mut document, &["paths"], |path| parts.paths.contains(path));
        retain(&mut document, &["components", "schemas"], |key| {
            schemas.contains(key)
        });
        remove_samples(&mut document.root);
        Slice { document, own }
    }

    /// Paths of other instances of the generic types that are reached.
    fn add_instances(&self, parts: &mut Parts<'d>, reached: &BTreeSet<&'d str>) {
        let names = reached.iter().filter_map(|key| self.generic_name(key));
        let names: BTreeSet<&str> = names.collect();
        let mut others: Vec<&'d str> = self.paths.keys().copied().collect();
        others.sort_by_key(|path| size(self.paths[path]));
        for name in names {
            let mut missing = OTHER_INSTANCES;
            for path in &others {
                let one = Parts {
                    paths: BTreeSet::from([*path]),
                    schemas: BTreeSet::new(),
                };
                let reached_there = self.reached(&one);
                let mut new = reached_there
                    .iter()
                    .filter(|key| !reached.contains(*key) && self.generic_name(key) == Some(name));
                if missing > 0 && new.next().is_some() && !parts.paths.contains(path) {
                    parts.paths.insert(path);
                    missing -= 1;
                }
            }
        }
    }

    /// `Name` of a schema with the title `Name[Arg]`.
    fn generic_name(&self, key: &str) -> Option<&'d str> {
        let title = self.schemas.get(key)?.get("title")?.as_str()?;
        title.split_once('[').map(|(name, _)| name)
    }

    /// The keys of the schemas that parts are or refer to.
    fn reached(&self, parts: &Parts<'d>) -> BTreeSet<&'d str> {
        let mut reached = parts.schemas.clone();
        let paths = parts.paths.iter().map(|path| self.paths[path]);
        let mut open: Vec<&Node> = paths.collect();
        open.extend(parts.schemas.iter().map(|key| self.schemas[key]));
        while let Some(node) = open.pop() {
            match &node.value {
                Value::Array(items) => open.extend(items),
                Value::Object(members) => open.extend(members.values()),
                Value::String(text) => {
                    let key = text.strip_prefix("#/components/schemas/");
                    let found = key.and_then(|key| self.schemas.get_key_value(key));
                    if let Some((key, schema)) = found
                        && reached.insert(key)
                    {
                        open.push(schema);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        reached
    }
}

/// What a path is about, whether it is of the sandbox or not.
fn resource(path: &str) -> String {
    let segments = path.split('/').filter(|segment| *segment != "sandbox");
    segments.take(4).collect::<Vec<_>>().join("/")
}

fn retain(document: &mut Document, keys: &[&str], keep: impl Fn(&str) -> bool) {
    let node = document.get_mut(&Pointer::root().keys(keys));
    if let Some(members) = node.and_then(Node::as_object_mut) {
        members.retain(|key, _| keep(key));
    }
}

/// Code samples are half of the document, and no facts.
fn remove_samples(node: &mut Node) {
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(remove_samples),
        Value::Object(members) => {
            members.shift_remove("x-codeSamples");
            members.values_mut().for_each(remove_samples);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// How many nodes there are.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
