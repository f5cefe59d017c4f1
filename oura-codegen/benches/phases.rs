//! Measures each phase on the vendored spec, all phases together, and what other tools need for
//! reading alone: run with `cargo bench -p oura-codegen`.

use divan::{Bencher, black_box};
use oura_codegen::document::{Document, parse_document};
use oura_codegen::drift::{Side, compare_documents};
use oura_codegen::error::Errors;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::oura::POLICY;
use oura_codegen::overlay::{Overlay, apply_overlay, parse_overlay};
use oura_codegen::render::{File, render_files};

const SPEC: &str = include_str!("../../spec/openapi.yaml");
const OVERLAY: &str = include_str!("../../spec/overlay.yaml");

fn main() {
    divan::main();
}

#[divan::bench]
fn a_parse_yaml() -> Document {
    done(parse_document("spec/openapi.yaml", black_box(SPEC)))
}

#[divan::bench]
fn b_parse_json(bencher: Bencher<'_, '_>) {
    let text = json();
    bencher.bench(|| done(parse_document("spec/openapi.json", black_box(&text))));
}

/// Reading the overlay and applying it.
#[divan::bench]
fn c_overlay(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(parsed).bench_values(corrected);
}

#[divan::bench]
fn d_normalize(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| corrected(parsed()))
        .bench_values(|document| done(normalize_document(document)));
}

#[divan::bench]
fn e_lower(bencher: Bencher<'_, '_>) {
    let normalized = normalized();
    bencher.bench(|| lowered(black_box(&normalized)));
}

#[divan::bench]
fn f_render(bencher: Bencher<'_, '_>) {
    let api = lowered(&normalized()).api;
    bencher.bench(|| render_files(black_box(&api)));
}

#[divan::bench]
fn g_whole() -> Vec<File> {
    render_files(&lowered(&normalized()).api)
}

/// Compares the spec with itself under other names, which lowers it once more.
#[divan::bench]
fn h_drift(bencher: Bencher<'_, '_>) {
    let (old, new) = (renamed(), normalized());
    let (one, other) = (lowered(&old), lowered(&new));
    let side = |normalized, lowered| Side {
        normalized,
        lowered,
    };
    bencher.bench(|| {
        let (old, new) = (side(&old, &one), side(&new, &other));
        done(compare_documents(black_box(old), new, &POLICY))
    });
}

/// The cost of reading YAML with serde, for any tool.
#[divan::bench]
fn baseline_serde_yaml_value() -> serde_yaml::Value {
    done(serde_yaml::from_str(black_box(SPEC)))
}

/// The cost of reading with openapiv3, for any tool, from the JSON that openapiv3 would write.
#[divan::bench]
fn baseline_openapiv3(bencher: Bencher<'_, '_>) {
    let text = json();
    bencher.bench(|| -> openapiv3::OpenAPI { done(serde_json::from_str(black_box(&text))) });
}

fn parsed() -> Document {
    done(parse_document("spec/openapi.yaml", SPEC))
}

fn overlay() -> Overlay {
    let document = parse_document("spec/overlay.yaml", black_box(OVERLAY));
    done::<_, Errors>(document.and_then(|document| parse_overlay(&document)))
}

fn corrected(document: Document) -> Document {
    done(apply_overlay(document, &overlay())).0
}

fn normalized() -> Normalized {
    done(normalize_document(corrected(parsed())))
}

/// The spec with a schema under another name.
fn renamed() -> Normalized {
    let text = SPEC.replace("PublicSleepContributors", "NightContributors");
    let document = done(parse_document("spec/openapi.yaml", &text));
    done(normalize_document(corrected(document)))
}

fn lowered(normalized: &Normalized) -> Lowered {
    done(lower_api(normalized, &POLICY))
}

/// The normalized spec as JSON.
fn json() -> String {
    done(serde_json::to_string(&normalized().openapi))
}

fn done<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
