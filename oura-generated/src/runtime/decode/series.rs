//! Values at regular intervals, as points in time.
//!
//! Input: a start, an interval in seconds, and values. Output: each value with its moment.
//! Invariants: moments are exact to the nanosecond, however many values there are, since each
//! is computed from the start; their offset is that of the start, also when daylight saving
//! changes in between; nothing panics, and points beyond the last moment that the type can hold
//! are left out.

use std::iter;

use time::{Duration, OffsetDateTime};

const NANOSECONDS: u128 = 1_000_000_000;

/// The values with their moments. None where the start is not known, or the interval is not a
/// finite number above zero.
#[allow(dead_code, reason = "which of them are used depends on the spec")]
pub(crate) fn points<T>(
    start: impl Into<Option<OffsetDateTime>>,
    every: impl Into<Option<f64>>,
    values: impl Iterator<Item = T>,
) -> impl Iterator<Item = (OffsetDateTime, T)> {
    let start = start.into();
    let interval = every.into().and_then(Interval::from_seconds);
    let mut moments = (0_u64..).map_while(move |index| interval?.moment(start?, index));
    let mut values = values.fuse();
    // A moment is computed only where there is a value.
    iter::from_fn(move || {
        let value = values.next()?;
        Some((moments.next()?, value))
    })
    .fuse()
}

/// The characters of a text as codes, with their moments. None where the text is null too.
#[allow(dead_code, reason = "which of them are used depends on the spec")]
pub(crate) fn codes<C: for<'c> From<&'c str>>(
    start: impl Into<Option<OffsetDateTime>>,
    every: f64,
    text: Option<&str>,
) -> impl Iterator<Item = (OffsetDateTime, C)> {
    let characters = text.unwrap_or_default().chars();
    let codes = characters.map(|character| {
        let mut bytes = [0; 4];
        let code: &str = character.encode_utf8(&mut bytes);
        C::from(code)
    });
    points(start, every, codes)
}

/// A number of seconds above zero, in the parts of a float: `mantissa * 2^exponent`.
#[derive(Clone, Copy, Debug)]
struct Interval {
    mantissa: u128,
    exponent: i32,
}

impl Interval {
    fn from_seconds(seconds: f64) -> Option<Self> {
        if !seconds.is_finite() || seconds <= 0.0 {
            return None;
        }
        let bits = seconds.to_bits();
        let fraction = u128::from(bits & ((1 << 52) - 1));
        let biased = i32::try_from(bits >> 52).ok()?;
        // The smallest floats have no leading one.
        let (mantissa, biased) = match biased {
            0 => (fraction, 1),
            _ => (fraction | (1 << 52), biased),
        };
        Some(Self {
            mantissa,
            exponent: biased - 1075,
        })
    }

    /// The moment of a value; `None` if the type cannot hold it.
    fn moment(self, start: OffsetDateTime, index: u64) -> Option<OffsetDateTime> {
        let nanoseconds = self.nanoseconds(index)?;
        let seconds = i64::try_from(nanoseconds / NANOSECONDS).ok()?;
        let rest = i32::try_from(nanoseconds % NANOSECONDS).ok()?;
        start.checked_add(Duration::new(seconds, rest))
    }

    /// `index` intervals in nanoseconds, rounded to the nearest.
    fn nanoseconds(self, index: u64) -> Option<u128> {
        // Whatever the interval, the first value is at the start.
        if index == 0 {
            return Some(0);
        }
        let product = self.mantissa * NANOSECONDS;
        let product = product.checked_mul(u128::from(index))?;
        let bits = self.exponent.unsigned_abs();
        if self.exponent >= 0 {
            let factor = 1_u128.checked_shl(bits)?;
            return product.checked_mul(factor);
        }
        // Rounds half up.
        let whole = product.checked_shr(bits).unwrap_or_default();
        let half = product.checked_shr(bits - 1).unwrap_or_default() & 1;
        Some(whole + half)
    }
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn at(text: &str) -> OffsetDateTime {
        OffsetDateTime::parse(text, &Rfc3339).expect("a moment")
    }

    fn start() -> OffsetDateTime {
        at("2025-03-29T22:30:00+01:00")
    }

    fn moments(start: OffsetDateTime, every: f64, count: usize) -> Vec<OffsetDateTime> {
        let points = points(start, every, iter::repeat_n((), count));
        points.map(|(moment, ())| moment).collect()
    }

    #[derive(Debug, PartialEq)]
    struct Code(String);

    impl From<&str> for Code {
        fn from(code: &str) -> Self {
            Self(code.to_owned())
        }
    }

    fn read(start: Option<OffsetDateTime>, text: Option<&str>) -> Vec<(OffsetDateTime, Code)> {
        codes(start, 300.0, text).collect()
    }

    #[test]
    fn values_keep_their_gaps() {
        let values = [Some(50.0), None, Some(51.5)];
        let points: Vec<_> = points(start(), 300.0, values.into_iter()).collect();
        let expected = [
            (start(), Some(50.0)),
            (at("2025-03-29T22:35:00+01:00"), None),
            (at("2025-03-29T22:40:00+01:00"), Some(51.5)),
        ];
        assert_eq!(points, expected);
    }

    #[test]
    fn the_offset_of_the_start_stays_over_a_change_of_the_clock() {
        // Central Europe goes to +02:00 at 02:00.
        let last = moments(start(), 3600.0, 6)[5];
        assert_eq!(last, at("2025-03-30T03:30:00+01:00"));
        assert_eq!(last.offset(), start().offset());
    }

    #[test]
    fn moments_do_not_drift() {
        for (every, index, nanoseconds) in [
            (0.1, 3, 300_000_000),
            (0.1, 1_000_000, 100_000_000_000_000),
            (1.0 / 3.0, 3, 1_000_000_000),
            (1.0 / 3.0, 3_000_000, 1_000_000_000_000_000),
            (0.25, 5, 1_250_000_000),
            (1e-9, 7, 7),
            (4e-10, 1, 0),
            (6e-10, 1, 1),
            (5e-324, u64::MAX, 0),
            (30.0, 2_880, 86_400_000_000_000),
        ] {
            let interval = Interval::from_seconds(every).expect("an interval");
            assert_eq!(
                interval.nanoseconds(index),
                Some(nanoseconds),
                "{every} {index}"
            );
        }
    }

    #[test]
    fn an_unusable_interval_gives_no_points() {
        let bad = [
            0.0,
            -0.0,
            -300.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for every in bad {
            assert!(moments(start(), every, 3).is_empty(), "{every}");
        }
        assert_eq!(points(start(), None, [1].into_iter()).count(), 0);
        assert_eq!(points(None, 300.0, [1].into_iter()).count(), 0);
    }

    #[test]
    fn points_end_at_the_last_possible_moment() {
        let late = at("9999-12-31T23:55:00+01:00");
        assert_eq!(moments(late, 120.0, 9).len(), 3);
        for every in [f64::MAX, 1e300, 1e30, 1e18] {
            assert_eq!(moments(start(), every, 3), [start()], "{every}");
        }
        let mut ended = points(late, 300.0, iter::repeat(()));
        assert_eq!(ended.by_ref().count(), 1);
        assert_eq!(ended.next(), None);
    }

    #[test]
    fn characters_are_codes_whatever_they_are() {
        let expected: Vec<_> = ["4", "x", "é", "😴", " "]
            .map(|code| Code(code.to_owned()))
            .into();
        let codes = read(Some(start()), Some("4xé😴 "));
        let (moments, codes): (Vec<_>, Vec<_>) = codes.into_iter().unzip();
        assert_eq!(codes, expected);
        assert_eq!(moments[4], at("2025-03-29T22:50:00+01:00"));
        assert!(read(Some(start()), None).is_empty());
        assert!(read(Some(start()), Some("")).is_empty());
        assert!(read(None, Some("44")).is_empty());
    }
}
