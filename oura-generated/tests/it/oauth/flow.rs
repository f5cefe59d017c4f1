//! The authorization of a user, step by step.

use std::error::Error as StdError;
use std::time::Duration;

use oura_generated::http::Method;
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, Ended, MemoryStore, OAuth, OAuthBuilder, OAuthError, OAuthErrorCode,
    Session, State, Token,
};
use oura_generated::testing::{Fault, Target};
use oura_generated::{Error, MemoryTransport, RetryPolicy};

use super::{
    REDIRECT_URI, fields, flow, new_token, requests_to, scripted, server, token, token_url, unsent,
};
use crate::support::{Response, Script, Sent, Server, json, only, response, with_header};

/// Exchanges a code at a server whose token URL has these responses.
async fn exchange(responses: impl IntoIterator<Item = Response>) -> Result<Token, OAuthError> {
    let oauth = flow(&token_url(responses));
    oauth.exchange(AuthorizationCode::new("c")).await
}

#[test]
fn the_urls_of_the_spec_are_the_defaults() {
    let oauth = OAuth::builder("id 1", "secret", REDIRECT_URI);
    let oauth = oauth.build().expect("it is set up right");
    let url = oauth.authorization_url([Scope::Daily, Scope::from("mood")], &State::new("s"));
    assert_eq!(
        url,
        "https://cloud.ouraring.com/oauth/authorize?response_type=code&client_id=id%201\
         &redirect_uri=http%3A%2F%2Flocalhost%3A8080%2Fcallback&scope=daily%20mood&state=s"
    );
}

#[test]
fn an_authorization_has_a_state_that_only_its_own_redirect_has() {
    let oauth = scripted(&MemoryTransport::new());
    let oauth = oauth.authorization_url("https://a.b/authorize?tenant=1");
    let oauth = oauth.build().expect("it is set up right");
    let [one, two] = [(); 2].map(|()| oauth.authorize([]).expect("there is chance"));
    let state = one.state.expose();
    assert!(
        one.url
            .starts_with("https://a.b/authorize?tenant=1&response_type=code&")
    );
    assert!(one.url.ends_with(&format!("&state={state}")), "{}", one.url);
    let shown = format!("{one:?}");
    assert!(shown.contains("https://a.b/authorize"), "{shown}");
    assert!(!shown.contains(state), "{shown}");
    let redirect = format!("{REDIRECT_URI}?code=c&state={state}");
    assert!(oauth.check_redirect(&redirect, &one.state).is_ok());
    let error = oauth.check_redirect(&redirect, &two.state);
    assert!(matches!(error, Err(OAuthError::State)), "{error:?}");
}

#[test]
fn a_denied_authorization_is_typed() {
    let oauth = unsent();
    let redirect = "/callback?error=access_denied&error_description=No+thanks&state=s";
    let error = oauth.check_redirect(redirect, &State::new("s"));
    let Err(OAuthError::Denied {
        code, description, ..
    }) = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(code, OAuthErrorCode::AccessDenied);
    assert_eq!(description.as_deref(), Some("No thanks"));
}

#[tokio::test]
async fn a_code_is_exchanged_by_a_confidential_client() {
    let server = token_url([new_token(2)]);
    let oauth = flow(&server);
    let code = oauth
        .check_redirect("code=c%2F1&scope=daily+tag&state=s", &State::new("s"))
        .expect("a code");
    let token = oauth.exchange(code).await.expect("a token");
    let request = only(&server);
    assert_eq!(request.method(), Method::POST);
    let form_type = Some("application/x-www-form-urlencoded");
    assert_eq!(request.header("content-type"), form_type);
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.field("grant_type"), Some("authorization_code"));
    assert_eq!(request.field("code"), Some("c%2F1"));
    assert_eq!(request.field("client_id"), Some("id-1"));
    assert_eq!(request.field("client_secret"), Some("SECRET-client"));
    let redirect_uri = Some("http%3A%2F%2Flocalhost%3A8080%2Fcallback");
    assert_eq!(request.field("redirect_uri"), redirect_uri);
    assert_eq!(token.access.expose(), "SECRET-access-2");
    // The response names no scopes, the redirect did.
    assert_eq!(token.scopes, [Scope::Daily, Scope::Tag]);
}

#[tokio::test]
async fn a_code_that_was_used_asks_for_another_authorization() {
    let error = exchange([response(400, r#"{"error":"invalid_grant"}"#)]).await;
    let error = error.expect_err("it was used");
    assert!(
        matches!(error, OAuthError::AuthorizeAgain(Ended::Rejected)),
        "{error}"
    );
    let error = Error::from(error);
    assert!(error.is_unauthorized() && !error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_refusal_says_what_to_look_at() {
    let body = r#"{"error":"invalid_client","error_description":"SECRET-client is wrong"}"#;
    let error = exchange([response(401, body)]).await;
    let error = error.expect_err("it is refused");
    let text = "the authorization server refused the request (status 401, invalid_client); check \
                client id and secret";
    assert_eq!(error.to_string(), text);
    assert_shows_nothing(&error);
    assert!(!error.needs_authorization() && !error.is_retryable());
}

#[tokio::test]
async fn a_response_without_a_token_is_refused_and_never_shown() {
    let json = |body: &'static str| response(200, body);
    let limited = [
        ("x-trace-id", "SECRET-client"),
        ("x-ratelimit-tier", "SECRET-client"),
        ("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT (SECRET)"),
        ("server", "SECRET"),
    ];
    let limited = limited
        .into_iter()
        .fold(response(429, ""), |response, (name, value)| {
            with_header(response, name, value)
        });
    for (response, expected) in [
        (json("<html>SECRET</html>"), "is not the JSON of a token"),
        (json(r#"{"access_token":""}"#), "empty"),
        (
            json(r#"{"access_token":"SECRET","expires_in":-5}"#),
            "`expires_in`",
        ),
        (
            json(r#"{"access_token":"SECRET","token_type":"mac"}"#),
            "another type",
        ),
        (
            response(400, r#"{"error":"SECRET"}"#),
            "refused the request (status 400)",
        ),
        (
            response(403, "<html>SECRET</html>"),
            "refused the request (status 403)",
        ),
        (response(503, "<html>SECRET</html>"), "no usable response"),
        (limited, "no usable response"),
    ] {
        assert_refused(exchange([response]).await, expected);
    }
}

#[tokio::test]
async fn a_response_that_is_broken_is_refused_and_never_shown() {
    let redirect = with_header(response(302, "SECRET"), "location", "https://a.b/");
    for (script, expected) in [
        (redirect.into(), "redirect"),
        (json("SECRET".repeat(1 << 20)).into(), "no usable response"),
        (Script::Raw("SECRET\r\n\r\n".into()), "no usable response"),
    ] {
        let server = Server::always(script);
        let oauth = OAuth::builder("id-1", "SECRET-client", REDIRECT_URI);
        let oauth = oauth.token_url(format!("{}/oauth/token", server.url));
        let oauth = oauth.retry(RetryPolicy::none()).build();
        let oauth = oauth.expect("it is set up right");
        let token = oauth.exchange(AuthorizationCode::new("c")).await;
        assert_refused(token, expected);
        assert_eq!(server.requests().len(), 1);
    }
}

fn assert_refused(token: Result<Token, OAuthError>, expected: &str) {
    let error = token.expect_err(expected);
    assert!(error.to_string().contains(expected), "{error}: {expected}");
    assert_shows_nothing(&error);
    assert_shows_nothing(&Error::from(error));
}

/// Checks everything about an error that a log may contain.
fn assert_shows_nothing(error: &dyn StdError) {
    let mut shown = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        shown.push_str(&error.to_string());
        next = error.source();
    }
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_form_is_resent_only_when_the_server_cannot_have_read_it() {
    for (status, attempts) in [(429, 2), (502, 1)] {
        let server = token_url([response(status, ""), new_token(2)]);
        let oauth = scripted(&server).retry(RetryPolicy::default()).build();
        let oauth = oauth.expect("it is set up right");
        let token = oauth.exchange(AuthorizationCode::new("c")).await;
        match token {
            Ok(_) => assert_eq!(status, 429),
            Err(error) => assert!(status == 502 && error.is_retryable(), "{error}"),
        }
        assert_eq!(server.requests().len(), attempts, "{status}");
    }
}

#[tokio::test]
async fn a_long_wait_of_the_server_is_an_error() {
    let later = with_header(response(429, ""), "retry-after", "60");
    let server = token_url([later]);
    let policy = RetryPolicy::default().max_delay(Duration::from_secs(5));
    let oauth = scripted(&server).retry(policy).build();
    let oauth = oauth.expect("it is set up right");
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("a minute is too long");
    assert!(error.is_retryable(), "{error:?}");
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("retry after 60 s"), "{cause}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_an_error_after_the_time_limit() {
    let (oura, _) = server();
    let _hold = oura.fail(Target::TokenUrl, Fault::Hold);
    let oauth = oura.oauth().timeout(Duration::from_millis(50));
    let oauth = oauth.build().expect("it is set up right");
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("it hangs");
    assert!(matches!(error, OAuthError::Unavailable { .. }), "{error}");
    assert!(Error::from(error).is_retryable());
}

#[tokio::test]
async fn forms_go_through_the_proxy_that_is_set() {
    let proxy = Server::always(response(404, "{}"));
    let url = "http://auth.nowhere.invalid/token";
    let oauth = OAuth::builder("id-1", "SECRET-client", REDIRECT_URI);
    let oauth = oauth.token_url(url).proxy(&proxy.url);
    let oauth = oauth.allow_plain_http(true).build();
    let oauth = oauth.expect("it is set up right");
    // The proxy has no token, but was asked.
    let token = oauth.exchange(AuthorizationCode::new("c")).await;
    assert!(token.is_err(), "{token:?}");
    let [request] = &proxy.requests()[..] else {
        panic!("{token:?}")
    };
    assert_eq!(request.uri(), url);
    assert_eq!(request.field("code"), Some("c"));
}

#[tokio::test]
async fn tokens_are_revoked_where_the_server_can() {
    let oauth = OAuth::builder("id-1", "SECRET-client", REDIRECT_URI);
    let oauth = oauth.build().expect("it is set up right");
    let error = oauth.revoke(&token(1, 60)).await;
    let error = error.expect_err("there is no URL");
    assert!(error.to_string().contains("revocation_url"), "{error}");
    let server = MemoryTransport::new();
    server.respond_path(Method::POST, "/oauth/revoke", json(""));
    let oauth = scripted(&server).revocation_url("https://auth.invalid/oauth/revoke");
    let oauth = oauth.build().expect("it is set up right");
    oauth.revoke(&token(1, 60)).await.expect("it is revoked");
    let requests = requests_to(&server, "/oauth/revoke");
    let tokens = fields(&requests, "token");
    assert_eq!(tokens, ["SECRET-refresh-1", "SECRET-access-1"]);
    let secrets = fields(&requests, "client_secret");
    assert_eq!(secrets, ["SECRET-client"; 2]);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let good = || OAuth::builder("id", "SECRET", REDIRECT_URI);
    for (builder, expected) in [
        (OAuth::builder("", "SECRET", REDIRECT_URI), "client id"),
        (OAuth::builder("id", "", REDIRECT_URI), "client secret"),
        (OAuth::builder("id", "SECRET", "callback"), "redirect URI"),
        (
            OAuth::builder("id", "SECRET", "http://a.b/#c"),
            "redirect URI",
        ),
        (
            good().token_url("http://a.b/token"),
            "the token URL is plain http",
        ),
        (
            good().revocation_url("http://a.b"),
            "the revocation URL is plain http",
        ),
        (
            good().authorization_url("http://a.b"),
            "the authorization URL is plain http",
        ),
        (
            good().token_url("https://user:pw@a.b/"),
            "the token URL must not contain",
        ),
        (good().token_url("token"), "the token URL"),
        (good().proxy("http://user:SECRET@:x"), "proxy"),
        (good().add_root_certificate("SECRET"), "PEM"),
        (
            good().authorization_url("https://a.b/#c"),
            "the authorization URL must not contain `#`",
        ),
        (
            good().authorization_url("https://a.b/?tenant=1#c"),
            "the authorization URL must not contain `#`",
        ),
    ] {
        let shown = format!("{builder:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        let error = builder.build().expect_err(expected);
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        assert_shows_nothing(&error);
        assert!(error.to_string().contains(expected), "{error}: {expected}");
    }
    let plain = good().token_url("http://a.b/token").allow_plain_http(true);
    assert!(plain.build().is_ok());
}

#[tokio::test]
async fn secrets_are_not_shown() {
    fn is_shareable<T: Send + Sync + 'static>(_: &T) {}

    let oauth = unsent();
    let session = oauth.session(token(1, 60), MemoryStore::new());
    let code = AuthorizationCode::new("SECRET");
    let shown = format!(
        "{oauth:?} {session:?} {code:?} {:?}",
        session.current_token()
    );
    assert!(!shown.contains("SECRET"), "{shown}");
    is_shareable(&oauth);
    is_shareable::<Session>(&session);
    is_shareable(&OAuthError::State);
    let json = session.current_token().to_json();
    assert!(json.contains("SECRET-refresh-1"), "a store needs them");
}

#[tokio::test]
async fn token_requests_name_the_application() {
    let own = concat!("oura-generated/", env!("CARGO_PKG_VERSION"));
    type Set = fn(OAuthBuilder) -> OAuthBuilder;
    let cases: [(Set, String); 3] = [
        (|oauth| oauth, own.to_owned()),
        (
            |oauth| oauth.app_name("my-app/1.2"),
            format!("my-app/1.2 {own}"),
        ),
        (
            |oauth| oauth.app_name("my-app/1.2").user_agent("other/3"),
            "other/3".to_owned(),
        ),
    ];
    for (set, expected) in cases {
        let server = token_url([new_token(2)]);
        let oauth = set(scripted(&server)).build().expect("it is set up right");
        let token = oauth.exchange(AuthorizationCode::new("c")).await;
        token.expect("a token");
        assert_eq!(only(&server).header("user-agent"), Some(&*expected));
    }
}
