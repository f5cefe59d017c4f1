//! Who uses which type: requests, responses, resources, and types that contain themselves.
//!
//! Input: all lowered types and operations. Output: the types that an operation reaches,
//! sorted into modules, with fields adapted to their use. Invariant: every type that is
//! emitted belongs to one module, and none has infinite size.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::LoweredOperation;
use crate::ir::{BodyType, Field, Ident, SeriesValues, Type, TypeDef, TypeKind};

/// The module of types that several resources use.
pub(super) const SHARED: &str = "shared";

/// All lowered types by name.
pub(super) type Types = BTreeMap<Ident, TypeDef>;

/// Where each reachable type goes.
pub(super) struct Usage {
    /// The modules whose operations reach a type.
    modules: BTreeMap<Ident, BTreeSet<Ident>>,
}

impl Usage {
    /// Follows the types of all operations and marks what requests and responses use.
    pub(super) fn of_operations(operations: &[LoweredOperation], types: &mut Types) -> Self {
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
    pub(super) fn keep(&mut self, ident: &str) {
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

/// Boxes the fields that would make a type contain itself.
pub(super) fn box_recursion(types: &mut Types) {
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
    for ident in idents(ty) {
        if !reached.insert(ident.to_owned()) {
            continue;
        }
        if let Some(definition) = types.get(ident) {
            for ty in types_of(&definition.kind) {
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
                make_optional(field);
            }
        }
    }
}

fn make_optional(field: &mut Field) {
    field.required = false;
    if !matches!(field.ty, Type::Option(_)) {
        let ty = std::mem::replace(&mut field.ty, Type::Json);
        field.ty = Type::Option(Box::new(ty));
    }
}

/// The types that a value of this one holds without a list or map between them.
fn contained_in(definition: &TypeDef) -> BTreeSet<Ident> {
    let mut contained = BTreeSet::new();
    match &definition.kind {
        // The additional properties are behind a map.
        TypeKind::Struct(kind) => {
            for field in &kind.fields {
                directly_held(&field.ty, &mut contained);
            }
        }
        kind => {
            for ty in types_of(kind) {
                directly_held(ty, &mut contained);
            }
        }
    }
    contained
}

fn directly_held(ty: &Type, held: &mut BTreeSet<Ident>) {
    match ty {
        Type::Named(ident) => {
            held.insert(ident.clone());
        }
        Type::Generic(ident, argument) => {
            held.insert(ident.clone());
            directly_held(argument, held);
        }
        Type::Option(inner) => directly_held(inner, held),
        Type::List(_) | Type::Map(_) | Type::Boxed(_) => {}
        Type::String
        | Type::Bool
        | Type::I32
        | Type::I64
        | Type::U32
        | Type::U64
        | Type::F32
        | Type::F64
        | Type::Date
        | Type::DateTime
        | Type::UtcDateTime
        | Type::DateOrDateTime
        | Type::Uuid
        | Type::Json
        | Type::Parameter => {}
    }
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
    match ty {
        Type::Option(inner) => box_where(inner, closes_circle),
        Type::Named(_) | Type::Generic(..) => {
            let mut held = BTreeSet::new();
            directly_held(ty, &mut held);
            if held.iter().any(|ident| closes_circle(ident)) {
                let inner = std::mem::replace(ty, Type::Json);
                *ty = Type::Boxed(Box::new(inner));
            }
        }
        _ => {}
    }
}

/// The names in a type.
fn idents(ty: &Type) -> Vec<&str> {
    match ty {
        Type::Named(ident) => vec![ident],
        Type::Generic(ident, argument) => {
            let mut all = idents(argument);
            all.push(ident);
            all
        }
        Type::List(inner) | Type::Map(inner) | Type::Option(inner) | Type::Boxed(inner) => {
            idents(inner)
        }
        _ => Vec::new(),
    }
}

/// The types that a definition is made of.
fn types_of(kind: &TypeKind) -> Vec<&Type> {
    match kind {
        TypeKind::Struct(definition) => {
            let fields = definition.fields.iter().map(|field| &field.ty);
            let codes = definition
                .series
                .iter()
                .filter_map(|series| match &series.values {
                    SeriesValues::Codes { ty, .. } => Some(ty),
                    SeriesValues::Items { .. } => None,
                });
            fields
                .chain(definition.additional.iter().map(|(_, ty)| ty))
                .chain(codes)
                .collect()
        }
        TypeKind::Union(union) => union.variants.iter().map(|variant| &variant.ty).collect(),
        TypeKind::Responses(responses) => responses
            .variants
            .iter()
            .filter_map(|variant| match &variant.body {
                BodyType::Json(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        TypeKind::StringEnum(_) | TypeKind::IntegerEnum(_) => Vec::new(),
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
