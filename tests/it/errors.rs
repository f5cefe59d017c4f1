//! One bad spec per kind of error, and the message that a user sees.

use std::collections::BTreeSet;
use std::fs;

use oura_codegen::oura::POLICY;
use oura_tests::{Snapshots, read, root, rust_files};
use xtask::inputs::{Inputs, Source};
use xtask::pipeline::generate;

#[test]
fn messages_are_pinned() {
    let mut snapshots = Snapshots::new("errors");
    for file in files() {
        let name = file.split('.').next().unwrap_or(&file);
        let path = format!("tests/errors/{file}");
        let overlay = format!("tests/errors/{name}.overlay.yaml");
        let overlay = root().join(&overlay).is_file().then_some(overlay);
        let inputs = Inputs {
            spec: source(&path, read(&path)),
            overlay: overlay.map(|path| source(&path, read(&path))),
        };
        snapshots.check(name, &message(&inputs));
    }
    for (name, path, text) in large() {
        let spec = source(path, text);
        let overlay = None;
        snapshots.check(name, &message(&Inputs { spec, overlay }));
    }
    snapshots.finish();
}

/// All errors of one phase are reported at once, in the order of the spec.
#[test]
fn errors_are_in_spec_order() {
    let path = "tests/errors/several_at_once.yaml";
    let spec = source(path, read(path));
    let message = message(&Inputs {
        spec,
        overlay: None,
    });
    let lines = message.lines().filter_map(|line| {
        let place = line.trim_start().strip_prefix("--> ")?;
        place.split(':').nth(1)?.parse::<usize>().ok()
    });
    let lines: Vec<usize> = lines.collect();
    assert_eq!(lines.len(), 3, "{message}");
    assert!(lines.is_sorted(), "{message}");
}

/// A setter or an operation cannot have the name of a method of the runtime.
#[test]
fn names_of_the_runtime_are_reserved() {
    let setters = methods("Request");
    let operations = methods("Client");
    assert!(setters.len() > 20 && operations.len() > 5, "{operations:?}");
    let parameter =
        |name| format!("parameters: [{{name: p, x-rust-name: {name}, in: query, schema: {{}}}}]");
    let operation = |name| format!("x-rust-name: {name}");
    let parameters = setters.iter().map(parameter);
    for members in parameters.chain(operations.iter().map(operation)) {
        let text = format!(
            "openapi: 3.0.3\ninfo: {{title: Reserved, version: '1'}}\npaths:\n  /thing:\n    get:\n      \
             {members}\n      responses: {{'204': {{description: Done.}}}}\n"
        );
        let spec = source("reserved.yaml", text);
        let overlay = None;
        let message = message(&Inputs { spec, overlay });
        assert!(
            message.contains("the generated code uses it"),
            "{members}: {message}"
        );
    }
}

/// The methods of a type of the runtime, without those of its special forms.
fn methods(name: &str) -> BTreeSet<String> {
    let mut methods = BTreeSet::new();
    for file in rust_files(&root().join("oura-generated/src/runtime")) {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        for item in parsed.items {
            let syn::Item::Impl(item) = item else {
                continue;
            };
            let is_general = name != "Request" || item.generics.params.len() == 2;
            if item.trait_.is_none() && is_general && last_segment(&item.self_ty) == name {
                methods.extend(item.items.iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
                    _ => None,
                }));
            }
        }
    }
    methods
}

fn last_segment(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
    .map(|segment| segment.ident.to_string())
    .unwrap_or_default()
}

/// The specs, without their overlays.
fn files() -> Vec<String> {
    let folder = root().join("tests/errors");
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| !name.ends_with(".overlay.yaml"))
        .collect();
    names.sort();
    assert!(names.len() > 40, "the specs are missing: {names:?}");
    names
}

/// Specs that are too large for a file, and an empty one.
fn large() -> [(&'static str, &'static str, String); 5] {
    let mut bomb = "openapi: 3.0.3\nx-0: &a0 [lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 6].join(", ");
        bomb += &format!("x-{level}: &a{level} [{aliases}]\n");
    }
    let deep = |open: &str| open.repeat(10_000);
    let yaml = format!("openapi: 3.0.3\nx-deep: {}{}\n", deep("["), deep("]"));
    let block = format!("openapi: 3.0.3\nx-deep:\n {}end\n", deep("- "));
    let json = format!("{{\"openapi\": \"3.0.3\", \"x\": {}", deep("{\"x\": "));
    let comment = "# Nothing but this.\n".to_owned();
    [
        ("alias_bomb", "alias_bomb.yaml", bomb),
        ("deep_yaml", "deep.yaml", yaml),
        ("deep_yaml_block", "deep_block.yaml", block),
        ("deep_json", "deep.json", json),
        ("empty", "empty.yaml", comment),
    ]
}

fn source(name: &str, text: String) -> Source {
    let name = name.to_owned();
    Source { name, text }
}

/// What is printed without colours.
fn message(inputs: &Inputs) -> String {
    match generate(inputs, &POLICY) {
        Ok(_) => panic!("{}: there is no error", inputs.spec.name),
        Err(report) => report.to_string(),
    }
}
