//! Checks and writes the generated files.
//!
//! Invariant: nothing is half-written. All new texts are written to files next to the old ones
//! before the first old file is replaced.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oura_codegen::render::File;

use crate::Failure;

/// The bytes of files, by their path in a directory (with `/`).
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Whether to write or only to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Only report what differs.
    Check,
    /// Write what differs and delete what is no longer generated.
    Write,
}

impl Mode {
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Write => "write",
        }
    }
}

/// How a directory differs from what is generated, or did before it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The files that differ, sorted by path.
    pub differing: Vec<FileChange>,
    /// How many files are as they should be.
    pub unchanged: usize,
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The path in the directory, with `/`.
    pub path: String,
    /// How it differs.
    pub kind: ChangeKind,
    /// How many lines are generated that the file does not have.
    pub added_lines: usize,
    /// How many lines the file has that are not generated.
    pub removed_lines: usize,
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Its text is not the generated one.
    Stale,
    /// It does not exist.
    Missing,
    /// It is no longer generated.
    Orphaned,
}

impl Changes {
    /// Counts the files by how they differ: `2 changed, 1 added, 20 up to date`.
    pub fn counts(&self, mode: Mode) -> String {
        let kinds = [ChangeKind::Stale, ChangeKind::Missing, ChangeKind::Orphaned];
        let count = |kind: ChangeKind| {
            let changes = self.differing.iter();
            (
                changes.filter(|change| change.kind == kind).count(),
                kind.word(mode),
            )
        };
        let counts = kinds.map(count).into_iter();
        let counts = counts.chain([(self.unchanged, "up to date")]);
        let texts: Vec<_> = counts
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match texts.is_empty() {
            true => "none".to_owned(),
            false => texts.join(", "),
        }
    }
}

impl ChangeKind {
    /// What is wrong, or what was done about it: `stale`, `changed`.
    pub fn word(self, mode: Mode) -> &'static str {
        match (mode, self) {
            (Mode::Check, Self::Stale) => "stale",
            (Mode::Check, Self::Missing) => "missing",
            (Mode::Check, Self::Orphaned) => "orphaned",
            (Mode::Write, Self::Stale) => "changed",
            (Mode::Write, Self::Missing) => "added",
            (Mode::Write, Self::Orphaned) => "removed",
        }
    }
}

/// Compares a directory with the generated files. With [`Mode::Write`], writes the files that
/// differ, and deletes files that are not generated.
///
/// # Errors
///
/// Those of the file system. Nothing was replaced then, unless the disk failed between two
/// renames.
pub fn check_or_write(directory: &Path, files: &[File], mode: Mode) -> io::Result<Changes> {
    let wanted = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_bytes()));
    let changes = compare(read_files(directory)?, wanted);
    if mode == Mode::Write {
        write(directory, files, &changes)?;
    }
    Ok(changes)
}

/// The changes that turn the present files into the wanted ones.
pub(crate) fn compare<'w>(
    mut present: Files,
    wanted: impl Iterator<Item = (&'w str, &'w [u8])>,
) -> Changes {
    let mut changes = Changes::default();
    for (path, wanted) in wanted {
        let change = match present.remove(path) {
            Some(bytes) if bytes == wanted => {
                changes.unchanged += 1;
                continue;
            }
            Some(bytes) => FileChange::new(path, ChangeKind::Stale, &bytes, wanted),
            None => FileChange::new(path, ChangeKind::Missing, b"", wanted),
        };
        changes.differing.push(change);
    }
    for (path, bytes) in &present {
        let orphan = FileChange::new(path, ChangeKind::Orphaned, bytes, b"");
        changes.differing.push(orphan);
    }
    changes.differing.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// The files of a directory that have no mark of being generated.
pub fn find_foreign(directory: &Path) -> io::Result<Vec<String>> {
    let files = read_files(directory)?.into_iter();
    let foreign = files.filter(|(_, bytes)| !File::is_generated(bytes));
    Ok(foreign.map(|(path, _)| path).collect())
}

impl FileChange {
    fn new(path: &str, kind: ChangeKind, old: &[u8], new: &[u8]) -> Self {
        let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
        Self {
            path: path.to_owned(),
            kind,
            added_lines: lines_without(&new, &old),
            removed_lines: lines_without(&old, &new),
        }
    }
}

/// Counts the lines of one text that the other has not, or not as often.
fn lines_without(text: &str, other: &str) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in other.lines() {
        *counts.entry(line).or_default() += 1;
    }
    let new = text.lines().filter(|line| match counts.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    new.count()
}

/// Reads all files below a directory, by their path in it. None if it does not exist.
pub(crate) fn read_files(directory: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut open = vec![(directory.to_owned(), String::new())];
    while let Some((directory, prefix)) = open.pop() {
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => open.push((entry.path(), format!("{path}/"))),
                false => {
                    files.insert(path, fs::read(entry.path())?);
                }
            }
        }
    }
    Ok(files)
}

fn write(directory: &Path, files: &[File], changes: &Changes) -> io::Result<()> {
    let staged = files
        .iter()
        .map(|file| StagedFile::new(directory.join(&file.path), &file.text));
    for file in staged.collect::<io::Result<Vec<_>>>()? {
        file.commit()?;
    }
    let orphans = changes.differing.iter();
    for orphan in orphans.filter(|change| change.kind == ChangeKind::Orphaned) {
        remove(directory, &directory.join(&orphan.path))?;
    }
    Ok(())
}

/// Writes a text to a file, never half of it. Returns whether the file changed.
pub(crate) fn replace_file(path: &Path, text: &str) -> Result<bool, Failure> {
    let replaced = StagedFile::new(path.to_owned(), text).and_then(StagedFile::commit);
    replaced.map_err(Failure::io("write", path))
}

/// A new text of a file, written next to it. If it is dropped without a commit, it is removed.
#[derive(Debug)]
pub(crate) struct StagedFile {
    path: PathBuf,
    temporary: PathBuf,
    is_new: bool,
}

impl StagedFile {
    /// Writes the text next to the file, unless the file has this text.
    pub(crate) fn new(path: PathBuf, text: &str) -> io::Result<Self> {
        let is_new = match fs::read(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            present => present.ok().as_deref() != Some(text.as_bytes()),
        };
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let staged = Self {
            is_new,
            temporary: path.with_file_name(name),
            path,
        };
        if is_new {
            fs::create_dir_all(staged.path.parent().unwrap_or(Path::new("")))?;
            fs::write(&staged.temporary, text)?;
        }
        Ok(staged)
    }

    /// Replaces the file. Returns whether it changed.
    pub(crate) fn commit(self) -> io::Result<bool> {
        if self.is_new {
            fs::rename(&self.temporary, &self.path)?;
        }
        Ok(self.is_new)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // After a commit there is nothing to remove.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Removes a file and the directories that it leaves empty.
fn remove(directory: &Path, path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    let parents = path.ancestors().skip(1);
    for parent in parents.take_while(|parent| *parent != directory) {
        if fs::read_dir(parent)?.next().is_some() {
            break;
        }
        fs::remove_dir(parent)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    fn shown(changes: &Changes) -> Vec<String> {
        let show = |change: &FileChange| {
            let (added, removed) = (change.added_lines, change.removed_lines);
            let (path, finding) = (&change.path, change.kind.word(Mode::Check));
            format!("{finding} {path} +{added} -{removed}")
        };
        changes.differing.iter().map(show).collect()
    }

    #[test]
    fn only_what_differs_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("generated");
        let old = [
            file("a.rs", "1\n2\n"),
            file("b/c.rs", "3\n"),
            file("d.rs", "4\n"),
        ];
        let new = [
            file("a.rs", "1\n2\n"),
            file("d.rs", "4\n5\n4\n"),
            file("e.rs", ""),
        ];

        let changes = check_or_write(&directory, &old, Mode::Check).unwrap();
        assert_eq!(changes.differing.len(), 3);
        assert!(!directory.exists());
        check_or_write(&directory, &old, Mode::Write).unwrap();
        let unwritten = fs::metadata(directory.join("a.rs"))
            .unwrap()
            .modified()
            .unwrap();

        let expected = [
            "orphaned b/c.rs +0 -1",
            "stale d.rs +2 -0",
            "missing e.rs +0 -0",
        ];
        let changes = check_or_write(&directory, &new, Mode::Check).unwrap();
        assert_eq!(shown(&changes), expected);
        assert_eq!(
            check_or_write(&directory, &new, Mode::Write).unwrap(),
            changes
        );
        let clean = check_or_write(&directory, &new, Mode::Check).unwrap();
        assert_eq!((shown(&clean), clean.unchanged), (Vec::new(), 3));
        assert!(!directory.join("b").exists());
        let modified = fs::metadata(directory.join("a.rs"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(modified, unwritten);
    }

    #[test]
    fn a_failed_write_leaves_the_old_files() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        check_or_write(directory, &[file("a.rs", "old")], Mode::Write).unwrap();
        let files = [file("a.rs", "new"), file("a.rs/b.rs", "impossible")];
        assert!(check_or_write(directory, &files, Mode::Write).is_err());
        assert_eq!(
            shown(&check_or_write(directory, &[file("a.rs", "old")], Mode::Check).unwrap()),
            [""; 0]
        );
    }

    #[test]
    fn files_that_are_not_generated_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let files = [
            file("a.rs", "// @generated by x"),
            file("a.json", "{\n  \"x-generated\": \"@generated by x\"\n}\n"),
            file("b/c.json", "{}"),
            file("b/c.rs", "fn main() {}"),
        ];
        check_or_write(directory.path(), &files, Mode::Write).unwrap();
        assert_eq!(
            find_foreign(directory.path()).unwrap(),
            ["b/c.json", "b/c.rs"]
        );
    }
}
