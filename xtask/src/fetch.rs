//! `cargo xtask fetch`: finds the specs that were published after the vendored one.
//!
//! The HTTP client is behind the feature `fetch`, so that the other commands are built without it.
//! An xtask without the feature builds and runs itself again with it.

#[cfg(feature = "fetch")]
pub mod http;
pub mod probe;

use std::path::{Path, PathBuf};

use oura_codegen::oura::POLICY;

use self::probe::{Found, MISSES, Published, Site, ask, search};
use crate::files::replace_file;
use crate::inputs::workspace;
use crate::report::clean;
use crate::source::{SOURCE, SourceRecord, Vendored, sha256};
use crate::summary::{Summary, counted, print};
use crate::version::Version;
use crate::{Failure, Status, cannot_run_cargo, cargo};

/// Find the specs that were published after the vendored one, and save the newest
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Save it to this file [default: its published name, in the current directory]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    fetch(&workspace()?, args.out.as_deref(), &*site()?, MISSES)
}

/// Asks for the versions after the vendored one, until `misses` of them in a row are missing, and
/// saves the newest.
pub fn fetch(
    workspace: &Path,
    out: Option<&Path>,
    site: &dyn Site,
    misses: u32,
) -> Result<Status, Failure> {
    let record = read_record(workspace)?;
    let found = search(&record, site, &POLICY, misses)?;
    let mut summary = summarize(&record, &found);
    if let Some(newest) = &found.newest {
        let path = match out {
            Some(path) => path.to_owned(),
            None => PathBuf::from(file_name(&newest.name)),
        };
        replace_file(&path, &newest.text)?;
        let (bytes, digest) = (newest.text.len(), sha256(newest.text.as_bytes()));
        let bytes = counted(bytes, "byte");
        summary.line("saved", format!("{}: {bytes}", path.display()));
        summary.line("", format!("SHA-256 {digest}"));
    }
    print(&summary.to_string())?;
    Ok(Status::Done)
}

/// Finds the newest spec that is not vendored, and prints all that are newer. `None` if none is.
pub fn newest(
    workspace: &Path,
    site: &dyn Site,
    misses: u32,
) -> Result<Option<Published>, Failure> {
    let record = read_record(workspace)?;
    let found = search(&record, site, &POLICY, misses)?;
    print(&summarize(&record, &found).to_string())?;
    Ok(found.newest)
}

/// Downloads the spec at a URL.
pub fn download(
    url: &str,
    version: Option<Version>,
    site: &dyn Site,
) -> Result<Published, Failure> {
    match ask(
        site,
        url,
        version.or_else(|| Version::in_name(url)),
        &POLICY,
    ) {
        Ok(Ok(published)) => Ok(published),
        Ok(Err(reason)) | Err(reason) => Err(Failure::Other(
            clean(&format!("{url}: {reason}")).into_owned(),
        )),
    }
}

/// A client for the real sites.
pub fn site() -> Result<Box<dyn Site>, Failure> {
    #[cfg(feature = "fetch")]
    return Ok(Box::new(http::Client::new(http::Limits::default())));
    #[cfg(not(feature = "fetch"))]
    Err(Failure::Other(
        "xtask was built without its HTTP client: build it with `--features fetch`".to_owned(),
    ))
}

/// Runs this command again with an xtask that has the HTTP client, and returns its exit code.
pub(crate) fn run_with_client() -> Result<u8, Failure> {
    let status = cargo()
        .args(["run", "--quiet", "--package", "xtask"])
        .args(["--features", "fetch"])
        .arg("--manifest-path")
        .arg(workspace()?.join("Cargo.toml"))
        .arg("--")
        .args(std::env::args_os().skip(1))
        .status()
        .map_err(cannot_run_cargo)?;
    // An error of cargo, such as 101, or a signal is not an exit code of the command.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.filter(|code| *code <= 2).unwrap_or(2))
}

fn read_record(workspace: &Path) -> Result<SourceRecord, Failure> {
    SourceRecord::read(workspace)?.ok_or_else(|| {
        Failure::Other(format!(
            "{SOURCE} is missing: restore it, because it says where specs are published"
        ))
    })
}

fn summarize(record: &SourceRecord, found: &Found) -> Summary {
    let mut summary = Summary::default();
    let vendored = match record.vendored {
        Vendored::Version(version) => version.to_string(),
        Vendored::After(version) => format!("one after {version}"),
    };
    summary.line("vendored", vendored);
    let asked: Vec<String> = found.asked.iter().map(Version::to_string).collect();
    let asked = asked.join(" and ");
    summary.line("asked", format!("{} up to {asked}", found.template));
    let mut all: Vec<String> = found.newer.iter().map(Version::to_string).collect();
    if found.republished {
        let version = record.vendored.number();
        all.insert(0, format!("{version} again, with other bytes"));
    }
    let newer = match all.is_empty() {
        true => "none".to_owned(),
        false => all.join(", "),
    };
    summary.line("newer", newer);
    summary
}

/// The name of the file to save a URL to: the last part of its path.
fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.is_empty() || name.starts_with('.') {
        true => "openapi.json",
        false => name,
    }
}

/// Whether a name is a URL rather than a file.
pub fn is_address(name: &str) -> bool {
    name.starts_with("https://") || name.starts_with("http://")
}
