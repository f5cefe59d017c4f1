//! A range of days or moments as windows.
//!
//! Invariant: the windows cover the range in order; each begins a day before the previous one
//! ends, and the last one ends where the range does.

use std::cmp::Ordering;

use time::{Date, Duration};

use crate::runtime::decode::date_or_date_time::DateOrDateTime;

/// The first and the last bound of a window.
pub(crate) type Window = (DateOrDateTime, DateOrDateTime);

/// The longest range: a year of the wrong century would make hundreds of windows.
const LONGEST_YEARS: i32 = 50;

/// What is wrong with the start of a range that ends before it starts.
pub(crate) const BACKWARDS: &str = "is after the end of the range";

/// The windows of a range.
pub(crate) struct Windows {
    /// Where the next window begins.
    start: DateOrDateTime,
    /// Where the last window ended.
    boundary: DateOrDateTime,
    end: DateOrDateTime,
    length: Duration,
    given: usize,
    is_done: bool,
}

impl Windows {
    pub(crate) fn new(start: DateOrDateTime, end: DateOrDateTime, days: u16) -> Self {
        let length = Duration::days(days.max(1).into());
        Self {
            start,
            boundary: start,
            end,
            length,
            given: 0,
            is_done: false,
        }
    }

    /// Whether there is more than one window; known once the first was returned.
    pub(crate) fn is_split(&self) -> bool {
        self.given > 1 || !self.is_done
    }
}

impl Iterator for Windows {
    type Item = Window;

    fn next(&mut self) -> Option<Window> {
        if self.is_done {
            return None;
        }
        self.given += 1;
        let start = self.start;
        // A date beyond the last possible one is past every end.
        let ahead = add(self.boundary, self.length);
        let last = ahead.filter(|ahead| compare(*ahead, self.end) == Ordering::Less);
        self.is_done = last.is_none();
        self.boundary = last.unwrap_or(self.end);
        self.start = add(self.boundary, -Duration::DAY)
            .filter(|day_before| compare(*day_before, start) == Ordering::Greater)
            .unwrap_or(start);
        Some((start, self.boundary))
    }
}

/// Whether a range ends before it starts. A day and a moment must be more than a day apart to show
/// it, because the offset of the day is not known.
pub(crate) fn is_backwards(start: DateOrDateTime, end: DateOrDateTime) -> bool {
    use DateOrDateTime::{Date, DateTime};

    match (start, end) {
        (Date(_), Date(_)) | (DateTime(_), DateTime(_)) => compare(start, end).is_gt(),
        (Date(_), DateTime(_)) | (DateTime(_), Date(_)) => {
            first_day(start) - first_day(end) > Duration::DAY
        }
    }
}

/// Whether a range is longer than [`LONGEST_YEARS`].
pub(crate) fn is_too_long(start: DateOrDateTime, end: DateOrDateTime) -> bool {
    let (start, end) = (first_day(start), first_day(end));
    let years = end.year() - start.year();
    let in_year = |day: Date| (u8::from(day.month()), day.day());
    let is_later_in_year = in_year(end) > in_year(start);
    years > LONGEST_YEARS || (years == LONGEST_YEARS && is_later_in_year)
}

fn first_day(of: DateOrDateTime) -> Date {
    match of {
        DateOrDateTime::Date(date) => date,
        DateOrDateTime::DateTime(date_time) => date_time.date(),
    }
}

/// Days compare with moments by the moment's own day.
pub(crate) fn compare(a: DateOrDateTime, b: DateOrDateTime) -> Ordering {
    use DateOrDateTime::{Date, DateTime};

    match (a, b) {
        (Date(a), Date(b)) => a.cmp(&b),
        (DateTime(a), DateTime(b)) => a.cmp(&b),
        (Date(a), DateTime(b)) => a.cmp(&b.date()),
        (DateTime(a), Date(b)) => a.date().cmp(&b),
    }
}

fn add(to: DateOrDateTime, length: Duration) -> Option<DateOrDateTime> {
    Some(match to {
        DateOrDateTime::Date(date) => date.checked_add(length)?.into(),
        DateOrDateTime::DateTime(date_time) => date_time.checked_add(length)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use time::{Date, Month};

    use super::*;

    fn day(day: u8) -> DateOrDateTime {
        Date::from_calendar_date(2024, Month::March, day)
            .expect("a day")
            .into()
    }

    fn windows(start: u8, end: u8, days: u16) -> Vec<(u8, u8)> {
        let number = |bound| match bound {
            DateOrDateTime::Date(date) => date.day(),
            DateOrDateTime::DateTime(_) => 0,
        };
        let windows = Windows::new(day(start), day(end), days);
        windows
            .map(|(start, end)| (number(start), number(end)))
            .collect()
    }

    #[test]
    fn windows_overlap_by_a_day() {
        assert_eq!(windows(1, 25, 10), [(1, 11), (10, 21), (20, 25)]);
        assert_eq!(windows(1, 11, 10), [(1, 11)]);
        assert_eq!(windows(1, 12, 10), [(1, 11), (10, 12)]);
        assert_eq!(windows(1, 1, 10), [(1, 1)]);
        assert_eq!(windows(1, 4, 1), [(1, 2), (1, 3), (2, 4)]);
    }

    #[test]
    fn ranges_that_are_backwards_or_too_long_are_recognized() {
        let at = |text: &str| -> DateOrDateTime { text.parse().expect(text) };
        for (start, end, backwards, too_long) in [
            ("2024-03-01", "2024-03-01", false, false),
            ("2024-03-02", "2024-03-01", true, false),
            (
                "2024-03-01T00:00:00Z",
                "2024-03-01T01:00:00+02:00",
                true,
                false,
            ),
            // The moment is 11:00 of the second in UTC.
            ("2024-03-02", "2024-03-01T23:00:00-12:00", false, false),
            ("2024-03-03", "2024-03-01T23:00:00-12:00", true, false),
            ("1974-03-01", "2024-03-01", false, false),
            ("1974-03-01", "2024-03-02", false, true),
            ("0024-03-01", "2024-03-01T00:00:00Z", false, true),
        ] {
            let (start, end) = (at(start), at(end));
            assert_eq!(is_backwards(start, end), backwards, "{start} {end}");
            assert_eq!(is_too_long(start, end), too_long, "{start} {end}");
        }
    }

    #[test]
    fn a_window_ends_at_the_last_possible_date() {
        let last: Vec<_> = Windows::new(Date::MAX.into(), Date::MAX.into(), 30).collect();
        assert_eq!(last, [(Date::MAX.into(), Date::MAX.into())]);
    }
}
