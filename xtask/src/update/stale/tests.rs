use super::*;

const HEAD: &str = "overlay: 1.0.0\ninfo: {title: T, version: 1.0.0}\n";

fn deleted(actions: &str, stale: &[usize]) -> String {
    let overlay = Source {
        name: "o".to_owned(),
        text: format!("{HEAD}{actions}"),
    };
    let stale = stale.iter().copied().collect();
    let edited = delete_actions(&overlay, &stale).expect("the actions can be deleted");
    edited
        .strip_prefix(HEAD)
        .expect("the head stays")
        .to_owned()
}

const BLOCK: &str = "\
# What this is.
actions:  # all of them
  # Section one.
  - target: $.a
    x-evidence: |
      It was seen.

      # It was said.
    update: {b: 'x, - y'}
  # Of the next one.
  - {target: $.b, x-evidence: e, remove: true}  # inside

  # Section two.
  -
    # The target.
    target: $.c
    x-evidence: e
    update:
    - 1
    - 2
      # Still of this one.

  # Of the last one.
  - target: $.d
    x-evidence: e
    remove: true
# The end.
";

#[test]
fn actions_of_a_block_list_go_with_their_lines_and_nothing_else() {
    let first = "  - target: $.a
    x-evidence: |
      It was seen.

      # It was said.
    update: {b: 'x, - y'}
";
    let second = "  - {target: $.b, x-evidence: e, remove: true}  # inside\n";
    let third = "  -
    # The target.
    target: $.c
    x-evidence: e
    update:
    - 1
    - 2
      # Still of this one.
";
    let last = "  - target: $.d
    x-evidence: e
    remove: true
";
    let actions = [first, second, third, last];
    for stale in [
        &[0][..],
        &[1],
        &[2],
        &[3],
        &[0, 1],
        &[1, 2],
        &[0, 3],
        &[1, 2, 3],
    ] {
        let mut expected = BLOCK.to_owned();
        for index in stale {
            expected = expected.replace(actions[*index], "");
        }
        assert_eq!(deleted(BLOCK, stale), expected, "{stale:?}");
        let crlf = |text: &str| text.replace('\n', "\r\n");
        assert_eq!(
            deleted(&crlf(BLOCK), stale),
            crlf(&expected),
            "{stale:?} with CRLF"
        );
    }
}

#[test]
fn all_actions_leave_an_empty_list() {
    let edited = deleted(BLOCK, &[0, 1, 2, 3]);
    let expected = "\
# What this is.
actions: []  # all of them
  # Section one.
  # Of the next one.

  # Section two.

  # Of the last one.
# The end.
";
    assert_eq!(edited, expected);
}

#[test]
fn what_follows_the_list_stays() {
    let text = "actions:\n- target: $.a\n  remove: true\n\n# Of what it extends.\nextends: d\n";
    let expected = "actions: []\n\n# Of what it extends.\nextends: d\n";
    assert_eq!(deleted(text, &[0]), expected);
    let text = "actions:\n- {target: $.a}\n- {target: $.b}\n...\n";
    assert_eq!(deleted(text, &[1]), "actions:\n- {target: $.a}\n...\n");
    let text = "actions:\n- {target: $.a}\n- {target: $.b}";
    assert_eq!(deleted(text, &[1]), "actions:\n- {target: $.a}\n");
}

#[test]
fn actions_of_a_flow_list_go_with_their_comma() {
    let text = "\
actions: [
  # First.
  {target: '$.a[?@ == \"x\"]', x-evidence: it's a 'b', update: {c: [1, 2]}}, # of a
  {target: \"$.b, \\\" }\", remove: true}
  # Between, with a comma.
  , {target: $.c, update: {}},
  {target: $.d}
]
";
    let first = "{target: '$.a[?@ == \"x\"]', x-evidence: it's a 'b', update: {c: [1, 2]}}, ";
    let second = "  {target: \"$.b, \\\" }\", remove: true}\n  # Between, with a comma.\n  , ";
    let cases = [
        (0, first, ""),
        (1, second, "  # Between, with a comma.\n   "),
        (2, "{target: $.c, update: {}},", ""),
        (3, ",\n  {target: $.d}\n", "\n"),
    ];
    for (stale, gone, left) in cases {
        assert_eq!(deleted(text, &[stale]), text.replace(gone, left), "{stale}");
    }
    assert_eq!(
        deleted("actions: [{a: 1}, {b: 2}, {c: 3}]\n", &[1, 2]),
        "actions: [{a: 1} ]\n"
    );
    assert_eq!(
        deleted("actions: [{a: 1}, {b: 2}]\n", &[0, 1]),
        "actions: []\n"
    );
}

#[test]
fn json_stays_json() {
    let text = |actions: &str| format!("{{\n\t\"actions\": [\n{actions}\t]\n}}\n");
    let action = |name: &str| format!("\t\t{{\n\t\t\t\"target\": \"$.{name}\"\n\t\t}}");
    let all = text(&format!("{},\n{}\n", action("a"), action("b")));
    for (stale, left) in [(0, "b"), (1, "a")] {
        let overlay = Source {
            name: "o".to_owned(),
            text: all.clone(),
        };
        let edited = delete_actions(&overlay, &BTreeSet::from([stale]));
        assert_eq!(edited, Some(text(&format!("{}\n", action(left)))));
    }
}
