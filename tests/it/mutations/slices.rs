//! Divides a spec into slices: small specs with the same meaning as a part of the large one.
//!
//! Input: the corrected spec. Output: one slice for each path, one for each resource with its twin
//! and all that they refer to, and one for schemas that no operation reaches. Each has further
//! instances of its generic types, which keep these generic. Invariant: a slice has no fact that
//! the spec does not have, and together they have all facts of the spec except its tags.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::document::{Document, Members, Node, Value};
use oura_codegen::pointer::{Pointer, Token};

/// How many other instances of a generic type are added, so that it stays generic without one.
const OTHER_INSTANCES: usize = 2;

/// A schema that any mutation may refer to.
const EVERYWHERE: &str = "ValidationError";

/// A small spec.
pub(crate) struct Slice {
    pub(crate) document: Document,
    /// The paths and schemas that are tested with it, without those that are only needed by them.
    own: BTreeSet<String>,
}

impl Slice {
    /// Whether one of these places is tested with this slice.
    pub(crate) fn holds(&self, places: &[String]) -> bool {
        places.iter().any(|place| self.own.contains(place))
    }
}

/// All slices of a spec, the smallest first.
pub(crate) fn slices(document: &Document) -> Vec<Slice> {
    let mut lean = document.clone();
    // The tags are a fifth of the spec, and nothing refers to them.
    lean.root.remove(&Token::Key("tags".into()));
    remove_samples(&mut lean.root);
    let whole = Whole::new(&lean);
    let mut resources: BTreeMap<String, Parts<'_>> = BTreeMap::new();
    for path in whole.paths.keys() {
        let parts = resources.entry(resource(path)).or_default();
        parts.paths.insert(path);
    }
    let mut rest = Parts {
        schemas: whole.schemas.keys().copied().collect(),
        paths: BTreeSet::new(),
    };
    let mut slices = Vec::new();
    for parts in resources.into_values() {
        for path in &parts.paths {
            let one = Parts::of_path(path);
            slices.push(whole.slice(one.clone(), one));
        }
        let reached = whole.reached(&parts);
        rest.schemas.retain(|key| !reached.contains(key));
        let schemas = Parts {
            schemas: reached,
            paths: BTreeSet::new(),
        };
        slices.push(whole.slice(parts, schemas));
    }
    slices.push(whole.slice(rest.clone(), rest));
    slices.sort_by_key(|slice| size(&slice.document.root));
    slices
}

/// A place and all places above it.
pub(crate) fn lineage(at: &Pointer) -> Vec<String> {
    let above = std::iter::successors(Some(at), |at| at.parent());
    above.map(Pointer::to_string).collect()
}

/// Paths and keys of schemas.
#[derive(Clone, Default)]
struct Parts<'d> {
    paths: BTreeSet<&'d str>,
    schemas: BTreeSet<&'d str>,
}

impl<'d> Parts<'d> {
    fn of_path(path: &'d str) -> Self {
        Self {
            paths: BTreeSet::from([path]),
            schemas: BTreeSet::new(),
        }
    }
}

/// The spec and the references in it.
struct Whole<'d> {
    document: &'d Document,
    /// The spec without its paths and schemas.
    frame: Document,
    paths: BTreeMap<&'d str, &'d Node>,
    schemas: BTreeMap<&'d str, &'d Node>,
    /// The paths with the schemas that they reach, the smallest first.
    reach: Vec<(&'d str, BTreeSet<&'d str>)>,
}

impl<'d> Whole<'d> {
    fn new(document: &'d Document) -> Self {
        let members = |keys: &[&str]| {
            let node = document.get(&Pointer::root().keys(keys));
            let members = node.and_then(Node::as_object).into_iter().flatten();
            members.map(|(key, node)| (key.as_str(), node)).collect()
        };
        let mut frame = document.clone();
        for keys in [&["paths"][..], &["components", "schemas"]] {
            let members = frame.get_mut(&Pointer::root().keys(keys));
            let members = members.and_then(Node::as_object_mut);
            members.into_iter().for_each(Members::clear);
        }
        let mut whole = Self {
            document,
            frame,
            paths: members(&["paths"]),
            schemas: members(&["components", "schemas"]),
            reach: Vec::new(),
        };
        let paths = whole.paths.keys().copied();
        let reach = paths.map(|path| (path, whole.reached(&Parts::of_path(path))));
        let mut reach: Vec<_> = reach.collect();
        reach.sort_by_key(|(path, reached)| {
            let schemas = reached.iter().map(|key| size(whole.schemas[key]));
            size(whole.paths[path]) + schemas.sum::<usize>()
        });
        whole.reach = reach;
        whole
    }

    /// Makes a spec of these parts, all that they reach, and other instances of generic types.
    fn slice(&self, mut parts: Parts<'d>, own: Parts<'d>) -> Slice {
        let reached = self.reached(&parts);
        let paths = own.paths.iter();
        let paths = paths.map(|path| Pointer::root().keys(&["paths", path]));
        let schemas = own.schemas.iter();
        let schemas = schemas.map(|key| Pointer::root().keys(&["components", "schemas", key]));
        let own = paths.chain(schemas).map(|at| at.to_string()).collect();
        self.add_instances(&mut parts, &reached);
        parts.schemas.insert(EVERYWHERE);
        let schemas = self.reached(&parts);
        let mut document = self.frame.clone();
        self.fill(&mut document, &["paths"], &parts.paths);
        self.fill(&mut document, &["components", "schemas"], &schemas);
        Slice { document, own }
    }

    /// Copies the kept members of an object from the whole spec, in their order.
    fn fill(&self, document: &mut Document, keys: &[&str], kept: &BTreeSet<&str>) {
        let at = Pointer::root().keys(keys);
        let all = self.document.get(&at).and_then(Node::as_object);
        let members = document.get_mut(&at).and_then(Node::as_object_mut);
        if let (Some(all), Some(members)) = (all, members) {
            let kept = all.iter().filter(|(key, _)| kept.contains(key.as_str()));
            members.extend(kept.map(|(key, node)| (key.clone(), node.clone())));
        }
    }

    /// Adds paths with other instances of the generic types that are reached.
    fn add_instances(&self, parts: &mut Parts<'d>, reached: &BTreeSet<&'d str>) {
        let names = reached.iter().filter_map(|key| self.generic_name(key));
        for name in names.collect::<BTreeSet<&str>>() {
            let others = self.reach.iter().filter(|(path, there)| {
                let mut new = there.iter().filter(|key| !reached.contains(*key));
                !path.contains("/sandbox/") && new.any(|key| self.generic_name(key) == Some(name))
            });
            let others = others.take(OTHER_INSTANCES).map(|(path, _)| *path);
            parts.paths.extend(others);
        }
    }

    /// `Name` of a schema with the title `Name[Arg]`.
    fn generic_name(&self, key: &str) -> Option<&'d str> {
        let title = self.schemas.get(key)?.get("title")?.as_str()?;
        title.split_once('[').map(|(name, _)| name)
    }

    /// The keys of the schemas in these parts, and of all that they refer to.
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

/// The resource of a path, the same for its twin in the sandbox.
fn resource(path: &str) -> String {
    let segments = path.split('/').filter(|segment| *segment != "sandbox");
    segments.take(4).collect::<Vec<_>>().join("/")
}

/// Removes code samples, which are half of the spec and become no facts.
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

/// Counts the nodes.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
