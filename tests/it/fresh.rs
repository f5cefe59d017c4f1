//! The committed sources are those that the committed spec and overlay generate.

use oura_tests::root;
use xtask::Failure;
use xtask::files::ChangeKind;
use xtask::regen::check_generated;

#[test]
fn generated_sources_are_fresh() {
    let changes = match check_generated(&root()) {
        Ok(changes) => changes,
        Err(Failure::Input(report) | Failure::Stopped(report, _)) => {
            panic!("the spec does not generate:\n{report}")
        }
        Err(Failure::Other(message)) => panic!("{message}"),
    };
    let differing = changes.iter().flat_map(|(directory, changes)| {
        changes
            .differing
            .iter()
            .map(move |change| (directory, change))
    });
    let lines = differing.map(|(directory, change)| {
        let what = match change.kind {
            ChangeKind::Missing => "missing",
            ChangeKind::Stale => "stale",
            ChangeKind::Orphaned => "orphaned",
        };
        format!("  {what:8}  {directory}/{}\n", change.path)
    });
    let lines: String = lines.collect();
    assert!(
        lines.is_empty(),
        "the generated files do not match `spec/`:\n{lines}\
         run `cargo xtask regen`, review the difference, and commit it"
    );
}
