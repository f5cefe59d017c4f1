//! Webhook subscriptions, and the events that are to be delivered to them.

use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::runtime::decode::dates::format_date_time;

/// A subscription of the application.
#[derive(Clone)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) callback_url: String,
    pub(super) event_type: String,
    pub(super) data_type: String,
    pub(super) ends: OffsetDateTime,
}

/// An event that is to be delivered to a URL.
pub(super) struct Delivery {
    pub(super) url: String,
    pub(super) body: String,
    /// The subscription that it belongs to; `None` for a URL that gets every event.
    pub(super) subscription: Option<String>,
    pub(super) _pending: Pending,
}

/// Counts a delivery as pending until it is dropped.
pub(super) struct Pending(watch::Sender<usize>);

impl Pending {
    pub(super) fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Subscription {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "callback_url": self.callback_url,
            "event_type": self.event_type,
            "data_type": self.data_type,
            "expiration_time": format_date_time(self.ends).unwrap_or_default(),
        })
    }
}
