//! Authorization: its steps, the sessions that follow it, and where tokens are stored.

mod file;
mod flow;
#[cfg(feature = "testing")]
mod login;
#[cfg(all(feature = "testing", unix))]
mod login_example;
mod refusals;
mod session;
#[cfg(feature = "testing")]
mod stores;
