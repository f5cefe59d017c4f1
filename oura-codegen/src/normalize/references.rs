//! References: what they name, and which components contain only themselves.

use std::collections::{HashMap, HashSet};

use super::fragment::{REF, canonical, parse};
use super::hoist::{Hoisted, shape_at};
use super::keywords::{ObjectKind, PATH_ITEM, SCHEMA, Shape};
use super::tree::{Copies, closest, common_type, descend, list};
use crate::document::{Node, Value};
use crate::error::Error;
use crate::pointer::Origin;

/// The spec that references are followed in.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) root: &'a Node,
    pub(super) hoisted: &'a Hoisted<'a>,
    pub(super) copies: &'a Copies,
}

/// The canonical form of a reference to an object of a kind.
///
/// # Errors
///
/// The reference is malformed, leads out of the spec or to nothing, or to an object of
/// another kind.
pub(super) fn resolve(
    target: Target<'_>,
    kind: &ObjectKind,
    reference: &Node,
) -> Result<String, Error> {
    find(target, kind, reference).map(|(name, _)| name)
}

/// The canonical form of a reference to a schema, or of a schema's bare name, which discriminators
/// accept too.
pub(super) fn resolve_name(target: Target<'_>, name: &Node) -> Result<String, Error> {
    match name.as_str() {
        Some(bare) if descend(target.root, &["components", "schemas", bare]).is_some() => {
            Ok(canonical(&["components", "schemas", bare]))
        }
        _ => resolve(target, &SCHEMA, name),
    }
}

/// Whether a canonical reference names a component.
pub(super) fn is_component(reference: &str) -> bool {
    reference.starts_with("#/components/") && reference.matches('/').count() == 3
}

/// The target at the end of a chain of references, and the canonical form of the last one.
pub(super) fn follow<'a>(
    target: Target<'a>,
    kind: &ObjectKind,
    reference: &'a Node,
) -> Result<(String, &'a Node), Error> {
    let mut seen = HashSet::new();
    let mut next = reference;
    loop {
        let (name, found) = find(target, kind, next)?;
        if seen.contains(&name) {
            let message = format!("`{name}` refers only to itself");
            return Err(Error::at(&reference.origin, message));
        }
        match found.get(REF) {
            Some(further) if found.as_object().is_some_and(|members| members.len() == 1) => {
                seen.insert(name);
                next = further;
            }
            _ => return Ok((name, found)),
        }
    }
}

/// Whether a canonical reference leads to a schema that allows null and nothing else.
pub(super) fn leads_to_null(target: Target<'_>, reference: &Node) -> bool {
    follow(target, &SCHEMA, reference).is_ok_and(|(_, target)| allows_only_null(target))
}

/// Whether a schema as written allows null and nothing else.
fn allows_only_null(schema: &Node) -> bool {
    let type_ = schema.get("type").and_then(Node::as_str);
    let types = list(schema, "type");
    let values = list(schema, "enum");
    type_ == Some("null")
        || !types.is_empty() && types.iter().all(|name| name.as_str() == Some("null"))
        || !values.is_empty() && values.iter().all(Node::is_null)
        || schema.get("const").is_some_and(Node::is_null)
}

/// How many schemas are visited to find the type of one.
const TYPE_BUDGET: usize = 200;

/// The one type, null aside, of the values that a schema allows, as written or converted.
pub(super) fn type_of<'a>(target: Target<'a>, schema: &'a Node) -> Option<&'a str> {
    find_type(target, schema, &mut TYPE_BUDGET.clone())
}

fn find_type<'a>(target: Target<'a>, schema: &'a Node, budget: &mut usize) -> Option<&'a str> {
    *budget = budget.checked_sub(1)?;
    if let Some(reference) = schema.get(REF) {
        let (_, found) = follow(target, &SCHEMA, reference).ok()?;
        return match found.get(REF).is_some() {
            true => None,
            false => find_type(target, found, budget),
        };
    }
    if let Some(written) = schema.get("type") {
        let names = written.as_array().unwrap_or(std::slice::from_ref(written));
        let names = names.iter().filter_map(Node::as_str);
        let mut names = names.filter(|name| *name != "null");
        return names.next().filter(|_| names.next().is_none());
    }
    let values = schema
        .get("const")
        .map_or(list(schema, "enum"), std::slice::from_ref);
    if !values.is_empty() {
        return common_type(values);
    }
    for (keyword, name) in [
        ("properties", "object"),
        ("additionalProperties", "object"),
        ("items", "array"),
    ] {
        if schema.get(keyword).is_some() {
            return Some(name);
        }
    }
    let mut parts = list(schema, "allOf").iter();
    let of_part = parts.find_map(|part| find_type(target, part, budget));
    of_part.or_else(|| {
        let branches = list(schema, "oneOf").iter().chain(list(schema, "anyOf"));
        let mut types = branches.map(|branch| find_type(target, branch, budget));
        let first = types.next()??;
        types.all(|ty| ty == Some(first)).then_some(first)
    })
}

fn find<'a>(
    Target { root, hoisted, .. }: Target<'a>,
    kind: &ObjectKind,
    reference: &Node,
) -> Result<(String, &'a Node), Error> {
    let fail = |message: String| Error::at(&reference.origin, message);
    let Some(written) = reference.as_str() else {
        return Err(fail("`$ref` must be a string".into()));
    };
    let keys = parse(written).map_err(|(message, help)| fail(message).help(help))?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let section = kind.section.unwrap_or_default();
    let fits = match keys[..] {
        ["components", written, _] => written == section,
        ["paths", _] => std::ptr::eq(kind, &PATH_ITEM),
        _ => false,
    };
    let found = descend(root, &keys);
    let is_elsewhere = match shape_at(root, &keys) {
        Some((Shape::Object(other) | Shape::RefOr(other), _)) => std::ptr::eq(kind, other),
        _ => false,
    };
    if let Some(schema) = found.filter(|_| std::ptr::eq(kind, &SCHEMA))
        && let Some(component) = hoisted.reference(schema)
    {
        return Ok((component, schema));
    }
    match (fits || is_elsewhere, found) {
        (true, Some(target)) => Ok((canonical(&keys), target)),
        (true, None) => Err(dangling(root, &keys, fail(nothing_there(written)))),
        (false, None) => Err(fail(nothing_there(written))),
        (false, Some(_)) => {
            let message = format!("`{written}` is not where {} can be referred to", kind.name);
            let help = format!("`#/components/{section}/..` is");
            Err(fail(message).help(help))
        }
    }
}

fn nothing_there(written: &str) -> String {
    format!("`{written}` points at nothing")
}

/// Adds the most likely correct name to an error.
fn dangling(root: &Node, keys: &[&str], error: Error) -> Error {
    let Some((name, section)) = keys.split_last() else {
        return error;
    };
    let known = descend(root, section).and_then(Node::as_object);
    let known = known.into_iter().flat_map(|members| members.keys());
    match closest(name, known.map(String::as_str)) {
        Some(known) => error.help(format!("did you mean `{known}`")),
        None => error,
    }
}

/// All components with the canonical references to them.
pub(super) fn components(root: &Node) -> impl Iterator<Item = (String, &Node)> {
    let sections = root.get("components").and_then(Node::as_object);
    let sections = sections.into_iter().flatten();
    let sections = sections.filter(|(section, _)| !section.starts_with("x-"));
    sections.flat_map(|(section, components)| {
        let components = components.as_object().into_iter().flatten();
        components.map(|(name, node)| (canonical(&["components", section, name]), node))
    })
}

/// Lets each component that is a reference refer to the end of its chain, so that no chains need
/// to be followed later.
pub(super) fn shorten_chains(root: &mut Node) {
    let references = components(root).filter_map(|(name, node)| {
        let members = node.as_object().filter(|members| members.len() == 1)?;
        Some((name, members.get(REF)?.as_str()?.to_owned()))
    });
    let next: HashMap<String, String> = references.collect();
    let mut ends: HashMap<&str, &str> = HashMap::new();
    for start in next.keys() {
        let mut passed: HashSet<&str> = HashSet::new();
        let mut at = start.as_str();
        while let (Some(further), false, true) =
            (next.get(at), ends.contains_key(at), passed.insert(at))
        {
            at = further;
        }
        let end = ends.get(at).copied().unwrap_or(at);
        ends.extend(passed.into_iter().map(|name| (name, end)));
    }
    let sections = root.get_mut("components").and_then(Node::as_object_mut);
    for (section, components) in sections.into_iter().flatten() {
        for (name, node) in components.as_object_mut().into_iter().flatten() {
            let name = canonical(&["components", section, name]);
            if let Some(end) = ends.get(name.as_str())
                && let Some(reference) = node.get_mut(REF)
            {
                reference.value = Value::from(*end);
            }
        }
    }
}

/// One error for each way in which a component of a normalized spec contains itself
/// without a property or an element between: `A: {$ref: A}`, `A: {allOf: [B]}, B: {anyOf:
/// [A, ..]}`. No finite value or type corresponds to it.
pub(super) fn find_cycles(root: &Node) -> Vec<Error> {
    let graph = Graph::of_components(root);
    let mut visits = vec![Visit::New; graph.names.len()];
    let mut errors = Vec::new();
    for start in 0..graph.names.len() {
        if visits[start] == Visit::New {
            graph.visit(start, &mut visits, &mut errors);
        }
    }
    errors
}

/// Which components refer to which without a property or an element between.
struct Graph<'a> {
    names: Vec<String>,
    edges: Vec<Vec<(usize, &'a Origin)>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

impl<'a> Graph<'a> {
    fn of_components(root: &'a Node) -> Self {
        let (names, nodes): (Vec<String>, Vec<&Node>) = components(root).unzip();
        let indices: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
        let edges = nodes.into_iter().map(|node| {
            let mut edges = Vec::new();
            collect_edges(node, &indices, &mut edges);
            edges
        });
        let edges = edges.collect();
        Self { names, edges }
    }

    /// A depth-first search with an explicit stack: chains of references may be too long for the
    /// stack of a thread.
    fn visit(&self, start: usize, visits: &mut [Visit], errors: &mut Vec<Error>) {
        let mut stack = vec![(start, 0)];
        visits[start] = Visit::Open;
        while let Some((node, next)) = stack.last_mut() {
            let Some((target, origin)) = self.edges[*node].get(*next) else {
                visits[*node] = Visit::Done;
                stack.pop();
                continue;
            };
            *next += 1;
            match visits[*target] {
                Visit::Done => {}
                Visit::New => {
                    visits[*target] = Visit::Open;
                    stack.push((*target, 0));
                }
                Visit::Open => errors.push(self.cycle(&stack, *target, origin)),
            }
        }
    }

    fn cycle(&self, stack: &[(usize, usize)], target: usize, origin: &Origin) -> Error {
        let short = |node: usize| {
            let name = self.names[node].rsplit('/').next();
            format!("`{}`", name.unwrap_or_default())
        };
        let steps = stack.iter().map(|(node, _)| *node);
        let mut steps: Vec<_> = steps
            .skip_while(|node| *node != target)
            .map(short)
            .collect();
        // Only the ends of a long chain are shown.
        if steps.len() > 8 {
            steps.splice(4..steps.len() - 3, ["..".to_owned()]);
        }
        steps.push(short(target));
        let message = format!(
            "{} contains only itself: {}",
            short(target),
            steps.join(" -> ")
        );
        Error::at(origin, message).help("a type may contain itself in a property or an element")
    }
}

fn collect_edges<'a>(
    node: &'a Node,
    indices: &HashMap<&str, usize>,
    edges: &mut Vec<(usize, &'a Origin)>,
) {
    if let Some(reference) = node.get(REF)
        && let Some(target) = reference.as_str().and_then(|name| indices.get(name))
    {
        edges.push((*target, &reference.origin));
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for branch in list(node, key) {
            collect_edges(branch, indices, edges);
        }
    }
}
