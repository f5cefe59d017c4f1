//! A call does nothing for a subscriber that disables its spans and events. The test is a separate
//! binary, because `tracing` caches the interest of the first subscriber.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oura_generated::{Client, MemoryTransport, Route};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// Declines every callsite, and counts the callsites and the calls that come nevertheless.
#[derive(Clone, Default)]
struct Uninterested {
    callsites: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Uninterested {
    fn count_call(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
    }
}

impl Subscriber for Uninterested {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("oura_generated") {
            self.callsites.fetch_add(1, Ordering::SeqCst);
        }
        Interest::never()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        self.count_call();
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.count_call();
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.count_call();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.count_call();
    }

    fn enter(&self, _: &Id) {
        self.count_call();
    }

    fn exit(&self, _: &Id) {
        self.count_call();
    }
}

#[test]
fn a_subscriber_that_declines_is_not_called() {
    let memory = MemoryTransport::new();
    memory.answer(Route::GetPersonalInfo, serde_json::json!({ "id": "me" }));
    let builder = Client::builder().access_token("token").transport(memory);
    let client = builder.build().expect("it is set up right");
    let subscriber = Uninterested::default();
    tracing::subscriber::with_default(subscriber.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        for _ in 0..10 {
            let me = runtime.block_on(client.get_personal_info().send());
            assert_eq!(me.expect("a response").id, "me");
        }
    });
    assert!(
        subscriber.callsites.load(Ordering::SeqCst) >= 2,
        "the span and the event are there"
    );
    assert_eq!(subscriber.calls.load(Ordering::SeqCst), 0);
}
