//! Tests the report on a new spec, as reviewers and as programs read it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its files must fail"
)]

use std::collections::BTreeSet;

use oura_codegen::document::parse_document;
use oura_codegen::drift::{Change, Drift, Kind, Rename, Semver};
use oura_codegen::normalize::normalize_document;
use oura_codegen::oura::POLICY;
use oura_codegen::overlay::{apply_overlay, parse_overlay};
use oura_codegen::passage::{find_passage, property_prose, series_properties};
use oura_codegen::pointer::{Origin, Pointer};
use oura_tests::{Snapshots, lower_with_overlay, read, vendored};
use pulldown_cmark::{Event, Options, Parser, Tag};
use xtask::drift::acknowledged::Acknowledged;
use xtask::drift::json::{SCHEMA, to_json};
use xtask::drift::markdown::{for_users, to_markdown};
use xtask::drift::review::Review;
use xtask::drift::side::LoadedSpec;
use xtask::drift::text::to_text;
use xtask::inputs::{Inputs, Source};
use xtask::report::Report;

const OLD: &str = "tests/report/old.yaml";
const NEW: &str = "tests/report/new.yaml";
const OVERLAY: &str = "tests/report/overlay.yaml";

/// No code is generated from prose, but some code is written by hand to follow it.
#[test]
fn the_prose_that_code_depends_on_is_pinned() {
    let document = vendored().unwrap_or_else(|errors| panic!("{errors}"));
    let normalized = normalize_document(document).unwrap_or_else(|errors| panic!("{errors}"));
    let mut text = String::new();
    for passage in POLICY.passages {
        let place = passage.tag.unwrap_or("the API");
        let said = find_passage(&normalized.openapi, passage);
        let said = said.unwrap_or_else(|| panic!("{place} has no passage {}", passage.heading));
        let heading = format!("# {place}: {}", passage.heading);
        text.push_str(&format!(
            "{heading}\n# for: {}\n{said}\n\n",
            passage.depends
        ));
    }
    let document = vendored().unwrap_or_else(|errors| panic!("{errors}"));
    let lowered = lower_with_overlay(document, &POLICY);
    let api = lowered.unwrap_or_else(|errors| panic!("{errors}")).api;
    for property in series_properties(&api) {
        let said = property_prose(&api, property).unwrap_or_default();
        let (owner, name) = property;
        text.push_str(&format!("# {owner}.{name}\n# for: its series\n{said}\n\n"));
    }
    let mut snapshots = Snapshots::new("prose");
    snapshots.check("passages", &text);
    snapshots.finish();
}

#[test]
fn reports_are_pinned_in_all_formats() {
    let review = review();
    let mut snapshots = Snapshots::new("report");
    let text = to_text(&review, false);
    snapshots.check("text", &anstream::adapter::strip_str(&text).to_string());
    snapshots.check("markdown", &to_markdown(&review));
    snapshots.check("json", &to_json(&review));
    snapshots.check("changelog", &for_users(&review));
    snapshots.finish();
}

#[test]
fn the_json_is_valid_by_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for review in [review(), of_drift(hand_made()), unchanged()] {
        check_schema(&review);
    }
    let mut report: serde_json::Value = serde_json::from_str(&to_json(&review())).unwrap();
    report["semver"] = "huge".into();
    assert!(!validator.is_valid(&report));
}

#[test]
fn specs_that_mean_the_same_have_a_short_report() {
    let review = unchanged();
    assert!(review.entries.is_empty() && review.names.is_empty());
    let text = anstream::adapter::strip_str(&to_text(&review, false)).to_string();
    assert!(text.contains("none: the specs mean the same"), "{text}");
    assert_eq!(text.lines().count(), 7, "{text}");
}

/// A reviewer reads first where credentials go, in each format.
#[test]
fn another_server_is_the_first_line_of_every_report() {
    let moved = read(OLD).replace("api.ouraring.com", "cloud.ouraring.com");
    let spec = Source {
        name: "moved.yaml".to_owned(),
        text: moved,
    };
    let new = Inputs {
        spec,
        overlay: Some(source(OVERLAY)),
    };
    let review = Review::new(inputs(OLD), new, &[]).unwrap_or_else(|report| panic!("{report}"));
    check_schema(&review);
    let text = anstream::adapter::strip_str(&to_text(&review, false)).to_string();
    let text = text.lines().next().unwrap();
    assert_eq!(
        text,
        "changed  another server, for the access token: https://api.ouraring.com → \
         https://cloud.ouraring.com"
    );
    let markdown = to_markdown(&review);
    assert!(
        markdown.starts_with("**Changed**: another server, for the access token"),
        "{markdown}"
    );
    let json: serde_json::Value = serde_json::from_str(&to_json(&review)).unwrap();
    assert_eq!(
        json["destinations"][0]["after"],
        "https://cloud.ouraring.com"
    );
    assert!(to_json(&review).starts_with("{\n  \"destinations\": ["));
}

#[test]
fn each_change_is_in_one_section_and_breaks_come_first() {
    let review = of_drift(hand_made());
    let report: serde_json::Value = serde_json::from_str(&to_json(&review)).unwrap();
    let sections = &report["sections"];
    assert_eq!(
        sections["source"],
        serde_json::json!(["property.removed A.gone"])
    );
    assert_eq!(
        sections["wire"],
        serde_json::json!(["server.changed servers"])
    );
    assert_eq!(sections["docs"], serde_json::json!(["docs.changed A"]));
    assert_eq!(sections["other"].as_array().map(Vec::len), Some(46));
    assert_eq!(report["semver"], "major");
    let text = to_text(&review, false);
    let at = |title: &str| {
        text.find(title)
            .unwrap_or_else(|| panic!("{title}:\n{text}"))
    };
    assert!(at("What breaks users' code") < at("What needs a look"));
    assert!(at("What needs a look") < at("Other changes") && at("Other changes") < at("Docs"));
}

#[test]
fn many_changes_that_are_alike_are_folded() {
    let review = of_drift(hand_made());
    let folded = anstream::adapter::strip_str(&to_text(&review, false)).to_string();
    assert!(folded.contains("schema.renamed (46): "), "{folded}");
    assert!(folded.contains("Model45: before → after"), "{folded}");
    assert!(folded.lines().count() < 60, "{folded}");
    let full = to_text(&review, true);
    assert!(
        full.contains("Model45") && !full.contains("--full"),
        "{full}"
    );
    assert!(to_markdown(&review).contains("<details><summary>All 46</summary>"));
}

/// A long group is folded, but the values of its rows are all shown.
#[test]
fn folded_changes_keep_their_values() {
    let mut drift = hand_made();
    for (number, change) in drift.changes.iter_mut().enumerate() {
        change.kind = Kind::EnumValueAdded;
        (change.before, change.after) = (None, Some(format!("value_{number}")));
        if number % 2 == 0 {
            change.subject = "Colour".to_owned();
        }
    }
    let text = anstream::adapter::strip_str(&to_text(&of_drift(drift), false)).to_string();
    for number in 3..49 {
        assert!(
            text.contains(&format!("value_{number}")),
            "{number}:\n{text}"
        );
    }
    assert_eq!(text.matches("Colour: ").count(), 1, "{text}");
}

#[test]
fn a_parameter_of_many_operations_names_some_of_them() {
    let also: Vec<String> = (0..70).map(|number| format!("Route{number}")).collect();
    let change = Change {
        also,
        ..change(Kind::ParameterAdded, "Route", Semver::Minor)
    };
    let review = of_drift(Drift {
        changes: vec![change],
        renames: Vec::new(),
    });
    let markdown = to_markdown(&review);
    assert!(
        markdown.contains("Route6, Route7 and 62 more."),
        "{markdown}"
    );
    assert!(to_json(&review).contains("Route69"));
}

#[test]
fn acknowledged_changes_and_unknown_ids_are_reported() {
    let known = |id: &str| Acknowledged {
        id: id.to_owned(),
        why: "talked about it".to_owned(),
    };
    let (old, new) = sides();
    let list = [known("property.removed A.gone"), known("nothing")];
    let review = Review::of_drift(&old, &new, hand_made(), &list);
    let open: Vec<_> = review.unacknowledged();
    assert_eq!(open, ["server.changed servers"]);
    let text = to_text(&review, false);
    assert!(text.contains("acknowledged: talked about it"), "{text}");
    assert!(
        text.contains("nothing is acknowledged, but no change has this id"),
        "{text}"
    );
}

/// Texts of a spec cannot become markup in a report, or control a terminal.
#[test]
fn hostile_specs_stay_text() {
    const HOSTILE: &str = "\u{1b}[31m\u{9b}0m\u{202e}a|b ``` ` <script>x</script> [l](http://e.example) \
                           @team #1 **b** \\ </details>\n# h\n| a |\n|---|\n- https://e.example";
    let mut drift = hand_made();
    for change in &mut drift.changes {
        change.subject = HOSTILE.to_owned();
        change.before = Some(HOSTILE.to_owned());
        change.after = Some(format!("{HOSTILE}`"));
        change.reason = HOSTILE.to_owned();
        change.note = Some(HOSTILE.to_owned());
        change.id = format!("{} {HOSTILE}", change.id);
        let at = change.pointer.as_mut();
        at.into_iter()
            .for_each(|at| at.pointer = at.pointer.key(HOSTILE));
    }
    let review = of_drift(drift);
    check_schema(&review);
    let text = anstream::adapter::strip_str(&to_text(&review, true)).to_string();
    let is_bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!text.contains(is_bad), "{text:?}");
    let raw = to_text(&review, true).replace("\u{1b}[0m", "");
    assert!(
        !raw.contains('\u{9b}') && !raw.contains("\u{1b}[31m"),
        "{raw:?}"
    );

    let markdown = to_markdown(&review);
    assert!(!markdown.contains(is_bad), "{markdown:?}");
    for event in Parser::new_ext(&markdown, Options::all()) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Table(_)) => {
                panic!("a spec made markup of: {event:?}")
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(!html.contains("script"), "{html}");
            }
            Event::Text(text) => assert!(!text.contains("\n# h"), "{text}"),
            _ => {}
        }
    }
    let ours = Parser::new(&markdown)
        .filter(|event| matches!(event, Event::Html(html) if html.starts_with("</details>")));
    let opened = markdown
        .lines()
        .filter(|line| line.starts_with("<details>"))
        .count();
    assert_eq!(ours.count(), opened);
}

/// Each proposed action parses, applies to the new spec after the actions that still apply, and has
/// the effect that it is proposed for.
#[test]
fn proposed_actions_apply_when_they_are_pasted() {
    let review = review();
    let replaced: Vec<usize> = review
        .proposals
        .iter()
        .filter_map(|one| one.replaces)
        .collect();
    assert!(
        !replaced.is_empty() && review.proposals.len() >= 4,
        "{:#?}",
        review.proposals
    );
    let pasted: String = review
        .proposals
        .iter()
        .map(|one| one.yaml.as_str())
        .collect();
    let text = format!("overlay: 1.0.0\ninfo: {{title: T, version: 1.0.0}}\nactions:\n{pasted}");
    let overlay = parse_document("pasted", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let overlay = parse_overlay(&overlay).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let document = parse_document(NEW, &read(NEW)).unwrap();
    let applied = apply_overlay(document, &overlay);
    let (document, _) = applied.unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let lowered = oura_tests::lower(document, &POLICY).unwrap_or_else(|errors| panic!("{errors}"));
    let facts: Vec<_> = lowered.facts.iter().map(ToString::to_string).collect();
    for expected in [
        "Daily: schema DailyRecord",
        "Measurement: schema TableRow",
        "Daily.synced_at: format date-time",
        "ListThings query since_day: format date",
    ] {
        assert!(
            facts.iter().any(|fact| fact == expected),
            "{expected}: {facts:#?}"
        );
    }
}

/// The report links to the lines of the vendored spec.
#[test]
fn places_in_vendored_files_are_links() {
    let vendored = |text: &str| Inputs {
        spec: Source {
            name: "spec/openapi.yaml".to_owned(),
            text: text.to_owned(),
        },
        overlay: None,
    };
    let old = read(OLD);
    let new = old.replace("[red, green, blue]", "[red, green, blue, pink]");
    let review = Review::new(vendored(&old), vendored(&new), &[]);
    let mut review = review.unwrap_or_else(|report| panic!("{report}"));
    let line = new.lines().position(|line| line.contains("pink")).unwrap() + 1;
    let column = new.lines().nth(line - 1).unwrap().find("enum").unwrap() + 1;
    let place = format!("[spec/openapi.yaml:{line}:{column}](spec/openapi.yaml#L{line})");
    assert!(
        to_markdown(&review).contains(&place),
        "{}",
        to_markdown(&review)
    );
    review.links = "https://git.example/blob/next/".to_owned();
    let place = format!("](https://git.example/blob/next/spec/openapi.yaml#L{line})");
    assert!(to_markdown(&review).contains(&place));
}

/// A spec that cannot become an SDK is still compared, and its errors name what changed.
#[test]
fn a_spec_that_cannot_be_lowered_has_a_report() {
    let spec = |text: String| Inputs {
        spec: Source {
            name: "spec.yaml".to_owned(),
            text,
        },
        overlay: None,
    };
    let old = read("tests/drift/base.yaml");
    let new = old
        .replace("required: [data, next_token]", "required: [data]")
        .replace("        next_token: {type: string, nullable: true}\n", "")
        .replace("score: {type: integer,", "score: {type: string,");
    let review = Review::new(spec(old), spec(new.clone()), &[]);
    let review = review.unwrap_or_else(|report| panic!("{report}"));
    check_schema(&review);
    let changes = review
        .errors
        .iter()
        .filter_map(|error| error.change.as_deref());
    let changes: BTreeSet<&str> = changes.collect();
    assert_eq!(
        changes,
        BTreeSet::from(["`next_token` is missing, so this is not a page any more"])
    );
    let ids: Vec<&str> = review.entries.iter().map(|one| &*one.change.id).collect();
    let expected = [
        "property.type_changed Night.score",
        "property.removed MultiDocumentResponseDict.next_token",
        "property.removed MultiDocumentResponse.next_token",
    ];
    assert_eq!(ids, expected);
    let text = anstream::adapter::strip_str(&to_text(&review, false)).to_string();
    assert!(
        text.contains("Why no SDK can be made of the new spec"),
        "{text}"
    );
    assert!(review.names.is_empty());
    let report = Report::explained(review.errors.clone(), &spec(new)).to_string();
    let change = report.find("= changed: `next_token` is missing, so this is not a page any more");
    let help = report.find("= help: ");
    assert!(change.is_some() && change < help, "{report}");
}

/// A part that cannot be read is left out, and is not reported as a change.
#[test]
fn a_part_that_cannot_be_read_is_left_out() {
    let spec = |text: &str| Inputs {
        spec: Source {
            name: "spec.yaml".to_owned(),
            text: text.to_owned(),
        },
        overlay: None,
    };
    let old = read("tests/drift/base.yaml");
    let new = old
        .replace("score: {type: integer,", "score: {type: whole,")
        .replace("enum: [long, short]", "enum: [long, short, none]");
    let review = Review::new(spec(&old), spec(&new), &[]);
    let review = review.unwrap_or_else(|report| panic!("{report}"));
    let ids: Vec<&str> = review.entries.iter().map(|one| &*one.change.id).collect();
    assert_eq!(ids, ["enum.value_added Kind none"]);
    assert_eq!(review.errors.len(), 1, "{:?}", review.errors);
    // If nothing is left of a spec, there is no report.
    let none = Review::new(spec(&old), spec("openapi: 3.0.3\npaths: 1\n"), &[]);
    assert!(none.is_err());
}

/// Prose is compared by heading, without differences that a reader does not see.
#[test]
fn prose_is_compared_by_heading() {
    let spec = |description: &str, tag: &str| Inputs {
        spec: Source {
            name: "prose.yaml".to_owned(),
            text: format!(
                "openapi: 3.0.3\ninfo: {{title: T, version: '1', description: {description:?}}}\n\
                 tags: [{{name: Night, description: {tag:?}}}]\npaths: {{}}\n"
            ),
        },
        overlay: None,
    };
    let old = spec(
        "# Rate Limits\n| A | B |\n|---|---|\n| 1 | 2 |\nOne.\nTwo.\nThree.\n# Gone\nBye.\n",
        "Nights.",
    );
    let new = spec(
        "# Rate Limits\n|A|B  |\n|-----|---|\n|1|2|\nOne!\n\nTwo.\n\nThree!\n# User Agents\nEvery request must \
         include a `User-Agent`.\n",
        "Nights. Naps are rejected.",
    );
    let review = Review::new(old, new, &[]).unwrap_or_else(|report| panic!("{report}"));
    check_schema(&review);
    let text = anstream::adapter::strip_str(&to_text(&review, false)).to_string();
    let markdown = to_markdown(&review);
    for report in [&text, &markdown] {
        for line in [
            "+Every request must include a `User-Agent`.",
            "-Bye.",
            "-One. Two. Three.",
            "+One!",
            "+Three!",
        ] {
            assert!(
                report.lines().any(|one| one.trim() == line),
                "{line}:\n{report}"
            );
        }
        assert!(
            !report.contains("| 1 | 2 |\n+") && !report.contains("-| A"),
            "{report}"
        );
    }
    let demands: Vec<_> = review
        .demands
        .iter()
        .map(|one| (&*one.of, &*one.sentence))
        .collect();
    let expected = [
        ("User Agents", "Every request must include a `User-Agent`."),
        ("Night", "Naps are rejected."),
    ];
    assert_eq!(demands, expected);
    assert!(
        text.contains("Rate Limits, Gone, User Agents, Night"),
        "{text}"
    );
    let only_padding = Review::new(
        spec("# A\n| a | b |\n| - | - |\nText  of\n two lines.", ""),
        spec("# A\n|a|b|\n|--|---|\nText of two lines.\n", ""),
        &[],
    );
    let only_padding = only_padding.unwrap_or_else(|report| panic!("{report}"));
    assert!(only_padding.entries.is_empty() && only_padding.headings.is_empty());
    // The text above the first heading can be new or gone too.
    let empty = spec("# A\nText.\n", "");
    let come = Review::new(empty.clone(), spec("# A\nText.\n", "Nights."), &[]);
    let come = come.unwrap_or_else(|report| panic!("{report}"));
    assert!(to_markdown(&come).contains("`Night` is new:"));
    let gone = Review::new(spec("# A\nText.\n", "Nights."), empty, &[]);
    let gone = gone.unwrap_or_else(|report| panic!("{report}"));
    assert!(to_markdown(&gone).contains("`Night` is gone:"));
}

/// A report names the server that clients use, even if the spec has a placeholder.
#[test]
fn the_server_is_the_one_that_clients_use() {
    let spec = |servers: &str| Inputs {
        spec: Source {
            name: "servers.yaml".to_owned(),
            text: format!(
                "openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\nservers: {servers}\npaths: {{}}\n"
            ),
        },
        overlay: None,
    };
    let placeholder = "[{url: 'https://api.None.com'}]";
    let real = "[{url: 'https://api.ouraring.com'}]";
    let replaced = "`https://api.ouraring.com` in place of `https://api.None.com`";
    for (old, new, line) in [
        (real, real, "`https://api.ouraring.com`".to_owned()),
        (placeholder, placeholder, replaced.to_owned()),
        (
            placeholder,
            real,
            format!("{replaced} → `https://api.ouraring.com`"),
        ),
        (
            "[]",
            "[]",
            "`https://api.ouraring.com`, since the spec has none".to_owned(),
        ),
    ] {
        let review = Review::new(spec(old), spec(new), &[]);
        let markdown = to_markdown(&review.unwrap_or_else(|report| panic!("{report}")));
        let line = format!("- **server**: {line}");
        assert!(
            markdown.lines().any(|one| one == line),
            "{line}:\n{markdown}"
        );
    }
}

fn check_schema(review: &Review) {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: serde_json::Value = serde_json::from_str(&to_json(review)).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
}

/// A name that the overlay changes on purpose is not proposed to be kept.
#[test]
fn names_that_the_overlay_changes_are_not_taken_back() {
    let rename = |new_key: &str| Rename {
        old_key: "Old".to_owned(),
        new_key: new_key.to_owned(),
        old_ident: "Name".to_owned(),
        new_ident: "Other".to_owned(),
    };
    let proposed = |new_key: &str| {
        let renames = vec![rename(new_key)];
        let review = of_drift(Drift {
            renames,
            ..hand_made()
        });
        let yaml = review.proposals.iter().map(|one| one.yaml.as_str());
        yaml.collect::<String>().contains("x-rust-name: Name}")
    };
    assert!(proposed("New") && !proposed("Old"));
}

/// The real comparison of the two specs of this test.
fn review() -> Review {
    let (old, new) = (inputs(OLD), inputs(NEW));
    Review::new(old, new, &[]).unwrap_or_else(|report| panic!("{report}"))
}

fn unchanged() -> Review {
    let inputs = || Inputs {
        spec: source(OLD),
        overlay: None,
    };
    Review::new(inputs(), inputs(), &[]).unwrap_or_else(|report| panic!("{report}"))
}

fn inputs(spec: &str) -> Inputs {
    Inputs {
        spec: source(spec),
        overlay: Some(source(OVERLAY)),
    }
}

fn source(path: &str) -> Source {
    Source {
        name: path.to_owned(),
        text: read(path),
    }
}

fn sides() -> (LoadedSpec, LoadedSpec) {
    let side =
        |path| LoadedSpec::new(inputs(path), &POLICY).unwrap_or_else(|report| panic!("{report}"));
    (side(OLD), side(NEW))
}

fn of_drift(drift: Drift) -> Review {
    let (old, new) = sides();
    Review::of_drift(&old, &new, drift, &[])
}

/// Hand-made changes: a break, a wire break, prose, and 46 renames.
fn hand_made() -> Drift {
    let mut changes = vec![
        change(Kind::DocsChanged, "A", Semver::Patch),
        Change {
            wire_breaking: true,
            ..change(Kind::ServerChanged, "servers", Semver::Patch)
        },
        Change {
            source_breaking: true,
            pointer: None,
            ..change(Kind::PropertyRemoved, "A.gone", Semver::Major)
        },
    ];
    let names = (0..46).map(|number| format!("Model{number}"));
    changes.extend(names.map(|name| change(Kind::SchemaRenamed, &name, Semver::Patch)));
    Drift {
        changes,
        renames: vec![Rename {
            old_key: "Old".to_owned(),
            new_key: "New".to_owned(),
            old_ident: "Name".to_owned(),
            new_ident: "Name".to_owned(),
        }],
    }
}

fn change(kind: Kind, subject: &str, semver: Semver) -> Change {
    let at = |file: &str| {
        let pointer = Pointer::root().keys(&["components", "schemas"]);
        Some(Origin {
            file: file.into(),
            pointer,
        })
    };
    Change {
        id: format!("{} {subject}", kind.as_str()),
        kind,
        subject: subject.to_owned(),
        part_of: subject.to_owned(),
        also: Vec::new(),
        pointer: at(NEW),
        old_pointer: at(OLD),
        before: Some("before".to_owned()),
        after: Some("after".to_owned()),
        position: None,
        wire_breaking: false,
        source_breaking: false,
        semver,
        reason: format!("This is a {} release.", semver.as_str()),
        note: None,
        documents: Vec::new(),
    }
}
