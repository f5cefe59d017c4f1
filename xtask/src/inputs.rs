//! The spec and the overlay: the arguments that all commands share, and the files that they name.

use std::env;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};

use oura_codegen::oura::POLICY;
use oura_codegen::policy::{Collisions, Policy};

use crate::Failure;

/// The vendored spec, in the workspace.
pub const SPEC: &str = "spec/openapi.yaml";
/// Our corrections to it.
pub const OVERLAY: &str = "spec/overlay.yaml";

/// The spec and the overlay to work on.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct InputArgs {
    /// The OpenAPI spec, YAML or JSON [default: spec/openapi.yaml]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The overlay that corrects it [default: spec/overlay.yaml]
    #[arg(long, value_name = "FILE", conflicts_with = "no_overlay")]
    pub overlay: Option<PathBuf>,
    /// Apply no overlay
    #[arg(long)]
    pub no_overlay: bool,
    /// For specs of other APIs: apply no conventions of Oura, and no overlay unless one is given
    #[arg(long, conflicts_with = "no_overlay")]
    pub plain: bool,
    /// What to do when two names become the same Rust name
    #[arg(long, value_enum, default_value_t)]
    pub names: Names,
}

/// What to do when two names become the same Rust name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Names {
    /// Fail, with an overlay action that resolves the collision
    #[default]
    Strict,
    /// Number all but the first, in the order of the spec; the surface lists the numbered names
    Numbered,
}

impl InputArgs {
    /// The conventions to read the spec by.
    pub fn policy(&self) -> Policy {
        policy(self.plain, self.names)
    }
}

/// Oura's conventions, or none if `plain`.
pub fn policy(plain: bool, names: Names) -> Policy {
    let collisions = match names {
        Names::Strict => Collisions::Refused,
        Names::Numbered => Collisions::Numbered,
    };
    let policy = if plain { Policy::default() } else { POLICY };
    Policy {
        collisions,
        ..policy
    }
}

/// The text of a file, and its name in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or relative to the workspace.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// The texts that everything is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The OpenAPI spec.
    pub spec: Source,
    /// The overlay, unless the spec is used without one.
    pub overlay: Option<Source>,
}

impl Inputs {
    /// Reads the files that the arguments name. The workspace is looked up only if they do not
    /// name both.
    ///
    /// # Errors
    ///
    /// When a file is missing, unreadable or not UTF-8, or when one is not named outside of a
    /// workspace.
    pub fn read(
        args: &InputArgs,
        workspace: impl Fn() -> Result<PathBuf, Failure>,
    ) -> Result<Self, Failure> {
        let read = |given: &Option<PathBuf>, default| match given {
            Some(path) => Source::read(Some(path), default, Path::new("")),
            None => Source::read(None, default, &workspace()?),
        };
        let spec = read(&args.spec, SPEC)?;
        let is_without = args.no_overlay || (args.plain && args.overlay.is_none());
        let overlay = match is_without {
            true => None,
            false => Some(read(&args.overlay, OVERLAY)?),
        };
        Ok(Self { spec, overlay })
    }

    /// The texts.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        iter::once(&self.spec).chain(&self.overlay)
    }

    /// The text of the file of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        let source = self.sources().find(|source| source.name == name)?;
        Some(&source.text)
    }
}

impl Source {
    /// Reads the given file, or else the default one of the workspace.
    pub fn read(given: Option<&Path>, default: &str, workspace: &Path) -> Result<Self, Failure> {
        let (name, path) = match given {
            Some(path) => (path.display().to_string(), path.to_owned()),
            None => (default.to_owned(), workspace.join(default)),
        };
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => Err(Failure::Other(format!("cannot read {name}: {error}"))),
        }
    }
}

/// The directory of the workspace. Cargo passes it to the programs that it runs; without cargo it
/// is looked up from the current directory upwards.
///
/// # Errors
///
/// When the current directory is outside of the workspace.
pub fn workspace() -> Result<PathBuf, Failure> {
    let of_package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let starts = [of_package, env::current_dir().ok()];
    let mut places = starts.iter().flatten().flat_map(|start| start.ancestors());
    places
        .find(|place| place.join("xtask/Cargo.toml").is_file())
        .map(Path::to_owned)
        .ok_or_else(|| {
            let message = "this is not a checkout of the workspace: run the command inside of one, \
                           or name the files with --spec and --overlay, --no-overlay or --plain";
            Failure::Other(message.to_owned())
        })
}
