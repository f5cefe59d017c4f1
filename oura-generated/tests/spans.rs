//! What a subscriber hears of a call. The test has a process of its own: others would reach
//! the same places of the code while nobody listens, and `tracing` remembers that.

mod support;

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use oura_generated::Client;
use support::{Answer, Server};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SECRETS: [&str; 3] = ["tok-s3cret", "cl1ent-secret", "health-d4ta"];

/// Keeps everything that is told.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<String>>);

impl Visit for Listener {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let mut log = self.0.lock().expect("no test panics with it");
        writeln!(log, "{}={value:?}", field.name()).expect("memory takes it");
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn spans_tell_what_happened_by_the_conventions_and_no_secrets() {
    let server = Server::start(|number, _| match number {
        0 => Answer::status(503, "{}"),
        1 => Answer::status(404, r#"{"detail":"health-d4ta"}"#),
        _ => Answer::json("[]"),
    });
    let listener = Listener::default();
    tracing::subscriber::with_default(listener.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let builder = Client::builder()
                .base_url(&server.url)
                .access_token(SECRETS[0]);
            let client = builder
                .client_credentials("id-1", SECRETS[1])
                .build()
                .expect("good");
            client
                .get_daily_sleep("health-d4ta")
                .await
                .expect_err("404");
            client
                .list_webhook_subscriptions()
                .await
                .expect("an answer");
        });
    });
    assert_eq!(server.received().len(), 3);
    let log = listener.0.lock().expect("no test panics with it").clone();
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in: {log}");
    }
    for line in [
        "http.request.method=\"GET\"",
        "url.template=\"/v2/usercollection/daily_sleep/{document_id}\"",
        "http.request.resend_count=1",
        "error.type=\"503\"",
        "http.response.status_code=404",
        "error.type=\"404\"",
        "url.template=\"/v2/webhook/subscription\"",
        "http.response.status_code=200",
    ] {
        assert!(
            log.lines().any(|told| told == line),
            "{line} is not in:\n{log}"
        );
    }
}
