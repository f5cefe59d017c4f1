//! Compiles generated sources, and reports errors and warnings.

use std::env;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::watch::{cannot_run, regen};
use crate::inputs::{Names, workspace};
use crate::sdk::{GENERATED, copy_sdk};
use crate::{Failure, cargo};

/// The output of the compiler for a sample of specs.
#[derive(Default)]
pub(super) struct Complaints {
    compiled: usize,
    /// Each spec with an error or a warning, and the output of the compiler.
    complaints: Vec<(PathBuf, String)>,
}

impl Complaints {
    pub(super) fn is_empty(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Compiles the library with the sources of `wanted` of these specs, in a copy of the workspace
/// that has no other member.
pub(super) fn compile_sample(
    specs: &[&Path],
    names: Names,
    wanted: usize,
) -> Result<Complaints, Failure> {
    let mut result = Complaints::default();
    if specs.is_empty() || wanted == 0 {
        return Ok(result);
    }
    let copy = copy_of_workspace()?;
    let wanted = wanted.min(specs.len());
    for spec in (0..wanted).map(|index| specs[index * specs.len() / wanted]) {
        result.compiled += 1;
        if let Some(complaint) = compile(spec, names, &copy).map_err(cannot_run)? {
            result.complaints.push((spec.to_owned(), complaint));
        }
    }
    Ok(result)
}

/// Makes a workspace of the library alone, below the target folder.
fn copy_of_workspace() -> Result<PathBuf, Failure> {
    let workspace = workspace()?;
    let target = env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| workspace.join("target"), PathBuf::from);
    let copy = target.join("corpus");
    copy_sdk(&workspace, &copy)?;
    Ok(copy)
}

/// Compiles the sources of one spec, and returns the output of the compiler if there is any.
fn compile(spec: &Path, names: Names, copy: &Path) -> io::Result<Option<String>> {
    let sources = copy.join(GENERATED);
    let regen = regen(spec, names, &sources)?
        .stdout(Stdio::null())
        .output()?;
    if !regen.status.success() {
        return Ok(Some(String::from_utf8_lossy(&regen.stderr).into_owned()));
    }
    let output = cargo()
        .args(["check", "--quiet", "--lib", "--color=never"])
        .args(["--target-dir", "target"])
        .current_dir(copy)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok((!said.trim().is_empty()).then(|| said.into_owned()))
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.compiled == 0 {
            return Ok(());
        }
        let (all, complaints) = (self.compiled, self.complaints.len());
        writeln!(
            f,
            "\n{} of {all} compile without a warning",
            all - complaints
        )?;
        for (spec, complaint) in &self.complaints {
            let first: Vec<&str> = complaint.lines().take(8).collect();
            writeln!(f, "\n{}:\n{}", spec.display(), first.join("\n"))?;
        }
        Ok(())
    }
}
