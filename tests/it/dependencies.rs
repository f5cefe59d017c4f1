//! The dependencies of the SDK: those of every user, and those of optional features.

use std::collections::BTreeSet;
use std::process::Command;

use oura_tests::root;

/// The most crates that the default features may need, HTTP and TLS included.
const LIMIT: usize = 99;

/// Crates that must not be in the default build, each with the feature that needs it.
const OPTIONAL: &[(&str, &str)] = &[
    ("aws-lc-rs", "rustls-aws-lc-rs"),
    ("axum", "axum"),
    ("hmac", "webhook"),
    ("native-tls", "native-tls"),
    ("pollster", "blocking"),
    ("serde_ignored", "drift-report"),
];

/// The names and versions of the SDK's dependencies.
fn dependencies(features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", "oura-generated"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--features", &features.join(",")])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().map(|line| line.trim_end_matches(" (*)"));
    names
        .filter(|name| !name.starts_with("oura-generated "))
        .map(str::to_owned)
        .collect()
}

fn has(dependencies: &BTreeSet<String>, name: &str) -> bool {
    let mut names = dependencies
        .iter()
        .filter_map(|line| line.split(' ').next());
    names.any(|known| known == name)
}

#[test]
fn the_default_features_need_few_crates() {
    let dependencies = dependencies(&[]);
    assert!(has(&dependencies, "reqwest"), "{dependencies:#?}");
    let count = dependencies.len();
    assert!(count <= LIMIT, "{count} of them: {dependencies:#?}");
}

#[test]
fn optional_crates_come_only_with_their_feature() {
    let by_default = dependencies(&[]);
    for (name, feature) in OPTIONAL {
        assert!(!has(&by_default, name), "{name} is there without {feature}");
        let all = dependencies(&[feature]);
        assert!(has(&all, name), "{name} is not there with {feature}");
    }
}
