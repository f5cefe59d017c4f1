//! Copies the SDK to a workspace where sources generated from another spec are compiled.

use std::fs;
use std::io;
use std::path::Path;

use crate::Failure;
use crate::files::read_files;

/// The package whose sources are generated.
pub(crate) const SDK: &str = "oura-generated";

/// Where its generated sources are, in the workspace.
pub(crate) const GENERATED: &str = "oura-generated/src/generated";

/// Copies the package, and the files of the workspace that it needs.
pub(crate) fn copy_sdk(workspace: &Path, to: &Path) -> Result<(), Failure> {
    copy(workspace, to).map_err(Failure::io("copy", workspace))
}

fn copy(workspace: &Path, to: &Path) -> io::Result<()> {
    let package = to.join(SDK);
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    for (path, bytes) in read_files(&workspace.join(SDK))? {
        let path = package.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&package))?;
        fs::write(path, bytes)?;
    }
    let manifest = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let manifest = only_member(&manifest, SDK)
        .ok_or_else(|| io::Error::other("Cargo.toml is not that of a workspace"))?;
    fs::write(to.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.join("Cargo.lock"), to.join("Cargo.lock"))?;
    Ok(())
}

/// The manifest of a workspace with one member.
fn only_member(manifest: &str, member: &str) -> Option<String> {
    let mut manifest: toml::Table = manifest.parse().ok()?;
    manifest.remove("profile");
    let workspace = manifest.get_mut("workspace")?.as_table_mut()?;
    workspace.remove("exclude");
    workspace.insert("members".to_owned(), vec![member].into());
    toml::to_string(&manifest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_one_member() {
        let manifest = "[workspace]\nmembers = [\"a\", \"b\"]\n[profile.dev]\nopt-level = 1\n";
        let copy = only_member(manifest, "b").unwrap();
        assert_eq!(copy, "[workspace]\nmembers = [\"b\"]\n");
        assert_eq!(only_member("[package]\nname = \"a\"\n", "b"), None);
    }
}
