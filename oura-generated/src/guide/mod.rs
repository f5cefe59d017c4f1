//! The guide: a page for each topic, with programs that compile.
//!
//! | page | topic |
//! |---|---|
//! | [`requests`] | credentials, requests, time limits, tracing, calls without `async` |
//! | [`lists`] | pages, streams, field selection, long ranges |
//! | [`errors`] | errors, retries, rate limits |
//! | [`what_oura_really_does`] | where the live server differs from its spec |
//! | [`sync`] | a copy of a user's data, in SQLite or elsewhere |
//! | [`series`] | samples and phases as points in time |
//! | [`many_users`] | tokens, limits and webhook events of many users |
//! | [`testing`] | tests against an embedded Oura server |
//!
//! The last four pages exist if the documentation is built with the features that their programs
//! need: `testing`, and also `sqlx-sqlite` for `sync` and `many_users`.
//!

// Without its features a page does not exist; its links then lead to the list of features.
#![cfg_attr(
    all(feature = "sqlx-sqlite", feature = "testing"),
    doc = "[`sync`]: crate::guide::sync"
)]
#![cfg_attr(
    not(all(feature = "sqlx-sqlite", feature = "testing")),
    doc = "[`sync`]: crate#features"
)]
#![cfg_attr(feature = "testing", doc = "[`series`]: crate::guide::series")]
#![cfg_attr(not(feature = "testing"), doc = "[`series`]: crate#features")]
#![cfg_attr(
    all(feature = "sqlx-sqlite", feature = "testing"),
    doc = "[`many_users`]: crate::guide::many_users"
)]
#![cfg_attr(
    not(all(feature = "sqlx-sqlite", feature = "testing")),
    doc = "[`many_users`]: crate#features"
)]
#![cfg_attr(feature = "testing", doc = "[`testing`]: crate::guide::testing")]
#![cfg_attr(not(feature = "testing"), doc = "[`testing`]: crate#features")]

#[doc = include_str!("errors.md")]
pub mod errors {}
#[doc = include_str!("lists.md")]
pub mod lists {}
#[cfg(all(feature = "sqlx-sqlite", feature = "testing"))]
#[doc = include_str!("many_users.md")]
pub mod many_users {}
#[doc = include_str!("requests.md")]
pub mod requests {}
#[cfg(feature = "testing")]
#[doc = include_str!("series.md")]
pub mod series {}
#[cfg(all(feature = "sqlx-sqlite", feature = "testing"))]
#[doc = include_str!("sync.md")]
pub mod sync {}
#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("what_oura_really_does.md")]
pub mod what_oura_really_does {}
