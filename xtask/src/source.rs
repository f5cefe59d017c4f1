//! `spec/source.yaml`: which published spec is vendored, and where specs are published.

use std::path::Path;

use oura_codegen::document::{Node, parse_document};
use sha2::Digest;
use time::OffsetDateTime;

use crate::Failure;
use crate::inputs::Source;
use crate::version::Version;

/// Where the file is, in the workspace.
pub const SOURCE: &str = "spec/source.yaml";

/// The placeholder of the number in a URL.
const PLACE: &str = "{version}";

const HEADER: &str = "\
# The published spec that spec/openapi.yaml was made from. `cargo xtask update` writes it, and
# `cargo xtask fetch` asks for the versions after it. `after` instead of `version` means that the
# number is unknown, but higher than this one.
";

/// The contents of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Where specs are published, with `{version}` for the number.
    pub url: String,
    /// Other places where they are published, in the same form.
    pub mirrors: Vec<String>,
    /// The vendored spec.
    pub vendored: Vendored,
    /// The SHA-256 of the published bytes, in hexadecimal.
    pub sha256: Option<String>,
    /// The day on which it was fetched.
    pub fetched: Option<String>,
}

/// Which published spec is vendored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendored {
    /// The one with this number.
    Version(Version),
    /// One with an unknown number that is higher than this one.
    After(Version),
}

impl Vendored {
    /// The version to start from.
    pub fn number(self) -> Version {
        match self {
            Self::Version(version) | Self::After(version) => version,
        }
    }
}

/// The URL of a version.
pub fn address(template: &str, version: Version) -> String {
    template.replace(PLACE, &version.to_string())
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl SourceRecord {
    /// Reads the file of a workspace; `None` if it does not exist.
    pub fn read(workspace: &Path) -> Result<Option<Self>, Failure> {
        if !workspace.join(SOURCE).exists() {
            return Ok(None);
        }
        let source = Source::read(None, SOURCE, workspace)?;
        let record = parse(&source.text).map(Some);
        record.map_err(|wrong| Failure::Other(format!("{SOURCE}: {wrong}")))
    }

    /// The record of another vendored spec. If the bytes are the same, the day stays.
    pub fn updated(&self, version: Option<Version>, bytes: &[u8]) -> Self {
        let sha256 = sha256(bytes);
        let is_same = self.sha256.as_ref() == Some(&sha256);
        let vendored = match version {
            Some(version) => Vendored::Version(version),
            None if is_same => self.vendored,
            None => Vendored::After(self.vendored.number()),
        };
        let today = || OffsetDateTime::now_utc().date().to_string();
        let known = self.fetched.clone().filter(|_| is_same);
        Self {
            vendored,
            fetched: Some(known.unwrap_or_else(today)),
            sha256: Some(sha256),
            ..self.clone()
        }
    }

    /// The text of the file.
    pub fn to_yaml(&self) -> String {
        let mut text = format!("{HEADER}url: {}\n", self.url);
        if !self.mirrors.is_empty() {
            text.push_str("mirrors:\n");
        }
        for mirror in &self.mirrors {
            text.push_str(&format!("- {mirror}\n"));
        }
        text.push_str(&match self.vendored {
            Vendored::Version(version) => format!("version: '{version}'\n"),
            Vendored::After(version) => format!("after: '{version}'\n"),
        });
        let known = [("sha256", &self.sha256), ("fetched", &self.fetched)];
        for (key, value) in known {
            if let Some(value) = value {
                text.push_str(&format!("{key}: '{value}'\n"));
            }
        }
        text
    }
}

fn parse(text: &str) -> Result<SourceRecord, String> {
    const KEYS: [&str; 6] = ["url", "mirrors", "version", "after", "sha256", "fetched"];
    let document = parse_document(SOURCE, text).map_err(|errors| errors.to_string())?;
    let root = &document.root;
    let members = root.as_object().ok_or("it must be a mapping")?;
    if let Some(key) = members.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!(
            "unknown key `{key}`; the known keys are {}",
            KEYS.join(", ")
        ));
    }
    let mirrors = root.get("mirrors").map(|node| {
        let items = node.as_array().ok_or("`mirrors` must be a list")?;
        items.iter().map(template).collect::<Result<Vec<_>, _>>()
    });
    let version = |key: &str| {
        let text = string(root, key)?;
        let parsed = text.map(|text| text.parse::<Version>());
        parsed
            .transpose()
            .map_err(|error| format!("`{key}`: {error}"))
    };
    let vendored = match (version("version")?, version("after")?) {
        (Some(version), None) => Vendored::Version(version),
        (None, Some(version)) => Vendored::After(version),
        _ => return Err("it must have either `version` or `after`".to_owned()),
    };
    Ok(SourceRecord {
        url: template(root.get("url").ok_or("`url` is missing")?)?,
        mirrors: mirrors.transpose()?.unwrap_or_default(),
        vendored,
        sha256: string(root, "sha256")?,
        fetched: string(root, "fetched")?,
    })
}

/// Reads a string. A number is refused: `1.10` without quotes would lose its zero.
fn string(root: &Node, key: &str) -> Result<Option<String>, String> {
    let text = |node: &Node| {
        let text = node.as_str().map(str::to_owned);
        text.ok_or_else(|| format!("`{key}` must be a quoted string"))
    };
    root.get(key).map(text).transpose()
}

/// Reads a URL with one placeholder, in characters that need no quotes in YAML.
fn template(node: &Node) -> Result<String, String> {
    let text = node.as_str().unwrap_or_default();
    let is_plain = !text.contains(|c: char| c.is_whitespace() || c == '#');
    match text.matches(PLACE).count() == 1 && text.contains("://") && is_plain {
        true => Ok(text.to_owned()),
        false => Err(format!("`{text}` must be a URL with one `{PLACE}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
url: https://a.example/openapi-{version}.json
mirrors:
- https://b.example/openapi-{version}.json
after: '1.33'
sha256: 'abc'
";

    fn parsed() -> SourceRecord {
        parse(TEXT).unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = parsed();
        assert_eq!(record.to_yaml(), format!("{HEADER}{TEXT}"));
        let version = "1.10".parse().unwrap();
        let record = record.updated(Some(version), b"bytes");
        assert_eq!(record.vendored, Vendored::Version(version));
        assert_eq!(parse(&record.to_yaml()), Ok(record));
    }

    #[test]
    fn the_same_bytes_change_nothing() {
        let mut record = parsed().updated(None, b"bytes");
        assert_eq!(record.vendored, Vendored::After("1.33".parse().unwrap()));
        record.fetched = Some("2026-01-02".to_owned());
        assert_eq!(record.updated(None, b"bytes"), record);
        assert_ne!(record.updated(None, b"other").fetched, record.fetched);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        for (from, to, expected) in [
            (
                "after: '1.33'",
                "after: 1.33",
                "`after` must be a quoted string",
            ),
            (
                "after: '1.33'",
                "version: 'v1'",
                "`version`: a version is two numbers",
            ),
            ("after: '1.33'\n", "", "either `version` or `after`"),
            ("sha256", "sha", "unknown key `sha`"),
            ("{version}", "1.33", "must be a URL with one `{version}`"),
        ] {
            let error = parse(&TEXT.replace(from, to)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
