//! The maintainers' commands: `cargo xtask --help`.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// Specs are trees of small nodes, of which this allocator makes and frees many faster.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    xtask::run(xtask::Cli::parse())
}
