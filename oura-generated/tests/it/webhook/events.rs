//! What comes from Oura: deliveries, challenges, events and their documents.

use std::time::Duration;

use oura_generated::bytes::Bytes;
use oura_generated::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use oura_generated::models::{WebhookDataType, WebhookOperation};
use oura_generated::time::OffsetDateTime;
use oura_generated::webhook::{
    ChallengeError, Document, Endpoint, Event, MAX_BODY_BYTES, Refusal, SeenEvents, SeenInMemory,
    VerificationToken, Verifier, VerifyError, once,
};
use oura_generated::{Client, Error, MemoryTransport, Route};
use serde_json::{Value, json};

const SECRET: &str = "client-secret-1";
const TOKEN: &str = "verification-token-1";

/// The event of the spec's sample, in the form that it is signed in.
const BODY: &str = r#"{"event_type":"update","data_type":"sleep","object_id":"12345abc","event_time":"2023-01-01T08:00:00+00:00","user_id":"user123"}"#;
/// HMAC-SHA256 with the key `client-secret-1` of `1234567890` and [`BODY`], by another
/// implementation than ours (Python's), in the server's capitals.
const SIGNATURE: &str = "89BE902F095954823050FF50F876207845B0653F4A20528BA7C1F07CF8EFD529";

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a time")
}

fn sent() -> OffsetDateTime {
    at(1_234_567_890)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        let value = HeaderValue::from_str(value).expect("a header");
        (HeaderName::from_static(name), value)
    };
    let mut headers = HeaderMap::new();
    pairs.iter().map(pair).for_each(|(name, value)| {
        headers.append(name, value);
    });
    headers
}

fn signed() -> HeaderMap {
    headers(&[
        ("x-oura-timestamp", "1234567890"),
        ("x-oura-signature", SIGNATURE),
    ])
}

fn verify(headers: &HeaderMap, body: impl AsRef<[u8]>) -> Result<Event, VerifyError> {
    Verifier::new(SECRET).verify(headers, body, sent())
}

fn event(event_type: &str, data_type: &str) -> Event {
    Event::new(event_type, data_type, "document-1", sent(), "user-1")
}

#[test]
fn a_delivery_as_the_spec_shows_it_is_an_event() {
    let event = verify(&signed(), BODY).expect("it is signed");
    assert_eq!(event.event_type, WebhookOperation::Update);
    assert_eq!(event.data_type, WebhookDataType::Sleep);
    assert_eq!(
        (&*event.object_id, &*event.user_id),
        ("12345abc", "user123")
    );
    assert_eq!(event.event_time, at(1_672_560_000));
}

#[test]
fn signatures_may_be_in_small_letters() {
    let small = SIGNATURE.to_ascii_lowercase();
    let headers = headers(&[
        ("x-oura-timestamp", "1234567890"),
        ("x-oura-signature", &small),
    ]);
    verify(&headers, BODY).expect("it is signed");
}

/// The samples sign the output of `JSON.stringify` for the body; it is not known whether Oura does.
#[test]
fn a_body_is_signed_as_it_came_or_as_javascript_writes_it() {
    let spaced = BODY.replace("\":", "\": ").replace("\",", "\",\n  ");
    verify(&signed(), spaced).expect("it is signed but for white space");
    let escaped = BODY.replace("user123", "\\u0075ser123");
    verify(&signed(), escaped).expect("it is signed but for an escape");
    let verifier = Verifier::new(SECRET);
    let odd = BODY.replace("\":", "\" : ");
    let raw = verifier.sign(&odd, sent());
    verifier
        .verify(&raw, &odd, sent())
        .expect("it is signed as it came");
    let sorted = serde_json::from_str::<Value>(BODY)
        .expect("JSON")
        .to_string();
    assert_ne!(
        sorted, BODY,
        "the order of the keys counts for nothing here"
    );
    assert_eq!(verify(&signed(), sorted), Err(VerifyError::BadSignature));
}

#[test]
fn forgeries_are_refused() {
    let bad = VerifyError::BadSignature;
    let other_body = BODY.replace("user123", "user124");
    assert_eq!(verify(&signed(), other_body), Err(bad.clone()));
    assert_eq!(verify(&signed(), ""), Err(bad.clone()));
    assert_eq!(verify(&signed(), &BODY[..BODY.len() - 1]), Err(bad.clone()));
    let time = ("x-oura-timestamp", "1234567890");
    let later = ("x-oura-timestamp", "1234567891");
    let cut = &SIGNATURE[..62];
    let twice = SIGNATURE.repeat(2);
    for signature in ["", "0", cut, &twice, &"0".repeat(64), &"g".repeat(64)] {
        let headers = headers(&[time, ("x-oura-signature", signature)]);
        assert_eq!(verify(&headers, BODY), Err(bad.clone()), "{signature}");
    }
    let headers = headers(&[later, ("x-oura-signature", SIGNATURE)]);
    assert_eq!(verify(&headers, BODY), Err(bad.clone()));
    // The key is not the verification token.
    let other = Verifier::new(TOKEN).verify(&signed(), BODY, sent());
    assert_eq!(other, Err(bad));
}

#[test]
fn an_old_secret_is_accepted_while_it_is_named() {
    let both = Verifier::new("new secret").also(SECRET);
    both.verify(&signed(), BODY, sent())
        .expect("it is signed by one of them");
    let new = both.sign(BODY, sent());
    both.verify(&new, BODY, sent())
        .expect("it is signed by one of them");
    assert_eq!(verify(&new, BODY), Err(VerifyError::BadSignature));
}

/// With an empty key anybody can sign, so a missing setting must not make the verifier accept that.
#[test]
fn an_empty_secret_verifies_nothing() {
    let spaces = Verifier::new("\0");
    // HMAC fills keys up with zeros, so that this is the signature of the empty one.
    let forged = spaces.sign(BODY, sent());
    let empty = Verifier::new("").also("");
    assert_eq!(
        empty.verify(&forged, BODY, sent()),
        Err(VerifyError::NoSecret)
    );
    let one = Verifier::new("").also(SECRET);
    assert_eq!(
        one.verify(&forged, BODY, sent()),
        Err(VerifyError::BadSignature)
    );
    one.verify(&signed(), BODY, sent()).expect("it is signed");
    assert!(empty.sign(BODY, sent()).is_empty());
}

#[test]
fn headers_must_be_there_once() {
    let (time, signature) = (
        ("x-oura-timestamp", "1234567890"),
        ("x-oura-signature", SIGNATURE),
    );
    for (pairs, expected) in [
        (vec![time], VerifyError::MissingHeader("x-oura-signature")),
        (
            vec![signature],
            VerifyError::MissingHeader("x-oura-timestamp"),
        ),
        (
            vec![time, time, signature],
            VerifyError::RepeatedHeader("x-oura-timestamp"),
        ),
        (
            vec![time, signature, signature],
            VerifyError::RepeatedHeader("x-oura-signature"),
        ),
    ] {
        assert_eq!(verify(&headers(&pairs), BODY), Err(expected));
    }
}

#[test]
fn the_time_is_bounded_in_both_directions() {
    let verifier = Verifier::new(SECRET).tolerance(Duration::from_secs(60));
    for (seconds, is_good) in [
        (-61, false),
        (-60, true),
        (0, true),
        (60, true),
        (61, false),
    ] {
        let now = sent() + oura_generated::time::Duration::seconds(seconds);
        let result = verifier.verify(&signed(), BODY, now);
        match &result {
            Err(VerifyError::Stale { age, .. }) => assert_eq!(age.whole_seconds(), seconds),
            other => assert!(other.is_ok(), "{other:?}"),
        }
        assert_eq!(result.is_ok(), is_good, "{seconds}");
    }
    let now = sent() + oura_generated::time::Duration::seconds(301);
    let by_default = Verifier::new(SECRET).verify(&signed(), BODY, now);
    let text = by_default.expect_err("it is late").to_string();
    assert!(
        text.contains("301 s old") && text.contains("tolerance"),
        "{text}"
    );
    let patient = Verifier::new(SECRET).tolerance(Duration::MAX);
    patient
        .verify(&signed(), BODY, at(9_999_999_999))
        .expect("it may be of any age");
}

#[test]
fn timestamps_are_seconds_or_milliseconds() {
    let verifier = Verifier::new(SECRET).tolerance(Duration::from_secs(1));
    let seconds = verifier.sign(BODY, sent());
    assert_eq!(seconds["x-oura-timestamp"], "1234567890");
    // The digits that follow are signed along with the timestamp, as JavaScript would do it.
    let signature = "875709FD0C3A19161C92847ABEE8E14D783604C4F5D7CDE2B17F0C21C9A0C71A";
    let milliseconds = headers(&[
        ("x-oura-timestamp", "1234567890123"),
        ("x-oura-signature", signature),
    ]);
    verifier
        .verify(&milliseconds, BODY, sent())
        .expect("it is the same second");
    for text in [
        "",
        "-1",
        "+1",
        "1e9",
        "1234567890.5",
        "12 34",
        "0x10",
        "2023-01-01T08:00:00Z",
        "99999999999999999999",
        "9999999999999999",
    ] {
        let headers = headers(&[("x-oura-timestamp", text), ("x-oura-signature", SIGNATURE)]);
        assert_eq!(
            verify(&headers, BODY),
            Err(VerifyError::BadTimestamp),
            "{text}"
        );
    }
}

#[test]
fn a_signed_body_that_is_not_an_event_is_a_separate_error() {
    let verifier = Verifier::new(SECRET);
    let check = |body: &[u8]| verifier.verify(&verifier.sign(body, sent()), body, sent());
    let half = BODY.replace("\"user_id\"", "\"user\"");
    for body in [
        &b"\xff\xfe"[..],
        b"",
        b"{}",
        b"null",
        half.as_bytes(),
        &BODY.as_bytes()[..50],
    ] {
        let error = check(body).expect_err("it is not an event");
        assert!(matches!(error, VerifyError::NotAnEvent(_)), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("user123") && !text.contains("12345abc"),
            "{text}"
        );
    }
    let full = BODY.to_owned() + &" ".repeat(MAX_BODY_BYTES - BODY.len());
    check(full.as_bytes()).expect("white space does no harm");
    assert_eq!(
        check(format!("{full} ").as_bytes()),
        Err(VerifyError::BodyTooLarge)
    );
    let deep = "[".repeat(MAX_BODY_BYTES);
    assert_eq!(verify(&signed(), deep), Err(VerifyError::BadSignature));
}

#[test]
fn events_are_open() {
    let verifier = Verifier::new(SECRET);
    let body = BODY.replace("update", "restore").replace("sleep", "mood");
    let body = body.replace('{', r#"{"delivery":{"attempt":2},"#);
    let event = verifier.verify(&verifier.sign(&body, sent()), &body, sent());
    let event = event.expect("an event");
    assert_eq!(
        event.event_type,
        WebhookOperation::Unrecognized("restore".to_owned())
    );
    assert_eq!(
        event.data_type,
        WebhookDataType::Unrecognized("mood".to_owned())
    );
    assert_eq!(event.route(), None);
    let json = serde_json::to_value(&event).expect("JSON");
    assert_eq!(json["event_time"], "2023-01-01T08:00:00Z");
    assert_eq!(
        serde_json::from_value::<Event>(json).expect("an event"),
        event
    );
}

#[test]
fn nothing_shows_a_secret() {
    let verifier = Verifier::new(SECRET);
    let endpoint = Endpoint::new(verifier, TOKEN);
    let text = format!("{endpoint:?}");
    assert!(
        text.contains("Verifier") && !text.contains(SECRET) && !text.contains(TOKEN),
        "{text}"
    );
    let error = verify(&signed(), "x").expect_err("it is forged");
    let text = format!("{error} {error:?}");
    assert!(
        !text.contains(SECRET) && !text.contains(SIGNATURE),
        "{text}"
    );
}

#[test]
fn the_route_of_an_event_is_that_of_its_document() {
    assert_eq!(
        event("create", "daily_spo2").route(),
        Some(Route::GetDailySpo2)
    );
    // The path spells it `vO2_max`.
    assert_eq!(event("update", "vo2_max").route(), Some(Route::GetVo2Max));
    assert_eq!(event("update", "mood").route(), None);
    assert_eq!(event("delete", "sleep").route(), None);
    for data_type in WebhookDataType::KNOWN {
        let event = event("update", data_type.as_str());
        assert!(event.route().is_some(), "{data_type}");
    }
}

fn client(server: &MemoryTransport) -> Client {
    let builder = Client::builder().transport(server.clone());
    builder
        .access_token("token-of-user-1")
        .build()
        .expect("it is set up right")
}

#[tokio::test]
async fn an_event_leads_to_its_document() {
    let server = MemoryTransport::new();
    server.answer(Route::GetVo2Max, json!({ "id": "document-1", "day": "2024-03-01", "timestamp": "2024-03-01T00:00:00+02:00", "vo2_max": 45 }));
    let fetched = tokio::spawn(client(&server).fetch(&event("create", "vo2_max")));
    let document = fetched.await.expect("no panic").expect("a response");
    let Some(Document::Vo2Max(document)) = document else {
        panic!("{document:?}")
    };
    assert_eq!(
        (&*document.id, document.vo2_max),
        ("document-1", Some(45.0))
    );
    let request = &server.requests()[0];
    assert_eq!(
        request.uri().path(),
        "/v2/usercollection/vO2_max/document-1"
    );
    assert_eq!(request.headers()["authorization"], "Bearer token-of-user-1");
}

#[tokio::test]
async fn a_deleted_document_is_none_and_fetches_nothing() {
    let server = MemoryTransport::new();
    let client = client(&server);
    for event in [event("delete", "sleep"), event("update", "mood")] {
        assert_eq!(client.fetch(&event).await.expect("nothing to fetch"), None);
    }
    assert_eq!(server.requests().len(), 0);
    // The server in memory has no response, which is a 404: the document was deleted meanwhile.
    assert_eq!(
        client
            .fetch(&event("update", "sleep"))
            .await
            .expect("it is gone"),
        None
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn other_errors_of_a_document_are_errors() {
    let server = MemoryTransport::new();
    server.answer_with(
        Route::GetSleep,
        StatusCode::FORBIDDEN,
        json!({ "detail": "no membership" }),
    );
    server.answer(Route::GetSleep, json!({ "id": 1 }));
    let client = client(&server);
    let error = client
        .fetch(&event("update", "sleep"))
        .await
        .expect_err("it is forbidden");
    assert_eq!(
        (error.route(), error.status()),
        (Some(Route::GetSleep), Some(StatusCode::FORBIDDEN))
    );
    let error = client
        .fetch(&event("update", "sleep"))
        .await
        .expect_err("it is not a sleep document");
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    let mut sly = event("update", "sleep");
    for id in ["", ".", ".."] {
        sly.object_id = id.to_owned();
        let error = client
            .fetch(&sly)
            .await
            .expect_err("it would change the path");
        assert!(matches!(error, Error::Argument { .. }), "{error:?}");
    }
    sly.object_id = "../personal_info?x#".to_owned();
    client
        .fetch(&sly)
        .await
        .expect_err("it is not a sleep document");
    let last = server.requests().pop().expect("a request");
    assert_eq!(
        last.uri().path(),
        "/v2/usercollection/sleep/..%2Fpersonal_info%3Fx%23"
    );
}

fn get(query: &str) -> Request<Bytes> {
    let request = Request::get(format!("https://example.com/oura{query}"));
    request.body(Bytes::new()).expect("a request")
}

#[test]
fn challenges_with_the_token_are_answered() {
    let endpoint = Endpoint::new(Verifier::new(SECRET), "token & more+");
    let query = "?challenge=a%22b+c%2B&verification_token=token+%26%20more%2b";
    let received = endpoint.receive(&get(query), sent());
    assert_eq!(received.outcome, Ok(None));
    assert_eq!(received.response.status(), StatusCode::OK);
    assert_eq!(
        received.response.headers()["content-type"],
        "application/json"
    );
    assert_eq!(received.response.body(), r#"{"challenge":"a\"b c+"}"#);
}

#[test]
fn other_challenges_are_refused() {
    let endpoint = Endpoint::new(Verifier::new(SECRET), TOKEN);
    let missing = ChallengeError::MissingParameter;
    let repeated = ChallengeError::RepeatedParameter;
    let bad = ChallengeError::BadParameter;
    let token = "verification_token=verification-token";
    for (query, error) in [
        (String::new(), missing("verification_token")),
        ("challenge=abc".to_owned(), missing("verification_token")),
        (format!("{token}-1"), missing("challenge")),
        (
            format!("{token}-1&challenge=a&challenge=b"),
            repeated("challenge"),
        ),
        (format!("{token}-1&challenge=%ff"), bad("challenge")),
        (
            "verification_token=&challenge=a".to_owned(),
            ChallengeError::WrongToken,
        ),
        (format!("{token}-&challenge=a"), ChallengeError::WrongToken),
        (
            format!("{token}-1%00&challenge=a"),
            ChallengeError::WrongToken,
        ),
    ] {
        let status = if error == ChallengeError::WrongToken {
            401
        } else {
            400
        };
        let received = endpoint.receive(&get(&format!("?{query}")), sent());
        assert_eq!(received.outcome, Err(Refusal::Challenge(error)), "{query}");
        assert_eq!(received.response.status(), status, "{query}");
        assert!(received.response.body().is_empty(), "{query}");
    }
    let nobody = VerificationToken::new("");
    let error = nobody.answer("verification_token=&challenge=a");
    assert_eq!(error.err(), Some(ChallengeError::WrongToken));
}

/// A 410 would make Oura cancel the subscription.
#[test]
fn no_response_is_410() {
    let endpoint = Endpoint::new(Verifier::new(SECRET), TOKEN);
    let post = |headers: HeaderMap, body: &'static [u8], seconds| {
        let mut request = Request::post("/oura")
            .body(Bytes::from_static(body))
            .expect("a request");
        *request.headers_mut() = headers;
        endpoint
            .receive(&request, at(seconds))
            .response
            .status()
            .as_u16()
    };
    let huge: &'static [u8] = vec![b' '; MAX_BODY_BYTES + 1].leak();
    let no_event = Verifier::new(SECRET).sign("{}", sent());
    assert_eq!(post(signed(), BODY.as_bytes(), 1_234_567_890), 200);
    assert_eq!(post(signed(), BODY.as_bytes(), 0), 401);
    assert_eq!(post(signed(), b"x", 1_234_567_890), 401);
    assert_eq!(post(HeaderMap::new(), b"x", 0), 400);
    assert_eq!(post(signed(), huge, 0), 413);
    assert_eq!(post(no_event, b"{}", 1_234_567_890), 400);
    for method in ["PUT", "DELETE", "HEAD", "OPTIONS", "GONE"] {
        let request = Request::builder()
            .method(method)
            .body(Bytes::new())
            .expect("a request");
        let received = endpoint.receive(&request, sent());
        assert_eq!(received.outcome, Err(Refusal::Method));
        assert_eq!(received.response.status(), 405);
        assert_eq!(received.response.headers()["allow"], "GET, POST");
    }
    let unset = Endpoint::new(Verifier::new(""), "");
    let request = Request::post("/oura").body(BODY).expect("a request");
    assert_eq!(unset.receive(&request, sent()).response.status(), 500);
}

#[tokio::test]
async fn seen_events_are_known_until_they_are_forgotten() {
    let seen = SeenInMemory::new(2);
    let (one, two, three) = (
        event("create", "sleep"),
        event("update", "sleep"),
        event("update", "tag"),
    );
    assert!(seen.is_new(&one).await);
    assert!(!seen.is_new(&one.clone()).await);
    assert!(seen.clone().is_new(&two).await);
    assert!(!seen.is_new(&two).await && !seen.is_new(&one).await);
    assert!(seen.is_new(&three).await, "there is room for two");
    assert!(seen.is_new(&one).await, "the oldest is forgotten");
    let (mut later, mut other) = (one.clone(), one);
    later.event_time += Duration::from_nanos(1);
    other.user_id = "user-2".to_owned();
    let seen = SeenInMemory::new(10);
    assert!(seen.is_new(&event("create", "sleep")).await);
    assert!(seen.is_new(&later).await && seen.is_new(&other).await);
    // Moving text from the end of one part to the start of the next makes another event.
    assert!(seen.is_new(&event("update", "tag")).await);
    assert!(seen.is_new(&event("updatet", "ag")).await);
    // With a capacity of zero, nothing is remembered.
    let none = SeenInMemory::new(0);
    assert!(none.is_new(&two).await && none.is_new(&two).await);
}

#[tokio::test]
async fn a_handler_sees_each_event_once() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let handler = once(SeenInMemory::new(10), move |event: Event| {
        let sender = sender.clone();
        async move { sender.send(event.data_type).expect("somebody listens") }
    });
    for data_type in ["sleep", "tag", "sleep", "tag", "workout"] {
        handler.clone()(event("update", data_type)).await;
    }
    drop(handler);
    let mut handled = Vec::new();
    while let Some(data_type) = receiver.recv().await {
        handled.push(data_type.to_string());
    }
    assert_eq!(handled, ["sleep", "tag", "workout"]);
}
