//! Finds events that were delivered before.
//!
//! Oura repeats a delivery when the response is lost or late, and anybody who saw one can replay
//! it as long as its timestamp is accepted.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::event::Event;

/// The future of [`SeenEvents::is_new`]: whether the event is new.
pub type SeenFuture<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Remembers the events that came before.
///
/// [`SeenInMemory`] is for one process. Implement it on a store that several processes share,
/// with one step that both checks and remembers (`INSERT .. ON CONFLICT DO NOTHING`). When the
/// store fails, return `true`: an event that is handled twice does less harm than
/// one that is lost.
pub trait SeenEvents: Send + Sync + 'static {
    /// Remembers an event; `false` when it came before.
    fn is_new<'a>(&'a self, event: &'a Event) -> SeenFuture<'a>;
}

impl<T: SeenEvents + ?Sized> SeenEvents for Arc<T> {
    fn is_new<'a>(&'a self, event: &'a Event) -> SeenFuture<'a> {
        (**self).is_new(event)
    }
}

/// Remembers the most recent events in the memory of this process. Clones share it.
#[derive(Clone)]
pub struct SeenInMemory {
    capacity: usize,
    state: Arc<Mutex<Digests>>,
}

/// Digests of events: their size does not depend on what came.
#[derive(Default)]
struct Digests {
    known: HashSet<[u8; 32]>,
    oldest_first: VecDeque<[u8; 32]>,
}

impl SeenInMemory {
    /// Remembers `capacity` events, and forgets the oldest ones: each takes about a hundred
    /// bytes.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Arc::default(),
        }
    }

    fn remember(&self, digest: [u8; 32]) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Digests {
            known,
            oldest_first,
        } = &mut *state;
        if !known.insert(digest) {
            return false;
        }
        oldest_first.push_back(digest);
        while oldest_first.len() > self.capacity {
            oldest_first.pop_front().map(|oldest| known.remove(&oldest));
        }
        true
    }
}

impl SeenEvents for SeenInMemory {
    fn is_new<'a>(&'a self, event: &'a Event) -> SeenFuture<'a> {
        Box::pin(std::future::ready(self.remember(event.digest())))
    }
}

/// Wraps the handler of events so that each event is handled once.
///
/// An event counts as seen when its handling begins. If no event may be lost, use a persistent
/// queue instead.
pub fn once<H, F>(
    seen: impl SeenEvents,
    handler: H,
) -> impl Fn(Event) -> Pin<Box<dyn Future<Output = ()> + Send>> + Clone + Send + Sync + 'static
where
    H: Fn(Event) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let shared = Arc::new((seen, handler));
    move |event| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (seen, handler) = &*shared;
            if seen.is_new(&event).await {
                handler(event).await;
            }
        })
    }
}

impl fmt::Debug for SeenInMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenInMemory")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
