//! The documents of one resource of one user, in the order of their days or moments.

use std::collections::BTreeMap;

use serde_json::Value;
use time::{OffsetDateTime, UtcOffset};

use super::spec::{Bounds, Resource};
use crate::runtime::decode::dates::{format_date_time, parse_date, parse_date_time};

/// The day or moment of a document in its resource's unit, and its key: its `id`, else its
/// `timestamp` in UTC, else its day.
pub(super) type Position = (i64, String);

/// The documents of a resource as they are sent.
#[derive(Default)]
pub(super) struct Documents(BTreeMap<Position, Box<str>>);

impl Documents {
    /// Stores a document in place of one with the same key; returns whether there was one.
    pub(super) fn put(&mut self, position: Position, json: String) -> bool {
        let old = self.remove(&position.1);
        self.0.insert(position, json.into());
        old
    }

    /// Stores a document whose key is new.
    pub(super) fn add(&mut self, position: Position, json: String) {
        self.0.insert(position, json.into());
    }

    /// Removes the document of a key; returns whether there was one.
    pub(super) fn remove(&mut self, key: &str) -> bool {
        let position = self.0.keys().find(|(_, known)| known == key).cloned();
        position
            .and_then(|position| self.0.remove(&position))
            .is_some()
    }

    /// The document of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let mut documents = self.0.iter();
        let found = documents.find(|((_, known), _)| known == key);
        found.map(|(_, json)| &**json)
    }

    /// The documents from one position on, before `end`.
    pub(super) fn range(
        &self,
        from: Position,
        end: i64,
    ) -> impl Iterator<Item = (&Position, &str)> {
        let from = self
            .0
            .range(from..)
            .take_while(move |((at, _), _)| *at < end);
        from.map(|(position, json)| (position, &**json))
    }

    /// The last document of a range.
    pub(super) fn last(&self, start: i64, end: i64) -> Option<(&Position, &str)> {
        let range =
            (start <= end).then(|| self.0.range((start, String::new())..(end, String::new())));
        let last = range.and_then(|mut range| range.next_back());
        last.map(|(position, json)| (position, &**json))
    }
}

/// The position of a document among those of its resource, in days or in seconds.
pub(super) fn position(resource: &Resource, document: &Value) -> Position {
    let text = |name: &str| document[name].as_str();
    let moment = text("timestamp").and_then(parse_date_time);
    let day = ["day", "start_day"].into_iter().find_map(text);
    let at = match resource.bounds {
        Bounds::Moments => moment.map(OffsetDateTime::unix_timestamp),
        Bounds::Days { .. } | Bounds::None => day
            .and_then(parse_date)
            .map(|day| day.to_julian_day().into()),
    };
    let id = text("id").map(str::to_owned);
    let moment = || format_date_time(moment?.to_offset(UtcOffset::UTC)).ok();
    let key = id.or_else(moment).or_else(|| day.map(str::to_owned));
    (at.unwrap_or_default(), key.unwrap_or_default())
}
