//! The process that generates from one spec.

use std::env;
use std::io;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;

use crate::Failure;
use crate::inputs::Names;

pub(super) fn cannot_run(error: io::Error) -> Failure {
    Failure::Other(format!("cannot run a process: {error}"))
}

/// The command that generates from one spec.
pub(super) fn regen(spec: &Path, names: Names, out: &Path) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["regen", "--plain", "--spec"]).arg(spec);
    command.arg("--out").arg(out);
    if let Some(names) = names.to_possible_value() {
        command.args(["--names", names.get_name()]);
    }
    Ok(command)
}
