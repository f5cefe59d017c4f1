//! The spans and events of a call. The test is a separate binary: others would reach the same
//! callsites without a subscriber, and `tracing` caches that.

mod support;

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use oura_generated::{AccessToken, Client, TokenFuture, TokenSource};
use support::{Server, json, response};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SECRETS: [&str; 3] = ["tok-s3cret", "cl1ent-secret", "health-d4ta"];

/// Keeps all fields of all spans and events.
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
        let fields = Self::default();
        event.record(&mut fields.clone());
        let fields = fields.0.lock().expect("no test panics with it");
        let line = fields.replace('\n', " ");
        let mut log = self.0.lock().expect("no test panics with it");
        writeln!(log, "{line}").expect("memory takes it");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Returns another token after one was refused.
struct Refreshing;

impl TokenSource for Refreshing {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(AccessToken::new(SECRETS[0])) })
    }

    fn fresh_token<'a>(&'a self, _: &'a AccessToken) -> TokenFuture<'a> {
        Box::pin(async { Ok(AccessToken::new("tok-s3cret-2")) })
    }
}

#[test]
fn spans_follow_the_conventions_and_hold_no_secrets() {
    let server = Server::start(|number, _| match number {
        0 => response(503, "{}"),
        1 => response(418, r#"{"detail":"health-d4ta"}"#),
        2 => json("[]"),
        3 => response(401, "{}"),
        _ => json(r#"{"id":"me"}"#),
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
                .expect_err("418");
            client
                .list_webhook_subscriptions()
                .await
                .expect("a response");
            let client = client.with_token_source(Refreshing);
            client.get_personal_info().await.expect("the second time");
        });
    });
    assert_eq!(server.requests().len(), 5);
    let log = listener.0.lock().expect("no test panics with it").clone();
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} is in: {log}");
    }
    for line in [
        "http.request.method=\"GET\"",
        "url.template=\"/v2/usercollection/daily_sleep/{document_id}\"",
        "http.request.resend_count=1",
        "http.response.status_code=418",
        "error.type=\"418\"",
        "url.template=\"/v2/webhook/subscription\"",
        "http.response.status_code=200",
    ] {
        assert!(
            log.lines().any(|logged| logged == line),
            "{line} is not in:\n{log}"
        );
    }
    let attempts: Vec<_> = log
        .lines()
        .filter(|line| line.contains("an attempt"))
        .collect();
    let expected = [(0, 503), (1, 418), (0, 200), (0, 401), (1, 200)];
    assert_eq!(attempts.len(), expected.len(), "{attempts:#?}");
    for (line, (resend, status)) in attempts.iter().zip(expected) {
        let count = format!("http.request.resend_count={resend} ");
        let code = format!("http.response.status_code={status} ");
        assert!(line.contains(&count) && line.contains(&code), "{line}");
        let error = format!("error.type=\"{status}\"");
        assert_eq!(line.contains(&error), status != 200, "{line}");
    }
}
