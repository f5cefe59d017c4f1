//! A person: the values that are the same on all days.

use time::{Date, OffsetDateTime};

use super::clock;
use super::rng::Rng;

/// A made-up person.
#[derive(Clone, Debug)]
pub(in crate::testing) struct Person {
    seed: u64,
    name: String,
    /// The user's id, also in events.
    pub(in crate::testing) id: String,
    /// Of the ring.
    pub(super) ring: String,
    /// Beats per minute, in deep sleep.
    pub(super) resting_heart_rate: f64,
    /// Milliseconds.
    pub(super) hrv: f64,
    /// Minutes before midnight.
    pub(super) bedtime: i64,
    pub(super) age: i64,
    /// When the person's months begin.
    shift: i32,
}

impl Person {
    pub(in crate::testing) fn new(seed: u64, name: &str) -> Self {
        let mut rng = Rng::new(seed, name);
        Self {
            seed,
            name: name.to_owned(),
            id: rng.uuid(),
            ring: rng.uuid(),
            resting_heart_rate: 46.0 + 14.0 * rng.unit(),
            hrv: 32.0 + 40.0 * rng.unit(),
            bedtime: rng.between(30, 100),
            age: rng.between(24, 61),
            shift: rng.between(0, 29) as i32,
        }
    }

    /// The numbers of a day for a purpose.
    pub(in crate::testing) fn rng(&self, purpose: &str, day: Date) -> Rng {
        Rng::new(self.seed, &format!("{}/{purpose}/{day}", self.name))
    }

    /// The kind of a day.
    pub(super) fn kind(&self, day: Date) -> Day {
        match clock::day_of_month(day, self.shift) {
            clock::WITHOUT_RING => Day::WithoutRing,
            8 | 22 => Day::AfterLateNight,
            5 | 14 | 25 => Day::WithNap,
            27 => Day::Ill,
            _ => Day::Usual,
        }
    }

    /// The moment at which the person's clock shows so many minutes after midnight.
    pub(super) fn moment(&self, day: Date, minutes: i64) -> OffsetDateTime {
        clock::moment(clock::day_of_month(day, self.shift), day, minutes)
    }

    /// A moment of that day by the person's clock.
    pub(super) fn in_zone(&self, day: Date, at: OffsetDateTime) -> OffsetDateTime {
        clock::in_zone(clock::day_of_month(day, self.shift), at)
    }
}

/// The kind of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    Usual,
    /// The ring lies in a drawer: there are no documents of that day.
    WithoutRing,
    /// The night before it was short.
    AfterLateNight,
    WithNap,
    /// In rest mode.
    Ill,
}
