//! `cargo xtask corpus`: the generator on every spec below a folder, so that an abort, a hang or
//! a false error is seen, and which refusals stop the most specs.
//!
//! A process for each spec generates from it, with a limit of time and of memory.

mod compile;
mod table;
mod watch;

use std::fs;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::inputs::Names;
use crate::summary::print;
use crate::{Failure, Status};
use compile::compile_sample;
use table::{Outcome, Row, Table};
use watch::{End, ProcessLimits, cannot_run, regen, watch};

/// Generate from each OpenAPI 3 file below a folder, and count what is refused and why
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder; files that are not OpenAPI 3.x are skipped
    dir: PathBuf,
    /// Compile the sources generated from N of the specs, evenly chosen
    #[arg(long, value_name = "N", default_value_t = 0)]
    compile: usize,
    /// What becomes of two names that are one in Rust
    #[arg(long, value_enum, default_value_t)]
    names: Names,
    /// Stop a spec that takes longer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    time: u64,
    /// Stop a spec that takes more memory, where the system reports it
    #[arg(long, value_name = "MEGABYTES", default_value_t = 2048)]
    memory: u64,
    /// Write a line for each spec to this file
    #[arg(long, value_name = "FILE")]
    details: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let mut files = Vec::new();
    find_specs(&args.dir, &mut files).map_err(Failure::io("read", &args.dir))?;
    files.sort();
    let limits = ProcessLimits {
        time: Duration::from_secs(args.time),
        kilobytes: args.memory * 1024,
    };
    let table = Table::new(run_all(&files, args.names, &limits)?);
    print(&table.to_string())?;
    if let Some(path) = &args.details {
        fs::write(path, table.details()).map_err(Failure::io("write", path))?;
    }
    let complaints = compile_sample(&table.generated(), args.names, args.compile)?;
    print(&complaints.to_string())?;
    match (table.is_clean(), complaints.is_empty()) {
        (false, _) => Ok(Status::Failing),
        (true, false) => Ok(Status::Uncompiled),
        (true, true) => Ok(Status::Done),
    }
}

/// All files below a folder that say that they are OpenAPI 3.x.
fn find_specs(dir: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let extension = path.extension().unwrap_or_default();
        if entry.file_type()?.is_dir() {
            find_specs(&path, found)?;
        } else if ["yaml", "yml", "json"].iter().any(|one| extension == *one)
            && is_openapi_3(&String::from_utf8_lossy(&fs::read(&path)?))
        {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a text has the key `openapi` with a value that begins with `3.`.
fn is_openapi_3(text: &str) -> bool {
    let is_quote = |c: char| c == '"' || c == '\'';
    text.match_indices("openapi").any(|(at, key)| {
        let value = text[at + key.len()..].trim_start_matches(is_quote);
        let value = value.trim_start().strip_prefix(':');
        value.is_some_and(|value| {
            let value = value.trim_start().trim_start_matches(is_quote);
            value.starts_with("3.")
        })
    })
}

/// A row for each file, in their order; as many run at a time as there are processors.
fn run_all(files: &[PathBuf], names: Names, limits: &ProcessLimits) -> Result<Vec<Row>, Failure> {
    let jobs = thread::available_parallelism().map_or(1, NonZero::get);
    let waiting = Mutex::new(files.iter());
    let next = || waiting.lock().ok().and_then(|mut files| files.next());
    let worker = || -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        while let Some(file) = next() {
            rows.push(run_one(file, names, limits)?);
        }
        Ok(rows)
    };
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.collect::<Vec<_>>()
    });
    let mut rows = Vec::new();
    for result in results {
        let result = result.unwrap_or_else(|_| Err(io::Error::other("a thread panicked")));
        rows.extend(result.map_err(cannot_run)?);
    }
    rows.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(rows)
}

fn run_one(file: &Path, names: Names, limits: &ProcessLimits) -> io::Result<Row> {
    // What is compared with a folder that does not exist is generated and not written.
    let nowhere = file.with_extension("nowhere");
    let mut command = regen(file, names, &nowhere)?;
    let run = watch(command.arg("--check"), limits)?;
    let (outcome, words) = match run.end {
        End::Exited(0 | 1) => (Outcome::Generated, Vec::new()),
        End::Exited(2) => (Outcome::Refused, reasons(&run.errors)),
        End::Exited(_) | End::Aborted => (Outcome::Aborted, vec![last_line(&run.errors)]),
        End::OutOfTime => (Outcome::OutOfTime, Vec::new()),
        End::OutOfMemory => (Outcome::OutOfMemory, Vec::new()),
    };
    Ok(Row {
        file: file.to_owned(),
        outcome,
        words,
        took: run.took,
        kilobytes: run.peak,
    })
}

/// The messages of a report, what they quote left out, each once.
fn reasons(report: &str) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for message in report
        .lines()
        .filter_map(|line| line.strip_prefix("error: "))
    {
        let reason = without_quoted(message);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// A message with `..` for what stands between backticks.
fn without_quoted(message: &str) -> String {
    let parts = message.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => part,
        _ => "`..`",
    });
    parts.collect()
}

fn last_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next_back().unwrap_or("no output").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_known_by_their_version() {
        for text in [
            "openapi: 3.0.3\n",
            "{\"openapi\":\"3.1.0\"}",
            "info: {}\n'openapi' : '3.0.0'",
        ] {
            assert!(is_openapi_3(text), "{text}");
        }
        for text in ["swagger: '2.0'", "openapi: 2.0", "see openapi 3.0", ""] {
            assert!(!is_openapi_3(text), "{text}");
        }
    }

    #[test]
    fn a_reason_has_no_names() {
        let report = "error: `a` and `b` both become `A` in Rust\n --> a.yaml:1:2\n\
                      error: `c` and `d` both become `C` in Rust\nerror: it lacks `x`\n";
        assert_eq!(
            reasons(report),
            ["`..` and `..` both become `..` in Rust", "it lacks `..`"]
        );
    }
}
