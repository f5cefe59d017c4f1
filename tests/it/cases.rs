//! One minimal spec per rule of the generator: its code, its facts, and proof that the code
//! compiles against the runtime.

use std::fs;
use std::path::Path;
use std::process::Command;

use oura_codegen::document::parse_document;
use oura_codegen::facts::surface;
use oura_codegen::lower::Lowered;
use oura_codegen::oura::POLICY;
use oura_codegen::policy::{Collisions, Policy};
use oura_codegen::render::{File, render_files};
use oura_tests::{Snapshots, lower, read, root, rust_files};

/// Cases that need Oura's policy.
const WITH_POLICY: &[&str] = &["shared_parameters", "twin_and_pages", "webhook_documents"];

/// The case of names that become the same Rust name.
const NUMBERED: &str = "numbered_names";

#[test]
fn code_and_facts_are_pinned() {
    let mut snapshots = Snapshots::new("cases");
    for name in names() {
        let lowered = lowered(&name);
        snapshots.check(&format!("{name}.code"), &code(&render_files(&lowered.api)));
        let facts: String = surface(&lowered.facts).into_values().collect();
        snapshots.check(&format!("{name}.surface"), &facts);
    }
    snapshots.finish();
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for name in names() {
        let (one, other) = (lowered(&name), lowered(&name));
        assert_eq!(
            code(&render_files(&one.api)),
            code(&render_files(&other.api)),
            "{name}"
        );
    }
}

#[test]
fn all_cases_compile() {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let workspace = temporary.join("cases");
    let names = names();
    write_workspace(&workspace, &names);
    for name in &names {
        write_crate(
            &workspace.join(name),
            name,
            &render_files(&lowered(name).api),
        );
    }
    let output = Command::new(env!("CARGO"))
        .args(["check", "--workspace", "--offline", "--quiet"])
        // The feature that reads what this case alone has.
        .args(["--features", "webhook_documents/webhook"])
        .current_dir(&workspace)
        // Beside this workspace's own: the dependencies are the same.
        .env("CARGO_TARGET_DIR", temporary.with_file_name(""))
        .output();
    let output = output.unwrap_or_else(|error| panic!("cargo does not start: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "a case does not compile:\n{stderr}"
    );
}

/// The sections of the crate's manifest that a copy needs.
const KEPT: &[&str] = &["package", "dependencies", "features", "lints"];

fn names() -> Vec<String> {
    let folder = root().join("tests/cases");
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{error}"));
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    assert!(names.len() > 15, "the cases are missing: {names:?}");
    names
}

fn lowered(name: &str) -> Lowered {
    let file = format!("tests/cases/{name}.yaml");
    let policy = match WITH_POLICY.contains(&name) {
        true => POLICY,
        false if name == NUMBERED => Policy {
            collisions: Collisions::Numbered,
            ..Policy::default()
        },
        false => Policy::default(),
    };
    parse_document(&file, &read(&file))
        .and_then(|document| lower(document, &policy))
        .unwrap_or_else(|errors| panic!("{name}:\n{errors}"))
}

fn code(files: &[File]) -> String {
    let texts = files
        .iter()
        .map(|file| format!("// ---- {}\n{}", file.path, file.text));
    texts.collect()
}

/// A workspace with a member per case, and the versions, profiles and lints of this one: what
/// it warns of fails.
fn write_workspace(folder: &Path, names: &[String]) {
    let mut manifest: toml::Table = parse_manifest("Cargo.toml");
    manifest["workspace"]["members"] = names.to_vec().into();
    let lints = manifest["workspace"]["lints"]["rust"].as_table_mut();
    let lints = lints.unwrap_or_else(|| panic!("no lints in Cargo.toml"));
    lints.insert("warnings".to_owned(), "deny".into());
    write(&folder.join("Cargo.toml"), &manifest.to_string());
    write(&folder.join("Cargo.lock"), &read("Cargo.lock"));
}

/// A copy of the crate with other generated code: without a TLS stack, which no case needs.
fn write_crate(folder: &Path, name: &str, files: &[File]) {
    let mut manifest = parse_manifest("oura-generated/Cargo.toml");
    manifest.retain(|section, _| KEPT.contains(&section));
    if let Some(package) = manifest["package"].as_table_mut() {
        package.insert("name".to_owned(), name.into());
        package.remove("readme");
        package.insert("autoexamples".to_owned(), false.into());
    }
    if let Some(features) = manifest
        .get_mut("features")
        .and_then(toml::Value::as_table_mut)
    {
        features.insert("default".to_owned(), toml::Value::Array(Vec::new()));
    }
    write(&folder.join("Cargo.toml"), &manifest.to_string());
    let source = root().join("oura-generated/src");
    for file in rust_files(&source) {
        let relative = file.strip_prefix(&source).unwrap_or(&file);
        if !relative.starts_with("generated") {
            let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
            write(&folder.join("src").join(relative), &text);
        }
    }
    // Files of an earlier run that this one does not write.
    for file in rust_files(&folder.join("src/generated")) {
        if !files.iter().any(|new| file.ends_with(&new.path)) {
            let _ = fs::remove_file(file);
        }
    }
    for file in files {
        write(&folder.join("src/generated").join(&file.path), &file.text);
    }
}

fn parse_manifest(path: &str) -> toml::Table {
    read(path)
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Writes what differs, so that cargo checks again only what changed.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, text));
    written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
