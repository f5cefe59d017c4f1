//! `parameters.rs`: the setters of optional parameters that several operations share.
//!
//! Input: [`ir::SharedParameter`]. Output: for each one a trait of the operations that take it,
//! and a setter of their requests. The module of an operation implements the trait.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::file::{File, file, ident, plain, print, use_runtime};
use super::index::Index;
use super::operations::{parameter_docs, parameter_text, selection_setter, setter};
use super::{example, ty};
use crate::ir;

/// The file's module.
pub(super) const MODULE: &str = "parameters";

/// The file, if operations share a parameter.
pub(super) fn parameter_file(index: &Index<'_>) -> Option<File> {
    let shared = &index.api.parameters;
    let mut types = shared.iter().map(|shared| &shared.parameter.ty);
    let names_models = types.any(|ty| ty::names(ty).next().is_some());
    let models = names_models.then(|| quote! { use super::models; });
    let uses = [use_runtime()].into_iter().chain(models).collect();
    let items = shared
        .iter()
        .flat_map(|shared| [trait_item(shared), setter_item(index, shared)].map(print));
    let docs = Doc::line(
        "A trait for each optional parameter that several \
        operations share: their requests have its setter, and the page of the trait lists them.",
    );
    (!shared.is_empty()).then(|| file(MODULE, &docs.inner(), [uses], items.collect()))
}

fn trait_item(shared: &ir::SharedParameter) -> TokenStream {
    let name = ident(&shared.ident);
    let parameter = parameter_text(&shared.parameter);
    let setter = plain(&shared.parameter.ident);
    let docs = Doc::line(format!(
        "Operations that take the {parameter}: see [`Request::{setter}`](crate::Request::{setter})."
    ));
    let types = shared.is_selection.then(|| {
        quote! {
            /// The fields to select from.
            type Field: AsRef<str>;
            /// The response, with documents of the selected fields.
            type Selection: rt::DeserializeOwned;
        }
    });
    quote! {
        #docs
        pub trait #name { #types }
    }
}

fn setter_item(index: &Index<'_>, shared: &ir::SharedParameter) -> TokenStream {
    let parameter = &shared.parameter;
    let takers = takers(shared);
    let setter = match shared.is_selection {
        true => {
            let more = takers.then(selection_example(index, shared).unwrap_or_default());
            let request = quote!(rt::Request<O, O::Selection>);
            selection_setter(parameter, more, [quote!(O::Field), request])
        }
        false => setter(
            parameter_docs(parameter).then(takers),
            parameter,
            &ty::BESIDE,
        ),
    };
    let operation = ident(&shared.ident);
    quote! {
        impl<O: #operation, T> rt::Request<O, T> {
            #setter
        }
    }
}

/// The example of the first operation that selects fields.
fn selection_example(index: &Index<'_>, shared: &ir::SharedParameter) -> Option<Doc> {
    let mut operations = index.api.operations();
    let first = operations.find(|operation| shared.routes.contains(&operation.route))?;
    let selection = first.selection.as_ref()?;
    Some(example::selection(index, first, selection))
}

fn takers(shared: &ir::SharedParameter) -> Doc {
    let name = &shared.ident;
    let docs = format!("[`{name}`](crate::parameters::{name}) lists the operations that take it.");
    Doc::line(docs)
}
