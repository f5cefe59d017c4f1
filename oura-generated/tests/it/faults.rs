//! Servers that misbehave. Never a panic, a hang or a silently shorter result.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::{
    Response, Script, Sent, Server, always, builder_of, daily_sleep, json, page, response,
    with_header,
};
use futures_util::StreamExt;
use oura_generated::http::{self, StatusCode};
use oura_generated::{
    ApiErrorKind, Client, Error, MemoryTransport, RetryPolicy, Route, TimeLimit, TransportErrorKind,
};

/// A client without retries and with a short time limit.
fn hasty(server: &Server) -> Client {
    let builder = server
        .builder()
        .retry(RetryPolicy::none())
        .timeout(Duration::from_millis(300));
    builder.build().expect("it is set up right")
}

/// A client of a server in memory with this response.
fn given(response: Response) -> Client {
    let builder = builder_of(&always(response)).retry(RetryPolicy::none());
    builder.build().expect("it is set up right")
}

fn transport_kind(error: &Error) -> TransportErrorKind {
    match error {
        Error::Transport { source, .. } => source.kind(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_connection_has_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    drop(listener);
    let builder = Client::builder().base_url(url).access_token("token");
    let client = builder
        .retry(RetryPolicy::none())
        .build()
        .expect("it is set up right");
    let error = client
        .get_personal_info()
        .await
        .expect_err("nobody is there");
    assert_eq!(transport_kind(&error), TransportErrorKind::Connect);
    assert!(error.is_retryable());
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let io = causes
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .next();
    assert_eq!(
        io.map(std::io::Error::kind),
        Some(std::io::ErrorKind::ConnectionRefused)
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_error() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"id\"";
    for raw in [
        "",
        "HTTP/1.1 200",
        "garbage\r\n\r\n",
        &format!("{head}{{\"id\":"),
        chunked,
    ] {
        let server = Server::always(Script::Raw(raw.into()));
        let error = hasty(&server)
            .get_personal_info()
            .await
            .expect_err("it breaks");
        assert_eq!(
            transport_kind(&error),
            TransportErrorKind::Interrupted,
            "{raw:?}"
        );
    }
}

#[tokio::test]
async fn an_error_response_keeps_its_kind_when_its_body_is_damaged() {
    let head = "HTTP/1.1 404 Not Found\r\nx-trace-id: t-1\r\ncontent-length: 500";
    let encoded = |name: &str| {
        let gone = response(404, "{\"detail\":\"gone\"}");
        let gone = with_header(gone, "x-trace-id", "t-1");
        Script::Whole(with_header(gone, "content-encoding", name))
    };
    let scripts = [
        Script::Raw(format!("{head}\r\n\r\n{{\"detail\": \"go").into()),
        encoded("br"),
        encoded("gzip"),
    ];
    for script in scripts {
        let server = Server::always(script.clone());
        let error = hasty(&server)
            .get_daily_sleep("1")
            .await
            .expect_err("it is gone");
        assert!(error.is_not_found(), "{script:?}: {error:?}");
        assert_eq!(error.trace_id(), Some("t-1"));
        let Error::Api(error) = error else {
            panic!("{error:?}")
        };
        assert!(error.body.starts_with(b"{\"detail\":"), "{error:?}");
    }
}

#[tokio::test]
async fn an_error_response_whose_body_does_not_end_is_not_a_timeout() {
    let endless = response(503, "[".repeat(100));
    let server = Server::always(Script::Dripping(endless, Duration::from_secs(1)));
    let builder = server.builder().retry(RetryPolicy::none());
    let client = builder.build().expect("it is set up right");
    let error = client.get_personal_info().await.expect_err("overloaded");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(503));
    let Error::Api(error) = error else {
        panic!("{error:?}")
    };
    assert!(error.body.starts_with(b"["), "{error:?}");
}

/// Sends half a body, and then has the system reset the connection.
fn resetting_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).expect("a request comes");
                request.push(byte[0]);
            }
            let half = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"id\": \"me\"";
            stream.write_all(half).expect("the client reads");
            // The client has to see the half first: a reset throws away what is unread.
            std::thread::sleep(Duration::from_millis(50));
            let socket = socket2::SockRef::from(&stream);
            socket.set_linger(Some(Duration::ZERO)).expect("it is open");
        }
    });
    url
}

#[tokio::test]
async fn a_reset_in_the_middle_of_a_body_is_an_error() {
    let builder = Client::builder()
        .base_url(resetting_server())
        .access_token("token")
        .retry(RetryPolicy::none());
    let client = builder.build().expect("it is set up right");
    let error = client
        .get_personal_info()
        .await
        .expect_err("half a response");
    assert_eq!(transport_kind(&error), TransportErrorKind::Interrupted);
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let io = causes
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .last();
    assert_eq!(
        io.map(std::io::Error::kind),
        Some(std::io::ErrorKind::ConnectionReset),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_body_is_fetched_once() {
    let damaged = with_header(json("this is no gzip"), "content-encoding", "GZip");
    let server = Server::always(damaged);
    let client = server.builder().build().expect("it is set up right");
    let error = client.get_personal_info().await.expect_err("no gzip");
    assert_eq!(transport_kind(&error), TransportErrorKind::Other);
    assert!(error.to_string().contains("gzip"), "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_timeout() {
    let days = json(page(&[daily_sleep("1", "2024-03-01")], None));
    let server = Server::always(Script::Dripping(days, Duration::from_millis(50)));
    let start = Instant::now();
    let error = hasty(&server)
        .list_daily_sleep()
        .await
        .expect_err("it takes seconds");
    assert!(
        matches!(
            error,
            Error::Timeout {
                limit: TimeLimit::Attempt,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(2));
    let all: Vec<_> = hasty(&server).list_daily_sleep().stream().collect().await;
    assert!(matches!(&all[..], [Err(Error::Timeout { .. })]), "{all:?}");
}

#[tokio::test]
async fn pages_of_gateways_are_quoted_by_their_length_alone() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    let bad_gateway = with_header(response(502, html), "content-type", "text/html");
    let error = given(bad_gateway)
        .get_personal_info()
        .await
        .expect_err("502");
    assert!(error.is_retryable());
    assert!(
        !format!("{error} {error:?}").contains("<html>"),
        "{error:?}"
    );
    let Error::Api(error) = error else {
        panic!("a response of the server")
    };
    assert_eq!(
        (&error.kind, &error.body[..]),
        (&ApiErrorKind::Server, html.as_bytes())
    );
    assert_eq!(error.detail, None);

    let page = with_header(json(html), "content-type", "text/html; charset=x");
    let error = given(page)
        .get_personal_info()
        .await
        .expect_err("HTML is not a document");
    assert!(
        error.to_string().contains("an HTML page, not JSON"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_content_type_alone_is_not_an_error() {
    let plain = with_header(json(r#"{"id":"me"}"#), "content-type", "text/plain");
    assert_eq!(
        given(plain)
            .get_personal_info()
            .await
            .expect("it is JSON")
            .id,
        "me"
    );
}

#[tokio::test]
async fn error_bodies_may_be_anything() {
    for body in [
        "",
        "null",
        "5",
        "[1]",
        "\"x\"",
        "{\"detail\": {\"a\": 1}}",
        "{\"detail\"",
        "\u{0}",
    ] {
        let error = given(response(422, body))
            .get_personal_info()
            .await
            .expect_err("422");
        assert_eq!(error.status(), Some(StatusCode::UNPROCESSABLE_ENTITY));
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    let issues =
        r#"{"detail":[{"loc":["query","start_date"],"msg":"bad","type":"date","input":"secret"}]}"#;
    let request = given(response(422, issues)).list_daily_sleep();
    let error = request.await.expect_err("422");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    let Error::Api(error) = error else {
        panic!("a response of the server")
    };
    let ApiErrorKind::Validation(issues) = &error.kind else {
        panic!("{error:?}")
    };
    assert_eq!(
        (issues[0].loc.join("."), issues[0].msg.as_str()),
        ("query.start_date".to_owned(), "bad")
    );
    assert_eq!(error.detail.as_deref(), Some("query.start_date: bad"));
}

#[tokio::test]
async fn long_error_bodies_are_cut() {
    let long = response(500, "x".repeat(1_000_000));
    let Err(Error::Api(error)) = given(long).get_personal_info().await else {
        panic!("500")
    };
    assert_eq!(error.body.len(), 64 * 1024);
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[tokio::test]
async fn compressed_responses_are_read_and_bounded() {
    let compressed = |plain: &[u8]| with_header(json(gzip(plain)), "content-encoding", "gzip");
    let server = Server::always(compressed(br#"{"id":"me"}"#));
    assert_eq!(
        hasty(&server)
            .get_personal_info()
            .await
            .expect("it is JSON")
            .id,
        "me"
    );
    let requests = server.requests();
    assert_eq!(requests[0].header("accept-encoding"), Some("gzip"));

    let server = Server::always(compressed(&vec![b' '; 10_000_000]));
    let builder = server.builder().max_body_bytes(100_000);
    let error = builder
        .build()
        .expect("good")
        .get_personal_info()
        .await
        .expect_err("a bomb");
    assert_eq!(transport_kind(&error), TransportErrorKind::BodyTooLarge);
    assert!(!error.is_retryable());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn bodies_are_bounded_whether_announced_or_not() {
    let long = "x".repeat(200_000);
    let chunk = format!("{:x}\r\n{long}\r\n", long.len()).repeat(50);
    let unannounced = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}");
    for script in [json(long).into(), Script::Raw(unannounced.into())] {
        let server = Server::always(script);
        let builder = server.builder().max_body_bytes(100_000);
        let error = builder
            .build()
            .expect("good")
            .get_personal_info()
            .await
            .expect_err("long");
        assert_eq!(transport_kind(&error), TransportErrorKind::BodyTooLarge);
    }
}

#[tokio::test]
async fn a_body_of_64_mib_is_read_and_one_byte_more_is_not() {
    let read = async |length: usize| {
        let memory = MemoryTransport::new();
        let body = http::Response::new(vec![b'x'; length].into());
        memory.respond(Route::GetPersonalInfo, body);
        let builder = Client::builder().access_token("token").transport(memory);
        let client = builder.build().expect("it is set up right");
        client.get_personal_info().await.expect_err("it is no JSON")
    };
    let bound = 64 * 1024 * 1024;
    let error = read(bound).await;
    assert!(matches!(error, Error::Decode { .. }), "{error:?}");
    let error = read(bound + 1).await;
    assert_eq!(transport_kind(&error), TransportErrorKind::BodyTooLarge);
}

#[tokio::test]
async fn wrong_json_is_a_decode_error() {
    for body in [
        "{}",
        "[]",
        "null",
        "{\"id\": 5}",
        "{\"id\": \"me\"} trailing",
        "{\"id\": \"\u{1}\"}",
    ] {
        let error = given(json(body)).get_personal_info().await;
        let error = error.expect_err(body);
        assert!(matches!(error, Error::Decode { .. }), "{body}: {error:?}");
        assert_eq!(error.status(), Some(StatusCode::OK));
    }
    let error = given(json(vec![b'"', 0xff, b'"']))
        .get_personal_info()
        .await
        .expect_err("it is not UTF-8");
    assert!(error.to_string().contains("not UTF-8"), "{error}");
    let deep = format!(
        "{{\"id\": {}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(
        given(json(deep)).get_personal_info().await,
        Err(Error::Decode { .. })
    ));
}
