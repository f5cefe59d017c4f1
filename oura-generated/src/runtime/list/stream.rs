//! Lists as streams, over all their pages.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::items::{Items, Parts};
use super::page::{Page, Paged, WithJson};
use super::pager::Pager;
use crate::runtime::call::reply::Reply;
use crate::runtime::call::request::Request;
use crate::runtime::decode;
use crate::runtime::error::Error;

impl<O: Paged, P: Page> Request<O, P> {
    /// The documents of the list as a stream. Pages are fetched as they are needed.
    ///
    /// A document that does not decode is one [`Error::Decode`], and the stream continues;
    /// after any other error it ends. To resume, pass [`Error::cursor`] to the method that sets
    /// the cursor (`next_token`).
    pub fn stream(self) -> Documents<P::Item> {
        self.stream_of(decode::documents::<P>)
    }

    /// The documents of the list as a stream, each with its JSON as it came: fields that are
    /// newer than this crate are in it too. Otherwise it is the same as [`stream`](Self::stream).
    ///
    /// ```no_run
    /// use futures_util::TryStreamExt;
    ///
    /// # async fn example(client: oura_generated::Client) -> Result<(), oura_generated::Error> {
    /// let mut workouts = client.list_workout().stream_json();
    /// while let Some(workout) = workouts.try_next().await? {
    ///     println!("{}: {}", workout.document.activity, workout.json);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream_json(self) -> Documents<WithJson<P::Item>> {
        self.stream_of(decode::documents_with_json::<P>)
    }

    fn stream_of<T>(self, decode: fn(&Reply) -> Result<Parts<T>, Error>) -> Documents<T>
    where
        T: 'static,
    {
        Documents {
            pager: Pager::new(self.into_call(), O::CURSOR_PARAMETER, decode),
            items: Items::default(),
            next: None,
            is_barren: true,
            skip: None,
        }
    }

    /// The pages of the list as a stream. They are fetched as they are needed.
    ///
    /// The stream ends after an error. To resume, pass [`Error::cursor`] to the method that sets
    /// the cursor (`next_token`).
    pub fn pages(self) -> Pages<P> {
        let pager = Pager::new(self.into_call(), O::CURSOR_PARAMETER, decode::json::<P>);
        Pages {
            pager,
            failure: None,
        }
    }
}

/// The documents of a list, over all its pages. See [`Request::stream`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Documents<T> {
    pager: Pager<Parts<T>>,
    items: Items<T>,
    /// The cursor of the page after that of `items`.
    next: Option<String>,
    /// No document of the page was returned: it has none, or all were skipped.
    is_barren: bool,
    skip: Option<Skip>,
}

/// Receives the errors of documents that are skipped.
pub(crate) type Skip = Box<dyn FnMut(Error) + Send>;

impl<T> Documents<T> {
    /// Skips documents that do not decode, and passes their errors to `report`.
    pub fn skip_undecodable(mut self, report: impl FnMut(Error) + Send + 'static) -> Self {
        self.skip = Some(Box::new(report));
        self
    }
}

impl<T: 'static> Documents<T> {
    /// The next document that has arrived, or its error.
    fn next_item(&mut self) -> Option<Result<T, Error>> {
        for item in self.items.by_ref() {
            let item = item.map_err(|error| error.at_cursor(self.pager.cursor()));
            match (item, &mut self.skip) {
                (Err(error), Some(skip)) => skip(error),
                (item, _) => return Some(item),
            }
        }
        None
    }
}

impl<T: 'static> Stream for Documents<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(item) = this.next_item() {
                this.is_barren = false;
                return Poll::Ready(Some(item));
            }
            let next = this.next.take();
            if let Some(error) = this.pager.advance(next, this.is_barren) {
                return Poll::Ready(Some(Err(error)));
            }
            match ready!(this.pager.poll_page(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(Parts { items, next })) => {
                    this.items = items;
                    this.next = next;
                    this.is_barren = true;
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = if self.skip.is_some() {
            0
        } else {
            self.items.len()
        };
        (known, None)
    }
}

impl<T: 'static> FusedStream for Documents<T> {
    fn is_terminated(&self) -> bool {
        self.items.len() == 0 && self.next.is_none() && self.pager.is_done()
    }
}

/// The pages of a list. See [`Request::pages`].
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<P> {
    pager: Pager<P>,
    /// The error that ends the stream after the last page.
    failure: Option<Error>,
}

impl<P: Page> Stream for Pages<P> {
    type Item = Result<P, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(error) = this.failure.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let page = ready!(this.pager.poll_page(cx));
        if let Some(Ok(page)) = &page {
            let next = page.cursor().map(str::to_owned);
            this.failure = this.pager.advance(next, page.is_empty());
        }
        Poll::Ready(page)
    }
}

impl<P: Page> FusedStream for Pages<P> {
    fn is_terminated(&self) -> bool {
        self.failure.is_none() && self.pager.is_done()
    }
}

// Nothing here is pinned: the futures are boxed.
impl<T> Unpin for Documents<T> {}
impl<P> Unpin for Pages<P> {}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("buffered", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Pages<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").finish_non_exhaustive()
    }
}
