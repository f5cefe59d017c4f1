//! The models, built from JSON as users' tests build them.

use std::collections::BTreeSet;

use super::calls::{Model, Rewrite};
use super::document::{Spec, read_operations};
use super::generated::calls::{CALLS, MODELS};
use super::sample::Answers;

#[test]
fn every_model_is_built_from_its_least_its_full_and_its_null_form() {
    let spec = Spec::read();
    for Model { at, rewrite } in MODELS {
        check(at, *rewrite, &spec.answers_at(at));
    }
}

#[test]
fn every_answer_is_built_from_its_least_its_full_and_its_null_form() {
    for operation in read_operations() {
        let call = CALLS.iter().find(|call| operation.is_called_by(call));
        if let Some(rewrite) = call.and_then(|call| call.rewrite) {
            check(&operation.template, rewrite, &operation.answers);
        }
    }
}

#[test]
fn every_object_that_an_answer_holds_is_a_model() {
    let known: BTreeSet<&str> = MODELS.iter().map(|model| model.at).collect();
    let held = Spec::read().objects_in_answers();
    assert!(!held.is_empty());
    let missing: Vec<_> = held
        .iter()
        .filter(|at| !known.contains(at.as_str()))
        .collect();
    assert!(missing.is_empty(), "no model of {missing:?}");
}

fn check(what: &str, rewrite: Rewrite, answers: &Answers) {
    for answer in answers {
        let read = rewrite(&answer.sent);
        let read = read.unwrap_or_else(|error| panic!("{what}: {error}: {answer:?}"));
        assert_eq!(read, answer.read, "{what}, {:?}", answer.form);
    }
}
