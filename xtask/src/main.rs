//! The maintainers' commands: `cargo xtask --help`.

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use mimalloc::MiMalloc;

/// Specs are trees of many small nodes, which this allocator allocates and frees faster.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Nested types are parsed by recursion. Without optimization that takes more stack than the main
/// thread has on some systems.
const STACK: usize = 32 << 20;

fn main() -> ExitCode {
    let run = || xtask::run(xtask::Cli::parse());
    let thread = thread::Builder::new().stack_size(STACK).spawn(run);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => {
            eprintln!("cannot start the command: {error}");
            ExitCode::from(2)
        }
    }
}
