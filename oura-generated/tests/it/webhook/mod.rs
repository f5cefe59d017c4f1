//! Webhooks: events and their signatures, subscriptions, and an endpoint that receives them.

mod events;
#[cfg(all(
    feature = "axum",
    feature = "sqlx-postgres",
    feature = "sqlx-sqlite",
    feature = "testing"
))]
mod server;
mod subscriptions;
