//! TLS by each of the features that have it, against a server with a self-signed certificate.
//!
//! `cargo test --no-default-features --features native-tls --test tls`, and so on.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use oura_generated::{Client, Error};

const ME: &str = r#"{"id":"me"}"#;

#[cfg(any(
    feature = "rustls-ring",
    feature = "rustls-aws-lc-rs",
    feature = "native-tls"
))]
#[tokio::test]
async fn a_server_is_trusted_once_its_certificate_is_added() {
    let (url, certificate) = serve_tls();
    let builder = || {
        Client::builder()
            .access_token("token-1")
            .base_url(&url)
            .retry(oura_generated::RetryPolicy::none())
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
    let of_the_process = rustls::crypto::CryptoProvider::get_default();
    assert!(of_the_process.is_none(), "it is the program's to choose");
}

#[cfg(any(
    feature = "rustls-ring",
    feature = "rustls-aws-lc-rs",
    feature = "native-tls"
))]
#[test]
fn text_that_is_not_a_certificate_is_refused() {
    for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        let error = Client::builder()
            .add_root_certificate(pem)
            .build()
            .expect_err("no certificate");
        assert!(error.to_string().contains("PEM"), "{error}");
    }
}

#[cfg(not(any(
    feature = "rustls-ring",
    feature = "rustls-aws-lc-rs",
    feature = "native-tls"
)))]
#[test]
fn without_tls_there_is_no_https() {
    let (url, certificate) = serve_tls();
    for builder in [
        Client::builder().base_url(url),
        Client::builder()
            .base_url("http://127.0.0.1:9")
            .add_root_certificate(certificate),
    ] {
        let error = builder.build().expect_err("it needs TLS");
        assert!(matches!(error, Error::Config { .. }), "{error:?}");
        assert!(error.to_string().contains("`rustls-ring`"), "{error}");
    }
    let plain = Client::builder().base_url("http://127.0.0.1:9");
    plain.build().expect("it needs none");
}

/// Starts a server with a self-signed certificate, and returns its URL and the certificate.
fn serve_tls() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let pem = made.cert.pem();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they fit")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("a key"))
        .map(Arc::new)
        .expect("it fits");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).expect("it fits");
            // A client that does not trust the server hangs up.
            let _ = respond(rustls::StreamOwned::new(session, stream));
        }
    });
    (format!("https://localhost:{port}"), pem)
}

fn respond(stream: impl std::io::Read + Write) -> std::io::Result<()> {
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
