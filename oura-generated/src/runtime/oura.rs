//! What the runtime knows of Oura beyond its spec: names of headers, and the properties that
//! identify a document.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The header of the server's name for a call.
pub(crate) const TRACE_ID: &str = "x-trace-id";

/// The header of how many calls a window allows.
pub(crate) const RATE_LIMIT: &str = "x-ratelimit-limit";
/// The header of the length of the window, in seconds.
pub(crate) const RATE_LIMIT_WINDOW: &str = "x-ratelimit-window";
/// The header of when the window ends.
pub(crate) const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";
/// The header of whose limit it was: that of the token or that of the application.
pub(crate) const RATE_LIMIT_TIER: &str = "x-ratelimit-tier";

/// The properties that identify a document: its id, or else its moment in a time series.
#[derive(Deserialize)]
struct Key<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

/// The key of a document, if it has one.
pub(crate) fn find_key(document: &str) -> Option<Box<str>> {
    // A list would decode too, and its first value would pass for an id.
    let object = document.starts_with('{').then_some(document)?;
    let key: Key<'_> = serde_json::from_str(object).ok()?;
    key.id.or(key.timestamp).map(|key| key.get().into())
}
