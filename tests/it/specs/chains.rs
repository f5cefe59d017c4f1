//! Long chains of schemas that refer to each other.

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
    // Types are parsed by recursion, and the stack of a test's thread is too small for that.
    let text = on_stack(8 << 20, || generated(&chain(120, list)));
    assert!(text.matches("Vec<").count() >= 120);
    let map = |index| {
        format!(
            "{{type: object, additionalProperties: {}}}",
            reference(index)
        )
    };
    for spec in [chain(121, list), chain(2_000, list), chain(2_000, map)] {
        let errors = on_stack(8 << 20, move || generate(&spec).map(drop).unwrap_err());
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
fn trees_of_objects_are_generated_on_a_small_stack_and_stay_small() {
    let property = |index| format!("{{type: object, properties: {{p: {}}}}}", reference(index));
    let specs = [
        chain(1_000, property),
        chain(1_000, |index| pair(index, "")),
        chain(1_000, |index| pair(index, "required: [p, q],")),
    ];
    let sent = |spec: &String| {
        let body = "post:\n      requestBody: {required: true, content: {application/json: {schema: \
                    {$ref: '#/components/schemas/S0'}}}}\n";
        spec.replacen("get:\n", body, 1)
    };
    for spec in specs.iter().cloned().chain(specs.iter().map(sent)) {
        let text = on_small_stack(move || generated(&spec));
        assert!(text.contains("pub p: Option<S1000>,") || text.contains("pub p: S1000,"));
        assert!(text.len() < 10_000 * 1_000, "{} bytes", text.len());
    }
}

/// Each link is a type, which has the properties of all links after it.
#[test]
fn a_chain_whose_links_are_all_used_has_a_bound() {
    let used = |length: usize| {
        let link = |index| match index {
            1 => {
                let all = (2..=length).map(|link| format!("p{link}: {}", reference(link)));
                let all: Vec<String> = all.collect();
                format!("{{type: object, properties: {{{}}}}}", all.join(", "))
            }
            index => extension(index),
        };
        chain(length, link)
    };
    let text = generated(&used(30));
    assert_eq!(text.matches("pub x30: ").count(), 28);
    let errors = generate(&used(450)).map(drop).unwrap_err();
    assert_eq!(errors.len(), 1);
    let message = "types inherit more than 100000 properties of schemas that they extend";
    assert!(errors.to_string().contains(message), "{errors}");
}

/// A property that extends the schema it belongs to leads back to itself.
#[test]
fn a_property_that_extends_its_own_schema_is_stated_once() {
    let child = format!("{{allOf: [{}, {}]}}", reference(0), "{required: [weight]}");
    let text = generated(&chain(1, |_| {
        format!("{{type: object, properties: {{weight: {{type: integer}}, child: {child}}}}}")
    }));
    for line in [
        "pub child: Option<Box<S0Child>>,",
        "S0.child.weight: required true",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    assert!(!text.contains("S0.child.child.child"), "{text}");
}

#[test]
fn extensions_in_place_are_stated_a_few_levels_deep_and_are_types_120_deep() {
    let link = |index| {
        let property = |name| {
            let own = format!("{{type: object, properties: {{{name}: {{type: integer}}}}}}");
            format!("{{allOf: [{}, {own}]}}", reference(index))
        };
        let (left, right) = (property("l"), property("r"));
        format!("{{type: object, properties: {{a: {left}, b: {right}}}}}")
    };
    let text = generated(&chain(100, link));
    assert_eq!(text.matches("pub l: Option<i64>,").count(), 100);
    let errors = generate(&chain(200, link)).map(drop).unwrap_err();
    let message = "types that are written in place nest deeper than 120 levels";
    assert!(errors.to_string().contains(message), "{errors}");
}

/// Shared parts are read once: a tree of them has 2^40 leaves.
#[test]
fn parts_that_several_parts_share_are_read_once() {
    let both = |index| {
        let next = reference(index);
        let side = |name| format!("{{allOf: [{next}, {{required: [{name}{index}]}}]}}");
        format!("{{allOf: [{}, {}]}}", side("l"), side("r"))
    };
    let spec = chain(40, both);
    let text = generated(&spec.replacen("/S0'}", "/U'}", 1).replacen(
        "    S0:",
        "    U: {oneOf: [{$ref: '#/components/schemas/S0'}, {type: string}]}\n    S0:",
        1,
    ));
    assert!(text.contains("pub l40: serde_json::Value,"), "{text}");
}

/// A schema that only a part refers to is a type where a discriminator chooses it.
#[test]
fn a_part_that_a_discriminator_chooses_is_a_type() {
    let schemas = "
    Pet:
      type: object
      properties: {kind: {type: string}}
      discriminator: {propertyName: kind}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {lives: {type: integer}}}]}
    Kitten:
      allOf:
        - $ref: '#/components/schemas/Cat'
        - {properties: {toy: {type: object, properties: {name: {type: string}}}}}
    S0: {type: array, items: {$ref: '#/components/schemas/Pet'}}
";
    let spec = chain(0, reference);
    let (head, _) = spec.split_at(spec.find("    S0").unwrap_or_default());
    let text = generated(&(head.to_owned() + schemas));
    for line in [
        "Cat(Cat) = \"Cat\",",
        "pub struct Cat {",
        "Cat.lives: type integer",
    ] {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
    // A type in place is named after the schema that it is written in.
    assert!(text.contains("pub toy: Option<KittenToy>,"), "{text}");
}

/// A union of `size` objects next to as many properties, which each of the objects gets.
fn union_with_base(size: usize) -> String {
    let all = |item: fn(usize) -> String| (0..size).map(item).collect::<Vec<_>>().join(", ");
    let branches =
        all(|index| format!("{{type: object, properties: {{x{index}: {{type: integer}}}}}}"));
    let base = all(|index| format!("b{index}: {{type: integer}}"));
    let link = format!("{{type: object, properties: {{{base}}}, oneOf: [{branches}]}}");
    chain(1, |_| link.clone())
}

#[test]
fn properties_next_to_a_union_are_copied_up_to_a_bound() {
    let text = generated(&union_with_base(30));
    assert_eq!(text.matches("pub b0: Option<i64>,").count(), 30);
    let errors = generate(&union_with_base(500)).map(drop).unwrap_err();
    assert_eq!(errors.len(), 1);
    let message = "what is beside `oneOf` is too large for so many branches";
    assert!(errors.to_string().contains(message), "{errors}");
}

/// Runs `work` on a thread with a fourth of the usual stack.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    on_stack(512 << 10, work)
}

fn on_stack<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::Builder::new().stack_size(bytes).spawn(work);
    let thread = thread.unwrap_or_else(|error| panic!("{error}"));
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// An extension of the next schema by a property.
fn extension(index: usize) -> String {
    let own = format!("{{type: object, properties: {{x{index}: {{type: integer}}}}}}");
    format!("{{allOf: [{}, {own}]}}", reference(index))
}

#[test]
fn extensions_of_extensions_have_all_properties_and_no_types() {
    let text = on_small_stack(|| generated(&chain(2_000, extension)));
    for name in ["pub x1: ", "pub x2000: ", "pub z: "] {
        assert_eq!(text.matches(name).count(), 1, "{name}");
    }
    // The facts of each link are only those that it adds.
    assert!(text.len() < 1_000 * 2_000, "{} bytes", text.len());
}

/// An object that extends the next schema without an `allOf` of several parts.
#[test]
fn extensions_next_to_an_all_of_of_one_part_can_be_as_long() {
    let beside = |index| {
        let own = format!("type: object, properties: {{x{index}: {{type: integer}}}}");
        format!("{{allOf: [{}], {own}}}", reference(index))
    };
    let text = on_small_stack(move || generated(&chain(2_000, beside)));
    for name in ["pub x1: ", "pub x2000: ", "pub z: "] {
        assert_eq!(text.matches(name).count(), 1, "{name}");
    }
}

/// If a property refers to a link of a chain, that link is a type too.
#[test]
fn a_part_that_is_used_elsewhere_is_a_type() {
    let spec = chain(3, |index| match index {
        2 => format!("{{type: object, properties: {{p: {}}}}}", reference(2)),
        _ => extension(index),
    });
    let text = generated(&spec);
    let types = text.matches("pub struct S").count();
    assert_eq!(types, 2, "{text}");
}
