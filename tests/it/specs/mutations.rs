//! Specs with random changes, on which the generator must not panic or hang. The fuzz target of the
//! generator makes the same changes without end.

use std::fs;
use std::path::PathBuf;

use oura_codegen::document::parse_document;
use oura_tests::mutate::{Choices, is_generated, mutate};
use oura_tests::root;

/// How many changed specs are made from each case.
const ROUNDS: u64 = 40;

#[test]
fn nothing_panics_on_changed_specs() {
    let (mut generated, mut refused) = (0, 0);
    for (index, file) in (0..).zip(files()) {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
        let document = parse_document("spec", &text).unwrap_or_else(|errors| panic!("{errors}"));
        for round in 0..ROUNDS {
            let bytes = bytes(index * ROUNDS + round);
            let mut changed = document.clone();
            mutate(&mut changed, &mut Choices::new(&bytes));
            match is_generated(changed) {
                true => generated += 1,
                false => refused += 1,
            }
        }
    }
    assert!(generated > 50 && refused > 50, "{generated} {refused}");
}

#[test]
fn nothing_panics_on_changed_texts() {
    for (index, file) in (0..).zip(files()) {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
        let lines: Vec<&str> = text.lines().collect();
        for round in 0..ROUNDS {
            let bytes = bytes(index * ROUNDS + round);
            let mut choices = Choices::new(&bytes);
            let mut changed = lines.clone();
            while choices.has_more() {
                let (from, to) = (choices.pick(lines.len()), choices.pick(lines.len()));
                changed[to] = lines[from];
            }
            if let Ok(document) = parse_document("spec", &changed.join("\n")) {
                let _ = is_generated(document);
            }
        }
    }
}

/// The specs of the other tests.
fn files() -> Vec<PathBuf> {
    let folders = ["tests/cases", "tests/specs", "tests/hostile"];
    let entries = folders.iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder));
        entries.unwrap_or_else(|error| panic!("{folder}: {error}"))
    });
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    assert!(files.len() > 30);
    files
}

/// Random bytes, the same for the same seed (xorshift).
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    std::iter::repeat_with(next).take(6).flatten().collect()
}
