//! Proxies, and certificates of servers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use crate::support::{Answer, Server};
use oura_generated::{Client, Error, RetryPolicy};

const ME: &str = r#"{"id":"me"}"#;

#[tokio::test]
async fn calls_go_through_the_proxy_that_is_set() {
    let proxy = Server::always(Answer::json(ME));
    let client = Client::builder()
        .access_token("token-1")
        .base_url("http://api.nowhere.invalid")
        .allow_plain_http(true)
        .proxy(&proxy.url);
    let client = client.build().expect("it is set up right");
    let me = client.get_personal_info().await.expect("the proxy answers");
    assert_eq!(me.id, "me");
    let target = "http://api.nowhere.invalid/v2/usercollection/personal_info";
    assert_eq!(proxy.only().target, target);
}

/// The example, which cargo builds before the tests of its package run, talks to a server on
/// this machine.
#[cfg(feature = "testing")]
#[test]
fn a_proxy_of_the_environment_does_not_see_what_is_meant_for_this_machine() {
    let proxy = Server::always(Answer::status(502, ""));
    let test = std::env::current_exe().expect("it has a path");
    let directory = test.ancestors().nth(2).expect("a directory");
    let mut program = std::process::Command::new(directory.join("examples/last_week"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        program.env(name, &proxy.url);
    }
    for name in ["OURA_ACCESS_TOKEN", "NO_PROXY", "no_proxy"] {
        program.env_remove(name);
    }
    let output = program.output().expect("cargo has built `last_week`");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("this week is made up"), "{printed}");
    assert!(proxy.received().is_empty());
}

#[test]
fn a_proxy_that_is_no_url_is_refused_and_not_repeated() {
    let builder = Client::builder().proxy("http://user:pass-s3cret@:x");
    let error = builder.build().expect_err("no URL");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("proxy") && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_server_is_believed_once_its_certificate_is_added() {
    let (url, certificate) = serve_tls();
    let builder = || {
        Client::builder()
            .access_token("token-1")
            .base_url(&url)
            .retry(RetryPolicy::none())
    };
    let stranger = builder().build().expect("it is set up right");
    let error = stranger
        .get_personal_info()
        .await
        .expect_err("nobody vouches for the server");
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    let friend = builder().add_root_certificate(certificate);
    let friend = friend.build().expect("it is set up right");
    let me = friend.get_personal_info().await.expect("it is believed");
    assert_eq!(me.id, "me");
}

#[test]
fn a_certificate_that_is_none_is_refused() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        let error = Client::builder()
            .add_root_certificate(pem)
            .build()
            .expect_err("no certificate");
        assert!(error.to_string().contains("PEM"), "{error}");
    }
}

/// Starts a server with a certificate of an unknown issuer. Returns its URL and the certificate.
fn serve_tls() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let pem = made.cert.pem();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("a key"))
        .map(Arc::new)
        .expect("it fits");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).expect("it fits");
            // A client that does not believe the server hangs up.
            let _ = answer(rustls::StreamOwned::new(session, stream));
        }
    });
    (format!("https://localhost:{port}"), pem)
}

fn answer(stream: impl std::io::Read + Write) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line)? > 0 && line != "\r\n" {
        line.clear();
    }
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
    let stream = stream.get_mut();
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{ME}", ME.len())?;
    stream.flush()
}
