//! Builds the models from JSON, as users' tests do.

use std::collections::BTreeSet;

use super::calls::{Model, Rewrite};
use super::generated::calls::{CALLS, MODELS};
use super::sample::Samples;
use super::spec::{Spec, read_operations};

#[test]
fn every_model_is_read_from_its_minimal_its_full_and_its_null_form() {
    let spec = Spec::read();
    for Model { at, rewrite } in MODELS {
        check(at, *rewrite, &spec.samples_at(at));
    }
}

#[test]
fn every_response_is_read_from_its_minimal_its_full_and_its_null_form() {
    for operation in read_operations() {
        let call = CALLS.iter().find(|call| operation.is_called_by(call));
        if let Some(rewrite) = call.and_then(|call| call.rewrite) {
            check(&operation.template, rewrite, &operation.samples);
        }
    }
}

#[test]
fn every_object_in_a_response_has_a_model() {
    let known: BTreeSet<&str> = MODELS.iter().map(|model| model.at).collect();
    let held = Spec::read().objects_in_responses();
    assert!(!held.is_empty());
    let missing: Vec<_> = held
        .iter()
        .filter(|at| !known.contains(at.as_str()))
        .collect();
    assert!(missing.is_empty(), "no model of {missing:?}");
}

fn check(what: &str, rewrite: Rewrite, samples: &Samples) {
    for sample in samples {
        let read = rewrite(&sample.sent);
        let read = read.unwrap_or_else(|error| panic!("{what}: {error}: {sample:?}"));
        assert_eq!(read, sample.read, "{what}, {:?}", sample.form);
    }
}
