//! Phase 5, render: [`ir::Api`] to the files of the generated crate.
//!
//! Input: the IR. Output: one file per module, `api.rs`, `operations.rs`, `parameters.rs`,
//! `documents.rs` and `mod.rs` around them, and examples of the models. The spec for programs
//! that serve it is printed from the normalized tree ([`render_data`]). The IR decides which items
//! exist, with their names and types; rendering chooses the attributes, the calls of the runtime
//! and the layout.
//!
//! Invariant: the same IR gives the same bytes, and no text of the spec becomes code:
//! identifiers come from the IR, all else goes into literals and escaped comments.
//!
//! Generated code uses unqualified names only for items of this API and of the language; the
//! runtime is always `rt::`, and items of other crates have their paths.

mod api;
mod calls;
mod docs;
mod documents;
mod example;
mod examples;
mod file;
mod index;
mod macro_call;
mod operations;
mod parameters;
mod prose;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod ty;
mod types;
mod wrap;

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use self::docs::Doc;
use self::file::{file, ident, json_file, names_of, use_runtime};
use self::index::Index;
use crate::document::Document;
use crate::ir;

pub use self::file::File;

/// Prints the IR as code: all files, sorted by path.
#[must_use]
pub fn render_files(api: &ir::Api) -> Vec<File> {
    let index = Index::new(api);
    let mut files = vec![
        api::root_file(api),
        api::table_file(api),
        operations::marker_file(api),
        examples::table_file(&index),
        documents::document_file(&api.documents),
    ];
    files.extend(api.twin.as_ref().map(api::twin_file));
    files.extend(parameters::parameter_file(&index));
    files.extend(api.modules.iter().map(|module| module_file(&index, module)));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Prints what the code reads at run time: a spec without prose, and examples.
#[must_use]
pub fn render_data(api: &ir::Api, document: &Document) -> Vec<File> {
    let document = document.root.as_object().cloned().unwrap_or_default();
    let document = json_file("document", document);
    vec![document, examples::value_file(&Index::new(api))]
}

/// Prints what the tests of every operation compare with the spec: a call of each client
/// method, and each model. Not part of the crate.
#[must_use]
pub fn render_calls(api: &ir::Api) -> File {
    calls::call_file(&Index::new(api))
}

fn module_file(index: &Index<'_>, module: &ir::Module) -> File {
    let mut items: Vec<String> = module.types.iter().flat_map(types::items).collect();
    items.extend(types::field_values(module));
    items.extend(operations::items(index, module));

    let has_operations = !module.operations.is_empty();
    let names_runtime = has_operations || module.types.iter().any(types::names_runtime);
    let uses = [
        names_runtime.then(use_runtime),
        has_operations.then(|| quote! { use super::operations as op; }),
    ];
    let uses = uses.into_iter().flatten().chain(imports(index, module));
    let docs = Doc::default()
        .prose(&module.docs.text)
        .remarks(&module.docs);
    file(&module.ident, &docs.inner(), [uses.collect()], items)
}

/// The types of other modules that a module names, one `use` a module.
fn imports(index: &Index<'_>, module: &ir::Module) -> Vec<TokenStream> {
    let of_types = module.types.iter().flat_map(types::names);
    let operations = module.operations.iter();
    let of_operations = operations.flat_map(|it| operations::names(index.api, it));
    let mut modules = BTreeMap::<&str, BTreeSet<&str>>::new();
    for name in of_types.chain(of_operations) {
        if let Some((home, _)) = index.types.get(name)
            && home.ident != module.ident
        {
            modules.entry(&home.ident).or_default().insert(name);
        }
    }
    let uses = modules.into_iter().map(|(home, names)| {
        let names = names_of(names);
        let home = ident(home);
        quote!(use super::#home::#names;)
    });
    uses.collect()
}
