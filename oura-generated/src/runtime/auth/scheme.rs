//! Security schemes: what each sends, and where. The generated table has those of the spec.

/// A security scheme of the spec.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scheme {
    /// Its name in the spec.
    pub(crate) name: &'static str,
    /// What it sends, and where.
    pub(crate) sends: Sends,
}

/// What a security scheme sends, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "which of them occur depends on the spec")]
pub(crate) enum Sends {
    /// An access token, as `Authorization: Bearer`.
    Token,
    /// A user name and a password, as `Authorization: Basic`.
    Password,
    /// A value behind this word, in `Authorization`.
    Authorization(&'static str),
    /// A value in this header.
    Header(&'static str),
    /// A value in this query parameter.
    Query(&'static str),
    /// A value in this cookie.
    Cookie(&'static str),
}

impl Scheme {
    pub(crate) const fn new(name: &'static str, sends: Sends) -> Self {
        Self { name, sends }
    }
}

/// What a call may use: one of several sets of schemes. An empty set takes no credentials.
pub(crate) type Alternatives = &'static [&'static [&'static Scheme]];

/// An access token alone, whatever the spec calls the scheme.
pub(crate) const BEARER: Alternatives = &[&[&Scheme::new("", Sends::Token)]];
