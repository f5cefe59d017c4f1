//! The files around the modules: `mod.rs`, the table of the API, and the twin's view.
//!
//! Input: [`ir::Api`]. Output: what users import, and what the runtime reads.

use std::collections::BTreeSet;

use indexmap::IndexSet;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::docs::Doc;
use super::file::{File, file, ident, names_of, plain, plain_enum, print, use_runtime};
use super::macro_call::{self, Entry, literal, literals};
use super::operations::{by_route, method_path, route_text};
use super::{documents, parameters, prose};
use crate::ir::{self, Location};

/// `mod.rs`: the modules, and re-exports of their items under the paths that users use.
pub(super) fn root_file(api: &ir::Api) -> File {
    let mut uses = vec![
        quote! { pub(crate) use self::api::API; },
        quote! { pub use self::api::Route; },
        quote! { pub use self::documents::Resource; },
    ];
    uses.extend(api.twin.as_ref().map(|twin| {
        let (module, name) = (ident(&twin.accessor), ident(&twin.ident));
        quote!(pub use self::#module::#name;)
    }));
    let models = reexports(api);
    let models = print(quote! {
        /// The types of the API: what requests and responses hold.
        pub mod models {
            pub use super::documents::Document;
            #(#models)*
        }
    });
    let docs = Doc::default().prose(&format!(
        "Everything that the spec describes: {}.",
        api.title
    ));
    let front = format!("{}\n{}", docs.inner(), allowed_lints(api));
    file("mod", &front, [modules(api), uses], vec![models])
}

/// The modules, the public ones last.
fn modules(api: &ir::Api) -> Vec<TokenStream> {
    let resources = api.modules.iter().map(|module| module.ident.as_str());
    let around = ["api", documents::MODULE].into_iter();
    let twin = api.twin.iter().map(|twin| twin.accessor.as_str());
    let names: BTreeSet<_> = resources.chain(around).chain(twin).collect();
    let private = names.into_iter().map(|name| (None, ident(name)));
    let public = (!api.parameters.is_empty()).then_some(parameters::MODULE);
    let public = ["operations"].into_iter().chain(public);
    let public = public.map(|name| (Some(quote!(pub)), ident(name)));
    let modules = private.chain(public);
    let modules = modules.map(|(public, name)| quote!(#public mod #name;));
    let examples = quote! {
        #[cfg(feature = "testing")]
        pub(crate) mod examples;
    };
    modules.chain([examples]).collect()
}

/// The types of all modules, one `use` a module.
fn reexports(api: &ir::Api) -> impl Iterator<Item = TokenStream> {
    let with_types = api.modules.iter().filter(|module| !module.types.is_empty());
    with_types.map(|module| {
        let names = names_of(module.types.iter().map(|def| def.ident.as_str()));
        let module = ident(&module.ident);
        quote!(pub use super::#module::#names;)
    })
}

/// An attribute that allows the lints which the spec may trigger, such as many parameters.
fn allowed_lints(api: &ir::Api) -> String {
    let deprecated = has_deprecated(api).then_some("deprecated");
    let lints = [
        "clippy::large_enum_variant",
        "clippy::match_overlapping_arm",
        "clippy::should_implement_trait",
        "clippy::too_many_arguments",
        "clippy::type_complexity",
        "clippy::wrong_self_convention",
    ];
    let lints: Vec<_> = deprecated.into_iter().chain(lints).collect();
    format!("#![allow(\n    {}\n)]\n", lints.join(",\n    "))
}

/// Whether the API has deprecated items, which generated code uses itself.
fn has_deprecated(api: &ir::Api) -> bool {
    api.types().any(|def| {
        let mut fields = def.kind.as_struct().into_iter().flat_map(|it| &it.fields);
        def.deprecated || fields.any(|field| field.deprecated)
    })
}

/// `api.rs`: what the runtime needs to know about the API, and the routes.
pub(super) fn table_file(api: &ir::Api) -> File {
    let operations = by_route(api);
    let errors = operations.iter().map(|it| it.errors.as_slice());
    let tables = Tables {
        errors: errors.filter(|errors| !errors.is_empty()).collect(),
        security: operations.iter().map(|it| &it.security).collect(),
    };

    let rows = operations.iter().map(|operation| row(operation, &tables));
    let mut items = vec![
        print(info_item(api)),
        print(schemes_item(&api.security.schemes)),
        print(route_item(api, &operations)),
        macro_call::table("rt::routes", "Route", ';', rows),
    ];
    let schemes = &api.security.schemes;
    let security = tables.security.iter();
    items.extend(security.map(|it| print(security_item(tables.auth(it), it, schemes))));
    let errors = tables.errors.iter();
    items.extend(errors.map(|it| print(errors_item(tables.errors(it), it))));
    let docs = Doc::line("The API as a whole, and its routes.");
    file("api", &docs.inner(), [vec![use_runtime()]], items)
}

fn info_item(api: &ir::Api) -> TokenStream {
    let ir::Security {
        schemes: _,
        client,
        authorization_url,
        token_url,
    } = &api.security;
    let title = &api.title;
    let server = optional(api.server.as_ref().map(|server| &server.url));
    let client = client.iter().flatten().map(|index| scheme_at(*index));
    let authorization_url = optional(authorization_url.as_ref());
    let token_url = optional(token_url.as_ref());
    let ranges = ranges(api);
    let ranges = ranges.iter().map(|(start, end)| quote!((#start, #end)));
    quote! {
        /// What the spec says about the API as a whole.
        pub(crate) static API: rt::ApiInfo = rt::ApiInfo {
            title: #title,
            server: #server,
            schemes: SCHEMES,
            client: &[#(#client),*],
            authorization_url: #authorization_url,
            token_url: #token_url,
            ranges: &[#(#ranges),*],
        };
    }
}

fn optional(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}

/// How clients send the values of each security scheme.
fn schemes_item(schemes: &[ir::Scheme]) -> TokenStream {
    let schemes = schemes.iter().map(|scheme| {
        let name = &scheme.wire_name;
        let sends = match &scheme.sends {
            ir::Sends::Token => quote!(Token),
            ir::Sends::Password => quote!(Password),
            ir::Sends::Authorization(word) => quote!(Authorization(#word)),
            ir::Sends::Key(Location::Header, name) => quote!(Header(#name)),
            ir::Sends::Key(Location::Cookie, name) => quote!(Cookie(#name)),
            ir::Sends::Key(Location::Query | Location::Path, name) => quote!(Query(#name)),
        };
        quote!(&rt::Scheme::new(#name, rt::Sends::#sends))
    });
    quote!(const SCHEMES: &[&rt::Scheme] = &[#(#schemes),*];)
}

fn scheme_at(index: usize) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    quote!(SCHEMES[#index])
}

/// The credentials of some operations.
fn security_item(name: Ident, security: &ir::RouteSecurity, all: &[ir::Scheme]) -> TokenStream {
    let auth = match security.auth {
        ir::Auth::None => quote!(None),
        ir::Auth::Bearer => quote!(Bearer),
        ir::Auth::ClientSecret => quote!(ClientSecret),
        ir::Auth::Other => quote!(Other),
    };
    let alternatives = security.alternatives.iter().map(|names| {
        let index = |name: &String| all.iter().position(|scheme| scheme.wire_name == *name);
        let schemes = names.iter().filter_map(index).map(scheme_at);
        quote!(&[#(#schemes),*])
    });
    quote!(const #name: rt::RouteSecurity = (rt::Auth::#auth, &[#(#alternatives),*]);)
}

/// The pairs of query parameters that bound lists.
fn ranges(api: &ir::Api) -> BTreeSet<(&str, &str)> {
    let ranges = api.operations().filter_map(|it| it.range.as_ref());
    ranges
        .map(|range| (range.start.as_str(), range.end.as_str()))
        .collect()
}

fn route_item(api: &ir::Api, operations: &[&ir::Operation]) -> TokenStream {
    let variants = operations.iter().map(|operation| {
        let route = prose::code_span(&route_text(operation));
        let docs = format!("{route}: {}.", method_path(api, operation));
        let docs = Doc::line(docs);
        let name = ident(&operation.route);
        quote!(#docs #name)
    });
    plain_enum(
        "Route",
        "The routes of the API, one for each operation.",
        variants,
    )
}

/// A route as an entry of the table.
fn row(operation: &ir::Operation, tables: &Tables<'_>) -> Entry {
    let selection = operation.selection.iter();
    let setters = operation.setters.iter();
    let optional = setters.chain(selection.map(|selection| &selection.parameter));
    let parameters = operation.arguments.iter().chain(optional);
    let wire_names = |keyword: &str, location: Location| {
        let there = parameters
            .clone()
            .filter(|parameter| parameter.location == location);
        let names = literals(there.map(|parameter| &parameter.wire_name));
        (!names.is_empty()).then(|| format!("{keyword}[{names}],"))
    };
    let (route, http_method) = (&operation.route, &operation.http_method);
    let parts = [
        Some(format!(
            "{route} = {http_method} {},",
            literal(&operation.path_template)
        )),
        wire_names("path", Location::Path),
        wire_names("query", Location::Query),
        Some(format!("id({}),", literal(&operation.operation_id))),
        Some(format!("summary({}),", literal(&operation.summary))),
        Some(format!("tag({}),", literal(&operation.tag))),
        operation
            .scope
            .as_ref()
            .map(|scope| format!("scope({}),", literal(scope))),
        operation.is_twin.then(|| "sandbox(true),".to_owned()),
        (!operation.errors.is_empty())
            .then(|| format!("errors({}),", tables.errors(&operation.errors))),
        Some(format!("auth({})", tables.auth(&operation.security))),
    ];
    parts.into_iter().flatten().collect()
}

/// Values that rows refer to. Many operations share them: each different value is one constant.
struct Tables<'a> {
    errors: IndexSet<&'a [ir::ErrorResponse]>,
    security: IndexSet<&'a ir::RouteSecurity>,
}

impl Tables<'_> {
    fn errors(&self, errors: &[ir::ErrorResponse]) -> Ident {
        nth("ERRORS", self.errors.get_index_of(errors))
    }

    fn auth(&self, security: &ir::RouteSecurity) -> Ident {
        nth("AUTH", self.security.get_index_of(security))
    }
}

fn nth(prefix: &str, index: Option<usize>) -> Ident {
    let index = index.expect("there is a constant for each value");
    format_ident!("{prefix}_{}", index + 1)
}

fn errors_item(name: Ident, errors: &[ir::ErrorResponse]) -> TokenStream {
    let errors = errors.iter().map(|error| {
        let (status, description) = (status(error.status), &error.description);
        quote!((rt::Status::#status, #description))
    });
    quote!(const #name: &[(rt::Status, &str)] = &[#(#errors),*];)
}

fn status(status: ir::StatusRange) -> TokenStream {
    match status {
        ir::StatusRange::Code(code) => {
            let code = Literal::u16_unsuffixed(code);
            quote!(Code(#code))
        }
        ir::StatusRange::Class(class) => {
            let class = Literal::u8_unsuffixed(class);
            quote!(Class(#class))
        }
        ir::StatusRange::Default => quote!(Default),
    }
}

/// The twin's view: a client whose methods call the twins.
pub(super) fn twin_file(twin: &ir::Twin) -> File {
    let (name, accessor) = (ident(&twin.ident), ident(&twin.accessor));
    let docs = Doc::of(&twin.docs, "A view of the client.");
    let view = quote! {
        #docs
        #[derive(Clone, Debug)]
        pub struct #name {
            pub(super) client: rt::Client,
        }
    };
    let access = quote! {
        impl rt::Client {
            #docs
            pub fn #accessor(&self) -> #name {
                #name { client: self.clone() }
            }
        }
    };
    let docs = Doc::line(format!("The view `{}` of the client.", plain(&twin.ident)));
    let items = vec![print(view), print(access)];
    file(&twin.accessor, &docs.inner(), [vec![use_runtime()]], items)
}
