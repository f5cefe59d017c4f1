//! The authorization server: consent, tokens, and refresh tokens that can be used once.

use http::StatusCode;
use http::header::LOCATION;
use percent_encoding::utf8_percent_encode;
use serde_json::json;

use super::request::{Request, pairs};
use super::response::{Refusal, Response, empty, failure, success, with_type};
use super::state::{Server, ServerState};
use crate::runtime::call::path::ENCODED;

/// The prefix of its paths.
pub(super) const PREFIX: &str = "/oauth/";
pub(super) const AUTHORIZE_PATH: &str = "/oauth/authorize";
pub(super) const TOKEN_PATH: &str = "/oauth/token";
pub(super) const REVOKE_PATH: &str = "/oauth/revoke";

/// The lifetime in responses, in seconds. A token ends only by `expire_token`.
pub(super) const LIFETIME: i64 = 24 * 60 * 60;

/// The prefix of granted scopes.
const SCOPE_PREFIX: &str = "extapi:";

/// The request of an authorization URL.
struct Consent {
    scopes: Vec<String>,
    redirect_uri: String,
    state: Option<String>,
}

impl Consent {
    fn read(shared: &Server, query: &[(String, String)]) -> Result<Self, &'static str> {
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
            // A scope that the page does not know is silently dropped.
            scopes: asked
                .filter(|scope| shared.spec.scopes.contains(scope))
                .collect(),
            redirect_uri: redirect_uri.ok_or("there is no `redirect_uri`")?,
            state: get("state"),
        })
    }

    /// The redirect of a user who agrees.
    fn accept(self, state: &mut ServerState, user: usize) -> String {
        let scope = granted(&self.scopes);
        let mut url = self.redirect_uri.clone();
        let code = state
            .authorizations
            .issue_code(user, self.scopes, self.redirect_uri);
        let mut parameters = vec![("code", code), ("scope", scope)];
        parameters.extend(self.state.map(|state| ("state", state)));
        for (name, value) in parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(&value, ENCODED));
        }
        url
    }
}

/// The redirect URI with the code of a user who agrees to an authorization URL.
pub(super) fn authorize(shared: &Server, user: usize, url: &str) -> Result<String, String> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    if base != format!("{}{AUTHORIZE_PATH}", shared.url) {
        return Err("is not of this server: build the flow with `Oura::oauth`".to_owned());
    }
    let consent = Consent::read(shared, &pairs(query))?;
    Ok(shared.with(|state| consent.accept(state, user)))
}

/// Processes a request to the authorization server.
pub(super) fn respond(shared: &Server, request: &Request) -> Response {
    if !request.has_agent() {
        request.complain(shared, "the header `User-Agent` is missing");
        return failure(403, "Forbidden");
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", AUTHORIZE_PATH) => page_response(shared, request),
        ("POST", TOKEN_PATH) => token_response(shared, request),
        ("POST", REVOKE_PATH) => revocation_response(shared, request),
        _ => {
            request.complain(shared, "the authorization server has no such URL");
            failure(404, "Not Found")
        }
    }
}

/// The page on which a user agrees. With the parameter `user`, that user has agreed.
fn page_response(shared: &Server, request: &Request) -> Response {
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
            let mut response = empty(StatusCode::FOUND.as_u16());
            response.headers_mut().insert(LOCATION, location);
            response
        }
        None => with_type(
            200,
            "text/html; charset=utf-8",
            consent_page(shared, request),
        ),
    }
}

fn consent_page(shared: &Server, request: &Request) -> String {
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

fn token_response(shared: &Server, request: &Request) -> Response {
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

fn revocation_response(shared: &Server, request: &Request) -> Response {
    let form = match read_form(shared, request) {
        Ok(form) => form,
        Err(refusal) => return *refusal,
    };
    if let Some((_, token)) = form.iter().find(|(name, _)| name == "token") {
        shared.with(|state| state.authorizations.revoke_token(token));
    }
    success(200, "{}")
}

/// The form of a request, when it is of this server's application.
fn read_form(shared: &Server, request: &Request) -> Result<Vec<(String, String)>, Refusal> {
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
fn refusal(status: u16, code: &str) -> Response {
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
