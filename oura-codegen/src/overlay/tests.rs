use super::*;
use crate::document::parse_document;

/// Applies actions in YAML to a spec in YAML.
fn apply(document: &str, actions: &str) -> Result<(Document, OverlaySummary), Errors> {
    let head = "overlay: 1.0.0\ninfo: {title: T, version: 1.0.0}\nactions:\n";
    let overlay = parse_document("o", &format!("{head}{actions}")).unwrap();
    let overlay = parse_overlay(&overlay)?;
    apply_overlay(parse_document("d", document).unwrap(), &overlay)
}

fn applied(document: &str, actions: &str) -> String {
    let (document, _) = apply(document, actions).unwrap();
    serde_json::to_string(&document).unwrap()
}

fn refused(document: &str, actions: &str) -> String {
    apply(document, actions).unwrap_err().to_string()
}

const DOCUMENT: &str = "
paths: {/a: {get: {tags: [x]}}, /b: {get: {tags: [x, y]}}}
schemas: {A: {type: string, nullable: true}, B: {type: [string, 'null']}}
";

#[test]
fn updates_merge_and_keep_origins() {
    let actions = "
- target: $.paths.*.get
  x-evidence: e
  update: {tags: [z], summary: s}
- target: $.schemas.A
  x-evidence: e
  x-expect: {format: null, type: string}
  update: {type: integer}
- target: $.paths['/a'].get.tags
  x-evidence: e
  update: w
";
    let (document, summary) = apply(DOCUMENT, actions).unwrap();
    assert_eq!(
        serde_json::to_string(&document).unwrap(),
        concat!(
            r#"{"paths":{"/a":{"get":{"tags":["x","z","w"],"summary":"s"}},"#,
            r#""/b":{"get":{"tags":["x","y","z"],"summary":"s"}}},"#,
            r#""schemas":{"A":{"type":"integer","nullable":true},"B":{"type":["string","null"]}}}"#
        )
    );
    let origin = |at: &str| {
        document
            .get(&at.parse().unwrap())
            .unwrap()
            .origin
            .to_string()
    };
    assert_eq!(origin("/paths/~1a/get"), "d#/paths/~1a/get");
    assert_eq!(
        origin("/paths/~1b/get/tags/2"),
        "o#/actions/0/update/tags/0"
    );
    assert_eq!(origin("/schemas/A/type"), "o#/actions/1/update/type");
    assert_eq!((summary.actions, summary.changed), (3, 4));
}

#[test]
fn actions_see_the_result_of_those_before() {
    let actions = "
- {target: $.a, x-evidence: e, remove: true}
- {target: $, x-evidence: e, update: {a: {b: [1, 2, 3, 4]}}}
- {target: '$.a.b[0,2,0]', x-evidence: e, remove: true}
- {target: '$..b', x-evidence: e, update: 5}
- {target: '$[?@.b]', x-evidence: e, update: {c: 1}}
";
    assert_eq!(
        applied("{a: {z: 1}, k: v}", actions),
        r#"{"k":"v","a":{"b":[2,4,5],"c":1}}"#
    );
}

#[test]
fn actions_without_effect_are_refused() {
    let help = "; upstream has changed this: review the action, then delete or adapt it";
    let action = |body: &str| refused(DOCUMENT, &format!("- {{x-evidence: e, {body}}}"));
    assert_eq!(
        action("target: $.schemas.C, remove: true"),
        format!("o#/actions/0/target: `$.schemas.C` matches nothing{help}")
    );
    assert_eq!(
        action("target: $.schemas.A, update: {type: string}"),
        format!(
            "o#/actions/0/update: the update changes nothing: the spec says all of it \
             already (see also d#/schemas/A){help}"
        )
    );
    assert_eq!(
        action("target: '$.paths[\"/b\"].get', update: {tags: [z, y]}"),
        format!(
            "o#/actions/0/update/tags/1: the array has this element already \
             (see also d#/paths/~1b/get/tags/1){help}"
        )
    );
}

#[test]
fn actions_that_do_not_fit_are_refused() {
    let action = |body: &str| refused(DOCUMENT, &format!("- {{x-evidence: e, {body}}}"));
    assert_eq!(
        action("target: $.schemas.A.type, update: integer"),
        "o#/actions/0/update: a string cannot be merged into a string (see also \
         d#/schemas/A/type); let `target` select the object that contains what should change"
    );
    assert_eq!(
        action("target: $, update: {schemas: }"),
        "o#/actions/0/update/schemas: null would replace an object (see also d#/schemas); \
         remove it with one action and add the other with a second"
    );
    assert_eq!(
        action("target: $, remove: true"),
        "o#/actions/0/target: the spec as a whole cannot be removed"
    );
}

#[test]
fn all_actions_are_tried() {
    let actions = "
- {target: $.c, x-evidence: e, remove: true}
- {target: $.a, x-evidence: e, update: {b: 2}}
- {target: $.d, x-evidence: e, remove: true}
";
    assert_eq!(refused("a: {b: 1}", actions).lines().count(), 2);
}

#[test]
fn expectations_treat_both_dialects_alike() {
    let spellings = [
        "{$ref: X, nullable: true, title: t}",
        "{allOf: [{$ref: X}], nullable: true, title: t}",
        "{anyOf: [{$ref: X}, {type: 'null'}], title: t}",
        "{oneOf: [{type: null}, {$ref: X}], title: t}",
    ];
    for document in spellings {
        for expected in spellings {
            let action = format!(
                "- {{target: $.s, x-evidence: e, x-expect: {expected}, update: {{title: u}}}}"
            );
            assert!(
                apply(&format!("s: {document}"), &action).is_ok(),
                "{document} {expected}"
            );
        }
    }
    for (document, expected) in [
        (
            "{type: string, nullable: true}",
            "{type: [string, 'null'], format: null}",
        ),
        ("{type: [string, 'null']}", "{type: string, nullable: true}"),
        (
            "{type: string, minimum: 1.0}",
            "{type: string, nullable: false, minimum: 1}",
        ),
        (
            "{anyOf: [{type: a}, {type: b}, {type: 'null'}]}",
            "{anyOf: [{type: a}, {type: b}]}",
        ),
        (
            "{p: {x: {type: [a, 'null'], y: 1}}}",
            "{p: {x: {nullable: true}}}",
        ),
    ] {
        let action =
            format!("- {{target: $.s, x-evidence: e, x-expect: {expected}, update: {{z: u}}}}");
        assert!(
            apply(&format!("s: {document}"), &action).is_ok(),
            "{document} {expected}"
        );
    }
}

#[test]
fn expectations_that_differ_are_refused() {
    let help = "; upstream has changed this: review the action, then delete or adapt it";
    let actions = "
- target: $.*
  x-evidence: e
  x-expect: {type: string, format: null, nullable: false, enum: [a, b], items: {type: a}}
  update: {z: 1}
";
    let document = "
s: {type: string, enum: [a, b], items: {type: a, format: c}}
t: {type: [integer, 'null'], format: date, enum: [a], items: {}}
u: {}
";
    let at = "o#/actions/0/x-expect";
    let more = "(and 1 more of the selected nodes differ)";
    let lines = [
        format!(
            r#"{at}/type: the spec says "integer", not "string" {more} (see also d#/t/type/0){help}"#
        ),
        format!(
            r#"{at}/format: the spec says "date", not nothing {more} (see also d#/t/format){help}"#
        ),
        format!("{at}/nullable: the spec says true, not nothing {more} (see also d#/t){help}"),
        format!(
            r#"{at}/enum: the spec says ["a"], not ["a","b"] {more} (see also d#/t/enum){help}"#
        ),
        format!(
            r#"{at}/items/type: the spec says nothing, not "a" {more} (see also d#/t/items){help}"#
        ),
    ];
    assert_eq!(refused(document, actions), lines.join("\n"));
}

#[test]
fn overlays_are_read_strictly() {
    let read = |text: &str| {
        let document = parse_document("o", text).unwrap();
        parse_overlay(&document).unwrap_err().to_string()
    };
    assert_eq!(
        read("{a: 1}"),
        "o#/a: an overlay has no member `a`; its members are `overlay`, `info`, `extends`, \
         `actions`\n\
         o#: `overlay` is missing\n\
         o#: `info` is missing\n\
         o#: `actions` is missing"
    );
    let text = "
overlay: 1.1.0
info: {title: '', version: 1.0}
actions:
- {target: '$.a[', x-evidence: ' ', x-expects: {}, update: 1, remove: true}
- {remove: 1, x-from-later-spec: 1}
- {target: a, x-evidence: e}
- 5
";
    let expected = "\
o#/overlay: version `1.1.0` of the Overlay Specification is not supported; write `overlay: 1.0.0`
o#/info/title: `title` is empty
o#/info/version: `version` must be a string, but it is a number
o#/actions/0/x-expects: an action has no member `x-expects`; its members are `target`, \
`description`, `update`, `remove`, `x-evidence`, `x-expect`, `x-from-later-spec`
o#/actions/0/target: not a JSONPath: expected selector; RFC 9535 has the syntax: `$.paths['/thing'].get.parameters[0]`
o#/actions/0/x-evidence: `x-evidence` is empty
o#/actions/0/update: `update` has no effect beside `remove: true`
o#/actions/1: `target` is missing
o#/actions/1: `x-evidence` is missing; explain how it is known that the spec is wrong here
o#/actions/1/remove: `remove` must be a boolean, but it is a number
o#/actions/1/x-from-later-spec: `x-from-later-spec` must be a boolean, but it is a number
o#/actions/2/target: not a JSONPath: it must begin with `$`; RFC 9535 has the syntax: `$.paths['/thing'].get.parameters[0]`
o#/actions/2: the action has neither `update` nor `remove: true`
o#/actions/3: an action must be an object, but it is a number";
    assert_eq!(read(text), expected);
}

/// The spec after all that fits, and a line for each action that does not.
fn fitted(document: &str, actions: &str) -> (String, Vec<String>) {
    let head = "overlay: 1.0.0\ninfo: {title: T, version: 1.0.0}\nactions:\n";
    let overlay = parse_document("o", &format!("{head}{actions}")).unwrap();
    let overlay = parse_overlay(&overlay).unwrap();
    let document = parse_document("d", document).unwrap();
    let strict = apply_overlay(document.clone(), &overlay);
    let (fitted, _, unapplied_actions) = apply_what_fits(document, &overlay);
    assert_eq!(strict.is_err(), !unapplied_actions.is_empty());
    let shown = unapplied_actions.iter().map(|unapplied| {
        let UnappliedAction {
            index,
            why,
            matched,
            changed,
            ..
        } = unapplied;
        assert!(!unapplied.errors.is_empty());
        format!("{index} {why:?} {changed} of {matched}")
    });
    (serde_json::to_string(&fitted).unwrap(), shown.collect())
}

#[test]
fn what_fits_is_applied_and_the_rest_is_returned_with_its_reason() {
    let document = "{a: {t: s, f: date}, b: {t: n}, l: [x]}";
    let actions = "
- {target: $.gone, x-evidence: e, update: {k: 1}}
- {target: $.a, x-evidence: e, x-expect: {f: null}, update: {f: date}}
- {target: $.b, x-evidence: e, x-expect: {t: s}, update: {f: date}}
- {target: $.b, x-evidence: e, update: {t: n}}
- {target: $, x-evidence: e, update: {l: [x]}}
- {target: $.a.t, x-evidence: e, update: {k: 1}}
- {target: '$[?@.t]', x-evidence: e, x-expect: {t: s}, update: {k: 2}}
- {target: $.b, x-evidence: e, x-expect: {t: s}, remove: true}
";
    let (document, unapplied_actions) = fitted(document, actions);
    assert_eq!(
        document,
        r#"{"a":{"t":"s","f":"date","k":2},"b":{"t":"n"},"l":["x"]}"#
    );
    let expected = [
        "0 Unmatched 0 of 0",
        "1 Redundant 0 of 1",
        "2 Unexpected 0 of 1",
        "3 Redundant 0 of 1",
        "4 Redundant 0 of 1",
        "5 Unfit 0 of 1",
        "6 Unexpected 1 of 2",
        "7 Unexpected 0 of 1",
    ];
    assert_eq!(unapplied_actions, expected);
}

#[test]
fn an_update_that_fails_half_way_leaves_nothing_behind() {
    let actions = "- {target: $.a, x-evidence: e, update: {k: 1, l: [x]}}";
    let (document, unapplied_actions) = fitted("{a: {l: [x]}}", actions);
    assert_eq!(document, r#"{"a":{"l":["x"]}}"#);
    // Without the action, `k` would be missing: it is not stale.
    assert_eq!(unapplied_actions, ["0 Unfit 0 of 1"]);
}

#[test]
fn stale_actions_are_distinguished_from_conflicting_ones() {
    let document = "
scopes: {spo2: Oxygen.}
a: {description: Words., type: number}
b: {anyOf: [{type: number}, {type: 'null'}]}
c: {type: [number, 'null'], maximum: 5}
l: [x, y]
m: [x]
n: [{k: 1}, {k: 1, f: 2}]
";
    let stale = "
- {target: $.scopes, x-evidence: e, x-expect: {spo2: null}, update: {spo2: Blood oxygen.}}
- {target: $.a, x-evidence: e, x-expect: {description: null}, update: {description: Others.}}
- {target: $.b, x-evidence: e, x-expect: {nullable: null}, update: {type: number, nullable: true}}
- {target: $.c, x-evidence: e, x-expect: {nullable: null}, update: {type: number, nullable: true}}
- {target: $.l, x-evidence: e, update: [y, x]}
- {target: $.l, x-evidence: e, update: x}
- {target: '$.l[?@ == \"z\"]', x-evidence: e, remove: true}
- {target: $.scopes.gone, x-evidence: e, remove: true}
- {target: '$.n[*]', x-evidence: e, update: {k: 1}}
- {target: $, x-evidence: e, x-expect: {b: null}, update: {b: {description: Words.}}}
";
    let (same, unapplied_actions) = fitted(document, stale);
    assert_eq!(
        same,
        fitted(
            document,
            "- {target: $.a, x-evidence: e, update: {type: number}}"
        )
        .0
    );
    let all: Vec<&str> = unapplied_actions.iter().map(|one| &one[2..11]).collect();
    assert_eq!(all, ["Redundant"; 10]);
    let conflicting = "
- {target: $.a, x-evidence: e, x-expect: {type: string}, update: {type: integer}}
- {target: $.c, x-evidence: e, x-expect: {maximum: null}, update: {maximum: 6}}
- {target: $.l, x-evidence: e, update: [y, z]}
- {target: '$.l[?@ == \"x\"]', x-evidence: e, x-expect: y, remove: true}
- {target: $.gone.member, x-evidence: e, remove: true}
- {target: $.scopes.gone, x-evidence: e, update: {k: 1}}
- {target: '$.n[*]', x-evidence: e, x-expect: {f: null}, update: {f: 2}}
- {target: '$[\"l\", \"m\"]', x-evidence: e, update: y}
- {target: $.a, x-evidence: e, x-expect: {description: null}, update: {description: {}}}
";
    let (_, unapplied_actions) = fitted(document, conflicting);
    let expected = [
        "0 Unexpected 0 of 1",
        "1 Unexpected 0 of 1",
        "2 Unfit 0 of 1",
        "3 Unexpected 0 of 1",
        "4 Unmatched 0 of 0",
        "5 Unmatched 0 of 0",
        "6 Unexpected 1 of 2",
        "7 Unexpected 1 of 2",
        "8 Unexpected 0 of 1",
    ];
    assert_eq!(unapplied_actions, expected);
}
