//! Runs the process that generates from one spec, and stops it when it takes too much time or
//! memory.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::Failure;
use crate::inputs::Names;

pub(super) fn cannot_run(error: io::Error) -> Failure {
    Failure::Other(format!("cannot run a process: {error}"))
}

/// The command that generates from one spec.
pub(super) fn regen(spec: &Path, names: Names, out: &Path) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["regen", "--plain", "--spec"]).arg(spec);
    command.arg("--out").arg(out);
    if let Some(names) = names.to_possible_value() {
        command.args(["--names", names.get_name()]);
    }
    Ok(command)
}

/// The limits of a process.
pub(super) struct ProcessLimits {
    pub(super) time: Duration,
    pub(super) kilobytes: u64,
}

/// How a process ended.
pub(super) enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal, such as for an overflow of the stack.
    Aborted,
    /// It was stopped at the limit of time.
    OutOfTime,
    /// It was stopped at the limit of memory.
    OutOfMemory,
}

/// The result of a process.
pub(super) struct Run {
    pub(super) end: End,
    pub(super) took: Duration,
    /// Its peak of memory, in kilobytes, where the system reports it.
    pub(super) peak: Option<u64>,
    /// What it wrote to the standard error.
    pub(super) errors: String,
}

/// The time between two looks at a process.
const INTERVAL: Duration = Duration::from_millis(5);

/// Runs a command to its end or to a limit.
pub(super) fn watch(command: &mut Command, limits: &ProcessLimits) -> io::Result<Run> {
    let start = Instant::now();
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    let stderr = child.stderr.take();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        // If this fails, only the text in the table is incomplete.
        let _ = stderr.map(|mut stderr| stderr.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let mut peak = None;
    let end = loop {
        peak = peak.max(peak_of(&child));
        if let Some(status) = child.try_wait()? {
            break status.code().map_or(End::Aborted, End::Exited);
        }
        let exceeded = exceeded(start.elapsed(), peak, limits);
        if let Some(end) = exceeded {
            child.kill().and_then(|()| child.wait())?;
            break end;
        }
        thread::sleep(INTERVAL);
    };
    Ok(Run {
        end,
        took: start.elapsed(),
        peak,
        errors: reader.join().unwrap_or_default(),
    })
}

fn exceeded(took: Duration, peak: Option<u64>, limits: &ProcessLimits) -> Option<End> {
    if took > limits.time {
        return Some(End::OutOfTime);
    }
    let is_too_much = peak.is_some_and(|peak| peak > limits.kilobytes);
    is_too_much.then_some(End::OutOfMemory)
}

/// The peak of a process's memory, in kilobytes, from `/proc`.
fn peak_of(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, milliseconds: u64) -> Run {
        let limits = ProcessLimits {
            time: Duration::from_millis(milliseconds),
            kilobytes: 1 << 20,
        };
        watch(Command::new("sh").args(["-c", script]), &limits).expect("a shell runs")
    }

    #[test]
    fn each_end_is_recognized() {
        let run = shell("echo 'error: x' >&2; exit 2", 10_000);
        assert!(matches!(run.end, End::Exited(2)));
        assert_eq!(run.errors, "error: x\n");
        assert!(matches!(shell("kill -6 $$", 10_000).end, End::Aborted));
        assert!(matches!(shell("exec sleep 60", 50).end, End::OutOfTime));
        let limits = ProcessLimits {
            time: Duration::from_secs(10),
            kilobytes: 1,
        };
        let run = watch(Command::new("sleep").arg("60"), &limits).unwrap();
        let expected = match run.peak {
            Some(_) => matches!(run.end, End::OutOfMemory),
            None => matches!(run.end, End::OutOfTime),
        };
        assert!(expected);
    }
}
