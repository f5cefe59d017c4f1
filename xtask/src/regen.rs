//! `cargo xtask regen`: the document to the generated sources of the crate.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::accept::{accept_snapshots, failures};
use crate::files::{ChangeKind, Changes, Mode, check_or_write, find_foreign};
use crate::inputs::{InputArgs, Inputs, workspace};
use crate::pipeline::{Generated, generate};
use crate::summary::{Summary, print};
use crate::{Failure, Status};

/// Where the generated sources are, in the workspace.
pub(crate) const GENERATED: &str = "oura-generated/src/generated";

/// Generate the sources of `oura-generated` from the document
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Write what replaces `src/generated` to this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing, list what is stale, missing or orphaned; exit with 1 if anything is
    #[arg(long)]
    check: bool,
    /// Accept all snapshots of the tests too, and remove those that no test refers to
    #[arg(
        long,
        conflicts_with_all = ["spec", "overlay", "no_overlay", "out", "check"]
    )]
    accept: bool,
}

/// Runs the command.
///
/// # Errors
///
/// See [`Failure`].
pub fn run(args: &Args) -> Result<Status, Failure> {
    let start = Instant::now();
    let workspace = workspace()?;
    let inputs = Inputs::read(&args.inputs, &workspace)?;
    let target = Target::new(args.out.as_deref(), &workspace)?;
    let mode = if args.check { Mode::Check } else { Mode::Write };
    let (generated, changes) = regenerate(&inputs, &target, mode)?;

    let mut summary = Summary::of_meaning(&inputs, &generated.meaning);
    summary.generated(&generated);
    summarize(&mut summary, &target.name, &changes, mode);
    summary.took(start.elapsed(), &generated.meaning.effective.times);
    print(&summary.to_string())?;
    if args.accept {
        let failing = accept_snapshots(&workspace)?;
        if !failing.is_empty() {
            print(&failures(&failing))?;
            return Ok(Status::Failing);
        }
    }
    match mode == Mode::Check && !changes.differing.is_empty() {
        true => Ok(Status::Stale),
        false => Ok(Status::Done),
    }
}

/// How the generated sources of a workspace differ from what its document and overlay say.
///
/// # Errors
///
/// See [`Failure`].
pub fn check_generated(workspace: &Path) -> Result<Changes, Failure> {
    let inputs = Inputs::read(&InputArgs::default(), workspace)?;
    let target = Target::new(None, workspace)?;
    regenerate(&inputs, &target, Mode::Check).map(|(_, changes)| changes)
}

/// The directory that the files are for.
struct Target {
    name: String,
    path: PathBuf,
}

impl Target {
    /// What is not generated in `src/generated` does not belong there. Another directory may
    /// have been named by mistake: there, files that are not ours are not removed.
    fn new(out: Option<&Path>, workspace: &Path) -> Result<Self, Failure> {
        let Some(path) = out else {
            return Ok(Self {
                name: GENERATED.to_owned(),
                path: workspace.join(GENERATED),
            });
        };
        let foreign = find_foreign(path).map_err(|error| Failure::io("read", path, &error))?;
        let name = path.display().to_string();
        match foreign.first() {
            None => Ok(Self {
                name,
                path: path.to_owned(),
            }),
            Some(first) => Err(Failure::Other(format!(
                "{name} holds files that are not generated, such as {first}; \
                 they would be removed"
            ))),
        }
    }
}

fn regenerate(
    inputs: &Inputs,
    target: &Target,
    mode: Mode,
) -> Result<(Generated, Changes), Failure> {
    let mut generated = generate(inputs)?;
    let Generated { meaning, files } = &mut generated;
    let name = match mode {
        Mode::Check => "check",
        Mode::Write => "write",
    };
    let times = &mut meaning.effective.times;
    let changes = times
        .measure(name, || check_or_write(&target.path, files, mode))
        .map_err(|error| Failure::io(name, &target.path, &error))?;
    Ok((generated, changes))
}

fn summarize(summary: &mut Summary, target: &str, changes: &Changes, mode: Mode) {
    type Word = fn(ChangeKind) -> &'static str;
    let (label, word): (_, Word) = match mode {
        Mode::Check => ("checked", ChangeKind::finding),
        Mode::Write => ("wrote", ChangeKind::deed),
    };
    summary.line(label, format!("{target}: {}", changes.counts(word)));
    summary.changes(changes, word);
}
