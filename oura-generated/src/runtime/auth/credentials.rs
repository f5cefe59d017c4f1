//! The credentials of a client, and which of them a request carries.
//!
//! Invariant: a request carries the credentials of one alternative of its route and no others.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::utf8_percent_encode;

use super::scheme::{Scheme, Sends};
use super::secret::{AccessToken, SecretText};
use super::token::TokenSource;
use crate::Route;
use crate::generated::API;
use crate::runtime::call::path::ENCODED;
use crate::runtime::error::{CredentialsProblem, Error};

/// The credentials of a client.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// For schemes that take an access token.
    pub(crate) token: Option<Arc<dyn TokenSource>>,
    /// For the others, by their names.
    pub(crate) values: BTreeMap<String, Value>,
}

/// What a scheme sends.
#[derive(Clone)]
pub(crate) struct Value {
    is_password: bool,
    plain: SecretText,
    /// Encoded for a URL, a cookie or `Basic`.
    encoded: SecretText,
}

impl Value {
    pub(crate) fn text(value: String) -> Self {
        Self {
            is_password: false,
            encoded: SecretText::new(utf8_percent_encode(&value, ENCODED).to_string()),
            plain: SecretText::new(value),
        }
    }

    pub(crate) fn password(user: &str, password: String) -> Self {
        let both = SecretText::new(format!("{user}:{password}"));
        Self {
            is_password: true,
            encoded: SecretText::new(STANDARD.encode(both.expose())),
            plain: SecretText::new(password),
        }
    }

    /// Programs pass empty text when an environment variable is not set.
    fn is_empty(&self) -> bool {
        !self.is_password && self.plain.expose().is_empty()
    }
}

/// The credentials that a call sends.
#[derive(Default)]
pub(crate) struct Sent {
    headers: Vec<(HeaderName, HeaderValue)>,
    cookies: Vec<SecretText>,
    query: Vec<SecretText>,
}

impl Sent {
    /// The last parameters of the query, encoded.
    pub(crate) fn query(&self) -> impl Iterator<Item = &str> {
        self.query.iter().map(SecretText::expose)
    }

    /// Sets headers and adds cookies.
    pub(crate) fn apply(self, headers: &mut HeaderMap) {
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        if self.cookies.is_empty() {
            return;
        }
        let given = headers.get(COOKIE).and_then(|given| given.to_str().ok());
        let own = self.cookies.iter().map(SecretText::expose);
        let all: Vec<&str> = given.into_iter().chain(own).collect();
        // Both are ASCII: names are tokens, values are percent-encoded.
        if let Some(cookie) = sensitive(&all.join("; ")) {
            headers.insert(COOKIE, cookie);
        }
    }

    fn add(&mut self, scheme: &Scheme, value: &Value) -> Result<(), &'static str> {
        let (plain, encoded) = (value.plain.expose(), value.encoded.expose());
        let pair = |name: &str| SecretText::new(format!("{name}={encoded}"));
        match scheme.sends {
            Sends::Token => {}
            Sends::Password => self.header("authorization", &format!("Basic {encoded}"))?,
            Sends::Authorization(word) => {
                self.header("authorization", &format!("{word} {plain}"))?
            }
            Sends::Header(name) => self.header(name, plain)?,
            Sends::Query(name) => {
                let name = utf8_percent_encode(name, ENCODED).to_string();
                self.query.push(pair(&name));
            }
            Sends::Cookie(name) => self.cookies.push(pair(name)),
        }
        Ok(())
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let message = "has characters that a header cannot carry, such as a line break";
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| message)?;
        self.headers.push((name, sensitive(value).ok_or(message)?));
        Ok(())
    }
}

/// Checks a token before it is used.
pub(crate) fn check_token(token: &AccessToken) -> Result<HeaderValue, &'static str> {
    let token = token.expose();
    if token.is_empty() {
        return Err("the access token is empty");
    }
    let is_good = token.bytes().all(|byte| byte.is_ascii_graphic());
    let message = "the access token has a space, a line break or another character that tokens do \
                   not have; pass the token alone, without `Bearer`";
    is_good
        .then(|| sensitive(&format!("Bearer {token}")))
        .flatten()
        .ok_or(message)
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Credentials {
    /// The credentials that a call sends: the first alternative that asks for some and for
    /// which the client has all, else one that asks for none.
    pub(crate) fn choose(
        &self,
        route: Option<Route>,
        alternatives: &[&'static [&'static Scheme]],
    ) -> Result<&'static [&'static Scheme], Error> {
        let has_all = |schemes: &[&Scheme]| schemes.iter().all(|scheme| self.has(scheme));
        let mut asking = alternatives.iter().filter(|schemes| !schemes.is_empty());
        if let Some(schemes) = asking.clone().find(|schemes| has_all(schemes)) {
            return Ok(schemes);
        }
        let takes_none = alternatives.is_empty() || alternatives.iter().any(|it| it.is_empty());
        match takes_none {
            true => Ok(&[]),
            false => Err(missing(route, &how_to_set(&mut asking))),
        }
    }

    fn has(&self, scheme: &Scheme) -> bool {
        match scheme.sends {
            Sends::Token => self.token.is_some(),
            Sends::Password
            | Sends::Authorization(_)
            | Sends::Header(_)
            | Sends::Query(_)
            | Sends::Cookie(_) => self.values.contains_key(scheme.name),
        }
    }

    /// Checks the values before they are used.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.values.iter().try_for_each(|(name, value)| {
            let mut schemes = API.schemes.iter();
            let scheme = schemes.find(|scheme| scheme.name == *name);
            let scheme = scheme.ok_or_else(|| unknown_scheme(name))?;
            let setter = setter(scheme);
            let is_right = match scheme.sends {
                Sends::Token => false,
                Sends::Password => value.is_password,
                Sends::Authorization(_) | Sends::Header(_) | Sends::Query(_) | Sends::Cookie(_) => {
                    !value.is_password
                }
            };
            if !is_right {
                return Err(format!("the security scheme `{name}` is set with {setter}"));
            }
            let mut sent = Sent::default();
            let added = match value.is_empty() {
                true => Err("is empty"),
                false => sent.add(scheme, value),
            };
            added.map_err(|message| format!("the value of the security scheme `{name}` {message}"))
        })
    }

    /// The access token for a call, where it takes one; `fresh` instead of the source's.
    pub(crate) async fn find_token(
        &self,
        route: Option<Route>,
        schemes: &[&Scheme],
        fresh: Option<&AccessToken>,
    ) -> Result<Option<AccessToken>, Error> {
        let takes_token = schemes.iter().any(|it| it.sends == Sends::Token);
        let source = self.token.as_ref().filter(|_| takes_token);
        let Some(source) = source else {
            return Ok(None);
        };
        if let Some(fresh) = fresh {
            return Ok(Some(fresh.clone()));
        }
        source
            .token()
            .await
            .map(Some)
            .map_err(|error| error.into_error(route))
    }

    /// A fresh token of the source, after the server refused `rejected`.
    pub(crate) async fn fresh_token(
        &self,
        route: Option<Route>,
        rejected: &AccessToken,
    ) -> Result<Option<AccessToken>, Error> {
        let Some(source) = &self.token else {
            return Ok(None);
        };
        source
            .fresh_token(rejected)
            .await
            .map(Some)
            .map_err(|error| error.into_error(route))
    }

    /// The newest token of the source, in place of one that lacks a scope. `None` when the
    /// source has no other one, or fails: the server's response says more than that failure.
    pub(crate) async fn newer_token(&self, refused: &AccessToken) -> Option<AccessToken> {
        match self.token.as_ref()?.newer_token(refused).await {
            Ok(newer) => Some(newer).filter(|newer| newer != refused),
            Err(error) => {
                let cause = StdError::source(&error).map(tracing::field::display);
                tracing::warn!(%error, cause, "the token source failed when asked for a newer token");
                None
            }
        }
    }

    /// The credentials for the schemes that were chosen.
    pub(crate) fn sent(
        &self,
        route: Option<Route>,
        schemes: &[&Scheme],
        token: Option<&AccessToken>,
    ) -> Result<Sent, Error> {
        let mut sent = Sent::default();
        if let Some(token) = token {
            let value = check_token(token).map_err(|message| missing(route, message))?;
            sent.headers.push((AUTHORIZATION, value));
        }
        for scheme in schemes {
            if let Some(value) = self.values.get(scheme.name) {
                sent.add(scheme, value).map_err(|message| {
                    let name = scheme.name;
                    let message = format!("the value of the security scheme `{name}` {message}");
                    missing(route, &message)
                })?;
            }
        }
        Ok(sent)
    }

    /// The secrets that no message may contain, in each of their forms.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let values = self.values.values();
        values.flat_map(|value| [value.plain.expose(), value.encoded.expose()])
    }
}

/// How the values of a scheme are set.
fn setter(scheme: &Scheme) -> String {
    let name = scheme.name;
    let is_client = API.client.iter().any(|client| client.name == name);
    match scheme.sends {
        Sends::Token => "`ClientBuilder::access_token`".to_owned(),
        _ if is_client => "`ClientBuilder::client_credentials`".to_owned(),
        Sends::Password => format!("`ClientBuilder::basic_auth(\"{name}\", ..)`"),
        Sends::Authorization(_) | Sends::Header(_) | Sends::Query(_) | Sends::Cookie(_) => {
            format!("`ClientBuilder::credential(\"{name}\", ..)`")
        }
    }
}

/// What to set for one of the alternatives.
fn how_to_set(alternatives: &mut dyn Iterator<Item = &&'static [&'static Scheme]>) -> String {
    let mut ways: Vec<String> = Vec::new();
    for schemes in alternatives {
        let mut parts: Vec<String> = Vec::new();
        for scheme in *schemes {
            let part = what_to_set(scheme);
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let way = parts.join(" and ");
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    format!("set {}", ways.join(", or "))
}

fn what_to_set(scheme: &Scheme) -> String {
    let (name, setter) = (scheme.name, setter(scheme));
    let is_client = API.client.iter().any(|client| client.name == name);
    match scheme.sends {
        Sends::Token => format!("an access token with `Client::new` or {setter}"),
        _ if is_client => format!("the client id and secret with {setter}"),
        Sends::Password => {
            format!("the user name and password of the security scheme `{name}` with {setter}")
        }
        Sends::Authorization(_) | Sends::Header(_) | Sends::Query(_) | Sends::Cookie(_) => {
            format!("the value of the security scheme `{name}` with {setter}")
        }
    }
}

fn unknown_scheme(name: &str) -> String {
    let known = API
        .schemes
        .iter()
        .map(|scheme| format!("`{}`", scheme.name));
    let known: Vec<String> = known.collect();
    match known.is_empty() {
        true => format!("the spec has no security scheme `{name}`; it has none at all"),
        false => format!(
            "the spec has no security scheme `{name}`; it has {}",
            known.join(", ")
        ),
    }
}

fn missing(route: Option<Route>, message: &str) -> Error {
    Error::Credentials {
        route,
        message: message.to_owned(),
        problem: CredentialsProblem::Missing,
        source: None,
        cursor: None,
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schemes: Vec<&String> = self.values.keys().collect();
        f.debug_struct("Credentials")
            .field("token", &self.token.is_some())
            .field("schemes", &schemes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &Scheme = &Scheme::new("header", Sends::Header("X-Api-Key"));
    const QUERY: &Scheme = &Scheme::new("query", Sends::Query("api key"));
    const COOKIE: &Scheme = &Scheme::new("cookie", Sends::Cookie("session"));
    const BASIC: &Scheme = &Scheme::new("basic", Sends::Password);
    const WORD: &Scheme = &Scheme::new("word", Sends::Authorization("Token"));
    const TOKEN: &Scheme = &Scheme::new("token", Sends::Token);

    fn with(values: &[&str]) -> Credentials {
        let value = |name: &str| match name {
            "basic" => Value::password("me", "pass:word".to_owned()),
            _ => Value::text(format!("s3cret/{name}")),
        };
        let values = values.iter().map(|name| ((*name).to_owned(), value(name)));
        Credentials {
            token: None,
            values: values.collect(),
        }
    }

    fn chosen(
        values: &[&str],
        alternatives: &[&'static [&'static Scheme]],
    ) -> Result<Vec<&'static str>, String> {
        let chosen = with(values).choose(None, alternatives);
        let chosen = chosen.map_err(|error| error.to_string())?;
        Ok(chosen.iter().map(|scheme| scheme.name).collect())
    }

    #[test]
    fn the_first_alternative_for_which_the_client_has_values_is_sent() {
        let either: &[&'static [&'static Scheme]] = &[&[TOKEN], &[HEADER, QUERY], &[COOKIE]];
        assert_eq!(chosen(&["cookie"], either), Ok(vec!["cookie"]));
        let all = ["cookie", "header", "query"];
        assert_eq!(chosen(&all, either), Ok(vec!["header", "query"]));
        let error = chosen(&["header"], either).expect_err("a value is missing");
        for part in ["`ClientBuilder::access_token`", "`query`", "`cookie`"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn credentials_that_are_optional_are_sent_where_there_are_any() {
        let optional: &[&'static [&'static Scheme]] = &[&[], &[HEADER]];
        assert_eq!(chosen(&["header"], optional), Ok(vec!["header"]));
        assert_eq!(chosen(&[], optional), Ok(vec![]));
        assert_eq!(chosen(&["header"], &[]), Ok(vec![]));
    }

    #[test]
    fn each_scheme_has_its_place() {
        let schemes = [HEADER, QUERY, COOKIE, BASIC, WORD];
        let names = schemes.map(|scheme| scheme.name);
        let credentials = with(&names);
        let sent = credentials
            .sent(None, &schemes, None)
            .expect("all can be sent");
        let query: Vec<_> = sent.query().map(str::to_owned).collect();
        assert_eq!(query, ["api%20key=s3cret%2Fquery"]);
        let mut headers = HeaderMap::new();
        headers.insert(http::header::COOKIE, HeaderValue::from_static("a=b"));
        sent.apply(&mut headers);
        assert_eq!(headers["x-api-key"], "s3cret/header");
        assert_eq!(headers["cookie"], "a=b; session=s3cret%2Fcookie");
        assert_eq!(headers["authorization"], "Token s3cret/word");
        assert!(headers.values().all(HeaderValue::is_sensitive));
        let sent = credentials
            .sent(None, &[BASIC], None)
            .expect("it can be sent");
        sent.apply(&mut headers);
        assert_eq!(headers["authorization"], "Basic bWU6cGFzczp3b3Jk");
    }

    #[test]
    fn no_value_is_shown() {
        let credentials = with(&["header", "basic"]);
        let shown = format!("{credentials:?}");
        assert_eq!(
            shown,
            "Credentials { token: false, schemes: [\"basic\", \"header\"] }"
        );
        let secrets: Vec<_> = credentials.secrets().collect();
        for secret in ["s3cret/header", "s3cret%2Fheader", "pass:word"] {
            assert!(secrets.contains(&secret), "{secret}");
        }
    }
}
