//! Routes and resources: what the generated table says about them, and how a path is matched.
//!
//! Input: the generated table (`Route::ALL`, `Route::info`). Output: the public methods of
//! [`Route`]. Nothing here names a route.

pub(crate) mod paths;
pub(crate) mod resource;
pub(crate) mod scope;

use std::borrow::Cow;
use std::{fmt, slice};

use http::Method;

use crate::Route;
use crate::generated::API;
use crate::runtime::auth::scheme::{Alternatives, BEARER, Scheme};

/// Which credentials a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Auth {
    /// None.
    None,
    /// An access token, as `Authorization: Bearer`.
    Bearer,
    /// The id and the secret of the application, each in a separate header.
    ClientSecret,
    /// The values of other security schemes, see
    /// [`ClientBuilder::credential`](crate::ClientBuilder::credential).
    Other,
}

impl Auth {
    /// The schemes of a call whose credentials are chosen by hand. For [`Auth::Other`] this is the
    /// first scheme that the client has a value for.
    pub(crate) fn alternatives(self) -> Cow<'static, [&'static [&'static Scheme]]> {
        match self {
            Self::None => Cow::Borrowed(&[]),
            Self::Bearer => Cow::Borrowed(BEARER),
            Self::ClientSecret => Cow::Borrowed(slice::from_ref(&API.client)),
            Self::Other => API.schemes.iter().map(slice::from_ref).collect(),
        }
    }
}

/// The credentials that a route takes: their kind, and the schemes.
#[allow(dead_code, reason = "a spec may have no operations")]
pub(crate) type RouteSecurity = (Auth, Alternatives);

/// A type without values. With it, [`Route`] cannot be cast to an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Never {}

/// What the spec says about the API as a whole.
#[allow(dead_code, reason = "the URLs are for optional features")]
pub(crate) struct ApiInfo {
    /// The spec's title.
    pub(crate) title: &'static str,
    /// The default server; without one, `base_url` is required.
    pub(crate) server: Option<&'static str>,
    /// The security schemes.
    pub(crate) schemes: &'static [&'static Scheme],
    /// Those of the application's id and secret, in this order, if the spec has them.
    pub(crate) client: &'static [&'static Scheme],
    /// Where users authorize an application.
    pub(crate) authorization_url: Option<&'static str>,
    /// Where a code or a refresh token is exchanged.
    pub(crate) token_url: Option<&'static str>,
    /// Pairs of query parameters that bound lists, the lower bound first.
    pub(crate) ranges: &'static [(&'static str, &'static str)],
}

/// What the spec says about one route.
#[derive(Debug)]
pub(crate) struct RouteInfo {
    /// The name of the variant.
    pub(crate) name: &'static str,
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path, with `{name}` where an argument goes.
    pub(crate) path_template: &'static str,
    /// The spec's `operationId`, or empty.
    pub(crate) operation_id: &'static str,
    /// The spec's summary, or empty.
    pub(crate) summary: &'static str,
    /// The first tag, or empty.
    pub(crate) tag: &'static str,
    /// The credentials that it takes.
    pub(crate) auth: Auth,
    /// The security schemes that it takes.
    pub(crate) security: Alternatives,
    /// The scope that an access token needs, if the server requires one.
    pub(crate) scope: Option<&'static str>,
    /// Whether it is a sandbox twin.
    pub(crate) is_sandbox: bool,
    /// Path parameters, in the order of the template.
    pub(crate) path_params: &'static [&'static str],
    /// Query parameters, in the order of the spec.
    pub(crate) query_params: &'static [&'static str],
    /// The error responses of the spec with their descriptions.
    pub(crate) errors: &'static [(Status, &'static str)],
}

/// A marker type of an operation.
pub(crate) trait Operation {
    /// Its route.
    const ROUTE: Route;
}

/// One status or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "which of them occur depends on the spec")]
pub(crate) enum Status {
    /// `404`.
    Code(u16),
    /// `4XX`, as its first digit.
    Class(u8),
    /// Every status that the spec does not list.
    Default,
}

impl Route {
    /// The HTTP method.
    pub fn method(self) -> Method {
        self.info().method.clone()
    }

    /// The path as the spec writes it, with `{name}` where an argument goes.
    pub const fn path_template(self) -> &'static str {
        self.info().path_template
    }

    /// The spec's `operationId`, or empty when it gives none.
    pub const fn operation_id(self) -> &'static str {
        self.info().operation_id
    }

    /// The spec's summary, or empty when it gives none.
    pub const fn summary(self) -> &'static str {
        self.info().summary
    }

    /// The spec's first tag, or empty when it gives none.
    pub const fn tag(self) -> &'static str {
        self.info().tag
    }

    /// The credentials that the route takes.
    pub const fn auth(self) -> Auth {
        self.info().auth
    }

    /// Whether the route responds with made-up data.
    pub const fn is_sandbox(self) -> bool {
        self.info().is_sandbox
    }

    /// The names of the path parameters, in the order of the template.
    pub const fn path_params(self) -> &'static [&'static str] {
        self.info().path_params
    }

    /// The names of the query parameters, in the order of the spec.
    pub const fn query_params(self) -> &'static [&'static str] {
        self.info().query_params
    }

    /// What the spec says about a response with this status, most specific first.
    pub(crate) fn error_description(self, status: http::StatusCode) -> Option<&'static str> {
        let code = status.as_u16();
        let errors = self.info().errors;
        let find = |wanted: Status| errors.iter().find(|(status, _)| *status == wanted);
        let class = u8::try_from(code / 100).unwrap_or_default();
        find(Status::Code(code))
            .or_else(|| find(Status::Class(class)))
            .or_else(|| find(Status::Default))
            .map(|(_, description)| *description)
            .filter(|description| !description.is_empty())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.info().name)
    }
}
