//! Faults: answers that go wrong because a test wants them to.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Manner, Reply, Request, with_type};
use super::data;
use super::list::Query;
use super::spec::{Found, Kind};
use super::state::{Shared, State};
use crate::Route;

/// How an answer goes wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is not processed, and answered with this status.
    Status(u16),
    /// The request is not processed: 429 with a `Retry-After` of one second.
    RateLimited,
    /// The answer takes so long, by the clock of tokio.
    Delay(Duration),
    /// The request waits until the handle is dropped, also with `times`, and is answered then.
    Hold,
    /// The request is processed, and the connection ends without an answer.
    Reset,
    /// The request is processed, and the connection ends in the middle of the answer.
    Truncate,
    /// The request is processed, and answered with 504 and the page of a CDN.
    Html,
    /// The answer is JSON that ends too early.
    InvalidJson,
    /// The first document of the answer has a value of the wrong type.
    BadDocument,
    /// The cursor of a page leads to that page again. Meant for lists.
    RepeatCursor,
}

/// Which requests a fault is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Requests of a route.
    Route(Route),
    /// Requests of every route.
    AnyRoute,
    /// Requests of the token URL.
    TokenUrl,
}

/// A fault that is set. It ends when this is dropped, unless [`times`](Self::times) says when.
#[derive(Debug)]
pub struct FaultHandle {
    shared: Weak<Shared>,
    id: u64,
    /// Whether the fault ends with this.
    ends: bool,
}

/// A fault, as the server keeps it.
pub(super) struct Active {
    id: u64,
    target: Target,
    fault: Fault,
    /// How often it is still used; without, until it is taken back.
    left: Option<u64>,
    used: u64,
}

/// All faults that are set, the first one first.
#[derive(Default)]
pub(super) struct Faults {
    active: Vec<Active>,
    last: u64,
}

impl From<Route> for Target {
    fn from(route: Route) -> Self {
        Self::Route(route)
    }
}

impl FaultHandle {
    pub(super) fn new(shared: &Arc<Shared>, target: Target, fault: Fault) -> Self {
        let id = shared.with(|state| state.faults.add(target, fault));
        Self {
            shared: Arc::downgrade(shared),
            id,
            ends: true,
        }
    }

    /// Makes the fault end after so many answers, instead of with this handle.
    pub fn times(mut self, times: u64) -> Self {
        self.change(|fault| fault.left = Some(times));
        self.ends = false;
        self
    }

    /// Returns how many answers went wrong so far.
    pub fn count(&self) -> u64 {
        let mut count = 0;
        self.change(|fault| count = fault.used);
        count
    }

    fn change(&self, change: impl FnOnce(&mut Active)) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with(|state| {
                let mut active = state.faults.active.iter_mut();
                if let Some(fault) = active.find(|fault| fault.id == self.id) {
                    change(fault);
                }
            });
        }
    }
}

impl Drop for FaultHandle {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let is_over =
                |fault: &Active| fault.id == self.id && (self.ends || fault.fault == Fault::Hold);
            shared.with(|state| state.faults.active.retain(|fault| !is_over(fault)));
            shared.fault_ended.notify_waiters();
        }
    }
}

impl Faults {
    fn add(&mut self, target: Target, fault: Fault) -> u64 {
        self.last += 1;
        self.active.push(Active {
            id: self.last,
            target,
            fault,
            left: None,
            used: 0,
        });
        self.last
    }

    /// The first fault for a request, which counts as used.
    pub(super) fn take(
        &mut self,
        route: Option<Route>,
        is_token_url: bool,
    ) -> Option<(u64, Fault)> {
        let is_meant = |target: &Target| match target {
            Target::Route(wanted) => route == Some(*wanted),
            Target::AnyRoute => !is_token_url,
            Target::TokenUrl => is_token_url,
        };
        let mut active = self.active.iter_mut();
        let fault = active.find(|fault| fault.left != Some(0) && is_meant(&fault.target))?;
        fault.left = fault.left.map(|left| left - 1);
        fault.used += 1;
        Some((fault.id, fault.fault.clone()))
    }
}

/// Waits as long as a fault makes a request wait.
pub(super) async fn wait(shared: &Shared, id: u64, fault: &Fault) {
    match fault {
        Fault::Delay(delay) => tokio::time::sleep(*delay).await,
        Fault::Hold => loop {
            // Before the question, so that an end between the two is not missed.
            let ended = shared.fault_ended.notified();
            let is_active = |state: &mut State| state.faults.active.iter().any(|f| f.id == id);
            if !shared.with(is_active) {
                break;
            }
            ended.await;
        },
        _ => {}
    }
}

/// Applies a fault to an answer.
pub(super) fn spoil(shared: &Shared, request: &Request, fault: &Fault, answer: &mut Answer) {
    let body = |reply: &Reply| String::from_utf8_lossy(reply.body()).into_owned();
    match fault {
        Fault::Status(_) | Fault::RateLimited | Fault::Delay(_) | Fault::Hold => {}
        Fault::Reset => answer.manner = Manner::Dropped,
        Fault::Truncate => answer.manner = Manner::Cut,
        Fault::Html => {
            let page = "<html><body><h1>504 Gateway Time-out</h1></body></html>\n";
            answer.reply = with_type(504, "text/html", page);
        }
        Fault::InvalidJson => {
            let text = body(&answer.reply);
            let cut: String = text.chars().take(text.chars().count() / 2).collect();
            *answer.reply.body_mut() = cut.into();
        }
        Fault::BadDocument => {
            if let Ok(mut value) = serde_json::from_slice::<Value>(answer.reply.body()) {
                spoil_document(&mut value);
                *answer.reply.body_mut() = value.to_string().into();
            }
        }
        Fault::RepeatCursor => repeat_cursor(shared, request, &mut answer.reply),
    }
}

/// Gives a required member of a document a value of another type.
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

fn repeat_cursor(shared: &Shared, request: &Request, reply: &mut Reply) {
    let Found::Operation(operation, _) = shared.spec.find(&request.method, &request.path) else {
        return;
    };
    let (Kind::List(index), Ok(mut page)) = (
        operation.kind,
        serde_json::from_slice::<Value>(reply.body()),
    ) else {
        return;
    };
    let resource = &shared.spec.resources[index];
    let mut query = Query::default();
    for (name, value) in &request.query {
        // What is wrong with a value was said before.
        let _ = query.read(resource, name, value);
    }
    page["next_token"] = query.same_again(resource, data::now(shared.today)).into();
    *reply.body_mut() = page.to_string().into();
}
