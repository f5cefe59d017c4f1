//! Runs the phases of the generator one after the other, and measures each.

use std::time::{Duration, Instant};

use oura_codegen::document::{Document, parse_document};
use oura_codegen::error::Errors;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::{Normalized, normalize_document, without_prose};
use oura_codegen::overlay::{Overlay, OverlaySummary, UnappliedAction};
use oura_codegen::overlay::{apply_overlay, apply_what_fits, parse_overlay};
use oura_codegen::policy::Policy;
use oura_codegen::render::{File, render_calls, render_data, render_files};

use crate::inputs::Inputs;
use crate::report::Report;

/// The corrected, normalized spec.
#[derive(Debug)]
pub struct Effective {
    /// The spec.
    pub normalized: Normalized,
    /// What the overlay did, when there was one.
    pub overlay: Option<OverlaySummary>,
    /// How long it took.
    pub times: Times,
}

/// What the spec means, in Rust and as facts.
#[derive(Debug)]
pub struct Meaning {
    /// The spec that it was read from.
    pub effective: Effective,
    /// The IR, the facts and the counts.
    pub lowered: Lowered,
}

/// Everything that is made of a spec.
#[derive(Debug)]
pub struct Generated {
    /// What the files were made from.
    pub meaning: Meaning,
    /// The files of the crate.
    pub files: Vec<File>,
    /// The files of the tests of every operation.
    pub calls: Vec<File>,
}

/// How long each phase took, in order.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// The name and the duration of each phase.
    pub stretches: Vec<(&'static str, Duration)>,
}

impl Times {
    /// Runs `work` and records how long it took.
    pub fn measure<T>(&mut self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.stretches.push((name, start.elapsed()));
        result
    }
}

/// Parses, corrects and normalizes. Fails with all errors of the first phase that has any.
pub fn normalize_inputs(inputs: &Inputs) -> Result<Effective, Report> {
    let mut times = Times::default();
    match normalize(inputs, &mut times) {
        Ok((normalized, overlay)) => Ok(Effective {
            normalized,
            overlay,
            times,
        }),
        Err(errors) => Err(Report::new(errors, inputs)),
    }
}

fn normalize(
    inputs: &Inputs,
    times: &mut Times,
) -> Result<(Normalized, Option<OverlaySummary>), Errors> {
    let spec = &inputs.spec;
    let document = times.measure("parse", || parse_document(&spec.name, &spec.text));
    let (document, summary) = match &inputs.overlay {
        None => (document?, None),
        Some(source) => times.measure("overlay", || {
            let overlay = parse_document(&source.name, &source.text);
            let overlay = overlay.and_then(|overlay| parse_overlay(&overlay));
            let (document, overlay) = both(document, overlay)?;
            let (document, summary) = apply_overlay(document, &overlay)?;
            Ok::<_, Errors>((document, Some(summary)))
        })?,
    };
    let normalized = times.measure("normalize", || normalize_document(document))?;
    Ok((normalized, summary))
}

/// A corrected spec, its overlay, and the actions that do not fit.
type Corrected = (Document, Option<Overlay>, Vec<UnappliedAction>);

/// Parses a spec and corrects it by the actions of its overlay that fit.
pub(crate) fn correct_what_fits(inputs: &Inputs) -> Result<Corrected, Errors> {
    let document = parse_document(&inputs.spec.name, &inputs.spec.text)?;
    let Some(source) = &inputs.overlay else {
        return Ok((document, None, Vec::new()));
    };
    let overlay = parse_overlay(&parse_document(&source.name, &source.text)?)?;
    let (document, _, unapplied_actions) = apply_what_fits(document, &overlay);
    Ok((document, Some(overlay), unapplied_actions))
}

/// Both values, or the errors of both.
fn both<A, B>(a: Result<A, Errors>, b: Result<B, Errors>) -> Result<(A, B), Errors> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut a), Err(b)) => {
            a.extend(b);
            Err(a)
        }
        (Err(errors), Ok(_)) | (Ok(_), Err(errors)) => Err(errors),
    }
}

/// Parses, corrects, normalizes and lowers. Fails as [`normalize_inputs`] does.
pub fn lower_inputs(inputs: &Inputs, policy: &Policy) -> Result<Meaning, Report> {
    let mut effective = normalize_inputs(inputs)?;
    let Effective {
        normalized, times, ..
    } = &mut effective;
    match times.measure("lower", || lower_api(normalized, policy)) {
        Ok(lowered) => Ok(Meaning { effective, lowered }),
        Err(errors) => Err(Report::new(errors, inputs)),
    }
}

/// Generates all files, in memory. Fails as [`normalize_inputs`] does.
pub fn generate(inputs: &Inputs, policy: &Policy) -> Result<Generated, Report> {
    let mut meaning = lower_inputs(inputs, policy)?;
    let times = &mut meaning.effective.times;
    let document = &meaning.effective.normalized.document;
    let api = &meaning.lowered.api;
    let (files, calls) = times.measure("render", || {
        let mut files = render_files(api);
        files.extend(render_data(api, &without_prose(document)));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        (files, vec![render_calls(api)])
    });
    Ok(Generated {
        meaning,
        files,
        calls,
    })
}
