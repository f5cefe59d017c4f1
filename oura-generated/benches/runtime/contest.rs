//! Runs the functions that are compared in turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

type Entry<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// Several ways to do one thing; the others are compared with the first.
pub(crate) struct Contest<'a> {
    name: String,
    rounds: usize,
    calls: u32,
    entries: Vec<Entry<'a>>,
}

impl<'a> Contest<'a> {
    pub(crate) fn new(name: impl Into<String>, rounds: usize) -> Self {
        Self {
            name: name.into(),
            rounds,
            calls: 1,
            entries: Vec::new(),
        }
    }

    /// Sets how many calls a turn has: functions that take microseconds would otherwise be slowed
    /// down by the caches that the others leave behind.
    pub(crate) fn calls(mut self, calls: u32) -> Self {
        self.calls = calls;
        self
    }

    pub(crate) fn entry<R>(mut self, name: &'static str, mut run: impl FnMut() -> R + 'a) -> Self {
        let run = move || {
            black_box(run());
        };
        self.entries.push((name, Box::new(run)));
        self
    }

    /// Runs all entries once a round, each round with another one first, and prints how long
    /// each takes and how fast it is against the first.
    pub(crate) fn run(mut self) {
        // As with other benches, a word on the command line selects those with it in their name.
        let mut words = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
        if words.next().is_some_and(|word| !self.name.contains(&word)) {
            return;
        }
        // Without `--bench`, as in `cargo test`, one round shows whether it works.
        let is_bench = std::env::args().any(|arg| arg == "--bench");
        let rounds = if is_bench { self.rounds } else { 1 };
        let count = self.entries.len();
        let mut times = vec![Vec::with_capacity(rounds); count];
        for round in 0..rounds {
            for turn in 0..count {
                let at = (round + turn) % count;
                let start = Instant::now();
                for _ in 0..self.calls {
                    (self.entries[at].1)();
                }
                times[at].push(start.elapsed() / self.calls);
            }
        }
        let times: Vec<Duration> = times.into_iter().map(undisturbed).collect();
        println!("\n{}", self.name);
        for ((name, _), time) in self.entries.iter().zip(&times) {
            let speed = times[0].as_secs_f64() / time.as_secs_f64();
            println!("  {name:<44} {time:>12.2?}  {speed:.2} times as fast");
        }
    }
}

/// The time that a tenth of the turns do not exceed: the time of a turn when the machine has
/// nothing else to do.
fn undisturbed(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 10]
}
