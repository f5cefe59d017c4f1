//! Runs the steps of an update that need cargo.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::accept::{FailedTest, accept_snapshots};
use crate::{Failure, cannot_run_cargo, cargo};

/// The steps of an update that run cargo. Tests replace them.
pub trait Steps {
    /// Compiles the workspace and its tests, and returns the errors.
    fn check(&self, workspace: &Path) -> Result<Vec<Complaint>, Failure>;

    /// Accepts the snapshots of the tests, and returns those that fail for another reason.
    fn accept(&self, workspace: &Path) -> Result<Vec<FailedTest>, Failure>;
}

/// An error of the compiler.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// The file, relative to the workspace.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// The steps that run the real cargo.
#[derive(Clone, Copy, Debug)]
pub struct Cargo;

impl Steps for Cargo {
    fn check(&self, workspace: &Path) -> Result<Vec<Complaint>, Failure> {
        let output = cargo()
            .args(["check", "--quiet", "--workspace", "--all-targets"])
            .args(["--all-features", "--keep-going", "--message-format=json"])
            .current_dir(workspace)
            .output()
            .map_err(cannot_run_cargo)?;
        let complaints = read_complaints(&String::from_utf8_lossy(&output.stdout));
        if complaints.is_empty() && !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr);
            let message = "`cargo check` fails without an error of the compiler";
            return Err(Failure::Other(format!("{message}\n\n{output}")));
        }
        Ok(complaints)
    }

    fn accept(&self, workspace: &Path) -> Result<Vec<FailedTest>, Failure> {
        accept_snapshots(workspace)
    }
}

/// Reads the errors from cargo's messages, sorted by place, each once: a line may be compiled for
/// several targets.
pub fn read_complaints(messages: &str) -> Vec<Complaint> {
    let lines = messages.lines();
    let messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let complaints = messages.filter_map(|message| complaint(&message));
    let sorted: BTreeSet<Complaint> = complaints.collect();
    sorted.into_iter().collect()
}

fn complaint(message: &Value) -> Option<Complaint> {
    let is_of_compiler = message["reason"] == "compiler-message";
    let diagnostic = message.get("message").filter(|_| is_of_compiler)?;
    let is_error = diagnostic["level"].as_str()?.starts_with("error");
    let mut spans = diagnostic["spans"].as_array()?.iter();
    let span = spans.find(|span| is_error && span["is_primary"] == true)?;
    let text = diagnostic["message"].as_str()?;
    let message = match span["label"].as_str() {
        Some(label) => format!("{text}: {label}"),
        None => text.to_owned(),
    };
    let span = in_the_workspace(span);
    let number = |key: &str| usize::try_from(span[key].as_u64()?).ok();
    Some(Complaint {
        file: without_detours(&span["file_name"].as_str()?.replace('\\', "/")),
        line: number("line_start")?,
        column: number("column_start")?,
        message,
    })
}

/// Removes `..` from a path: a test that includes an example compiles it under such a path.
fn without_detours(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Moves an error inside of a macro of another crate to the line that calls the macro.
fn in_the_workspace(mut span: &Value) -> &Value {
    let is_outside = |span: &Value| {
        let file = span["file_name"].as_str();
        file.is_some_and(|file| Path::new(file).is_absolute())
    };
    while is_outside(span)
        && let Some(call) = span["expansion"].get("span")
    {
        span = call;
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_once_and_warnings_are_not() {
        let message = |level: &str, line: usize| {
            format!(
                r#"{{"reason":"compiler-message","message":{{"level":"{level}","message":"m",
                "spans":[{{"file_name":"a.rs","line_start":{line},"column_start":2,
                "is_primary":true,"label":"here"}}]}}}}"#
            )
            .replace('\n', "")
        };
        let text = [
            r#"{"reason":"compiler-artifact","target":{}}"#.to_owned(),
            message("error", 5),
            message("error", 3),
            message("error", 5),
            message("warning", 4),
            r#"{"reason":"compiler-message","message":{"level":"error","message":"aborting",
            "spans":[]}}"#
                .replace('\n', ""),
            "not JSON".to_owned(),
        ];
        let complaints = read_complaints(&text.join("\n"));
        let read = complaints
            .iter()
            .map(|one| (one.line, one.message.as_str()));
        assert_eq!(read.collect::<Vec<_>>(), [(3, "m: here"), (5, "m: here")]);
    }

    #[test]
    fn a_file_has_one_name() {
        assert_eq!(
            without_detours("a/tests/../examples/b.rs"),
            "a/examples/b.rs"
        );
        assert_eq!(without_detours("../../b.rs"), "../../b.rs");
        assert_eq!(without_detours("/a/b.rs"), "/a/b.rs");
    }

    #[test]
    fn an_error_in_a_macro_is_where_the_macro_is_called() {
        let span = |file: &str, expansion: &str| {
            format!(
                r#"{{"file_name":"{file}","line_start":7,"column_start":1,"is_primary":true,
                "expansion":{expansion}}}"#
            )
        };
        let call = format!(r#"{{"span":{}}}"#, span("tests/it/wire.rs", "null"));
        let span = span("/rustc/macros/mod.rs", &call);
        let text = format!(
            r#"{{"reason":"compiler-message","message":{{"level":"error","message":"m",
            "spans":[{span}]}}}}"#
        );
        let complaints = read_complaints(&text.replace('\n', ""));
        let files: Vec<_> = complaints.iter().map(|one| one.file.as_str()).collect();
        assert_eq!(files, ["tests/it/wire.rs"]);
    }
}
