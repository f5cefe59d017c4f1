//! The user's clock: a home with daylight-saving time, and a trip every month.

use time::{Date, Duration, Month, OffsetDateTime, UtcOffset};

/// Days of the month of a person on which the clock is that of the trip.
const JOURNEY: std::ops::RangeInclusive<i32> = 18..=21;

/// The day of the month on which the ring lies in a drawer.
pub(super) const WITHOUT_RING: i32 = 11;

/// How many hours the trip leads east of home.
const JOURNEY_OFFSET: i8 = 9;

/// The days of a person repeat in months of this length, so that any thirty days contain each
/// special day.
const MONTH: i32 = 30;

/// Where a day is in the month of a person whose months begin `shift` days later. In a month
/// in which the clocks are changed the person is at home for it, and wears the ring.
pub(super) fn day_of_month(day: Date, shift: i32) -> i32 {
    let number = (day.to_julian_day() + shift).rem_euclid(MONTH);
    let start = day - Duration::days(number.into());
    let is_change = |number: &i32| is_clock_change(start + Duration::days((*number).into()));
    let (first, last) = (*JOURNEY.start(), *JOURNEY.end());
    match (0..MONTH).find(is_change) {
        Some(change) if JOURNEY.contains(&change) => match number {
            1..=4 => first + number - 1,
            number if JOURNEY.contains(&number) => number - last + 4,
            number => number,
        },
        Some(WITHOUT_RING) if number == WITHOUT_RING => WITHOUT_RING + 1,
        Some(WITHOUT_RING) if number == WITHOUT_RING + 1 => WITHOUT_RING,
        _ => number,
    }
}

/// The offset of the user's clock at a moment of that day.
pub(super) fn offset(day_of_month: i32, at: OffsetDateTime) -> UtcOffset {
    let hours = match JOURNEY.contains(&day_of_month) {
        true => JOURNEY_OFFSET,
        false if is_summer(at) => 3,
        false => 2,
    };
    UtcOffset::from_hms(hours, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// The moment at which the user's clock shows so many minutes after the midnight of `day`,
/// which may be before it.
pub(super) fn moment(day_of_month: i32, day: Date, minutes: i64) -> OffsetDateTime {
    let local = day.midnight().assume_utc() + Duration::minutes(minutes);
    // The offset before the clock was changed, if it was changed in these hours.
    let early = local - Duration::hours(4);
    let seconds = offset(day_of_month, early).whole_seconds();
    in_zone(day_of_month, local - Duration::seconds(seconds.into()))
}

/// A moment with the offset that the user's clock has then.
pub(super) fn in_zone(day_of_month: i32, at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(offset(day_of_month, at))
}

/// Whether it is daylight-saving time in the European Union: from the last Sunday of March to
/// that of October, at one o'clock in UTC.
fn is_summer(at: OffsetDateTime) -> bool {
    let at = at.to_offset(UtcOffset::UTC);
    let change = |month| {
        let sunday = last_sunday(at.year(), month)?;
        Some(sunday.midnight().assume_utc() + Duration::hours(1))
    };
    match change(Month::March).zip(change(Month::October)) {
        Some((start, end)) => start <= at && at < end,
        None => false,
    }
}

/// Whether daylight-saving time begins or ends on a day.
fn is_clock_change(day: Date) -> bool {
    let is_month = [Month::March, Month::October].contains(&day.month());
    is_month && last_sunday(day.year(), day.month()) == Some(day)
}

/// The last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: Month) -> Option<Date> {
    let last = Date::from_calendar_date(year, month, 31).ok()?;
    let back = last.weekday().number_days_from_sunday();
    Some(last - Duration::days(back.into()))
}
