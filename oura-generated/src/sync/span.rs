//! The part of a resource that a batch covers.

use std::ops::Range;

use time::{Date, OffsetDateTime};

use crate::DateOrDateTime;

/// The part of a resource that a batch covers. Spans of one resource do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Span {
    /// The whole resource: the server's list has no bounds.
    All,
    /// Days, from the first one up to the last one, which is not part of it.
    Days(Range<Date>),
    /// Moments, from the first one up to the last one, which is not part of it.
    Moments(Range<OffsetDateTime>),
}

impl Span {
    /// Whether a record with this [`at`](crate::Record::at) is in the span. A record without a
    /// place is only in [`Span::All`]: no other span shows whether it was deleted.
    pub fn contains(&self, at: Option<DateOrDateTime>) -> bool {
        match (self, at) {
            (Self::All, _) => true,
            (_, None) => false,
            (Self::Days(days), Some(at)) => days.contains(&day(at)),
            (Self::Moments(moments), Some(DateOrDateTime::DateTime(at))) => moments.contains(&at),
            (Self::Moments(_), Some(DateOrDateTime::Date(_))) => false,
        }
    }
}

/// The day of a place; for a moment, the day in its offset.
pub(super) fn day(at: DateOrDateTime) -> Date {
    match at {
        DateOrDateTime::Date(day) => day,
        DateOrDateTime::DateTime(moment) => moment.date(),
    }
}
