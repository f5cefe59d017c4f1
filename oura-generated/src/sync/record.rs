//! A document with its JSON, its key and its place in time.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::fmt;
use std::ops::Deref;

use serde_json::value::RawValue;
use time::{Date, OffsetDateTime, UtcOffset};

use super::span;
use crate::models::Document;
use crate::runtime::decode::dates;
use crate::runtime::decode::members;
use crate::runtime::route::resource::Bounds;
use crate::{DateOrDateTime, Error, Resource};

/// A document with its JSON as it came: fields that are newer than this crate are in it too.
///
/// `Debug` shows the length of the JSON, not the health data in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Record {
    /// The resource.
    pub resource: Resource,
    /// The key of the document within its resource: its id, else its timestamp in UTC,
    /// else its day. The second document with the same key in a batch has `#2` after the key, and
    /// so on. A document without any of these has `#` and its place in the batch, from 1.
    pub key: String,
    /// The place of the document in time: its day (`day`, else `start_day`), or in a time series
    /// its timestamp.
    pub at: Option<DateOrDateTime>,
    /// The JSON.
    pub json: Box<RawValue>,
}

impl Record {
    /// A record of a document that did not come by [`Client::sync`](crate::Client::sync).
    #[allow(unused_variables, reason = "an API may have no resources")]
    pub fn new(resource: Resource, json: Box<RawValue>) -> Self {
        let mut record = [Self::read(resource, json)];
        number(&mut record);
        let [record] = record;
        record
    }

    /// Decodes the document.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] when it is not of the resource's form.
    pub fn document(&self) -> Result<Document, Error> {
        Document::from_json(self.resource, self.json.get())
    }

    /// The day of the document; for a timestamp, the day in the timestamp's offset.
    pub fn day(&self) -> Option<Date> {
        self.at.map(span::day)
    }

    /// A record whose key is still to be numbered; it is empty where the document has none.
    pub(super) fn read(resource: Resource, json: Box<RawValue>) -> Self {
        let head = Head::of(&json);
        let bounds = resource.info().list.as_ref().map(|list| list.bounds);
        let is_series = matches!(bounds, Some(Bounds::Moments(..)));
        // Read once, and only if it is needed: for a row it takes as long as everything else.
        let moment = LazyCell::new(|| head.moment());
        let (key, at) = (head.key(&moment), head.place(&moment, is_series));
        Self {
            resource,
            key,
            at,
            json,
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("resource", &self.resource)
            .field("key", &self.key)
            .field("at", &self.at)
            .field("json", &format_args!("[{} bytes]", self.json.get().len()))
            .finish()
    }
}

/// Makes the keys of a batch unique.
pub(super) fn number(records: &mut [Record]) {
    // Most documents come in the order of their keys, and no two have the same.
    let is_keyed = records.first().is_none_or(|record| !record.key.is_empty());
    if is_keyed && records.is_sorted_by(|a, b| a.key < b.key) {
        return;
    }
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by(|a, b| records[*a].key.cmp(&records[*b].key));
    let mut endings = Vec::new();
    for same in order.chunk_by(|a, b| records[*a].key == records[*b].key) {
        let is_keyed = !records[same[0]].key.is_empty();
        let numbers = same.iter().enumerate().skip(is_keyed.into());
        endings.extend(numbers.map(|(n, place)| (*place, if is_keyed { n } else { *place } + 1)));
    }
    for (place, number) in endings {
        let key = &mut records[place].key;
        key.push('#');
        key.push_str(&number.to_string());
    }
}

/// The texts that identify and place a document.
struct Head<'a> {
    id: Option<Cow<'a, str>>,
    timestamp: Option<Cow<'a, str>>,
    day: Option<Cow<'a, str>>,
    start_day: Option<Cow<'a, str>>,
}

impl<'a> Head<'a> {
    fn of(json: &'a RawValue) -> Self {
        let names = ["id", "timestamp", "day", "start_day"];
        let [id, timestamp, day, start_day] = members::find(json, names);
        Self {
            id: text(id),
            timestamp: text(timestamp),
            day: text(day),
            start_day: text(start_day),
        }
    }

    /// The key; empty if there is none.
    fn key(&self, moment: &impl Deref<Target = Option<OffsetDateTime>>) -> String {
        match (&self.id, &self.timestamp) {
            (Some(id), _) => id.to_string(),
            (None, Some(timestamp)) => {
                let utc = moment.and_then(|moment| moment.checked_to_offset(UtcOffset::UTC));
                utc.map_or_else(|| timestamp.to_string(), utc_text)
            }
            (None, None) => {
                let day = self.day.as_ref().or(self.start_day.as_ref());
                day.map(ToString::to_string).unwrap_or_default()
            }
        }
    }

    /// The place of the document: a moment in a time series, else a day.
    fn place(
        &self,
        moment: &impl Deref<Target = Option<OffsetDateTime>>,
        is_series: bool,
    ) -> Option<DateOrDateTime> {
        if is_series {
            return moment.map(DateOrDateTime::DateTime);
        }
        let mut days = [&self.day, &self.start_day].into_iter().flatten();
        let day = days.find_map(|day| dates::parse_date(day).map(DateOrDateTime::Date));
        day.or_else(|| moment.map(DateOrDateTime::DateTime))
    }

    fn moment(&self) -> Option<OffsetDateTime> {
        dates::parse_date_time(self.timestamp.as_ref()?)
    }
}

/// RFC 3339 without zeros at the end of the fraction, as [`dates::format_date_time`] writes it, but
/// ten times as fast.
fn utc_text(moment: OffsetDateTime) -> String {
    let (year, month, day) = moment.to_calendar_date();
    if !(0..=9999).contains(&year) {
        return moment.to_string();
    }
    let (hour, minute, second) = moment.to_hms();
    let mut digits = *b"0000-00-00T00:00:00";
    for (at, number) in [
        (0, (year / 100) as u8),
        (2, (year % 100) as u8),
        (5, month.into()),
        (8, day),
        (11, hour),
        (14, minute),
        (17, second),
    ] {
        digits[at] += number / 10;
        digits[at + 1] += number % 10;
    }
    let mut text = String::with_capacity(digits.len() + 1);
    text.push_str(std::str::from_utf8(&digits).expect("they are digits"));
    if moment.nanosecond() > 0 {
        let fraction = format!(".{:09}", moment.nanosecond());
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// The text of a string, or of another value that is not null.
#[inline]
fn text(value: Option<&str>) -> Option<Cow<'_, str>> {
    let json = value?;
    let text = match json.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        Some(_) => Cow::Owned(serde_json::from_str(json).ok()?),
        None => Cow::Borrowed(json),
    };
    (!text.is_empty()).then_some(text)
}
