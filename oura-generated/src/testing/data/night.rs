//! Nights and naps, in steps of five minutes.
//!
//! Invariant: every duration of a document is a count of its phases, so the phases add up to
//! the time in bed.

use time::{Date, Duration, OffsetDateTime};

use super::person::{Day, Person};
use super::rng::Rng;

/// The length of a step, in seconds.
pub(super) const STEP: i64 = 300;

/// A sleep period.
pub(super) struct Night {
    pub(super) day: Date,
    pub(super) start: OffsetDateTime,
    /// With the offset of that moment, which differs if the clock was changed.
    pub(super) end: OffsetDateTime,
    /// A step each.
    pub(super) phases: Vec<Phase>,
    /// Beats a minute, with gaps.
    pub(super) heart_rate: Vec<Option<f64>>,
    /// Milliseconds, with gaps.
    pub(super) hrv: Vec<Option<f64>>,
    pub(super) is_nap: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Deep,
    Light,
    Rem,
    Awake,
}

impl Phase {
    pub(super) fn code(self) -> char {
        match self {
            Self::Deep => '1',
            Self::Light => '2',
            Self::Rem => '3',
            Self::Awake => '4',
        }
    }
}

impl Night {
    /// The night that ended on the morning of `day`, if the ring was worn.
    pub(super) fn of(person: &Person, day: Date) -> Option<Self> {
        let mut rng = person.rng("night", day);
        let noise = rng.around(30.0) as i64;
        let (bedtime, steps) = match person.kind(day) {
            Day::WithoutRing => return None,
            Day::AfterLateNight => (95 + noise, rng.between(60, 72)),
            Day::Ill => (-person.bedtime - 45, rng.between(105, 114)),
            Day::Usual | Day::WithNap => (noise - person.bedtime, rng.between(86, 101)),
        };
        // Whole minutes and steps: the phases then add up to the second.
        let start = person.moment(day, bedtime);
        let phases = phases(steps as usize, &mut rng);
        Some(Self::with(person, day, start, phases, rng, false))
    }

    /// The nap on the afternoon of `day`, if there was one.
    pub(super) fn nap(person: &Person, day: Date) -> Option<Self> {
        if person.kind(day) != Day::WithNap {
            return None;
        }
        let mut rng = person.rng("nap", day);
        let start = person.moment(day, 14 * 60 + rng.between(0, 60));
        let steps = rng.between(5, 10) as usize;
        let mut phases = vec![Phase::Light; steps];
        phases[0] = Phase::Awake;
        Some(Self::with(person, day, start, phases, rng, true))
    }

    fn with(
        person: &Person,
        day: Date,
        start: OffsetDateTime,
        phases: Vec<Phase>,
        mut rng: Rng,
        is_nap: bool,
    ) -> Self {
        let end = start + Duration::seconds(STEP * phases.len() as i64);
        let heart_rate = heart_rate(person, &phases, &mut rng);
        let hrv = hrv(person, &phases, &heart_rate, &mut rng);
        Self {
            end: person.in_zone(day, end),
            day,
            start,
            phases,
            heart_rate,
            hrv,
            is_nap,
        }
    }

    /// Seconds in a phase.
    pub(super) fn seconds(&self, phase: Phase) -> i64 {
        STEP * self.phases.iter().filter(|known| **known == phase).count() as i64
    }

    /// Seconds in bed.
    pub(super) fn in_bed(&self) -> i64 {
        STEP * self.phases.len() as i64
    }

    /// Seconds asleep.
    pub(super) fn asleep(&self) -> i64 {
        self.in_bed() - self.seconds(Phase::Awake)
    }

    /// Seconds until sleep.
    pub(super) fn latency(&self) -> i64 {
        let awake = self
            .phases
            .iter()
            .take_while(|phase| **phase == Phase::Awake);
        STEP * awake.count() as i64
    }

    /// The share of the time in bed that was slept, in percent.
    pub(super) fn efficiency(&self) -> i64 {
        (100.0 * self.asleep() as f64 / self.in_bed() as f64).round() as i64
    }

    pub(super) fn average_hrv(&self) -> Option<f64> {
        average(&self.hrv)
    }

    pub(super) fn lowest_heart_rate(&self) -> Option<i64> {
        let known = self.heart_rate.iter().flatten();
        known.map(|rate| rate.round() as i64).min()
    }
}

/// Sleep in cycles of an hour and a half, from mostly deep to mostly REM.
fn phases(steps: usize, rng: &mut Rng) -> Vec<Phase> {
    let mut phases = vec![Phase::Awake; rng.between(1, 4) as usize];
    let mut cycle = 0;
    let restlessness = 0.25 + 0.6 * rng.unit();
    while phases.len() < steps {
        let parts = [
            (Phase::Light, rng.between(2, 4)),
            (Phase::Deep, (7 - 2 * cycle + rng.between(-1, 1)).max(0)),
            (Phase::Light, rng.between(3, 6)),
            (Phase::Rem, (2 + cycle + rng.between(-1, 2)).clamp(1, 7)),
            (
                Phase::Awake,
                i64::from(rng.chance(restlessness)) * rng.between(1, 3),
            ),
        ];
        for (phase, count) in parts {
            phases.extend(std::iter::repeat_n(phase, count as usize));
        }
        cycle += 1;
    }
    phases.truncate(steps);
    if let Some(last) = phases.last_mut() {
        *last = Phase::Awake;
    }
    phases
}

/// Falls until the small hours and rises to the morning; the ring loses contact at times.
fn heart_rate(person: &Person, phases: &[Phase], rng: &mut Rng) -> Vec<Option<f64>> {
    let count = phases.len() as f64;
    let gap_start = rng.below(phases.len().max(1));
    let gap = gap_start..gap_start + rng.between(0, 4) as usize;
    let rates = phases.iter().enumerate().map(|(step, phase)| {
        let share = step as f64 / count;
        let slope = 9.0 * (share - 0.7).abs();
        let lift = match phase {
            Phase::Deep => 0.0,
            Phase::Light => 1.0,
            Phase::Rem => 3.5,
            Phase::Awake => 7.0,
        };
        let rate = person.resting_heart_rate + slope + lift + rng.around(1.5);
        let is_lost = rng.chance(0.02) || gap.contains(&step);
        (!is_lost).then_some(rate.round())
    });
    rates.collect()
}

/// High where the heart is slow; unknown where the heart rate is unknown.
fn hrv(
    person: &Person,
    phases: &[Phase],
    heart_rate: &[Option<f64>],
    rng: &mut Rng,
) -> Vec<Option<f64>> {
    let values = phases.iter().zip(heart_rate).map(|(phase, rate)| {
        let lift = match phase {
            Phase::Deep => 8.0,
            Phase::Light => 2.0,
            Phase::Rem => -5.0,
            Phase::Awake => -10.0,
        };
        let value = (person.hrv + lift + rng.around(8.0)).max(8.0);
        rate.map(|_| value.round())
    });
    values.collect()
}

/// The mean of the known values.
pub(super) fn average(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}
