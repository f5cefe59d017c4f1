//! Security: which credentials a route takes, and what the table of the API says of them.

use openapiv3::{OAuth2Flows, Operation, ReferenceOr, SecurityRequirement, SecurityScheme};

use super::context::Context;
use super::names::{Claim, Rename, Scope};
use crate::ir::{Auth, Docs, Security, StringEnum, StringVariant, TypeDef, TypeKind};
use crate::pointer::Pointer;
use crate::policy::ClientHeader;

/// The type of the scopes that the document names. It is made of every document, since the
/// runtime has it in signatures.
pub(super) const SCOPE: &str = "Scope";

/// The extension of an operation that names the scope which the server asks of a token.
pub(super) const RUST_SCOPE: &str = "x-rust-scope";

/// Header names and URLs, from the document and else from the policy.
pub(super) fn lower_security(cx: &Context<'_>) -> Security {
    let mut security = Security::default();
    for scheme in cx.policy.schemes {
        let Some((header, default)) = scheme.header else {
            continue;
        };
        let name = header_name(cx, scheme.name).unwrap_or(default).to_owned();
        match header {
            ClientHeader::Id => security.client_id_header = Some(name),
            ClientHeader::Secret => security.client_secret_header = Some(name),
        }
    }
    for (_, scheme, _) in schemes(cx) {
        if let SecurityScheme::OAuth2 { flows, .. } = scheme
            && let Some(flow) = &flows.authorization_code
        {
            security.authorization_url = Some(flow.authorization_url.clone());
            security.token_url = Some(flow.token_url.clone());
        }
    }
    security
}

/// The scopes of all flows as an open enum, without known values where there are none.
pub(super) fn scope_type(cx: &Context<'_>) -> TypeDef {
    let scopes = scopes(cx);
    let (source, at) = match scopes.first() {
        Some((scheme, _, _, at)) => {
            let source = format!("Scopes of the security scheme `{scheme}`.");
            (source, at.parent().cloned().unwrap_or_default())
        }
        None => {
            let source = "The document names no scopes, so that it has no known values.";
            (source.to_owned(), Pointer::root())
        }
    };
    let variants = scope_variants(cx, scopes);
    TypeDef {
        ident: SCOPE.to_owned(),
        docs: Docs {
            text: "What an application may ask a user for.".to_owned(),
            notes: Vec::new(),
            source,
        },
        deprecated: false,
        origin: cx.origin(&at),
        kind: TypeKind::StringEnum(StringEnum { variants }),
    }
}

fn scope_variants(cx: &Context<'_>, scopes: Vec<NamedScope<'_>>) -> Vec<StringVariant> {
    let mut taken = Scope::default();
    let variants = scopes
        .into_iter()
        .map(|(_, wire_name, description, at)| {
            let claim = Claim {
                ident: cx.names.variant(wire_name),
                wire_name,
                at: &cx.origin(&at),
                rename: Rename::Otherwise("remove one of the scopes in the overlay, or have them numbered by `--names numbered`"),
            };
            StringVariant {
                wire_name: wire_name.to_owned(),
                ident: taken.claim(cx, claim),
                docs: Docs::sentence(description),
            }
        });
    variants.collect()
}

/// The scope that an operation asks for: one of the document's. An export that names its
/// schemes without describing them cannot say which those are.
pub(super) fn lower_scope(cx: &Context<'_>, source: &Operation, at: &Pointer) -> Option<String> {
    let scope = source.extensions.get(RUST_SCOPE)?.as_str()?;
    let scopes = scopes(cx);
    let known: Vec<&str> = scopes.iter().map(|(_, wire_name, ..)| *wire_name).collect();
    if known.contains(&scope) || names_undescribed_scheme(cx, source) {
        return Some(scope.to_owned());
    }
    let help = match known.is_empty() {
        true => "describe an OAuth2 scheme with this scope in the overlay".to_owned(),
        false => format!(
            "the scopes are `{}`; add others to those of the OAuth2 scheme in the overlay",
            known.join("`, `")
        ),
    };
    let message = format!("`{scope}` is not a scope of the document");
    cx.refuse(&at.key(RUST_SCOPE), message, help)
}

fn names_undescribed_scheme(cx: &Context<'_>, source: &Operation) -> bool {
    let requirements = source.security.as_ref().or(cx.openapi.security.as_ref());
    let schemes = schemes(cx);
    let mut names = requirements
        .into_iter()
        .flatten()
        .flat_map(|one| one.keys());
    names.any(|name| !schemes.iter().any(|(known, ..)| known == name))
}

/// The credentials of an operation: of its first alternative that a client can meet.
pub(super) fn lower_auth(cx: &Context<'_>, source: &Operation, at: &Pointer) -> Auth {
    let (requirements, at) = match (&source.security, &cx.openapi.security) {
        (Some(own), _) => (own, at.key("security")),
        (None, Some(global)) => (global, Pointer::root().key("security")),
        (None, None) => return Auth::None,
    };
    if requirements.is_empty() || requirements.iter().any(SecurityRequirement::is_empty) {
        return Auth::None;
    }
    let known = requirements.iter().find_map(|alternative| {
        let mut parts = alternative.keys().map(|name| scheme_auth(cx, name));
        let first = parts.next()??;
        parts.all(|part| part == Some(first)).then_some(first)
    });
    known.unwrap_or_else(|| {
        let names: Vec<&str> = requirements
            .iter()
            .flat_map(|alternative| alternative.keys().map(String::as_str))
            .collect();
        let names = names.join("`, `");
        let message = format!("no client credentials are known for `{names}`");
        let help = "describe the scheme as HTTP bearer or OAuth2, or name it in the policy";
        cx.report(&at, message, help);
        Auth::None
    })
}

fn scheme_auth(cx: &Context<'_>, name: &str) -> Option<Auth> {
    let policy = cx.policy.schemes.iter().find(|known| known.name == name);
    let policy = policy.map(|known| known.auth);
    let mut described = schemes(cx).into_iter();
    let Some((_, scheme, _)) = described.find(|(known, ..)| *known == name) else {
        return policy;
    };
    match scheme {
        SecurityScheme::HTTP { scheme, .. } if scheme.eq_ignore_ascii_case("bearer") => {
            Some(Auth::Bearer)
        }
        SecurityScheme::OAuth2 { .. } | SecurityScheme::OpenIDConnect { .. } => Some(Auth::Bearer),
        SecurityScheme::APIKey {
            location: openapiv3::APIKeyLocation::Header,
            ..
        } => policy,
        SecurityScheme::HTTP { .. } | SecurityScheme::APIKey { .. } => None,
    }
}

fn header_name<'a>(cx: &Context<'a>, scheme_name: &str) -> Option<&'a str> {
    let schemes = schemes(cx);
    let (_, scheme, _) = schemes
        .into_iter()
        .find(|(name, ..)| *name == scheme_name)?;
    match scheme {
        SecurityScheme::APIKey {
            location: openapiv3::APIKeyLocation::Header,
            name,
            ..
        } => Some(name),
        _ => None,
    }
}

/// The scopes of all flows, each once.
fn scopes<'a>(cx: &Context<'a>) -> Vec<NamedScope<'a>> {
    let mut all: Vec<NamedScope<'a>> = Vec::new();
    for (name, scheme, at) in schemes(cx) {
        let SecurityScheme::OAuth2 { flows, .. } = scheme else {
            continue;
        };
        for (flow, scopes) in scopes_of_flows(flows) {
            for (scope, description) in scopes {
                if all.iter().any(|(_, known, ..)| known == scope) {
                    continue;
                }
                let at = at.keys(&["flows", flow, "scopes", scope]);
                all.push((name, scope.as_str(), description.as_str(), at));
            }
        }
    }
    all
}

/// The security schemes, with their names and places.
fn schemes<'a>(cx: &Context<'a>) -> Vec<(&'a str, &'a SecurityScheme, Pointer)> {
    let parent = Pointer::root().keys(&["components", "securitySchemes"]);
    let components = cx.openapi.components.as_ref();
    components
        .into_iter()
        .flat_map(|components| &components.security_schemes)
        .filter_map(|(name, scheme)| match scheme {
            ReferenceOr::Item(scheme) => Some((name.as_str(), scheme, parent.key(name.as_str()))),
            ReferenceOr::Reference { .. } => None,
        })
        .collect()
}

/// The name of the scheme, the scope, its description and its place.
type NamedScope<'a> = (&'a str, &'a str, &'a str, Pointer);

type Scopes = indexmap::IndexMap<String, String>;

fn scopes_of_flows(flows: &OAuth2Flows) -> Vec<(&'static str, &Scopes)> {
    let mut all = Vec::new();
    all.extend(flows.implicit.iter().map(|flow| ("implicit", &flow.scopes)));
    all.extend(flows.password.iter().map(|flow| ("password", &flow.scopes)));
    let credentials = flows.client_credentials.iter();
    all.extend(credentials.map(|flow| ("clientCredentials", &flow.scopes)));
    let code = flows.authorization_code.iter();
    all.extend(code.map(|flow| ("authorizationCode", &flow.scopes)));
    all
}
