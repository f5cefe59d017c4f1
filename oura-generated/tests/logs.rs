//! The logs of the HTTP libraries, at all levels. The test is a separate binary, because a process
//! has one logger.

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use oura_generated::testing::Oura;

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
    let oura = Oura::start().await.expect("a port is free");
    let alice = oura.add_user("alice");
    let builder = alice
        .client_builder()
        .configure_http(|http| http.connection_verbose(true));
    let client = builder.build().expect("it is set up right");
    client.get_personal_info().await.expect("her profile");
    let subscriptions = client.list_webhook_subscriptions().await;
    subscriptions.expect("a list");
    let log = LOGGER.0.lock().expect("no test panics with it").clone();
    assert!(log.contains("reqwest"), "connections are logged: {log}");
    for secret in [alice.token().access.expose(), oura.client_secret()] {
        assert!(!log.contains(secret), "{secret} is in: {log}");
    }
}
