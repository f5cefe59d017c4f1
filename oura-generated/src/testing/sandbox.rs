//! How the documents of the sandbox differ from those of users, as tested on the live server.

use serde_json::{Value, json};

use super::spec::{Bounds, Resource};

/// The moment that all samples start at.
const START: &str = "2021-01-01T00:00:00.000+00:00";

/// How many values a sample has.
const ITEMS: usize = 10;

/// Changes a document of a user to one of the sandbox.
pub(super) fn spoil(resource: &Resource, document: &mut Value) {
    spoil_samples(document);
    if ["daily_cardiovascular_age", "vo2_max"].contains(&&*resource.name) {
        // Rows that are stored by their day collide.
        document["day"] = json!("2021-01-01");
    }
    if resource.bounds == Bounds::Moments
        && let Some(members) = document.as_object_mut()
    {
        if !resource.requires("timestamp_unix") {
            members.remove("timestamp_unix");
        }
        members.insert("producer_timestamp".to_owned(), Value::Null);
    }
}

/// Samples have ten values a minute apart, and start at the same moment.
fn spoil_samples(value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    if members.contains_key("interval") && members.contains_key("items") {
        members.insert("interval".to_owned(), json!(60.0));
        members.insert("timestamp".to_owned(), json!(START));
        if let Some(items) = members.get_mut("items").and_then(Value::as_array_mut) {
            items.truncate(ITEMS);
        }
    }
    members.values_mut().for_each(spoil_samples);
}
