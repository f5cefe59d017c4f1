//! Who uses which type: requests, responses, resources, and types that contain themselves.
//!
//! Input: all lowered types and operations. Output: the types that an operation reaches,
//! sorted into modules, with fields adapted to their use. Invariant: every type that is
//! emitted belongs to one module, and none has infinite size.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::context::Context;
use super::oauth_scopes::SCOPE;
use super::operations::LoweredOperation;
use super::types::Types;
use crate::error::Error;
use crate::ir::{BodyForm, Field, Ident, Operation, Type, TypeDef, TypeKind};

/// The module of types that several resources use.
pub(super) const SHARED: &str = "shared";

/// Where each reachable type goes.
pub(super) struct Usage {
    /// The module whose operations reach a type; [`SHARED`] where operations of several do.
    modules: BTreeMap<Ident, Ident>,
}

/// Makes the types fit their use: none contains itself, and what requests hold has its
/// constructor.
pub(super) fn settle(
    cx: &Context<'_>,
    mut types: Types,
    operations: &[LoweredOperation],
) -> (Types, Usage) {
    box_recursion(&mut types);
    let mut usage = Usage::of_operations(operations, &mut types);
    usage.keep(SCOPE);
    check_setters(cx, &types);
    (types, usage)
}

impl Usage {
    /// Follows the types of all operations, and adapts their fields to that use.
    fn of_operations(operations: &[LoweredOperation], types: &mut Types) -> Self {
        let mut usage = Self {
            modules: BTreeMap::new(),
        };
        let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
        let mut patched = BTreeSet::new();
        for lowered in operations {
            if let Some(ty) = patch(&lowered.operation) {
                reach(ty, types, |ident| patched.insert(ident.clone()));
            }
            for ty in &lowered.sends {
                reach(ty, types, |ident| sent.insert(ident.clone()));
            }
            for ty in &lowered.receives {
                reach(ty, types, |ident| received.insert(ident.clone()));
            }
            for ty in lowered.sends.iter().chain(&lowered.receives) {
                reach(ty, types, |ident| usage.enter(ident, &lowered.module));
            }
        }
        adapt(types, &sent, &received);
        tell_null_from_absent(types, &patched);
        usage
    }

    /// Notes that operations of a module reach a type; returns whether that changes its module.
    /// What is reached from a shared type is shared already.
    fn enter(&mut self, ident: &Ident, module: &Ident) -> bool {
        let known = match self.modules.get_mut(ident) {
            None => {
                self.modules.insert(ident.clone(), module.clone());
                return true;
            }
            Some(known) => known,
        };
        let is_new = known != module && known != SHARED;
        if is_new {
            SHARED.clone_into(known);
        }
        is_new
    }

    /// Emits a type that no operation reaches.
    fn keep(&mut self, ident: &str) {
        self.modules.insert(ident.to_owned(), SHARED.to_owned());
    }

    /// The module of a type; `None` when no operation reaches it.
    pub(super) fn module(&self, ident: &str) -> Option<&str> {
        self.modules.get(ident).map(String::as_str)
    }
}

/// The type of the JSON that a PATCH sends. A form has no null.
fn patch(operation: &Operation) -> Option<&Type> {
    let body = operation.body.as_ref()?;
    let is_json = operation.http_method == "PATCH" && body.form == BodyForm::Plain;
    body.body.ty().filter(|_| is_json)
}

/// Checks that no setter of a type in requests has the name of a method of a series.
fn check_setters(cx: &Context<'_>, types: &Types) {
    for definition in types.values() {
        let TypeKind::Struct(body) = &definition.kind else {
            continue;
        };
        let optional = |field: &&Field| !field.required && !field.read_only;
        let mut setters = body.fields.iter().filter(optional);
        let is_method = |field: &Field| {
            let mut series = body.series.iter();
            let names = [Some(&field.ident), field.null_setter.as_ref()];
            series.any(|series| names.contains(&Some(&series.method)))
        };
        let is_taken = |field: &&Field| is_method(field);
        if let Some(field) = setters.find(is_taken).filter(|_| body.in_request) {
            let message = format!(
                "a property that requests hold cannot be called `{}` in Rust",
                field.ident
            );
            let at = definition
                .origin
                .pointer
                .keys(&["properties", &field.wire_name]);
            let at = cx.node(&at).map_or(&definition.origin, |node| &node.origin);
            let help = "give it an `x-rust-name` in the overlay";
            cx.push(Error::at(at, message).help(help));
        }
    }
}

/// Boxes the fields that would make a type contain itself: those of a type of the same cycle.
fn box_recursion(types: &mut Types) {
    let circles = circles(types);
    for (ident, definition) in types.iter_mut() {
        let circle = circles.get(ident);
        let closes_circle = |target: &str| circles.get(target) == circle;
        for ty in types_of_mut(&mut definition.kind) {
            box_where(ty, &closes_circle);
        }
    }
}

/// The number of the cycle that each type is in: types that contain each other. A type that is in
/// no cycle has a number that no other type has.
fn circles(types: &Types) -> BTreeMap<Ident, usize> {
    let mut graph = DiGraph::<&Ident, ()>::new();
    let nodes: BTreeMap<&Ident, _> = types
        .keys()
        .map(|ident| (ident, graph.add_node(ident)))
        .collect();
    for (ident, definition) in types {
        for target in contained_in(definition) {
            if let Some(target) = nodes.get(target) {
                graph.add_edge(nodes[ident], *target, ());
            }
        }
    }
    let circles = (0..).zip(kosaraju_scc(&graph));
    let members = circles.flat_map(|(number, circle)| {
        let member = move |node| (node, number);
        circle.into_iter().map(member)
    });
    members
        .map(|(node, number)| (graph[node].clone(), number))
        .collect()
}

/// Enters all types that `ty` refers to, its own included, and those that an entered one refers to.
fn reach(ty: &Type, types: &Types, mut enter: impl FnMut(&Ident) -> bool) {
    let mut open = vec![ty];
    while let Some(ty) = open.pop() {
        for ident in ty.walk().filter_map(Type::ident) {
            if enter(ident)
                && let Some(definition) = types.get(ident)
            {
                open.extend(definition.kind.types());
            }
        }
    }
}

/// Types sent in requests get constructors. What only the other direction has is optional
/// where a type serves both.
fn adapt(types: &mut Types, sent: &BTreeSet<Ident>, received: &BTreeSet<Ident>) {
    for (ident, definition) in types {
        let TypeKind::Struct(definition) = &mut definition.kind else {
            continue;
        };
        definition.in_request = sent.contains(ident);
        for field in &mut definition.fields {
            let absent = (field.read_only && sent.contains(ident))
                || (field.write_only && received.contains(ident));
            if absent {
                field.required = false;
                field.ty = field.ty.clone().optional();
            }
        }
    }
}

/// A PATCH does not change what is left out, so that null has a different meaning: fields that may
/// be left out or null have two `Option`s, and a setter for null.
fn tell_null_from_absent(types: &mut Types, patched: &BTreeSet<Ident>) {
    for (ident, definition) in types {
        let TypeKind::Struct(definition) = &mut definition.kind else {
            continue;
        };
        for field in &mut definition.fields {
            match patched.contains(ident) && !field.read_only {
                true if field.null_setter.is_some() => {
                    field.ty = Type::Option(Box::new(field.ty.clone()));
                }
                true => {}
                false => field.null_setter = None,
            }
        }
    }
}

/// The types that a value of this one holds without a list or map between them.
fn contained_in(definition: &TypeDef) -> impl Iterator<Item = &Ident> {
    let types = match &definition.kind {
        // The additional properties are behind a map.
        TypeKind::Struct(kind) => kind.fields.iter().map(|field| &field.ty).collect(),
        kind => kind.types(),
    };
    types.into_iter().flat_map(directly_held)
}

fn directly_held(ty: &Type) -> impl Iterator<Item = &Ident> {
    let is_apart = |ty: &&Type| matches!(ty, Type::List(_) | Type::Map(_) | Type::Boxed(_));
    ty.walk()
        .take_while(move |ty| !is_apart(ty))
        .filter_map(Type::ident)
}

fn box_where(ty: &mut Type, closes_circle: &impl Fn(&str) -> bool) {
    if let Type::Option(inner) = ty {
        return box_where(inner, closes_circle);
    }
    if ty.ident().is_some() && directly_held(ty).any(|ident| closes_circle(ident)) {
        *ty = Type::Boxed(Box::new(ty.clone()));
    }
}

fn types_of_mut(kind: &mut TypeKind) -> Vec<&mut Type> {
    match kind {
        TypeKind::Struct(definition) => definition
            .fields
            .iter_mut()
            .map(|field| &mut field.ty)
            .collect(),
        TypeKind::Union(union) => union
            .variants
            .iter_mut()
            .map(|variant| &mut variant.ty)
            .collect(),
        TypeKind::Responses(_) | TypeKind::StringEnum(_) | TypeKind::IntegerEnum(_) => Vec::new(),
    }
}
