//! Which document and which overlay: the arguments that all commands share, and the files.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The vendored document, in the workspace.
pub const SPEC: &str = "spec/openapi.yaml";
/// Our corrections to it.
pub const OVERLAY: &str = "spec/overlay.yaml";

/// The document and the overlay to work on.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct InputArgs {
    /// The OpenAPI document, YAML or JSON [default: spec/openapi.yaml]
    #[arg(long, value_name = "FILE")]
    pub spec: Option<PathBuf>,
    /// The overlay that corrects it [default: spec/overlay.yaml]
    #[arg(long, value_name = "FILE", conflicts_with = "no_overlay")]
    pub overlay: Option<PathBuf>,
    /// Take the document as it is
    #[arg(long)]
    pub no_overlay: bool,
}

/// The text of a file and the name that messages call it.
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
    /// The OpenAPI document.
    pub spec: Source,
    /// The overlay, unless the document is taken as it is.
    pub overlay: Option<Source>,
}

impl Inputs {
    /// Reads the files that the arguments name.
    ///
    /// # Errors
    ///
    /// A file that is missing, unreadable or not UTF-8.
    pub fn read(args: &InputArgs, workspace: &Path) -> Result<Self, Failure> {
        let spec = Source::read(args.spec.as_deref(), SPEC, workspace)?;
        let overlay = match args.no_overlay {
            true => None,
            false => Some(Source::read(args.overlay.as_deref(), OVERLAY, workspace)?),
        };
        Ok(Self { spec, overlay })
    }

    /// The text of the file of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut sources = [Some(&self.spec), self.overlay.as_ref()]
            .into_iter()
            .flatten();
        let source = sources.find(|source| source.name == name)?;
        Some(&source.text)
    }
}

impl Source {
    /// Reads a file that the user gave, or else one of the workspace.
    ///
    /// # Errors
    ///
    /// A file that is missing, unreadable or not UTF-8.
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

/// The directory of the workspace: cargo tells it to what it runs; a binary that runs on its
/// own looks for it from the current directory upwards.
///
/// # Errors
///
/// The current directory is outside of the workspace.
pub fn workspace() -> Result<PathBuf, Failure> {
    let of_package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let current = env::current_dir().ok();
    let starts = [of_package, current].into_iter().flatten();
    let mut places = starts.flat_map(|start| {
        let ancestors: Vec<PathBuf> = start.ancestors().map(Path::to_owned).collect();
        ancestors
    });
    places
        .find(|place| place.join("xtask/Cargo.toml").is_file())
        .ok_or_else(|| Failure::Other("run this inside of the workspace".to_owned()))
}
