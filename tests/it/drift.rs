//! Tests the verdicts on changes: each row of the policy with a minimal pair of specs, and
//! differences that must not be reported as changes.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::document::parse_document;
use oura_codegen::drift::{Change, Drift, Kind, Semver, Side};
use oura_codegen::drift::{compare_documents, lower_beside, policy_lines};
use oura_codegen::lower::{Lowered, lower_api, lower_what_can};
use oura_codegen::normalize::{Normalized, normalize_document};
use oura_codegen::oura::POLICY;
use oura_codegen::pointer::Origin;
use oura_codegen::policy::{Collisions, Policy};
use oura_tests::{Snapshots, read};
use serde::Deserialize;

/// A row of the policy, and the edits that make a pair of specs for it.
#[derive(Deserialize)]
struct Row {
    kind: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    old: Vec<Edit>,
    #[serde(default)]
    new: Vec<Edit>,
}

#[derive(Deserialize)]
struct Edit {
    from: String,
    to: String,
}

#[test]
fn each_row_of_the_policy_shows_in_a_pair_of_specs() {
    let mut snapshots = Snapshots::new("drift");
    let mut families: BTreeMap<String, String> = BTreeMap::new();
    for row in rows() {
        let drift = drift(&edited(&row.old), &edited(&row.new));
        check_row(&row, &drift);
        let family = row.kind.split('.').next().unwrap_or_default();
        let text = families.entry(family.to_owned()).or_default();
        text.push_str(&format!("# {} {}\n\n", row.kind, row.case));
        for change in &drift.changes {
            text.push_str(&shown(change));
        }
    }
    for (family, text) in families {
        snapshots.check(&family, &text);
    }
    snapshots.finish();
}

/// Each pair of specs in `tests/drift/pairs` has exactly the changes in `pairs.yaml`.
#[test]
fn each_pair_of_specs_has_the_changes_that_the_table_names() {
    let table: BTreeMap<String, Option<BTreeMap<String, String>>> =
        serde_yaml::from_str(&read("tests/drift/pairs.yaml"))
            .unwrap_or_else(|error| panic!("pairs.yaml: {error}"));
    let named: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(named, pairs());
    for (pair, expected) in table {
        let text = |side| read(&format!("tests/drift/pairs/{pair}.{side}.yaml"));
        let drift = drift(&text("old"), &text("new"));
        let changes = drift.changes.iter();
        let found: BTreeMap<String, String> = changes
            .map(|change| (change.id.clone(), verdicts(change)))
            .collect();
        assert_eq!(found, expected.unwrap_or_default(), "{pair}");
    }
}

/// The names of the pairs in the folder.
fn pairs() -> BTreeSet<String> {
    let folder = oura_tests::root().join("tests/drift/pairs");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
    let names = files.map(|file| match file {
        Ok(file) => file.file_name().to_string_lossy().into_owned(),
        Err(error) => panic!("{error}"),
    });
    let pairs = names.filter_map(|name| Some(name.strip_suffix(".old.yaml")?.to_owned()));
    pairs.collect()
}

fn verdicts(change: &Change) -> String {
    let broken = match (change.wire_breaking, change.source_breaking) {
        (true, true) => "wire and source",
        (true, false) => "wire",
        (false, true) => "source",
        (false, false) => "nothing",
    };
    format!("breaks {broken}, {}", change.semver.as_str())
}

/// Errors in a spec neither stop the comparison nor become changes.
#[test]
fn specs_that_cannot_be_lowered_are_compared() {
    let folder = oura_tests::root().join("tests/errors");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut compared = 0;
    for file in files.map(|file| file.unwrap_or_else(|error| panic!("{error}"))) {
        let text = std::fs::read_to_string(file.path()).unwrap_or_else(|error| panic!("{error}"));
        let Ok(document) = parse_document("errors.yaml", &text) else {
            continue;
        };
        let Ok(normalized) = normalize_document(document) else {
            continue;
        };
        if lower_api(&normalized, &POLICY).is_ok() {
            continue;
        }
        let old = (normalized.clone(), lower_what_can(&normalized, &POLICY));
        let beside = lower_beside(side(&old), &normalized, &POLICY);
        let drift = compare(&old, &(normalized, beside));
        assert_eq!(drift.changes, [], "{}", file.path().display());
        compared += 1;
    }
    assert!(compared > 20, "only {compared}");
}

#[test]
fn every_row_of_the_policy_has_a_pair_of_specs() {
    let shown: BTreeSet<(String, String)> =
        rows().into_iter().map(|row| (row.kind, row.case)).collect();
    let stated: BTreeSet<(String, String)> = policy_lines()
        .iter()
        .map(|line| (cell(line, 1).to_owned(), cell(line, 2).to_owned()))
        .collect();
    assert_eq!(shown, stated);
}

#[test]
fn the_table_in_drift_md_is_the_policy() {
    let text = read("oura-codegen/DRIFT.md");
    let table = text.lines().filter(|line| line.starts_with("| "));
    let table: Vec<&str> = table.skip(1).collect();
    assert_eq!(table, policy_lines());
}

#[test]
fn white_space_in_prose_is_no_change() {
    let old = edited(&[]);
    let lines = "description: |-\n    What a\n      night is.";
    let new = edited(&[edit("description: What a night is.", lines)]);
    assert_eq!(drift(&old, &new), Drift::default());
}

#[test]
fn a_component_that_several_operations_use_changes_once() {
    let with = |words: &str| {
        let trace = "{name: X-Trace, in: header, schema: {type: string}";
        let used = "- {$ref: '#/components/parameters/Trace'}";
        let night = "- {name: night_id, in: path, required: true, schema: {type: string}}";
        let parameter = format!("components:\n  parameters:\n    Trace: {trace}{words}}}\n");
        edited(&[
            edit(&format!("- {trace}}}"), used),
            edit(night, &format!("{night}\n      {used}")),
            edit("components:\n", &parameter),
        ])
    };
    for (words, kind) in [
        (", required: true", Kind::ParameterRequired),
        (", description: Words.", Kind::DocsChanged),
        (", deprecated: true", Kind::ParameterDeprecated),
    ] {
        let drift = drift(&with(""), &with(words));
        let [change] = &drift.changes[..] else {
            panic!("{words}: {:#?}", drift.changes);
        };
        assert_eq!(change.kind, kind);
        let all = [vec![change.subject.clone()], change.also.clone()].concat();
        assert_eq!(all, ["GetNight header X-Trace", "ListNight header X-Trace"]);
    }
}

#[test]
fn resources_come_and_go_with_the_operations_and_values_that_name_them() {
    let operation = |name: &str, answer: &str| {
        let schema = format!("{{$ref: '#/components/schemas/{answer}'}}");
        let content = format!("{{application/json: {{schema: {schema}}}}}");
        let id = "{name: night_id, in: path, required: true, schema: {type: string}}";
        format!(
            "  /v2/{name}/{{night_id}}:\n    get:\n      parameters: [{id}]\n      responses:\n        \
             '200': {{description: One., content: {content}}}\n"
        )
    };
    let with = |values: &str, operations: &str| {
        let data = format!("    WebhookDataType: {{type: string, enum: [{values}]}}\n");
        let model = "    Dream: {type: object, properties: {kind: {$ref: '#/components/schemas/WebhookDataType'}}}\n";
        edited(&[
            edit("  schemas:\n", &format!("  schemas:\n{data}{model}")),
            edit("paths:\n", &format!("paths:\n{operations}")),
        ])
    };
    let dreams = operation("dream", "Dream");
    let both = dreams.clone() + &operation("nap", "Dream");
    for (fewer, more, subject) in [
        (
            with("dream", &both),
            with("dream, nap", &both),
            "WebhookDataType",
        ),
        (
            with("dream, nap", &dreams),
            with("dream, nap", &both),
            "GetNap",
        ),
    ] {
        for (old, new, what) in [(&fewer, &more, "is added"), (&more, &fewer, "is removed")] {
            let drift = drift(old, new);
            let [change] = &drift.changes[..] else {
                panic!("{subject} {what}: {:#?}", drift.changes);
            };
            let note = format!("`Resource::Nap` {what} with it.");
            assert_eq!(change.note, Some(note));
            assert_eq!(
                (change.subject.as_str(), &change.documents[..]),
                (subject, &["Nap".to_owned()][..])
            );
        }
    }
}

#[test]
fn the_order_of_keys_is_no_change() {
    let with = |envelope: &str| {
        edited(&[edit(
            "    MultiDocumentResponseDict:\n",
            &format!(
                "    MultiDocumentResponse_Rest_: {envelope}\n    MultiDocumentResponseDict:\n"
            ),
        )])
    };
    let data = "data: {type: array, items: {$ref: '#/components/schemas/Rest'}}";
    let token = "next_token: {type: string, nullable: true}";
    let old =
        format!("{{type: object, required: [data, next_token], properties: {{{data}, {token}}}}}");
    let token = "next_token: {nullable: true, type: string}";
    let new =
        format!("{{properties: {{{token}, {data}}}, required: [next_token, data], type: object}}");
    assert_eq!(drift(&with(&old), &with(&new)), Drift::default());
}

#[test]
fn an_envelope_that_deviates_names_the_differing_property() {
    let with = |token: &str, more: &str| {
        let night = "data: {type: array, items: {$ref: '#/components/schemas/Night'}}";
        let own = ["Rest", "Pause"].map(|argument| {
            let data = format!(
                "data: {{type: array, items: {{$ref: '#/components/schemas/{argument}'}}}}"
            );
            format!(
                "    MultiDocumentResponse_{argument}_: {{type: object, required: [data], \
                 properties: {{{data}, next_token: {{type: string}}}}}}\n"
            )
        });
        let own = own.concat();
        let old = format!(
            "      required: [data, next_token]\n      properties:\n        {night}\n        next_token: {{type: string, nullable: true}}\n"
        );
        let new = format!(
            "      required: [data]\n      properties:\n        {night}\n        next_token: {{type: {token}}}\n{more}"
        );
        let field = ", x-rust-field-selection: true}";
        edited(&[
            edit(&old, &new),
            edit(
                "    MultiDocumentResponseDict:\n",
                &format!("{own}    MultiDocumentResponseDict:\n"),
            ),
            edit(field, "}"),
        ])
    };
    let old = with("string", "");
    for (token, more, note, breaks) in [
        (
            "string",
            "        total: {type: integer}\n",
            "It differs in `total`.",
            false,
        ),
        ("integer", "", "It differs in `next_token`.", true),
    ] {
        let drift = drift(&old, &with(token, more));
        let mut changes = drift.changes.iter();
        let change = changes.find(|change| change.kind == Kind::SchemaGenericChanged);
        let change = change.unwrap_or_else(|| panic!("{:#?}", drift.changes));
        assert_eq!(change.note.as_deref(), Some(note));
        assert_eq!(change.wire_breaking, breaks, "{note}");
    }
}

#[test]
fn a_schema_that_moves_to_a_component_keeps_its_meaning() {
    for (inline, wide) in [
        ("{type: integer, nullable: true}", false),
        (
            "{type: object, required: [a], properties: {a: {type: string}}}",
            false,
        ),
        (
            "{type: object, properties: {a: {type: string}, b: {type: integer}}}",
            false,
        ),
        ("{type: array, items: {type: string}}", true),
    ] {
        let used = "{$ref: '#/components/schemas/Moved'}";
        let moved = match wide {
            true => inline.replace("string", "integer"),
            false => inline.to_owned(),
        };
        let with = |score: &str| {
            edited(&[
                edit(
                    "score: {type: integer, nullable: true}",
                    &format!("score: {score}"),
                ),
                edit("    Spare:\n", &format!("    Moved: {moved}\n    Spare:\n")),
            ])
        };
        for (old, new) in [(inline, used), (used, inline)] {
            let drift = drift(&with(old), &with(new));
            let of_score = |change: &&Change| change.subject == "Night.score";
            let changes: Vec<_> = drift.changes.iter().filter(of_score).collect();
            let [change] = &changes[..] else {
                panic!("{old} to {new}: {:#?}", drift.changes);
            };
            assert_eq!(change.kind, Kind::PropertyTypeChanged);
            assert_eq!(change.wire_breaking, wide, "{old} to {new}");
        }
    }
}

#[test]
fn a_new_body_breaks_only_if_it_is_required() {
    let get = "      operationId: get_night\n";
    let with = |required: bool| {
        let body = format!(
            "{get}      requestBody: {{required: {required}, content: {{application/json: {{schema: {{$ref: \
             '#/components/schemas/Subscription'}}}}}}}}\n"
        );
        edited(&[edit(get, &body)])
    };
    for required in [false, true] {
        let drift = drift(&edited(&[]), &with(required));
        let [change] = &drift.changes[..] else {
            panic!("{:#?}", drift.changes);
        };
        let breaks = (change.wire_breaking, change.source_breaking);
        assert_eq!(breaks, (required, required));
    }
}

/// Only a usable server changes what the client does; a placeholder does not.
#[test]
fn only_another_server_breaks_the_wire() {
    let url = "- url: https://api.nights.com";
    let oura = "- url: https://api.ouraring.com";
    let old = edited(&[edit(url, oura)]);
    for (server, wire, semver) in [
        ("- url: https://api.None.com", false, Semver::None),
        ("- url: /", false, Semver::None),
        ("- url: https://cloud.ouraring.com", true, Semver::Patch),
        ("- url: https://api.evil.dev", true, Semver::Patch),
    ] {
        let drift = drift(&old, &edited(&[edit(url, server)]));
        let [change] = &drift.changes[..] else {
            panic!("{server}: {:#?}", drift.changes);
        };
        let verdict = (change.wire_breaking, change.source_breaking, change.semver);
        assert_eq!(change.kind, Kind::ServerChanged, "{server}");
        assert_eq!(verdict, (wire, false, semver), "{server}");
    }
}

#[test]
fn values_that_the_server_no_longer_takes_break_requests() {
    let with = |kind: &str| {
        let old = "secret: {type: string}\n        kind: {$ref: '#/components/schemas/Kind'}";
        edited(&[edit(
            old,
            &format!("secret: {{type: string}}\n        kind: {kind}"),
        )])
    };
    let component = with("{$ref: '#/components/schemas/Kind'}");
    for (values, breaks) in [
        ("long", true),
        ("short, long", false),
        ("a, long, short", false),
    ] {
        let inline = with(&format!("{{type: string, enum: [{values}]}}"));
        let drift = drift(&component, &inline);
        let [change] = &drift.changes[..] else {
            panic!("{values}: {:#?}", drift.changes);
        };
        assert_eq!(change.wire_breaking, breaks, "{values}");
    }
}

#[test]
fn a_changed_type_has_different_texts_before_and_after() {
    let minutes = "      required: [minutes]\n      properties:\n        minutes: {type: integer}\n        place: {type: string, enum: [bed, sofa]}\n    Pause:";
    let with = |more: &str| {
        edited(&[edit(
            minutes,
            &format!("      additionalProperties: {more}\n{minutes}"),
        )])
    };
    let drift = drift(&with("{type: integer}"), &with("{type: string}"));
    let [change] = &drift.changes[..] else {
        panic!("{:#?}", drift.changes);
    };
    assert_ne!(change.before, change.after);
}

/// 32 unions, each with the next one twice, have 2^32 leaves, which are not all compared.
#[test]
fn unions_of_unions_are_compared_up_to_a_bound() {
    let reference = |name: String| format!("{{$ref: '#/components/schemas/{name}'}}");
    let unions = |prefix: &str, last: &str| {
        let unions = (0..32).map(|index| {
            let next = reference(format!("{prefix}{}", index + 1));
            let list = format!("{{type: array, items: {next}}}");
            format!("    {prefix}{index}: {{oneOf: [{next}, {list}]}}\n")
        });
        let unions: String = unions.collect();
        format!("{unions}    {prefix}32: {{type: {last}}}\n")
    };
    let pause = "    Pause:";
    let with = |first: &str| {
        let schemas = unions("A", "string") + &unions("B", "integer");
        let score = "score: {type: integer, nullable: true}";
        let held = reference(first.to_owned());
        edited(&[
            edit(score, &format!("{score}\n        held: {held}")),
            edit(pause, &format!("{schemas}{pause}")),
        ])
    };
    let drift = drift(&with("A0"), &with("B0"));
    let mut changes = drift.changes.iter();
    let is_break =
        |change: &Change| change.kind == Kind::PropertyRefChanged && change.wire_breaking;
    assert!(changes.any(is_break), "{:#?}", drift.changes);
}

/// The second of two equal names gets a number, so that code reads another field if they swap.
#[test]
fn a_name_that_gets_the_number_of_another_breaks_code() {
    let policy = Policy {
        collisions: Collisions::Numbered,
        ..POLICY
    };
    let with = |names: [&str; 2]| {
        let [one, other] = names.map(|name| format!("{name}: {{type: string}}"));
        let score = "score: {type: integer, nullable: true}";
        let text = edited(&[edit(
            score,
            &format!("{score}\n        {one}\n        {other}"),
        )]);
        lowered_by(&policy, "spec.yaml", &text)
    };
    let (old, new) = (with(["restDay", "rest_day"]), with(["rest_day", "restDay"]));
    let drift = compare_documents(side(&old), side(&new), &policy);
    let drift = drift.unwrap_or_else(|errors| panic!("{errors}"));
    let mut changes = drift.changes.iter();
    let is_break = |change: &Change| change.kind == Kind::RustNameChanged && change.source_breaking;
    assert!(changes.any(is_break), "{:#?}", drift.changes);
    let same = compare_documents(side(&old), side(&old), &policy);
    assert!(same.is_ok_and(|same| same.changes.is_empty()));
}

/// Checks the verdicts of a row's change, where the row states them without conditions.
fn check_row(row: &Row, drift: &Drift) {
    let context = format!("{} {}: {:#?}", row.kind, row.case, drift.changes);
    let lines = policy_lines();
    let mut lines = lines.iter();
    let line = lines
        .find(|line| cell(line, 1) == row.kind && cell(line, 2) == row.case)
        .unwrap_or_else(|| panic!("no such row: {context}"));
    let mut changes = drift.changes.iter();
    let change = changes
        .find(|change| change.kind.as_str() == row.kind || row.kind == "parts")
        .unwrap_or_else(|| panic!("no change of the kind: {context}"));
    for (cell, breaking) in [
        (cell(line, 3), change.wire_breaking),
        (cell(line, 4), change.source_breaking),
    ] {
        match cell {
            "no" => assert!(!breaking, "{context}"),
            "yes" => assert!(breaking, "{context}"),
            _ => {}
        }
    }
    let releases: Vec<&str> = cell(line, 5).split('/').collect();
    assert!(releases.contains(&change.semver.as_str()), "{context}");
    assert_eq!(
        change.semver == Semver::Major,
        change.source_breaking,
        "{context}"
    );
}

fn edit(from: &str, to: &str) -> Edit {
    Edit {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn rows() -> Vec<Row> {
    let text = read("tests/drift/rows.yaml");
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("rows.yaml: {error}"))
}

fn cell(line: &str, index: usize) -> &str {
    line.split('|').nth(index).unwrap_or_default().trim()
}

fn edited(edits: &[Edit]) -> String {
    let mut text = read("tests/drift/base.yaml");
    for Edit { from, to } in edits {
        assert_eq!(text.matches(from.as_str()).count(), 1, "{from}");
        text = text.replace(from.as_str(), to);
    }
    text
}

fn drift(old: &str, new: &str) -> Drift {
    let (old, new) = (lowered("old.yaml", old), lowered("new.yaml", new));
    compare(&old, &new)
}

fn lowered(name: &str, text: &str) -> (Normalized, Lowered) {
    lowered_by(&POLICY, name, text)
}

fn lowered_by(policy: &Policy, name: &str, text: &str) -> (Normalized, Lowered) {
    let lowered = parse_document(name, text)
        .and_then(normalize_document)
        .and_then(|normalized| {
            let lowered = lower_api(&normalized, policy)?;
            Ok((normalized, lowered))
        });
    lowered.unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// The changes. Each must have different texts for the old and the new side.
fn compare(old: &(Normalized, Lowered), new: &(Normalized, Lowered)) -> Drift {
    let drift = compare_documents(side(old), side(new), &POLICY);
    let drift = drift.unwrap_or_else(|errors| panic!("{errors}"));
    for change in &drift.changes {
        let is_said = change.before.is_some() && change.before == change.after;
        assert!(!is_said, "{change:#?}");
    }
    drift
}

fn side((normalized, lowered): &(Normalized, Lowered)) -> Side<'_> {
    Side {
        normalized,
        lowered,
    }
}

/// A change as a snapshot shows it.
fn shown(change: &Change) -> String {
    let place = |origin: &Option<Origin>| match origin {
        Some(origin) => origin.to_string(),
        None => "-".to_owned(),
    };
    let says = |says: &Option<String>| says.clone().unwrap_or_else(|| "-".to_owned());
    let breaks = |breaks: bool| if breaks { "breaks" } else { "fits" };
    let position = change
        .position
        .map_or_else(String::new, |at| format!(", place {at}"));
    let note = change.remarks(usize::MAX);
    let note = note.iter().map(|note| format!("  note: {note}\n"));
    format!(
        "{id}\n  new: {new}{position}\n  old: {old}\n  before: {before}\n  after: {after}\n  \
         wire {wire}, source {source}, {semver}: {reason}\n{note}\n",
        id = change.id,
        new = place(&change.pointer),
        old = place(&change.old_pointer),
        before = says(&change.before),
        after = says(&change.after),
        wire = breaks(change.wire_breaking),
        source = breaks(change.source_breaking),
        semver = change.semver.as_str(),
        reason = change.reason,
        note = note.collect::<String>(),
    )
}
