//! What a list is made of.

use serde::de::DeserializeOwned;

/// A page of a list.
pub trait Page: DeserializeOwned + Send + 'static {
    /// A document of the list.
    type Item: DeserializeOwned + Send + 'static;

    /// The property that holds the documents.
    const ITEMS: &'static str;

    /// The property that holds the cursor of the next page.
    const CURSOR: &'static str;

    /// The documents, and the cursor of the next page if there is one.
    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

/// An operation whose answer is a page.
pub trait Paged {
    /// The query parameter that takes the cursor of a page.
    const CURSOR_PARAMETER: &'static str;
}
