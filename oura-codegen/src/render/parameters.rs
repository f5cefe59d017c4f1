//! `parameters.rs`: the setters of optional parameters that several operations share.
//!
//! Input: [`ir::SharedParameter`]. Output: for each one a trait of the operations that take it,
//! and a setter of their requests. Which operation takes it is said where the operation is.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::operations::{argument_type, parameter_call, parameter_docs, parameter_text};
use super::{File, Index, Item, deprecated, example, file, ident, plain, ty};
use crate::ir;

/// The file's module.
pub(super) const MODULE: &str = "parameters";

/// The file, if operations share a parameter.
pub(super) fn parameter_file(index: &Index<'_>) -> Option<File> {
    let shared = &index.api.parameters;
    let mut uses = vec![quote!(
        use crate::runtime::prelude as rt;
    )];
    let mut names_model = false;
    for shared in shared {
        ty::each_name(&shared.parameter.ty, &mut |_| names_model = true);
    }
    if names_model {
        uses.push(quote!(
            use super::models;
        ));
    }
    let items = shared.iter().flat_map(|shared| {
        let setter = match shared.is_selection {
            true => selection_item(index, shared),
            false => setter_item(shared),
        };
        [trait_item(shared), setter].map(Item::from)
    });
    let docs = Doc::default().markdown(["A trait for each optional parameter that several \
        operations share: their requests have its setter, and the page of the trait lists them."]);
    (!shared.is_empty()).then(|| file(MODULE, &docs.inner(), [uses], items.collect()))
}

fn trait_item(shared: &ir::SharedParameter) -> TokenStream {
    let name = ident(&shared.ident);
    let parameter = parameter_text(&shared.parameter);
    let setter = plain(&shared.parameter.ident);
    let docs = Doc::default().markdown([format!(
        "Operations that take the {parameter}: see [`Request::{setter}`](crate::Request::{setter})."
    )]);
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

fn setter_item(shared: &ir::SharedParameter) -> TokenStream {
    let parameter = &shared.parameter;
    let docs = parameter_docs(parameter).then(takers(shared));
    let deprecated = deprecated(parameter.deprecated);
    let (operation, name) = (ident(&shared.ident), ident(&parameter.ident));
    let argument = argument_type(parameter, &ty::BESIDE);
    let call = parameter_call(parameter, &ty::BESIDE);
    quote! {
        impl<O: #operation, T> rt::Request<O, T> {
            #docs
            #deprecated
            pub fn #name(self, #name: #argument) -> Self {
                self.#call
            }
        }
    }
}

fn selection_item(index: &Index<'_>, shared: &ir::SharedParameter) -> TokenStream {
    let parameter = &shared.parameter;
    let docs = parameter_docs(parameter).then(takers(shared));
    let docs = docs.then(selection_example(index, shared).unwrap_or_default());
    let deprecated = deprecated(parameter.deprecated);
    let (operation, name) = (ident(&shared.ident), ident(&parameter.ident));
    let wire_name = &parameter.wire_name;
    quote! {
        impl<O: #operation, T> rt::Request<O, T> {
            #docs
            #deprecated
            pub fn #name(
                self,
                #name: impl IntoIterator<Item = O::Field>,
            ) -> rt::Request<O, O::Selection> {
                self.with_selection(#wire_name, #name)
            }
        }
    }
}

/// The example of the first operation that selects fields.
fn selection_example(index: &Index<'_>, shared: &ir::SharedParameter) -> Option<Doc> {
    let mut operations = index
        .api
        .modules
        .iter()
        .flat_map(|module| &module.operations);
    let first = operations.find(|operation| shared.routes.contains(&operation.route))?;
    let selection = first.selection.as_ref()?;
    Some(example::selection(index, first, selection))
}

fn takers(shared: &ir::SharedParameter) -> Doc {
    let name = &shared.ident;
    let docs = format!("[`{name}`](crate::parameters::{name}) lists the operations that take it.");
    Doc::default().markdown([docs])
}
