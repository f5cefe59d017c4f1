//! The stream of batches: some resources side by side, each by a task.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::{FusedStream, Stream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tracing::Instrument;

use super::batch::Batch;
use super::worker::{Outcome, Worker};
use crate::runtime::transport::{TransportError, TransportErrorKind};
use crate::{Error, Resource};

/// The batches of a synchronization. See [`Client::sync`](crate::Client::sync).
#[must_use = "a stream does nothing until it is polled"]
pub struct Batches {
    /// The resources that are not begun.
    waiting: VecDeque<Worker>,
    concurrency: usize,
    /// The resources that are being fetched. They end with the stream.
    running: JoinSet<Outcome>,
    tell: mpsc::Sender<Batch>,
    batches: mpsc::Receiver<Batch>,
    skipped: Vec<(Resource, Error)>,
    /// Whether a resource was fetched without an error.
    any_done: bool,
    /// The error that ends the stream.
    failure: Option<Error>,
    is_done: bool,
}

impl Batches {
    pub(super) fn new(workers: Result<Vec<Worker>, Error>, concurrency: usize) -> Self {
        let (waiting, failure): (VecDeque<_>, _) = match workers {
            Ok(workers) => (workers.into(), None),
            Err(error) => (VecDeque::new(), Some(error)),
        };
        let concurrency = concurrency.clamp(1, waiting.len().max(1));
        let (tell, batches) = mpsc::channel(concurrency);
        Self {
            waiting,
            concurrency,
            running: JoinSet::new(),
            tell,
            batches,
            skipped: Vec::new(),
            any_done: false,
            failure,
            is_done: false,
        }
    }

    /// The resources that were skipped so far, each with its error: the token lacks
    /// a scope, the membership does not include them, or the server does not know them.
    ///
    /// When all resources are skipped, the first of these errors ends the stream instead.
    pub fn skipped(&self) -> &[(Resource, Error)] {
        &self.skipped
    }

    /// Starts as many resources as are fetched side by side.
    fn begin(&mut self) {
        while self.running.len() < self.concurrency
            && let Some(worker) = self.waiting.pop_front()
        {
            let Ok(runtime) = Handle::try_current() else {
                let message = "a synchronization needs a tokio runtime; poll it inside of one";
                self.failure = Some(Error::config(message));
                return;
            };
            let work = worker.run(self.tell.clone()).in_current_span();
            self.running.spawn_on(work, &runtime);
        }
    }

    fn end(&mut self, outcome: Result<Outcome, JoinError>) {
        match outcome {
            Ok(Outcome::Done) => self.any_done = true,
            Ok(Outcome::Skipped(resource, error)) => self.skipped.push((resource, error)),
            Ok(Outcome::Failed(error)) => self.failure = Some(error),
            Err(_) => {
                let message = "the task that fetched a resource was stopped";
                let source = TransportError::new(TransportErrorKind::Other, message);
                self.failure = Some(Error::Transport {
                    route: None,
                    source,
                    cursor: None,
                });
            }
        }
    }

    /// The error at the end: none if a resource was fetched.
    fn last_error(&mut self) -> Option<Error> {
        let all_skipped = !self.any_done && !self.skipped.is_empty();
        let failure = self.failure.take();
        failure.or_else(|| all_skipped.then(|| self.skipped.remove(0).1))
    }
}

impl Stream for Batches {
    type Item = Result<Batch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.is_done {
            if this.failure.is_none() {
                this.begin();
            }
            // This comes first: batches that a resource sent before it ended must not be lost.
            if let Poll::Ready(Some(batch)) = this.batches.poll_recv(cx) {
                return Poll::Ready(Some(Ok(batch)));
            }
            if this.failure.is_none() {
                match this.running.poll_join_next(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(outcome)) => {
                        this.end(outcome);
                        continue;
                    }
                    Poll::Ready(None) => {}
                }
            }
            this.is_done = true;
            this.running.abort_all();
            if let Some(error) = this.last_error() {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(None)
    }
}

impl FusedStream for Batches {
    fn is_terminated(&self) -> bool {
        self.is_done
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("waiting", &self.waiting.len())
            .field("running", &self.running.len())
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}
