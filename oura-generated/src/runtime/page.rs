//! What a list is made of.

use std::vec;

use serde::de::DeserializeOwned;

use super::date_or_date_time::DateOrDateTime;
use super::error::Error;
use super::salvage::Salvage;

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

/// An operation whose answer is a page.
pub trait Paged {
    /// The query parameter that takes the cursor of a page.
    const CURSOR_PARAMETER: &'static str;
}

/// An operation that lists what lies between two bounds.
pub trait Ranged: Paged {
    /// What its bounds are.
    type Bound: Into<DateOrDateTime> + TryFrom<DateOrDateTime>;

    /// The query parameter that takes the first bound.
    const START_PARAMETER: &'static str;

    /// The query parameter that takes the last bound.
    const END_PARAMETER: &'static str;

    /// The query parameter that asks for the last document of a range alone.
    const LATEST_PARAMETER: Option<&'static str> = None;
}

/// A page in parts.
pub(crate) struct Parts<T> {
    pub(crate) items: Items<T>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// The documents of a page that are not yet given away.
pub(crate) enum Items<T> {
    /// All of them decoded, which is the rule.
    Whole(vec::IntoIter<T>),
    /// Some do not.
    Mixed(Box<Salvage<T>>),
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self::Whole(Vec::new().into_iter())
    }
}

impl<T> Iterator for Items<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Whole(items) => items.next().map(Ok),
            Self::Mixed(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Whole(items) => items.size_hint(),
            Self::Mixed(items) => items.size_hint(),
        }
    }
}

impl<T> ExactSizeIterator for Items<T> {}
