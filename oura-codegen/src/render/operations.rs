//! Operations: a marker type, setters on the request, and a method of the client each.
//!
//! Input: [`ir::Operation`]. Output: for each one its `impl`s, then all methods of the
//! module in one `impl` of the client and one of the twin's view. The markers have a file
//! of their own, so that a schema may have the name of an operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::docs::Doc;
use super::{File, Index, braced, deprecated, example, file, ident, plain, prose, ty, types};
use crate::ir::{self, BodyType, Location, Type};

/// The items of all operations of a module.
pub(super) fn items(index: &Index<'_>, module: &ir::Module) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for operation in &module.operations {
        items.extend(paged_item(operation));
        items.extend(setters_item(index, operation));
    }
    let views = [(false, Some(quote!(rt::Client))), (true, twin_name(index))];
    for (is_twin, view) in views {
        let operations = module.operations.iter().filter(|o| o.is_twin == is_twin);
        let methods: Vec<_> = operations
            .map(|operation| method(index, operation))
            .collect();
        if !methods.is_empty() {
            let methods = braced(methods);
            items.push(quote!(impl #view #methods));
        }
    }
    items
}

/// Calls `found` with the name of each type that the code of an operation names.
pub(super) fn each_name<'a>(operation: &'a ir::Operation, found: &mut impl FnMut(&'a str)) {
    for parameter in operation.arguments.iter().chain(&operation.setters) {
        if !is_displayed(parameter) {
            ty::each_name(&parameter.ty, found);
        }
    }
    types::each_body_name(&operation.success, found);
    if let Some(body) = &operation.body {
        types::each_body_name(&body.body, found);
    }
    if let Some(selection) = &operation.selection {
        found(&selection.field_enum);
        found(&selection.page);
    }
}

/// `operations.rs`: the markers of all modules, sorted by name.
pub(super) fn marker_file(api: &ir::Api) -> File {
    let mut operations: Vec<_> = api.modules.iter().flat_map(|m| &m.operations).collect();
    operations.sort_by(|a, b| a.route.cmp(&b.route));
    let markers = operations
        .iter()
        .map(|operation| marker_item(api, operation));
    let docs = "A marker type for each operation: it tells a request which setters it has.";
    let docs = Doc::default().markdown([docs]);
    file("operations", &docs.inner(), [], markers.collect())
}

/// The view's type, by its path: a twin's methods are in the files of the resources.
fn twin_name(index: &Index<'_>) -> Option<TokenStream> {
    let twin = index.api.twin.as_ref().map(|twin| ident(&twin.ident));
    twin.map(|twin| quote!(crate::#twin))
}

fn marker_item(api: &ir::Api, operation: &ir::Operation) -> TokenStream {
    let view = match &api.twin {
        Some(twin) if operation.is_twin => twin.ident.as_str(),
        _ => "Client",
    };
    let method = plain(&operation.method);
    let route = prose::code_span(&route_text(operation));
    let docs = format!("Marker of [`{view}::{method}`](crate::{view}::{method}): {route}.");
    let docs = Doc::default().markdown([docs]);
    let name = ident(&operation.route);
    quote! {
        #docs
        pub enum #name {}
    }
}

/// The path of the marker in the file of a module.
fn marker(operation: &ir::Operation) -> TokenStream {
    let name = ident(&operation.route);
    quote!(operations::#name)
}

/// The HTTP method and the path of an operation.
pub(super) fn route_text(operation: &ir::Operation) -> String {
    format!("{} {}", operation.http_method, operation.path_template)
}

/// Which query parameters a list takes its cursor and its bounds by.
fn paged_item(operation: &ir::Operation) -> Option<TokenStream> {
    let (name, cursor) = (
        ident(&operation.route),
        operation.cursor_parameter.as_ref()?,
    );
    let range = operation.range.as_ref().map(|range| {
        let ir::Range {
            start,
            end,
            bound,
            latest,
        } = range;
        let bound = ty::tokens(bound);
        let latest = latest.as_ref().map(|latest| quote!(without #latest));
        quote!(from #start to #end #latest: #bound)
    });
    Some(quote!(rt::paged!(#name by #cursor #range);))
}

fn setters_item(index: &Index<'_>, operation: &ir::Operation) -> Option<TokenStream> {
    let name = marker(operation);
    let setters = operation.setters.iter().map(setter);
    let selection = operation
        .selection
        .iter()
        .map(|s| selection_setter(index, operation, s));
    let body = operation
        .body
        .iter()
        .filter(|body| !body.required)
        .map(body_setter);
    let setters: Vec<_> = setters.chain(selection).chain(body).collect();
    (!setters.is_empty()).then(|| {
        let setters = braced(setters);
        quote!(impl<T> rt::Request<#name, T> #setters)
    })
}

fn setter(parameter: &ir::Parameter) -> TokenStream {
    let docs = parameter_docs(parameter);
    let deprecated = deprecated(parameter.deprecated);
    let name = ident(&parameter.ident);
    let ty = argument_type(parameter);
    let call = parameter_call(parameter);
    quote! {
        #docs
        #deprecated
        pub fn #name(self, #name: #ty) -> Self {
            self.#call
        }
    }
}

fn parameter_docs(parameter: &ir::Parameter) -> Doc {
    let place = match parameter.location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
        Location::Cookie => "cookie",
    };
    let wire_name = prose::code_span(&parameter.wire_name);
    Doc::of(
        &parameter.docs,
        &format!("Sets the {place} parameter {wire_name}."),
    )
}

fn selection_setter(
    index: &Index<'_>,
    operation: &ir::Operation,
    selection: &ir::Selection,
) -> TokenStream {
    let parameter = &selection.parameter;
    let docs = parameter_docs(parameter).then(example::selection(index, operation, selection));
    let deprecated = deprecated(parameter.deprecated);
    let (name, wire_name) = (ident(&parameter.ident), &parameter.wire_name);
    let (marker, page) = (marker(operation), ident(&selection.page));
    let field = ident(&selection.field_enum);
    quote! {
        #docs
        #deprecated
        pub fn #name(
            self,
            #name: impl IntoIterator<Item = #field>,
        ) -> rt::Request<#marker, #page<rt::Partial<#field>>> {
            self.with_selection(#wire_name, #name)
        }
    }
}

fn body_setter(body: &ir::RequestBody) -> TokenStream {
    let docs = Doc::of(&body.docs, "Sets the body.");
    let (ty, call) = (body_argument_type(&body.body), body_call(&body.body));
    quote! {
        #docs
        pub fn body(self, body: #ty) -> Self {
            self.#call
        }
    }
}

fn method(index: &Index<'_>, operation: &ir::Operation) -> TokenStream {
    let docs = method_docs(index, operation);
    let deprecated = deprecated(operation.deprecated);
    let (method, route) = (ident(&operation.method), ident(&operation.route));
    let marker = marker(operation);
    let client = match operation.is_twin {
        true => quote!(&self.client),
        false => quote!(self),
    };
    let required_body = operation.body.as_ref().filter(|body| body.required);
    let arguments = operation.arguments.iter().map(|parameter| {
        let (name, ty) = (ident(&parameter.ident), argument_type(parameter));
        quote!(#name: #ty)
    });
    let body = required_body.map(|body| body_argument_type(&body.body));
    let body = body.map(|ty| quote!(body: #ty));
    let arguments = arguments.chain(body);
    let calls = operation.arguments.iter().map(parameter_call);
    let calls = calls.chain(required_body.map(|body| body_call(&body.body)));
    let success = types::body_type(&operation.success);
    let decode = types::decoder(&operation.success);
    quote! {
        #docs
        #deprecated
        pub fn #method(&self, #(#arguments),*) -> rt::Request<#marker, #success> {
            rt::Request::new(#client, rt::Route::#route, #decode) #(.#calls)*
        }
    }
}

fn method_docs(index: &Index<'_>, operation: &ir::Operation) -> Doc {
    let mut docs = Doc::default().prose(&operation.summary);
    if operation.docs.text.trim() != operation.summary.trim() {
        docs = docs.prose(&operation.docs.text);
    }
    if docs.is_empty() {
        docs = docs.markdown([format!(
            "Calls {}.",
            prose::code_span(&route_text(operation))
        )]);
    }
    docs.then(argument_docs(operation))
        .remarks(&operation.docs)
        .then(error_docs(operation))
        .then(example::method(index, operation))
}

/// What the document says of the arguments, if it says anything of any.
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
    Doc::default().markdown(["Arguments:"]).list(items)
}

fn error_docs(operation: &ir::Operation) -> Doc {
    if operation.errors.is_empty() {
        return Doc::default();
    }
    let errors = operation.errors.iter().map(|error| {
        let status = types::status_text(error.status);
        let description = prose::one_line(&error.description);
        match description.is_empty() {
            true => format!("- {status}"),
            false => format!("- {status}: {description}"),
        }
    });
    Doc::default()
        .markdown(["# Errors"])
        .markdown(["When it is sent, the request returns what the document describes:"])
        .markdown(errors)
}

/// Whether an argument is written to the path by its `Display`, whatever its type.
pub(super) fn is_displayed(parameter: &ir::Parameter) -> bool {
    parameter.location == Location::Path
        && parameter.list.is_none()
        && !ty::holds_time(&parameter.ty)
}

fn argument_type(parameter: &ir::Parameter) -> TokenStream {
    match is_displayed(parameter) {
        true => quote!(impl std::fmt::Display),
        false => ty::argument(&parameter.ty),
    }
}

/// The call that writes a parameter to a request.
fn parameter_call(parameter: &ir::Parameter) -> TokenStream {
    let (name, wire_name) = (ident(&parameter.ident), &parameter.wire_name);
    let place = match parameter.location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
        Location::Cookie => "cookie",
    };
    match (&parameter.list, &parameter.ty) {
        _ if is_displayed(parameter) => quote!(with_path(#wire_name, #name)),
        (Some(style), Type::List(item)) => {
            let function = format_ident!("with_{place}_list");
            let items = ty::convert_items(&name, item);
            // Paths and headers know one style.
            let style = match parameter.location {
                Location::Path | Location::Header => None,
                Location::Query | Location::Cookie => Some(list_style(*style)),
            };
            let style = style.map(|style| quote!(, rt::ListStyle::#style));
            quote!(#function(#wire_name, #items #style))
        }
        _ => {
            let function = match parameter.location {
                Location::Path => format_ident!("with_path_value"),
                Location::Query | Location::Header | Location::Cookie => {
                    format_ident!("with_{place}")
                }
            };
            let value = ty::convert(&name, &parameter.ty);
            quote!(#function(#wire_name, #value))
        }
    }
}

fn list_style(style: ir::ListStyle) -> TokenStream {
    match style {
        ir::ListStyle::Repeat => quote!(Repeat),
        ir::ListStyle::Comma => quote!(Comma),
        ir::ListStyle::Space => quote!(Space),
        ir::ListStyle::Pipe => quote!(Pipe),
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

/// The call that writes the body to a request.
fn body_call(body: &BodyType) -> TokenStream {
    match body {
        BodyType::Text(media_type) => quote!(with_text(#media_type, body)),
        BodyType::Binary(media_type) => quote!(with_bytes(#media_type, body)),
        BodyType::Json(ty) if ty::holds_time(ty) => quote!(with_wire(body)),
        BodyType::Json(_) | BodyType::Empty | BodyType::Several(_) => quote!(with_json(body)),
    }
}
