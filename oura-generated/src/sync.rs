//! Copies of users' data that stay up to date: all documents, batch by batch.
//!
//! [`Client::sync`] returns batches. Each says which part of a resource it covers
//! ([`Batch::span`]) and has all documents of that part with their JSON as it came. Apply a
//! batch to a store in one transaction: write its records by resource and key, delete the rows
//! in the span that are not among them, and store its checkpoint. The next run resumes from the
//! checkpoints: it fetches what is new, and the last days again, because Oura changes them.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use oura_generated::time::{Date, Month};
//! use oura_generated::{Checkpoint, Record};
//!
//! # struct Store;
//! # impl Store {
//! #     async fn checkpoints(&self) -> Vec<Checkpoint> { Vec::new() }
//! #     async fn apply(&self, batch: oura_generated::Batch) {}
//! # }
//! # async fn example(client: oura_generated::Client, store: Store)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let mut batches = client
//!     .sync()
//!     .since(Date::from_calendar_date(2024, Month::January, 1)?)
//!     .resume(store.checkpoints().await)
//!     .batches();
//! while let Some(batch) = batches.try_next().await? {
//!     println!("{}: {} documents", batch.resource, batch.records.len());
//!     store.apply(batch).await;
//! }
//! for (resource, error) in batches.skipped() {
//!     eprintln!("{resource} was skipped: {error}");
//! }
//! # Ok(())
//! # }
//! ```

mod batch;
mod batches;
mod checkpoint;
mod record;
mod span;
mod walk;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use time::{Date, Duration, OffsetDateTime};

pub use self::batch::Batch;
pub use self::batches::Batches;
pub use self::checkpoint::Checkpoint;
pub use self::record::Record;
pub use self::span::Span;
use self::walk::Walk;
use self::worker::Worker;
use crate::runtime::route::resource::{Bounds, ListInfo};
use crate::{Client, Error, Resource};

/// How many days before its checkpoint a resource is fetched again.
const LOOKBACK_DAYS: u16 = 14;
/// How many resources are fetched side by side.
const CONCURRENCY: usize = 3;
/// The longest range, in days: more than 50 years is a mistake.
const LONGEST_DAYS: i64 = 50 * 366;

impl Client {
    /// Fetches all documents of a user in batches, to keep a copy of them. See
    /// [the module](crate::sync) for how to apply a batch.
    pub fn sync(&self) -> SyncBuilder {
        SyncBuilder {
            client: self.clone(),
            resources: Resource::ALL.to_vec(),
            since: None,
            until: None,
            lookback_days: LOOKBACK_DAYS,
            concurrency: CONCURRENCY,
            checkpoints: Vec::new(),
        }
    }
}

/// The settings of a synchronization. See [`Client::sync`].
#[derive(Clone)]
#[must_use = "a synchronization does nothing until its batches are polled"]
pub struct SyncBuilder {
    client: Client,
    resources: Vec<Resource>,
    since: Option<Date>,
    until: Option<Date>,
    lookback_days: u16,
    concurrency: usize,
    checkpoints: Vec<Checkpoint>,
}

impl SyncBuilder {
    /// Sets which resources are fetched, each once. Default: all of them.
    pub fn resources(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut known = BTreeSet::new();
        let resources = resources.into_iter();
        self.resources = resources.filter(|it| known.insert(*it)).collect();
        self
    }

    /// Sets the first day. A resource without a checkpoint is fetched from this day on; with
    /// neither, the first batch is an error. With a checkpoint, nothing before this day is fetched
    /// again.
    pub fn since(mut self, day: Date) -> Self {
        self.since = Some(day);
        self
    }

    /// Sets the last day. Default: tomorrow in UTC, which is today already for users in the east.
    pub fn until(mut self, day: Date) -> Self {
        self.until = Some(day);
        self
    }

    /// Sets how many days before its checkpoint a resource is fetched again. Default: 14,
    /// because Oura changes documents of recent days.
    pub fn lookback_days(mut self, days: u16) -> Self {
        self.lookback_days = days;
        self
    }

    /// Sets how many resources are fetched side by side. Default: 3; zero counts as one. The
    /// batches of one resource come in order. As many batches may wait in memory.
    pub fn concurrency(mut self, resources: usize) -> Self {
        self.concurrency = resources;
        self
    }

    /// Adds checkpoints of an earlier run. Those of resources that this version of the crate
    /// does not know are ignored: keep them in the store for a version that does.
    pub fn resume(mut self, checkpoints: impl IntoIterator<Item = Checkpoint>) -> Self {
        self.checkpoints.extend(checkpoints);
        self
    }

    /// The batches as a stream. They are fetched as they are needed, by tasks that end with
    /// the stream: a slow consumer does not make a call time out.
    ///
    /// # Errors
    ///
    /// The stream ends after an error. Batches that came earlier stay valid: resume from their
    /// checkpoints. After a missing scope, 403, 404 or 426 the resource is skipped instead, see
    /// [`Batches::skipped`], unless that happens to every resource.
    /// [`Error::Argument`] when a resource has neither a checkpoint nor a first day, when the
    /// range is empty or longer than 50 years, and when there is no resource.
    pub fn batches(self) -> Batches {
        let concurrency = self.concurrency;
        Batches::new(self.workers(), concurrency)
    }

    fn workers(self) -> Result<Vec<Worker>, Error> {
        if self.resources.is_empty() {
            let message = "has no resource; leave it out to get all";
            return Err(Error::argument(None, "resources", message));
        }
        let today = OffsetDateTime::now_utc().date();
        let until = self.until.or(today.next_day()).unwrap_or(today);
        let known = earliest(&self.checkpoints);
        let resources = self.resources.iter();
        let workers = resources.map(|resource| {
            let checkpoint = known.get(resource).copied();
            self.worker(*resource, checkpoint, until)
        });
        workers.filter_map(Result::transpose).collect()
    }

    /// The worker of a resource; `None` when there is nothing to fetch.
    fn worker(
        &self,
        resource: Resource,
        checkpoint: Option<Date>,
        until: Date,
    ) -> Result<Option<Worker>, Error> {
        let Some(list) = &resource.info().list else {
            let message = format!("has `{resource}`, which no route lists");
            return Err(Error::argument(None, "resources", message));
        };
        let walk = match list.bounds {
            Bounds::None => Walk::all(),
            bounds => match self.days(list, resource, checkpoint, until)? {
                Some(days) => Walk::new(bounds, days),
                None => return Ok(None),
            },
        };
        Ok(Some(Worker {
            client: self.client.clone(),
            resource,
            list,
            walk,
            checkpoint,
        }))
    }

    /// The first day and the day after the last one; `None` when all of it was fetched.
    fn days(
        &self,
        list: &ListInfo,
        resource: Resource,
        checkpoint: Option<Date>,
        until: Date,
    ) -> Result<Option<(Date, Date)>, Error> {
        let refuse = |name, message: String| Err(Error::argument(Some(list.route), name, message));
        let lookback = Duration::days(self.lookback_days.into());
        let back = checkpoint.map(|day| day.checked_sub(lookback).unwrap_or(Date::MIN));
        let start = match (back, checkpoint, self.since) {
            // Nothing before the first day was ever stored.
            (Some(back), Some(day), Some(since)) if since <= day => back.max(since),
            (Some(back), _, _) => back,
            (None, _, Some(since)) if since > until => {
                return refuse("since", format!("is {since}, after the last day, {until}"));
            }
            (None, _, Some(since)) => since,
            (None, _, None) => {
                let message = format!(
                    "is missing, and `{resource}` has no checkpoint: set the first day, or \
                     resume from checkpoints"
                );
                return refuse("since", message);
            }
        };
        let end = until.next_day().unwrap_or(until);
        if (end - start).whole_days() > LONGEST_DAYS {
            return refuse(
                "since",
                "is more than 50 years before the last day".to_owned(),
            );
        }
        Ok((start < end).then_some((start, end)))
    }
}

impl fmt::Debug for SyncBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncBuilder")
            .field("resources", &self.resources)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("lookback_days", &self.lookback_days)
            .field("concurrency", &self.concurrency)
            .field("checkpoints", &self.checkpoints)
            .finish_non_exhaustive()
    }
}

/// The checkpoint of each resource. Of several, the earliest counts, from which most is fetched.
fn earliest(checkpoints: &[Checkpoint]) -> BTreeMap<Resource, Date> {
    let mut known = BTreeMap::new();
    for checkpoint in checkpoints {
        if let Some(resource) = checkpoint.resource() {
            let day: &mut Date = known.entry(resource).or_insert(checkpoint.day());
            *day = checkpoint.day().min(*day);
        }
    }
    known
}
