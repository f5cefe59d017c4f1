//! Random names and waits.

use std::time::Duration;

use crate::hex;
use crate::oauth::StoreError;

/// A name that nobody else has: 128 random bits in hexadecimal.
pub(super) fn random_name() -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::new("the operating system has no random numbers", error))?;
    Ok(hex::encode(&bytes))
}

/// A wait that is longer by up to a quarter, so that processes do not ask at the same moment.
pub(super) fn with_jitter(wait: Duration) -> Duration {
    // Without random numbers, the wait is unchanged.
    let part = getrandom::u32().unwrap_or_default();
    wait + wait.mul_f64(f64::from(part) / f64::from(u32::MAX) / 4.0)
}
