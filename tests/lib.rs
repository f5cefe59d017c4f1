//! Code that the tests share: the phases over files of this repository, and snapshots that report
//! unused files.

pub mod mutate;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use oura_codegen::document::{Document, parse_document};
use oura_codegen::error::Errors;
use oura_codegen::lower::{Lowered, lower_api};
use oura_codegen::normalize::normalize_document;
use oura_codegen::overlay::{apply_overlay, parse_overlay};
use oura_codegen::policy::Policy;

/// Set by `cargo xtask regen --accept`: unused snapshots are removed.
const ACCEPT: &str = "OURA_ACCEPT";

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// The text of a file of the workspace.
///
/// # Panics
///
/// When the file cannot be read.
#[must_use]
pub fn read(path: &str) -> String {
    let file = root().join(path);
    match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) => panic!("{path}: {error}"),
    }
}

/// The Rust files below a folder; none if it does not exist.
#[must_use]
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => vec![path],
        })
        .collect()
}

/// The vendored spec.
///
/// # Errors
///
/// Those of parsing.
pub fn vendored() -> Result<Document, Errors> {
    parse_document("spec/openapi.yaml", &read("spec/openapi.yaml"))
}

/// The vendored spec with its corrections, normalized to strict 3.0.3, so that tests do not depend
/// on the dialect in which it was published.
///
/// # Errors
///
/// Those of the phases.
pub fn corrected() -> Result<Document, Errors> {
    let overlay = parse_document("spec/overlay.yaml", &read("spec/overlay.yaml"))?;
    let overlay = parse_overlay(&overlay)?;
    let (document, _) = apply_overlay(vendored()?, &overlay)?;
    Ok(normalize_document(document)?.document)
}

/// A spec with the vendored overlay, lowered.
///
/// # Errors
///
/// Those of the phases.
pub fn lower_with_overlay(document: Document, policy: &Policy) -> Result<Lowered, Errors> {
    let overlay = parse_document("spec/overlay.yaml", &read("spec/overlay.yaml"))?;
    let overlay = parse_overlay(&overlay)?;
    let (document, _) = apply_overlay(document, &overlay)?;
    lower(document, policy)
}

/// A spec without an overlay, lowered.
///
/// # Errors
///
/// Those of the phases.
pub fn lower(document: Document, policy: &Policy) -> Result<Lowered, Errors> {
    lower_api(&normalize_document(document)?, policy)
}

/// The snapshots of one folder below `tests/snapshots`. All are compared before a difference fails
/// the test. Unused files fail it too.
pub struct Snapshots {
    folder: PathBuf,
    used: BTreeSet<String>,
    differing: Vec<String>,
}

impl Snapshots {
    /// Those of `tests/snapshots/<folder>`.
    #[must_use]
    pub fn new(folder: &str) -> Self {
        Self {
            folder: root().join("tests/snapshots").join(folder),
            used: BTreeSet::new(),
            differing: Vec::new(),
        }
    }

    /// Compares `text` with the snapshot `name`; insta shows the difference.
    pub fn check(&mut self, name: &str, text: &str) {
        self.used.insert(format!("{name}.snap"));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&self.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let compare = AssertUnwindSafe(|| insta::assert_snapshot!(name, text));
        if settings.bind(|| panic::catch_unwind(compare)).is_err() {
            self.differing.push(name.to_owned());
        }
    }

    /// Ends the comparison.
    ///
    /// # Panics
    ///
    /// When a snapshot differs, or a file is unused.
    pub fn finish(self) {
        let unused: Vec<PathBuf> = self.unused();
        if std::env::var_os(ACCEPT).is_some() {
            for file in &unused {
                if let Err(error) = fs::remove_file(file) {
                    panic!("{}: {error}", file.display());
                }
            }
        } else {
            assert!(
                unused.is_empty(),
                "no test uses these snapshots: {unused:#?}\n\
                 `cargo xtask regen --accept` removes them"
            );
        }
        assert!(
            self.differing.is_empty(),
            "these snapshots differ: {:?}\n\
             review the differences above, then run `cargo xtask regen --accept`",
            self.differing
        );
    }

    fn unused(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        let mut unused: Vec<PathBuf> = files
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|file| {
                file.extension()
                    .is_some_and(|extension| extension == "snap")
            })
            .filter(|file| {
                let name = file.file_name().map(|name| name.to_string_lossy());
                name.is_none_or(|name| !self.used.contains(&*name))
            })
            .collect();
        unused.sort();
        unused
    }
}
