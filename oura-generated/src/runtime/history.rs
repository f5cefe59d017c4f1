//! A long range as windows that are fetched side by side.
//!
//! The server's routes differ in whether their last bound belongs to the range. Windows
//! therefore overlap by a day, and what the window in front had already is left out.
//! Invariant: no document twice and none lost, whichever way a bound is meant, and all in
//! the order of the windows.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::call::Call;
use super::decode::{self, Keyed};
use super::documents::Skip;
use super::error::Error;
use super::page::{Page, Ranged};
use super::pager::Pager;
use super::query::QueryValue;
use super::reply::Reply;
use super::request::Request;
use super::window::{self, Window, Windows};

/// How many windows are fetched side by side.
const CONCURRENCY: usize = 3;
/// How long a window is, in days.
const WINDOW_DAYS: u16 = 30;

impl<O: Ranged, P: Page> Request<O, P> {
    /// The documents of a long range, from `start` to `end`, as a stream in order.
    ///
    /// The range is split into windows of a month, some of which are fetched side by side.
    /// No document comes twice and none is lost between two windows. What the very last
    /// bound means is the route's matter, as for a single request.
    ///
    /// Errors are those of [`stream`](Self::stream); after one that ends the stream, begin
    /// again with the day of the last document.
    pub fn history(self, start: impl Into<O::Bound>, end: impl Into<O::Bound>) -> History<P::Item> {
        let (start, end) = (start.into().into(), end.into().into());
        let mut call = self.into_call();
        if call.query_value(O::CURSOR_PARAMETER).is_some() {
            let message = "belongs to one list; a history follows cursors of its own";
            call.refuse(O::CURSOR_PARAMETER, message);
        }
        if window::compare(start, end) == Ordering::Greater {
            call.refuse(O::START_PARAMETER, "is after the end of the range");
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

/// The documents of a long range. See [`Request::history`].
#[must_use = "a stream does nothing until it is polled"]
pub struct History<T> {
    plan: Plan<T>,
    range: Window,
    window_days: u16,
    concurrency: usize,
    skip: Option<Skip>,
    /// The windows to come; made by the first poll.
    windows: Option<Windows>,
    /// The windows that are being fetched, in order.
    fetches: VecDeque<Fetch<T>>,
    /// Documents of the first of them that are not yet given away.
    items: VecDeque<Result<T, Error>>,
    /// What the window before the first of them had.
    before: HashSet<Box<str>>,
    /// What comes after `items`, and last.
    failure: Option<Error>,
    is_done: bool,
}

/// How windows become calls.
struct Plan<T> {
    call: Call,
    cursor_parameter: &'static str,
    start_parameter: &'static str,
    end_parameter: &'static str,
    decode: fn(&Reply) -> Result<Keyed<T>, Error>,
}

/// One window that is being fetched.
struct Fetch<T> {
    pager: Pager<Keyed<T>>,
    /// A page that came while another window was first.
    waiting: Option<Result<Keyed<T>, Error>>,
    /// What the window has had so far.
    keys: HashSet<Box<str>>,
}

impl<T> History<T> {
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
            is_done: false,
        }
    }

    /// Sets how long a window is. Default: 30 days; the document recommends one to three
    /// months. Zero counts as one.
    pub fn window_days(mut self, days: u16) -> Self {
        self.window_days = days;
        self
    }

    /// Sets how many windows are fetched side by side. Default: 3; zero counts as one. Of
    /// each of them no more than one page waits in memory.
    pub fn concurrency(mut self, windows: usize) -> Self {
        self.concurrency = windows.max(1);
        self
    }

    /// Leaves out documents that do not decode; `report` is given their errors.
    pub fn skip_undecodable(mut self, report: impl FnMut(Error) + Send + 'static) -> Self {
        self.skip = Some(Box::new(report));
        self
    }

    /// The next document at hand, or its error.
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

impl<T: 'static> History<T> {
    /// Begins as many windows as may be fetched side by side.
    fn begin_windows(&mut self) {
        let (start, end) = self.range;
        let days = self.window_days;
        let windows = self
            .windows
            .get_or_insert_with(|| Windows::new(start, end, days));
        while self.fetches.len() < self.concurrency
            && let Some(window) = windows.next()
        {
            self.fetches.push_back(self.plan.fetch(window));
        }
    }

    /// The next page of the first window; meanwhile the others go on.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Keyed<T>, Error>>> {
        let mut fetches = self.fetches.iter_mut();
        let Some(first) = fetches.next() else {
            return Poll::Ready(None);
        };
        let page = match first.waiting.take() {
            Some(page) => Poll::Ready(Some(page)),
            None => first.pager.poll_page(cx),
        };
        for fetch in fetches.filter(|fetch| fetch.waiting.is_none()) {
            if let Poll::Ready(page) = fetch.pager.poll_page(cx) {
                fetch.waiting = page;
            }
        }
        page
    }

    /// Takes in a page of the first window, without what the window in front had.
    fn take_page(&mut self, page: Keyed<T>) {
        let is_split = self.windows.as_ref().is_some_and(Windows::is_split);
        let Some(first) = self.fetches.front_mut() else {
            return;
        };
        let cursor = first.pager.cursor().map(Box::<str>::from);
        let was_empty = page.documents.is_empty();
        for (key, document) in page.documents {
            let document = document.map_err(|error| error.at_cursor(cursor.as_deref()));
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
        self.failure = first.pager.advance(page.next, was_empty);
    }
}

impl<T: 'static> Plan<T> {
    fn fetch(&self, (start, end): Window) -> Fetch<T> {
        let mut call = self.call.clone();
        for (name, bound) in [(self.start_parameter, start), (self.end_parameter, end)] {
            match bound.query_value() {
                Ok(value) => call.set_query(name, vec![value]),
                Err(message) => call.refuse(name, message),
            }
        }
        let pager = Pager::new(call, self.cursor_parameter, self.decode);
        Fetch {
            pager,
            waiting: None,
            keys: HashSet::new(),
        }
    }

    fn no_key(&self) -> Error {
        let message = "needs the `id` or the `timestamp` of each document to tell them apart: \
                       select one of these fields too";
        Error::argument(self.call.route, "history", message)
    }
}

impl<T: 'static> Stream for History<T> {
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
            this.begin_windows();
            match ready!(this.poll_first(cx)) {
                Some(Ok(page)) => this.take_page(page),
                Some(Err(error)) => this.failure = Some(error),
                None => match this.fetches.pop_front() {
                    Some(finished) => this.before = finished.keys,
                    None => this.is_done = true,
                },
            }
        }
    }
}

impl<T: 'static> FusedStream for History<T> {
    fn is_terminated(&self) -> bool {
        self.is_done
    }
}

// Nothing here is pinned in place: what is polled is in boxes of its own.
impl<T> Unpin for History<T> {}

impl<T> fmt::Debug for History<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}
