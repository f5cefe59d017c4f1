//! New public names: once they are released, users type them, so that they are approved
//! before.
//!
//! Input: what two specs become in Rust, and the schemas that have another name. Output:
//! the names that only the new spec gives, as users write them.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::drift::Rename;
use oura_codegen::ir::{Api, Ident, Operation, TypeDef, TypeKind};

/// The names that the old API does not have, in the order of the modules.
pub(super) fn new_names(old: &Api, new: &Api, renames: &[Rename]) -> Vec<String> {
    let known = Known::of(old, new, renames);
    let mut names = Vec::new();
    for module in &new.modules {
        for definition in &module.types {
            type_names(definition, &known, &mut names);
        }
        for operation in &module.operations {
            operation_names(operation, &known, &mut names);
        }
    }
    let before = resources(old);
    let added = resources(new).into_iter();
    let added = added.filter(|resource| !before.contains(resource));
    names.extend(added.map(|resource| format!("Resource::{resource}")));
    names
}

fn resources(api: &Api) -> Vec<&str> {
    let resources = api.documents.resources.iter();
    resources.map(|resource| resource.ident.as_str()).collect()
}

/// What the old API has, and what follows from other names.
struct Known<'a> {
    types: BTreeMap<&'a str, BTreeSet<&'a str>>,
    methods: BTreeMap<String, BTreeSet<&'a str>>,
    /// Types under another name, by the new one: their members are those of the old one.
    renamed: BTreeMap<&'a str, &'a str>,
    /// Enums that name the fields of a struct: their variants follow from its fields.
    field_enums: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(old: &'a Api, new: &'a Api, renames: &'a [Rename]) -> Self {
        let modules = || old.modules.iter();
        let types = modules().flat_map(|module| &module.types);
        let operations = || modules().flat_map(|module| &module.operations);
        Self {
            types: types
                .map(|definition| (definition.ident.as_str(), members(definition)))
                .collect(),
            methods: operations()
                .map(|operation| (method(operation), setters(operation)))
                .collect(),
            renamed: renames
                .iter()
                .map(|rename| (rename.new_ident.as_str(), rename.old_ident.as_str()))
                .collect(),
            field_enums: new
                .modules
                .iter()
                .flat_map(|module| &module.operations)
                .filter_map(|operation| Some(operation.selection.as_ref()?.field_enum.as_str()))
                .collect(),
        }
    }
}

fn type_names(definition: &TypeDef, known: &Known<'_>, names: &mut Vec<String>) {
    let ident = &definition.ident;
    let is_field_enum = known.field_enums.contains(ident.as_str());
    let old_ident = known.renamed.get(ident.as_str());
    let old_ident = old_ident.copied().unwrap_or(ident.as_str());
    let before = known.types.get(old_ident);
    if before.is_none() && !is_field_enum {
        let members: Vec<_> = in_order(definition);
        names.push(format!("models::{ident} {{ {} }}", members.join(", ")));
    } else if !known.types.contains_key(ident.as_str()) {
        names.push(format!("models::{ident}"));
    }
    let Some(before) = before.filter(|_| !is_field_enum) else {
        return;
    };
    let separator = match definition.kind {
        TypeKind::Struct(_) => ".",
        _ => "::",
    };
    let added = in_order(definition).into_iter();
    let added = added.filter(|member| !before.contains(member));
    names.extend(added.map(|member| format!("models::{ident}{separator}{member}")));
}

fn operation_names(operation: &Operation, known: &Known<'_>, names: &mut Vec<String>) {
    let method = method(operation);
    match known.methods.get(&method) {
        None => names.push(method),
        Some(before) => {
            let added = setters(operation).into_iter();
            let added = added.filter(|setter| !before.contains(setter));
            names.extend(added.map(|setter| format!("{method}.{setter}(..)")));
        }
    }
}

/// `client.sandbox().list_sleep()`.
fn method(operation: &Operation) -> String {
    let view = match operation.is_twin {
        true => ".sandbox()",
        false => "",
    };
    format!("client{view}.{}()", operation.method)
}

/// The setters of the request, without those that take a place by position.
fn setters(operation: &Operation) -> BTreeSet<&str> {
    let setters = operation.setters.iter();
    let selection = operation.selection.iter();
    setters
        .chain(selection.map(|selection| &selection.parameter))
        .map(|parameter| parameter.ident.as_str())
        .collect()
}

fn members(definition: &TypeDef) -> BTreeSet<&str> {
    in_order(definition).into_iter().collect()
}

/// Fields or variants.
fn in_order(definition: &TypeDef) -> Vec<&str> {
    fn idents<'d, T>(members: &'d [T], ident: fn(&'d T) -> &'d Ident) -> Vec<&'d str> {
        members
            .iter()
            .map(|member| ident(member).as_str())
            .collect()
    }
    match &definition.kind {
        TypeKind::Struct(kind) => idents(&kind.fields, |field| &field.ident),
        TypeKind::StringEnum(kind) => idents(&kind.variants, |variant| &variant.ident),
        TypeKind::IntegerEnum(kind) => idents(&kind.variants, |variant| &variant.ident),
        TypeKind::Union(kind) => idents(&kind.variants, |variant| &variant.ident),
        TypeKind::Responses(kind) => idents(&kind.variants, |variant| &variant.ident),
    }
}
