//! The authorization server: consent, tokens, and refresh tokens that are good for one time.

use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::utf8_percent_encode;
use serde_json::json;

use super::answer::{Refusal, Reply, Request, empty, pairs, success, with_type};
use super::state::{Shared, State};
use crate::runtime::call::path::ENCODED;

/// What its paths start with.
pub(super) const PREFIX: &str = "/oauth/";
pub(super) const AUTHORIZE_PATH: &str = "/oauth/authorize";
pub(super) const TOKEN_PATH: &str = "/oauth/token";
pub(super) const REVOKE_PATH: &str = "/oauth/revoke";

/// Seconds that an access token is said to last. It ends by `expire_token` alone.
pub(super) const LIFETIME: i64 = 24 * 60 * 60;

/// The prefix of granted scopes.
const SCOPE_PREFIX: &str = "extapi:";

/// The codes and tokens that were given.
#[derive(Default)]
pub(super) struct Authorizations {
    codes: Vec<Code>,
    grants: Vec<Grant>,
    /// The number of the last token or code.
    last: u64,
}

/// A code that was not exchanged yet.
struct Code {
    code: String,
    user: usize,
    scopes: Vec<String>,
    redirect_uri: String,
}

/// A pair of tokens.
#[derive(Clone)]
pub(super) struct Grant {
    user: usize,
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) scopes: Vec<String>,
    is_expired: bool,
    is_revoked: bool,
    /// Whether the refresh token was used.
    is_refreshed: bool,
}

impl Authorizations {
    /// Gives a pair of tokens.
    pub(super) fn grant(&mut self, user: usize, scopes: Vec<String>) -> Grant {
        self.last += 1;
        let number = self.last;
        let grant = Grant {
            user,
            access: format!("embedded-access-{number}"),
            refresh: format!("embedded-refresh-{number}"),
            scopes,
            is_expired: false,
            is_revoked: false,
            is_refreshed: false,
        };
        self.grants.push(grant.clone());
        grant
    }

    /// The user and the scopes of an access token that is good.
    pub(super) fn access(&self, token: &str) -> Option<(usize, Vec<String>)> {
        let is_good = |grant: &&Grant| !grant.is_expired && !grant.is_revoked;
        let mut grants = self.grants.iter().filter(is_good);
        let grant = grants.find(|grant| grant.access == token)?;
        Some((grant.user, grant.scopes.clone()))
    }

    /// The newest pair of a user.
    pub(super) fn newest(&self, user: usize) -> Option<&Grant> {
        self.grants.iter().rev().find(|grant| grant.user == user)
    }

    /// Changes all pairs of a user.
    fn each(&mut self, user: usize, change: impl Fn(&mut Grant)) {
        let grants = self.grants.iter_mut();
        grants.filter(|grant| grant.user == user).for_each(change);
    }

    /// Sets what the tokens of a user may.
    pub(super) fn set_scopes(&mut self, user: usize, scopes: &[String]) {
        self.each(user, |grant| grant.scopes = scopes.to_vec());
    }

    /// Ends the access tokens of a user.
    pub(super) fn expire(&mut self, user: usize) {
        self.each(user, |grant| grant.is_expired = true);
    }

    /// Ends the access tokens and the refresh tokens of a user.
    pub(super) fn revoke(&mut self, user: usize) {
        self.each(user, |grant| grant.is_revoked = true);
    }

    fn refresh(&mut self, token: &str) -> Option<Grant> {
        let is_good = |grant: &&mut Grant| !grant.is_refreshed && !grant.is_revoked;
        let mut grants = self.grants.iter_mut().filter(is_good);
        let grant = grants.find(|grant| grant.refresh == token)?;
        grant.is_refreshed = true;
        let (user, scopes) = (grant.user, grant.scopes.clone());
        Some(self.grant(user, scopes))
    }

    fn exchange(&mut self, code: &str, redirect_uri: &str) -> Option<Grant> {
        let at = self.codes.iter().position(|known| known.code == code)?;
        let code = self.codes.remove(at);
        let is_same = code.redirect_uri == redirect_uri;
        is_same.then(|| self.grant(code.user, code.scopes))
    }
}

/// What an authorization URL asks for.
struct Consent {
    scopes: Vec<String>,
    redirect_uri: String,
    state: Option<String>,
}

impl Consent {
    fn read(shared: &Shared, query: &[(String, String)]) -> Result<Self, &'static str> {
        let get = |name: &str| {
            query
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        if get("client_id").as_ref() != Some(&shared.client_id) {
            return Err("`client_id` is not that of this server: see `Oura::client_id`");
        }
        if get("response_type").as_deref() != Some("code") {
            return Err("`response_type` is not `code`");
        }
        let redirect_uri = get("redirect_uri").filter(|uri| !uri.is_empty());
        let asked = get("scope").unwrap_or_default();
        let asked = asked.split_ascii_whitespace().map(str::to_owned);
        Ok(Self {
            // A scope that the page does not know is dropped in silence.
            scopes: asked
                .filter(|scope| shared.spec.scopes.contains(scope))
                .collect(),
            redirect_uri: redirect_uri.ok_or("there is no `redirect_uri`")?,
            state: get("state"),
        })
    }

    /// The redirect of a user who agrees.
    fn accept(self, state: &mut State, user: usize) -> String {
        let authorizations = &mut state.authorizations;
        authorizations.last += 1;
        let code = format!("embedded-code-{}", authorizations.last);
        let mut parameters = vec![("code", code.clone()), ("scope", granted(&self.scopes))];
        parameters.extend(self.state.map(|state| ("state", state)));
        let mut url = self.redirect_uri.clone();
        for (name, value) in parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(&value, ENCODED));
        }
        authorizations.codes.push(Code {
            code,
            user,
            scopes: self.scopes,
            redirect_uri: self.redirect_uri,
        });
        url
    }
}

/// The redirect URI with the code of a user who agrees to an authorization URL.
pub(super) fn authorize(shared: &Shared, user: usize, url: &str) -> Result<String, String> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    if base != format!("{}{AUTHORIZE_PATH}", shared.url) {
        return Err("is not of this server: build the flow with `Oura::oauth`".to_owned());
    }
    let consent = Consent::read(shared, &pairs(query))?;
    Ok(shared.with(|state| consent.accept(state, user)))
}

/// The answer of a URL of the authorization server.
pub(super) fn reply(shared: &Shared, request: &Request) -> Reply {
    if !request.has_agent() {
        request.complain(shared, "the header `User-Agent` is missing");
        return super::answer::failure(403, "Forbidden");
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", AUTHORIZE_PATH) => page_reply(shared, request),
        ("POST", TOKEN_PATH) => token_reply(shared, request),
        ("POST", REVOKE_PATH) => revocation_reply(shared, request),
        _ => {
            request.complain(shared, "the authorization server has no such URL");
            super::answer::failure(404, "Not Found")
        }
    }
}

/// The page on which a user agrees; by the parameter `user` one of them does.
fn page_reply(shared: &Shared, request: &Request) -> Reply {
    let consent = match Consent::read(shared, &request.query) {
        Ok(consent) => consent,
        Err(message) => {
            request.complain(shared, message);
            return with_type(400, "text/plain", message);
        }
    };
    let name = request
        .query
        .iter()
        .find(|(name, _)| name == "user")
        .map(|(_, value)| value);
    let redirect = shared.with(|state| {
        let user = state
            .users
            .iter()
            .position(|user| Some(&user.name) == name)?;
        Some(consent.accept(state, user))
    });
    let location = redirect.and_then(|url| http::HeaderValue::try_from(url).ok());
    match location {
        Some(location) => {
            let mut reply = empty(StatusCode::FOUND.as_u16());
            reply.headers_mut().insert(LOCATION, location);
            reply
        }
        None => with_type(
            200,
            "text/html; charset=utf-8",
            consent_page(shared, request),
        ),
    }
}

fn consent_page(shared: &Shared, request: &Request) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let query = request.query.iter().filter(|(name, _)| name != "user");
    let query = query.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let query = query.collect::<Vec<_>>().join("&");
    let users = shared.with(|state| {
        let names = state.users.iter().map(|user| user.name.clone());
        names.collect::<Vec<_>>()
    });
    let links = users.iter().map(|name| {
        let shown = name.replace('&', "&amp;").replace('<', "&lt;");
        format!(
            "<li><a href=\"?{query}&user={}\">{shown}</a></li>\n",
            encode(name)
        )
    });
    let links: String = links.collect();
    format!("<!doctype html><title>Embedded Oura</title>\n<p>Log in as</p>\n<ul>\n{links}</ul>\n")
}

fn token_reply(shared: &Shared, request: &Request) -> Reply {
    let form = match read_form(shared, request) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    let get = |name: &str| {
        let found = form.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let grant = shared.with(|state| match get("grant_type") {
        "authorization_code" => Ok(state
            .authorizations
            .exchange(get("code"), get("redirect_uri"))),
        "refresh_token" => Ok(state.authorizations.refresh(get("refresh_token"))),
        _ => Err(()),
    });
    match grant {
        Ok(Some(grant)) => {
            let token = json!({
                "token_type": "bearer",
                "access_token": grant.access,
                "refresh_token": grant.refresh,
                "expires_in": LIFETIME,
                "scope": granted(&grant.scopes),
            });
            success(200, token.to_string())
        }
        Ok(None) => refusal(400, "invalid_grant"),
        Err(()) => {
            request.complain(
                shared,
                "`grant_type` is neither of a code nor of a refresh token",
            );
            refusal(400, "unsupported_grant_type")
        }
    }
}

fn revocation_reply(shared: &Shared, request: &Request) -> Reply {
    let form = match read_form(shared, request) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    let token = form
        .iter()
        .find(|(name, _)| name == "token")
        .map(|(_, value)| value);
    shared.with(|state| {
        let grants = state.authorizations.grants.iter_mut();
        let is_meant =
            |grant: &&mut Grant| Some(&grant.access) == token || Some(&grant.refresh) == token;
        grants
            .filter(is_meant)
            .for_each(|grant| grant.is_revoked = true);
    });
    success(200, "{}")
}

/// The form of a request, when it is of this server's application.
fn read_form(shared: &Shared, request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        request.complain(shared, "the body is not sent as a form: see `Content-Type`");
        return Err(Box::new(refusal(400, "invalid_request")));
    }
    let form = pairs(&String::from_utf8_lossy(&request.body));
    let is = |name: &str, wanted: &str| {
        form.iter()
            .any(|(known, value)| known == name && value == wanted)
    };
    let is_ours =
        is("client_id", &shared.client_id) && is("client_secret", shared.client_secret.expose());
    match is_ours {
        true => Ok(form),
        false => Err(Box::new(refusal(401, "invalid_client"))),
    }
}

/// An error of OAuth2.
fn refusal(status: u16, code: &str) -> Reply {
    success(status, json!({ "error": code }).to_string())
}

/// Scopes as the server writes them.
fn granted(scopes: &[String]) -> String {
    let scopes: Vec<_> = scopes
        .iter()
        .map(|scope| format!("{SCOPE_PREFIX}{scope}"))
        .collect();
    scopes.join(" ")
}
