//! Shows the progress of long steps.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The time between two messages of a step.
const PAUSE: Duration = Duration::from_secs(30);

/// Runs a long step, and prints a message at its start, every half minute, and at its end.
pub(super) fn long<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    anstream::eprintln!("running  {what}");
    let (done, waits) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while waits.recv_timeout(PAUSE) == Err(mpsc::RecvTimeoutError::Timeout) {
                anstream::eprintln!("         for {} so far", shown(start.elapsed()));
            }
        });
        let result = work();
        drop(done);
        anstream::eprintln!("    took {}", shown(start.elapsed()));
        result
    })
}

fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min {} s", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_minutes_and_seconds() {
        assert_eq!(shown(Duration::from_millis(1_900)), "1 s");
        assert_eq!(shown(Duration::from_secs(125)), "2 min 5 s");
    }
}
