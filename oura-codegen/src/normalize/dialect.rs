//! The version of OpenAPI that a spec is written in.

use crate::document::Node;
use crate::error::Error;

/// The version of OpenAPI that a spec claims to be written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The version as written: `3.0.3`.
    pub version: String,
    /// Which of the supported lines it belongs to.
    pub line: Line,
}

/// The lines of OpenAPI that are supported. Both are read alike, because real specs mix
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// 3.0.x, whose schemas differ from JSON Schema.
    V3_0,
    /// 3.1.x, with the schemas of JSON Schema 2020-12.
    V3_1,
}

/// The version that every normalized spec has.
pub(super) const STRICT_VERSION: &str = "3.0.3";

/// Reads the version that a spec claims.
pub(super) fn read_dialect(root: &Node) -> Result<Dialect, Error> {
    const HELP: &str = "OpenAPI 3.0 and 3.1 are supported";
    let Some(version) = root.get("openapi") else {
        let (message, help) = match root.get("swagger") {
            Some(_) => (
                "the spec is written in Swagger 2.0",
                "convert it to OpenAPI 3.0",
            ),
            None => (
                "the spec lacks `openapi`, the version that it is written in",
                HELP,
            ),
        };
        return Err(Error::at(&root.origin, message).help(help));
    };
    let written = version.as_str().unwrap_or_default();
    let line = match written.split('.').collect::<Vec<_>>()[..] {
        ["3", "0", patch] if is_patch(patch) => Line::V3_0,
        ["3", "1", patch] if is_patch(patch) => Line::V3_1,
        _ => {
            let message = "`openapi` must be a supported version, such as \"3.0.3\"";
            return Err(Error::at(&version.origin, message).help(HELP));
        }
    };
    let version = written.to_owned();
    Ok(Dialect { version, line })
}

/// Whether this is the last part of a version: `3`, `0-rc1`.
fn is_patch(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}
