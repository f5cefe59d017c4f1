//! Where the credentials of users would go: what stops an SDK, and what is only said.

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

/// Stops where a URL is refused that credentials would go to.
pub(crate) fn refuse(destinations: &[Destination], inputs: &Inputs) -> Result<(), Report> {
    let mut errors = Errors::default();
    let refusals = destinations.iter().filter_map(Destination::refusal);
    refusals.for_each(|error| errors.push(error));
    errors
        .into_result(())
        .map_err(|errors| Report::new(errors, inputs))
}

/// Like [`refuse`], for a spec that may be wrong in other ways too: those are not this
/// function's to report. Of the overlay, the actions that fit are applied.
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
    // The URLs stand where they stood when the spec cannot be normalized.
    let normalized = normalize_document(document.clone());
    Some(normalized.map_or(document, |normalized| normalized.document))
}

impl Summary {
    /// Says which URLs are not the spec's, and which ones no SDK may have.
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
