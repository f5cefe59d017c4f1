//! The maintainers' commands: `cargo xtask --help`.

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use mimalloc::MiMalloc;

/// Specs are trees of small nodes, of which this allocator makes and frees many faster.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Types in types are parsed by recursion, which unoptimized takes more stack than the main
/// thread has on some systems.
const STACK: usize = 32 << 20;

fn main() -> ExitCode {
    let run = || xtask::run(xtask::Cli::parse());
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => {
            eprintln!("the command does not start: {error}");
            ExitCode::from(2)
        }
    }
}
