//! A long range of days as windows, several of which are fetched at once.
//!
//! The server's routes differ in whether a range includes its last bound. Windows
//! therefore overlap by a day, and documents of the previous window are skipped.
//! Invariant: no document comes twice and none is lost, on both kinds of routes, and all are in
//! the order of the windows.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

use super::page::{Page, Ranged};
use super::pager::Pager;
use super::stream::Skip;
use super::window::{self, Window, Windows};
use crate::runtime::call::Call;
use crate::runtime::call::query::QueryValue;
use crate::runtime::call::reply::Reply;
use crate::runtime::call::request::Request;
use crate::runtime::decode::date_or_date_time::DateOrDateTime;
use crate::runtime::decode::{self, Keyed};
use crate::runtime::error::Error;
use crate::runtime::error::message::Prefix;
use crate::runtime::transport::{TransportError, TransportErrorKind};

/// How many windows are fetched side by side.
const CONCURRENCY: usize = 3;
/// How long a window is, in days.
const WINDOW_DAYS: u16 = 30;

impl<O: Ranged, P: Page> Request<O, P> {
    /// The documents of a long range, from `start` to `end`, as a stream in order.
    ///
    /// The range is split into windows of a month, some of which are fetched side by side.
    /// No document comes twice and none is lost between two windows. Whether `end` itself is
    /// included depends on the route, as for a single request.
    ///
    /// Windows are fetched by separate tasks, which end with the stream: a slow consumer
    /// does not make a fetch time out. The stream needs a tokio runtime, as every call does.
    ///
    /// Errors are those of [`stream`](Self::stream), but without a cursor to resume from: a
    /// cursor belongs to one window. After an error that ends the stream, begin again at
    /// [`History::resume_from`]. A range that ends before it starts, or that is longer than
    /// 50 years, fails with [`Error::Argument`], and nothing is sent.
    pub fn history(
        self,
        start: impl Into<O::Bound>,
        end: impl Into<O::Bound>,
    ) -> History<P::Item, O::Bound> {
        let (start, end) = (start.into().into(), end.into().into());
        let mut call = self.into_call();
        if call.query_value(O::CURSOR_PARAMETER).is_some() {
            let message = "is for a single list; a history follows cursors itself: leave it out";
            call.refuse(O::CURSOR_PARAMETER, message);
        }
        if let Some(latest) = O::LATEST_PARAMETER
            && call.query_value(latest) == Some("true")
        {
            let message = "would return one document for each window of a history: leave it out";
            call.refuse(latest, message);
        }
        if window::is_backwards(start, end) {
            call.refuse(O::START_PARAMETER, window::BACKWARDS);
        } else if window::is_too_long(start, end) {
            let message = "is more than 50 years before the end of the range; check the year";
            call.refuse(O::START_PARAMETER, message);
        }
        let plan = Plan {
            call,
            cursor_parameter: O::CURSOR_PARAMETER,
            start_parameter: O::START_PARAMETER,
            end_parameter: O::END_PARAMETER,
            decode: decode::keyed_documents::<P>,
        };
        History::new(plan, (start, end))
    }
}

/// The documents of a long range. See [`Request::history`]. `B` is the type of its bounds.
#[must_use = "a stream does nothing until it is polled"]
pub struct History<T, B = DateOrDateTime> {
    plan: Plan<T>,
    range: Window,
    window_days: u16,
    concurrency: usize,
    skip: Option<Skip>,
    /// The windows to come; made by the first poll.
    windows: Option<Windows>,
    /// The windows that are being fetched, in order.
    fetches: VecDeque<Fetch<T>>,
    /// Documents of the first of them that are not yet returned.
    items: VecDeque<Result<T, Error>>,
    /// The keys of the documents of the window before the first of them.
    before: HashSet<Box<str>>,
    /// The error that ends the stream after `items`.
    failure: Option<Error>,
    /// Where the first window that is not finished begins.
    /// `None` once all are.
    unfinished: Option<DateOrDateTime>,
    is_done: bool,
    bound: PhantomData<fn() -> B>,
}

/// How windows become calls.
struct Plan<T> {
    call: Box<Call>,
    cursor_parameter: &'static str,
    start_parameter: &'static str,
    end_parameter: &'static str,
    decode: fn(&Reply) -> Result<Keyed<T>, Error>,
}

/// One window that is being fetched.
struct Fetch<T> {
    window: Window,
    fetched: mpsc::Receiver<Fetched<T>>,
    /// The keys of the documents that it returned so far.
    keys: HashSet<Box<str>>,
    _task: Task,
}

/// What the task of a window sends. Nothing follows a `Failure` or the `End`.
enum Fetched<T> {
    Page(Keyed<T>),
    Failure(Error),
    End,
}

/// A task that is stopped when this is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T, B> History<T, B> {
    fn new(plan: Plan<T>, range: Window) -> Self {
        Self {
            plan,
            range,
            window_days: WINDOW_DAYS,
            concurrency: CONCURRENCY,
            skip: None,
            windows: None,
            fetches: VecDeque::new(),
            items: VecDeque::new(),
            before: HashSet::new(),
            failure: None,
            unfinished: Some(range.0),
            is_done: false,
            bound: PhantomData,
        }
    }

    /// Sets how long a window is. Default: 30 days; the spec recommends one to three
    /// months. Zero counts as one.
    pub fn window_days(mut self, days: u16) -> Self {
        self.window_days = days;
        self
    }

    /// Sets how many windows are fetched side by side. Default: 3; zero counts as one. Each
    /// window keeps at most one page in memory.
    pub fn concurrency(mut self, windows: usize) -> Self {
        self.concurrency = windows.max(1);
        self
    }

    /// Skips documents that do not decode, and passes their errors to `report`.
    pub fn skip_undecodable(mut self, report: impl FnMut(Error) + Send + 'static) -> Self {
        self.skip = Some(Box::new(report));
        self
    }

    /// Where to begin a history of the missing documents: the start of the first window that is
    /// not finished, of the type that [`Request::history`] takes. Documents of that window
    /// that were returned already come again. `None` once all windows are finished.
    pub fn resume_from(&self) -> Option<B>
    where
        B: TryFrom<DateOrDateTime>,
    {
        // A window begins with a bound of the range's own kind.
        self.unfinished.and_then(|start| B::try_from(start).ok())
    }

    /// The next document that has arrived, or its error.
    fn next_item(&mut self) -> Option<Result<T, Error>> {
        while let Some(item) = self.items.pop_front() {
            match (item, &mut self.skip) {
                (Err(error), Some(skip)) => skip(error),
                (item, _) => return Some(item),
            }
        }
        let failure = self.failure.take()?;
        self.is_done = true;
        self.fetches.clear();
        Some(Err(failure))
    }
}

impl<T: Send + 'static, B> History<T, B> {
    /// Starts fetching as many windows as may be fetched side by side.
    fn begin_windows(&mut self) -> Result<(), Error> {
        let (start, end) = self.range;
        let days = self.window_days;
        let windows = self
            .windows
            .get_or_insert_with(|| Windows::new(start, end, days));
        while self.fetches.len() < self.concurrency
            && let Some(window) = windows.next()
        {
            self.fetches.push_back(self.plan.fetch(window)?);
        }
        self.unfinished = self.fetches.front().map(|first| first.window.0);
        Ok(())
    }

    /// Polls the task of the first window; `None` after the last one.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<Fetched<T>>> {
        let Some(first) = self.fetches.front_mut() else {
            return Poll::Ready(None);
        };
        let fetched = ready!(first.fetched.poll_recv(cx));
        // A task that ends without a message was stopped: its window is not complete.
        Poll::Ready(Some(
            fetched.unwrap_or_else(|| Fetched::Failure(self.plan.stopped())),
        ))
    }

    /// Adds a page of the first window, without the documents that the previous window had.
    fn take_page(&mut self, page: Keyed<T>) {
        let is_split = self.windows.as_ref().is_some_and(Windows::is_split);
        let Some(first) = self.fetches.front_mut() else {
            return;
        };
        for (key, document) in page.documents {
            let is_known = key.as_ref().is_some_and(|key| self.before.contains(key));
            if key.is_none() && document.is_ok() && is_split {
                self.failure = Some(self.plan.no_key());
                return;
            }
            first.keys.extend(key);
            if !is_known {
                self.items.push_back(document);
            }
        }
    }
}

impl<T: Send + 'static> Plan<T> {
    fn fetch(&self, window: Window) -> Result<Fetch<T>, Error> {
        let mut call = self.call.clone();
        let (start, end) = window;
        for (name, bound) in [(self.start_parameter, start), (self.end_parameter, end)] {
            match bound.query_value() {
                Ok(value) => call.set_query(name, vec![value]),
                Err(message) => call.refuse(name, message),
            }
        }
        let runtime = Handle::try_current()
            .map_err(|_| Error::config("a history needs a tokio runtime; poll it inside of one"))?;
        let pager = Pager::new(call, self.cursor_parameter, self.decode);
        let (tell, fetched) = mpsc::channel(1);
        let task = runtime.spawn(fetch_pages(pager, tell).in_current_span());
        Ok(Fetch {
            window,
            fetched,
            keys: HashSet::new(),
            _task: Task(task),
        })
    }

    fn no_key(&self) -> Error {
        let prefix = Prefix(self.call.route);
        Error::config(format!(
            "{prefix}a history needs the `id` or the `timestamp` of each document to tell them \
             apart: select one of these fields too",
        ))
    }

    fn stopped(&self) -> Error {
        let message = "the task that fetched a window was stopped";
        Error::Transport {
            route: self.call.route,
            source: TransportError::new(TransportErrorKind::Other, message),
            cursor: None,
        }
    }
}

/// Fetches the pages of a window, each when the previous one was taken: no more than one
/// waits in memory.
async fn fetch_pages<T: Send + 'static>(
    mut pager: Pager<Keyed<T>>,
    tell: mpsc::Sender<Fetched<T>>,
) {
    let mut failure = None;
    while let Ok(place) = tell.reserve().await {
        let fetched = match failure.take() {
            Some(error) => Fetched::Failure(error),
            None => match poll_fn(|cx| pager.poll_page(cx)).await {
                None => Fetched::End,
                Some(Err(error)) => Fetched::Failure(error.at_cursor(None)),
                Some(Ok(mut page)) => {
                    let failed = pager.advance(page.next.take(), page.documents.is_empty());
                    failure = failed.map(|error| error.at_cursor(None));
                    Fetched::Page(page)
                }
            },
        };
        let is_last = !matches!(fetched, Fetched::Page(_));
        place.send(fetched);
        if is_last {
            return;
        }
    }
}

impl<T: Send + 'static, B> Stream for History<T, B> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.next_item() {
                return Poll::Ready(Some(item));
            }
            if this.is_done {
                return Poll::Ready(None);
            }
            if let Err(error) = this.begin_windows() {
                this.failure = Some(error);
                continue;
            }
            match ready!(this.poll_first(cx)) {
                Some(Fetched::Page(page)) => this.take_page(page),
                Some(Fetched::Failure(error)) => this.failure = Some(error),
                Some(Fetched::End) => {
                    let finished = this.fetches.pop_front();
                    this.before = finished.map(|window| window.keys).unwrap_or_default();
                }
                None => this.is_done = true,
            }
        }
    }
}

impl<T: Send + 'static, B> FusedStream for History<T, B> {
    fn is_terminated(&self) -> bool {
        self.is_done
    }
}

// Nothing here is pinned: the futures are in separate tasks.
impl<T, B> Unpin for History<T, B> {}

impl<T, B> fmt::Debug for History<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
