//! The maintainers' commands, one module each, and all I/O of the generator.
//!
//! The exit code is 0 for success; 1 when `regen --check` finds something stale, when a check on
//! drift finds a break, or when hand-written code does not compile after an update; 2 on bad input
//! or usage, and when a site sends no usable response. Specs are printed to the standard output,
//! and so are summaries of commands that print no spec; errors go to the standard error.

pub mod accept;
pub mod corpus;
pub mod drift;
pub mod effective;
pub mod fetch;
pub mod files;
pub mod inputs;
pub mod locate;
pub mod pipeline;
pub mod regen;
pub mod report;
mod sdk;
pub mod source;
mod summary;
pub mod surface;
mod trust;
pub mod update;
pub mod version;

use std::env;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use anstyle::{AnsiColor, Style};
use clap::{Parser, Subcommand};

use crate::report::Report;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "Commands for maintainers of the generator and the SDK"
)]
pub struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Regen(regen::Args),
    Effective(effective::Args),
    Surface(surface::Args),
    Drift(drift::Args),
    Fetch(fetch::Args),
    Update(update::Args),
    Corpus(corpus::Args),
}

impl Task {
    /// Whether the command needs the HTTP client.
    fn asks_sites(&self) -> bool {
        match self {
            Self::Fetch(_) => true,
            Self::Update(args) => args.asks_sites(),
            _ => false,
        }
    }
}

/// How a command without an error ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it was asked.
    Done,
    /// It found generated files that differ from what would be generated.
    Stale,
    /// It found breaking changes that are not acknowledged.
    Breaking,
    /// It wrote its result, but hand-written code does not compile with it.
    Uncompiled,
    /// It wrote its result, but tests fail with it.
    Failing,
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// Something in the spec or the overlay.
    Input(Report),
    /// Something in the spec or the overlay, and what to do about it.
    Stopped(Report, String),
    /// Another problem: a file that cannot be read, or a directory with files of others.
    Other(String),
}

impl From<Report> for Failure {
    fn from(report: Report) -> Self {
        Self::Input(report)
    }
}

impl Failure {
    /// Turns an error of the file system into a failure that names the file.
    fn io(doing: &str, path: &Path) -> impl Fn(io::Error) -> Self {
        let what = format!("cannot {doing} {}", path.display());
        move |error| Self::Other(format!("{what}: {error}"))
    }
}

/// The cargo that started this program, or else the one on the path.
fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn cannot_run_cargo(error: io::Error) -> Failure {
    Failure::Other(format!("cannot run cargo: {error}"))
}

/// Runs a command, prints what went wrong, and returns the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        command if command.asks_sites() && !cfg!(feature = "fetch") => {
            match fetch::run_with_client() {
                Ok(code) => return ExitCode::from(code),
                Err(failure) => Err(failure),
            }
        }
        Task::Regen(args) => regen::run(&args),
        Task::Effective(args) => effective::run(&args),
        Task::Surface(args) => surface::run(&args),
        Task::Drift(args) => drift::run(&args),
        Task::Fetch(args) => fetch::run(&args),
        Task::Update(args) => update::run(&args),
        Task::Corpus(args) => corpus::run(&args),
    };
    match result {
        Ok(Status::Done) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(Failure::Input(report)) => {
            anstream::eprint!("{report:#}");
            ExitCode::from(2)
        }
        Err(Failure::Stopped(report, help)) => {
            anstream::eprint!("{report:#}\n{help}");
            ExitCode::from(2)
        }
        Err(Failure::Other(message)) => {
            let red: Style = AnsiColor::BrightRed.on_default().bold();
            anstream::eprintln!("{red}error{red:#}: {message}");
            ExitCode::from(2)
        }
    }
}
