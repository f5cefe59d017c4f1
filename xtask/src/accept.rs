//! Accepting snapshots: the tests run in a mode in which they write what they see.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::files::{ChangeKind, Files, compare, read_files};
use crate::summary::{Summary, print};

/// The tests that have snapshots, and where the snapshots are.
const PACKAGE: &str = "oura-tests";
const DIRECTORY: &str = "tests";

/// Set while snapshots are accepted: tests then remove the snapshots that nothing refers to
/// instead of failing because of them.
pub const ACCEPT_VARIABLE: &str = "OURA_ACCEPT";

/// Runs the tests so that they write their snapshots, and prints which changed.
///
/// # Errors
///
/// Tests that do not compile or that fail for another reason than a snapshot.
pub fn accept_snapshots(workspace: &Path) -> Result<(), Failure> {
    let before = read_snapshots(workspace)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tests = Command::new(cargo)
        .args(["test", "--quiet", "--no-fail-fast", "--package", PACKAGE])
        .current_dir(workspace)
        .env("INSTA_UPDATE", "always")
        .env("INSTA_FORCE_PASS", "1")
        .env(ACCEPT_VARIABLE, "1")
        .output()
        .map_err(|error| Failure::Other(format!("cannot run cargo: {error}")))?;
    let after = read_snapshots(workspace)?;
    print(&summarize(before, &after))?;
    if tests.status.success() {
        return Ok(());
    }
    let output = [tests.stdout, tests.stderr].concat();
    let output = String::from_utf8_lossy(&output);
    let message = "tests fail for another reason than a snapshot";
    Err(Failure::Other(format!("{message}\n\n{output}")))
}

fn summarize(before: Files, after: &Files) -> String {
    let wanted = after.iter();
    let wanted = wanted.map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let changes = compare(before, wanted);
    let mut summary = Summary::default();
    let snapshots = format!("snapshots: {}", changes.counts(ChangeKind::deed));
    summary.line("accepted", snapshots);
    summary.changes(&changes, ChangeKind::deed);
    summary.to_string()
}

fn read_snapshots(workspace: &Path) -> Result<Files, Failure> {
    let directory = workspace.join(DIRECTORY);
    let files = read_files(&directory).map_err(|error| Failure::io("read", &directory, &error))?;
    let is_snapshot = |path: &str| path.ends_with(".snap");
    Ok(files
        .into_iter()
        .filter(|(path, _)| is_snapshot(path))
        .collect())
}
