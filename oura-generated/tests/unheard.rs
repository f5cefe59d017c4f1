//! What a call does for a subscriber that does not want to hear of it: nothing. The test has
//! a process of its own, because `tracing` remembers who listened first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oura_generated::{Client, MemoryTransport, Route};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// Counts what it is told. It is asked once for each place of the code, and declines.
#[derive(Clone, Default)]
struct Deaf {
    places: Arc<AtomicUsize>,
    told: Arc<AtomicUsize>,
}

impl Deaf {
    fn hear(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }
}

impl Subscriber for Deaf {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("oura_generated") {
            self.places.fetch_add(1, Ordering::SeqCst);
        }
        Interest::never()
    }

    fn enabled(&self, _: &Metadata<'_>) -> bool {
        self.hear();
        false
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.hear();
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.hear();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.hear();
    }

    fn enter(&self, _: &Id) {
        self.hear();
    }

    fn exit(&self, _: &Id) {
        self.hear();
    }
}

#[test]
fn nobody_who_declines_is_told_anything() {
    let memory = MemoryTransport::new();
    memory.answer(Route::GetPersonalInfo, serde_json::json!({ "id": "me" }));
    let builder = Client::builder().access_token("token").transport(memory);
    let client = builder.build().expect("it is set up right");
    let deaf = Deaf::default();
    tracing::subscriber::with_default(deaf.clone(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        for _ in 0..10 {
            let me = runtime.block_on(client.get_personal_info().send());
            assert_eq!(me.expect("an answer").id, "me");
        }
    });
    assert!(
        deaf.places.load(Ordering::SeqCst) >= 2,
        "the span and the event are there"
    );
    assert_eq!(deaf.told.load(Ordering::SeqCst), 0);
}
