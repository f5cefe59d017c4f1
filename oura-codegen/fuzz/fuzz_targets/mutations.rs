//! Fuzzes mutations of the test cases: `cargo +nightly fuzz run mutations` in `oura-codegen`.

#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oura_codegen::document::{Document, parse_document};
use oura_tests::mutate::{Choices, is_generated, mutate};
use oura_tests::root;

static CASES: LazyLock<Vec<Document>> = LazyLock::new(|| {
    let folders = ["tests/cases", "tests/specs", "tests/hostile"];
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)));
    let files = files.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> = files.collect();
    files.sort();
    let texts = files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok());
    let documents = texts.filter_map(|text| parse_document("spec", &text).ok());
    documents.collect()
});

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Choices::new(bytes);
    let mut document = CASES[choices.pick(CASES.len())].clone();
    mutate(&mut document, &mut choices);
    let _ = is_generated(document);
});
