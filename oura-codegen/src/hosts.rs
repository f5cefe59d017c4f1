//! Where credentials go: the URLs of a spec that a client sends secrets to, judged by a policy.
//!
//! Input: a normalized spec and a policy. Output: a [`Destination`] for each such URL.
//! Invariant: a URL counts as one on a listed host only if every parser of URLs reads that
//! host from it, so what could be read in two ways is refused.

use crate::document::{Document, Node};
use crate::error::Error;
use crate::pointer::Origin;
use crate::policy::Policy;

/// A URL that credentials go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// What the URL is for.
    pub receiver: Receiver,
    /// The URL as the spec has it, with the defaults of its variables. `None`: the spec has no
    /// server.
    pub given: Option<String>,
    /// The URL that the client uses. `None`: users must set one.
    pub url: Option<String>,
    /// How the policy judges the URL.
    pub verdict: Verdict,
    /// The place of the URL, or of the spec where the spec has none.
    pub origin: Origin,
}

/// What a URL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// The first server.
    Server,
    /// The URL of OAuth2 where users authorize an application.
    AuthorizationUrl,
    /// The URL of OAuth2 that gives tokens.
    TokenUrl,
    /// The URL of OAuth2 that refreshes tokens.
    RefreshUrl,
    /// The URL of OpenID Connect that names the others.
    OpenIdConnectUrl,
}

/// How a policy judges a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is on a host that the policy lists, or the policy lists none.
    Kept,
    /// Clients cannot use the server; the policy's server is used.
    Replaced(Flaw),
    /// It must not become a URL of the client, for this reason.
    Refused(&'static str),
}

/// Why a server is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The spec has none.
    Missing,
    /// Its host is a placeholder that a generator wrote.
    Placeholder,
    /// It is a path on the host that the spec was read from.
    Relative,
}

impl Flaw {
    /// The flaw in one word, as facts name it.
    #[must_use]
    pub fn aspect(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Placeholder => "placeholder",
            Self::Relative => "relative",
        }
    }

    /// A description of a flawed server, for messages.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Placeholder => "a placeholder",
            Self::Missing | Self::Relative => self.aspect(),
        }
    }
}

impl Receiver {
    /// The name of the URL, for messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::AuthorizationUrl => "authorization URL",
            Self::TokenUrl => "token URL",
            Self::RefreshUrl => "refresh URL",
            Self::OpenIdConnectUrl => "OpenID Connect URL",
        }
    }

    /// The credentials that a client sends there, for messages.
    #[must_use]
    pub fn credential(self) -> &'static str {
        match self {
            Self::Server => "the access token",
            Self::AuthorizationUrl => "the user's browser with the client id",
            Self::TokenUrl | Self::RefreshUrl | Self::OpenIdConnectUrl => {
                "the client secret and the refresh token"
            }
        }
    }
}

impl Destination {
    /// The error for a URL that is refused.
    #[must_use]
    pub fn refusal(&self) -> Option<Error> {
        let Verdict::Refused(why) = self.verdict else {
            return None;
        };
        let (what, credential) = (self.receiver.as_str(), self.receiver.credential());
        let url = self.given.as_deref().unwrap_or_default();
        let message = format!("the {what} `{url}` {why}: {credential} would go there");
        let help = "list its host in the policy once its owner has confirmed it, or correct the \
                    URL in the overlay";
        Some(Error::at(&self.origin, message).help(help))
    }
}

/// The URLs that credentials go to: the first server, and those of all security schemes.
#[must_use]
pub fn find_destinations(document: &Document, policy: &Policy) -> Vec<Destination> {
    let root = &document.root;
    let mut all = vec![server(root, policy)];
    let components = root.get("components");
    for scheme in members(components.and_then(|node| node.get("securitySchemes"))) {
        let mut add = |holder: &Node, key, receiver| {
            let node = holder.get(key).into_iter();
            all.extend(node.map(|node| of_scheme(receiver, node, policy)));
        };
        add(scheme, "openIdConnectUrl", Receiver::OpenIdConnectUrl);
        for flow in members(scheme.get("flows")) {
            add(flow, "authorizationUrl", Receiver::AuthorizationUrl);
            add(flow, "tokenUrl", Receiver::TokenUrl);
            add(flow, "refreshUrl", Receiver::RefreshUrl);
        }
    }
    all
}

/// The first server. The others are never used by a client.
fn server(root: &Node, policy: &Policy) -> Destination {
    let servers = root.get("servers").and_then(Node::as_array);
    let first = servers.and_then(|servers| servers.first());
    let given = first.and_then(|server| Some((server, server.get("url")?.as_str()?)));
    let url = given.map(|(server, url)| with_defaults(url, server));
    let verdict = policy.judge_server(url.as_deref());
    let used = match (verdict, policy.server) {
        (Verdict::Replaced(Flaw::Relative), Some(server)) => {
            let path = url.as_deref().unwrap_or_default();
            Some(format!("{server}{path}"))
        }
        (Verdict::Replaced(_), server) => server.map(str::to_owned),
        (Verdict::Kept | Verdict::Refused(_), _) => url.clone().filter(|url| is_usable(url)),
    };
    Destination {
        receiver: Receiver::Server,
        url: used.map(|url| url.trim_end_matches('/').to_owned()),
        given: url,
        verdict,
        origin: first.unwrap_or(root).origin.clone(),
    }
}

fn of_scheme(receiver: Receiver, node: &Node, policy: &Policy) -> Destination {
    let url = node.as_str().unwrap_or_default().to_owned();
    Destination {
        receiver,
        verdict: policy.judge_url(&url),
        given: Some(url.clone()),
        url: Some(url),
        origin: node.origin.clone(),
    }
}

fn with_defaults(url: &str, server: &Node) -> String {
    let variables = server.get("variables").and_then(Node::as_object);
    let mut url = url.to_owned();
    for (name, variable) in variables.into_iter().flatten() {
        if let Some(default) = variable.get("default").and_then(Node::as_str) {
            url = url.replace(&format!("{{{name}}}"), default);
        }
    }
    url
}

/// Whether a client can send requests to a URL: it is absolute and has no variables.
fn is_usable(url: &str) -> bool {
    let is_absolute = url.starts_with("https://") || url.starts_with("http://");
    is_absolute && !url.contains(['{', '}'])
}

fn members(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let members = node.and_then(Node::as_object);
    members.into_iter().flat_map(|members| members.values())
}

impl Policy {
    /// Judges a server. A policy without a server replaces none.
    fn judge_server(&self, url: Option<&str>) -> Verdict {
        let url = match url {
            _ if self.server.is_none() => return self.judge_url(url.unwrap_or_default()),
            Some(url) if self.is_placeholder(url) => return Verdict::Replaced(Flaw::Placeholder),
            Some(url) => url,
            None => return Verdict::Replaced(Flaw::Missing),
        };
        let is_path = url.is_empty() || (url.starts_with('/') && !url.starts_with("//"));
        match is_path {
            true => Verdict::Replaced(Flaw::Relative),
            false => self.judge_url(url),
        }
    }

    /// Whether credentials may go to a URL.
    fn judge_url(&self, url: &str) -> Verdict {
        if self.hosts.is_empty() {
            return Verdict::Kept;
        }
        let (scheme, authority) = split(url);
        let is_listed = |host: &str| {
            let mut before = self
                .hosts
                .iter()
                .filter_map(|listed| host.strip_suffix(listed));
            before.any(|before| before.is_empty() || before.ends_with('.'))
        };
        let why = match plain_host(authority) {
            _ if scheme.eq_ignore_ascii_case("http") => "is not encrypted",
            _ if !scheme.eq_ignore_ascii_case("https") => "is not an absolute https URL",
            None => "has a host that can be read in more than one way",
            Some(host) if host.split('.').any(str::is_empty) => "has an incomplete host",
            Some(host) if is_listed(&host) => return Verdict::Kept,
            Some(_) => "is on a host that the policy does not list",
        };
        Verdict::Refused(why)
    }

    /// Whether a URL has a host that no published server has: a part of it is a word that
    /// generators write for an unknown host, or is empty, or is an undeclared variable.
    #[must_use]
    pub fn is_placeholder(&self, url: &str) -> bool {
        if url.contains(['{', '}']) {
            return true;
        }
        let (_, authority) = split(url);
        let is_placeholder = |label: &str| {
            let mut words = self.placeholder_hosts.iter();
            label.is_empty() || words.any(|word| *word == label)
        };
        let host = plain_host(authority).filter(|_| !url.is_empty() && !url.starts_with('/'));
        host.is_some_and(|host| host.split('.').any(is_placeholder))
    }
}

/// The scheme and what is between it and the path. Without a scheme, all up to the path.
fn split(url: &str) -> (&str, &str) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    (
        scheme,
        rest.split(['/', '?', '#']).next().unwrap_or_default(),
    )
}

/// The host of an authority in lower case, where it is nothing but ASCII letters, digits,
/// hyphens and dots with an optional port: no user, no brackets, no escapes, no other scripts.
fn plain_host(authority: &str) -> Option<String> {
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (is_port && host.bytes().all(is_plain)).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
