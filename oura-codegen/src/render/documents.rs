//! `documents.rs`: the resources, and the documents of all of them as one type.
//!
//! Input: [`ir::Documents`]. Output: two enums with a variant for each resource, and the table
//! that the runtime finds routes and types by.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::{File, file, ident, prose};
use crate::ir::{self, Type};

/// The file's module.
pub(super) const MODULE: &str = "documents";

/// The file.
pub(super) fn document_file(documents: &ir::Documents) -> File {
    let mut uses = vec![quote!(
        use crate::runtime::prelude as rt;
    )];
    if !documents.resources.is_empty() {
        uses.push(quote!(
            use super::models;
        ));
    }
    let docs = Doc::default().markdown(["The resources, and their documents as one type."]);
    let items = vec![
        resource_item(documents),
        document_item(documents),
        table_item(documents),
        conversion_item(documents),
    ];
    file(MODULE, &docs.inner(), [uses], items)
}

fn resource_item(documents: &ir::Documents) -> TokenStream {
    let variants = documents.resources.iter().map(|resource| {
        let list = resource.list.as_ref().map(|list| &list.access);
        let access = list.or(resource.get.as_ref());
        let route = access.map(|access| format!("GET {}", access.path_template));
        let wire_name = prose::code_span(&resource.wire_name);
        let docs = match route {
            Some(route) => format!("{wire_name}: {}.", prose::code_span(&route)),
            None => format!("{wire_name}."),
        };
        let docs = Doc::default().markdown([docs]);
        let name = ident(&resource.ident);
        quote!(#docs #name)
    });
    quote! {
        /// The resources of the API: what a user has documents of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Resource {
            #(#variants,)*
            #[doc(hidden)]
            __NotCastable(rt::Never),
        }
    }
}

fn document_item(documents: &ir::Documents) -> TokenStream {
    let variants = documents.resources.iter().map(|resource| {
        let docs = format!("A document of {}.", prose::code_span(&resource.wire_name));
        let docs = Doc::default().markdown([docs]);
        let (name, ty) = (ident(&resource.ident), ident(&resource.ty));
        quote!(#docs #name(models::#ty))
    });
    quote! {
        /// A document of any resource.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Document {
            #(#variants,)*
        }
    }
}

fn table_item(documents: &ir::Documents) -> TokenStream {
    let rows = documents.resources.iter().map(|resource| {
        let (name, ty) = (ident(&resource.ident), ident(&resource.ty));
        let wire_name = &resource.wire_name;
        let id = resource.id.iter().map(|id| ident(id));
        let day = resource.day.iter().map(|day| ident(day));
        let get = resource.get.iter().map(|get| ident(&get.route));
        let list = resource.list.iter().map(list);
        quote!(
            #name(models::#ty) = #wire_name, id[#(#id)*], day[#(#day)*], get[#(#get)*],
            list[#(#list)*]
        )
    });
    quote!(rt::resources!(Resource, Document { #(#rows;)* });)
}

fn list(list: &ir::ListAccess) -> TokenStream {
    let (route, page) = (ident(&list.access.route), page(&list.page));
    let bounds = match &list.bound {
        None => quote!(unbounded),
        Some(Type::DateTime | Type::UtcDateTime) => quote!(moments),
        Some(_) => quote!(days),
    };
    quote!(#bounds #route as #page)
}

/// The type of a page, which is a type of the API.
fn page(ty: &Type) -> TokenStream {
    match ty {
        Type::Generic(name, argument) => {
            let (name, argument) = (ident(name), page(argument));
            quote!(models::#name<#argument>)
        }
        Type::Named(name) => {
            let name = ident(name);
            quote!(models::#name)
        }
        other => super::ty::tokens(other),
    }
}

/// A document becomes a `Document` where only one resource has documents of its type.
fn conversion_item(documents: &ir::Documents) -> TokenStream {
    let all = &documents.resources;
    let is_only = |one: &&ir::Resource| all.iter().filter(|it| it.ty == one.ty).count() == 1;
    let rows = all.iter().filter(is_only).map(|resource| {
        let (name, ty) = (ident(&resource.ident), ident(&resource.ty));
        quote!(#name(models::#ty))
    });
    quote!(rt::document_from!(Document { #(#rows),* });)
}
