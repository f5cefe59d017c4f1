//! Dates and times as text, in the form that JSON and URLs share.

use serde::de::{self, Visitor};
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// `2024-03-01`. Years outside 0 to 9999 have no such form.
pub(crate) fn format_date(date: Date) -> Result<String, &'static str> {
    let (year, month, day) = date.to_calendar_date();
    if year < 0 {
        return Err("the year is before 0");
    }
    Ok(format!("{year:04}-{:02}-{day:02}", u8::from(month)))
}

/// RFC 3339. Years outside 0 to 9999 and offsets with seconds have no such form.
pub(crate) fn format_date_time(date_time: OffsetDateTime) -> Result<String, &'static str> {
    date_time
        .format(&Rfc3339)
        .map_err(|_| "the year or the offset has no form in RFC 3339")
}

/// Reads `2024-03-01` and nothing else.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return None;
    };
    let digits = |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u16::from(digit - b'0'))
        })
    };
    let year = i32::from(digits(&[y1, y2, y3, y4])?);
    let month = Month::try_from(u8::try_from(digits(&[m1, m2])?).ok()?).ok()?;
    let day = u8::try_from(digits(&[d1, d2])?).ok()?;
    Date::from_calendar_date(year, month, day).ok()
}

/// Reads RFC 3339 with any number of fractional digits; the offset is kept.
pub(crate) fn parse_date_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// The error for text of another form. It does not quote the text: that may be health data.
pub(crate) fn not_understood<'de, E: de::Error>(expected: &impl Visitor<'de>) -> E {
    E::invalid_value(de::Unexpected::Other("string"), expected)
}
