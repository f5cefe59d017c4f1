//! The logs of the HTTP libraries, at all levels. The test is a separate binary, because a process
//! has one logger.

mod support;

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use support::{Answer, Server};

const SECRETS: [&str; 2] = ["tok-s3cret", "cl1ent-secret"];

/// Keeps everything.
struct Logger(Mutex<String>);

static LOGGER: Logger = Logger(Mutex::new(String::new()));

impl Log for Logger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut log = self.0.lock().expect("no test panics with it");
        log.push_str(&format!("{}: {}\n", record.target(), record.args()));
    }

    fn flush(&self) {}
}

#[tokio::test]
async fn logs_of_the_connection_hold_no_secrets() {
    log::set_logger(&LOGGER).expect("there is no other");
    log::set_max_level(LevelFilter::Trace);
    let server = Server::always(Answer::json("[]"));
    let builder = server
        .builder()
        .access_token(SECRETS[0])
        .client_credentials("id-1", SECRETS[1])
        .configure_http(|http| http.connection_verbose(true));
    let client = builder.build().expect("it is set up right");
    let _ = client.get_personal_info().await;
    let _ = client.list_webhook_subscriptions().await;
    assert_eq!(server.received().len(), 2);
    let log = LOGGER.0.lock().expect("no test panics with it").clone();
    assert!(
        log.contains("reqwest"),
        "the logger hears of connections: {log}"
    );
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in: {log}");
    }
}
