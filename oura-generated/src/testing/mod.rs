//! An Oura server for tests, in the same process (feature `testing`).
//!
//! [`Oura`] serves every operation as the real server does, with made-up data, users, tokens,
//! webhooks and faults. Each model has an example, such as `models::Workout::example()`.
//! [`check_store`] checks a token store that you implement.
//!
//! ```
//! # #[cfg(feature = "reqwest")]
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use oura_generated::Route;
//! use oura_generated::testing::{Fault, Oura};
//!
//! let oura = Oura::start().await?;
//! let alice = oura.add_user("alice");
//! let client = alice.client();
//!
//! // The first response is a 503, which the client retries.
//! let fault = oura.fail(Route::ListDailySleep, Fault::Status(503)).times(1);
//! let nights = client.list_daily_sleep().await?.data;
//! assert_eq!(nights.len(), 29, "one of thirty days is without the ring");
//! assert_eq!(fault.count(), 1);
//! assert!(oura.complaints().is_empty());
//! # Ok(())
//! # }
//! # #[cfg(feature = "reqwest")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

mod check;
mod check_store;
mod content;
mod data;
mod documents;
mod example;
mod fault_handle;
mod faults;
mod grants;
mod inject;
mod list;
mod oauth;
mod oura;
mod record;
mod request;
mod respond;
mod response;
mod sandbox;
mod schema;
mod serve;
mod spec;
mod state;
mod subscriptions;
mod user;
mod webhooks;

pub use check_store::check_store;
pub(crate) use example::example;
pub use fault_handle::FaultHandle;
pub use faults::{Fault, Target};
pub use oura::{Oura, OuraBuilder};
pub use record::{Complaint, RecordedRequest};
pub use user::User;
