//! Security: which credentials a route takes, and what the table of the API says of them.

use openapiv3::{OAuth2Flows, Operation, ReferenceOr, SecurityRequirement, SecurityScheme};

use super::Lowering;
use crate::error::Error;
use crate::ir::{Auth, Docs, Security, StringEnum, StringVariant, TypeDef, TypeKind};
use crate::pointer::Pointer;
use crate::policy::ClientHeader;

/// The type of the scopes that the document names. It is made of every document, since the
/// runtime has it in signatures.
pub(super) const SCOPE: &str = "Scope";

/// The extension of an operation that names the scope which the server asks of a token.
pub(super) const RUST_SCOPE: &str = "x-rust-scope";

impl<'a> Lowering<'a> {
    /// Header names and URLs, from the document and else from the policy.
    pub(super) fn lower_security(&mut self) -> Security {
        let mut security = Security::default();
        for scheme in self.policy.schemes {
            let Some((header, default)) = scheme.header else {
                continue;
            };
            let name = self.header_name(scheme.name).unwrap_or(default).to_owned();
            match header {
                ClientHeader::Id => security.client_id_header = Some(name),
                ClientHeader::Secret => security.client_secret_header = Some(name),
            }
        }
        for (_, scheme, _) in self.schemes() {
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
    pub(super) fn lower_scopes(&mut self) {
        let scopes = self.scopes();
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
        let origin = self.origin(&at);
        let taken = self.scope.take(SCOPE, "the scopes of OAuth2", &origin);
        self.errors.note(taken);
        let variants = self.scope_variants(scopes);
        let definition = TypeDef {
            ident: SCOPE.to_owned(),
            docs: Docs {
                text: "What an application may ask a user for.".to_owned(),
                notes: Vec::new(),
                source,
            },
            deprecated: false,
            origin,
            kind: TypeKind::StringEnum(StringEnum { variants }),
        };
        self.types.insert(SCOPE.to_owned(), definition);
    }

    fn scope_variants(&mut self, scopes: Vec<NamedScope<'a>>) -> Vec<StringVariant> {
        let mut taken = super::names::Scope::default();
        let variant = |(_, wire_name, description, at): NamedScope<'a>| {
            let place = self.origin(&at);
            let ident = self.names.variant(wire_name);
            let ident = super::names::variant_ident(&ident, wire_name, &place);
            let ident = self.errors.note(ident)?;
            let result = taken.take(&ident, wire_name, &place);
            self.errors.note(result);
            Some(StringVariant {
                wire_name: wire_name.to_owned(),
                ident,
                docs: super::sentence(description),
            })
        };
        scopes.into_iter().filter_map(variant).collect()
    }

    /// The scope that an operation asks for: one of the document's. An export that names its
    /// schemes without describing them cannot say which those are.
    pub(super) fn lower_scope(&mut self, source: &'a Operation, at: &Pointer) -> Option<String> {
        let scope = source.extensions.get(RUST_SCOPE)?.as_str()?;
        let scopes = self.scopes();
        let known: Vec<&str> = scopes.iter().map(|(_, wire_name, ..)| *wire_name).collect();
        if known.contains(&scope) || self.names_undescribed_scheme(source) {
            return Some(scope.to_owned());
        }
        let origin = self.origin(&at.key(RUST_SCOPE));
        let error = Error::at(&origin, format!("`{scope}` is not a scope of the document"));
        self.errors.push(error.help(match known.is_empty() {
            true => "describe an OAuth2 scheme with this scope in the overlay".to_owned(),
            false => format!(
                "the scopes are `{}`; add others to those of the OAuth2 scheme in the overlay",
                known.join("`, `")
            ),
        }));
        None
    }

    fn names_undescribed_scheme(&self, source: &Operation) -> bool {
        let requirements = source.security.as_ref().or(self.openapi.security.as_ref());
        let schemes = self.schemes();
        let mut names = requirements
            .into_iter()
            .flatten()
            .flat_map(|one| one.keys());
        names.any(|name| !schemes.iter().any(|(known, ..)| known == name))
    }

    /// The credentials of an operation: of its first alternative that a client can meet.
    pub(super) fn lower_auth(
        &mut self,
        requirements: Option<&'a Vec<SecurityRequirement>>,
        at: &Pointer,
    ) -> Auth {
        let (requirements, at) = match (requirements, &self.openapi.security) {
            (Some(own), _) => (own, at.key("security")),
            (None, Some(global)) => (global, Pointer::root().key("security")),
            (None, None) => return Auth::None,
        };
        if requirements.is_empty() || requirements.iter().any(SecurityRequirement::is_empty) {
            return Auth::None;
        }
        let known = requirements.iter().find_map(|alternative| {
            let mut parts = alternative.keys().map(|name| self.scheme_auth(name));
            let first = parts.next()??;
            parts.all(|part| part == Some(first)).then_some(first)
        });
        known.unwrap_or_else(|| {
            let names: Vec<&str> = requirements
                .iter()
                .flat_map(|alternative| alternative.keys().map(String::as_str))
                .collect();
            let error = Error::at(
                &self.origin(&at),
                format!(
                    "no client credentials are known for `{}`",
                    names.join("`, `")
                ),
            )
            .help("describe the scheme as HTTP bearer or OAuth2, or name it in the policy");
            self.errors.push(error);
            Auth::None
        })
    }

    fn scheme_auth(&self, name: &str) -> Option<Auth> {
        let policy = self.policy.schemes.iter().find(|known| known.name == name);
        let policy = policy.map(|known| known.auth);
        let mut described = self.schemes().into_iter();
        let Some((_, scheme, _)) = described.find(|(known, ..)| *known == name) else {
            return policy;
        };
        match scheme {
            SecurityScheme::HTTP { scheme, .. } if scheme.eq_ignore_ascii_case("bearer") => {
                Some(Auth::Bearer)
            }
            SecurityScheme::OAuth2 { .. } | SecurityScheme::OpenIDConnect { .. } => {
                Some(Auth::Bearer)
            }
            SecurityScheme::APIKey {
                location: openapiv3::APIKeyLocation::Header,
                ..
            } => policy,
            SecurityScheme::HTTP { .. } | SecurityScheme::APIKey { .. } => None,
        }
    }

    fn header_name(&self, scheme_name: &str) -> Option<&'a str> {
        let schemes = self.schemes();
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
    fn scopes(&self) -> Vec<NamedScope<'a>> {
        let mut all: Vec<NamedScope<'a>> = Vec::new();
        for (name, scheme, at) in self.schemes() {
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
    fn schemes(&self) -> Vec<(&'a str, &'a SecurityScheme, Pointer)> {
        let parent = Pointer::root().keys(&["components", "securitySchemes"]);
        let components = self.openapi.components.as_ref();
        components
            .into_iter()
            .flat_map(|components| &components.security_schemes)
            .filter_map(|(name, scheme)| match scheme {
                ReferenceOr::Item(scheme) => {
                    Some((name.as_str(), scheme, parent.key(name.as_str())))
                }
                ReferenceOr::Reference { .. } => None,
            })
            .collect()
    }
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
