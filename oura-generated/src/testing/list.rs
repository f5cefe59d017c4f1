//! Lists: bounds, pages and the selection of fields.
//!
//! Input: the query of a list and the documents of its resource. Output: a page. Invariant: a
//! cursor names the last document that was sent, so that no document is lost or sent twice when
//! others are added or removed between two pages.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::documents::{Documents, Position};
use super::spec::{Bounds, Resource};
use crate::hex;
use crate::runtime::decode::dates::{parse_date, parse_date_time};

/// The part of a time series that a list without bounds holds.
const DEFAULT_HOURS: i64 = 22;

/// The range of documents that was requested.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// The first position that is included.
    start: Option<i64>,
    /// The first position that is not included any more.
    end: Option<i64>,
    cursor: Option<Cursor>,
    pub(super) latest: bool,
    pub(super) fields: Option<Vec<String>>,
    /// A bound that makes the list empty.
    pub(super) is_nonsense: bool,
}

/// The range of a list, and the last position that was sent.
#[derive(Debug)]
struct Cursor {
    start: i64,
    end: i64,
    after: Position,
}

/// A page: JSON texts, and the cursor of the next one.
pub(super) struct Page {
    pub(super) documents: Vec<String>,
    pub(super) next: Option<String>,
}

impl Query {
    /// Reads a parameter of a list. The error says what is wrong with its value.
    pub(super) fn read(
        &mut self,
        resource: &Resource,
        name: &str,
        value: &str,
    ) -> Result<(), String> {
        let includes_last = match resource.bounds {
            Bounds::Days { includes_last } => includes_last,
            Bounds::Moments | Bounds::None => false,
        };
        match name {
            "start_date" => self.start = Some(first_day(value).ok_or("is not a date")?),
            "end_date" => {
                self.end = Some(end_of_days(value, includes_last).ok_or("is not a date")?);
            }
            "start_datetime" => {
                self.start = Some(first_second(value).ok_or("is not a date and time")?)
            }
            "end_datetime" => self.end = Some(first_second(value).ok_or("is not a date and time")?),
            "next_token" if value.is_empty() => {}
            "next_token" => {
                let cursor = Cursor::parse(&resource.name, value);
                self.cursor = Some(cursor.ok_or("is not a cursor of this list")?);
            }
            "latest" => self.latest = matches!(value, "true" | "True" | "1"),
            "fields" => {
                let names = value.split(',').map(|name| name.trim().to_owned());
                self.fields = Some(names.filter(|name| !name.is_empty()).collect());
            }
            _ => {}
        }
        Ok(())
    }

    /// The page that was requested. `now` is when the data end.
    pub(super) fn page(
        &self,
        resource: &Resource,
        documents: &Documents,
        now: OffsetDateTime,
        size: usize,
    ) -> Page {
        let (start, end) = self.range(resource, now);
        if self.is_nonsense {
            return Page {
                documents: Vec::new(),
                next: None,
            };
        }
        if self.latest {
            let last = documents
                .last(start, end)
                .map(|(_, json)| self.select(json));
            return Page {
                documents: last.into_iter().collect(),
                next: None,
            };
        }
        let from = self.cursor.as_ref().map(|cursor| cursor.after.clone());
        let skipped = from.clone();
        let from = from.unwrap_or((start, String::new()));
        let found = documents.range(from, end);
        let mut found = found.filter(|(position, _)| Some(*position) != skipped.as_ref());
        let page: Vec<_> = found.by_ref().take(size.max(1)).collect();
        let last = page.last().map(|(position, _)| (*position).clone());
        let has_more = found.next().is_some();
        let next = last.filter(|_| has_more);
        Page {
            documents: page
                .into_iter()
                .map(|(_, json)| self.select(json))
                .collect(),
            next: next.map(|after| Cursor { start, end, after }.to_text(&resource.name)),
        }
    }

    /// A cursor that leads to this page again.
    pub(super) fn same_again(&self, resource: &Resource, now: OffsetDateTime) -> String {
        let (start, end) = self.range(resource, now);
        let after = match &self.cursor {
            Some(cursor) => cursor.after.clone(),
            None => (start, String::new()),
        };
        Cursor { start, end, after }.to_text(&resource.name)
    }

    fn range(&self, resource: &Resource, now: OffsetDateTime) -> (i64, i64) {
        if let Some(cursor) = &self.cursor {
            return (cursor.start, cursor.end);
        }
        let hours = DEFAULT_HOURS * 3600;
        match (resource.bounds, self.start, self.end) {
            // Old bounds of a client would hide the latest document.
            (Bounds::None, ..) => (i64::MIN, i64::MAX),
            (Bounds::Moments, None, end) if !self.latest => {
                let until = end.unwrap_or(now.unix_timestamp() + 1);
                (until - hours, until)
            }
            (_, start, end) => (start.unwrap_or(i64::MIN), end.unwrap_or(i64::MAX)),
        }
    }

    /// The selected fields of a document, without those that it does not have.
    fn select(&self, json: &str) -> String {
        let Some(fields) = &self.fields else {
            return json.to_owned();
        };
        let members: BTreeMap<&str, &RawValue> = serde_json::from_str(json).unwrap_or_default();
        let is_selected = |name: &str| fields.iter().any(|field| field == name);
        let selected: BTreeMap<_, _> = members
            .into_iter()
            .filter(|(name, _)| is_selected(name))
            .collect();
        serde_json::to_string(&selected).unwrap_or_default()
    }
}

impl Cursor {
    fn to_text(&self, resource: &str) -> String {
        let (at, key) = &self.after;
        let parts = (resource, self.start, self.end, at, key);
        let json = serde_json::to_vec(&parts).unwrap_or_default();
        hex::encode(&json)
    }

    fn parse(resource: &str, text: &str) -> Option<Self> {
        let bytes = hex::decode(text.as_bytes())?;
        let (name, start, end, at, key): (String, i64, i64, i64, String) =
            serde_json::from_slice(&bytes).ok()?;
        let after = (at, key);
        (name == resource).then_some(Self { start, end, after })
    }
}

/// The day of a date, or of a date and time.
fn first_day(text: &str) -> Option<i64> {
    let day = parse_date(text).or_else(|| parse_local(text).map(|at| at.date()))?;
    Some(day.to_julian_day().into())
}

/// The first day after a bound.
fn end_of_days(text: &str, includes_last: bool) -> Option<i64> {
    let (day, is_midnight) = match parse_date(text) {
        Some(day) => (day, true),
        None => {
            let at = parse_local(text)?;
            (at.date(), at.time() == time::Time::MIDNIGHT)
        }
    };
    // The position of a document is the midnight of its day.
    let is_included = includes_last || !is_midnight;
    Some(i64::from(day.to_julian_day()) + i64::from(is_included))
}

/// The first full second that is not before a moment.
fn first_second(text: &str) -> Option<i64> {
    let at = parse_moment(text)?;
    Some(at.unix_timestamp() + i64::from(at.nanosecond() > 0))
}

/// A date and time; without an offset it is in UTC.
pub(super) fn parse_moment(text: &str) -> Option<OffsetDateTime> {
    parse_date_time(text).or_else(|| parse_date_time(&format!("{text}Z")))
}

/// A date and time as the user's clock shows it.
fn parse_local(text: &str) -> Option<PrimitiveDateTime> {
    let at = parse_moment(text)?;
    Some(PrimitiveDateTime::new(at.date(), at.time()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_as_the_server_does() {
        let day = |text| first_day(text).expect("a day");
        assert_eq!(end_of_days("2025-03-02", true), Some(day("2025-03-03")));
        assert_eq!(end_of_days("2025-03-02", false), Some(day("2025-03-02")));
        assert_eq!(
            end_of_days("2025-03-02T12:00:00+02:00", false),
            Some(day("2025-03-03"))
        );
        assert_eq!(
            first_second("2025-03-02T00:00:00.5Z"),
            first_second("2025-03-02T00:00:01")
        );
        assert_eq!(first_day("1"), None);
    }

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let cursor = Cursor {
            start: 1,
            end: 2,
            after: (1, "a|b".to_owned()),
        };
        let text = cursor.to_text("sleep");
        let read = Cursor::parse("sleep", &text).expect("it is ours");
        assert_eq!((read.start, read.end, read.after), (1, 2, cursor.after));
        for (resource, text) in [
            ("tag", &*text),
            ("sleep", "abc"),
            ("sleep", "åå"),
            ("sleep", "00"),
        ] {
            assert!(Cursor::parse(resource, text).is_none());
        }
    }
}
