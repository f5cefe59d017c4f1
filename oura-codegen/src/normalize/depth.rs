//! How deep types without a name nest when references are followed: `S: {items: {$ref: T}}` is
//! one level more than `T`. Beyond the limit Rust's compiler gives up, and the stack of what
//! decides about them would some day. Objects with properties and unions have names, at which
//! both stop.

use std::collections::HashMap;

use super::fragment::REF;
use super::references::components;
use super::tree::list;
use crate::document::{DEPTH_LIMIT, Node};
use crate::error::Error;

/// An error at each schema with which they become too deep. What such a schema
/// is part of is too deep for the same cause, and has no error.
pub(super) fn check_depth(root: &Node) -> Vec<Error> {
    let nodes: Vec<(String, &Node)> = components(root).collect();
    let indices = nodes.iter().map(|(name, _)| name.as_str()).zip(0..);
    let indices: HashMap<&str, usize> = indices.collect();
    let edges = nodes.iter().map(|(_, node)| {
        let mut edges = Vec::new();
        collect_levels(node, 0, &indices, &mut edges);
        edges
    });
    let edges: Vec<Vec<Edge>> = edges.collect();
    let depths = depths(&edges);
    let is_too_deep = |index: &usize| depths[*index] > DEPTH_LIMIT;
    let within = |edge: &Edge| edge.target.is_none_or(|target| !is_too_deep(&target));
    let first = (0..nodes.len()).filter(is_too_deep);
    first
        .filter(|index| edges[*index].iter().all(within))
        .map(|index| {
            let message = format!(
                "with this schema, lists, maps and `allOf` of one schema nest deeper than \
                 {DEPTH_LIMIT} levels, references followed"
            );
            Error::at(&nodes[index].1.origin, message)
                .help("put an object with a property between some of them")
        })
        .collect()
}

/// A schema within a component.
struct Edge {
    /// How many levels are around it.
    levels: usize,
    /// The component that it refers to.
    target: Option<usize>,
}

/// What a schema holds in place, without a property between: how deep, and which components.
fn collect_levels(
    node: &Node,
    levels: usize,
    indices: &HashMap<&str, usize>,
    edges: &mut Vec<Edge>,
) {
    let reference = node.get(REF).and_then(Node::as_str);
    let target = reference.and_then(|name| indices.get(name).copied());
    edges.push(Edge { levels, target });
    let only = ["allOf", "anyOf", "oneOf"].map(|key| match list(node, key) {
        [only] => Some(only),
        _ => None,
    });
    let elements = match node.get("properties") {
        Some(_) => [None, None],
        None => ["items", "additionalProperties"].map(|key| node.get(key)),
    };
    let inner = only.into_iter().chain(elements).flatten();
    for inner in inner.filter(|inner| inner.as_object().is_some()) {
        collect_levels(inner, levels + 1, indices, edges);
    }
}

/// The depth of each component, by a search without recursion: chains of references may
/// be longer than a thread's stack is. One that contains itself is as deep as one round is.
fn depths(edges: &[Vec<Edge>]) -> Vec<usize> {
    let mut depths = vec![0; edges.len()];
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut open = match std::mem::replace(&mut seen[start], true) {
            true => Vec::new(),
            false => vec![(start, 0)],
        };
        while let Some((component, next)) = open.last_mut() {
            let (component, edge) = (*component, edges[*component].get(*next));
            *next += 1;
            match edge.map(|edge| edge.target) {
                Some(Some(target)) if !std::mem::replace(&mut seen[target], true) => {
                    open.push((target, 0));
                }
                Some(_) => {}
                None => {
                    let below = |edge: &Edge| edge.target.map_or(0, |target| depths[target]);
                    let depth = edges[component]
                        .iter()
                        .map(|edge| edge.levels + below(edge));
                    depths[component] = depth.max().unwrap_or(0);
                    open.pop();
                }
            }
        }
    }
    depths
}
