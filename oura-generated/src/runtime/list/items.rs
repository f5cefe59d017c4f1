//! The documents of one page that are not yet returned.

use std::vec;

use crate::runtime::decode::salvage::Salvage;
use crate::runtime::error::Error;

/// A page in parts.
pub(crate) struct Parts<T> {
    pub(crate) items: Items<T>,
    /// The cursor of the next page.
    pub(crate) next: Option<String>,
}

/// The documents of a page that are not yet returned.
pub(crate) enum Items<T> {
    /// All documents of the page were decoded, as usual.
    Whole(vec::IntoIter<T>),
    /// Some documents of the page do not decode.
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
