//! Rust types of fields and of arguments.
//!
//! Input: [`ir::Type`]. Output: tokens. Types of other crates are written with their paths,
//! so that no name of the spec can hide them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::file::ident;
use crate::ir::Type;

/// The paths of types that are not part of the language.
pub(super) struct Paths {
    /// The types of the runtime.
    runtime: &'static str,
    /// The types of the API.
    models: &'static str,
    /// The parameter of a generic type.
    parameter: &'static str,
}

/// For the modules of the API: they import the types that they name.
pub(super) const MODULE: Paths = Paths {
    runtime: "rt::",
    models: "",
    parameter: "T",
};

/// For files beside the modules, which import `models`.
pub(super) const BESIDE: Paths = Paths {
    runtime: "rt::",
    models: "models::",
    parameter: "T",
};

/// For programs of users.
pub(super) const USER: Paths = Paths {
    runtime: "oura_generated::",
    models: "oura_generated::models::",
    // No value of an unknown type can be made.
    parameter: "serde_json::Value",
};

/// The type of a field.
pub(super) fn tokens(ty: &Type) -> TokenStream {
    tokens_at(ty, &MODULE)
}

/// A type as it is written where these paths hold.
pub(super) fn tokens_at(ty: &Type, paths: &Paths) -> TokenStream {
    text(ty, paths).parse().expect("a type is made of tokens")
}

/// A type as text.
pub(super) fn text(ty: &Type, paths: &Paths) -> String {
    match ty {
        Type::String => "String".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::I32 => "i32".to_owned(),
        Type::I64 => "i64".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Date => "time::Date".to_owned(),
        Type::DateTime | Type::UtcDateTime => "time::OffsetDateTime".to_owned(),
        Type::DateOrDateTime => format!("{}DateOrDateTime", paths.runtime),
        Type::Uuid => "uuid::Uuid".to_owned(),
        Type::File => format!("{}File", paths.runtime),
        Type::Json => "serde_json::Value".to_owned(),
        Type::Parameter => paths.parameter.to_owned(),
        Type::Named(name) => format!("{}{name}", paths.models),
        Type::Generic(name, argument) => {
            format!("{}{name}<{}>", paths.models, text(argument, paths))
        }
        Type::List(item) => format!("Vec<{}>", text(item, paths)),
        Type::Map(value) => {
            format!("std::collections::BTreeMap<String, {}>", text(value, paths))
        }
        Type::Option(inner) => format!("Option<{}>", text(inner, paths)),
        Type::Boxed(inner) => format!("Box<{}>", text(inner, paths)),
    }
}

/// The type of an argument that is converted to `ty`, where these paths hold.
pub(super) fn argument(ty: &Type, paths: &Paths) -> TokenStream {
    match ty {
        Type::List(item) => {
            let item = argument(unboxed(item), paths);
            quote!(impl IntoIterator<Item = #item>)
        }
        Type::Boxed(inner) => argument(inner, paths),
        _ if takes_literal(ty) => tokens_at(ty, paths),
        _ => {
            let ty = tokens_at(ty, paths);
            quote!(impl Into<#ty>)
        }
    }
}

/// Converts an argument to `ty`, with an explicit type where the compiler cannot infer it.
pub(super) fn convert(name: &Ident, ty: &Type) -> TokenStream {
    match ty {
        _ if takes_literal(ty) => quote!(#name),
        _ => quote!(#name.into()),
    }
}

/// Converts a list argument to an iterator over `item`.
pub(super) fn convert_items(name: &Ident, item: &Type, paths: &Paths) -> TokenStream {
    match item {
        _ if takes_literal(item) => quote!(#name),
        _ => {
            let item = tokens_at(item, paths);
            quote!(#name.into_iter().map(Into::<#item>::into))
        }
    }
}

/// Converts an argument to the type of the field that it is written to.
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

/// Whether `ty` is or holds a time outside of named types, so that the runtime has to write and
/// read it: the types of dates and times have no JSON form.
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

/// Whether `ty` is or holds a list of numbers: the samples of a night, which the runtime reads
/// faster than a plain `Vec`, because it expects many.
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

/// Whether `is_it` holds for `ty` or for what it holds outside of named types.
fn holds(ty: &Type, is_it: impl Fn(&Type) -> bool + Copy) -> bool {
    let inside = ty.inner().filter(|_| ty.ident().is_none());
    is_it(ty) || inside.is_some_and(|inside| holds(inside, is_it))
}

/// The name of each type of this API in `ty`.
pub(super) fn names(ty: &Type) -> impl Iterator<Item = &str> {
    ty.walk().filter_map(Type::ident).map(String::as_str)
}

/// Whether an argument of this type takes a literal without `Into`. A plain number literal would
/// be an `i32` or `f64`, which do not convert to these; only a `bool` converts to a `bool`.
pub(super) fn takes_literal(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::U32 | Type::U64 | Type::F32)
}

fn unboxed(ty: &Type) -> &Type {
    match ty {
        Type::Boxed(inner) => inner,
        _ => ty,
    }
}
