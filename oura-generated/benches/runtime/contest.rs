//! Runs what is compared in turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// What an entry does once.
type Work<'a> = Box<dyn FnMut() + 'a>;

/// Several ways to do one thing; the first is what the others are measured by.
pub(crate) struct Contest<'a> {
    name: String,
    rounds: usize,
    entries: Vec<(&'static str, Work<'a>)>,
}

impl<'a> Contest<'a> {
    pub(crate) fn new(name: impl Into<String>, rounds: usize) -> Self {
        Self {
            name: name.into(),
            rounds,
            entries: Vec::new(),
        }
    }

    pub(crate) fn entry<R>(mut self, name: &'static str, mut run: impl FnMut() -> R + 'a) -> Self {
        let run = move || {
            black_box(run());
        };
        self.entries.push((name, Box::new(run)));
        self
    }

    /// Runs all entries once a round, each round with another one first, and prints medians
    /// and how fast each is against the first.
    pub(crate) fn run(mut self) {
        // Without `--bench` somebody only wants to know whether it works.
        let rounds = if std::env::args().any(|arg| arg == "--bench") {
            self.rounds
        } else {
            1
        };
        let count = self.entries.len();
        let mut times = vec![Vec::with_capacity(rounds); count];
        for round in 0..rounds + rounds.min(5) {
            for turn in 0..count {
                let at = (round + turn) % count;
                let start = Instant::now();
                (self.entries[at].1)();
                times[at].push(start.elapsed());
            }
        }
        let medians: Vec<Duration> = times.into_iter().map(|t| median(t, rounds)).collect();
        println!("\n{}", self.name);
        for ((name, _), time) in self.entries.iter().zip(&medians) {
            let speed = medians[0].as_secs_f64() / time.as_secs_f64();
            println!("  {name:<44} {time:>12.2?}  {speed:.2} times as fast");
        }
    }
}

/// The median of the last `rounds` times: the first ones only warm up.
fn median(times: Vec<Duration>, rounds: usize) -> Duration {
    let mut times = times[times.len() - rounds..].to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}
