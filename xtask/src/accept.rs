//! Accepts snapshots: runs the tests in a mode in which they write their snapshots.

use std::path::Path;

use crate::files::{Files, Mode, compare, read_files};
use crate::report::clean;
use crate::summary::{Summary, counted, print};
use crate::{Failure, cannot_run_cargo, cargo};

/// The tests that have snapshots, and where the snapshots are.
const PACKAGE: &str = "oura-tests";
const DIRECTORY: &str = "tests";

/// Set while snapshots are accepted: tests then remove the snapshots that nothing refers to
/// instead of failing because of them.
pub const ACCEPT_VARIABLE: &str = "OURA_ACCEPT";

/// A test that fails for another reason than a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTest {
    /// Its name.
    pub name: String,
    /// Where it failed, as `tests/it/wire.rs:3:7`.
    pub place: String,
    /// The first lines of its message.
    pub message: Vec<String>,
}

/// Runs the tests so that they write their snapshots, prints which changed, and returns the
/// tests that fail for another reason.
///
/// # Errors
///
/// When the tests do not compile, or end without a list of those that failed.
pub fn accept_snapshots(workspace: &Path) -> Result<Vec<FailedTest>, Failure> {
    let before = read_snapshots(workspace)?;
    let tests = cargo()
        .args(["test", "--quiet", "--no-fail-fast", "--package", PACKAGE])
        .current_dir(workspace)
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .env("RUST_BACKTRACE", "0")
        .env(ACCEPT_VARIABLE, "1")
        .output()
        .map_err(cannot_run_cargo)?;
    let after = read_snapshots(workspace)?;
    print(&summarize(before, &after))?;
    if tests.status.success() {
        return Ok(Vec::new());
    }
    let output = String::from_utf8_lossy(&tests.stdout);
    let told = String::from_utf8_lossy(&tests.stderr);
    let failed = read_failures(&output);
    // Tests that abort or do not compile print no such line.
    let explained = output.matches("test result: FAILED").count();
    let targets = told.lines().map(str::trim_start);
    let targets = targets.filter(|line| line.starts_with("`-p ")).count();
    match explained > 0 && explained == targets {
        true => Ok(failed),
        false => Err(Failure::Other(format!(
            "the tests do not compile, or end without a result\n\n{output}{told}"
        ))),
    }
}

/// How many lines of a test's message are shown.
const LINES: usize = 4;

/// Reads the failures from the output of the tests.
fn read_failures(output: &str) -> Vec<FailedTest> {
    let mut lines = output.lines();
    let mut failed = Vec::new();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("---- ");
        let Some(name) = name.and_then(|name| name.strip_suffix(" stdout ----")) else {
            continue;
        };
        let mut own = lines.clone().take_while(|line| !line.starts_with("---- "));
        let place = own.find_map(|line| line.split_once("panicked at ")?.1.strip_suffix(':'));
        let message = own.take_while(|line| !line.is_empty() && !line.starts_with("note: "));
        failed.push(FailedTest {
            name: name.to_owned(),
            place: place.unwrap_or_default().to_owned(),
            message: message.take(LINES).map(shortened).collect(),
        });
    }
    failed
}

/// Cuts a line of a message: a very long one would hide the others.
fn shortened(line: &str) -> String {
    const LONGEST: usize = 200;
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line.to_owned(),
    }
}

/// Lists the tests that fail, for the maintainer who fixes them.
pub fn failures(failed: &[FailedTest]) -> String {
    let tests = counted(failed.len(), "failing test");
    let mut text = format!("\n{tests}, for another reason than a snapshot:\n\n");
    for test in failed {
        text.push_str(&format!("  {}: {}\n", test.place, clean(&test.name)));
        for line in &test.message {
            text.push_str(&format!("      {}\n", clean(line)));
        }
    }
    text
}

fn summarize(before: Files, after: &Files) -> String {
    let wanted = after.iter();
    let wanted = wanted.map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let changes = compare(before, wanted);
    let mut summary = Summary::default();
    let snapshots = format!("snapshots: {}", changes.counts(Mode::Write));
    summary.line("accepted", snapshots);
    summary.changes(&changes, Mode::Write);
    summary.to_string()
}

fn read_snapshots(workspace: &Path) -> Result<Files, Failure> {
    let directory = workspace.join(DIRECTORY);
    let mut files = read_files(&directory).map_err(Failure::io("read", &directory))?;
    files.retain(|path, _| path.ends_with(".snap"));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 2 tests
one --- FAILED
failures:

---- one stdout ----

thread 'one' (71) panicked at tests/calls/main.rs:68:29:
no call of GET /v2/new
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- two::inner stdout ----
Printed by the test.

thread 'two::inner' (72) panicked at tests/calls/two.rs:7:5:
assertion `left == right` failed: one call an operation
  left: 75
 right: 79


failures:
    one
    two::inner

test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
";

    #[test]
    fn failures_are_reported_in_a_few_lines() {
        let failed = read_failures(OUTPUT);
        assert_eq!(
            failures(&failed),
            "\n2 failing tests, for another reason than a snapshot:\n\n  \
             tests/calls/main.rs:68:29: one\n      \
             no call of GET /v2/new\n  \
             tests/calls/two.rs:7:5: two::inner\n      \
             assertion `left == right` failed: one call an operation\n        \
             left: 75\n       right: 79\n"
        );
    }

    #[test]
    fn a_long_line_is_cut() {
        let cut = shortened(&"å".repeat(300));
        assert_eq!(cut.chars().count(), 204);
    }
}
