//! Operations: a marker type, setters on the request, and a method of the client each.
//!
//! Input: [`ir::Operation`]. Output: for each one its `impl`s, then all methods of the
//! module in one `impl` of the client and one of the twin's view. The markers are in a separate
//! file, so that a schema may have the name of an operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::Doc;
use super::file::{File, braced, file, ident, plain, print};
use super::index::Index;
use super::macro_call::{Entry, list, literal};
use super::{example, prose, ty, types};
use crate::ir::{self, BodyForm, BodyType, ListStyle, Location, Type};

/// The media type that the runtime sends and asks for by default.
const JSON: &str = "application/json";

/// The items of all operations of a module.
pub(super) fn items(index: &Index<'_>, module: &ir::Module) -> Vec<String> {
    let mut items = Vec::new();
    for operation in &module.operations {
        items.extend(paged_item(operation));
        items.extend(selection_item(index, operation).map(print));
        items.extend(setters_item(index, operation).map(print));
    }
    items.extend(taken_items(index, module));
    let views = [(false, Some(quote!(rt::Client))), (true, twin_name(index))];
    for (is_twin, view) in views {
        let operations = module.operations.iter().filter(|o| o.is_twin == is_twin);
        let methods: Vec<_> = operations
            .map(|operation| method(index, operation))
            .collect();
        if !methods.is_empty() {
            let methods = braced(methods);
            items.push(print(quote!(impl #view #methods)));
        }
    }
    items
}

/// The name of each type that the code of an operation names.
pub(super) fn names<'a>(
    api: &'a ir::Api,
    operation: &'a ir::Operation,
) -> impl Iterator<Item = &'a str> {
    let setters = operation.setters.iter();
    let own = setters.filter(|setter| shared(api, operation, setter).is_none());
    let parameters = operation.arguments.iter().chain(own);
    let written = parameters.filter(|parameter| !is_displayed(parameter));
    let body = operation.body.iter().map(|body| &body.body);
    let bodies = body.chain([&operation.success]);
    let selection = operation.selection.iter();
    written
        .flat_map(|parameter| ty::names(&parameter.ty))
        .chain(bodies.flat_map(types::body_names))
        .chain(selection.flat_map(|it| [it.field_enum.as_str(), it.page.as_str()]))
}

/// `operations.rs`: the markers of all modules, sorted by name.
pub(super) fn marker_file(api: &ir::Api) -> File {
    let operations = by_route(api).into_iter();
    let markers = operations.map(|operation| print(marker_item(api, operation)));
    let docs = "A marker type for each operation: it tells a request which setters it has.";
    let docs = Doc::line(docs);
    file("operations", &docs.inner(), [], markers.collect())
}

/// All operations, sorted by route.
pub(super) fn by_route(api: &ir::Api) -> Vec<&ir::Operation> {
    let mut operations: Vec<_> = api.operations().collect();
    operations.sort_by(|one, other| one.route.cmp(&other.route));
    operations
}

/// The view's type, by its path: a twin's methods are in the files of the resources.
fn twin_name(index: &Index<'_>) -> Option<TokenStream> {
    let twin = index.api.twin.as_ref().map(|twin| ident(&twin.ident));
    twin.map(|twin| quote!(crate::#twin))
}

fn marker_item(api: &ir::Api, operation: &ir::Operation) -> TokenStream {
    let route = prose::code_span(&route_text(operation));
    let docs = format!("Marker of {}: {route}.", method_path(api, operation));
    let docs = Doc::line(docs).then(optional_docs(operation));
    let name = ident(&operation.route);
    quote! {
        #docs
        pub enum #name {}
    }
}

/// A link to the method of an operation.
pub(super) fn method_path(api: &ir::Api, operation: &ir::Operation) -> String {
    let view = match &api.twin {
        Some(twin) if operation.is_twin => twin.ident.as_str(),
        _ => "Client",
    };
    let method = plain(&operation.method);
    format!("[`{view}::{method}`](crate::{view}::{method})")
}

/// The path of the marker in the file of a module.
fn marker(operation: &ir::Operation) -> TokenStream {
    let name = ident(&operation.route);
    quote!(op::#name)
}

/// The HTTP method and the path of an operation.
pub(super) fn route_text(operation: &ir::Operation) -> String {
    format!("{} {}", operation.http_method, operation.path_template)
}

/// The query parameters for the cursor and the bounds of a list.
fn paged_item(operation: &ir::Operation) -> Option<String> {
    let cursor = literal(operation.cursor_parameter.as_ref()?);
    let range = operation.range.as_ref().map(|range| {
        let (start, end) = (literal(&range.start), literal(&range.end));
        let latest = range
            .latest
            .as_ref()
            .map(|latest| format!(" without {}", literal(latest)));
        let bound = ty::text(&range.bound, &ty::MODULE);
        format!(
            "from {start} to {end}{}: {bound}",
            latest.unwrap_or_default()
        )
    });
    let paged = format!("{} by {cursor}", operation.route);
    let entry: Entry = [paged].into_iter().chain(range).collect();
    Some(list("rt::paged", [entry]))
}

/// The shared parameter that is the same as this parameter of an operation.
fn shared<'a>(
    api: &'a ir::Api,
    operation: &ir::Operation,
    parameter: &ir::Parameter,
) -> Option<&'a ir::SharedParameter> {
    let mut all = api.parameters.iter();
    all.find(|it| it.parameter.ident == parameter.ident && it.routes.contains(&operation.route))
}

/// Which shared setters requests have, with operations that have the same ones grouped.
fn taken_items(index: &Index<'_>, module: &ir::Module) -> impl Iterator<Item = String> {
    let mut groups: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for operation in &module.operations {
        let setters = operation.setters.iter();
        let taken = setters.filter_map(|setter| shared(index.api, operation, setter));
        let names: Vec<_> = taken.map(|shared| shared.ident.as_str()).collect();
        match groups.iter_mut().find(|(_, known)| *known == names) {
            _ if names.is_empty() => {}
            Some((routes, _)) => routes.push(&operation.route),
            None => groups.push((vec![&operation.route], names)),
        }
    }
    groups.into_iter().map(|(routes, names)| {
        let entry = vec![format!("[{}]:", routes.join(", ")), names.join(", ")];
        list("rt::takes", [entry])
    })
}

/// The fields that a shared setter selects from.
fn selection_item(index: &Index<'_>, operation: &ir::Operation) -> Option<TokenStream> {
    let selection = operation.selection.as_ref()?;
    let shared = ident(&shared(index.api, operation, &selection.parameter)?.ident);
    let (marker, page) = (marker(operation), ident(&selection.page));
    let field = ident(&selection.field_enum);
    Some(quote! {
        impl super::parameters::#shared for #marker {
            type Field = #field;
            type Selection = #page<rt::Partial<#field>>;
        }
    })
}

/// The setters that requests of other operations do not have in the same way.
fn setters_item(index: &Index<'_>, operation: &ir::Operation) -> Option<TokenStream> {
    let name = marker(operation);
    let is_own = |parameter: &ir::Parameter| shared(index.api, operation, parameter).is_none();
    let setters = operation.setters.iter().filter(|setter| is_own(setter));
    let selections = operation.selection.iter();
    let selection = selections
        .filter(|selection| is_own(&selection.parameter))
        .map(|selection| own_selection_setter(index, operation, selection));
    let body = operation
        .body
        .iter()
        .filter(|body| !body.required)
        .map(|body| body_setter(index, body));
    let setters = setters.map(|it| setter(parameter_docs(it), it, &ty::MODULE));
    let setters: Vec<_> = setters.chain(selection).chain(body).collect();
    (!setters.is_empty()).then(|| {
        let setters = braced(setters);
        quote!(impl<T> rt::Request<#name, T> #setters)
    })
}

/// The setter of a parameter.
pub(super) fn setter(docs: Doc, parameter: &ir::Parameter, paths: &ty::Paths) -> TokenStream {
    let name = ident(&parameter.ident);
    let (ty, call) = (
        argument_type(parameter, paths),
        parameter_call(parameter, paths),
    );
    quote! {
        #docs
        pub fn #name(self, #name: #ty) -> Self {
            self.#call
        }
    }
}

/// The setter of a field selection, which gives a request of another type.
pub(super) fn selection_setter(
    parameter: &ir::Parameter,
    more: Doc,
    [field, request]: [TokenStream; 2],
) -> TokenStream {
    let (name, wire_name) = (ident(&parameter.ident), &parameter.wire_name);
    let result = "Each document of the response is a [`Partial`](crate::Partial), from which \
                  fields are read one by one.";
    let docs = parameter_docs(parameter).then(Doc::line(result)).then(more);
    quote! {
        #docs
        pub fn #name(self, #name: impl IntoIterator<Item = #field>) -> #request {
            self.with_selection(#wire_name, #name)
        }
    }
}

pub(super) fn parameter_docs(parameter: &ir::Parameter) -> Doc {
    let fallback = format!("Sets the {}.", parameter_text(parameter));
    Doc::of(&parameter.docs, &fallback).deprecated(parameter.deprecated)
}

/// A parameter by its place and its name.
pub(super) fn parameter_text(parameter: &ir::Parameter) -> String {
    let place = parameter.location.word();
    let name = prose::code_span(&parameter.wire_name);
    format!("{place} parameter {name}")
}

fn own_selection_setter(
    index: &Index<'_>,
    operation: &ir::Operation,
    selection: &ir::Selection,
) -> TokenStream {
    let parameter = &selection.parameter;
    let example = example::selection(index, operation, selection);
    let (marker, page) = (marker(operation), ident(&selection.page));
    let field = ident(&selection.field_enum);
    let request = quote!(rt::Request<#marker, #page<rt::Partial<#field>>>);
    selection_setter(parameter, example, [quote!(#field), request])
}

fn body_setter(index: &Index<'_>, body: &ir::RequestBody) -> TokenStream {
    let docs = Doc::of(&body.docs, "Sets the body.");
    let (ty, call) = (body_argument_type(&body.body), body_call(index, body));
    quote! {
        #docs
        pub fn body(self, body: #ty) -> Self {
            self.#call
        }
    }
}

fn method(index: &Index<'_>, operation: &ir::Operation) -> TokenStream {
    let docs = method_docs(index, operation).deprecated(operation.deprecated);
    let (method, marker) = (ident(&operation.method), marker(operation));
    let client = match operation.is_twin {
        true => quote!(&self.client),
        false => quote!(self),
    };
    let required_body = operation.body.as_ref().filter(|body| body.required);
    let arguments = operation.arguments.iter().map(|parameter| {
        let (name, ty) = (
            ident(&parameter.ident),
            argument_type(parameter, &ty::MODULE),
        );
        quote!(#name: #ty)
    });
    let body = required_body.map(|body| body_argument_type(&body.body));
    let body = body.map(|ty| quote!(body: #ty));
    let arguments = arguments.chain(body);
    let calls = operation.arguments.iter();
    let calls = calls.map(|parameter| parameter_call(parameter, &ty::MODULE));
    let calls = calls.chain(required_body.map(|body| body_call(index, body)));
    let calls = accept_call(operation).into_iter().chain(calls);
    let success = types::body_type(&operation.success);
    let decode = types::decoder(&operation.success);
    quote! {
        #docs
        pub fn #method(&self, #(#arguments),*) -> rt::Request<#marker, #success> {
            rt::Request::new(#client, #decode) #(.#calls)*
        }
    }
}

fn method_docs(index: &Index<'_>, operation: &ir::Operation) -> Doc {
    if let Some(docs) = mirror_docs(index.api, operation) {
        return docs;
    }
    Doc::default()
        .prose(&operation.title)
        .prose(&operation.docs.text)
        .notes(&operation.docs)
        .then(argument_docs(operation))
        .then(optional_docs(operation))
        .then(error_docs(index.api, operation))
        .then(example::method(index, operation))
        .source(&operation.docs)
}

/// The docs of a twin: a link to the method that it mirrors.
fn mirror_docs(api: &ir::Api, operation: &ir::Operation) -> Option<Doc> {
    let mut mirrors = api.twin.iter().flat_map(|twin| &twin.mirrors);
    let mirror = mirrors.find(|mirror| mirror.route == operation.route)?;
    let method = plain(&mirror.method);
    let without: Vec<_> = mirror
        .without
        .iter()
        .map(|name| format!("`{}`", plain(name)))
        .collect();
    let without = match without.as_slice() {
        [] => String::new(),
        names => format!(", without {}", names.join(" and ")),
    };
    let view = api.twin.as_ref().map_or("", |twin| plain(&twin.accessor));
    let docs = format!(
        "Does the same as [`Client::{method}`](crate::Client::{method}) in the {view}{without}."
    );
    Some(Doc::line(docs))
}

/// The setters of an operation's request.
fn optional_docs(operation: &ir::Operation) -> Doc {
    let selection = operation.selection.iter();
    let selection = selection.map(|it| {
        (
            &it.parameter,
            format!("list of {}", models_link(&it.field_enum)),
        )
    });
    let setters = operation.setters.iter();
    let setters = setters.map(|setter| (setter, type_docs(&setter.ty)));
    let items: Vec<_> = setters
        .chain(selection)
        .map(|(parameter, ty)| {
            let setter = plain(&parameter.ident);
            let sentence = prose::first_sentence(&parameter.docs.text);
            let sentence = if sentence.is_empty() {
                sentence
            } else {
                format!(": {sentence}")
            };
            format!("- [`{setter}`](crate::Request::{setter}) ({ty}){sentence}")
        })
        .collect();
    match items.is_empty() {
        true => Doc::default(),
        false => Doc::line("Optional parameters:").markdown(items),
    }
}

/// The docs of the arguments, if the spec describes any of them.
fn argument_docs(operation: &ir::Operation) -> Doc {
    let arguments = operation
        .arguments
        .iter()
        .map(|p| (p.ident.as_str(), &p.docs));
    let body = operation.body.iter().filter(|body| body.required);
    let arguments: Vec<_> = arguments
        .chain(body.map(|body| ("body", &body.docs)))
        .collect();
    let is_silent = |docs: &ir::Docs| docs.text.trim().is_empty() && docs.notes.is_empty();
    if arguments.iter().all(|(_, docs)| is_silent(docs)) {
        return Doc::default();
    }
    let items = arguments
        .into_iter()
        .map(|(name, docs)| (format!("`{name}`"), docs));
    Doc::line("Arguments:").list(items)
}

/// The documented errors: the usual ones by their status, the others with the spec's description.
fn error_docs(api: &ir::Api, operation: &ir::Operation) -> Doc {
    let is_usual = |error: &&ir::ErrorResponse| api.usual_errors.contains(error);
    let (usual, special): (Vec<_>, Vec<_>) = operation.errors.iter().partition(is_usual);
    let statuses: Vec<_> = usual
        .iter()
        .map(|error| types::status_text(error.status))
        .collect();
    let usual = (!usual.is_empty()).then(|| {
        let statuses = statuses.join(", ");
        format!("[`ApiErrorKind`](crate::ApiErrorKind) explains the usual ones: {statuses}.")
    });
    let special = special.into_iter().map(|error| {
        let status = types::status_text(error.status);
        let description = prose::one_line(&error.description);
        match description.is_empty() {
            true => format!("- {status}"),
            false => format!("- {status}: {description}"),
        }
    });
    match operation.errors.is_empty() {
        true => Doc::default(),
        false => Doc::line("# Errors").markdown(usual).markdown(special),
    }
}

/// Whether an argument is written to the path by its `Display`, whatever its type.
pub(super) fn is_displayed(parameter: &ir::Parameter) -> bool {
    parameter.location == Location::Path
        && parameter.list.is_none()
        && !ty::holds_time(&parameter.ty)
}

pub(super) fn argument_type(parameter: &ir::Parameter, paths: &ty::Paths) -> TokenStream {
    match is_displayed(parameter) {
        true => quote!(impl std::fmt::Display),
        false => ty::argument(&parameter.ty, paths),
    }
}

/// A type of the API, as a link.
fn models_link(name: &str) -> String {
    let name = plain(name);
    format!("[`{name}`](crate::models::{name})")
}

/// The type of a parameter, for docs.
fn type_docs(ty: &Type) -> String {
    match ty {
        Type::Named(name) => models_link(name),
        Type::List(item) => format!("list of {}", type_docs(item)),
        Type::Boxed(inner) => type_docs(inner),
        Type::DateOrDateTime => "[`DateOrDateTime`](crate::DateOrDateTime)".to_owned(),
        Type::File => "[`File`](crate::File)".to_owned(),
        other => prose::code_span(&ty::text(other, &ty::MODULE)),
    }
}

/// The call that writes a parameter to a request.
pub(super) fn parameter_call(parameter: &ir::Parameter, paths: &ty::Paths) -> TokenStream {
    let (name, wire_name) = (ident(&parameter.ident), &parameter.wire_name);
    let place = parameter.location.word();
    let one = match parameter.location {
        Location::Path => ident("with_path_value"),
        Location::Query | Location::Header | Location::Cookie => format_ident!("with_{place}"),
    };
    match (parameter.list, &parameter.ty) {
        _ if is_displayed(parameter) => quote!(with_path(#wire_name, #name)),
        (None, ty) => {
            let value = ty::convert(&name, ty);
            quote!(#one(#wire_name, #value))
        }
        (Some(ListStyle::Json), Type::List(item)) => {
            let items = ty::convert_items(&name, item, paths);
            quote!(#one(#wire_name, rt::JsonText(#items.into_iter().collect::<Vec<_>>())))
        }
        (Some(ListStyle::Json), ty) => {
            let value = ty::convert(&name, ty);
            quote!(#one(#wire_name, rt::JsonText(#value)))
        }
        (Some(style), Type::List(item)) => {
            let function = format_ident!("with_{place}_list");
            let items = ty::convert_items(&name, item, paths);
            // Paths and headers have one style.
            let style = match parameter.location {
                Location::Path | Location::Header => None,
                Location::Query | Location::Cookie => Some(list_style(style)),
            };
            let style = style.map(|style| quote!(, rt::ListStyle::#style));
            quote!(#function(#wire_name, #items #style))
        }
        (Some(style), ty) => {
            let (value, style) = (ty::convert(&name, ty), list_style(style));
            quote!(with_query_object(#wire_name, #value, rt::ListStyle::#style))
        }
    }
}

fn list_style(style: ir::ListStyle) -> TokenStream {
    match style {
        ir::ListStyle::Repeat => quote!(Repeat),
        ir::ListStyle::Comma => quote!(Comma),
        ir::ListStyle::Space => quote!(Space),
        ir::ListStyle::Pipe => quote!(Pipe),
        ir::ListStyle::Deep => quote!(Deep),
        ir::ListStyle::Json => quote!(Json),
    }
}

fn body_argument_type(body: &BodyType) -> TokenStream {
    match body {
        BodyType::Json(Type::List(item)) => {
            let item = ty::tokens(item);
            quote!(&[#item])
        }
        BodyType::Json(Type::String) => quote!(&str),
        BodyType::Text(_) => quote!(impl Into<String>),
        BodyType::Binary(_) => quote!(impl Into<bytes::Bytes>),
        BodyType::Json(_) | BodyType::Empty | BodyType::Several(_) => {
            let ty = types::body_type(body);
            quote!(&#ty)
        }
    }
}

/// The call that sets which media types are asked for, if these are not only JSON.
fn accept_call(operation: &ir::Operation) -> Option<TokenStream> {
    let accepted = operation.accept.join(", ");
    (accepted != JSON).then(|| quote!(accepting(#accepted)))
}

/// The call that writes the body to a request.
fn body_call(index: &Index<'_>, body: &ir::RequestBody) -> TokenStream {
    match &body.form {
        BodyForm::Plain => plain_body_call(body),
        BodyForm::UrlEncoded(styles) => {
            let styles = styles.iter().map(|(name, style)| {
                let style = list_style(*style);
                quote!((#name, rt::ListStyle::#style))
            });
            quote!(with_form(body, &[#(#styles),*]))
        }
        BodyForm::Multipart => {
            let parts = fields_of(index, body).filter(|field| !field.read_only);
            let parts = parts.map(field_parts);
            quote!(with_multipart([#(#parts),*]))
        }
    }
}

/// The fields of a body that is a struct.
fn fields_of<'a>(index: &Index<'a>, body: &ir::RequestBody) -> impl Iterator<Item = &'a ir::Field> {
    let ident = body.body.ty().and_then(Type::ident);
    let definition = ident.and_then(|ident| index.types.get(ident.as_str()));
    let kind = definition.and_then(|(_, def)| def.kind.as_struct());
    kind.into_iter().flat_map(|kind| &kind.fields)
}

/// The parts of a field.
fn field_parts(field: &ir::Field) -> TokenStream {
    let (wire_name, name) = (&field.wire_name, ident(&field.ident));
    let is_part = |ty: &Type| matches!(ty, Type::Option(_) | Type::List(_) | Type::File);
    match field.ty.walk().all(is_part) {
        true => quote!(rt::multipart::files(#wire_name, &body.#name)),
        false if ty::holds_time(&field.ty) => {
            quote!(rt::multipart::values(#wire_name, &rt::wire::Wire(&body.#name)))
        }
        false => quote!(rt::multipart::values(#wire_name, &body.#name)),
    }
}

fn plain_body_call(body: &ir::RequestBody) -> TokenStream {
    let media_type = Some(&body.media_type).filter(|media_type| *media_type != JSON);
    let media_type = media_type.map(|media_type| quote!(.with_content_type(#media_type)));
    match &body.body {
        BodyType::Text(media_type) => quote!(with_text(#media_type, body)),
        BodyType::Binary(media_type) => quote!(with_bytes(#media_type, body)),
        BodyType::Json(ty) if ty::holds_time(ty) => quote!(with_wire(body) #media_type),
        BodyType::Json(_) | BodyType::Empty | BodyType::Several(_) => {
            quote!(with_json(body) #media_type)
        }
    }
}
