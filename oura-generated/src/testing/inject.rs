//! What a fault does to a request and its response.

use serde_json::{Value, json};

use super::data;
use super::faults::Fault;
use super::list::Query;
use super::request::Request;
use super::response::{Response, Served, Transmission, with_type};
use super::spec::{Found, Kind};
use super::state::Server;

/// Waits until a fault has ended.
pub(super) async fn hold(shared: &Server, id: u64) {
    loop {
        // Registered before the check, so that an end between the two is not missed.
        let ended = shared.fault_ended.notified();
        if !shared.with(|state| state.faults.is_active(id)) {
            return;
        }
        ended.await;
    }
}

/// Applies a fault to a response.
pub(super) fn spoil(shared: &Server, request: &Request, fault: &Fault, served: &mut Served) {
    match fault {
        Fault::Status(_) | Fault::RateLimited | Fault::Delay(_) | Fault::Hold => {}
        Fault::Reset => served.transmission = Transmission::Dropped,
        Fault::Truncate => served.transmission = Transmission::Cut,
        Fault::Html => {
            let page = "<html><body><h1>504 Gateway Time-out</h1></body></html>\n";
            served.response = with_type(504, "text/html", page);
        }
        Fault::InvalidJson => {
            let text = String::from_utf8_lossy(served.response.body());
            let cut: String = text.chars().take(text.chars().count() / 2).collect();
            *served.response.body_mut() = cut.into();
        }
        Fault::BadDocument => {
            if let Ok(mut value) = serde_json::from_slice::<Value>(served.response.body()) {
                spoil_document(&mut value);
                *served.response.body_mut() = value.to_string().into();
            }
        }
        Fault::RepeatCursor => repeat_cursor(shared, request, &mut served.response),
    }
}

/// Replaces a required member of a document by a value of another type.
fn spoil_document(value: &mut Value) {
    let document = match value.get_mut("data").and_then(Value::as_array_mut) {
        Some(documents) => documents.first_mut(),
        None => Some(value),
    };
    let members = document.and_then(Value::as_object_mut).into_iter();
    for (name, member) in members.flatten() {
        if ["id", "timestamp"].contains(&name.as_str()) {
            *member = json!([{ "not": "what the spec says" }]);
        }
    }
}

fn repeat_cursor(shared: &Server, request: &Request, response: &mut Response) {
    let Found::Operation(operation, _) = shared.spec.find(&request.method, &request.path) else {
        return;
    };
    let (Kind::List(index), Ok(mut page)) = (
        operation.kind,
        serde_json::from_slice::<Value>(response.body()),
    ) else {
        return;
    };
    let resource = &shared.spec.resources[index];
    let mut query = Query::default();
    for (name, value) in &request.query {
        // The problem of a value was reported before.
        let _ = query.read(resource, name, value);
    }
    page["next_token"] = query.same_again(resource, data::now(shared.today)).into();
    *response.body_mut() = page.to_string().into();
}
