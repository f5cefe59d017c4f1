//! Loads one of the two specs.
//!
//! A spec is a file, or a git revision with its spec and its overlay. Only the overlay actions that
//! fit are applied, because an overlay is written for one spec and may be applied to both.

use std::path::{Path, PathBuf};
use std::process::Command;

use oura_codegen::drift::Side;
use oura_codegen::error::Errors;
use oura_codegen::lower::{Lowered, lower_api, lower_what_can};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::overlay::{Overlay, UnappliedAction};
use oura_codegen::pointer::Pointer;
use oura_codegen::policy::Policy;

use super::left_out::normalize_what_can;
use crate::Failure;
use crate::inputs::{Inputs, OVERLAY, SPEC, Source};
use crate::pipeline::correct_what_fits;
use crate::report::Report;

/// The overlay to correct a spec with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverlayChoice {
    /// That of the spec's revision, or that of the working tree for a file.
    Usual,
    /// This file.
    File(PathBuf),
    /// None.
    None,
}

/// A spec, corrected, normalized and lowered.
#[derive(Debug)]
pub struct LoadedSpec {
    /// The texts.
    pub inputs: Inputs,
    /// The corrected, normalized spec.
    pub normalized: Normalized,
    /// The lowered spec; if it has errors, as much of it as can be lowered.
    pub lowered: Lowered,
    /// Why it cannot become an SDK, if it cannot.
    pub errors: Errors,
    /// The places that cannot be compared.
    pub left_out: Vec<Pointer>,
    /// The overlay, when there is one.
    pub overlay: Option<Overlay>,
    /// Its actions that do not apply.
    pub unapplied_actions: Vec<UnappliedAction>,
    /// The conventions that it is read by.
    pub policy: Policy,
}

impl LoadedSpec {
    /// Corrects, normalizes and lowers as much of a spec as possible, and keeps the errors.
    pub fn new(inputs: Inputs, policy: &Policy) -> Result<Self, Report> {
        let report = |errors| Report::new(errors, &inputs);
        let (document, overlay, unapplied_actions) = correct_what_fits(&inputs).map_err(report)?;
        let (normalized, mut errors, left_out) = match normalize_document(document) {
            Ok(normalized) => (normalized, Errors::default(), Vec::new()),
            // `normalize_document` consumed the tree: only this rare case parses again.
            Err(errors) => correct_what_fits(&inputs)
                .and_then(|(document, ..)| normalize_what_can(document, errors))
                .map_err(report)?,
        };
        let lowered = match lower_api(&normalized, policy) {
            Ok(lowered) => lowered,
            Err(found) => {
                // Errors of an incomplete spec may not be errors of the whole spec.
                if left_out.is_empty() {
                    errors = found;
                }
                lower_what_can(&normalized, policy)
            }
        };
        Ok(Self {
            inputs,
            normalized,
            lowered,
            errors,
            left_out,
            overlay,
            unapplied_actions,
            policy: policy.clone(),
        })
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side {
            normalized: &self.normalized,
            lowered: &self.lowered,
        }
    }
}

/// Reads the texts of a file or a git revision, or those of the workspace if none is given.
pub fn read_texts(
    given: Option<&str>,
    overlay: &OverlayChoice,
    workspace: &Path,
) -> Result<Inputs, Failure> {
    let revision = match given {
        Some(given) if !Path::new(given).exists() => Some((given, resolve(given, workspace)?)),
        _ => None,
    };
    let read = |file: Option<&Path>, usual| match &revision {
        Some((given, commit)) if file.is_none() => show(given, commit, usual, workspace),
        _ => Source::read(file, usual, workspace).map(Some),
    };
    let file = given.filter(|_| revision.is_none()).map(Path::new);
    let spec = read(file, SPEC)?.ok_or_else(|| {
        let given = given.unwrap_or_default();
        Failure::Other(format!("the revision `{given}` has no {SPEC}"))
    })?;
    let overlay = match overlay {
        OverlayChoice::Usual => read(None, OVERLAY)?,
        OverlayChoice::File(path) => read(Some(path), OVERLAY)?,
        OverlayChoice::None => None,
    };
    Ok(Inputs { spec, overlay })
}

/// The commit that a revision names.
fn resolve(given: &str, workspace: &Path) -> Result<String, Failure> {
    let commit = format!("{given}^{{commit}}");
    let options = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
    let found = git(&[&options[..], &[&commit]].concat(), workspace)?;
    let commit = found.map(|commit| commit.trim().to_owned());
    let message = format!("`{given}` is neither a file nor a git revision");
    commit.ok_or(Failure::Other(message))
}

/// Reads a file of a commit; `None` if the commit does not have it.
fn show(
    given: &str,
    commit: &str,
    file: &str,
    workspace: &Path,
) -> Result<Option<Source>, Failure> {
    let blob = format!("{commit}:./{file}");
    let text = git(&["cat-file", "blob", &blob], workspace)?;
    Ok(text.map(|text| Source {
        name: format!("{given}:{file}"),
        text,
    }))
}

/// Runs git and returns its output; `None` if it fails.
fn git(args: &[&str], workspace: &Path) -> Result<Option<String>, Failure> {
    let run = Command::new("git")
        .args(args)
        .current_dir(workspace)
        .output();
    let output = run.map_err(|error| Failure::Other(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8(output.stdout);
    let not_utf8 = "git has a file that is not UTF-8";
    text.map(Some)
        .map_err(|_| Failure::Other(not_utf8.to_owned()))
}
