//! Lists the new public names, for a reviewer to approve before they are released.
//!
//! Input: the APIs of two specs, and the renamed schemas. Output: the names that only the new API
//! has, as users write them.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::drift::Rename;
use oura_codegen::ir::{Api, Operation, TypeDef, TypeKind};

/// The names that the old API does not have, in the order of the modules.
pub(super) fn new_names(old: &Api, new: &Api, renames: &[Rename]) -> Vec<String> {
    let known = Known::of(old, new, renames);
    let mut names = Vec::new();
    for module in &new.modules {
        let types = module.types.iter();
        names.extend(types.flat_map(|definition| known.type_names(definition)));
        let operations = module.operations.iter();
        names.extend(operations.flat_map(|operation| known.operation_names(operation)));
    }
    let before = resources(old);
    let added = resources(new).into_iter();
    let added = added.filter(|resource| !before.contains(resource));
    names.extend(added.map(|resource| format!("Resource::{resource}")));
    names
}

fn resources(api: &Api) -> Vec<&str> {
    let resources = api.documents.resources.iter();
    resources.map(|resource| &*resource.ident).collect()
}

/// The names of the old API, and names that follow from others.
struct Known<'a> {
    /// The members of types.
    types: BTreeMap<&'a str, Vec<&'a str>>,
    /// The setters of methods.
    methods: BTreeMap<String, Vec<&'a str>>,
    /// Renamed types, from the new name to the old one.
    renamed: BTreeMap<&'a str, &'a str>,
    /// Enums that name the fields of a struct: their variants follow from its fields.
    field_enums: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(old: &'a Api, new: &'a Api, renames: &'a [Rename]) -> Self {
        let types = old.modules.iter().flat_map(|module| &module.types);
        let types = types.map(|definition| (&*definition.ident, members(definition)));
        let operations = |api: &'a Api| api.modules.iter().flat_map(|module| &module.operations);
        let methods = operations(old).map(|operation| (method(operation), setters(operation)));
        let renamed = renames.iter();
        let renamed = renamed.map(|rename| (&*rename.new_ident, &*rename.old_ident));
        let selections = operations(new).filter_map(|operation| operation.selection.as_ref());
        Self {
            types: types.collect(),
            methods: methods.collect(),
            renamed: renamed.collect(),
            field_enums: selections.map(|one| &*one.field_enum).collect(),
        }
    }

    fn type_names(&self, definition: &TypeDef) -> Vec<String> {
        let ident = definition.ident.as_str();
        let is_field_enum = self.field_enums.contains(ident);
        let old_ident = self.renamed.get(ident).unwrap_or(&ident);
        let members = members(definition);
        let before = self.types.get(old_ident);
        if before.is_none() && !is_field_enum {
            return vec![format!("models::{ident} {{ {} }}", members.join(", "))];
        }
        let is_new = !self.types.contains_key(ident);
        let own = is_new.then(|| format!("models::{ident}"));
        let separator = match definition.kind {
            TypeKind::Struct(_) => ".",
            _ => "::",
        };
        let before = before.filter(|_| !is_field_enum).into_iter();
        let added = before.flat_map(|before| members.iter().filter(|one| !before.contains(one)));
        let added = added.map(|member| format!("models::{ident}{separator}{member}"));
        own.into_iter().chain(added).collect()
    }

    fn operation_names(&self, operation: &Operation) -> Vec<String> {
        let method = method(operation);
        let Some(before) = self.methods.get(&method) else {
            return vec![method];
        };
        let added = setters(operation).into_iter();
        let added = added.filter(|setter| !before.contains(setter));
        added
            .map(|setter| format!("{method}.{setter}(..)"))
            .collect()
    }
}

/// `client.sandbox().list_sleep()`.
fn method(operation: &Operation) -> String {
    let view = if operation.is_twin { ".sandbox()" } else { "" };
    format!("client{view}.{}()", operation.method)
}

/// The names of the request's setters, without positional arguments.
fn setters(operation: &Operation) -> Vec<&str> {
    let selection = operation.selection.iter();
    let selection = selection.map(|selection| &selection.parameter);
    let setters = operation.setters.iter().chain(selection);
    let setters: BTreeSet<&str> = setters.map(|parameter| &*parameter.ident).collect();
    setters.into_iter().collect()
}

/// Fields or variants.
fn members(definition: &TypeDef) -> Vec<&str> {
    match &definition.kind {
        TypeKind::Struct(kind) => kind.fields.iter().map(|one| &*one.ident).collect(),
        TypeKind::StringEnum(kind) => kind.variants.iter().map(|one| &*one.ident).collect(),
        TypeKind::IntegerEnum(kind) => kind.variants.iter().map(|one| &*one.ident).collect(),
        TypeKind::Union(kind) => kind.variants.iter().map(|one| &*one.ident).collect(),
        TypeKind::Responses(kind) => kind.variants.iter().map(|one| &*one.ident).collect(),
    }
}
