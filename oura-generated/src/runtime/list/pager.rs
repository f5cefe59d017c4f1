//! Fetches the pages of a list by their cursors.
//!
//! Some servers are reported to refuse a cursor together with the bounds of its list. Then that
//! page and those after it are fetched without the bounds.
//! Invariant: an empty cursor ends the list, a cursor that comes twice is an error, and after
//! an error of a page there is no other page.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::runtime::call::Call;
use crate::runtime::call::reply::Reply;
use crate::runtime::error::api::{ApiErrorKind, ValidationIssue};
use crate::runtime::error::{CursorProblem, Error};

/// After so many pages in a row with a new cursor and no documents, the list counts as endless.
const EMPTY_PAGES: usize = 100;

/// Fetches pages, each decoded as an `R`.
pub(crate) struct Pager<R> {
    call: Box<Call>,
    parameter: &'static str,
    decode: fn(&Reply) -> Result<R, Error>,
    state: Progress<R>,
    /// The cursor of the page that is fetched next, is on its way or came last.
    cursor: Option<Box<str>>,
    seen: HashSet<Box<str>>,
    empty_pages: usize,
}

enum Progress<R> {
    Ready,
    Fetching(Fetch<R>),
    Done,
}

type Fetch<R> = Pin<Box<dyn Future<Output = Result<R, Error>> + Send>>;

impl<R: 'static> Pager<R> {
    pub(crate) fn new(
        call: Box<Call>,
        parameter: &'static str,
        decode: fn(&Reply) -> Result<R, Error>,
    ) -> Self {
        let cursor: Option<Box<str>> = call.query_value(parameter).map(Box::from);
        let seen = cursor.iter().cloned().collect();
        Self {
            call,
            parameter,
            decode,
            state: Progress::Ready,
            cursor,
            seen,
            empty_pages: 0,
        }
    }

    /// The cursor of the page that came last or is on its way.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Whether there is no other page.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, Progress::Done)
    }

    /// The next page. The caller says with [`advance`](Self::advance) which one follows it.
    pub(crate) fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<R, Error>>> {
        loop {
            match &mut self.state {
                Progress::Done => return Poll::Ready(None),
                Progress::Ready => self.state = Progress::Fetching(self.fetch()),
                Progress::Fetching(fetch) => {
                    let page = ready!(fetch.as_mut().poll(cx));
                    if let Err(error) = &page
                        && self.is_refused_beside_bounds(error)
                    {
                        self.state = Progress::Ready;
                        continue;
                    }
                    self.state = Progress::Done;
                    let page = page.map_err(|error| error.at_cursor(self.cursor()));
                    return Poll::Ready(Some(page));
                }
            }
        }
    }

    /// Goes on to the page with the cursor `next`, if there is one. Returns an error when the list
    /// does not end.
    pub(crate) fn advance(&mut self, next: Option<String>, was_empty: bool) -> Option<Error> {
        let next = next.filter(|next| !next.is_empty())?;
        self.empty_pages = if was_empty { self.empty_pages + 1 } else { 0 };
        let cursor = next.into_boxed_str();
        let reason = match () {
            () if !self.seen.insert(cursor.clone()) => Some(CursorProblem::Repeated),
            () if self.empty_pages >= EMPTY_PAGES => Some(CursorProblem::EmptyPages),
            () => None,
        };
        if let Some(reason) = reason {
            return Some(Error::Cursor {
                route: self.call.route,
                cursor: Some(cursor),
                reason,
            });
        }
        self.cursor = Some(cursor);
        self.state = Progress::Ready;
        None
    }

    /// Whether the server refused the cursor and the call had bounds, which are then removed from
    /// the call.
    fn is_refused_beside_bounds(&mut self, error: &Error) -> bool {
        let names_cursor = |issue: &ValidationIssue| {
            issue.loc.iter().any(|step| step == self.parameter)
                || issue.msg.contains(self.parameter)
        };
        let is_refused = match error {
            Error::Api(error) => match &error.kind {
                ApiErrorKind::Validation(issues) => issues.iter().any(names_cursor),
                _ => false,
            },
            _ => false,
        };
        is_refused && self.cursor.is_some() && self.call.drop_bounds()
    }

    fn fetch(&self) -> Fetch<R> {
        let mut call = self.call.clone();
        if let Some(cursor) = &self.cursor {
            call.set_query(self.parameter, vec![cursor.to_string()]);
        }
        let decode = self.decode;
        Box::pin(async move { call.run(decode).await.map(|(_, page)| page) })
    }
}
