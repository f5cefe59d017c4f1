//! Who uses which type: requests, responses, resources, and types that contain themselves.
//!
//! Input: all lowered types and operations. Output: the types that an operation reaches,
//! sorted into modules, with fields adapted to their use. Invariant: every type that is
//! emitted belongs to one module, and none has infinite size.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::operations::LoweredOperation;
use super::security::SCOPE;
use super::types::Types;
use crate::error::Error;
use crate::ir::{Field, Ident, Type, TypeDef, TypeKind};

/// The module of types that several resources use.
pub(super) const SHARED: &str = "shared";

/// Where each reachable type goes.
pub(super) struct Usage {
    /// The modules whose operations reach a type.
    modules: BTreeMap<Ident, BTreeSet<Ident>>,
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
    /// Follows the types of all operations, and makes their fields what that use asks for.
    fn of_operations(operations: &[LoweredOperation], types: &mut Types) -> Self {
        let mut usage = Self {
            modules: BTreeMap::new(),
        };
        let (mut sent, mut received) = (BTreeSet::new(), BTreeSet::new());
        for lowered in operations {
            let mut reached = BTreeSet::new();
            for ty in &lowered.sends {
                reach(ty, types, &mut sent);
                reach(ty, types, &mut reached);
            }
            for ty in &lowered.receives {
                reach(ty, types, &mut received);
                reach(ty, types, &mut reached);
            }
            for ident in reached {
                let modules = usage.modules.entry(ident).or_default();
                modules.insert(lowered.module.clone());
            }
        }
        adapt(types, &sent, &received);
        usage
    }

    /// Emits a type that no operation reaches.
    fn keep(&mut self, ident: &str) {
        let modules = self.modules.entry(ident.to_owned()).or_default();
        modules.insert(SHARED.to_owned());
    }

    /// The module of a type; `None` when no operation reaches it.
    pub(super) fn module(&self, ident: &str) -> Option<&str> {
        let modules = self.modules.get(ident)?;
        match modules.len() {
            1 => modules.first().map(String::as_str),
            _ => Some(SHARED),
        }
    }
}

/// The setters of what requests hold stand beside the methods of series.
fn check_setters(cx: &Context<'_>, types: &Types) {
    for definition in types.values() {
        let TypeKind::Struct(body) = &definition.kind else {
            continue;
        };
        let optional = |field: &&Field| !field.required && !field.read_only;
        let mut setters = body.fields.iter().filter(optional);
        let is_method = |field: &Field| {
            let mut series = body.series.iter();
            series.any(|series| series.method == field.ident)
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

/// Boxes the fields that would make a type contain itself.
fn box_recursion(types: &mut Types) {
    let contained: BTreeMap<Ident, BTreeSet<Ident>> = types
        .iter()
        .map(|(ident, definition)| (ident.clone(), contained_in(definition)))
        .collect();
    for (ident, definition) in types.iter_mut() {
        let closes_circle = |target: &str| contains(&contained, target, ident);
        for ty in types_of_mut(&mut definition.kind) {
            box_where(ty, &closes_circle);
        }
    }
}

/// All types that `ty` leads to, itself included.
fn reach(ty: &Type, types: &Types, reached: &mut BTreeSet<Ident>) {
    for ident in ty.walk().filter_map(Type::ident) {
        if reached.insert(ident.clone())
            && let Some(definition) = types.get(ident)
        {
            for ty in definition.kind.types() {
                reach(ty, types, reached);
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

/// The types that a value of this one holds without a list or map between them.
fn contained_in(definition: &TypeDef) -> BTreeSet<Ident> {
    let types = match &definition.kind {
        // The additional properties are behind a map.
        TypeKind::Struct(kind) => kind.fields.iter().map(|field| &field.ty).collect(),
        kind => kind.types(),
    };
    types.into_iter().flat_map(directly_held).cloned().collect()
}

fn directly_held(ty: &Type) -> impl Iterator<Item = &Ident> {
    let is_apart = |ty: &&Type| matches!(ty, Type::List(_) | Type::Map(_) | Type::Boxed(_));
    ty.walk()
        .take_while(move |ty| !is_apart(ty))
        .filter_map(Type::ident)
}

/// Whether `from` is `to` or contains it at any depth.
fn contains(contained: &BTreeMap<Ident, BTreeSet<Ident>>, from: &str, to: &str) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(ident) = open.pop() {
        if ident == to {
            return true;
        }
        if seen.insert(ident)
            && let Some(next) = contained.get(ident)
        {
            open.extend(next.iter().map(String::as_str));
        }
    }
    false
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
