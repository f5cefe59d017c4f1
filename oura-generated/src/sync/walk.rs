//! The spans of a resource, in order: which one comes next, and how long it is.
//!
//! Places are whole numbers: days, seconds, or a single place for a list without bounds.
//! Invariant: the spans cover the range in order, each begins where the one before it ends, and
//! their length is bounded, so that a span fits in memory.

use std::ops::Range;

use time::{Date, OffsetDateTime};

use super::span::Span;
use crate::DateOrDateTime;
use crate::runtime::route::resource::Bounds;

/// The longest span of a list by days, in days; the spec recommends one to three months.
const LONGEST_DAYS: i64 = 90;
/// The longest span of a time series, in seconds: a month and the ends of its first and last
/// day. A row every five minutes makes a megabyte.
const LONGEST_MOMENTS: i64 = 33 * DAY;
/// The bytes of JSON that a span of days may have before it is made shorter.
const DAYS_BYTES: usize = 4 << 20;
/// The bytes of JSON that a span of a time series may have before it is made shorter.
const MOMENTS_BYTES: usize = 3 << 19;
const DAY: i64 = 24 * 60 * 60;
/// How early a day begins in the east, while it is still the day before in UTC.
const EAST: i64 = 14 * 60 * 60;
/// How late a day ends in the west, when it is already the day after in UTC.
const WEST: i64 = 12 * 60 * 60;

/// The spans of a resource.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    unit: Unit,
    /// Where the next span begins.
    start: i64,
    end: i64,
    /// How long it is.
    length: i64,
}

/// The unit of places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Days,
    Seconds,
    /// The list has no bounds: there is one span.
    All,
}

impl Walk {
    /// The whole of a list without bounds.
    pub(super) fn all() -> Self {
        Self {
            unit: Unit::All,
            start: 0,
            end: 1,
            length: 1,
        }
    }

    /// From the first day up to the last, which is not part of it.
    pub(super) fn new(bounds: Bounds, (first, last): (Date, Date)) -> Self {
        let seconds = |day: Date| day.midnight().assume_utc().unix_timestamp();
        match bounds {
            Bounds::Moments(..) => Self {
                unit: Unit::Seconds,
                start: seconds(first) - EAST,
                end: seconds(last) + WEST,
                length: LONGEST_MOMENTS,
            },
            Bounds::Days(..) => Self {
                unit: Unit::Days,
                start: first.to_julian_day().into(),
                end: last.to_julian_day().into(),
                length: LONGEST_DAYS,
            },
            Bounds::None => Self::all(),
        }
    }

    /// The next span; empty at the end.
    pub(super) fn next(&self) -> Range<i64> {
        self.start..self.end.min(self.start.saturating_add(self.length))
    }

    /// Goes on after a span that had so many bytes.
    pub(super) fn pass(&mut self, span: &Range<i64>, bytes: usize) {
        self.start = span.end;
        if bytes < self.limit() / 4 {
            self.length = self.longest().min(self.length * 2);
        }
    }

    /// Makes the next spans shorter, after one with too many bytes. `seen` is where these documents
    /// lie: if documents come in order, this shows how dense the span is.
    pub(super) fn shorten(&mut self, span: &Range<i64>, seen: Option<(i64, i64)>) {
        let half = (span.end - span.start) / 2;
        let covered = seen.map_or(half, |(first, last)| (last - first) / 4 * 3);
        self.length = covered.min(half).max(1);
    }

    /// Whether a span that is not complete has to be made shorter.
    pub(super) fn is_too_large(&self, span: &Range<i64>, bytes: usize) -> bool {
        bytes > self.limit() && span.end - span.start > 1
    }

    /// The span as users see it. `None` beyond the last possible date.
    pub(super) fn span(&self, span: &Range<i64>) -> Option<Span> {
        Some(match self.unit {
            Unit::Days => Span::Days(date(span.start)?..date(span.end)?),
            Unit::Seconds => Span::Moments(moment(span.start)?..moment(span.end)?),
            Unit::All => Span::All,
        })
    }

    /// A bound of a request. `None` beyond the last possible date.
    pub(super) fn bound(&self, place: i64) -> Option<DateOrDateTime> {
        match self.unit {
            Unit::Days => date(place).map(DateOrDateTime::Date),
            Unit::Seconds => moment(place).map(DateOrDateTime::DateTime),
            Unit::All => None,
        }
    }

    /// The place of a document, rounded down. `None` if the document has none.
    pub(super) fn place(&self, at: Option<DateOrDateTime>) -> Option<i64> {
        match (self.unit, at?) {
            (Unit::Days, at) => Some(super::span::day(at).to_julian_day().into()),
            // The fraction is left out, which rounds down before 1970 too.
            (Unit::Seconds, DateOrDateTime::DateTime(at)) => Some(at.unix_timestamp()),
            (Unit::Seconds, DateOrDateTime::Date(_)) | (Unit::All, _) => None,
        }
    }

    /// The day in UTC up to which everything is fetched once the span is fetched. `None` if spans
    /// have no end.
    pub(super) fn day(&self, span: &Range<i64>) -> Option<Date> {
        match self.unit {
            Unit::Days => date(span.end),
            Unit::Seconds => moment(span.end).map(OffsetDateTime::date),
            Unit::All => None,
        }
    }

    fn longest(&self) -> i64 {
        match self.unit {
            Unit::Days => LONGEST_DAYS,
            Unit::Seconds => LONGEST_MOMENTS,
            Unit::All => 1,
        }
    }

    fn limit(&self) -> usize {
        match self.unit {
            Unit::Days => DAYS_BYTES,
            Unit::Seconds => MOMENTS_BYTES,
            Unit::All => usize::MAX,
        }
    }
}

fn date(place: i64) -> Option<Date> {
    Date::from_julian_day(i32::try_from(place).ok()?).ok()
}

fn moment(place: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(place).ok()
}
