//! The committed sources are what the committed document and overlay say.

use oura_tests::root;
use xtask::Failure;
use xtask::files::ChangeKind;
use xtask::regen::check_generated;

#[test]
fn generated_sources_are_fresh() {
    let changes = match check_generated(&root()) {
        Ok(changes) => changes,
        Err(Failure::Input(report) | Failure::Stopped(report, _)) => {
            panic!("the document does not generate:\n{report}")
        }
        Err(Failure::Other(message)) => panic!("{message}"),
    };
    let lines = changes.differing.iter().map(|change| {
        let what = match change.kind {
            ChangeKind::Missing => "missing",
            ChangeKind::Stale => "stale",
            ChangeKind::Orphaned => "orphaned",
        };
        format!("  {what:8}  {}\n", change.path)
    });
    let lines: String = lines.collect();
    assert!(
        lines.is_empty(),
        "`oura-generated/src/generated` is not what `spec/` says:\n{lines}\
         run `cargo xtask regen`, review the difference, and commit it"
    );
}
