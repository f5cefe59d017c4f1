//! Security schemes: what each sends, and which of them an operation takes.
//!
//! Input: the described schemes, and the policy's for documents that only name them. Output:
//! [`Security`] and the alternatives of each operation. Invariant: an alternative of an
//! operation has only schemes that a client can have values for; an operation without such an
//! alternative is an error, reported once for each unsupported scheme.

use std::collections::BTreeMap;

use openapiv3::{APIKeyLocation, Operation, SecurityScheme};

use super::context::Context;
use crate::http::is_token;
use crate::ir::{Auth, Location, RouteSecurity, Scheme, Security, Sends};
use crate::pointer::Pointer;
use crate::policy::ClientHeader;

/// HTTP schemes whose response to a challenge is computed.
const CHALLENGED: &[&str] = &[
    "aws4-hmac-sha256",
    "digest",
    "dpop",
    "gnap",
    "hawk",
    "hoba",
    "mutual",
    "negotiate",
    "ntlm",
    "oauth",
    "privatetoken",
    "scram-sha-1",
    "scram-sha-256",
    "vapid",
];

/// Why no client can have values for a scheme.
#[derive(Clone)]
struct Problem {
    at: Pointer,
    message: String,
    help: &'static str,
}

/// The schemes that a spec describes or names.
pub(super) struct Schemes<'a> {
    described: Vec<(&'a str, Result<Sends, Problem>)>,
    /// Those that operations need and no client can have values for.
    problems: BTreeMap<String, Problem>,
}

impl<'a> Schemes<'a> {
    pub(super) fn new(cx: &Context<'a>) -> Self {
        let described = described_schemes(cx).into_iter();
        let described = described.map(|(name, scheme, at)| (name, sends(scheme, &at)));
        Self {
            described: described.collect(),
            problems: BTreeMap::new(),
        }
    }

    /// The credentials of an operation.
    pub(super) fn of_operation(
        &mut self,
        cx: &Context<'_>,
        source: &Operation,
        at: &Pointer,
    ) -> RouteSecurity {
        let alternatives = self.alternatives(cx, source, at);
        let auth = self.auth(cx, &alternatives);
        RouteSecurity { auth, alternatives }
    }

    /// The alternatives of an operation that a client can have values for, as names of schemes.
    fn alternatives(
        &mut self,
        cx: &Context<'_>,
        source: &Operation,
        at: &Pointer,
    ) -> Vec<Vec<String>> {
        let (requirements, at) = match (&source.security, &cx.openapi.security) {
            (Some(own), _) => (own, at.key("security")),
            (None, Some(global)) => (global, Pointer::root().key("security")),
            (None, None) => return Vec::new(),
        };
        let mut alternatives: Vec<Vec<String>> = Vec::new();
        let mut problems = Vec::new();
        for alternative in requirements {
            let sends = |name: &String| self.sends(cx, name, &at).map(|_| name.clone());
            match alternative.keys().map(sends).collect() {
                Ok(names) if !alternatives.contains(&names) => alternatives.push(names),
                Ok(_) => {}
                Err(problem) => problems.push(problem),
            }
        }
        if alternatives.is_empty() {
            for (name, problem) in problems {
                self.problems.entry(name).or_insert(problem);
            }
        }
        alternatives
    }

    /// What a scheme sends: as the spec describes it, else by the policy.
    fn sends(
        &self,
        cx: &Context<'_>,
        name: &str,
        used_at: &Pointer,
    ) -> Result<Sends, (String, Problem)> {
        let mut described = self.described.iter();
        if let Some((_, sends)) = described.find(|(known, _)| *known == name) {
            return sends.clone().map_err(|problem| (name.to_owned(), problem));
        }
        let mut schemes = cx.policy.schemes.iter();
        let scheme = schemes.find(|known| known.name == name).ok_or_else(|| {
            let problem = Problem {
                at: used_at.clone(),
                message: format!("the spec has no security scheme `{name}`"),
                help: "describe it in `components/securitySchemes` in the overlay",
            };
            (name.to_owned(), problem)
        })?;
        Ok(match scheme.header {
            Some((_, header)) => Sends::Key(Location::Header, header.to_owned()),
            None => Sends::Token,
        })
    }

    /// Reports each scheme that keeps an operation from being called.
    pub(super) fn report(self, cx: &Context<'_>) {
        for problem in self.problems.into_values() {
            cx.report(&problem.at, problem.message, problem.help);
        }
    }

    /// The table of the schemes: those described, then those that only operations name.
    pub(super) fn table<'n>(cx: &Context<'a>, named: impl Iterator<Item = &'n String>) -> Security {
        let all = Self::new(cx);
        let mut table = Security::default();
        let mut add = |name: &str, sends| {
            if table.schemes.iter().all(|known| known.wire_name != name) {
                let wire_name = name.to_owned();
                table.schemes.push(Scheme { wire_name, sends });
            }
        };
        for (name, sends) in &all.described {
            if let Ok(sends) = sends {
                add(name, sends.clone());
            }
        }
        for name in named {
            if let Ok(sends) = all.sends(cx, name, &Pointer::root()) {
                add(name, sends);
            }
        }
        let place = |wanted: ClientHeader| {
            let name = client_scheme(cx, wanted)?;
            table.schemes.iter().position(|it| it.wire_name == name)
        };
        table.client = place(ClientHeader::Id)
            .zip(place(ClientHeader::Secret))
            .map(|(id, secret)| [id, secret]);
        table
    }

    /// The credentials of the first alternative that asks for any.
    fn auth(&self, cx: &Context<'_>, alternatives: &[Vec<String>]) -> Auth {
        let mut asking = alternatives.iter().filter(|names| !names.is_empty());
        let Some(first) = asking.next() else {
            return Auth::None;
        };
        let client = [ClientHeader::Id, ClientHeader::Secret].map(|part| client_scheme(cx, part));
        let is_client = |name: &String| client.contains(&Some(name));
        let is_token =
            |name: &String| matches!(self.sends(cx, name, &Pointer::root()), Ok(Sends::Token));
        match first {
            _ if first.iter().any(is_token) => Auth::Bearer,
            _ if first.iter().all(is_client) => Auth::ClientSecret,
            _ => Auth::Other,
        }
    }
}

/// The security schemes, with their names and places.
pub(super) fn described_schemes<'a>(
    cx: &Context<'a>,
) -> Vec<(&'a str, &'a SecurityScheme, Pointer)> {
    const SECTION: &str = "securitySchemes";
    let parent = Pointer::root().keys(&["components", SECTION]);
    let components = cx.openapi.components.as_ref();
    components
        .into_iter()
        .flat_map(|components| &components.security_schemes)
        .filter_map(|(name, scheme)| {
            let at = parent.key(name.as_str());
            let (scheme, at) = cx.target(scheme, at, (SECTION, |all| &all.security_schemes))?;
            Some((name.as_str(), scheme, at))
        })
        .collect()
}

/// The name that the policy knows the scheme of the application's id or secret by.
fn client_scheme(cx: &Context<'_>, wanted: ClientHeader) -> Option<&'static str> {
    let mut schemes = cx.policy.schemes.iter();
    let is_wanted = |header: Option<(ClientHeader, _)>| header.is_some_and(|(it, _)| it == wanted);
    let scheme = schemes.find(|scheme| is_wanted(scheme.header))?;
    Some(scheme.name)
}

/// What a described scheme sends.
fn sends(scheme: &SecurityScheme, at: &Pointer) -> Result<Sends, Problem> {
    match scheme {
        SecurityScheme::OAuth2 { .. } | SecurityScheme::OpenIDConnect { .. } => Ok(Sends::Token),
        SecurityScheme::APIKey { location, name, .. } => {
            let location = match location {
                APIKeyLocation::Query => Location::Query,
                APIKeyLocation::Header => Location::Header,
                APIKeyLocation::Cookie => Location::Cookie,
            };
            match location == Location::Query || is_token(name) {
                true => Ok(Sends::Key(location, name.clone())),
                false => Err(Problem {
                    at: at.key("name"),
                    message: format!("`{name}` cannot be the name of a header or a cookie"),
                    help: "correct the name in the overlay",
                }),
            }
        }
        SecurityScheme::HTTP { scheme, .. } => match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Ok(Sends::Token),
            "basic" => Ok(Sends::Password),
            known if is_token(known) && !CHALLENGED.contains(&known) => {
                Ok(Sends::Authorization(scheme.clone()))
            }
            _ => Err(Problem {
                at: at.key("scheme"),
                message: format!("the HTTP authentication scheme `{scheme}` is not supported"),
                help: "describe a scheme whose credentials are sent as they are in the overlay, \
                       or remove the operations that take it",
            }),
        },
    }
}
