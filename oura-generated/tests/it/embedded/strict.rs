//! A request that the spec does not allow gets the response of Oura, and becomes a complaint.

use std::time::Duration;

use http::{Method, Request};
use oura_generated::models::{PersonalInfo, Scope, Workout};
use oura_generated::testing::Oura;
use oura_generated::{Client, MemoryTransport, Resource, RetryPolicy, Route};
use serde_json::json;

use super::{get, server, today};

#[tokio::test]
async fn complaints_say_what_is_wrong() {
    let (oura, alice) = server();
    let list = "/v2/usercollection/sleep";
    let rows = [
        ("/v2/usercollection/sleeps", vec![], 404, "no such path"),
        (list, vec![("page", "2")], 200, "`page`"),
        (list, vec![("next_token", "x")], 400, "`next_token`"),
        (
            list,
            vec![("start_date", "2025-04-01"), ("start_date", "2025-04-02")],
            200,
            "twice",
        ),
        (
            "/v2/usercollection/heartrate",
            vec![("latest", "maybe")],
            422,
            "`latest`",
        ),
        (
            "/v2/usercollection/personal_info",
            vec![("a", "b")],
            200,
            "`a`",
        ),
    ];
    for (path, query, status, words) in rows {
        let before = oura.complaints().len();
        assert_eq!(
            get(&alice, path, &query).await.0,
            status,
            "{path} {query:?}"
        );
        let complaints = oura.complaints();
        assert_eq!(
            complaints.len(),
            before + 1,
            "{path} {query:?}: {complaints:?}"
        );
        let text = complaints[before].to_string();
        assert!(text.contains(words) && text.contains(path), "{text}");
    }
    let deleted = alice.client().raw(Method::DELETE, list).send().await;
    assert_eq!(
        deleted
            .expect_err("no such method")
            .status()
            .map(|s| s.as_u16()),
        Some(405)
    );
    // An empty cursor means no cursor, and bounds are allowed together with a cursor.
    let before = oura.complaints().len();
    assert_eq!(get(&alice, list, &[("next_token", "")]).await.0, 200);
    assert_eq!(oura.complaints().len(), before);
}

#[tokio::test]
async fn requests_are_kept_without_secrets() {
    let (oura, alice) = server();
    let query = [("start_date", "2025-04-01")];
    get(&alice, "/v2/usercollection/sleep", &query).await;
    let asked = oura.requests();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].route, Some(Route::ListSleep));
    assert_eq!(
        (asked[0].query("start_date"), asked[0].status),
        (Some("2025-04-01"), 200)
    );
    let shown = format!("{oura:?} {alice:?} {asked:?} {:?}", alice.token());
    assert!(!shown.contains(alice.token().access.expose()), "{shown}");
    assert!(!shown.contains(oura.client_secret()), "{shown}");
}

#[tokio::test]
async fn scopes_are_enforced_where_the_server_does() {
    let (oura, alice) = server();
    alice.grant([Scope::Daily]);
    let client = alice
        .client_builder()
        .retry(RetryPolicy::none())
        .build()
        .expect("settings");
    client.list_sleep().await.expect("it is of `daily`");
    client
        .get_personal_info()
        .await
        .expect("any token is accepted");
    client
        .sandbox()
        .list_daily_spo2()
        .await
        .expect("the sandbox has no scopes");
    let error = client.list_daily_spo2().await.expect_err("it is of `spo2`");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    let (_, body) = get(&alice, "/v2/usercollection/daily_spo2", &[]).await;
    assert_eq!(body["detail"], "Token is not authorized access spo2 scope.");
    assert!(oura.complaints().is_empty());
    alice.grant([Scope::Spo2]);
    client.list_daily_spo2().await.expect("it is allowed now");
}

#[tokio::test]
async fn every_request_names_its_program_and_has_credentials() {
    let oura = Oura::builder()
        .today(today())
        .start()
        .await
        .expect("a port is free");
    let alice = oura.add_user("alice");
    let nobody = super::http_client().no_proxy().build().expect("settings");
    let url = format!("{}/v2/usercollection/sleep", oura.url());
    let request = nobody.get(url).bearer_auth(alice.token().access.expose());
    let response = request.send().await.expect("a response");
    assert_eq!(response.status().as_u16(), 403, "it has no name");
    let other = alice.client().with_access_token("another");
    let error = other
        .list_sleep()
        .await
        .expect_err("it is not a token of the server");
    assert!(error.is_unauthorized());
    let messages: Vec<_> = oura.complaints().into_iter().map(|c| c.message).collect();
    assert_eq!(messages, ["the header `User-Agent` is missing"]);
}

#[tokio::test(start_paused = true)]
async fn calls_over_the_limit_are_refused_until_the_window_is_over() {
    let builder = Oura::builder()
        .today(today())
        .rate_limit(2, Duration::from_secs(60));
    let oura = builder.in_memory().expect("a server");
    let client = oura.add_user("alice").client_builder();
    let client = client.retry(RetryPolicy::none()).build().expect("settings");
    client.get_personal_info().await.expect("the first");
    client.sandbox().list_tag().await.expect("the second");
    let error = client.get_personal_info().await.expect_err("the third");
    let oura_generated::Error::Api(error) = error else {
        panic!("{error}")
    };
    let oura_generated::ApiErrorKind::RateLimited(limit) = &error.kind else {
        panic!("{error}")
    };
    assert_eq!(limit.retry_after, Some(Duration::from_secs(60)));
    assert_eq!(
        (limit.limit, limit.window),
        (Some(2), Some(Duration::from_secs(60)))
    );
    tokio::time::advance(Duration::from_secs(60)).await;
    client
        .get_personal_info()
        .await
        .expect("in the next window");
}

#[tokio::test]
async fn a_users_own_documents_are_served() {
    let (oura, alice) = server();
    let client = alice.client();
    let mut info = PersonalInfo::example();
    info.age = Some(44);
    alice.set_personal_info(info);
    let me = client.get_personal_info().await.expect("the user");
    assert_eq!((me.age, &*me.id), (Some(44), alice.id()));

    let mut workout = Workout::example();
    workout.activity = "rowing".to_owned();
    alice.put(workout.clone());
    assert_eq!(
        client.get_workout(&workout.id).await.expect("it is there"),
        workout
    );
    workout.activity = "running".to_owned();
    alice.put(workout.clone());
    let all = client
        .list_workout()
        .start_date(workout.day)
        .end_date(super::day(3, 2))
        .await;
    assert_eq!(all.expect("workouts").data, [workout.clone()]);
    assert!(alice.remove(Resource::Workout, &workout.id));
    assert!(
        client
            .get_workout(&workout.id)
            .await
            .expect_err("it is gone")
            .is_not_found()
    );
    assert!(!alice.remove(Resource::Workout, &workout.id));
    let bob = oura.add_user("bob");
    assert_ne!(bob.id(), alice.id());
    assert_eq!(oura.add_user("alice").id(), alice.id());
}

#[test]
fn a_program_without_a_runtime_has_a_server_on_a_thread() {
    let oura = Oura::start_blocking().expect("a port is free");
    let client = oura.add_user("alice").client();
    let me = client
        .get_personal_info()
        .send_blocking()
        .expect("the user");
    assert!(me.age.is_some());
    drop(oura);
    let error = client
        .get_personal_info()
        .send_blocking()
        .expect_err("it has ended");
    assert!(
        matches!(error, oura_generated::Error::Transport { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_over_http_ends_when_it_is_dropped() {
    let oura = Oura::builder()
        .today(today())
        .start()
        .await
        .expect("a port is free");
    assert!(oura.url().starts_with("http://127.0.0.1:"));
    let alice = oura.add_user("alice");
    let client = alice
        .client_builder()
        .retry(RetryPolicy::none())
        .build()
        .expect("settings");
    assert_eq!(
        client.list_daily_sleep().await.expect("nights").data.len(),
        29
    );
    drop(oura);
    client.list_daily_sleep().await.expect_err("it has ended");
}

#[tokio::test(start_paused = true)]
async fn a_server_over_http_works_while_time_is_paused() {
    let oura = Oura::builder()
        .today(today())
        .start()
        .await
        .expect("a port is free");
    let alice = oura.add_user("alice");
    alice.client().list_daily_sleep().await.expect("nights");
}

#[tokio::test]
async fn a_memory_transport_responds_by_function() {
    let server = MemoryTransport::new();
    server.answer_by(|request: &Request<_>| {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let body = json!({ "data": [], "next_token": null, "query": query }).to_string();
        query
            .contains("start_date=2025-04-01")
            .then(|| http::Response::new(body.into()))
    });
    let client = Client::builder()
        .access_token("token")
        .transport(server.clone());
    let client = client.build().expect("settings");
    let page = client
        .list_sleep()
        .start_date(super::day(4, 1))
        .await
        .expect("a page");
    assert!(page.data.is_empty());
    let error = client
        .list_sleep()
        .start_date(super::day(4, 2))
        .await
        .expect_err("it does not");
    assert!(error.is_not_found());
    assert_eq!(server.requests().len(), 2);
}
