//! The resources: what users have documents of.
//!
//! Input: all operations, and the enum that webhook events name their data by. Output: each
//! resource with its type, and the operations that lead to its documents. A resource is what
//! a paged operation lists, or what an event names and an operation gives by its id.
//! Invariant: names and accesses are unique, and both accesses give one type.

use std::collections::BTreeMap;

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::{Kind, Rename};
use super::operations::LoweredOperation;
use super::types::Types;
use super::usage::Usage;
use crate::error::Error;
use crate::ir::{
    Access, BodyType, Documents, Field, Ident, ListAccess, Operation, Resource, StringVariant,
    Type, TypeKind,
};

/// The operations that return documents of one resource, each in the spec's order.
#[derive(Default)]
struct Accesses<'o> {
    gets: Vec<&'o Operation>,
    lists: Vec<&'o Operation>,
}

/// The resources of the API, by the policy's pages and the enum of its events.
pub(super) fn lower_resources(
    cx: &Context<'_>,
    types: &Types,
    operations: &[LoweredOperation],
    usage: &Usage,
) -> Documents {
    let data_type = event_data(cx, types, usage);
    let values = data_type.and_then(|ident| types.get(ident));
    let values = match values.map(|definition| &definition.kind) {
        Some(TypeKind::StringEnum(values)) => values.variants.clone(),
        _ => Vec::new(),
    };
    let found = find_accesses(operations);
    let resources = found.into_iter().filter_map(|(name, found)| {
        let mut values = values.iter();
        let value = values.find(|value| value.wire_name.eq_ignore_ascii_case(&name));
        // What is only read by its id is a resource where events name it.
        let is_resource = value.is_some() || !found.lists.is_empty();
        is_resource.then(|| lower_resource(cx, types, &name, found, value))?
    });
    let mut resources: Vec<Resource> = resources.collect();
    name_resources(cx, &mut resources, &values);
    resources.sort_by(|one, other| one.ident.cmp(&other.ident));
    Documents {
        data_type: data_type.map(str::to_owned),
        resources,
    }
}

/// The policy's enum of data types, when the spec has it and uses it.
fn event_data(cx: &Context<'_>, types: &Types, usage: &Usage) -> Option<&'static str> {
    let data_type = cx.policy.event_data?;
    usage.module(data_type)?;
    let kind = &types.get(data_type)?.kind;
    matches!(kind, TypeKind::StringEnum(_)).then_some(data_type)
}

/// The operations of each resource, by its name in lower case: paths and data types spell
/// a resource in different case.
fn find_accesses(operations: &[LoweredOperation]) -> BTreeMap<String, Accesses<'_>> {
    let mut resources = BTreeMap::<String, Accesses<'_>>::new();
    for operation in operations.iter().map(|lowered| &lowered.operation) {
        let (name, is_list) = match (by_id(operation), listed(operation)) {
            (Some(name), _) => (name, false),
            (None, Some(name)) => (name, true),
            (None, None) => continue,
        };
        let found = resources.entry(name.to_ascii_lowercase()).or_default();
        match is_list {
            true => found.lists.push(operation),
            false => found.gets.push(operation),
        }
    }
    resources
}

/// A resource without its Rust name. `None` for what is not a resource, and after an error.
fn lower_resource(
    cx: &Context<'_>,
    types: &Types,
    name: &str,
    found: Accesses<'_>,
    value: Option<&StringVariant>,
) -> Option<Resource> {
    let get = only(cx, name, &found.gets);
    let list = only(cx, name, &found.lists);
    let got = match get {
        Some(operation) => Some((operation, document_type(cx, operation)?)),
        None => None,
    };
    let listed =
        list.and_then(|operation| Some((operation, item_type(types, &operation.success)?)));
    let ty = match (&got, &listed) {
        (Some((get, one)), Some((list, other))) if one != other => {
            cx.push(of_two_types((get, one), (list, other)));
            return None;
        }
        (Some((_, ty)), _) | (None, Some((_, ty))) => ty.clone(),
        (None, None) => return None,
    };
    let operation = list.or(get)?;
    let mut segments = segments(&operation.path_template);
    let segment = segments.rfind(|segment| !segment.starts_with('{'));
    Some(Resource {
        wire_name: match value {
            Some(value) => value.wire_name.clone(),
            None => cx.names.snake(segment.unwrap_or_default()),
        },
        ident: Ident::new(),
        id: id_field(cx, types, &ty),
        day: day_field(cx, types, &ty),
        get: get.map(access),
        list: listed.and_then(|(operation, _)| list_access(operation)),
        origin: operation.origin.clone(),
        ty,
    })
}

/// The first of the operations. A second one is an error.
fn only<'o>(cx: &Context<'_>, name: &str, operations: &[&'o Operation]) -> Option<&'o Operation> {
    let (first, others) = operations.split_first()?;
    for other in others {
        cx.push(twice(name, first, other));
    }
    Some(first)
}

/// Names the resources: as the enum of data types does, else by their type, else by
/// their path.
fn name_resources(cx: &Context<'_>, resources: &mut [Resource], values: &[StringVariant]) {
    let types: Vec<Ident> = resources.iter().map(|one| one.ty.clone()).collect();
    let mut scope = Scope::default();
    for resource in resources {
        let (wire_name, origin) = (&resource.wire_name, &resource.origin);
        let value = values.iter().find(|value| value.wire_name == *wire_name);
        let is_only = types.iter().filter(|ty| **ty == resource.ty).count() == 1;
        let name = match value {
            Some(value) => value.ident.clone(),
            None if is_only => resource.ty.clone(),
            None => cx.names.upper_camel(wire_name),
        };
        let claim = Claim {
            ident: cx.names.ident(Kind::Variant, &name),
            wire_name,
            at: origin,
            rename: Rename::Otherwise("give the schema of its documents an `x-rust-name`"),
        };
        resource.ident = scope.claim(cx, claim);
    }
}

/// The type of the documents that an operation gives by their ids.
fn document_type(cx: &Context<'_>, operation: &Operation) -> Option<Ident> {
    if let BodyType::Json(Type::Named(ident)) = &operation.success {
        return Some(ident.clone());
    }
    let message = format!(
        "documents come from `{}`, whose response is not one named type",
        operation.path_template
    );
    let error =
        Error::at(&operation.origin, message).help("correct its response with an overlay action");
    cx.push(error);
    None
}

/// The type of the documents of a page; `None` when they have no name.
fn item_type(types: &Types, page: &BodyType) -> Option<Ident> {
    let BodyType::Json(page) = page else {
        return None;
    };
    let items = match page {
        Type::Generic(_, item) => return named(item),
        Type::Named(page) => match &types.get(page)?.kind {
            TypeKind::Struct(page) => {
                let items = &page.page.as_ref()?.items.0;
                page.fields.iter().find(|field| field.ident == *items)?
            }
            _ => return None,
        },
        _ => return None,
    };
    match &items.ty {
        Type::List(item) => named(item),
        _ => None,
    }
}

/// The field of a document's id, where it is text.
fn id_field(cx: &Context<'_>, types: &Types, ty: &str) -> Option<Ident> {
    let field = field(types, ty, cx.policy.document?.id)?;
    (*field.ty.without_option() == Type::String).then(|| field.ident.clone())
}

/// The field of a document's day.
fn day_field(cx: &Context<'_>, types: &Types, ty: &str) -> Option<Ident> {
    let mut days = cx.policy.document?.days.iter();
    days.find_map(|name| {
        let field = field(types, ty, name)?;
        matches!(
            field.ty.without_option(),
            Type::Date | Type::DateTime | Type::UtcDateTime
        )
        .then(|| field.ident.clone())
    })
}

fn field<'t>(types: &'t Types, ty: &str, wire_name: &str) -> Option<&'t Field> {
    match &types.get(ty)?.kind {
        TypeKind::Struct(kind) => {
            let mut fields = kind.fields.iter();
            fields.find(|field| field.wire_name == wire_name)
        }
        _ => None,
    }
}

/// The resource of an operation that gives a document by nothing but its id.
fn by_id(operation: &Operation) -> Option<&str> {
    let mut segments = segments(&operation.path_template).rev();
    let (last, resource) = (segments.next()?, segments.next()?);
    let is_by_id = is_read(operation) && operation.arguments.len() == 1 && last.starts_with('{');
    is_by_id.then_some(resource)
}

/// The resource of an operation that lists documents, page by page.
fn listed(operation: &Operation) -> Option<&str> {
    let resource = segments(&operation.path_template).next_back()?;
    let is_list = is_read(operation)
        && operation.arguments.is_empty()
        && operation.cursor_parameter.is_some();
    is_list.then_some(resource)
}

fn is_read(operation: &Operation) -> bool {
    operation.http_method == "GET" && !operation.is_twin
}

fn segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn access(operation: &Operation) -> Access {
    Access {
        route: operation.route.clone(),
        path_template: operation.path_template.clone(),
    }
}

fn list_access(operation: &Operation) -> Option<ListAccess> {
    let BodyType::Json(page) = &operation.success else {
        return None;
    };
    Some(ListAccess {
        access: access(operation),
        page: page.clone(),
        bound: operation.range.as_ref().map(|range| range.bound.clone()),
    })
}

fn named(ty: &Type) -> Option<Ident> {
    match ty {
        Type::Named(ident) => Some(ident.clone()),
        _ => None,
    }
}

fn twice(name: &str, one: &Operation, other: &Operation) -> Error {
    let message = format!(
        "documents of `{name}` come from two operations: `{}` and `{}`",
        one.path_template, other.path_template
    );
    Error::at(&other.origin, message)
        .other(&one.origin)
        .help("remove one of them with an overlay action")
}

fn of_two_types(get: (&Operation, &Ident), list: (&Operation, &Ident)) -> Error {
    let message = format!(
        "documents of one resource have two types: `{}` by `{}`, and `{}` by `{}`",
        get.1, get.0.path_template, list.1, list.0.path_template
    );
    Error::at(&list.0.origin, message)
        .other(&get.0.origin)
        .help("give both one type with an overlay action")
}
