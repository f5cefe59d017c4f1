//! Fuzzes arbitrary texts: `cargo +nightly fuzz run texts ../tests/cases` in `oura-codegen`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oura_codegen::document::parse_document;
use oura_tests::mutate::is_generated;

fuzz_target!(|text: &str| {
    if let Ok(document) = parse_document("spec", text) {
        let _ = is_generated(document);
    }
});
