//! Types: structs, open enums, unions, and responses of several statuses.
//!
//! Input: [`ir::TypeDef`]. Output: a plain `struct` or `enum`, followed by its `impl`s or by a
//! macro of the runtime that adds them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::docs::Doc;
use super::file::{braced, ident, plain, print};
use super::macro_call::{self, Entry, literal};
use super::{prose, ty};
use crate::ir::{self, Type, TypeKind};

/// The printed items of one type.
pub(super) fn items(def: &ir::TypeDef) -> Vec<String> {
    match &def.kind {
        TypeKind::Struct(kind) => struct_items(def, kind),
        TypeKind::StringEnum(kind) => string_enum_items(def, kind),
        TypeKind::IntegerEnum(kind) => integer_enum_items(def, kind),
        TypeKind::Union(kind) => union_items(def, kind),
        TypeKind::Responses(kind) => responses_items(def, kind),
    }
}

/// The macro call that makes the structs of a module values of fields, by their JSON.
pub(super) fn field_values(module: &ir::Module) -> Option<String> {
    let structs = module.types.iter().filter(|def| is_plain_struct(def));
    let names: Vec<_> = structs.map(|def| vec![def.ident.clone()]).collect();
    (!names.is_empty()).then(|| macro_call::list("rt::field_values", names))
}

/// Whether `def` is a struct without a type parameter.
pub(super) fn is_plain_struct(def: &ir::TypeDef) -> bool {
    def.kind.as_struct().is_some_and(|kind| !kind.generic)
}

/// Whether the code of `def` names the runtime. Structs do so only where they need it, but those
/// without a parameter are values of fields.
pub(super) fn names_runtime(def: &ir::TypeDef) -> bool {
    def.kind.as_struct().is_none_or(|kind| {
        let additional = kind.additional.iter().map(|(_, value)| value);
        let mut types = kind.fields.iter().map(|field| &field.ty).chain(additional);
        let sends_null = kind.fields.iter().any(|field| field.null_setter.is_some());
        let has_methods = kind.page.is_some() || !kind.series.is_empty();
        !kind.generic || has_methods || sends_null || types.any(ty::holds_time)
    })
}

/// The name of each type that the code of `def` names.
pub(super) fn names(def: &ir::TypeDef) -> impl Iterator<Item = &str> {
    def.kind.types().into_iter().flat_map(ty::names)
}

/// The name of each type in a body.
pub(super) fn body_names(body: &ir::BodyType) -> impl Iterator<Item = &str> {
    let several = match body {
        ir::BodyType::Several(name) => Some(name.as_str()),
        ir::BodyType::Json(_)
        | ir::BodyType::Empty
        | ir::BodyType::Text(_)
        | ir::BodyType::Binary(_) => None,
    };
    body.ty().into_iter().flat_map(ty::names).chain(several)
}

/// The Rust type of a body.
pub(super) fn body_type(body: &ir::BodyType) -> TokenStream {
    match body {
        ir::BodyType::Empty => quote!(()),
        ir::BodyType::Json(ty) => ty::tokens(ty),
        ir::BodyType::Text(_) => quote!(String),
        ir::BodyType::Binary(_) => quote!(bytes::Bytes),
        ir::BodyType::Several(name) => {
            let name = ident(name);
            quote!(#name)
        }
    }
}

/// The function that decodes a response of this type.
pub(super) fn decoder(body: &ir::BodyType) -> TokenStream {
    match body {
        ir::BodyType::Empty => quote!(rt::decode::empty),
        ir::BodyType::Json(ty) if ty::holds_time(ty) => quote!(rt::decode::wire),
        ir::BodyType::Json(_) => quote!(rt::decode::json),
        ir::BodyType::Text(_) => quote!(rt::decode::text),
        ir::BodyType::Binary(_) => quote!(rt::decode::bytes),
        ir::BodyType::Several(name) => {
            let name = ident(name);
            quote!(#name::decode)
        }
    }
}

fn type_docs(def: &ir::TypeDef, fallback: &str) -> Doc {
    Doc::of(&def.docs, fallback).deprecated(def.deprecated)
}

fn struct_items(def: &ir::TypeDef, kind: &ir::Struct) -> Vec<String> {
    let name = ident(&def.ident);
    let docs = type_docs(def, "An object.");
    let parameter = kind.generic.then(|| quote!(<T>));
    let default = (kind.in_request && arguments(kind).next().is_none()).then(|| quote!(Default,));
    let has_secrets = kind.fields.iter().any(|field| field.secret);
    let debug = (!has_secrets).then(|| quote!(Debug,));
    let additional = kind.additional.as_ref().map(additional_field);
    let fields = braced(kind.fields.iter().map(field).chain(additional));
    let item = quote! {
        #docs
        #[derive(Clone, #debug #default PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct #name #parameter #fields
    };
    let page = kind.page.as_ref().map(|page| page_item(def, kind, page));
    let builder = kind.in_request.then(|| builder_item(def, kind));
    let debug = has_secrets.then(|| debug_item(def, kind));
    let series = series_item(def, kind);
    let items = [Some(item), debug, page, builder, series];
    items.into_iter().flatten().map(print).collect()
}

/// An `impl` of `Debug` that hides fields of the format `password`.
fn debug_item(def: &ir::TypeDef, kind: &ir::Struct) -> TokenStream {
    let name = ident(&def.ident);
    let parameter = kind.generic.then(|| quote!([T]));
    let names = |secret: bool| {
        let fields = kind
            .fields
            .iter()
            .filter(move |field| field.secret == secret);
        fields.map(|field| ident(&field.ident))
    };
    let (shown, hidden) = (names(false), names(true));
    let additional = kind.additional.iter().map(|(name, _)| ident(name));
    let shown = shown.chain(additional);
    quote!(rt::debug!(#name #parameter shows { #(#shown),* } hides { #(#hidden),* });)
}

fn field(field: &ir::Field) -> TokenStream {
    let fallback = format!("The property {}.", prose::code_span(&field.wire_name));
    let docs = Doc::of(&field.docs, &fallback);
    let docs = match field.null_setter {
        Some(_) => docs.markdown(["`None` is not sent, and `Some(None)` is sent as null."]),
        None => docs,
    };
    let docs = docs.deprecated(field.deprecated);
    let serde = serde_attribute(field);
    let (name, ty) = (ident(&field.ident), ty::tokens(&field.ty));
    quote!(#docs #serde pub #name: #ty,)
}

fn serde_attribute(field: &ir::Field) -> Option<TokenStream> {
    let is_option = matches!(field.ty, Type::Option(_));
    let is_wire = ty::holds_time(&field.ty) || ty::holds_samples(&field.ty);
    let wire = ty::wire_module(&field.ty);
    let is_nullable = field.null_setter.is_some();
    let write = format!("{wire}::serialize");
    let read = match is_wire {
        true => format!("{wire}::deserialize_nullable"),
        false => "rt::nullable".to_owned(),
    };
    let wire_name = &field.wire_name;
    let parts = [
        (plain(&field.ident) != wire_name).then(|| quote!(rename = #wire_name)),
        // serde reads an absent `Option` as `None`, but not behind `with`.
        (is_option && (is_wire || is_nullable)).then(|| quote!(default)),
        (is_wire && !is_nullable).then(|| quote!(with = #wire)),
        (is_wire && is_nullable).then(|| quote!(serialize_with = #write)),
        is_nullable.then(|| quote!(deserialize_with = #read)),
        // For a parameter that serde does not read itself, its derive requires `T: Default`.
        (is_nullable && field.ty.walk().any(|ty| *ty == Type::Parameter))
            .then(|| quote!(bound(deserialize = "T: serde::Deserialize<'de>"))),
        (is_option && (!field.required || field.read_only))
            .then(|| quote!(skip_serializing_if = "Option::is_none")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| quote!(#[serde(#(#parts),*)]))
}

fn additional_field((name, value): &(ir::Ident, Type)) -> TokenStream {
    let name = ident(name);
    let wire = ty::wire_module(value);
    let with = ty::holds_time(value).then(|| quote!(, with = #wire));
    let ty = ty::tokens(&Type::Map(Box::new(value.clone())));
    quote! {
        /// Properties that the spec does not name.
        #[serde(flatten #with)]
        pub #name: #ty,
    }
}

fn page_item(def: &ir::TypeDef, kind: &ir::Struct, page: &ir::Page) -> TokenStream {
    let name = ident(&def.ident);
    let ((items, items_wire), (cursor, cursor_wire)) = (&page.items, &page.cursor);
    let item_of = |field: &ir::Field| match &field.ty {
        Type::List(item) if field.ident == *items => Some(ty::tokens(item)),
        _ => None,
    };
    let item = kind
        .fields
        .iter()
        .find_map(item_of)
        .unwrap_or_else(|| quote!(T));
    let (items, cursor) = (ident(items), ident(cursor));
    let generics = kind
        .generic
        .then(|| quote!(<T: rt::DeserializeOwned + Send + 'static>));
    let parameter = kind.generic.then(|| quote!(<T>));
    quote! {
        impl #generics rt::Page for #name #parameter {
            type Item = #item;
            const ITEMS: &'static str = #items_wire;
            const CURSOR: &'static str = #cursor_wire;
            fn cursor(&self) -> Option<&str> {
                self.#cursor.as_deref()
            }
            fn is_empty(&self) -> bool {
                self.#items.is_empty()
            }
            fn into_parts(self) -> (Vec<#item>, Option<String>) {
                (self.#items, self.#cursor)
            }
        }
    }
}

/// The methods that give values at regular intervals as points in time.
fn series_item(def: &ir::TypeDef, kind: &ir::Struct) -> Option<TokenStream> {
    let series = kind.series.iter();
    let methods: Vec<_> = series.filter_map(|it| series_method(kind, it)).collect();
    (!methods.is_empty()).then(|| methods_item(def, kind, methods))
}

fn methods_item(
    def: &ir::TypeDef,
    kind: &ir::Struct,
    methods: impl IntoIterator<Item = TokenStream>,
) -> TokenStream {
    let (name, methods) = (ident(&def.ident), braced(methods));
    let parameter = kind.generic.then(|| quote!(<T>));
    quote!(impl #parameter #name #parameter #methods)
}

fn series_method(kind: &ir::Struct, series: &ir::Series) -> Option<TokenStream> {
    let field = |ident: &str| kind.fields.iter().find(|field| field.ident == ident);
    let start = field(&series.start)?;
    let (method, from) = (ident(&series.method), copy(start));
    let (value, source, call) = match &series.values {
        ir::SeriesValues::Items { every, items } => {
            let (every, items) = (field(every)?, field(items)?);
            let item = list_item(&items.ty)?;
            let (values, seconds) = (copied(items), seconds(every));
            let call = quote!(points(#from, #seconds, #values));
            (ty::tokens(item), items, call)
        }
        ir::SeriesValues::Codes { text, every, ty } => {
            let source = field(text)?;
            let text = borrowed(source);
            let every = Literal::f64_unsuffixed(*every);
            let call = quote!(codes(#from, #every, #text));
            (ty::tokens(ty), source, call)
        }
    };
    let docs = series_docs(&series.values, source, start).deprecated(source.deprecated);
    Some(quote! {
        #docs
        pub fn #method(&self) -> impl Iterator<Item = (time::OffsetDateTime, #value)> {
            rt::series::#call
        }
    })
}

fn series_docs(values: &ir::SeriesValues, source: &ir::Field, start: &ir::Field) -> Doc {
    let (source, start) = (
        prose::code_span(&source.wire_name),
        prose::code_span(&start.wire_name),
    );
    let (what, interval, rest) = match values {
        ir::SeriesValues::Items { every, .. } => (
            "values",
            prose::code_span(plain(every)),
            "or the interval is not a number above zero",
        ),
        ir::SeriesValues::Codes { every, .. } => (
            "characters",
            every.to_string(),
            "and a character that is not known is `Unrecognized`",
        ),
    };
    let what = format!(
        "The {what} of {source}, each with its date and time: the first at {start}, then one every \
         {interval} seconds."
    );
    let rest = format!(
        "The times are exact and have the offset of the first. There are no values if one of \
         these properties is missing, {rest}."
    );
    Doc::line(what).markdown([rest])
}

/// The value of a field that is `Copy`, with one `Option` at most.
fn copy(field: &ir::Field) -> TokenStream {
    let name = ident(&field.ident);
    let flatten = field.null_setter.is_some().then(|| quote!(.flatten()));
    quote!(self.#name #flatten)
}

/// The elements of a list, or of an `Option` of one.
fn copied(field: &ir::Field) -> TokenStream {
    let name = ident(&field.ident);
    let is_option = matches!(field.ty, Type::Option(_));
    let flatten = is_option.then(|| quote!(.flatten()));
    let again = field.null_setter.is_some().then(|| quote!(.flatten()));
    quote!(self.#name.iter() #flatten #again.copied())
}

/// A number, or an `Option` of one, as a float.
fn seconds(field: &ir::Field) -> TokenStream {
    let value = copy(field);
    match (&field.ty, field.ty.without_option().without_option()) {
        (_, Type::F64) => value,
        (Type::Option(_), _) => quote!(#value.map(|every| every as f64)),
        _ => quote!(#value as f64),
    }
}

/// A text, or an `Option` of one, as an `Option` of a reference.
fn borrowed(field: &ir::Field) -> TokenStream {
    let name = ident(&field.ident);
    match (&field.ty, &field.null_setter) {
        (_, Some(_)) => quote!(self.#name.as_ref().and_then(Option::as_deref)),
        (Type::Option(_), None) => quote!(self.#name.as_deref()),
        (_, None) => quote!(Some(&self.#name)),
    }
}

fn list_item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::List(item) => Some(item),
        Type::Option(inner) => list_item(inner),
        _ => None,
    }
}

/// The fields that `new` takes as arguments.
pub(super) fn arguments(kind: &ir::Struct) -> impl Iterator<Item = &ir::Field> {
    kind.fields
        .iter()
        .filter(|field| field.required && !field.read_only)
}

/// The fields that have setters, where the struct is sent in a request.
pub(super) fn setters(kind: &ir::Struct) -> impl Iterator<Item = &ir::Field> {
    kind.fields
        .iter()
        .filter(|field| kind.in_request && !field.required && !field.read_only)
}

fn builder_item(def: &ir::TypeDef, kind: &ir::Struct) -> TokenStream {
    let setters = setters(kind).flat_map(|field| {
        let null = field.null_setter.as_ref();
        let null = null.map(|setter| null_setter(field, setter));
        std::iter::once(builder_setter(field)).chain(null)
    });
    let additional = kind.additional.as_ref().map(|(name, value)| {
        let name = ident(name);
        let map = ty::tokens(&Type::Map(Box::new(value.clone())));
        quote! {
            /// Sets properties that the spec does not name.
            pub fn #name(mut self, #name: impl Into<#map>) -> Self {
                self.#name = #name.into();
                self
            }
        }
    });
    let methods = [builder_new(kind)].into_iter();
    methods_item(def, kind, methods.chain(setters).chain(additional))
}

fn builder_new(kind: &ir::Struct) -> TokenStream {
    let typed = arguments(kind).map(|field| {
        let (name, ty) = (ident(&field.ident), ty::argument(&field.ty, &ty::MODULE));
        quote!(#name: #ty)
    });
    let values = kind.fields.iter().map(|field| {
        let name = ident(&field.ident);
        let value = match &field.ty {
            _ if !field.required || field.read_only => match field.ty {
                Type::Option(_) => quote!(: None),
                _ => quote!(: Default::default()),
            },
            ty if ty::takes_literal(ty) => TokenStream::new(),
            ty => {
                let value = ty::convert_field(&name, ty);
                quote!(: #value)
            }
        };
        quote!(#name #value,)
    });
    let additional = kind.additional.as_ref().map(|(name, _)| {
        let name = ident(name);
        quote!(#name: Default::default())
    });
    let body = match arguments(kind).next() {
        None => quote!(Default::default()),
        Some(_) => quote!(Self { #(#values)* #additional }),
    };
    quote! {
        /// Creates a value with the fields that the spec requires.
        pub fn new(#(#typed),*) -> Self {
            #body
        }
    }
}

fn builder_setter(field: &ir::Field) -> TokenStream {
    let fallback = format!("Sets the property {}.", prose::code_span(&field.wire_name));
    let docs = Doc::of(&field.docs, &fallback).deprecated(field.deprecated);
    let name = ident(&field.ident);
    let value_type = match field.null_setter {
        Some(_) => field.ty.without_option().without_option(),
        None => field.ty.without_option(),
    };
    let value = ty::convert_field(&name, value_type);
    let value = match (&field.ty, &field.null_setter) {
        (_, Some(_)) => quote!(Some(Some(#value))),
        (Type::Option(_), None) => quote!(Some(#value)),
        (_, None) => value,
    };
    let ty = ty::argument(value_type, &ty::MODULE);
    quote! {
        #docs
        pub fn #name(mut self, #name: #ty) -> Self {
            self.#name = #value;
            self
        }
    }
}

fn null_setter(field: &ir::Field, setter: &str) -> TokenStream {
    let docs = format!(
        "Sets the property {} to null.",
        prose::code_span(&field.wire_name)
    );
    let docs = Doc::default().markdown([docs]).deprecated(field.deprecated);
    let (name, setter) = (ident(&field.ident), ident(setter));
    quote! {
        #docs
        pub fn #setter(mut self) -> Self {
            self.#name = Some(None);
            self
        }
    }
}

fn string_enum_items(def: &ir::TypeDef, kind: &ir::StringEnum) -> Vec<String> {
    let values = kind.variants.iter();
    let variants = values.clone().map(|variant| {
        let fallback = format!("{}.", prose::code_span(&variant.wire_name));
        variant_item(&variant.docs, &fallback, &variant.ident, None)
    });
    let table = values.map(|v| vec![format!("{} = {}", v.ident, literal(&v.wire_name))]);
    let table = macro_call::table("rt::string_enum", &def.ident, ',', table);
    vec![open_enum_item(def, variants, quote!(String)), table]
}

fn integer_enum_items(def: &ir::TypeDef, kind: &ir::IntegerEnum) -> Vec<String> {
    let values = kind.variants.iter();
    let variants = values.clone().map(|variant| {
        let fallback = format!("`{}`.", variant.value);
        variant_item(&variant.docs, &fallback, &variant.ident, None)
    });
    let table = values.map(|v| vec![format!("{} = {}", v.ident, v.value)]);
    let table = macro_call::table("rt::integer_enum", &def.ident, ',', table);
    vec![open_enum_item(def, variants, quote!(i64)), table]
}

fn open_enum_item(
    def: &ir::TypeDef,
    variants: impl Iterator<Item = TokenStream>,
    unrecognized: TokenStream,
) -> String {
    let docs = type_docs(def, "One of a set of values.");
    let derives = quote!(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord);
    let variants = variants.chain([unrecognized_variant(unrecognized)]);
    enum_item(def, docs, derives, variants)
}

fn unrecognized_variant(ty: TokenStream) -> TokenStream {
    quote! {
        /// A value that is newer than this crate, as it is in JSON.
        Unrecognized(#ty)
    }
}

fn enum_item(
    def: &ir::TypeDef,
    docs: Doc,
    derives: TokenStream,
    variants: impl Iterator<Item = TokenStream>,
) -> String {
    let name = ident(&def.ident);
    print(quote! {
        #docs
        #[derive(#derives)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants),*
        }
    })
}

fn variant_item(
    docs: &ir::Docs,
    fallback: &str,
    name: &str,
    holds: Option<TokenStream>,
) -> TokenStream {
    let (docs, name) = (Doc::of(docs, fallback), ident(name));
    let holds = holds.map(|ty| quote!((#ty)));
    quote!(#docs #name #holds)
}

fn union_items(def: &ir::TypeDef, kind: &ir::Union) -> Vec<String> {
    let docs = type_docs(def, "One of several types.");
    let variants = kind.variants.iter().map(|variant| {
        let fallback = match variant.tags.first() {
            Some(tag) => format!("The variant {}.", prose::code_span(tag)),
            None => format!("The variant `{}`.", plain(&variant.ident)),
        };
        let ty = ty::tokens(&variant.ty);
        variant_item(&variant.docs, &fallback, &variant.ident, Some(ty))
    });
    let variants = variants.chain([unrecognized_variant(quote!(serde_json::Value))]);
    let item = enum_item(def, docs, quote!(Clone, Debug, PartialEq), variants);
    vec![item, union_table(def, kind)]
}

fn union_table(def: &ir::TypeDef, kind: &ir::Union) -> String {
    let rows = kind.variants.iter().map(|variant| -> Entry {
        let variant_type = ty::text(&variant.ty, &ty::MODULE);
        let row = format!("{}({variant_type})", variant.ident);
        let tags: Vec<_> = variant.tags.iter().map(|tag| literal(tag)).collect();
        match kind.discriminator {
            Some(_) => vec![format!("{row} ="), tags.join(" | ")],
            None => vec![row],
        }
    });
    let name = &def.ident;
    match &kind.discriminator {
        Some(property) => {
            let subject = format!("{name} by {}", literal(property));
            macro_call::table("rt::tagged_union", &subject, ',', rows)
        }
        None => macro_call::table("rt::union", name, ',', rows),
    }
}

fn responses_items(def: &ir::TypeDef, kind: &ir::Responses) -> Vec<String> {
    let docs = type_docs(def, "The response, by its status.");
    let variants = kind.variants.iter().map(|variant| {
        let fallback = format!("Status {}.", status_text(variant.status));
        let holds = match &variant.body {
            ir::BodyType::Empty => None,
            body => Some(body_type(body)),
        };
        variant_item(&variant.docs, &fallback, &variant.ident, holds)
    });
    let item = enum_item(def, docs, quote!(Clone, Debug, PartialEq), variants);
    vec![item, print(responses_decode(def, kind))]
}

/// Decodes by status: single statuses before ranges, and `default` last.
fn responses_decode(def: &ir::TypeDef, kind: &ir::Responses) -> TokenStream {
    let name = ident(&def.ident);
    let mut variants: Vec<_> = kind.variants.iter().collect();
    variants.sort_by_key(|variant| variant.status);
    let has_default = variants
        .iter()
        .any(|v| v.status == ir::StatusRange::Default);
    let arms = variants.into_iter().map(|variant| {
        let status = match variant.status {
            ir::StatusRange::Code(code) => {
                let code = Literal::u16_unsuffixed(code);
                quote!(#code)
            }
            ir::StatusRange::Class(class) => {
                let first = Literal::u16_unsuffixed(u16::from(class) * 100);
                let last = Literal::u16_unsuffixed(u16::from(class) * 100 + 99);
                quote!(#first..=#last)
            }
            ir::StatusRange::Default => quote!(_),
        };
        let (name, decode) = (ident(&variant.ident), decoder(&variant.body));
        match &variant.body {
            ir::BodyType::Empty => quote!(#status => Ok(Self::#name)),
            _ => quote!(#status => #decode(reply).map(Self::#name)),
        }
    });
    let rest = (!has_default).then(|| quote!(_ => Err(reply.unexpected_status())));
    quote! {
        impl #name {
            pub(super) fn decode(reply: &rt::Reply) -> ::std::result::Result<Self, rt::Error> {
                match reply.status().as_u16() {
                    #(#arms,)*
                    #rest
                }
            }
        }
    }
}

/// A status as people write it.
pub(super) fn status_text(status: ir::StatusRange) -> String {
    match status {
        ir::StatusRange::Code(code) => code.to_string(),
        ir::StatusRange::Class(class) => format!("{class}XX"),
        ir::StatusRange::Default => "Any other status".to_owned(),
    }
}
