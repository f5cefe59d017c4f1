use oura_codegen::document::parse_document;
use oura_codegen::error::Error;
use oura_codegen::pointer::{Origin, Pointer};

use super::*;
use crate::inputs::Source;

fn inputs(text: &str) -> Inputs {
    let (name, text) = ("dir/a.yaml".to_owned(), text.to_owned());
    let spec = Source { name, text };
    Inputs {
        spec,
        overlay: None,
    }
}

fn report(text: &str, errors: Errors) -> String {
    Report::new(errors, &inputs(text)).to_string()
}

fn at(pointer: &str) -> Error {
    let pointer: Pointer = pointer.parse().unwrap();
    let file = "dir/a.yaml".into();
    Error::at(&Origin { file, pointer }, "it is wrong")
}

/// The report on an error at a place, without the message and the count.
fn place(text: &str, pointer: &str) -> String {
    let report = report(text, at(pointer).into());
    let lines: Vec<_> = report.lines().collect();
    lines[1..lines.len() - 2].join("\n")
}

#[test]
fn a_report_shows_all_places_and_the_count() {
    let text = "paths:\n  /é: {get: null, put: 'two words'}\n";
    let mut errors = Errors::default();
    let other = at("/paths").at;
    let Place::Node(other) = other else {
        unreachable!()
    };
    errors.push(at("/paths/~1é/put").other(&other).help("mend it"));
    errors.push(Error::new(Place::File("b.yaml".into()), "all of it"));
    assert_eq!(
        report(text, errors),
        "\
error: it is wrong
 --> dir/a.yaml:2:19 at #/paths/~1é/put
  |
2 |   /é: {get: null, put: 'two words'}
  |                   ^^^^^^^^^^^^^^^^
 = see also:
 --> dir/a.yaml:1:1 at #/paths
  |
1 | paths:
  | ^^^^^
 = help: mend it

error: all of it
 --> b.yaml

2 errors; nothing was written
"
    );
}

#[test]
fn places_in_text_are_shown() {
    let text = "a: 1\n  b: 2\n";
    let errors = parse_document("dir/a.yaml", text).unwrap_err();
    assert_eq!(
        report(text, errors),
        "\
error: not YAML: mapping values are not allowed in this context
 --> dir/a.yaml:2:4
  |
2 |   b: 2
  |    ^

1 error; nothing was written
"
    );
}

#[test]
fn nodes_that_are_not_in_the_text_show_the_nearest_place() {
    let text = "a: &x\n- b:\n    long: text\n    over: lines\nc: *x\n- bad";
    let alias = " --> dir/a.yaml:5:1 at #/c/0/b\n  |\n5 | c: *x\n  | ^^^^^";
    assert_eq!(place(text, "/c/0/b"), alias);
    let element = " --> dir/a.yaml:2:3 at #/a/0/b\n  |\n2 | - b:\n  |   ^";
    assert_eq!(place(text, "/a/0/b"), element);
    let root = " --> dir/a.yaml:1:1 at #\n  |\n1 | a: &x\n  | ^";
    assert_eq!(place(text, ""), root);
    assert_eq!(place(text, "/e/f"), root.replace("#", "#/e/f"));
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let members: Vec<_> = (10..99).map(|n| format!("\"k{n}\":{n}")).collect();
    let text = format!("{{{}}}", members.join(","));
    let lines = place(&text, "/k50");
    let [_, _, line, carets] = lines.lines().collect::<Vec<_>>()[..] else {
        panic!("{lines}")
    };
    let marked = carets.find('^').unwrap();
    assert_eq!(&line[marked..=carets.rfind('^').unwrap()], "\"k50\":50");
    assert!(
        line.starts_with("1 | ...") && line.ends_with("..."),
        "{line}"
    );
    assert!(line.len() < 120, "{line}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = "a: \u{9b}31m\tb # \u{85}";
    let report = report(text, at("/a").into());
    assert!(report.contains("1 | a:  31m b #"), "{report:?}");
    assert!(
        !report.contains(|c: char| c.is_control() && c != '\n'),
        "{report:?}"
    );
    let error = Error::new(Place::File("a".into()), "the key `\u{1b}[31m` is wrong");
    assert!(
        !super::Report::new(error.into(), &inputs(""))
            .to_string()
            .contains('\u{1b}')
    );
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let report = Report::new(at("/a").help("h").into(), &inputs("a: b"));
    let coloured = format!("{report:#}");
    assert_ne!(coloured, report.to_string());
    assert_eq!(
        anstream::adapter::strip_str(&coloured).to_string(),
        report.to_string()
    );
}

#[test]
fn the_first_errors_are_shown_and_the_others_counted() {
    let text: String = (0..100).map(|line| format!("k{line}: 1\n")).collect();
    let errors = |count: usize| {
        let errors: Vec<Error> = (0..count).map(|line| at(&format!("/k{line}"))).collect();
        report(&text, errors.into())
    };
    let most = errors(50);
    assert!(most.ends_with("\n50 errors; nothing was written\n"));
    let more = errors(60);
    assert!(more.ends_with("\n60 errors (the first 50 are shown); nothing was written\n"));
    assert_eq!(most.matches("it is wrong").count(), 50);
    assert_eq!(more.matches("it is wrong").count(), 50);
    assert!(more.contains("dir/a.yaml:50:1"));
}
