//! Measures how the cost grows with the size of a spec, at 1, 2, 4 and 8 times the size: run with
//! `cargo bench -p oura-codegen --bench growth`. Twice the size should take twice the time.

use std::fmt::Write;

use divan::{Bencher, black_box};
use oura_codegen::document::parse_document;
use oura_codegen::error::Errors;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::policy::{Collisions, Policy};

fn main() {
    divan::main();
}

const TIMES: [usize; 4] = [1, 2, 4, 8];

/// How many schemas the smallest chain has.
const LENGTH: usize = 125;

/// Each schema is a reference to the next.
#[divan::bench(args = TIMES)]
fn aliases(bencher: Bencher<'_, '_>, times: usize) {
    bench_chain(bencher, times, |next, _| next.to_owned());
}

/// Each schema extends the next one and adds a property.
#[divan::bench(args = TIMES)]
fn extensions(bencher: Bencher<'_, '_>, times: usize) {
    bench_chain(bencher, times, |next, index| {
        let own = format!("{{type: object, properties: {{p{index}: {{type: integer}}}}}}");
        format!("{{allOf: [{next}, {own}]}}")
    });
}

/// Each schema has the next as a property.
#[divan::bench(args = TIMES)]
fn properties(bencher: Bencher<'_, '_>, times: usize) {
    bench_chain(bencher, times, |next, _| {
        format!("{{type: object, properties: {{p: {next}}}}}")
    });
}

/// Each schema is the next or a text.
#[divan::bench(args = TIMES)]
fn unions(bencher: Bencher<'_, '_>, times: usize) {
    bench_chain(bencher, times, |next, _| {
        format!("{{oneOf: [{next}, {{type: string}}]}}")
    });
}

/// Each schema is one of two objects, with a property beside the union.
#[divan::bench(args = TIMES)]
fn unions_with_base(bencher: Bencher<'_, '_>, times: usize) {
    bench_chain(bencher, times, |next, index| {
        let own = format!("{{type: object, properties: {{p{index}: {next}}}}}");
        let other = "{title: Other, properties: {o: {type: string}}}";
        format!("{{properties: {{b: {{type: string}}}}, oneOf: [{own}, {other}]}}")
    });
}

/// A schema is one of many objects without names, or an object with as many properties, which all
/// have the same name in Rust.
#[divan::bench(args = TIMES)]
fn branches(bencher: Bencher<'_, '_>, times: usize) {
    let all = |item: fn(usize) -> String| -> String { (0..LENGTH * times).map(item).collect() };
    let objects =
        all(|index| format!("{{type: object, properties: {{p{index}: {{type: string}}}}}}, "));
    let properties = all(|index| {
        let (blanks, dots) = (" ".repeat(index % 30), ".".repeat(index / 30));
        format!("'a{blanks}{dots}b': {{type: string}}, ")
    });
    let object = format!("{{type: object, properties: {{{properties}}}}}");
    let text = chain(1, |_, _| format!("{{oneOf: [{objects}{object}]}}"));
    bench_text(bencher, &text);
}

/// Each schema has an error, and all errors are sorted.
#[divan::bench(args = TIMES)]
fn errors(bencher: Bencher<'_, '_>, times: usize) {
    let text = chain(LENGTH * times, |_, _| "{wrong: 1}".to_owned());
    bencher.bench(|| normalize(black_box(&text)).map(drop));
}

fn bench_chain(bencher: Bencher<'_, '_>, times: usize, link: impl Fn(&str, usize) -> String) {
    bench_text(bencher, &chain(LENGTH * times, link));
}

fn bench_text(bencher: Bencher<'_, '_>, text: &str) {
    let policy = Policy {
        collisions: Collisions::Numbered,
        ..Policy::default()
    };
    bencher.bench(|| -> Lowered {
        let lowered = normalize(black_box(text)).and_then(|spec| lower_api(&spec, &policy));
        lowered.unwrap_or_else(|errors| panic!("{errors}"))
    });
}

fn normalize(text: &str) -> Result<Normalized, Errors> {
    normalize_document(parse_document("spec", text)?)
}

/// A spec of `length` schemas, each made from a reference to the next.
fn chain(length: usize, link: impl Fn(&str, usize) -> String) -> String {
    let mut spec = "openapi: 3.0.3\ninfo: {title: Chain, version: '1'}\npaths:\n  /thing:\n    \
                    get:\n      responses:\n        200:\n          description: Done.\n          \
                    content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}\n\
                    components:\n  schemas:\n"
        .to_owned();
    for index in 0..length {
        let next = format!("{{$ref: '#/components/schemas/S{}'}}", index + 1);
        let _ = writeln!(spec, "    S{index}: {}", link(&next, index));
    }
    let _ = writeln!(
        spec,
        "    S{length}: {{type: object, properties: {{z: {{type: integer}}}}}}"
    );
    spec
}
