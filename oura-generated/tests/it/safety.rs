//! Secrets and health data are not in messages and are not sent to other servers.

use std::fmt::Write;

use crate::support::{Script, Sent, Server, daily_sleep, json, page, response, with_header};
use oura_generated::http::Method;
use oura_generated::{Auth, Client, Error, RetryPolicy};

const SECRETS: [&str; 3] = ["tok-s3cret", "cl1ent-secret", "health-d4ta"];

fn assert_clean(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in: {text}");
    }
}

fn client(server: &Server) -> Client {
    let builder = Client::builder()
        .base_url(&server.url)
        .access_token(SECRETS[0]);
    let builder = builder
        .client_credentials("id-1", SECRETS[1])
        .retry(RetryPolicy::none());
    assert_clean(&format!("{builder:?}"));
    builder.build().expect("it is set up right")
}

/// The text of an error and of all its causes.
fn all_words(error: &Error) -> String {
    let mut words = format!("{error} {error:?} {error:#?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        write!(words, " {error} {error:?}").expect("memory takes it");
        cause = error.source();
    }
    words
}

#[tokio::test]
async fn secrets_and_health_data_are_in_no_message() {
    let bad = daily_sleep("a", "2024-03-01").replace("83", "\"health-d4ta\"");
    let echo = format!(
        r#"{{"detail": "token {} of {} refused"}}"#,
        SECRETS[0], SECRETS[1]
    );
    let issues = format!(
        r#"{{"detail": [{{"loc": ["header", "{0}"], "msg": "{0}", "type": "{1}", "input": "{2}"}}]}}"#,
        SECRETS[0], SECRETS[1], SECRETS[2]
    );
    let responses = [
        json(page(&[bad], None)),
        json("\"health-d4ta\""),
        with_header(json("[]"), "x-trace-id", SECRETS[0]),
        with_header(response(401, echo.clone()), "set-cookie", SECRETS[0]),
        response(400, echo.clone()),
        response(422, issues.clone()),
        with_header(response(422, issues), "x-trace-id", SECRETS[0]),
        with_header(response(429, echo), "x-ratelimit-tier", SECRETS[1]),
    ];
    let broken = Script::Raw(Vec::new());
    for script in responses.map(Script::Whole).into_iter().chain([broken]) {
        let server = Server::always(script);
        let client = client(&server);
        let request = client.list_daily_sleep().query("note", "health-d4ta");
        assert_clean(&format!("{client:?} {request:?} {:?}", client.sandbox()));
        let error = request.send().await.expect_err("all of these are errors");
        assert_clean(&all_words(&error));
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let token = oura_generated::AccessToken::new(SECRETS[0]);
    assert_clean(&format!("{token:?}"));
}

#[test]
fn bodies_hide_what_the_spec_calls_a_password() {
    use oura_generated::models::{
        CreateWebhookSubscriptionRequest, UpdateWebhookSubscriptionRequest, WebhookDataType,
        WebhookOperation,
    };

    let (event, data) = (WebhookOperation::Create, WebhookDataType::Sleep);
    let create = CreateWebhookSubscriptionRequest::new("https://a.b", SECRETS[0], event, data);
    let update = UpdateWebhookSubscriptionRequest::new(SECRETS[0]);
    assert_clean(&format!("{create:?} {update:#?}"));
    let shown = format!("{create:?}");
    assert!(
        shown.contains("https://a.b") && shown.contains("verification_token"),
        "{shown}"
    );
    let sent = oura_generated::serde_json::to_string(&create).expect("it is JSON");
    assert!(sent.contains(SECRETS[0]));
}

#[tokio::test]
async fn a_header_says_that_it_is_a_secret() {
    let memory = oura_generated::MemoryTransport::new();
    let builder = Client::builder()
        .access_token(SECRETS[0])
        .client_credentials("i", SECRETS[1]);
    let client = builder
        .transport(memory.clone())
        .build()
        .expect("it is set up right");
    let _ = client.get_personal_info().await;
    let _ = client.list_webhook_subscriptions().await;
    let requests = memory.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_clean(&format!("{request:?}"));
        assert_clean(&request.uri().to_string());
    }
}

#[tokio::test]
async fn credentials_go_to_no_other_server() {
    let trap = Server::always(json(r#"{"id":"trap"}"#));
    let url = trap.url.clone();
    for status in [301, 302, 303, 307, 308] {
        let url = url.clone();
        let redirect = with_header(response(status, ""), "location", &format!("{url}/v2/x"));
        let server = Server::always(redirect);
        let error = client(&server)
            .get_personal_info()
            .await
            .expect_err("a redirect");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        let error = client(&server)
            .list_webhook_subscriptions()
            .await
            .expect_err("a redirect");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    }
    assert!(trap.requests().is_empty());
}

#[cfg(feature = "unstable-reqwest")]
#[tokio::test]
async fn no_setting_of_the_http_client_follows_redirects() {
    let trap = Server::always(json(r#"{"id":"trap"}"#));
    let server = Server::always(with_header(response(302, ""), "location", &trap.url));
    let builder = server.builder().configure_http(|http| {
        http.redirect(reqwest::redirect::Policy::limited(10))
            .user_agent("mine")
    });
    let client = builder.build().expect("it is set up right");
    let error = client.get_personal_info().await.expect_err("a redirect");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(302));
    assert!(trap.requests().is_empty());
}

#[cfg(feature = "unstable-reqwest")]
#[tokio::test]
async fn no_setting_of_the_http_client_decides_about_plain_http() {
    let far = Client::builder().base_url("http://api.ouraring.com");
    let far = far.configure_http(|http| http.https_only(false));
    let error = far.build().expect_err("plain http to another machine");
    assert!(error.to_string().contains("allow_plain_http"), "{error}");
    let server = Server::always(json(r#"{"id":"me"}"#));
    for https_only in [false, true] {
        let builder = server.builder();
        let builder = builder.configure_http(move |http| http.https_only(https_only));
        let client = builder.build().expect("this machine is allowed");
        let me = client.get_personal_info().await.expect("a response");
        assert_eq!(me.id, "me");
    }
}

#[test]
fn plain_http_to_another_machine_has_to_be_allowed() {
    let build = |url: &str, allow| {
        Client::builder()
            .base_url(url)
            .allow_plain_http(allow)
            .build()
    };
    for url in [
        "http://api.ouraring.com",
        "http://192.168.0.1",
        "http://localhost.evil.com",
    ] {
        let error = build(url, false).expect_err(url);
        assert!(error.to_string().contains("allow_plain_http"), "{error}");
        assert!(build(url, true).is_ok(), "{url}");
    }
    let error = build("https://user:tok-s3cret@a.b", true).expect_err("a password in a URL");
    assert_clean(&all_words(&error));
}

#[tokio::test]
async fn raw_calls_send_only_what_was_set() {
    let server = Server::always(json("{}"));
    let call = |auth| client(&server).raw(Method::GET, "/v2/new").auth(auth);
    for auth in [Auth::None, Auth::Bearer, Auth::ClientSecret] {
        call(auth).await.expect("a response");
    }
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|r| {
            [
                r.header("authorization").is_some(),
                r.header("x-client-secret").is_some(),
            ]
        })
        .collect();
    assert_eq!(sent, [[false, false], [true, false], [false, true]]);
}
