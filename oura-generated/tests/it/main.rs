//! The integration tests, as modules of one binary, because linking each binary takes time.
//!
//! Separate binaries are
//!
//! - `logs`, because a process has one logger;
//! - `memory`, because it measures all that the process allocates;
//! - `spans` and `disabled_spans`, because `tracing` caches the interest of the first subscriber;
//! - `sql`, because it needs databases, and features that need a newer Rust;
//! - `tls`, because `.ci/run` runs it alone, once for each feature of TLS.

#[cfg(all(feature = "blocking", feature = "testing"))]
mod blocking;
mod calls;
#[cfg(feature = "drift-report")]
mod drift;
#[cfg(all(feature = "blocking", feature = "drift-report", feature = "testing"))]
mod embedded;
mod facts;
mod faults;
mod history;
mod lists;
mod network;
#[cfg(feature = "testing")]
mod oauth;
mod resources;
mod retries;
mod safety;
mod server_cases;
#[path = "../support/mod.rs"]
mod support;
mod sync;
mod users;
#[cfg(feature = "webhook")]
mod webhook;
