//! The guide: one page a topic, with programs that compile.

#[cfg(all(feature = "sqlx-sqlite", feature = "testing"))]
#[doc = include_str!("many_users.md")]
pub mod many_users {}
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
