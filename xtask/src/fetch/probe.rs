//! Finds the published versions by asking for one after the other.
//!
//! Input: the record of the vendored spec and a site. Output: the versions that exist. Invariant: a
//! version counts as missing only if the response clearly means that. Any other response that is
//! not a spec ends the search, so that a site that is down never looks like one without news.

use std::path::Path;

use oura_codegen::document::parse_document;
use oura_codegen::policy::Policy;
use serde::de::IgnoredAny;

use crate::Failure;
use crate::inputs::{Inputs, OVERLAY, SPEC, Source};
use crate::report::clean;
use crate::source::{SourceRecord, Vendored, address, sha256};
use crate::version::Version;

/// Where specs are published.
pub trait Site {
    /// Requests a URL.
    fn get(&self, url: &str) -> Result<Answer, String>;
}

/// A usable response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The body of a success.
    Body(Vec<u8>),
    /// There is nothing at the URL, by this status.
    Nothing(u16),
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The template of the URLs that were asked.
    pub template: String,
    /// The last version of each major number that was asked for.
    pub asked: Vec<Version>,
    /// The versions after the vendored one, in order.
    pub newer: Vec<Version>,
    /// Whether the vendored version has other bytes now.
    pub republished: bool,
    /// The newest spec that is not vendored.
    pub newest: Option<Published>,
}

/// A published spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The URL or the file that it was read from.
    pub name: String,
    /// The text.
    pub text: String,
    /// Its number, if it is known.
    pub version: Option<Version>,
}

impl Published {
    /// Reads a file that was downloaded.
    pub fn read(path: &Path, version: Option<Version>) -> Result<Self, Failure> {
        let Source { name, text } = Source::read(Some(path), SPEC, Path::new(""))?;
        let version = version.or_else(|| Version::in_name(&name));
        Ok(Self {
            name,
            text,
            version,
        })
    }

    /// The spec with the overlay of the workspace.
    pub(crate) fn with_overlay(&self, workspace: &Path) -> Result<Inputs, Failure> {
        let spec = Source {
            name: self.name.clone(),
            text: self.text.clone(),
        };
        let overlay = Some(Source::read(None, OVERLAY, workspace)?);
        Ok(Inputs { spec, overlay })
    }
}

/// How many numbers in a row may be missing before a search ends.
pub const MISSES: u32 = 20;

/// The most specs of a search. A site with more sends a spec for any number.
const MOST: usize = 200;

/// Asks for the versions after the vendored one.
///
/// # Errors
///
/// When no site has the vendored version, and for unusable responses.
pub fn search(
    record: &SourceRecord,
    site: &dyn Site,
    policy: &Policy,
    misses: u32,
) -> Result<Found, Failure> {
    let (template, control) = control(record, site, policy)?;
    let republished = match (record.vendored, &record.sha256) {
        (Vendored::Version(_), Some(known)) => *known != sha256(control.text.as_bytes()),
        (Vendored::Version(_) | Vendored::After(_), _) => false,
    };
    let mut found = Found {
        template,
        asked: Vec::new(),
        newer: Vec::new(),
        republished,
        newest: republished.then_some(control),
    };
    let ask = |url: &str, version| ask(site, url, Some(version), policy);
    found.search(record.vendored.number(), misses, &ask)?;
    Ok(found)
}

/// Asks for the vendored version first. If a site does not have it, its answers about other
/// versions mean nothing.
fn control(
    record: &SourceRecord,
    site: &dyn Site,
    policy: &Policy,
) -> Result<(String, Published), Failure> {
    let version = record.vendored.number();
    let mut reasons = String::new();
    for template in std::iter::once(&record.url).chain(&record.mirrors) {
        let url = address(template, version);
        let reason = match ask(site, &url, Some(version), policy) {
            Ok(Ok(published)) => return Ok((template.clone(), published)),
            Ok(Err(reason)) | Err(reason) => reason,
        };
        reasons.push_str(&format!("\n  {url}: {}", clean(&reason)));
    }
    Err(Failure::Other(format!(
        "no URL has {version}, which was published, so nothing is known about later \
         versions:{reasons}"
    )))
}

/// Asks for the spec of a version at a URL.
type Ask<'a> = &'a dyn Fn(&str, Version) -> Asked;

impl Found {
    /// Asks for the next minor numbers until `misses` in a row are missing, then for the first two
    /// of the next major number. If one of these exists, goes on from there.
    fn search(&mut self, start: Version, misses: u32, ask: Ask<'_>) -> Result<(), Failure> {
        let mut major = start.major;
        let mut minor = start.minor + 1;
        loop {
            let mut missed = 0;
            while missed < misses {
                match self.has(Version { major, minor }, ask)? {
                    true => missed = 0,
                    false => missed += 1,
                }
                minor += 1;
            }
            self.asked.push(Version {
                major,
                minor: minor - 1,
            });
            major += 1;
            let first = self.has(Version { major, minor: 0 }, ask)?;
            let second = self.has(Version { major, minor: 1 }, ask)?;
            if !first && !second {
                self.asked.push(Version { major, minor: 1 });
                return Ok(());
            }
            minor = 2;
        }
    }

    fn has(&mut self, version: Version, ask: Ask<'_>) -> Result<bool, Failure> {
        let url = address(&self.template, version);
        let stop = |reason: &str| {
            let known: Vec<String> = self.newer.iter().map(Version::to_string).collect();
            let known = match known.is_empty() {
                true => String::new(),
                false => format!("; found before that: {}", known.join(", ")),
            };
            let reason = clean(reason);
            Failure::Other(format!(
                "{url}: {reason}: the search is not complete{known}"
            ))
        };
        let published = match ask(&url, version) {
            Ok(Ok(published)) => published,
            Ok(Err(_)) => return Ok(false),
            Err(reason) => return Err(stop(&reason)),
        };
        if self.newer.len() == MOST {
            return Err(stop("it has a spec for every number"));
        }
        self.newer.push(version);
        self.newest = Some(published);
        Ok(true)
    }
}

/// The spec at a URL, or why there is none; or else why the response is unusable.
pub type Asked = Result<Result<Published, String>, String>;

/// Asks for the spec at a URL.
pub fn ask(site: &dyn Site, url: &str, version: Option<Version>, policy: &Policy) -> Asked {
    let text = match site.get(url)? {
        Answer::Nothing(status) => Err(format!("status {status}")),
        Answer::Body(bytes) => read_body(url, bytes, policy)?,
    };
    Ok(text.map(|text| Published {
        name: url.to_owned(),
        text,
        version,
    }))
}

/// Reads the text of a spec of this API. A body that is not a spec is a miss; an incomplete spec,
/// or one of another API, is an error.
fn read_body(url: &str, bytes: Vec<u8>, policy: &Policy) -> Result<Result<String, String>, String> {
    const NO_SPEC: &str = "the body is not an OpenAPI spec";
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let is_json = first == Some(&b'{');
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) if is_json => return Err("the body is not UTF-8".to_owned()),
        Err(_) => return Ok(Err(NO_SPEC.to_owned())),
    };
    if is_json && let Err(error) = serde_json::from_str::<IgnoredAny>(&text) {
        return Err(match error.is_eof() {
            true => "the body is truncated".to_owned(),
            false => format!("the body is not valid JSON: {error}"),
        });
    }
    let document = match parse_document(url, &text) {
        Ok(document) if document.root.get("openapi").is_some() => document,
        // The JSON is complete, so `update` can report what is wrong with it.
        Err(_) if is_json => return Ok(Ok(text)),
        _ => return Ok(Err(NO_SPEC.to_owned())),
    };
    let paths = document.root.get("paths");
    let has = |path: &str| paths.is_some_and(|paths| paths.get(path).is_some());
    match policy.signature {
        Some(path) if !has(path) => {
            Err(format!("the spec is of another API: it has no path {path}"))
        }
        _ => Ok(Ok(text)),
    }
}
