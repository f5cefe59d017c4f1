//! The traits of lists: pages, cursors and bounds.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::runtime::decode::date_or_date_time::DateOrDateTime;

/// A page of a list.
pub trait Page: DeserializeOwned + Send + 'static {
    /// A document of the list.
    type Item: DeserializeOwned + Send + 'static;

    /// The property that holds the documents.
    const ITEMS: &'static str;

    /// The property that holds the cursor of the next page.
    const CURSOR: &'static str;

    /// The cursor of the next page, if there is one.
    fn cursor(&self) -> Option<&str>;

    /// Whether it has no documents.
    fn is_empty(&self) -> bool;

    /// The documents, and the cursor of the next page if there is one.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

/// An operation whose response is a page.
pub trait Paged {
    /// The query parameter that takes the cursor of a page.
    const CURSOR_PARAMETER: &'static str;
}

/// An operation that lists the documents between two bounds.
pub trait Ranged: Paged {
    /// The type of its bounds.
    type Bound: Into<DateOrDateTime> + TryFrom<DateOrDateTime>;

    /// The query parameter that takes the first bound.
    const START_PARAMETER: &'static str;

    /// The query parameter that takes the last bound.
    const END_PARAMETER: &'static str;

    /// The query parameter that requests only the last document of a range.
    const LATEST_PARAMETER: Option<&'static str> = None;
}

/// A document with its JSON as it came. See [`Request::stream_json`](crate::Request::stream_json).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WithJson<T> {
    /// The JSON.
    pub json: Box<RawValue>,
    /// The document.
    pub document: T,
}
