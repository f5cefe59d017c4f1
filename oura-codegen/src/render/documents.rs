//! `documents.rs`: the documents that webhook events lead to, as one type.
//!
//! Input: [`ir::Documents`]. Output: an enum with a variant for each kind of document, and
//! the table that the runtime finds its route and its type by.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::{File, file, ident, prose};
use crate::ir;

/// The file's module: it needs the feature whose runtime reads the table.
pub(super) const MODULE: &str = "documents";

/// The file.
pub(super) fn document_file(documents: &ir::Documents) -> File {
    let uses = vec![
        quote!(
            use crate::runtime::prelude as rt;
        ),
        quote!(
            use super::models;
        ),
    ];
    let docs = "The documents that webhook events lead to.";
    let docs = Doc::default().markdown([docs]);
    let items = vec![enum_item(documents), table_item(documents)];
    file(MODULE, &docs.inner(), [uses], items)
}

fn enum_item(documents: &ir::Documents) -> TokenStream {
    let variants = documents.documents.iter().map(|document| {
        let wire_name = prose::code_span(&document.wire_name);
        let route = prose::code_span(&format!("GET {}", document.path_template));
        let docs = Doc::default().markdown([format!("Of {wire_name}, by {route}.")]);
        let (name, ty) = (ident(&document.ident), ident(&document.ty));
        quote!(#docs #name(models::#ty))
    });
    quote! {
        /// A document that a webhook event led to.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Document {
            #(#variants,)*
        }
    }
}

fn table_item(documents: &ir::Documents) -> TokenStream {
    let data_type = ident(&documents.data_type);
    let rows = documents.documents.iter().map(|document| {
        let (name, ty) = (ident(&document.ident), ident(&document.ty));
        let route = ident(&document.route);
        quote!(#name(models::#ty) = #route)
    });
    quote!(rt::documents!(Document by models::#data_type { #(#rows),* });)
}
