//! Fetches one resource, span after span.

use std::future::poll_fn;
use std::ops::Range;

use time::{Date, OffsetDateTime};
use tokio::sync::mpsc;

use super::batch::Batch;
use super::checkpoint::Checkpoint;
use super::record::{self, Record};
use super::walk::Walk;
use crate::runtime::call::Call;
use crate::runtime::call::query::QueryValue;
use crate::runtime::list::pager::Pager;
use crate::runtime::route::resource::{Bounds, ListInfo};
use crate::{Client, Error, Resource};

/// Fetches one resource.
pub(super) struct Worker {
    pub(super) client: Client,
    pub(super) resource: Resource,
    pub(super) list: &'static ListInfo,
    pub(super) walk: Walk,
    /// The day of the checkpoint that was resumed from: no new checkpoint is before it.
    pub(super) checkpoint: Option<Date>,
}

/// How a resource ended.
pub(super) enum Outcome {
    /// The whole range was fetched.
    Done,
    /// It is skipped: the server does not have it, or not for this token.
    Skipped(Resource, Error),
    /// The synchronization ends with this error.
    Failed(Error),
}

/// The result of fetching a span.
enum Fetched {
    Whole(Vec<Record>, usize),
    /// The span holds too much; the places of the first and the last document that came.
    TooLarge(Option<(i64, i64)>),
}

impl Worker {
    /// Fetches the resource. A span is fetched when the channel has a place for its batch, so no
    /// more batches wait in memory than the channel has places.
    pub(super) async fn run(self, tell: mpsc::Sender<Batch>) -> Outcome {
        let resource = self.resource;
        match self.fetch_spans(tell).await {
            Ok(()) => Outcome::Done,
            Err(error) if is_skipped(&error) => Outcome::Skipped(resource, error),
            Err(error) => Outcome::Failed(error),
        }
    }

    async fn fetch_spans(mut self, tell: mpsc::Sender<Batch>) -> Result<(), Error> {
        loop {
            let range = self.walk.next();
            if range.is_empty() {
                return Ok(());
            }
            let Ok(place) = tell.reserve().await else {
                return Ok(());
            };
            let today = OffsetDateTime::now_utc().date();
            match self.fetch(&range).await? {
                Fetched::Whole(records, bytes) => {
                    place.send(self.batch(&range, today, records)?);
                    self.walk.pass(&range, bytes);
                }
                Fetched::TooLarge(seen) => self.walk.shorten(&range, seen),
            }
        }
    }

    /// Fetches a span, unless it turns out to be too large.
    #[allow(unused_mut, unused_variables, reason = "an API may have no resources")]
    async fn fetch(&self, range: &Range<i64>) -> Result<Fetched, Error> {
        let cursor = self.list.cursor_parameter;
        let mut pager = Pager::new(self.call(range)?, cursor, self.list.decode);
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut seen: Option<(i64, i64)> = None;
        while let Some(page) = poll_fn(|cx| pager.poll_page(cx)).await {
            let page = page.map_err(|error| error.at_cursor(None))?;
            let is_empty = page.documents.is_empty();
            records.reserve(page.documents.len());
            for json in page.documents {
                let record = Record::read(self.resource, json);
                let place = self.walk.place(record.at);
                if place.is_some_and(|place| !range.contains(&place)) {
                    continue;
                }
                if let Some(place) = place {
                    let (first, last) = seen.unwrap_or((place, place));
                    seen = Some((first.min(place), last.max(place)));
                }
                bytes += record.json.get().len();
                records.push(record);
            }
            if page.next.is_some() && self.walk.is_too_large(range, bytes) {
                return Ok(Fetched::TooLarge(seen));
            }
            if let Some(error) = pager.advance(page.next, is_empty) {
                return Err(error.at_cursor(None));
            }
        }
        record::number(&mut records);
        Ok(Fetched::Whole(records, bytes))
    }

    /// The call for a span: one unit beyond either end, because routes differ in whether a
    /// range includes its bounds, and in when a day begins.
    fn call(&self, range: &Range<i64>) -> Result<Box<Call>, Error> {
        let mut call = Box::new(Call::of_route(&self.client, self.list.route));
        let (Bounds::Days(start, end) | Bounds::Moments(start, end)) = self.list.bounds else {
            return Ok(call);
        };
        for (name, place) in [(start, range.start - 1), (end, range.end + 1)] {
            let bound = self.walk.bound(place).ok_or_else(|| self.beyond_time())?;
            match bound.query_value() {
                Ok(value) => call.set_query(name, vec![value]),
                Err(message) => call.refuse(name, message),
            }
        }
        Ok(call)
    }

    fn batch(&self, range: &Range<i64>, today: Date, records: Vec<Record>) -> Result<Batch, Error> {
        // A checkpoint is not after today, since today is not complete, and never moves back.
        let day = self.walk.day(range).map_or(today, |day| day.min(today));
        let day = self.checkpoint.map_or(day, |known| day.max(known));
        Ok(Batch {
            resource: self.resource,
            span: self.walk.span(range).ok_or_else(|| self.beyond_time())?,
            records,
            checkpoint: Checkpoint::new(self.resource, day),
        })
    }

    fn beyond_time(&self) -> Error {
        Error::argument(
            Some(self.list.route),
            "since",
            "is beyond the last possible date",
        )
    }
}

/// Whether a resource is skipped, and the others go on: the token lacks its scope, the user's
/// membership does not include it, or the server does not know it.
fn is_skipped(error: &Error) -> bool {
    let status = match error {
        Error::Api(error) => error.status.as_u16(),
        _ => return false,
    };
    error.missing_scope().is_some() || matches!(status, 403 | 404 | 426)
}
