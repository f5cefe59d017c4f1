//! Requests without `async`: each call waits on a runtime of this crate.
//!
//! Invariant: waiting inside an asynchronous task is an error, never a panic or a deadlock;
//! on threads where blocking is allowed (`spawn_blocking` and `block_in_place` of tokio) it
//! works.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::coop;

use super::call::reply::Response;
use super::call::request::Request;
use super::error::Error;
use super::list::history::History;
use super::list::page::{Page, Paged};
use super::list::stream::{Documents, Pages};

impl<O, T> Request<O, T> {
    /// Sends the request and waits for the response.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`Error::Config`] inside an asynchronous task: use `send`
    /// there. Inside `tokio::task::spawn_blocking` it works.
    pub fn send_blocking(self) -> Result<T, Error> {
        wait(self.send())?
    }

    /// Sends the request, waits, and returns status, headers and trace id together with the
    /// value.
    ///
    /// # Errors
    ///
    /// As [`send_blocking`](Self::send_blocking).
    pub fn send_with_response_blocking(self) -> Result<Response<T>, Error> {
        wait(self.send_with_response())?
    }
}

impl<O: Paged, P: Page> Request<O, P> {
    /// The documents of the list as an iterator: the blocking version of [`stream`](Self::stream).
    pub fn stream_blocking(self) -> Blocking<Documents<P::Item>> {
        self.stream().blocking()
    }

    /// The pages of the list as an iterator: the blocking version of [`pages`](Self::pages).
    pub fn pages_blocking(self) -> Blocking<Pages<P>> {
        self.pages().blocking()
    }
}

impl<T> Documents<T> {
    /// The same documents as an iterator that waits for each.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking { stream: Some(self) }
    }
}

impl<P> Pages<P> {
    /// The same pages as an iterator that waits for each.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking { stream: Some(self) }
    }
}

impl<T, B> History<T, B> {
    /// The same documents as an iterator that waits for each.
    pub fn blocking(self) -> Blocking<Self> {
        Blocking { stream: Some(self) }
    }
}

/// A stream as an iterator. See [`Documents::blocking`].
#[derive(Debug)]
#[must_use = "an iterator does nothing until `next` is called"]
pub struct Blocking<S> {
    /// `None` once it has ended.
    stream: Option<S>,
}

impl<T, S: Stream<Item = Result<T, Error>> + Unpin> Iterator for Blocking<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        let next = wait(std::future::poll_fn(|cx| {
            Pin::new(&mut *stream).poll_next(cx)
        }));
        if !matches!(next, Ok(Some(_))) {
            self.stream = None;
        }
        next.unwrap_or_else(|error| Some(Err(error)))
    }
}

/// Waits for `future` outside of any other runtime.
pub(crate) fn wait<F: Future>(future: F) -> Result<F::Output, Error> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

    if is_in_task() {
        return Err(Error::config(
            "a blocking call inside an asynchronous task: use `send`",
        ));
    }
    // Connections live on the runtime's own thread, from one call to the next.
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
    };
    let runtime = RUNTIME.get_or_init(|| start().map_err(|error| error.to_string()));
    match runtime {
        // The `block_on` of the runtime panics in places that cannot be recognized beforehand.
        Ok(runtime) => {
            let _context = runtime.enter();
            Ok(pollster::block_on(future))
        }
        Err(error) => Err(Error::config(format!(
            "blocking calls cannot be set up: {error}"
        ))),
    }
}

/// Whether this thread is polling an asynchronous task. Only then tokio has a budget of steps until
/// the next yield: elsewhere, and where blocking is allowed, the budget has no end. A task whose
/// budget is used up here yields a little earlier.
fn is_in_task() -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    (0..=u8::MAX).any(|_| match coop::poll_proceed(&mut cx) {
        Poll::Ready(step) => {
            step.made_progress();
            false
        }
        Poll::Pending => true,
    })
}
