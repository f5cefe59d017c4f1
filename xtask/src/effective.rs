//! `cargo xtask effective`: prints the spec that everything is generated from, for other tools.

use std::time::Instant;

use oura_codegen::hosts::find_destinations;

use crate::inputs::{InputArgs, Inputs, workspace};
use crate::pipeline::normalize_inputs;
use crate::summary::{Summary, print};
use crate::{Failure, Status};

/// Print the corrected spec as strict OpenAPI 3.0.3
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: SpecFormat,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum SpecFormat {
    #[default]
    Yaml,
    Json,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Status, Failure> {
    let start = Instant::now();
    let inputs = Inputs::read(&args.inputs, workspace)?;
    let effective = normalize_inputs(&inputs)?;
    let document = &effective.normalized.document;
    print(&match args.format {
        SpecFormat::Yaml => document.to_yaml(),
        SpecFormat::Json => document.to_json() + "\n",
    })?;
    let mut summary = Summary::of_effective(&inputs, &effective);
    summary.destinations(&find_destinations(document, &args.inputs.policy()));
    summary.took(start.elapsed(), &effective.times);
    anstream::eprint!("{summary}");
    Ok(Status::Done)
}
