//! `cargo xtask regen`: generates the sources of the crate from the spec.

use std::path::{Path, PathBuf};
use std::time::Instant;

use oura_codegen::oura::POLICY;
use oura_codegen::policy::Policy;
use oura_codegen::render::File;

use crate::accept::{accept_snapshots, failures};
use crate::files::{Changes, Mode, check_or_write, find_foreign};
use crate::inputs::{InputArgs, Inputs, workspace};
use crate::pipeline::{Generated, generate};
use crate::sdk::GENERATED;
use crate::summary::{Summary, print};
use crate::trust::refuse;
use crate::{Failure, Status};

/// The directory of the generated calls for the tests of every operation.
pub(crate) const CALLS: &str = "tests/it/end_to_end/generated";

/// Generate the sources of `oura-generated` from the spec
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Write the sources to this directory [default: oura-generated/src/generated]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; list stale, missing and orphaned files, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
    /// Run the tests too, accept all snapshots, and remove those that no test uses
    #[arg(
        long,
        conflicts_with_all = ["spec", "overlay", "no_overlay", "plain", "names", "out", "check"]
    )]
    accept: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let start = Instant::now();
    if args.inputs.plain && args.out.is_none() {
        let message =
            "--plain needs --out: the sources of another spec do not belong in the workspace";
        return Err(Failure::Other(message.to_owned()));
    }
    let inputs = Inputs::read(&args.inputs, workspace)?;
    let targets = match &args.out {
        Some(out) => vec![Target::elsewhere(out)?],
        None => Target::all(&workspace()?),
    };
    let mode = if args.check { Mode::Check } else { Mode::Write };
    let (generated, changes) = regenerate(&inputs, &args.inputs.policy(), &targets, mode)?;

    let mut summary = Summary::of_meaning(&inputs, &generated.meaning);
    summary.destinations(&generated.meaning.lowered.destinations);
    summary.generated(&generated);
    for (target, changes) in targets.iter().zip(&changes) {
        summarize(&mut summary, &target.name, changes, mode);
    }
    summary.took(start.elapsed(), &generated.meaning.effective.times);
    print(&summary.to_string())?;
    if args.accept {
        let failing = accept_snapshots(&workspace()?)?;
        if !failing.is_empty() {
            print(&failures(&failing))?;
            return Ok(Status::Failing);
        }
    }
    let is_fresh = changes.iter().all(|changes| changes.differing.is_empty());
    match mode == Mode::Check && !is_fresh {
        true => Ok(Status::Stale),
        false => Ok(Status::Done),
    }
}

/// Compares the generated files of a workspace with its spec and overlay, by directory.
pub fn check_generated(workspace: &Path) -> Result<Vec<(String, Changes)>, Failure> {
    let inputs = Inputs::read(&InputArgs::default(), || Ok(workspace.to_owned()))?;
    let targets = Target::all(workspace);
    let (_, changes) = regenerate(&inputs, &POLICY, &targets, Mode::Check)?;
    let names = targets.into_iter().map(|target| target.name);
    Ok(names.zip(changes).collect())
}

/// A directory of generated files.
pub(crate) struct Target {
    /// Its name for the user.
    pub(crate) name: String,
    path: PathBuf,
    files: fn(&Generated) -> &[File],
    /// Whether the files become part of the SDK.
    is_sdk: bool,
}

impl Target {
    /// The directories of a workspace. They hold generated files only.
    pub(crate) fn all(workspace: &Path) -> Vec<Self> {
        let target = |name: &str, files| Self {
            name: name.to_owned(),
            path: workspace.join(name),
            files,
            is_sdk: true,
        };
        vec![
            target(GENERATED, |generated: &Generated| &generated.files),
            target(CALLS, |generated| &generated.calls),
        ]
    }

    /// Another directory for the sources of the crate. It may have been named by mistake: if it
    /// has files that are not generated, that is an error.
    fn elsewhere(path: &Path) -> Result<Self, Failure> {
        let foreign = find_foreign(path).map_err(Failure::io("read", path))?;
        let name = path.display().to_string();
        match foreign.first() {
            None => Ok(Self {
                name,
                path: path.to_owned(),
                files: |generated| &generated.files,
                is_sdk: false,
            }),
            Some(first) => Err(Failure::Other(format!(
                "{name} holds files that are not generated, such as {first}; \
                 they would be removed: name another directory"
            ))),
        }
    }

    /// Compares the directory with the generated files. With [`Mode::Write`], writes them too.
    pub(crate) fn check_or_write(
        &self,
        generated: &Generated,
        mode: Mode,
    ) -> Result<Changes, Failure> {
        check_or_write(&self.path, (self.files)(generated), mode)
            .map_err(Failure::io(mode.verb(), &self.path))
    }
}

fn regenerate(
    inputs: &Inputs,
    policy: &Policy,
    targets: &[Target],
    mode: Mode,
) -> Result<(Generated, Vec<Changes>), Failure> {
    let mut generated = generate(inputs, policy)?;
    if targets.iter().any(|target| target.is_sdk) {
        refuse(&generated.meaning.lowered.destinations, inputs)?;
    }
    let start = Instant::now();
    let changes = targets
        .iter()
        .map(|target| target.check_or_write(&generated, mode));
    let changes = changes.collect::<Result<_, _>>()?;
    let stretch = (mode.verb(), start.elapsed());
    generated.meaning.effective.times.stretches.push(stretch);
    Ok((generated, changes))
}

fn summarize(summary: &mut Summary, target: &str, changes: &Changes, mode: Mode) {
    let label = match mode {
        Mode::Check => "checked",
        Mode::Write => "wrote",
    };
    summary.line(label, format!("{target}: {}", changes.counts(mode)));
    summary.changes(changes, mode);
}
