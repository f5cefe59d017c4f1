//! Checks the verdicts with `cargo semver-checks`, which compares the crates generated from both
//! specs: each break that it finds must be explained by a change that the report calls breaking.
//!
//! It compares items, fields, variants, methods and counts of arguments, but not types, responses,
//! constants or the order of arguments. The report may therefore have breaks that it does not find.

use std::path::Path;
use std::process::Command;

use oura_codegen::drift::{Change, Kind};
use oura_codegen::lower::Lowered;
use oura_codegen::render::render_files;

use super::review::{Review, Section};
use crate::Failure;
use crate::files::{Mode, check_or_write};
use crate::sdk::{GENERATED, SDK, copy_sdk};

const TOOL: &str = "cargo-semver-checks";

/// A break that `cargo semver-checks` found in one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the lint: `struct_missing`.
    pub lint: String,
    /// The item.
    pub item: String,
}

/// The kinds of changes that explain a finding of these lints.
struct Explanation {
    lints: &'static [&'static str],
    /// Which name of the change the finding must name.
    names: NamedPart,
    kinds: &'static [Kind],
}

/// Which name of a change's subject a finding must name.
#[derive(Clone, Copy)]
enum NamedPart {
    /// The first: the type or the route.
    Owner,
    /// The last: the field, the value, the parameter.
    Member,
}

macro_rules! explanations {
    ($($($lint:ident)+, $names:ident: $($kind:ident)+;)+) => {
        &[$(Explanation {
            lints: &[$(stringify!($lint)),+],
            names: NamedPart::$names,
            kinds: &[$(Kind::$kind),+],
        }),+]
    };
}

/// The lints that a change of the spec can trigger. A finding of any other lint is unexplained.
const EXPLANATIONS: &[Explanation] = explanations! {
    struct_missing enum_missing module_missing, Owner:
        OperationRemoved OperationRenamed ParameterSelectionChanged ParameterTypeChanged
        PropertyFormatChanged PropertyRefChanged PropertyRemoved PropertyTypeChanged
        RequestBodyChanged ResponseTypeChanged RustNameChanged SchemaGenericChanged SchemaMerged
        SchemaRemoved SchemaRenamed SchemaUnreached SeriesChanged;
    struct_pub_field_missing enum_variant_missing inherent_associated_pub_const_missing, Member:
        EnumValueRemoved OperationRemoved OperationRenamed PropertyRemoved PropertyTypeChanged
        RustNameChanged SchemaRemoved SchemaRenamed ScopeRemoved;
    // The enum of the codes and its values begin with the name of the type that has them.
    enum_variant_missing, Owner: SeriesChanged;
    inherent_method_missing, Member:
        OperationRemoved OperationRenamed ParameterRemoved ParameterRenamed ParameterRequired
        ParameterSelectionChanged PropertyAccessChanged PropertyRemoved PropertyRequiredChanged
        RequestBodyChanged ResponseDictionaryRemoved RustNameChanged ResponseTypeChanged
        SeriesChanged;
    method_parameter_count_changed, Owner:
        OperationRenamed ParameterAdded ParameterRemoved ParameterRequired PropertyAccessChanged
        PropertyAdded PropertyNullableChanged PropertyRemoved PropertyRequiredChanged
        RequestBodyChanged;
    enum_tuple_variant_changed_kind enum_unit_variant_changed_kind derive_trait_impl_removed
    auto_trait_impl_removed, Owner:
        PropertyFormatChanged PropertyRefChanged PropertyTypeChanged ResponseTypeChanged
        SchemaGenericChanged SchemaMerged;
    type_requires_more_generic_type_params type_allows_fewer_generic_type_params, Owner:
        SchemaGenericChanged PropertyTypeChanged;
};

/// The findings of `cargo semver-checks` that no source-breaking change explains.
pub fn unexplained<'f>(findings: &'f [Finding], review: &Review) -> Vec<&'f Finding> {
    let findings = findings.iter();
    findings
        .filter(|finding| {
            let mut breaks = review.section(Section::Source);
            !breaks.any(|entry| explains(&entry.change, finding))
        })
        .collect()
}

/// Whether a change explains a finding: its kind can trigger the lint, and the finding names the
/// subject of the change. For a member it must name the owner too: many types have a `day`.
pub fn explains(change: &Change, finding: &Finding) -> bool {
    let explains = |row: &&Explanation| {
        row.lints.contains(&finding.lint.as_str()) && row.kinds.contains(&change.kind)
    };
    let rows = EXPLANATIONS.iter().filter(explains);
    let words = words(&finding.item);
    let mut named = rows.map(|row| row.names);
    named.any(|named| {
        let documents = change.documents.iter();
        let documents = documents.flat_map(|document| {
            ["Document", "Resource"].map(|owner| format!("{owner}.{document}"))
        });
        let others = change.also.iter().cloned().chain(documents);
        let mut subjects = std::iter::once(change.subject.clone()).chain(others);
        subjects.any(|subject| is_named(&words, change, &subject, named))
    })
}

/// Whether the words of a finding name one subject of a change.
fn is_named(words: &[String], change: &Change, subject: &str, named: NamedPart) -> bool {
    let subject = words_of(subject);
    let owner = subject.first().map_or("", String::as_str);
    // The subject of a removed value or scope is only its enum or scheme, and that of a Rust name
    // is what had the name: the member is in `before`.
    let member = match (change.kind, &change.before) {
        (Kind::EnumValueRemoved | Kind::ScopeRemoved | Kind::RustNameChanged, Some(value)) => {
            plain(value)
        }
        _ => subject.last().cloned().unwrap_or_default(),
    };
    // Types that are generated for the parts of a schema begin with its name.
    let owns = words.iter().any(|word| word.starts_with(owner));
    match named {
        NamedPart::Owner => owns,
        NamedPart::Member if change.kind == Kind::ScopeRemoved => names(words, &member),
        NamedPart::Member => owns && names(words, &member),
    }
}

/// Whether a member is among the words. A Rust name may have a prefix before a digit, and words
/// for symbols; the method for the points of a series has the suffix `points`.
fn names(words: &[String], member: &str) -> bool {
    let is_spelt_out = !member.starts_with(char::is_alphabetic);
    words.iter().any(|word| {
        word == member
            || word.strip_suffix("points") == Some(member)
            || (is_spelt_out && word.ends_with(member))
    })
}

/// The words of an item, and each two adjacent words as one: `sandbox().list_sleep` belongs to the
/// route `SandboxListSleep`.
fn words(item: &str) -> Vec<String> {
    let mut words = words_of(item);
    let pairs: Vec<String> = words.windows(2).map(<[String]>::concat).collect();
    words.extend(pairs);
    words
}

/// The words of a text, each as [`plain`] writes it.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.map(plain).filter(|word| !word.is_empty()).collect()
}

/// Letters and digits alone, in lower case, for comparing names.
pub(crate) fn plain(text: &str) -> String {
    let characters = text.chars().filter(|c| c.is_alphanumeric());
    characters.flat_map(char::to_lowercase).collect()
}

/// Compares the crates that are generated from two specs. They are written below `target`, so that
/// the next run compiles less.
///
/// # Errors
///
/// When `cargo semver-checks` is missing or cannot compare.
pub fn find_breaks(
    workspace: &Path,
    old: &Lowered,
    new: &Lowered,
) -> Result<Vec<Finding>, Failure> {
    if Command::new(TOOL).arg("--version").output().is_err() {
        return Err(Failure::Other(format!(
            "{TOOL} is not installed: run `cargo install --locked {TOOL}`"
        )));
    }
    let directory = workspace.join("target/cross-check");
    make_crate(workspace, &directory.join("old"), old)?;
    make_crate(workspace, &directory.join("new"), new)?;
    match compare(&directory, &[])? {
        Ok(findings) => Ok(findings),
        Err(_) => {
            // From a spec without scopes, the crate's feature `oauth` does not compile.
            anstream::eprintln!("{TOOL} fails with all features; trying the default features");
            compare(&directory, &["--default-features"])?
                .map_err(|told| Failure::Other(format!("{TOOL} fails\n\n{told}")))
        }
    }
}

/// Runs the tool. Returns its findings, or its output when it could not compare.
fn compare(directory: &Path, features: &[&str]) -> Result<Result<Vec<Finding>, String>, Failure> {
    let output = Command::new(TOOL)
        .args(["semver-checks", "--release-type", "minor"])
        .args(["--color", "never"])
        .arg("--baseline-root")
        .arg(directory.join("old"))
        .arg("--manifest-path")
        .arg(directory.join("new/Cargo.toml"))
        .args(["--package", SDK])
        .args(features)
        .env("CARGO_TARGET_DIR", directory.join("target"))
        .output()
        .map_err(|error| Failure::Other(format!("cannot run {TOOL}: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let findings = read_findings(&text);
    if findings.is_empty() && !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Ok(Err(format!("{told}{text}")));
    }
    Ok(Ok(findings))
}

/// Reads the output of `cargo semver-checks`: the lint of each failure, and a line for each item
/// that failed it.
pub fn read_findings(output: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut lint = None;
    let mut is_listing = false;
    for line in output.lines() {
        if let Some(heading) = line.strip_prefix("--- ") {
            // Warnings are breaks in theory only, such as the order of variants.
            let failure = heading.strip_prefix("failure ");
            lint = failure.and_then(|rest| rest.split(':').next());
            is_listing = false;
        } else if line.trim() == "Failed in:" {
            is_listing = true;
        } else if let (true, Some(lint), Some(item)) = (is_listing, lint, line.strip_prefix("  ")) {
            let item = item.split(", previously in file").next();
            findings.push(Finding {
                lint: lint.to_owned(),
                item: item.unwrap_or_default().to_owned(),
            });
        }
    }
    findings
}

/// Makes a workspace of the SDK alone, with the sources of one spec.
fn make_crate(workspace: &Path, at: &Path, lowered: &Lowered) -> Result<(), Failure> {
    copy_sdk(workspace, at)?;
    let generated = at.join(GENERATED);
    check_or_write(&generated, &render_files(&lowered.api), Mode::Write)
        .map_err(Failure::io("copy", &generated))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use oura_codegen::drift::Semver;

    use super::*;

    const OUTPUT: &str = "
--- failure struct_pub_field_missing: pub struct's pub field removed or renamed ---

Description:
A publicly-visible struct has at least one public field that is no longer available.
        ref: https://doc.rust-lang.org/cargo/reference/semver.html#item-remove

Failed in:
  field breathing_disturbance_index of struct DailySpo2, previously in file src/a.rs:14
  field calories of struct Workout, previously in file src/b.rs:20

--- failure enum_variant_missing: pub enum variant removed or renamed ---

Failed in:
  variant RingColor::BrushedSilver, previously in file src/c.rs:9
  variant DailySpo2Field::BreathingDisturbanceIndex, previously in file src/a.rs:37

--- failure enum_missing: pub enum removed or renamed ---

Failed in:
  enum oura_generated::operations::GetVo2Max, previously in file src/daily_spo2.rs:57

--- failure inherent_method_missing: pub method removed or renamed ---

Failed in:
  Client::get_vo2_max, previously in file src/d.rs:144

--- warning partial_ord_enum_variants_reordered: enum variants reordered ---

Failed in:
  RingColor::Gucci moved from position 5 to 4, in src/c.rs:24
";

    fn change(kind: Kind, subject: &str, before: &str) -> Change {
        Change {
            id: String::new(),
            kind,
            subject: subject.to_owned(),
            part_of: subject.to_owned(),
            also: Vec::new(),
            pointer: None,
            old_pointer: None,
            before: Some(before.to_owned()),
            after: None,
            position: None,
            wire_breaking: false,
            source_breaking: true,
            semver: Semver::Major,
            reason: String::new(),
            note: None,
            documents: Vec::new(),
        }
    }

    #[test]
    fn a_removed_document_is_explained_by_its_operation() {
        let finding = Finding {
            lint: "enum_variant_missing".to_owned(),
            item: "variant Document::Tag".to_owned(),
        };
        let mut removed = change(Kind::OperationRemoved, "GetTag", "GET /tag/{id}");
        assert!(!explains(&removed, &finding));
        removed.documents.push("Tag".to_owned());
        assert!(explains(&removed, &finding));
    }

    #[test]
    fn findings_are_read_and_explained_by_what_they_name() {
        let findings = read_findings(OUTPUT);
        let lints: Vec<_> = findings.iter().map(|one| one.lint.as_str()).collect();
        let (field, variant) = ("struct_pub_field_missing", "enum_variant_missing");
        let others = ["enum_missing", "inherent_method_missing"];
        assert_eq!(
            lints,
            [&[field, field, variant, variant][..], &others].concat()
        );
        let changes = [
            change(
                Kind::PropertyRemoved,
                "DailySpo2.breathing_disturbance_index",
                "number",
            ),
            change(Kind::PropertyRemoved, "Workout.calories", "number"),
            change(Kind::EnumValueRemoved, "RingColor", "brushed_silver"),
            change(Kind::OperationRemoved, "GetVo2Max", "GET /v2/vo2_max"),
        ];
        for (index, finding) in [0, 1, 2, 0, 3, 3].into_iter().zip(&findings) {
            let explaining: Vec<_> = (0..changes.len())
                .filter(|change| explains(&changes[*change], finding))
                .collect();
            assert_eq!(explaining, [index], "{finding:?}");
        }
        assert_eq!(findings.len(), 6);
        // The same name in another type, or a part of the name, explains nothing.
        let others = ["Sleep.calories", "Workout.cal"];
        for other in others.map(|subject| change(Kind::PropertyRemoved, subject, "number")) {
            assert!(!explains(&other, &findings[1]), "{other:?}");
        }
        let twin = Finding {
            lint: "inherent_method_missing".to_owned(),
            item: "Sandbox::list_sleep".to_owned(),
        };
        let removed = change(Kind::OperationRemoved, "SandboxListSleep", "GET /sleep");
        assert!(explains(&removed, &twin));
        let other = change(Kind::PropertyAdded, "Workout.calories", "number");
        assert!(!explains(&other, &findings[1]));
    }

    /// No pair of a lint and a kind is listed twice, and each kind can break users' code.
    #[test]
    fn the_table_is_sound() {
        let mut known = BTreeSet::new();
        for row in EXPLANATIONS {
            for (lint, kind) in row
                .lints
                .iter()
                .flat_map(|lint| row.kinds.iter().map(move |kind| (lint, kind)))
            {
                assert!(known.insert(format!("{lint} {kind:?}")), "{lint} {kind:?}");
            }
        }
        let never = [
            Kind::DocsChanged,
            Kind::OperationAdded,
            Kind::EnumValueAdded,
        ];
        for row in EXPLANATIONS {
            assert!(
                row.kinds.iter().all(|kind| !never.contains(kind)),
                "{:?}",
                row.lints
            );
        }
    }
}
