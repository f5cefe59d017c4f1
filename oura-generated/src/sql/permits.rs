//! Permits of a shared rate limit: those that a process gets, and those that are used up.
//!
//! Input: the slots of the application, the time by the clock of the database, and the permits
//! that a process demands and returns. Output: permits, or how long to wait.
//!
//! Invariant: no window of the limit's length has more calls than the limit. Permits that were
//! granted at a time `a` are used within `[a, a + lease]`, or never. They are counted by slots of
//! a quarter of the lease, and a slot is dropped only when the last of its permits was used more
//! than a window ago.

use std::time::Duration;

use super::database::millis;

/// The longest time that permits last.
const LONGEST_LEASE: Duration = Duration::from_secs(5);
/// A lease is at most this part of the window, so that a short window is not mostly lease.
const LEASES_A_WINDOW: u32 = 20;
/// Slots in a lease.
const SLOTS_A_LEASE: i64 = 4;
/// A process without a known pace gets at least this part of the limit.
const SMALLEST_PART: i64 = 200;

/// A limit and its lengths, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) permits: i64,
    pub(super) window: i64,
    pub(super) lease: i64,
}

/// Permits that were granted in one slot: the start of the slot, and how many.
pub(super) type Slot = (i64, i64);

/// The permits that a process demands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demand {
    /// Permits that it would use within a lease at its pace.
    pub(super) wanted: i64,
    /// Permits of an earlier slot that were never used.
    pub(super) returned: Slot,
}

/// The permits that a process gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// So many permits, counted in the slot that starts at `slot`.
    Permits { count: i64, slot: i64 },
    /// None; some are free after so many milliseconds.
    Wait(i64),
}

impl Limit {
    pub(super) fn new(permits: u32, window: Duration) -> Self {
        let lease = LONGEST_LEASE.min(window / LEASES_A_WINDOW);
        Self {
            permits: permits.into(),
            window: millis(window).max(1),
            lease: millis(lease).max(SLOTS_A_LEASE),
        }
    }

    /// How long permits last.
    pub(super) fn lease(self) -> Duration {
        Duration::from_millis(self.lease.unsigned_abs())
    }

    fn slot_length(self) -> i64 {
        self.lease / SLOTS_A_LEASE
    }

    /// How long after its start a slot still counts.
    fn slot_life(self) -> i64 {
        // The last call of a slot is made a lease after the slot's end, and counts for a window.
        self.window + self.lease + self.slot_length()
    }

    /// Grants permits, and brings the slots up to date.
    pub(super) fn grant(self, slots: &mut Vec<Slot>, now: i64, demand: Demand) -> Grant {
        slots.retain(|(start, _)| *start + self.slot_life() >= now);
        self.take_back(slots, demand.returned);
        let used: i64 = slots.iter().map(|(_, permits)| permits).sum();
        let free = self.permits - used;
        if free <= 0 {
            let first = slots.iter().map(|(start, _)| *start).min();
            let ends = first.map_or(now, |start| start + self.slot_life() + 1);
            return Grant::Wait((ends - now).clamp(1, self.slot_life() + 1));
        }
        let least = (self.permits / SMALLEST_PART).max(1);
        let most = (free / 2).max(least);
        let count = demand.wanted.clamp(least, most).min(free);
        let slot = now - now.rem_euclid(self.slot_length());
        match slots.iter_mut().find(|(start, _)| *start == slot) {
            Some((_, permits)) => *permits += count,
            None => slots.push((slot, count)),
        }
        Grant::Permits { count, slot }
    }

    /// Takes permits back. A slot that was dropped meanwhile is ignored.
    fn take_back(self, slots: &mut Vec<Slot>, (slot, unused): Slot) {
        if let Some((_, permits)) = slots.iter_mut().find(|(start, _)| *start == slot) {
            *permits = (*permits - unused).max(0);
        }
        slots.retain(|(_, permits)| *permits > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same in each run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: i64) -> i64 {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            i64::try_from(self.0 >> 33).expect("31 bits") % end
        }
    }

    #[test]
    fn no_window_has_more_calls_than_the_limit() {
        for seed in 0..50 {
            let mut numbers = Numbers(seed);
            let limit = Limit::new(50, Duration::from_secs(10));
            let (mut slots, mut calls, mut now) = (Vec::new(), Vec::new(), 1_000_000);
            for _ in 0..2_000 {
                now += numbers.below(200);
                let wanted = numbers.below(30);
                let demand = Demand {
                    wanted,
                    ..Demand::default()
                };
                let Grant::Permits { count, slot } = limit.grant(&mut slots, now, demand) else {
                    continue;
                };
                let used = numbers.below(count + 1);
                for _ in 0..used {
                    calls.push(now + numbers.below(limit.lease + 1));
                }
                if numbers.below(2) == 0 {
                    limit.take_back(&mut slots, (slot, count - used));
                }
            }
            calls.sort_unstable();
            assert!(calls.len() > 500, "only {} calls", calls.len());
            for (from, first) in calls.iter().enumerate() {
                let inside = calls[from..]
                    .iter()
                    .take_while(|at| *at - first < limit.window);
                assert!(inside.count() <= 50, "seed {seed}, at {first}");
            }
        }
    }

    #[test]
    fn a_full_limit_says_when_the_first_slot_is_free() {
        let limit = Limit::new(1, Duration::from_secs(20));
        let mut slots = Vec::new();
        let demand = Demand::default();
        assert!(matches!(
            limit.grant(&mut slots, 1_000, demand),
            Grant::Permits { count: 1, .. }
        ));
        let Grant::Wait(wait) = limit.grant(&mut slots, 1_000, demand) else {
            panic!("the limit is used up");
        };
        assert!(matches!(
            limit.grant(&mut slots, 999 + wait, demand),
            Grant::Wait(_)
        ));
        assert!(matches!(
            limit.grant(&mut slots, 1_000 + wait, demand),
            Grant::Permits { .. }
        ));
    }

    #[test]
    fn a_process_gets_no_more_than_half_of_what_is_free() {
        let limit = Limit::new(100, Duration::from_secs(300));
        let (mut slots, mut counts) = (Vec::new(), Vec::new());
        let demand = Demand {
            wanted: 1_000,
            ..Demand::default()
        };
        for _ in 0..4 {
            match limit.grant(&mut slots, 0, demand) {
                Grant::Permits { count, .. } => counts.push(count),
                Grant::Wait(_) => counts.push(0),
            }
        }
        assert_eq!(counts, [50, 25, 12, 6]);
    }
}
