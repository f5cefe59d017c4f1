//! Schemas that lead to schemas that lead to schemas.

use std::fmt::Write;
use std::panic::resume_unwind;
use std::thread;

use super::generate;

/// A spec whose response is `S0`, where each `S<i>` is a link to `S<i+1>` and the last an object
/// with the property `z`.
fn chain(length: usize, link: impl Fn(usize) -> String) -> String {
    let mut spec = "openapi: 3.0.3\ninfo: {title: Chain, version: '1'}\npaths:\n  /thing:\n    \
                    get:\n      responses:\n        200:\n          description: Done.\n          \
                    content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}\n\
                    components:\n  schemas:\n"
        .to_owned();
    for index in 0..length {
        let _ = writeln!(spec, "    S{index}: {}", link(index + 1));
    }
    let _ = writeln!(
        spec,
        "    S{length}: {{type: object, properties: {{z: {{type: integer}}}}}}"
    );
    spec
}

fn reference(index: usize) -> String {
    format!("{{$ref: '#/components/schemas/S{index}'}}")
}

fn list(index: usize) -> String {
    format!("{{type: array, items: {}}}", reference(index))
}

fn generated(spec: &str) -> String {
    generate(spec).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn an_alias_of_8000_aliases_is_the_type_of_the_last() {
    let text = generated(&chain(8_000, reference));
    assert!(text.contains("-> rt::Request<op::GetThing, S8000> {"));
    assert!(text.contains("pub z: Option<i64>,"));
}

#[test]
fn lists_are_as_deep_as_the_compiler_takes() {
    let text = generated(&chain(120, list));
    assert!(text.matches("Vec<").count() >= 120);
    let map = |index| {
        format!(
            "{{type: object, additionalProperties: {}}}",
            reference(index)
        )
    };
    for spec in [chain(121, list), chain(2_000, list), chain(2_000, map)] {
        let errors = generate(&spec).map(drop).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(
            errors.to_string().contains("deeper than 120 levels"),
            "{errors}"
        );
    }
}

/// An object with two properties of the next schema: a tree of 2^`length` objects.
fn pair(index: usize, required: &str) -> String {
    let next = reference(index);
    format!("{{type: object, {required} properties: {{p: {next}, q: {next}}}}}")
}

#[test]
fn what_holds_much_is_generated_on_a_small_stack_and_stays_small() {
    let property = |index| format!("{{type: object, properties: {{p: {}}}}}", reference(index));
    let specs = [
        chain(2_000, property),
        chain(2_000, |index| pair(index, "")),
        chain(2_000, |index| pair(index, "required: [p, q],")),
    ];
    let sent = |spec: &String| {
        let body = "post:\n      requestBody: {required: true, content: {application/json: {schema: \
                    {$ref: '#/components/schemas/S0'}}}}\n";
        spec.replacen("get:\n", body, 1)
    };
    for spec in specs.iter().cloned().chain(specs.iter().map(sent)) {
        let text = on_small_stack(move || generated(&spec));
        assert!(text.contains("pub p: Option<S2000>,") || text.contains("pub p: S2000,"));
        assert!(text.len() < 10_000 * 2_000, "{} bytes", text.len());
    }
}

/// The result of work on a thread whose stack is a fourth of what threads have.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(512 * 1024).spawn(work);
    let thread = thread.unwrap_or_else(|error| panic!("{error}"));
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[test]
fn extensions_of_extensions_have_all_properties() {
    let extension = |index| {
        let own = format!("{{type: object, properties: {{x{index}: {{type: integer}}}}}}");
        format!("{{allOf: [{}, {own}]}}", reference(index))
    };
    let text = generated(&chain(100, extension));
    for name in ["pub x1: ", "pub x100: ", "pub z: "] {
        assert!(text.contains(name), "{name}");
    }
}
