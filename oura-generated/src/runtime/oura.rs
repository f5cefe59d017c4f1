//! Facts about Oura that its spec lacks: names of headers, and the properties that identify a
//! document.

use serde_json::value::RawValue;

use super::decode::members;

/// The header of the server's id of a call.
pub(crate) const TRACE_ID: &str = "x-trace-id";

/// The header of the number of calls that a window allows.
pub(crate) const RATE_LIMIT: &str = "x-ratelimit-limit";
/// The header of the length of the window, in seconds.
pub(crate) const RATE_LIMIT_WINDOW: &str = "x-ratelimit-window";
/// The header of when the window ends.
pub(crate) const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";
/// The header of whose limit it was: that of the token or that of the application.
pub(crate) const RATE_LIMIT_TIER: &str = "x-ratelimit-tier";

/// The properties that identify a document: its id, or else its moment in a time series.
pub(crate) fn find_key(document: &RawValue) -> Option<&str> {
    let [id, timestamp] = members::find(document, ["id", "timestamp"]);
    id.or(timestamp)
}
