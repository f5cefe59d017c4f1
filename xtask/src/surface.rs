//! `cargo xtask surface`: prints the facts of the API, one per line, as the snapshots hold them.

use std::time::Instant;

use oura_codegen::facts::surface;

use crate::inputs::{InputArgs, Inputs, workspace};
use crate::pipeline::lower_inputs;
use crate::summary::{Summary, counted, print};
use crate::{Failure, Status};

/// Print the facts of the API, one per line, as the surface snapshots hold them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let start = Instant::now();
    let inputs = Inputs::read(&args.inputs, workspace)?;
    let meaning = lower_inputs(&inputs, &args.inputs.policy())?;
    let sections = surface(&meaning.lowered.facts);
    let lines = sections.values().map(|lines| lines.lines().count()).sum();
    let titled = sections
        .iter()
        .map(|(name, lines)| format!("# {name}\n{lines}"));
    print(&titled.collect::<Vec<_>>().join("\n"))?;
    let mut summary = Summary::of_meaning(&inputs, &meaning);
    let text = format!(
        "{} in {}",
        counted(lines, "fact"),
        counted(sections.len(), "section")
    );
    summary.line("surface", text);
    summary.destinations(&meaning.lowered.destinations);
    summary.took(start.elapsed(), &meaning.effective.times);
    anstream::eprint!("{summary}");
    Ok(Status::Done)
}
