//! `cargo xtask update`: replaces the vendored spec by a new one that Oura published.
//!
//! Invariants: on an error in the spec or the overlay, no file changes; a second run changes
//! nothing. If the workspace does not compile, the new spec and the new sources stay, because the
//! hand-written lines that the command names must be changed to fit them; the next run accepts the
//! snapshots. If tests fail with the new spec, the command names them and goes on.

mod causes;
mod changelog;
mod progress;
mod stale;
mod steps;

use std::path::{Path, PathBuf};

use oura_codegen::document::parse_document;
use oura_codegen::error::{Error, Errors, Place};
use oura_codegen::oura::POLICY;
use serde::de::IgnoredAny;

pub use self::causes::causes;
pub use self::changelog::{Logged, next_version, write_changelog};
use self::progress::long;
pub use self::steps::{Cargo, Complaint, Steps, read_complaints};
pub use crate::accept::FailedTest;
use crate::accept::failures;
use crate::drift::acknowledged::read_acknowledged;
use crate::drift::review::{Review, Section};
use crate::drift::side::{LoadedSpec, OverlayChoice, read_texts};
use crate::drift::{link_prefix, markdown, text};
use crate::fetch::probe::{MISSES, Published};
use crate::fetch::{download, is_address, newest, site};
use crate::files::{Mode, StagedFile, replace_file};
use crate::inputs::{Inputs, OVERLAY, SPEC, Source, workspace};
use crate::pipeline::{Generated, generate};
use crate::regen::{CALLS, Target};
use crate::report::{Report, clean};
use crate::sdk::GENERATED;
use crate::source::{SOURCE, SourceRecord};
use crate::summary::{Summary, counted, print, print_coloured};
use crate::trust::{refuse, refuse_early};
use crate::version::Version;
use crate::{Failure, Status};

/// Replace the vendored spec, regenerate, run the tests and write a report
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The spec that Oura published, YAML or JSON
    #[arg(value_name = "FILE | URL", required_unless_present = "latest")]
    file: Option<String>,
    /// Download the newest spec that was published after the vendored one
    #[arg(long, conflicts_with_all = ["file", "version"])]
    latest: bool,
    /// The version of the spec [default: from its name, as in openapi-1.35.json]
    #[arg(long, value_name = "NUMBER")]
    version: Option<Version>,
    #[command(flatten)]
    options: Options,
}

/// What an update does besides replacing the spec.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Write the report for the pull request to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The URL of the repository's files at a branch, for the links to the vendored files in the
    /// report [default: links relative to the repository]
    #[arg(long, value_name = "URL", requires = "report")]
    pub links: Option<String>,
    /// Compare with this spec: a file or a git revision
    #[arg(long, value_name = "OLD", default_value = "HEAD")]
    pub old: String,
    /// Delete the overlay actions whose correction the new spec already has
    #[arg(long)]
    pub drop_stale_actions: bool,
}

impl Args {
    /// Whether the spec comes from a site.
    pub(crate) fn asks_sites(&self) -> bool {
        self.latest || self.file.as_deref().is_some_and(is_address)
    }

    /// The spec to update to; `None` if there is no newer one.
    fn published(&self) -> Result<Option<Published>, Failure> {
        match &self.file {
            None => newest(&workspace()?, &*site()?, MISSES),
            Some(url) if is_address(url) => download(url, self.version, &*site()?).map(Some),
            Some(file) => Published::read(Path::new(file), self.version).map(Some),
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let Some(published) = args.published()? else {
        print("the vendored spec is the newest one: nothing to do\n")?;
        return Ok(Status::Done);
    };
    update(&workspace()?, &published, &args.options, &Cargo)
}

/// Updates a workspace; `steps` run cargo.
pub fn update(
    workspace: &Path,
    published: &Published,
    options: &Options,
    steps: &dyn Steps,
) -> Result<Status, Failure> {
    let mut inputs = published.with_overlay(workspace)?;
    let dropped = stale::drop_stale_actions(&mut inputs, options.drop_stale_actions)?;
    refuse_early(&inputs, &POLICY)?;
    let old = read_old(workspace, options)?;
    if let Err(report) = generate(&inputs, &POLICY) {
        return Err(stopped(report, old, inputs, options));
    }
    let vendored = vendor(&inputs)?;
    let generated = generate(&vendored, &POLICY)?;
    refuse(&generated.meaning.lowered.destinations, &vendored)?;
    let mut review = Review::new(old, vendored.clone(), &read_acknowledged(workspace)?)?;
    review.links = link_prefix(options.links.as_deref());
    // The record is optional.
    let record = SourceRecord::read(workspace)?;
    let record = record.map(|record| {
        let record = record.updated(published.version, published.text.as_bytes());
        record.to_yaml()
    });

    let mut summary = Summary::default();
    // A report or a changelog that cannot be written is an error before the sources change.
    write_report(&review, options, &mut summary)?;
    let logged = log(workspace, &review)?;
    let texts = (vendored.spec.text.as_str(), record.as_deref());
    write_tree(workspace, texts, &generated, &mut summary)?;
    stale::write_overlay(workspace, &vendored, &dropped, &mut summary)?;
    print(&summary.to_string())?;
    finish(workspace, &review, options, &logged, steps)
}

/// Compiles and tests the workspace, and prints what to do next.
fn finish(
    workspace: &Path,
    review: &Review,
    options: &Options,
    logged: &Logged,
    steps: &dyn Steps,
) -> Result<Status, Failure> {
    let complaints = long("the compiler over the workspace and its tests", || {
        steps.check(workspace)
    })?;
    if !complaints.is_empty() {
        print_coloured(&uncompiled(&complaints, review))?;
        return Ok(Status::Uncompiled);
    }
    let failing = long("the tests, which write their snapshots anew", || {
        steps.accept(workspace)
    })?;
    if !failing.is_empty() {
        print(&failures(&failing))?;
    }
    print(&what_to_review(review, options, logged, &failing))?;
    match failing.is_empty() {
        true => Ok(Status::Done),
        false => Ok(Status::Failing),
    }
}

/// Reads the spec to compare with. Without git, that is the spec in the workspace.
fn read_old(workspace: &Path, options: &Options) -> Result<Inputs, Failure> {
    let usual = OverlayChoice::Usual;
    match read_texts(Some(&options.old), &usual, workspace) {
        Err(_) if options.old == "HEAD" => read_texts(None, &usual, workspace),
        read => read,
    }
}

/// Explains why the update stopped, and what to do. The specs are still compared, with the overlay
/// actions that apply, because that shows why the others do not.
fn stopped(report: Report, old: Inputs, new: Inputs, options: &Options) -> Failure {
    let review = match LoadedSpec::new(new.clone(), &POLICY) {
        // The errors are in the spec itself, not in the overlay.
        Err(report) => return Failure::Input(report),
        Ok(_) => Review::new(old, new.clone(), &[]),
    };
    let name = clean(&new.spec.name);
    // `drift` reads no URLs.
    let file = match is_address(&new.spec.name) {
        true => "FILE        (saved by `cargo xtask fetch --out FILE`)",
        false => &name,
    };
    let drift = format!("run\n\n    cargo xtask drift {} {file}\n", options.old);
    let unfit = format!(
        "{OVERLAY} does not fit the new spec. Read the evidence of each action above, then\n\
         delete or adapt it, and run the command again. To see all changes, {drift}"
    );
    match review {
        Err(_) => Failure::Stopped(report, unfit),
        Ok(review) if !review.errors.is_empty() => {
            let overlay = text::overlay_parts(&review);
            let help = format!("To see the other changes, {drift}{overlay}");
            Failure::Stopped(Report::explained(review.errors, &new), help)
        }
        Ok(review) if review.unapplied_actions.is_empty() => Failure::Input(report),
        Ok(review) => {
            let actions = review.unapplied_actions.iter().map(|one| &one.unapplied);
            let offer = stale::offer(actions, &name);
            let overlay = text::overlay_parts(&review);
            Failure::Stopped(report, format!("{unfit}{offer}{overlay}"))
        }
    }
}

/// The texts as they are vendored: YAML unchanged, JSON converted to YAML.
fn vendor(published: &Inputs) -> Result<Inputs, Report> {
    let spec = &published.spec;
    let text = match serde_json::from_str::<IgnoredAny>(&spec.text) {
        Err(_) => spec.text.clone(),
        Ok(_) => to_yaml(spec).map_err(|errors| Report::new(errors, published))?,
    };
    let name = SPEC.to_owned();
    Ok(Inputs {
        spec: Source { name, text },
        overlay: published.overlay.clone(),
    })
}

/// Converts the spec to YAML, and checks that it reads back as the same spec.
fn to_yaml(spec: &Source) -> Result<String, Errors> {
    let document = parse_document(&spec.name, &spec.text)?;
    let text = document.to_yaml();
    match parse_document(SPEC, &text) {
        Ok(again) if again == document => Ok(text),
        _ => {
            let message = "the spec reads differently after its conversion to YAML: convert it to \
                           YAML with another tool, and update to that file";
            Err(Error::new(Place::File(spec.name.as_str().into()), message).into())
        }
    }
}

/// Writes the sources, then their spec and its record. A file that cannot be written is an error
/// before anything is replaced.
fn write_tree(
    workspace: &Path,
    (spec, record): (&str, Option<&str>),
    generated: &Generated,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let stage = |name: &'static str, text: &str| {
        let path = workspace.join(name);
        let staged = StagedFile::new(path.clone(), text).map_err(Failure::io("write", &path))?;
        Ok::<_, Failure>((name, staged))
    };
    let spec = stage(SPEC, spec)?;
    let record = record.map(|text| stage(SOURCE, text)).transpose()?;
    for target in Target::all(workspace) {
        let changes = target.check_or_write(generated, Mode::Write)?;
        let counts = changes.counts(Mode::Write);
        summary.line("wrote", format!("{}: {counts}", target.name));
    }
    let labels = ["vendored", ""].into_iter();
    for (label, (name, staged)) in labels.zip([spec].into_iter().chain(record)) {
        let is_new = staged
            .commit()
            .map_err(Failure::io("write", Path::new(name)))?;
        summary.line(label, format!("{name}: {}", written(is_new)));
    }
    Ok(())
}

fn written(is_new: bool) -> &'static str {
    if is_new { "changed" } else { "up to date" }
}

/// Writes the report. If the specs are the same, the file stays: it may be the report of an update
/// that is already committed.
fn write_report(review: &Review, options: &Options, summary: &mut Summary) -> Result<(), Failure> {
    let Some(path) = &options.report else {
        return Ok(());
    };
    let name = path.display();
    if review.entries.is_empty() && review.old.sha256 == review.new.sha256 {
        summary.line("report", format!("{name}: nothing to report"));
        return Ok(());
    }
    let is_new = replace_file(path, &markdown::to_markdown(review))?;
    summary.line("report", format!("{name}: {}", written(is_new)));
    Ok(())
}

fn log(workspace: &Path, review: &Review) -> Result<Logged, Failure> {
    let path = workspace.join("CHANGELOG.md");
    write_changelog(&path, &workspace.join("Cargo.toml"), review)
}

/// Lists the lines that do not compile, with the changes that cause each error.
fn uncompiled(complaints: &[Complaint], review: &Review) -> String {
    let is_generated = |complaint: &&Complaint| {
        let mut directories = [GENERATED, CALLS].into_iter();
        directories.any(|directory| complaint.file.starts_with(directory))
    };
    let (generated, ours): (Vec<_>, Vec<_>) = complaints.iter().partition(is_generated);
    let mut text = format!(
        "\nThe workspace does not compile: {}.\n\n",
        counted(complaints.len(), "error")
    );
    for complaint in ours.iter().chain(&generated) {
        let place = format!("{}:{}:{}", complaint.file, complaint.line, complaint.column);
        let message = &complaint.message;
        text.push_str(&format!("  {place}: {}\n", clean(message)));
        for id in causes(message, review) {
            text.push_str(&format!("      because of {}\n", clean(id)));
        }
    }
    if !generated.is_empty() {
        text.push_str("\nThe generated lines among them are a defect of the generator.\n");
    }
    text.push_str(
        "\nThe new spec and the new sources are in place. Change these lines to fit them,\n\
         then run the command again: it accepts the snapshots.\n\
         `git restore spec CHANGELOG.md && cargo xtask regen` undoes all of it.\n",
    );
    text
}

/// Lists what to review, the most important first.
fn what_to_review(
    review: &Review,
    options: &Options,
    logged: &Logged,
    failing: &[FailedTest],
) -> String {
    let number = |section| review.section(section).count();
    let report = match &options.report {
        Some(path) => path.display().to_string(),
        None => format!("cargo xtask drift {}", options.old),
    };
    let (source, wire) = (number(Section::Source), number(Section::Wire));
    let some = |count, what: &str, text: &str| {
        let counted = (count > 0).then(|| counted(count, what));
        counted.map(|counted| format!("{counted}{text}"))
    };
    let names = " in it: they last, so approve or rename them now";
    let prose = " of prose in it that hand-written code depends on";
    let failures = ", listed above: the code is hand-written";
    let all = [
        Some(format!(
            "{report}: {source} break users' code, {wire} need a look"
        )),
        some(review.names.len(), "new public name", names),
        some(review.prose.len(), "passage", prose),
        Some("git diff tests/snapshots/surface: one line a fact".to_owned()),
        some(failing.len(), "failing test", failures),
        Some(logged.to_string()),
        Some("git diff --stat: commit all of it together".to_owned()),
    ];
    let steps: Vec<String> = match review.entries.is_empty() {
        true => vec!["nothing: the specs mean the same".to_owned()],
        false => all.into_iter().flatten().collect(),
    };
    let numbered = steps.iter().enumerate();
    let lines = numbered.map(|(index, step)| format!("  {}. {step}\n", index + 1));
    format!("\nTo review, in this order:\n{}", lines.collect::<String>())
}
