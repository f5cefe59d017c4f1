//! The authorization of a user, step by step.

use std::error::Error as StdError;
use std::time::Duration;

use crate::oauth_support::{AuthServer, field, token};
use crate::support::Answer;
use oura_generated::models::Scope;
use oura_generated::oauth::{
    AuthorizationCode, Ended, MemoryStore, OAuth, OAuthBuilder, OAuthError, OAuthErrorCode,
    Session, State,
};
use oura_generated::{Error, RetryPolicy};

const REDIRECT_URI: &str = "http://localhost:8080/callback";

#[test]
fn the_urls_of_the_document_are_the_defaults() {
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
fn an_authorization_has_a_state_that_only_its_own_answer_has() {
    let server = AuthServer::start();
    let oauth = server.oauth_builder();
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
fn a_no_is_typed() {
    let oauth = AuthServer::start().oauth();
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
    let server = AuthServer::start();
    let code = server
        .oauth()
        .check_redirect("code=c%2F1&scope=daily+tag&state=s", &State::new("s"))
        .expect("a code");
    let token = server.oauth().exchange(code).await.expect("a token");
    let requests = server.token_requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(request.method, "POST");
    let form_type = Some("application/x-www-form-urlencoded");
    assert_eq!(request.header("content-type"), form_type);
    assert_eq!(request.header("authorization"), None);
    let sent = |name: &str| field(request, name).map(str::to_owned);
    assert_eq!(sent("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(sent("code").as_deref(), Some("c%2F1"));
    assert_eq!(sent("client_id").as_deref(), Some("id-1"));
    assert_eq!(sent("client_secret").as_deref(), Some("SECRET-client"));
    let redirect_uri = Some("http%3A%2F%2Flocalhost%3A8080%2Fcallback");
    assert_eq!(sent("redirect_uri").as_deref(), redirect_uri);
    assert_eq!(token.access.expose(), "SECRET-access-2");
    // The answer names no scopes, the redirect did.
    assert_eq!(token.scopes, [Scope::Daily, Scope::Tag]);
}

#[tokio::test]
async fn a_code_that_was_used_asks_for_another_authorization() {
    let server = AuthServer::start();
    server.script(Answer::status(400, r#"{"error":"invalid_grant"}"#));
    let error = server.oauth().exchange(AuthorizationCode::new("c")).await;
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
    let server = AuthServer::start();
    let body = r#"{"error":"invalid_client","error_description":"SECRET-client is wrong"}"#;
    server.script(Answer::status(401, body));
    let error = server.oauth().exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("it is refused");
    let text = "the authorization server refuses (status 401, invalid_client); check client id \
                and secret";
    assert_eq!(error.to_string(), text);
    assert_shows_nothing(&error);
    assert!(!error.needs_authorization() && !error.is_retryable());
}

#[tokio::test]
async fn what_is_no_token_is_refused_and_never_shown() {
    let server = AuthServer::start();
    for (answer, expected) in [
        (
            Answer::json("<html>SECRET</html>"),
            "is not the JSON of a token",
        ),
        (Answer::json(r#"{"access_token":""}"#), "empty"),
        (
            Answer::json(r#"{"access_token":"SECRET","expires_in":-5}"#),
            "`expires_in`",
        ),
        (
            Answer::json(r#"{"access_token":"SECRET","token_type":"mac"}"#),
            "another type",
        ),
        (Answer::json("SECRET".repeat(1 << 20)), "no usable response"),
        (
            Answer::status(302, "SECRET").header("location", "https://a.b/"),
            "redirect",
        ),
        (
            Answer::status(400, r#"{"error":"SECRET"}"#),
            "refuses (status 400)",
        ),
        (
            Answer::status(403, "<html>SECRET</html>"),
            "refuses (status 403)",
        ),
        (
            Answer::status(503, "<html>SECRET</html>"),
            "no usable response",
        ),
        (
            Answer::status(429, "")
                .header("x-trace-id", "SECRET-client")
                .header("x-ratelimit-tier", "SECRET-client")
                .header("retry-after", "Fri, 01 Jan 2100 00:00:00 GMT (SECRET)")
                .header("server", "SECRET"),
            "no usable response",
        ),
        (Answer::raw("SECRET\r\n\r\n"), "no usable response"),
    ] {
        server.script(answer);
        let error = server.oauth().exchange(AuthorizationCode::new("c")).await;
        let error = error.expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}: {expected}");
        assert_shows_nothing(&error);
        assert_shows_nothing(&Error::from(error));
    }
}

/// Looks at everything that a log would hold of an error.
fn assert_shows_nothing(error: &dyn StdError) {
    let mut shown = format!("{error:?}");
    let mut next = Some(error);
    while let Some(error) = next {
        shown.push_str(&error.to_string());
        next = error.source();
    }
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[tokio::test]
async fn a_form_is_resent_only_when_the_server_cannot_have_read_it() {
    let server = AuthServer::start();
    let policy = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let oauth = server.oauth_builder().retry(policy);
    let oauth = oauth.build().expect("it is set up right");
    server.script(Answer::status(429, ""));
    let token = oauth.exchange(AuthorizationCode::new("c")).await;
    token.expect("the second attempt");
    assert_eq!(server.token_requests().len(), 2);
    server.script(Answer::status(502, ""));
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    assert!(error.expect_err("a gateway").is_retryable());
    assert_eq!(server.token_requests().len(), 3);
}

#[tokio::test]
async fn a_server_that_asks_for_a_long_wait_is_left() {
    let server = AuthServer::start();
    let policy = RetryPolicy::default()
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_secs(5));
    let oauth = server.oauth_builder().retry(policy);
    let oauth = oauth.build().expect("it is set up right");
    server.script(Answer::status(429, "").header("retry-after", "60"));
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("a minute is too long");
    assert!(error.is_retryable(), "{error:?}");
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(cause.contains("retry after 60 s"), "{cause}");
    assert_eq!(server.token_requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_is_left() {
    let server = AuthServer::start();
    server.script(Answer::json("{}").after(Duration::from_secs(5)));
    let oauth = server.oauth_builder().timeout(Duration::from_millis(50));
    let oauth = oauth.build().expect("it is set up right");
    let error = oauth.exchange(AuthorizationCode::new("c")).await;
    let error = error.expect_err("it hangs");
    assert!(matches!(error, OAuthError::Unavailable { .. }), "{error}");
    assert!(Error::from(error).is_retryable());
}

#[tokio::test]
async fn forms_go_through_the_proxy_that_is_set() {
    let proxy = AuthServer::start();
    let url = "http://auth.nowhere.invalid/token";
    let oauth = proxy.oauth_builder().token_url(url).proxy(&proxy.url);
    let oauth = oauth.allow_plain_http(true).build();
    let oauth = oauth.expect("it is set up right");
    // The proxy has no answer for it, but was asked.
    let answer = oauth.exchange(AuthorizationCode::new("c")).await;
    assert!(answer.is_err(), "{answer:?}");
    let [request] = &proxy.requests(url)[..] else {
        panic!("{answer:?}")
    };
    assert_eq!(field(request, "code"), Some("c"));
}

#[tokio::test]
async fn tokens_are_revoked_where_the_server_can() {
    let server = AuthServer::start();
    let error = server.oauth().revoke(&token(1, 60)).await;
    let error = error.expect_err("there is no URL");
    assert!(error.to_string().contains("revocation_url"), "{error}");
    let oauth = server.oauth_builder();
    let oauth = oauth.revocation_url(format!("{}/oauth/revoke", server.url));
    let oauth = oauth.build().expect("it is set up right");
    oauth.revoke(&token(1, 60)).await.expect("it is revoked");
    let requests = server.requests("/oauth/revoke");
    let tokens: Vec<_> = requests
        .iter()
        .map(|request| field(request, "token"))
        .collect();
    assert_eq!(tokens, [Some("SECRET-refresh-1"), Some("SECRET-access-1")]);
    assert_eq!(field(&requests[0], "client_secret"), Some("SECRET-client"));
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

    let server = AuthServer::start();
    let oauth = server.oauth();
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
        let server = AuthServer::start();
        let oauth = set(server.oauth_builder())
            .build()
            .expect("it is set up right");
        let authorization = oauth.authorize([Scope::Daily]).expect("a URL");
        let redirect = format!(
            "{REDIRECT_URI}?code=abc&state={}",
            authorization.state.expose()
        );
        let code = oauth
            .check_redirect(&redirect, &authorization.state)
            .expect("a code");
        oauth.exchange(code).await.expect("a token");
        let requests = server.token_requests();
        assert_eq!(requests[0].header("user-agent"), Some(expected.as_str()));
    }
}
