//! Writes the section on the new spec to the changelog.

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use oura_codegen::drift::Semver;

use crate::Failure;
use crate::drift::markdown;
use crate::drift::review::Review;
use crate::files::replace_file;

/// How the changelog changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// Nothing changes for users, so there is no section.
    Nothing,
    /// Its section on this spec is already up to date.
    Already,
    /// Its section on this spec was rewritten, because the overlay has changed since.
    Rewritten(Option<String>),
    /// It has a new section, which suggests this version.
    Added(Option<String>),
}

/// The heading of unreleased changes.
const UNRELEASED: &str = "## Unreleased";

/// Adds a section on the new spec to the unreleased changes, or rewrites the section that an
/// earlier update to the same spec added.
pub fn write_changelog(path: &Path, manifest: &Path, review: &Review) -> Result<Logged, Failure> {
    if review.entries.is_empty() {
        return Ok(Logged::Nothing);
    }
    let read = |path: &Path| fs::read_to_string(path).map_err(Failure::io("read", path));
    let changelog = read(path)?;
    let heading = format!("### The spec {}", &review.new.sha256[..12]);
    let version = workspace_version(&read(manifest)?)
        .and_then(|version| next_version(&version, review.semver));
    let section = section(&heading, version.as_deref(), review);
    let (text, logged) = match find_section(&changelog, &heading) {
        Some(range) if changelog[range.clone()].trim_end() == section.trim_end() => {
            return Ok(Logged::Already);
        }
        Some(range) => {
            let (before, behind) = (&changelog[..range.start], &changelog[range.end..]);
            let text = joined(before.trim_end(), &section, behind);
            (text, Logged::Rewritten(version))
        }
        None => (insert(&changelog, &section), Logged::Added(version)),
    };
    replace_file(path, &text)?;
    Ok(logged)
}

/// Finds a section, from its heading to the next one.
fn find_section(changelog: &str, heading: &str) -> Option<Range<usize>> {
    let start = line_start(changelog, heading)?;
    let rest = start + heading.len();
    let next = ["\n## ", "\n### "].into_iter();
    let next = next.filter_map(|next| changelog[rest..].find(next)).min();
    Some(start..next.map_or(changelog.len(), |at| rest + at + 1))
}

fn section(heading: &str, version: Option<&str>, review: &Review) -> String {
    let release = match version {
        Some(version) => format!(
            "It requires a {} release: {version}.",
            review.semver.as_str()
        ),
        None => "It requires no release.".to_owned(),
    };
    format!("{heading}\n\n{release}\n\n{}", markdown::for_users(review))
}

/// Inserts a section at the end of the unreleased changes.
fn insert(changelog: &str, section: &str) -> String {
    let unreleased = line_start(changelog, UNRELEASED).map(|start| start + UNRELEASED.len());
    let from = unreleased.unwrap_or(0);
    let next = changelog[from..].find("\n## ");
    let (before, behind) = changelog.split_at(next.map_or(changelog.len(), |at| from + at + 1));
    let before = before.trim_end();
    match unreleased {
        Some(_) => joined(before, section, behind),
        None => joined(&format!("{before}\n\n{UNRELEASED}"), section, behind),
    }
}

fn joined(before: &str, section: &str, behind: &str) -> String {
    let gap = if behind.is_empty() { "" } else { "\n" };
    format!("{before}\n\n{section}{gap}{behind}")
}

fn line_start(text: &str, line: &str) -> Option<usize> {
    let mut at = 0;
    for one in text.split_inclusive('\n') {
        if one.trim_end() == line {
            return Some(at);
        }
        at += one.len();
    }
    None
}

fn workspace_version(manifest: &str) -> Option<String> {
    let manifest: toml::Table = manifest.parse().ok()?;
    let package = manifest.get("workspace")?.get("package")?;
    Some(package.get("version")?.as_str()?.to_owned())
}

/// The version after this one. Below 1.0, a break raises the minor version, and anything
/// else the patch version.
pub fn next_version(version: &str, release: Semver) -> Option<String> {
    let numbers: Result<Vec<u64>, _> = version.split('.').map(str::parse).collect();
    let [major, minor, patch] = numbers.ok()?[..] else {
        return None;
    };
    let next = match (release, major) {
        (Semver::None, _) => return None,
        (Semver::Major, 0) => (0, minor + 1, 0),
        (Semver::Minor | Semver::Patch, 0) => (0, minor, patch + 1),
        (Semver::Major, _) => (major + 1, 0, 0),
        (Semver::Minor, _) => (major, minor + 1, 0),
        (Semver::Patch, _) => (major, minor, patch + 1),
    };
    Some(format!("{}.{}.{}", next.0, next.1, next.2))
}

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, version) = match self {
            Self::Nothing => ("nothing to add", &None),
            Self::Already => ("its section on this spec", &None),
            Self::Added(version) => ("the new section", version),
            Self::Rewritten(version) => ("the section on this spec, which is rewritten", version),
        };
        write!(f, "CHANGELOG.md: {what}")?;
        match version {
            Some(version) => write!(f, ", for {version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_1_0_a_break_is_a_minor_version() {
        use Semver::{Major, Minor, None as Nothing, Patch};
        let next = |version, release| next_version(version, release).unwrap_or_default();
        assert_eq!(
            [Major, Minor, Patch, Nothing].map(|r| next("0.1.2", r)),
            ["0.2.0", "0.1.3", "0.1.3", ""]
        );
        assert_eq!(
            [Major, Minor, Patch].map(|r| next("1.2.3", r)),
            ["2.0.0", "1.3.0", "1.2.4"]
        );
        assert_eq!(next("1.0.0-rc.1", Major), "");
    }

    #[test]
    fn a_section_is_added_at_the_end_of_unreleased() {
        let text = "# Log\n\n## Unreleased\n\nText.\n\n## 0.1.0\n\nOld.\n";
        let expected = "# Log\n\n## Unreleased\n\nText.\n\n### S\n\n## 0.1.0\n\nOld.\n";
        assert_eq!(insert(text, "### S\n"), expected);
        let text = "# Log\n\n## Unreleased\n";
        assert_eq!(insert(text, "### S\n"), "# Log\n\n## Unreleased\n\n### S\n");
        let text = "# Log\n\n## 0.1.0\n";
        let expected = "# Log\n\n## Unreleased\n\n### S\n\n## 0.1.0\n";
        assert_eq!(insert(text, "### S\n"), expected);
        assert_eq!(insert("", "### S\n"), "\n\n## Unreleased\n\n### S\n");
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let text = "# Log\n\n## Unreleased\n\n### S\n\nOld.\n\n### T\n\n## 0.1.0\n";
        assert_eq!(
            &text[find_section(text, "### S").unwrap()],
            "### S\n\nOld.\n\n"
        );
        assert_eq!(&text[find_section(text, "### T").unwrap()], "### T\n\n");
        assert_eq!(find_section(text, "### U"), None);
    }
}
