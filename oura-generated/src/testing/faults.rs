//! Faults: responses that go wrong because a test has set them.

use std::time::Duration;

use crate::Route;

/// How a response goes wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The request is not processed: the response has this status.
    Status(u16),
    /// The request is not processed: 429 with a `Retry-After` of one second.
    RateLimited,
    /// The request is processed, and the response takes this long, by the clock of tokio.
    Delay(Duration),
    /// The request waits until the handle is dropped, also with `times`, and is processed then.
    Hold,
    /// The request is processed, and the connection ends without a response.
    Reset,
    /// The request is processed, and the connection ends in the middle of the response.
    Truncate,
    /// The request is processed: the response is 504 with the page of a CDN.
    Html,
    /// The response is JSON that ends too early.
    InvalidJson,
    /// The first document of the response has a value of the wrong type.
    BadDocument,
    /// The cursor of a page leads to the same page again. For lists only.
    RepeatCursor,
}

/// The requests that a fault applies to.
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

/// A fault in the state of the server.
pub(super) struct Active {
    pub(super) id: u64,
    target: Target,
    pub(super) fault: Fault,
    /// How often it is still used; `None` until its handle is dropped.
    pub(super) left: Option<u64>,
    pub(super) used: u64,
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

impl Faults {
    pub(super) fn add(&mut self, target: Target, fault: Fault) -> u64 {
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

    pub(super) fn find_mut(&mut self, id: u64) -> Option<&mut Active> {
        self.active.iter_mut().find(|fault| fault.id == id)
    }

    pub(super) fn is_active(&self, id: u64) -> bool {
        self.active.iter().any(|fault| fault.id == id)
    }

    /// Ends the faults for which `is_over` holds.
    pub(super) fn end(&mut self, is_over: impl Fn(&Active) -> bool) {
        self.active.retain(|fault| !is_over(fault));
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
