//! Tests that no text of a spec becomes code.
//!
//! Every text of a spec, keys included, is replaced by hostile ones, one place at a time. Either
//! there is an error, or the generated code parses and has no items that the clean spec does not
//! give.

use std::collections::{BTreeMap, BTreeSet};

use oura_codegen::document::{Document, Members, Node, Value, parse_document};
use oura_codegen::facts::surface;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::normalize_document;
use oura_codegen::oura::POLICY;
use oura_codegen::overlay::{apply_overlay, parse_overlay};
use oura_codegen::pointer::Pointer;
use oura_codegen::policy::Policy;
use oura_codegen::render::{File, render_files};
use oura_tests::{lower, read, vendored};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

const CLEAN: &str = "tests/hostile/clean.yaml";

/// The step between the texts that one place is tried with.
const APART: usize = 23;

const HOSTILE: &[&str] = &[
    "",
    " ",
    "\"); panic!(\"",
    "*/ fn evil() {} /*",
    "\"# ; fn evil() {} //",
    "'",
    "\\",
    "\\u{41} \\x41 \\n \\\"",
    "a\nfn evil() {}\n\n\tpub mod evil {}",
    "a\r\nb\rc\u{0}\u{7}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{2029}",
    "\u{202e}lave\u{2066}\u{200f}\u{feff}",
    "}",
    "{}",
    "{evil}",
    "{{}}",
    "/{id}/{id",
    "fn",
    "self",
    "Self",
    "crate",
    "_",
    "r#String",
    "String",
    "Evil {} fn evil() {",
    "Evil /* */",
    "#![feature(evil)]",
    "#[path = \"/etc/passwd\"] mod evil;",
    "```\nstd::process::exit(1)\n```",
    "```rust\nstd::process::exit(1)",
    "text\n\n    std::process::exit(1)\n",
    "- a\n\n      std::process::exit(1)\n  ~~~\n  std::process::exit(1)",
    "> ```\n> std::process::exit(1)\n",
    "<script>evil()</script> [a](javascript:evil) [`crate::evil`] [a]: evil",
    "include_str!(\"/etc/passwd\")",
    "日本語 é ß ﬀ ² ①",
    "e\u{301}",
    "👩\u{200d}🚀",
    "1",
    "-1",
    "1e400",
    "true",
    "null",
    "~1~0%2F",
    "http://example.com/\" + evil() + \"",
    "A[B]",
    "A_B_",
];

#[test]
fn no_text_of_a_spec_becomes_code() {
    let clean = clean_document();
    let items = items(&files(clean.clone()).unwrap_or_else(|error| panic!("{error}")));
    let mut generated = 0;
    for (index, place) in places(&clean.root).iter().enumerate() {
        // Each place with some of the texts: all pairs take minutes, and find nothing more.
        for hostile in HOSTILE.iter().skip(index % APART).step_by(APART) {
            let mut document = clean.clone();
            place.replace(&mut document, hostile);
            let what = format!("{} = {hostile:?}", place.name());
            let Some(files) = files(document).ok() else {
                continue;
            };
            generated += 1;
            check_text(&files, &what);
            check_items(&items, &self::items(&files), &what);
        }
    }
    // Most places accept any text. If most were errors, the test would show nothing.
    assert!(generated > 100, "{generated}");
}

/// Replaces all descriptions, summaries and examples of the real spec at once: the code without its
/// docs and literals stays the same.
#[test]
fn prose_changes_nothing_but_docs_and_literals() {
    let shapes = |files: &[File]| -> Vec<String> {
        let tokens = files.iter().map(|file| tokens(&file.text, &file.path));
        tokens.map(shape).collect()
    };
    let generate = |document: Document| {
        let lowered = normalize_document(document).and_then(|all| lower_api(&all, &POLICY));
        lowered.map(|lowered| render_files(&lowered.api))
    };
    let clean = corrected();
    let expected = generate(clean.clone()).map(|files| shapes(&files));
    let expected = expected.unwrap_or_else(|errors| panic!("{errors}"));
    for hostile in HOSTILE.chunks(12) {
        let hostile = hostile.join("\n\n");
        let mut document = clean.clone();
        set_prose(&mut document.root, &hostile);
        let files = generate(document).unwrap_or_else(|errors| panic!("{hostile:?}: {errors}"));
        check_text(&files, &hostile);
        for (file, (shape, expected)) in files.iter().zip(shapes(&files).iter().zip(&expected)) {
            assert_eq!(shape, expected, "{hostile:?} in {}", file.path);
        }
    }
}

fn clean_document() -> Document {
    parse_document(CLEAN, &read(CLEAN)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn corrected() -> Document {
    let overlay = parse_document("spec/overlay.yaml", &read("spec/overlay.yaml"));
    let corrected = overlay
        .and_then(|overlay| parse_overlay(&overlay))
        .and_then(|overlay| apply_overlay(vendored()?, &overlay));
    match corrected {
        Ok((document, _)) => document,
        Err(errors) => panic!("{errors}"),
    }
}

/// The files, after a check that each fact is one line.
fn files(document: Document) -> Result<Vec<File>, String> {
    let lowered = lower(document, &Policy::default()).map_err(|errors| {
        assert!(!errors.is_empty(), "a refusal has at least one error");
        errors.to_string()
    })?;
    let Lowered { api, facts, .. } = lowered;
    let lines = surface(&facts)
        .values()
        .map(|text| text.lines().count())
        .sum::<usize>();
    assert!(
        lines <= facts.len(),
        "{lines} lines of {} facts",
        facts.len()
    );
    Ok(render_files(&api))
}

/// A text of a spec.
enum Text {
    Value(Pointer),
    Key(Pointer, String),
}

impl Text {
    fn name(&self) -> String {
        match self {
            Self::Value(at) => at.to_string(),
            Self::Key(at, key) => format!("the key {key} of {at}"),
        }
    }

    fn replace(&self, document: &mut Document, text: &str) {
        match self {
            Self::Value(at) => {
                if let Some(node) = document.get_mut(at) {
                    node.value = Value::String(text.to_owned());
                }
            }
            Self::Key(at, key) => {
                let members = document.get_mut(at).and_then(Node::as_object_mut);
                if let Some(members) = members {
                    let renamed = members.drain(..).map(|(name, node)| match name == *key {
                        true => (renamed(key, text), node),
                        false => (name, node),
                    });
                    *members = renamed.collect::<Members>();
                }
            }
        }
    }
}

/// Paths stay paths, and keep their parameters.
fn renamed(key: &str, text: &str) -> String {
    match key.strip_prefix('/') {
        Some(path) => format!("/{text}/{path}"),
        None => text.to_owned(),
    }
}

/// All strings and keys.
fn places(root: &Node) -> Vec<Text> {
    let mut places = Vec::new();
    collect(root, &Pointer::root(), &mut places);
    places
}

fn collect(node: &Node, at: &Pointer, places: &mut Vec<Text>) {
    match &node.value {
        Value::String(_) => places.push(Text::Value(at.clone())),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &at.index(index), places);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                places.push(Text::Key(at.clone(), key.clone()));
                collect(member, &at.key(key.as_str()), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts the text before and after all prose.
fn set_prose(node: &mut Node, text: &str) {
    const PROSE: &[&str] = &["description", "summary", "example", "pattern"];
    match &mut node.value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match &mut member.value {
                    Value::String(old) if PROSE.contains(&key.as_str()) => {
                        *old = format!("{text}{old}{text}")
                    }
                    Value::Object(_) | Value::Array(_) => set_prose(member, text),
                    _ => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_prose(item, text)),
        _ => {}
    }
}

/// Checks that a file has no characters that hide text from a reader, and no code in docs other
/// than our examples.
fn check_text(files: &[File], what: &str) {
    for File { path, text } in files {
        let hidden = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let found = text.lines().find(|line| line.contains(hidden));
        assert!(found.is_none(), "{what}: {path} has {found:?}");
        assert!(
            !path.contains(['/', '\\', '.']) || path.ends_with(".rs"),
            "{what}: {path}"
        );
        assert!(
            !path.contains(['/', '\\']) && !path.starts_with('.'),
            "{what}: {path}"
        );
        for docs in docs(tokens(text, what)) {
            let code = Parser::new(&docs).filter_map(|event| match event {
                Event::Start(Tag::CodeBlock(kind)) => Some(kind),
                _ => None,
            });
            for kind in code {
                let ours = match &kind {
                    CodeBlockKind::Fenced(info) => matches!(&**info, "text" | "no_run"),
                    CodeBlockKind::Indented => false,
                };
                assert!(ours, "{what}: rustdoc would run {kind:?} of\n{docs}");
            }
            assert!(!docs_run(&docs), "{what}: rustdoc would run\n{docs}");
        }
    }
}

/// Whether an example that rustdoc compiles contains the payload.
fn docs_run(docs: &str) -> bool {
    let mut in_code = false;
    Parser::new(docs).any(|event| {
        match &event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                in_code = **info != *"text";
            }
            Event::End(_) => in_code = false,
            _ => {}
        }
        matches!(event, Event::Text(code) if in_code && code.contains("process::exit"))
    })
}

fn tokens(text: &str, what: &str) -> TokenStream {
    if let Err(error) = syn::parse_file(text) {
        panic!("{what}: {error}\n{text}");
    }
    text.parse()
        .unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// The texts of docs, the lines of one item together.
fn docs(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = String::new();
    for token in tokens {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' || mark.as_char() == '!' => {}
            TokenTree::Group(group) => match doc_line(&group) {
                Some(line) => open += &format!("{}\n", line.strip_prefix(' ').unwrap_or(&line)),
                None => found.extend(docs(group.stream())),
            },
            _ => {
                if !open.is_empty() {
                    found.push(std::mem::take(&mut open));
                }
            }
        }
    }
    found.push(open);
    found
}

/// The text of `[doc = ".."]`.
fn doc_line(group: &proc_macro2::Group) -> Option<String> {
    let tokens: Vec<_> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(name), _, TokenTree::Literal(text)]
            if group.delimiter() == Delimiter::Bracket && name == "doc" =>
        {
            let text: syn::LitStr = syn::parse_str(&text.to_string()).ok()?;
            Some(text.value())
        }
        _ => None,
    }
}

/// Tokens without attributes, names and values: the code that does not come from texts of a spec.
fn shape(tokens: TokenStream) -> String {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is = |token: Option<&TokenTree>, c: char| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == c);
    let is_attribute = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket);
    let mut text = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let bracket = at + 1 + usize::from(is(tokens.get(at + 1), '!'));
        at += 1;
        match token {
            TokenTree::Punct(mark)
                if mark.as_char() == '#' && is_attribute(tokens.get(bracket)) =>
            {
                at = bracket + 1;
            }
            // Lists over several lines end in a comma.
            TokenTree::Punct(mark) if mark.as_char() == ',' => {}
            TokenTree::Punct(mark) => text.push(mark.as_char()),
            TokenTree::Ident(_) => text.push('i'),
            TokenTree::Literal(_) => text.push('l'),
            TokenTree::Group(group) => text += &format!("({})", shape(group.stream())),
        }
    }
    text
}

/// Counts the items of each kind and size, without their names, which the spec chooses.
fn items(files: &[File]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for file in files {
        let parsed = syn::parse_file(&file.text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", file.path));
        for item in &parsed.items {
            *count.entry(kind(item)).or_default() += 1;
        }
    }
    count
}

fn kind(item: &syn::Item) -> String {
    match item {
        syn::Item::Struct(item) => format!("struct of {}", item.fields.len()),
        syn::Item::Enum(item) => format!("enum of {}", item.variants.len()),
        syn::Item::Impl(item) => format!("impl of {}", item.items.len()),
        syn::Item::Macro(item) => match item.mac.path.segments.last() {
            Some(name) => format!("{}!", name.ident),
            None => "!".to_owned(),
        },
        syn::Item::Mod(item) => match &item.content {
            Some((_, items)) => format!("mod of {} uses", items.len()),
            None => "mod".to_owned(),
        },
        syn::Item::Use(_) => "use".to_owned(),
        syn::Item::Const(_) => "const".to_owned(),
        syn::Item::Static(_) => "static".to_owned(),
        _ => "another".to_owned(),
    }
}

/// Checks that there are no new kinds of items, and no more items than before. The counts of each
/// kind may differ, because a text can turn one kind into another (a type may lose its name).
fn check_items(clean: &BTreeMap<String, usize>, found: &BTreeMap<String, usize>, what: &str) {
    let kinds = |items: &BTreeMap<String, usize>| -> BTreeSet<String> {
        let kinds = items.keys().map(|kind| kind.split(" of ").next());
        kinds.flatten().map(str::to_owned).collect()
    };
    let (known, total) = (kinds(clean), |items: &BTreeMap<String, usize>| {
        let named = items
            .iter()
            .filter(|(kind, _)| !matches!(kind.as_str(), "mod" | "use"));
        named.map(|(_, count)| count).sum::<usize>()
    });
    let new: Vec<_> = kinds(found).difference(&known).cloned().collect();
    assert!(new.is_empty(), "{what}: {new:?}");
    assert!(total(found) <= total(clean), "{what}: {found:?}");
}
