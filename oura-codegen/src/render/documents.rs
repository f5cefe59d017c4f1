//! `documents.rs`: the resources, and the documents of all of them as one type.
//!
//! Input: [`ir::Documents`]. Output: two enums with a variant for each resource, and the table
//! that the runtime finds routes and types by.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::file::{File, file, ident, plain_enum, print, use_runtime};
use super::macro_call::{self, literal};
use super::{prose, ty};
use crate::ir::{self, Type};

/// The file's module.
pub(super) const MODULE: &str = "documents";

/// The file.
pub(super) fn document_file(documents: &ir::Documents) -> File {
    let names_models = !documents.resources.is_empty();
    let models = names_models.then(|| quote! { use super::models; });
    let uses = [use_runtime()].into_iter().chain(models).collect();
    let docs = Doc::line("The resources, and their documents as one type.");
    let items = vec![
        print(resource_item(documents)),
        print(document_item(documents)),
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
        let docs = Doc::line(docs);
        let name = ident(&resource.ident);
        quote!(#docs #name)
    });
    let docs = "The resources of the API: the kinds of documents that a user has.";
    plain_enum("Resource", docs, variants)
}

fn document_item(documents: &ir::Documents) -> TokenStream {
    let variants = documents.resources.iter().map(|resource| {
        let docs = format!("A document of {}.", prose::code_span(&resource.wire_name));
        let docs = Doc::line(docs);
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

fn table_item(documents: &ir::Documents) -> String {
    let rows = documents.resources.iter().map(|resource| {
        let (name, ty) = (&resource.ident, &resource.ty);
        let (id, day) = (resource.id.as_deref(), resource.day.as_deref());
        let (id, day) = (id.unwrap_or_default(), day.unwrap_or_default());
        let get = resource.get.as_ref().map_or("", |get| &get.route);
        let list = resource.list.as_ref().map(list).unwrap_or_default();
        vec![
            format!("{name}(models::{ty}) = {},", literal(&resource.wire_name)),
            format!("id[{id}], day[{day}], get[{get}],"),
            format!("list[{list}]"),
        ]
    });
    macro_call::table("rt::resources", "Resource, Document", ';', rows)
}

fn list(list: &ir::ListAccess) -> String {
    let bounds = match &list.bound {
        None => "unbounded",
        Some(Type::DateTime | Type::UtcDateTime) => "moments",
        Some(_) => "days",
    };
    let page = ty::text(&list.page, &ty::BESIDE);
    format!("{bounds} {} as {page}", list.access.route)
}

/// A document becomes a `Document` where only one resource has documents of its type.
fn conversion_item(documents: &ir::Documents) -> String {
    let all = &documents.resources;
    let is_only = |one: &&ir::Resource| all.iter().filter(|it| it.ty == one.ty).count() == 1;
    let rows = all.iter().filter(is_only);
    let rows = rows.map(|resource| vec![format!("{}(models::{})", resource.ident, resource.ty)]);
    macro_call::table("rt::document_from", "Document", ',', rows)
}
