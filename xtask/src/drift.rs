//! `cargo xtask drift`: reports what changed between two specs and what it means for users.

pub mod acknowledged;
pub mod cross_check;
mod defects;
pub mod destinations;
mod excerpt;
pub mod json;
mod layout;
mod left_out;
pub mod markdown;
mod names;
pub mod paste;
pub mod phrase;
pub mod prose;
pub mod review;
pub mod side;
pub mod text;

use std::path::PathBuf;

use self::acknowledged::{ACKNOWLEDGED, read_acknowledged, to_paste};
use self::cross_check::{Finding, find_breaks, unexplained};
use self::review::{Review, read_both};
use self::side::{OverlayChoice, read_texts};
use crate::inputs::{Names, policy, workspace};
use crate::report::{Report, clean};
use crate::summary::{counted, print, print_coloured};
use crate::{Failure, Status};

/// Report what changed between two specs, and which release that needs
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The old spec: a file, or a git revision, which is read with its overlay
    old: String,
    /// The new spec: a file or a git revision [default: spec/openapi.yaml]
    new: Option<String>,
    /// The overlay of the old spec [default: that of the revision, or spec/overlay.yaml]
    #[arg(long, value_name = "FILE", conflicts_with = "no_overlay")]
    old_overlay: Option<PathBuf>,
    /// The overlay of the new spec [default: that of the revision, or spec/overlay.yaml]
    #[arg(long, value_name = "FILE", conflicts_with = "no_overlay")]
    overlay: Option<PathBuf>,
    /// Apply no overlays
    #[arg(long)]
    no_overlay: bool,
    /// For specs of other APIs: apply no overlays and no conventions of Oura
    #[arg(long, conflicts_with_all = ["old_overlay", "overlay", "no_overlay"])]
    plain: bool,
    /// What to do when two names become the same Rust name
    #[arg(long, value_enum, default_value_t)]
    names: Names,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
    /// The URL of the repository's files at a branch, for the links to the vendored files in
    /// Markdown [default: links relative to the repository]
    #[arg(long, value_name = "URL")]
    links: Option<String>,
    /// Show in full what the text report shortens
    #[arg(long)]
    full: bool,
    /// Exit with 1 on changes of this kind that are not listed in spec/acknowledged.yaml
    #[arg(long, value_enum)]
    fail_on: Option<FailOn>,
    /// Also compare the crates generated from both specs with `cargo semver-checks`, and exit with
    /// 1 if it finds a break that no change explains
    #[arg(long)]
    cross_check: bool,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For a terminal.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// What makes the command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Changes that break users' code or the wire format
    Breaking,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let without_overlay = args.no_overlay || args.plain;
    let home = workspace();
    let acknowledged = match &home {
        Ok(workspace) if !args.plain => read_acknowledged(workspace)?,
        _ => Vec::new(),
    };
    let workspace = match home {
        // Two files without an overlay need no workspace.
        Err(_) if without_overlay && args.new.is_some() => PathBuf::from("."),
        home => home?,
    };
    let choice = |file: &Option<PathBuf>| match file {
        _ if without_overlay => OverlayChoice::None,
        Some(file) => OverlayChoice::File(file.clone()),
        None => OverlayChoice::Usual,
    };
    let old = read_texts(Some(&args.old), &choice(&args.old_overlay), &workspace)?;
    let new = read_texts(args.new.as_deref(), &choice(&args.overlay), &workspace)?;
    let (old, new) = read_both(old, new, &policy(args.plain, args.names))?;
    let mut review = Review::compare(&old, &new, &acknowledged)?;
    review.links = link_prefix(args.links.as_deref());
    print_report(&review, args)?;
    if !old.errors.is_empty() {
        return Err(Report::new(old.errors, &old.inputs).into());
    }
    if !review.errors.is_empty() {
        return Err(Report::explained(review.errors, &new.inputs).into());
    }
    let status = match args.fail_on {
        Some(FailOn::Breaking) => fail_on_breaking(&review),
        None => Status::Done,
    };
    let is_explained = !args.cross_check || {
        let findings = find_breaks(&workspace, &old.lowered, &new.lowered)?;
        tell_findings(&findings, &review)
    };
    Ok(if is_explained {
        status
    } else {
        Status::Breaking
    })
}

/// The prefix of a link, before the path of the file.
pub(crate) fn link_prefix(url: Option<&str>) -> String {
    match url {
        Some(url) => format!("{}/", url.trim_end_matches('/')),
        None => String::new(),
    }
}

/// Prints what `cargo semver-checks` found, and returns whether all of it is explained.
fn tell_findings(findings: &[Finding], review: &Review) -> bool {
    let unexplained = unexplained(findings, review);
    anstream::eprintln!(
        "\ncargo semver-checks: {}, {} of them without a source-breaking change that explains it",
        counted(findings.len(), "finding"),
        unexplained.len()
    );
    for Finding { lint, item } in &unexplained {
        anstream::eprintln!("  {lint}: {}", clean(item));
    }
    unexplained.is_empty()
}

fn print_report(review: &Review, args: &Args) -> Result<(), Failure> {
    match args.format {
        ReportFormat::Markdown => print(&markdown::to_markdown(review)),
        ReportFormat::Json => print(&json::to_json(review)),
        ReportFormat::Text => print_coloured(&text::to_text(review, args.full)),
    }
}

fn fail_on_breaking(review: &Review) -> Status {
    let ids = review.unacknowledged();
    if ids.is_empty() {
        return Status::Done;
    }
    let list = to_paste(&ids);
    let list: Vec<_> = list.lines().map(clean).collect();
    anstream::eprintln!(
        "\n{} not acknowledged; once reviewed, add to {ACKNOWLEDGED}:\n\n{}",
        counted(ids.len(), "breaking change"),
        list.join("\n")
    );
    Status::Breaking
}
