//! The handle of a fault, which a test holds.

use std::sync::{Arc, Weak};

use super::faults::{Active, Fault, Target};
use super::state::Server;

/// A fault that is set. It ends when this is dropped, or after a number of responses if
/// [`times`](Self::times) sets one.
#[derive(Debug)]
pub struct FaultHandle {
    shared: Weak<Server>,
    id: u64,
    /// Whether the fault ends when this is dropped.
    ends: bool,
}

impl FaultHandle {
    pub(super) fn new(shared: &Arc<Server>, target: Target, fault: Fault) -> Self {
        let id = shared.with(|state| state.faults.add(target, fault));
        Self {
            shared: Arc::downgrade(shared),
            id,
            ends: true,
        }
    }

    /// Ends the fault after so many responses, instead of with this handle.
    pub fn times(mut self, times: u64) -> Self {
        self.change(|fault| fault.left = Some(times));
        self.ends = false;
        self
    }

    /// Returns how many responses went wrong so far.
    pub fn count(&self) -> u64 {
        let mut count = 0;
        self.change(|fault| count = fault.used);
        count
    }

    fn change(&self, change: impl FnOnce(&mut Active)) {
        if let Some(shared) = self.shared.upgrade() {
            shared.with(|state| {
                if let Some(fault) = state.faults.find_mut(self.id) {
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
            shared.with(|state| state.faults.end(is_over));
            shared.fault_ended.notify_waiters();
        }
    }
}
