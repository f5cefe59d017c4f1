//! What a reviewer reads when the document changes: one line per fact, one snapshot per
//! resource, and proof that a small change is a small difference.

use std::collections::BTreeSet;

use oura_codegen::document::{Document, Members, Node, Number, Value};
use oura_codegen::facts::surface;
use oura_codegen::lower::Lowered;
use oura_codegen::oura::POLICY;
use oura_codegen::pointer::Pointer;
use oura_tests::{Snapshots, lower_with_overlay, vendored};
use similar::{ChangeTag, TextDiff};

#[test]
fn the_surface_is_pinned() {
    let lowered = lowered(vendored_document());
    let mut snapshots = Snapshots::new("surface");
    for (section, text) in surface(&lowered.facts) {
        snapshots.check(section, &text);
    }
    snapshots.finish();
}

#[test]
fn every_schema_and_operation_is_counted_once() {
    let census = lowered(vendored_document()).census;
    let schemas = vendored_document();
    let schemas = schemas
        .root
        .get("components")
        .and_then(|node| node.get("schemas"));
    let schemas = schemas
        .and_then(Node::as_object)
        .map(|schemas| schemas.len());
    assert_eq!(Some(census.schemas()), schemas);
    let mut snapshots = Snapshots::new("census");
    snapshots.check("census", &format!("{census:#?}\n"));
    snapshots.finish();
}

#[test]
fn fact_keys_are_unique() {
    let facts = lowered(vendored_document()).facts;
    // A fact that is stated twice gets an aspect that says so. Only prose is: that of a
    // parameter and of its schema.
    let shown = facts.iter().filter(|fact| fact.on_surface);
    let mut twice = shown.filter(|fact| fact.key.aspect.ends_with(" again"));
    assert_eq!(twice.next(), None);
    assert!(facts.is_sorted_by(|one, other| one.key < other.key));
}

type Change = fn(&mut Document);

/// Small changes of a document, each with the number of lines that a reviewer sees of it: a
/// line that changes counts twice, as it was and as it is.
const CHANGES: &[(&str, usize, Change)] = &[
    ("an enum value is added", 1, |document| {
        let values = array(document, "/components/schemas/PublicRingColor/enum");
        let mut value = values[0].clone();
        value.value = Value::String("sunset".to_owned());
        values.push(value);
    }),
    ("a property becomes nullable", 1, |document| {
        set(
            document,
            "/components/schemas/TagModel/properties/tags",
            "nullable",
            Value::Bool(true),
        );
    }),
    ("a property becomes optional", 2, |document| {
        array(document, "/components/schemas/PublicWorkout/required")
            .retain(|name| name.as_str() != Some("activity"));
    }),
    ("a type changes", 2, |document| {
        set(
            document,
            "/components/schemas/PublicVO2Max/properties/vo2_max",
            "type",
            Value::String("number".to_owned()),
        );
    }),
    ("a length bound changes", 2, |document| {
        set(
            document,
            "/components/schemas/PublicDailySleep/properties/id",
            "minLength",
            Value::Number(Number::Unsigned(2)),
        );
    }),
    ("a property is removed", 3, |document| {
        object(document, "/components/schemas/PublicDailySpO2/properties")
            .shift_remove("breathing_disturbance_index");
    }),
    ("a property is renamed", 4, |document| {
        let properties = object(
            document,
            "/components/schemas/PublicSpo2AggregatedValues/properties",
        );
        let property = properties.shift_remove("average");
        properties.extend(property.map(|property| ("mean".to_owned(), property)));
        for name in array(
            document,
            "/components/schemas/PublicSpo2AggregatedValues/required",
        ) {
            name.value = Value::String("mean".to_owned());
        }
    }),
    ("a parameter becomes required", 2, |document| {
        set(
            document,
            "/paths/~1v2~1usercollection~1sleep/get/parameters/0",
            "required",
            Value::Bool(true),
        );
    }),
    ("an error response is added", 1, |document| {
        let responses = object(document, "/paths/~1v2~1usercollection~1sleep/get/responses");
        let response = responses.get("400").cloned();
        responses.extend(response.map(|response| ("409".to_owned(), response)));
    }),
    ("an operation is deprecated", 1, |document| {
        set(
            document,
            "/paths/~1v2~1usercollection~1tag/get",
            "deprecated",
            Value::Bool(true),
        );
    }),
    ("a security alternative is removed", 2, |document| {
        array(document, "/paths/~1v2~1usercollection~1sleep/get/security").pop();
    }),
    ("a scope is added", 1, |document| {
        let scopes = object(
            document,
            "/components/securitySchemes/OAuth2/flows/authorizationCode/scopes",
        );
        let scope = scopes.get("email").cloned();
        scopes.extend(scope.map(|scope| ("moods".to_owned(), scope)));
    }),
    ("a security header is renamed", 2, |document| {
        set(
            document,
            "/components/securitySchemes/ClientIdAuth",
            "name",
            Value::String("x-app-id".to_owned()),
        );
    }),
    ("the server moves", 2, |document| {
        set(
            document,
            "/servers/0",
            "url",
            Value::String("https://api.example.com".to_owned()),
        );
    }),
    (
        "a schema is renamed to what has the same rust name",
        2,
        |document| {
            let schemas = object(document, "/components/schemas");
            let schema = schemas.shift_remove("PublicSleepType");
            schemas.extend(schema.map(|schema| ("SleepTypeModel".to_owned(), schema)));
            let at = "/components/schemas/PublicModifiedSleepModel/properties/type";
            set(
                document,
                at,
                "$ref",
                Value::String("#/components/schemas/SleepTypeModel".to_owned()),
            );
        },
    ),
];

#[test]
fn a_small_change_is_a_small_difference() {
    let before = lowered(vendored_document());
    let mut snapshots = Snapshots::new("changes");
    for (name, lines, change) in CHANGES {
        let mut document = vendored_document();
        change(&mut document);
        let after = lowered(document);
        let text = difference(&before, &after);
        assert_eq!(text.lines().count(), *lines, "{name}:\n{text}");
        snapshots.check(&name.replace(' ', "_"), &text);
    }
    snapshots.finish();
}

#[test]
fn prose_and_code_samples_are_not_on_the_surface() {
    let mut document = vendored_document();
    let at = "/paths/~1v2~1usercollection~1tag/get";
    set(
        &mut document,
        at,
        "summary",
        Value::String("Something else".to_owned()),
    );
    object(&mut document, at).shift_remove("x-codeSamples");
    assert_eq!(
        difference(&lowered(vendored_document()), &lowered(document)),
        ""
    );
}

/// The lines that differ, behind the section that they are in.
fn difference(before: &Lowered, after: &Lowered) -> String {
    let (before, after) = (surface(&before.facts), surface(&after.facts));
    let sections: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut text = String::new();
    for section in sections {
        let old = before.get(section).map_or("", String::as_str);
        let new = after.get(section).map_or("", String::as_str);
        for change in TextDiff::from_lines(old, new).iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            text.push_str(&format!("{section}: {sign} {}", change.value()));
        }
    }
    text
}

fn vendored_document() -> Document {
    vendored().unwrap_or_else(|errors| panic!("{errors}"))
}

fn lowered(document: Document) -> Lowered {
    lower_with_overlay(document, &POLICY).unwrap_or_else(|errors| panic!("{errors}"))
}

fn node<'d>(document: &'d mut Document, at: &str) -> &'d mut Node {
    let pointer: Pointer = at.parse().unwrap_or_else(|error| panic!("{at}: {error:?}"));
    document
        .get_mut(&pointer)
        .unwrap_or_else(|| panic!("nothing at {at}"))
}

fn object<'d>(document: &'d mut Document, at: &str) -> &'d mut Members {
    node(document, at)
        .as_object_mut()
        .unwrap_or_else(|| panic!("no object at {at}"))
}

fn array<'d>(document: &'d mut Document, at: &str) -> &'d mut Vec<Node> {
    match &mut node(document, at).value {
        Value::Array(items) => items,
        _ => panic!("no array at {at}"),
    }
}

fn set(document: &mut Document, at: &str, key: &str, value: Value) {
    let holder = node(document, at);
    let origin = holder.origin.clone();
    let members = holder
        .as_object_mut()
        .unwrap_or_else(|| panic!("no object at {at}"));
    members.insert(key.to_owned(), Node { value, origin });
}
