//! OAuth2 scopes: the type of the scopes that the spec names, and which one an operation requires.

use openapiv3::{OAuth2Flows, Operation, SecurityScheme};

use super::claims::{Claim, Scope};
use super::context::Context;
use super::names::Rename;
use super::schemes::described_schemes;
use crate::ir::{Docs, StringEnum, StringVariant, TypeDef, TypeKind};
use crate::pointer::Pointer;

/// The type of the scopes that the spec names. It is made of every spec, since the
/// runtime has it in signatures.
pub(super) const SCOPE: &str = "Scope";

/// The extension of an operation that names the scope which the server requires of a token.
pub(super) const RUST_SCOPE: &str = "x-rust-scope";

/// The scopes of all flows as an open enum, without known values where there are none.
pub(super) fn scope_type(cx: &Context<'_>) -> TypeDef {
    let scopes = scopes(cx);
    let (source, at) = match scopes.first() {
        Some((scheme, _, _, at)) => {
            let source = format!("Scopes of the security scheme `{scheme}`.");
            (source, at.parent().cloned().unwrap_or_default())
        }
        None => {
            let source = "The spec names no scopes, so that no value is known.";
            (source.to_owned(), Pointer::root())
        }
    };
    let variants = scope_variants(cx, scopes);
    TypeDef {
        ident: SCOPE.to_owned(),
        docs: Docs {
            text: "A permission that a user grants to an application.".to_owned(),
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
    let variants = scopes.into_iter().map(|(_, wire_name, description, at)| {
        let claim = Claim {
            ident: cx.names.variant(wire_name),
            wire_name,
            at: &cx.origin(&at),
            rename: Rename::Otherwise(
                "remove one of the scopes in the overlay, or have them numbered by \
                 `--names numbered`",
            ),
        };
        StringVariant {
            wire_name: wire_name.to_owned(),
            ident: taken.claim(cx, claim),
            docs: Docs::sentence(description),
        }
    });
    variants.collect()
}

/// The scope that an operation requires: one of the spec's. An export that names its schemes
/// without describing them has no list of scopes.
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
    let message = format!("`{scope}` is not a scope of the spec");
    cx.refuse(&at.key(RUST_SCOPE), message, help)
}

fn names_undescribed_scheme(cx: &Context<'_>, source: &Operation) -> bool {
    let requirements = source.security.as_ref().or(cx.openapi.security.as_ref());
    let schemes = described_schemes(cx);
    let mut names = requirements
        .into_iter()
        .flatten()
        .flat_map(|one| one.keys());
    names.any(|name| !schemes.iter().any(|(known, ..)| known == name))
}

/// The scopes of all flows, each once.
fn scopes<'a>(cx: &Context<'a>) -> Vec<NamedScope<'a>> {
    let mut all: Vec<NamedScope<'a>> = Vec::new();
    for (name, scheme, at) in described_schemes(cx) {
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
