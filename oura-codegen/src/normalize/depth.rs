//! How deep types without a name nest when references are followed: `S: {items: {$ref: T}}` is
//! one level more than `T`. Far beyond the limit, Rust's compiler fails, and recursive functions
//! of the generator would overflow the stack. Objects with properties and unions have names, so
//! that nesting ends there.

use std::collections::HashMap;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{DfsPostOrder, EdgeRef};

use super::fragment::REF;
use super::references::components;
use super::tree::list;
use crate::document::{DEPTH_LIMIT, Node};
use crate::error::Error;

/// An error at each schema that exceeds the limit first. Schemas around it are too deep for the
/// same reason, and have no error.
pub(super) fn check_depth(root: &Node) -> Vec<Error> {
    let mut graph = DiGraph::<&Node, usize>::new();
    let components = components(root);
    let indices = components.map(|(name, node)| (name, graph.add_node(node)));
    let indices: HashMap<String, NodeIndex> = indices.collect();
    let own = graph.node_indices().map(|at| {
        let node = graph[at];
        levels(node, 0, &mut |levels, name| {
            if let Some(target) = indices.get(name) {
                graph.add_edge(at, *target, levels);
            }
        })
    });
    let own: Vec<usize> = own.collect();
    let depths = depths(&graph, &own);
    let is_too_deep = |at: NodeIndex| depths[at.index()] > DEPTH_LIMIT;
    let first = graph
        .node_indices()
        .filter(|at| is_too_deep(*at) && !graph.neighbors(*at).any(is_too_deep));
    first
        .map(|at| {
            let message = format!(
                "with this schema, lists, maps and `allOf` of one schema nest deeper than \
                 {DEPTH_LIMIT} levels, references followed"
            );
            Error::at(&graph[at].origin, message)
                .help("put an object with a property between some of them")
        })
        .collect()
}

/// How deep a schema in place is, without a property between. Calls `found` with each component
/// that it refers to, and with the levels around the reference.
fn levels(node: &Node, around: usize, found: &mut impl FnMut(usize, &str)) -> usize {
    if let Some(name) = node.get(REF).and_then(Node::as_str) {
        found(around, name);
    }
    let only = ["allOf", "anyOf", "oneOf"].map(|key| match list(node, key) {
        [only] if node.get("properties").is_none() => Some(only),
        _ => None,
    });
    let elements = match node.get("properties") {
        Some(_) => [None, None],
        None => ["items", "additionalProperties"].map(|key| node.get(key)),
    };
    let inner = only.into_iter().chain(elements).flatten();
    let inner = inner.filter(|inner| inner.as_object().is_some());
    let deepest = inner.map(|inner| levels(inner, around + 1, found)).max();
    deepest.unwrap_or(around)
}

/// The depth of each component. A component that contains itself counts one cycle.
fn depths(graph: &DiGraph<&Node, usize>, own: &[usize]) -> Vec<usize> {
    let mut depths = vec![0; own.len()];
    let mut order = DfsPostOrder::empty(graph);
    for start in graph.node_indices() {
        order.move_to(start);
        while let Some(at) = order.next(graph) {
            let edges = graph.edges(at);
            let below = edges.map(|edge| edge.weight() + depths[edge.target().index()]);
            depths[at.index()] = below.chain([own[at.index()]]).max().unwrap_or(0);
        }
    }
    depths
}
