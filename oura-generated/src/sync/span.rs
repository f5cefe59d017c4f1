//! Which part of a resource a batch covers.

use std::ops::Range;

use time::{Date, OffsetDateTime};

use crate::DateOrDateTime;

/// The part of a resource that a batch covers. Spans of one resource do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Span {
    /// All of it: the server's list has no bounds.
    All,
    /// Days, from the first one up to the last one, which is not part of it.
    Days(Range<Date>),
    /// Moments, from the first one up to the last one, which is not part of it.
    Moments(Range<OffsetDateTime>),
}

impl Span {
    /// Whether a record with this [`at`](crate::Record::at) lies in the span. One without a
    /// place lies in [`Span::All`] alone: no other span says whether it is gone.
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

/// The day of a place, in its own offset.
pub(super) fn day(at: DateOrDateTime) -> Date {
    match at {
        DateOrDateTime::Date(day) => day,
        DateOrDateTime::DateTime(moment) => moment.date(),
    }
}
