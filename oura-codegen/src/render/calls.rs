//! A call of each client method and a sample of each model, for the tests that compare them
//! with the spec.
//!
//! Input: [`ir::Api`]. Output: one file, a module of the tests of every operation. The tests
//! choose the values and read the spec themselves: this file only maps what the spec describes
//! to its Rust names, and has no expected results.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::docs::Doc;
use super::file::{File, file, ident, print};
use super::index::Index;
use super::operations::{by_route, is_displayed};
use super::ty;
use super::types::{self, arguments, setters};
use crate::ir::{self, BodyType, Type, TypeKind};

/// The file of calls.
pub(super) fn call_file(index: &Index<'_>) -> File {
    let docs = "A call of each client method, and each model with the place of its schema.";
    let front = format!(
        "{}\n#![allow(deprecated, unused_imports, unused_variables)]\n",
        Doc::line(docs).inner()
    );
    let uses = vec![
        quote! { use oura_generated::{models, serde_json, time, uuid}; },
        quote! {
            use super::super::calls::{Call, Given, ID, Model, Set, given, rewrite, send, send_unread};
        },
    ];
    let items = [calls_item(index), models_item(index)].into_iter();
    let given = sent_types(index).into_values().map(given_item);
    let items = items.chain(given).map(print).collect();
    file("calls", &front, [uses], items)
}

fn calls_item(index: &Index<'_>) -> TokenStream {
    let operations = by_route(index.api).into_iter();
    let calls = operations.map(|operation| call(index, operation));
    quote! {
        /// A call of each operation, sorted by route.
        pub(crate) const CALLS: &[Call] = &[#(#calls),*];
    }
}

fn call(index: &Index<'_>, operation: &ir::Operation) -> TokenStream {
    let (method, template) = (&operation.http_method, &operation.path_template);
    let rewrite = read_type(&operation.success).map(|ty| quote!(rewrite::<#ty>));
    let send = match rewrite {
        Some(_) => quote!(send),
        None => quote!(send_unread),
    };
    let rewrite = rewrite.map_or(quote!(None), |rewrite| quote!(Some(#rewrite)));
    let (least, setters) = (least_call(index, operation), all_setters(operation));
    let sent = unless_nothing(quote!(#send(#least)), quote!(#send(#least #(#setters)*)));
    quote! {
        Call {
            method: #method,
            template: #template,
            send: |client, set| #sent,
            rewrite: #rewrite,
        }
    }
}

/// The type that a response is read as and written from, where it is JSON.
fn read_type(success: &BodyType) -> Option<TokenStream> {
    match success {
        // The runtime reads and writes bare times: their types have no JSON form.
        BodyType::Json(ty) if !ty::holds_time(ty) => Some(type_tokens(ty)),
        BodyType::Json(_)
        | BodyType::Empty
        | BodyType::Text(_)
        | BodyType::Binary(_)
        | BodyType::Several(_) => None,
    }
}

/// The call of the method with only its required arguments.
fn least_call(index: &Index<'_>, operation: &ir::Operation) -> TokenStream {
    let twin = index.api.twin.as_ref().filter(|_| operation.is_twin);
    let view = twin.map(|twin| ident(&twin.accessor));
    let view = view.map(|accessor| quote!(.#accessor()));
    let method = ident(&operation.method);
    let arguments = operation
        .arguments
        .iter()
        .map(|parameter| match is_displayed(parameter) {
            true => quote!(ID),
            false => value(&parameter.ty),
        });
    let body = operation.body.iter().filter(|body| body.required);
    let arguments = arguments.chain(body.map(|body| body_value(&body.body)));
    quote!(client #view.#method(#(#arguments),*))
}

/// Calls of all setters, that of the selection last: it changes the type of the response.
fn all_setters(operation: &ir::Operation) -> Vec<TokenStream> {
    let setters = operation.setters.iter().map(|parameter| {
        let (name, value) = (ident(&parameter.ident), value(&parameter.ty));
        quote!(.#name(#value))
    });
    let body = operation.body.iter().filter(|body| !body.required);
    let body = body.map(|body| {
        let value = body_value(&body.body);
        quote!(.body(#value))
    });
    let selection = operation.selection.iter().map(|selection| {
        let (name, field) = (
            ident(&selection.parameter.ident),
            ident(&selection.field_enum),
        );
        quote!(.#name(models::#field::KNOWN.iter().cloned()))
    });
    setters.chain(body).chain(selection).collect()
}

fn body_value(body: &BodyType) -> TokenStream {
    match body {
        BodyType::Text(_) | BodyType::Binary(_) => quote!(given::<String>(set)),
        BodyType::Json(ty) => {
            let ty = type_tokens(ty);
            quote!(&given::<#ty>(set))
        }
        BodyType::Empty | BodyType::Several(_) => quote!(&()),
    }
}

/// A value for an argument, without a `Box`.
fn value(ty: &Type) -> TokenStream {
    let ty = type_tokens(&unboxed(ty));
    quote!(given::<#ty>(set))
}

fn unboxed(ty: &Type) -> Type {
    match ty {
        Type::Boxed(inner) => unboxed(inner),
        Type::List(item) => Type::List(Box::new(unboxed(item))),
        other => other.clone(),
    }
}

fn type_tokens(ty: &Type) -> TokenStream {
    ty::tokens_at(ty, &ty::USER)
}

/// The structs that have a schema, each with the place of the schema.
fn models_item(index: &Index<'_>) -> TokenStream {
    let defs = index.types.values().map(|(_, def)| def);
    let models = defs.filter(|def| types::is_plain_struct(def)).map(|def| {
        let (at, name) = (def.origin.pointer.to_string(), ident(&def.ident));
        quote!(Model { at: #at, rewrite: rewrite::<models::#name> })
    });
    quote! {
        /// The models, sorted by name.
        pub(crate) const MODELS: &[Model] = &[#(#models),*];
    }
}

/// The types of the values in calls, and the types that these are made of, by name.
fn sent_types<'a>(index: &Index<'a>) -> BTreeMap<&'a str, &'a ir::TypeDef> {
    let mut open = Vec::new();
    for operation in index.api.operations() {
        let written = operation.arguments.iter().filter(|one| !is_displayed(one));
        let written = written.chain(&operation.setters);
        open.extend(written.flat_map(|parameter| ty::names(&parameter.ty)));
        let body = operation.body.iter().map(|body| &body.body);
        open.extend(body.flat_map(types::body_names));
    }
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        if let Some((_, def)) = index.types.get(name)
            && found.insert(name, *def).is_none()
        {
            open.extend(types::names(def));
        }
    }
    found
}

/// The code that makes a value of a type, with the functions that users call.
fn given_item(def: &ir::TypeDef) -> TokenStream {
    let name = ident(&def.ident);
    let value = match &def.kind {
        TypeKind::StringEnum(_) | TypeKind::IntegerEnum(_) => quote!(Self::KNOWN[0].clone()),
        TypeKind::Struct(kind) => struct_value(kind),
        TypeKind::Union(kind) => {
            let variant = kind.variants.first();
            let (name, ty) = variant.map_or_else(Default::default, |variant| {
                (Some(ident(&variant.ident)), type_tokens(&variant.ty))
            });
            quote!(Self::#name(given::<#ty>(set)))
        }
        TypeKind::Responses(_) => quote!(unreachable!("it is never sent")),
    };
    quote! {
        impl Given for models::#name {
            fn given(set: Set) -> Self {
                #value
            }
        }
    }
}

fn struct_value(kind: &ir::Struct) -> TokenStream {
    let values = arguments(kind).map(|field| value(&field.ty));
    let least = quote!(Self::new(#(#values),*));
    let setters = setters(kind).map(|field| {
        let name = ident(&field.ident);
        let value = match &field.ty {
            Type::Option(inner) => value(inner),
            other => value(other),
        };
        quote!(.#name(#value))
    });
    unless_nothing(least.clone(), quote!(#least #(#setters)*))
}

/// A choice between the value with all optional parts and the one without.
fn unless_nothing(least: TokenStream, all: TokenStream) -> TokenStream {
    if least.to_string() == all.to_string() {
        return least;
    }
    quote! {
        match set {
            Set::Nothing => #least,
            Set::Days | Set::Moments => #all,
        }
    }
}
