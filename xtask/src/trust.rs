//! Checks where the credentials of users would go: which URLs stop the generator, and which are
//! only reported.

use oura_codegen::document::Document;
use oura_codegen::error::Errors;
use oura_codegen::hosts::{Destination, Verdict, find_destinations};
use oura_codegen::normalize::normalize_document;
use oura_codegen::policy::Policy;

use crate::drift::destinations::describe;
use crate::inputs::Inputs;
use crate::pipeline::correct_what_fits;
use crate::report::{Report, clean};
use crate::summary::Summary;

/// Fails if a URL that credentials would go to is refused.
pub(crate) fn refuse(destinations: &[Destination], inputs: &Inputs) -> Result<(), Report> {
    let mut errors = Errors::default();
    let refusals = destinations.iter().filter_map(Destination::refusal);
    refusals.for_each(|error| errors.push(error));
    errors
        .into_result(())
        .map_err(|errors| Report::new(errors, inputs))
}

/// Like [`refuse`], for a spec that may have other errors, which this function does not report.
/// Only the overlay actions that fit are applied.
pub(crate) fn refuse_early(inputs: &Inputs, policy: &Policy) -> Result<(), Report> {
    match corrected(inputs) {
        Some(document) => refuse(&find_destinations(&document, policy), inputs),
        None => Ok(()),
    }
}

fn corrected(inputs: &Inputs) -> Option<Document> {
    let corrected = correct_what_fits(inputs).or_else(|_| {
        let overlay = None;
        correct_what_fits(&Inputs {
            overlay,
            ..inputs.clone()
        })
    });
    let (document, ..) = corrected.ok()?;
    // Normalizing does not move the URLs: if it fails, they are found all the same.
    let normalized = normalize_document(document.clone());
    Some(normalized.map_or(document, |normalized| normalized.document))
}

impl Summary {
    /// Adds the URLs that are refused, and those that replace the spec's.
    pub(crate) fn destinations(&mut self, destinations: &[Destination]) {
        let mut label = "credentials";
        let is_refused = |one: &Destination| matches!(one.verdict, Verdict::Refused(_));
        let flawed = destinations
            .iter()
            .filter(|one| one.verdict != Verdict::Kept);
        let (refused, replaced): (Vec<_>, Vec<_>) = flawed.partition(|one| is_refused(one));
        for destination in refused.into_iter().chain(replaced) {
            let text = describe(destination).to_string();
            self.line(label, clean(&text).into_owned());
            label = "";
        }
    }
}
