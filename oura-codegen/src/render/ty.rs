//! Rust types, as they stand in fields and as they stand in arguments.
//!
//! Input: [`ir::Type`]. Output: tokens. Types of other crates are written with their paths,
//! so that no name of the document can hide them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use crate::ir::Type;

/// The type of a field.
pub(super) fn tokens(ty: &Type) -> TokenStream {
    match ty {
        Type::String => quote!(String),
        Type::Bool => quote!(bool),
        Type::I32 => quote!(i32),
        Type::I64 => quote!(i64),
        Type::U32 => quote!(u32),
        Type::U64 => quote!(u64),
        Type::F32 => quote!(f32),
        Type::F64 => quote!(f64),
        Type::Date => quote!(time::Date),
        Type::DateTime | Type::UtcDateTime => quote!(time::OffsetDateTime),
        Type::DateOrDateTime => quote!(rt::DateOrDateTime),
        Type::Uuid => quote!(uuid::Uuid),
        Type::Json => quote!(serde_json::Value),
        Type::Parameter => quote!(T),
        Type::Named(name) => {
            let name = ident(name);
            quote!(#name)
        }
        Type::Generic(name, argument) => {
            let (name, argument) = (ident(name), tokens(argument));
            quote!(#name<#argument>)
        }
        Type::List(item) => {
            let item = tokens(item);
            quote!(Vec<#item>)
        }
        Type::Map(value) => {
            let value = tokens(value);
            quote!(std::collections::BTreeMap<String, #value>)
        }
        Type::Option(inner) => {
            let inner = tokens(inner);
            quote!(Option<#inner>)
        }
        Type::Boxed(inner) => {
            let inner = tokens(inner);
            quote!(Box<#inner>)
        }
    }
}

/// The type of an argument that becomes `ty`.
pub(super) fn argument(ty: &Type) -> TokenStream {
    match ty {
        Type::List(item) => {
            let item = argument(unboxed(item));
            quote!(impl IntoIterator<Item = #item>)
        }
        Type::Boxed(inner) => argument(inner),
        _ if takes_literal(ty) => tokens(ty),
        _ => {
            let ty = tokens(ty);
            quote!(impl Into<#ty>)
        }
    }
}

/// An argument, made `ty`, where the compiler cannot infer it.
pub(super) fn convert(name: &Ident, ty: &Type) -> TokenStream {
    match ty {
        _ if takes_literal(ty) => quote!(#name),
        _ => quote!(#name.into()),
    }
}

/// A list argument, as an iterator over `item`.
pub(super) fn convert_items(name: &Ident, item: &Type) -> TokenStream {
    match item {
        _ if takes_literal(item) => quote!(#name),
        _ => {
            let item = tokens(item);
            quote!(#name.into_iter().map(Into::<#item>::into))
        }
    }
}

/// An argument, made the type of the field that it is written to.
pub(super) fn convert_field(name: &Ident, ty: &Type) -> TokenStream {
    match ty {
        Type::List(item) if takes_literal(item) => quote!(#name.into_iter().collect()),
        Type::List(item) if matches!(**item, Type::Boxed(_)) => {
            quote!(#name.into_iter().map(|item| Box::new(item.into())).collect())
        }
        Type::List(item) if matches!(**item, Type::List(_)) => {
            let item = convert_field(&ident("item"), item);
            quote!(#name.into_iter().map(|item| #item).collect())
        }
        Type::List(_) => quote!(#name.into_iter().map(Into::into).collect()),
        Type::Boxed(inner) => {
            let inner = convert_field(name, inner);
            quote!(Box::new(#inner))
        }
        _ if takes_literal(ty) => quote!(#name),
        _ => quote!(#name.into()),
    }
}

/// Whether `ty` is or holds a time outside of named types, so that the runtime has to
/// write and read it: dates and times know no JSON of their own.
pub(super) fn holds_time(ty: &Type) -> bool {
    holds(ty, Type::is_time)
}

/// The module of the runtime that writes and reads a `ty` which holds a time.
pub(super) fn wire_module(ty: &Type) -> &'static str {
    match holds(ty, |ty| matches!(ty, Type::UtcDateTime)) {
        true => "rt::utc",
        false => "rt::wire",
    }
}

/// Whether `ty` is or holds a list of numbers: the samples of a night, which the runtime
/// reads faster than a plain `Vec` is read, because it expects more than a few.
pub(super) fn holds_samples(ty: &Type) -> bool {
    let is_number = |ty: &Type| matches!(ty, Type::F32 | Type::F64);
    holds(ty, |ty| match ty {
        Type::List(inner) => match &**inner {
            Type::Option(number) => is_number(number),
            item => is_number(item),
        },
        _ => false,
    })
}

/// Whether `ty`, or what it holds outside of named types, is what is looked for.
fn holds(ty: &Type, is_it: impl Fn(&Type) -> bool + Copy) -> bool {
    let inside = ty.inner().filter(|_| ty.ident().is_none());
    is_it(ty) || inside.is_some_and(|inside| holds(inside, is_it))
}

/// Calls `found` with the name of each type of this API in `ty`.
pub(super) fn each_name<'a>(ty: &'a Type, found: &mut impl FnMut(&'a str)) {
    ty.walk()
        .filter_map(Type::ident)
        .for_each(|name| found(name));
}

/// A plain number literal has no `Into` to these: it would be taken for an `i32` or `f64`.
/// To a `bool` nothing else converts.
pub(super) fn takes_literal(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::U32 | Type::U64 | Type::F32)
}

fn unboxed(ty: &Type) -> &Type {
    match ty {
        Type::Boxed(inner) => inner,
        _ => ty,
    }
}
