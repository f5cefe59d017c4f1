//! The request of a call, and what the call returns for a response.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::support::{
    Sent, Server, always, builder_of, client_of, daily_sleep, json, only, page, response,
    with_header,
};
use futures_util::Stream;
use oura_generated::http::{Method, StatusCode};
use oura_generated::models::{
    CreateWebhookSubscriptionRequest, DailySleepField, HeartRateSource, Scope, WebhookDataType,
    WebhookOperation,
};
use oura_generated::time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use oura_generated::{ApiErrorKind, Auth, Client, Error, Route};

const SUBSCRIPTION: &str = r#"{
    "id": "5d3fe17b-f880-4d93-b9b6-afbfb76c1e78", "callback_url": "https://a.b/c",
    "event_type": "create", "data_type": "brand_new", "expiration_time": "2024-03-01T00:00:00Z"
}"#;

fn day() -> Date {
    Date::from_calendar_date(2024, Month::March, 1).expect("a day")
}

#[tokio::test]
async fn bearer_routes_send_the_token_alone() {
    let server = always(json(r#"{"id": "me", "age": 31, "new": {}}"#));
    let me = client_of(&server)
        .get_personal_info()
        .send()
        .await
        .expect("a response");
    assert_eq!((me.id.as_str(), me.age, me.weight), ("me", Some(31), None));
    let request = only(&server);
    assert_eq!(
        (request.method().as_str(), request.target()),
        ("GET", "/v2/usercollection/personal_info")
    );
    assert_eq!(request.header("authorization"), Some("Bearer token-1"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert!(
        request
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("oura-generated/"))
    );
    assert_eq!(
        (
            request.header("x-client-id"),
            request.header("x-client-secret")
        ),
        (None, None)
    );
}

#[tokio::test]
async fn subscription_routes_send_the_client_headers_alone() {
    let server = always(response(201, SUBSCRIPTION));
    let body = CreateWebhookSubscriptionRequest::new(
        "https://a.b/c",
        "verify",
        WebhookOperation::Create,
        WebhookDataType::DailySleep,
    );
    let sub = client_of(&server)
        .create_webhook_subscription(&body)
        .send()
        .await
        .expect("a response");
    assert_eq!(sub.data_type, WebhookDataType::from("brand_new"));
    let request = only(&server);
    assert_eq!(
        (request.method().as_str(), request.target()),
        ("POST", "/v2/webhook/subscription")
    );
    assert_eq!(request.header("x-client-id"), Some("id-1"));
    assert_eq!(request.header("x-client-secret"), Some("secret-1"));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        String::from_utf8_lossy(request.body()),
        r#"{"callback_url":"https://a.b/c","verification_token":"verify","event_type":"create","data_type":"daily_sleep"}"#
    );
    client_of(&server)
        .renew_webhook_subscription(sub.id)
        .send()
        .await
        .expect("a response");
    let renewal = &server.requests()[1];
    assert_eq!(
        renewal.target(),
        "/v2/webhook/subscription/renew/5d3fe17b-f880-4d93-b9b6-afbfb76c1e78"
    );
}

#[tokio::test]
async fn missing_credentials_fail_before_anything_is_sent() {
    let server = always(json("{}"));
    let builder = Client::builder().transport(server.clone());
    let client = builder.build().expect("nothing is wrong yet");
    let error = client.get_personal_info().await.expect_err("no token");
    assert!(matches!(
        error,
        Error::Credentials {
            route: Some(Route::GetPersonalInfo),
            ..
        }
    ));
    let error = client
        .list_webhook_subscriptions()
        .await
        .expect_err("no client secret");
    assert!(error.to_string().contains("client_credentials"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn bad_settings_are_errors_of_build_or_of_the_first_call() {
    assert!(matches!(
        Client::builder().access_token("a\nb").build(),
        Err(Error::Config { .. })
    ));
    for (id, secret) in [("", "secret"), ("id", ""), ("id", "a\nb")] {
        let built = Client::builder().client_credentials(id, secret).build();
        assert!(matches!(built, Err(Error::Config { .. })), "{id} {secret}");
    }
    assert!(matches!(
        Client::builder().base_url("http://a.b").build(),
        Err(Error::Config { .. })
    ));
    let error = Client::new("a\nb")
        .get_personal_info()
        .await
        .expect_err("a line break");
    assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
    let error = Client::new("good")
        .with_access_token("")
        .get_personal_info()
        .await;
    assert!(matches!(error, Err(Error::Credentials { .. })));
}

#[tokio::test]
async fn an_application_can_set_its_name() {
    let server = always(json(r#"{"id": "me"}"#));
    let builder = builder_of(&server).user_agent("my-app/1");
    let client = builder.build().expect("it is set up right");
    client.get_personal_info().await.expect("a response");
    assert_eq!(only(&server).header("user-agent"), Some("my-app/1"));

    let server = always(json(r#"{"id": "me"}"#));
    let builder = builder_of(&server).app_name("my-app/1.2");
    let client = builder.build().expect("it is set up right");
    client.get_personal_info().await.expect("a response");
    let own = concat!("my-app/1.2 oura-generated/", env!("CARGO_PKG_VERSION"));
    assert_eq!(only(&server).header("user-agent"), Some(own));
    let error = Client::builder().app_name("").build().expect_err("no name");
    assert!(error.to_string().contains("my-app/1.2"), "{error}");
}

#[tokio::test]
async fn a_request_can_set_headers_but_no_credentials() {
    let server = always(json(r#"{"id": "me"}"#));
    let request = client_of(&server).get_personal_info();
    let request = request
        .header("X-Request-Id", "7")
        .header("accept", "application/json;q=1");
    request.await.expect("a response");
    let received = only(&server);
    assert_eq!(received.header("x-request-id"), Some("7"));
    assert_eq!(received.header("accept"), Some("application/json;q=1"));
    assert_eq!(received.header("authorization"), Some("Bearer token-1"));

    for name in ["Authorization", "cookie", "X-Client-Secret", "host", "a b"] {
        let request = client_of(&server).get_personal_info();
        let error = request.header(name, "mine").await.expect_err(name);
        assert!(matches!(&error, Error::Argument { name: given, .. } if given == name));
        assert!(!error.to_string().contains("mine"), "{error}");
    }
    assert_eq!(server.requests().len(), 1);
}

/// The token of a test may be a word that responses contain anyway.
#[tokio::test]
async fn a_short_token_takes_nothing_out_of_an_error() {
    let absent = response(404, r#"{"detail":"Document not found."}"#);
    let server = always(with_header(absent, "x-trace-id", "trace-t"));
    let client = builder_of(&server).access_token("t").build();
    let error = client.expect("it is set up right").get_sleep("1").await;
    let error = error.expect_err("there is no such document");
    assert_eq!(
        error.to_string(),
        "GetSleep: 404 Not Found; the server says: Document not found. (trace trace-t)"
    );
}

#[tokio::test]
async fn parameters_are_set_once_and_encoded() {
    let server = always(json(page(&[daily_sleep("a", "2024-03-01")], None)));
    let offset = UtcOffset::from_hms(2, 0, 0).expect("an offset");
    let moment = OffsetDateTime::new_in_offset(day(), Time::MIDNIGHT, offset);
    let list = client_of(&server)
        .list_daily_sleep()
        .start_date(moment)
        .start_date(day())
        .end_date(moment)
        .next_token("a+b/c")
        .query("new", "å &")
        .send()
        .await
        .expect("a response");
    assert_eq!((list.data[0].day, list.data[0].score), (day(), Some(83)));
    assert_eq!(
        only(&server).target(),
        "/v2/usercollection/daily_sleep?start_date=2024-03-01\
         &end_date=2024-03-01T00%3A00%3A00%2B02%3A00&next_token=a%2Bb%2Fc&new=%C3%A5%20%26"
    );
}

#[tokio::test]
async fn ids_stay_one_segment_or_are_refused() {
    let server = always(json(daily_sleep("a", "2024-03-01")));
    for (id, sent) in [
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("%2e%2e", "%252e%252e"),
        ("å b", "%C3%A5%20b"),
    ] {
        client_of(&server)
            .get_daily_sleep(id)
            .send()
            .await
            .expect("a response");
        let requests = server.requests();
        let target = requests.last().expect("it came").target();
        assert_eq!(target, format!("/v2/usercollection/daily_sleep/{sent}"));
    }
    let before = server.requests().len();
    for id in ["", ".", ".."] {
        let error = client_of(&server)
            .get_daily_sleep(id)
            .send()
            .await
            .expect_err(id);
        assert!(
            matches!(&error, Error::Argument { name, .. } if name == "document_id"),
            "{error:?}"
        );
        assert_eq!(error.route(), Some(Route::GetDailySleep));
    }
    let long = client_of(&server).get_daily_sleep("x".repeat(70_000)).await;
    let long = long.expect_err("it is not an id");
    assert!(long.to_string().contains("too long"), "{long}");
    assert_eq!(server.requests().len(), before);
}

#[tokio::test]
async fn selected_fields_come_as_partial_documents() {
    let body = r#"{"data":[{"day":"2024-03-01","score":null,"extra":[1]}],"next_token":null}"#;
    let server = always(json(body));
    let fields = [
        DailySleepField::Day,
        DailySleepField::Score,
        DailySleepField::from("extra"),
    ];
    let some = client_of(&server)
        .list_daily_sleep()
        .fields(fields)
        .await
        .expect("a response");
    assert_eq!(
        only(&server).parameter("fields"),
        Some("day%2Cscore%2Cextra")
    );
    let document = &some.data[0];
    assert_eq!(
        document.get::<Date>(DailySleepField::Day).expect("a day"),
        Some(day())
    );
    let score: Option<i64> = document
        .get(DailySleepField::Score)
        .expect("null is `None`");
    assert_eq!(score, None);
    assert!(document.contains(DailySleepField::Score) && !document.contains(DailySleepField::Id));
    let extra: Option<Vec<i64>> = document.get("extra".into()).expect("numbers");
    assert_eq!(extra, Some(vec![1]));
    let error = document
        .get::<i64>(DailySleepField::Day)
        .expect_err("it is a day");
    assert!(
        matches!(error, Error::Decode { ref path, .. } if path == "day"),
        "{error:?}"
    );
    assert!(!error.to_string().contains("newer version"), "{error}");
    let nothing = client_of(&server).list_daily_sleep().fields([]).await;
    assert!(matches!(nothing, Err(Error::Argument { .. })));
}

#[tokio::test]
async fn sandbox_and_real_routes_differ_in_path_alone() {
    let server = always(json(page(&[], None)));
    let client = client_of(&server);
    client
        .sandbox()
        .list_daily_sleep()
        .start_date(day())
        .await
        .expect("a response");
    let request = only(&server);
    assert_eq!(
        request.target(),
        "/v2/sandbox/usercollection/daily_sleep?start_date=2024-03-01"
    );
    assert_eq!(request.header("authorization"), Some("Bearer token-1"));
}

#[tokio::test]
async fn other_users_share_the_client() {
    let server = always(json(page(&[], None)));
    let client = client_of(&server);
    let other = client.with_access_token("token-2");
    other
        .list_heartrate()
        .latest(true)
        .await
        .expect("a response");
    client.list_heartrate().await.expect("a response");
    let tokens: Vec<_> = server
        .requests()
        .iter()
        .map(|r| r.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(
        tokens,
        [
            Some("Bearer token-2".to_owned()),
            Some("Bearer token-1".to_owned())
        ]
    );
    assert_eq!(server.requests()[0].parameter("latest"), Some("true"));
}

#[tokio::test]
async fn a_value_comes_with_its_response() {
    let rates = json(
        r#"{"data":[{"timestamp":"2024-03-01T00:00:00.000Z","timestamp_unix":1,"bpm":60,"source":"new"}],"next_token":null}"#,
    );
    let server = always(with_header(rates, "x-trace-id", "trace-1"));
    let both = client_of(&server)
        .list_heartrate()
        .send_with_response()
        .await
        .expect("a response");
    assert_eq!(
        (both.status, both.trace_id.as_deref()),
        (StatusCode::OK, Some("trace-1"))
    );
    assert_eq!(both.headers["x-trace-id"], "trace-1");
    assert_eq!(
        both.value.data[0].source,
        HeartRateSource::Unrecognized("new".to_owned())
    );
}

#[tokio::test]
async fn a_response_without_a_body_is_nothing() {
    let server = always(response(204, ""));
    let () = client_of(&server)
        .delete_webhook_subscription("x")
        .send()
        .await
        .expect("a response");
    assert_eq!(only(&server).method(), Method::DELETE);
}

#[tokio::test]
async fn raw_calls_reach_newer_routes() {
    let server = always(json(r#"{"a": 1}"#));
    let client = client_of(&server);
    let value = client
        .raw(Method::GET, "/v2/new")
        .query("b", "2")
        .await
        .expect("a response");
    assert_eq!(value["a"], 1);
    client
        .raw(Method::POST, "/v2/new")
        .auth(Auth::ClientSecret)
        .json(&[1])
        .await
        .expect("a response");
    let map = client.raw(Method::GET, "/v2/webhook/subscription");
    map.decode::<std::collections::BTreeMap<String, i64>>()
        .await
        .expect("a response");
    let [first, second, third] = &server.requests()[..] else {
        panic!("three calls")
    };
    assert_eq!(
        (first.target(), first.header("authorization")),
        ("/v2/new?b=2", Some("Bearer token-1"))
    );
    assert_eq!(
        (second.header("x-client-id"), &second.body()[..]),
        (Some("id-1"), &b"[1]"[..])
    );
    assert_eq!(
        (third.header("x-client-id"), third.header("authorization")),
        (Some("id-1"), None)
    );
    for path in ["v2", "/v2/../x", "/v2?a=1"] {
        let error = client.raw(Method::GET, path).await.expect_err(path);
        assert!(matches!(error, Error::Argument { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn raw_calls_may_get_nothing() {
    for status in [200, 204] {
        let server = always(response(status, ""));
        let client = client_of(&server);
        let call = || client.raw(Method::DELETE, "/v2/new/1");
        let value = call().await.expect("it is done");
        assert_eq!(value, oura_generated::serde_json::Value::Null);
        call().decode::<()>().await.expect("it is done");
        let number = call().decode::<Option<i64>>().await.expect("it is done");
        assert_eq!(number, None);
        let error = call().decode::<i64>().await.expect_err("no number");
        assert!(error.to_string().contains("the body is empty"), "{error}");
    }
}

#[tokio::test]
async fn error_responses_say_what_they_mean() {
    let absent = response(404, r#"{"detail": "Document not found."}"#);
    let server = always(with_header(absent, "x-trace-id", "trace-1"));
    let error = client_of(&server)
        .get_daily_sleep("x")
        .await
        .expect_err("404");
    assert!(error.is_not_found() && !error.is_retryable() && !error.is_unauthorized());
    assert_eq!(
        (error.status(), error.trace_id()),
        (Some(StatusCode::NOT_FOUND), Some("trace-1"))
    );
    assert_eq!(
        error.to_string(),
        "GetDailySleep: 404 Not Found; the server says: Document not found. (trace trace-1)"
    );
    let Error::Api(error) = error else {
        panic!("a response of the server")
    };
    assert_eq!(error.detail.as_deref(), Some("Document not found."));
    assert_eq!(&error.body[..], br#"{"detail": "Document not found."}"#);
}

#[tokio::test]
async fn a_documented_403_can_mean_that_it_does_not_exist() {
    let server = always(response(403, "<html>no</html>"));
    let error = client_of(&server)
        .get_webhook_subscription("x")
        .await
        .expect_err("403");
    assert!(error.is_not_found(), "{error}");
    let error = client_of(&server)
        .get_daily_sleep("x")
        .await
        .expect_err("403");
    assert!(
        matches!(&error, Error::Api(e) if e.kind == ApiErrorKind::MembershipRequired),
        "{error:?}"
    );
}

async fn refusal(status: u16, body: &str) -> Error {
    let server = always(response(status, body.to_owned()));
    let refused = client_of(&server).list_daily_sleep().await;
    refused.expect_err("it is refused")
}

fn kind(error: &Error) -> &ApiErrorKind {
    match error {
        Error::Api(error) => &error.kind,
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn the_description_of_the_spec_is_followed_by_what_to_do() {
    for (status, what_to_do) in [(401, "; log in again"), (429, "; wait and call less often")] {
        let text = refusal(status, "{}").await.to_string();
        assert!(text.contains(what_to_do), "{text}");
    }
}

#[tokio::test]
async fn a_403_that_is_not_about_a_scope_is_usually_about_the_membership() {
    for (status, body) in [(403, "<html>no</html>"), (403, "{}"), (426, "{}")] {
        let error = refusal(status, body).await;
        assert_eq!(kind(&error), &ApiErrorKind::MembershipRequired, "{error}");
        let text = error.to_string();
        assert!(text.to_lowercase().contains("usually"), "{text}");
        assert_eq!(text.contains("`User-Agent`"), status == 403, "{text}");
        assert!(!error.is_unauthorized() && !error.is_retryable(), "{text}");
    }
    let quoted = refusal(403, "{}").await.to_string();
    let documented = "Usually means the user's subscription to Oura has expired";
    assert!(quoted.contains(documented), "{quoted}");
    // A raw call has no description: what the server says decides.
    for (detail, expected) in [
        (
            "Your membership has lapsed.",
            ApiErrorKind::MembershipRequired,
        ),
        ("No active Subscription", ApiErrorKind::MembershipRequired),
        ("not yours", ApiErrorKind::Forbidden),
    ] {
        let body = format!(r#"{{"detail":"{detail}"}}"#);
        let server = always(response(403, body));
        let error = client_of(&server).raw(Method::GET, "/v2/new").await;
        assert_eq!(kind(&error.expect_err("403")), &expected, "{detail}");
    }
    // On these routes, "subscription" means one to webhooks.
    let body = r#"{"detail":"too many subscriptions"}"#;
    let server = always(response(403, body));
    let error = client_of(&server).list_webhook_subscriptions().await;
    let error = error.expect_err("403");
    assert_eq!(kind(&error), &ApiErrorKind::Forbidden, "{error}");
}

#[tokio::test]
async fn a_missing_scope_is_not_a_refused_token() {
    let insufficient = r#"{"error":"insufficient_scope","error_description":"no"}"#;
    for (status, body, scope) in [
        (
            401,
            r#"{"detail":"Token is not authorized access stress scope."}"#,
            "stress",
        ),
        (
            403,
            r#"{"detail":"missing scope: extapi:workout"}"#,
            "workout",
        ),
        (
            401,
            r#"{"detail":[{"loc":[],"msg":"scopes: tag","type":"t"}]}"#,
            "tag",
        ),
        (403, insufficient, "daily"),
    ] {
        let error = refusal(status, body).await;
        let missing = error.missing_scope().map(ToString::to_string);
        assert_eq!(missing.as_deref(), Some(scope), "{error:?}");
        assert!(!error.is_unauthorized(), "{error}");
        assert!(error.to_string().contains(&format!("`{scope}`")), "{error}");
    }
    for detail in ["your session has expired", "daily limit", "Unauthorized"] {
        let error = refusal(401, &format!(r#"{{"detail":"{detail}"}}"#)).await;
        assert_eq!(error.missing_scope(), None, "{error:?}");
        assert!(error.is_unauthorized(), "{error}");
    }
    let challenged = async |challenge: &str| {
        let server = always(with_header(
            response(403, "{}"),
            "www-authenticate",
            challenge,
        ));
        let refused = client_of(&server).list_daily_sleep().await;
        refused.expect_err("403").missing_scope().cloned()
    };
    let insufficient = r#"Bearer error="insufficient_scope", scope="workout""#;
    assert_eq!(challenged(insufficient).await, Some(Scope::Workout));
    let invalid = r#"Bearer error="invalid_token", scope="workout""#;
    assert_eq!(challenged(invalid).await, None);
    // No log contains a name that the server makes up.
    let body = r#"{"detail":"access SECRET scope"}"#;
    assert!(!format!("{:?}", refusal(401, body).await).contains("SECRET"));
}

#[tokio::test]
async fn redirects_are_errors() {
    let trap = Server::always(json("{}"));
    let server = Server::always(with_header(response(302, ""), "location", &trap.url));
    let client = server.builder().build().expect("it is set up right");
    let error = client.get_personal_info().await.expect_err("302");
    assert_eq!(error.status(), Some(StatusCode::FOUND));
    assert!(
        error.to_string().contains("redirects are not followed"),
        "{error}"
    );
    assert!(trap.requests().is_empty());
    let server = Server::always(response(304, ""));
    let client = server.builder().build().expect("it is set up right");
    let error = client.get_personal_info().await.expect_err("304");
    assert!(!error.to_string().contains("redirects"), "{error}");
}

#[tokio::test]
async fn bodies_that_do_not_decode_say_where_but_not_what() {
    let bad = daily_sleep("b", "2024-03-02").replace("83", "\"my health\"");
    let server = always(json(page(
        &[daily_sleep("a", "2024-03-01"), bad.clone()],
        None,
    )));
    let error = client_of(&server)
        .list_daily_sleep()
        .await
        .expect_err("a bad score");
    let Error::Decode {
        route, path, raw, ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*route, path.as_str(), raw),
        (Some(Route::ListDailySleep), "data[1].score", &bad)
    );
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("my health"), "{text}");
    }
    assert!(
        error.to_string().contains("found string, expected i64"),
        "{error}"
    );
}

#[test]
fn a_call_without_a_runtime_is_an_error_and_no_panic() {
    let builder = Client::builder().access_token("token");
    let client = builder.build().expect("it is set up right");
    let mut context = Context::from_waker(Waker::noop());
    let mut call = pin!(client.get_personal_info().send());
    let outcome = call.as_mut().poll(&mut context);
    let Poll::Ready(Err(error @ Error::Config { .. })) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    let mut sessions = client.list_session().stream();
    let first = Pin::new(&mut sessions).poll_next(&mut context);
    assert!(
        matches!(first, Poll::Ready(Some(Err(Error::Config { .. })))),
        "{first:?}"
    );
}

#[test]
fn requests_and_futures_are_send_and_static() {
    fn check<T: Send + 'static>(_: &T) {}
    let client = Client::new("token");
    check(&client);
    check(&client.list_daily_sleep());
    check(&client.list_daily_sleep().send());
    check(&client.list_daily_sleep().send_with_response());
    check(&IntoFuture::into_future(client.list_daily_sleep()));
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
}
