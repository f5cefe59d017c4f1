//! Resources and their documents. The list of resources is generated.
//!
//! Input: the generated table (`Resource::ALL`, `Resource::info`). Output: the public
//! methods of [`Resource`], and the parts of the table's macro.

use std::fmt;
use std::str::FromStr;

use time::{Date, OffsetDateTime};

use crate::models::{Document, Scope};
use crate::runtime::call::reply::Reply;
use crate::runtime::decode::RawPage;
use crate::runtime::error::Error;
use crate::runtime::list::page::{Paged, Ranged};
use crate::{Resource, Route};

/// What the spec says about one resource.
pub(crate) struct ResourceInfo {
    /// The name.
    pub(crate) name: &'static str,
    /// The operation that returns a document by its id, and the decoder of its response.
    pub(crate) get: Option<(Route, Decode<Document>)>,
    /// The operation that lists documents.
    pub(crate) list: Option<ListInfo>,
}

/// What the spec says about the list of one resource.
pub(crate) struct ListInfo {
    /// The operation.
    pub(crate) route: Route,
    /// The query parameter that takes the cursor of a page.
    pub(crate) cursor_parameter: &'static str,
    /// The query parameters that bound it.
    pub(crate) bounds: Bounds,
    /// Takes a page apart.
    pub(crate) decode: Decode<RawPage>,
}

/// The query parameters of the first and of the last bound of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// The list has none.
    None,
    /// They take days.
    Days(&'static str, &'static str),
    /// They take moments.
    Moments(&'static str, &'static str),
}

impl Bounds {
    #[allow(dead_code, reason = "which of these are used depends on the spec")]
    #[allow(
        clippy::extra_unused_type_parameters,
        reason = "the table calls all three alike"
    )]
    pub(crate) const fn unbounded<O: Paged>() -> Self {
        Self::None
    }

    #[allow(dead_code, reason = "which of these are used depends on the spec")]
    pub(crate) const fn days<O: Ranged>() -> Self {
        Self::Days(O::START_PARAMETER, O::END_PARAMETER)
    }

    #[allow(dead_code, reason = "which of these are used depends on the spec")]
    pub(crate) const fn moments<O: Ranged>() -> Self {
        Self::Moments(O::START_PARAMETER, O::END_PARAMETER)
    }
}

/// Reads a response.
pub(crate) type Decode<T> = fn(&Reply) -> Result<T, Error>;

impl Resource {
    /// The name, as webhook events and subscriptions spell it: `vo2_max`.
    pub const fn as_str(self) -> &'static str {
        self.info().name
    }

    /// The route that lists the documents of the resource.
    pub fn list_route(self) -> Option<Route> {
        self.info().list.as_ref().map(|list| list.route)
    }

    /// The route that returns a document of the resource by its id.
    pub fn get_route(self) -> Option<Route> {
        self.info().get.map(|(route, _)| route)
    }

    /// The scope that an access token needs for the documents of the resource. `None` if any
    /// token is accepted, or if the scope is not known; see [`Route::scope`].
    pub fn scope(self) -> Option<Scope> {
        self.list_route().or(self.get_route())?.scope()
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Reads the name of a resource. The error is [`Error::Argument`] for one that this version of
/// the crate does not know.
impl FromStr for Resource {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.iter();
        let found = all.find(|resource| resource.as_str() == name);
        found.copied().ok_or_else(|| {
            let message = format!(
                "is `{name}`, which this version of the crate does not know; \
                 `Resource::ALL` has those that it knows"
            );
            Error::argument(None, "resource", message)
        })
    }
}

/// A field that holds the id of a document.
#[allow(dead_code, reason = "for specs with resources")]
pub(crate) trait DocumentId {
    fn document_id(&self) -> Option<&str>;
}

impl DocumentId for String {
    fn document_id(&self) -> Option<&str> {
        Some(self)
    }
}

impl<T: DocumentId> DocumentId for Option<T> {
    fn document_id(&self) -> Option<&str> {
        self.as_ref().and_then(T::document_id)
    }
}

/// A field that says on which day a document lies.
#[allow(dead_code, reason = "for specs with resources")]
pub(crate) trait DocumentDay {
    fn document_day(&self) -> Option<Date>;
}

impl DocumentDay for Date {
    fn document_day(&self) -> Option<Date> {
        Some(*self)
    }
}

impl DocumentDay for OffsetDateTime {
    fn document_day(&self) -> Option<Date> {
        Some(self.date())
    }
}

impl<T: DocumentDay> DocumentDay for Option<T> {
    fn document_day(&self) -> Option<Date> {
        self.as_ref().and_then(T::document_day)
    }
}
