//! The numbers that specs are published under: `1.35`.

use std::fmt;
use std::str::FromStr;

/// The number of a published spec. Versions sort by number: 1.9 is before 1.10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the dot.
    pub major: u32,
    /// The number after the dot.
    pub minor: u32,
}

impl Version {
    /// The version at the end of a file's name or of a URL's path: `openapi-1.35.json`.
    pub fn in_name(name: &str) -> Option<Self> {
        let path = name.split(['?', '#']).next()?;
        let file = path.rsplit(['/', '\\']).next()?;
        let endings = [".json", ".yaml", ".yml"];
        let stem = endings.iter().find_map(|ending| file.strip_suffix(ending));
        let stem = stem.unwrap_or(file);
        let start = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let is_separate = start.is_empty() || start.ends_with(['-', '_', 'v', ' ']);
        is_separate.then(|| stem[start.len()..].parse().ok())?
    }
}

/// The error for a text that is not a version.
const NO_VERSION: &str = "a version is two numbers with a dot, such as 1.35";

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').ok_or(NO_VERSION)?;
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
        })
    }
}

/// Reads a number as a URL has it: no sign, no leading zeros, at most six digits.
fn number(text: &str) -> Result<u32, &'static str> {
    let is_plain = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    match is_plain && is_short {
        true => text.parse().map_err(|_| NO_VERSION),
        false => Err(NO_VERSION),
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_number() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("1.9") < version("1.10"));
        assert!(version("1.99") < version("2.0"));
        assert_eq!(version("1.35").to_string(), "1.35");
        for wrong in [
            "",
            "1",
            "1.",
            ".5",
            "1.2.3",
            "1.05",
            "+1.2",
            "1.9999999",
            "a.b",
        ] {
            assert_eq!(wrong.parse::<Version>(), Err(NO_VERSION), "{wrong}");
        }
    }

    #[test]
    fn a_name_ends_with_its_version() {
        let found = |name| Version::in_name(name).map(|version| version.to_string());
        for name in [
            "openapi-1.35.json",
            "specs/openapi_1.35.yaml",
            "https://api.example.org/static/openapi-1.35.json?x=2.0#3.0",
            "v1.35",
            "1.35.yml",
        ] {
            assert_eq!(found(name).as_deref(), Some("1.35"), "{name}");
        }
        for name in [
            "openapi.json",
            "openapi-1.2.3.json",
            "model4.5.json",
            "1.35/openapi.json",
        ] {
            assert_eq!(found(name), None, "{name}");
        }
    }
}
