//! The state that the tables of an application share.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::database::Database;
use super::seal::Seal;

/// The database and the settings of one application.
pub(super) struct ApplicationStore {
    pub(super) database: Database,
    /// The part of each key that names the application.
    pub(super) application: Arc<str>,
    pub(super) seal: Seal,
    /// When events that were seen long ago were last deleted.
    pub(super) last_sweep: Mutex<Option<Instant>>,
}
