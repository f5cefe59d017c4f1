//! Tokens, webhook events that were seen, a shared rate limit and documents in a database.
//!
//! With the features `sqlx-sqlite` and `sqlx-postgres`, by [sqlx](https://docs.rs/sqlx) 0.9.
//! Both are outside semantic versioning, because the major version of sqlx is not ours, and need
//! the Rust version that sqlx needs (1.94).
//!
//! [`Stores`] takes a pool of the application. [`Stores::migrate`] creates the tables (or run
//! [`SCHEMA`] with your own migrations). The same value is the
//! [`TokenStores`](crate::oauth::TokenStores) of a
//! [`Sessions`](crate::oauth::Sessions) and the [`SeenEvents`](crate::webhook::SeenEvents) of a
//! webhook endpoint. It also makes the [rate limiter](Stores::rate_limiter) that all processes
//! share and the [queue of events](EventQueue) that are still to be handled.
//! [`Documents`] copies users' data into a table.
//!
//! No connection is held while a token is exchanged or a call is made: each statement takes one
//! from the pool and returns it. A pool of one connection is enough.

mod database;
mod documents;
mod events;
mod limiter;
mod permits;
mod random;
mod schema;
mod seal;
mod shared;
mod stores;
mod tokens;

pub use database::SqlError;
pub use documents::{Applied, ApplyError, Documents};
pub use events::{EventQueue, QueuedEvent};
pub use limiter::{SharedRateLimiter, WhenUnavailable};
pub use schema::SCHEMA;
pub use stores::Stores;
