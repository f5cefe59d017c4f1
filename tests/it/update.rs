//! Updates a small workspace to a new spec: checks what is written, and what stays as it is.
//!
//! The steps that run cargo are replaced; everything else is the same as for maintainers.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its files must fail"
)]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use oura_codegen::document::parse_document;
use oura_tests::read;
use tempfile::TempDir;
use xtask::drift::review::Review;
use xtask::drift::side::{OverlayChoice, read_texts};
use xtask::fetch::probe::Published;
use xtask::inputs::{Inputs, Source};
use xtask::source::sha256;
use xtask::update::{Complaint, FailedTest, Options, Steps, causes, update};
use xtask::{Failure, Status};

#[test]
fn an_update_vendors_generates_reports_and_logs() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &changed());
    let steps = Fake::default();
    assert_eq!(workspace.update(&new, &steps).unwrap(), Status::Done);
    assert_eq!(workspace.text("spec/openapi.yaml"), changed());
    assert!(workspace.text(MODELS).contains("pub extra: "));
    let report = workspace.text("report.md");
    assert!(
        report.contains("property.added") && report.contains("Thing.extra"),
        "{report}"
    );
    let log = workspace.text("CHANGELOG.md");
    assert!(
        log.contains("## Unreleased\n\nText.\n\n### The spec "),
        "{log}"
    );
    assert!(
        log.contains("- New (property.added): `Thing.extra`."),
        "{log}"
    );
    assert!(log.contains("\n## 0.1.0\n"), "{log}");
    assert_eq!((steps.checked.get(), steps.accepted.get()), (1, 1));
}

#[test]
fn a_second_run_of_an_update_changes_nothing() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &changed());
    workspace.update(&new, &Fake::default()).unwrap();
    let before = workspace.files();
    assert_eq!(
        workspace.update(&new, &Fake::default()).unwrap(),
        Status::Done
    );
    assert_eq!(workspace.files(), before);
    workspace.commit();
    assert_eq!(
        workspace.update(&new, &Fake::default()).unwrap(),
        Status::Done
    );
    assert_eq!(workspace.files(), before);
}

/// The record has the number and the SHA-256 of the published JSON, not of the YAML.
#[test]
fn the_source_of_the_spec_is_recorded() {
    let workspace = Workspace::new();
    let record = "url: https://specs.example.org/openapi-{version}.json\nafter: '1.33'\n";
    let path = workspace.path("spec/source.yaml");
    fs::write(&path, record).unwrap();
    let json = parse_document("new", &changed()).unwrap().to_json();
    let new = workspace.publish("openapi-1.40.json", &json);
    workspace.update(&new, &Fake::default()).unwrap();
    let recorded = workspace.text("spec/source.yaml");
    assert!(
        recorded.contains("\nversion: '1.40'\nsha256: '"),
        "{recorded}"
    );
    assert!(recorded.contains(&sha256(json.as_bytes())), "{recorded}");
    assert!(recorded.contains("\nfetched: '2"), "{recorded}");
    // The same bytes on another day change nothing.
    let recorded = recorded.replace("fetched: '2", "fetched: '1");
    fs::write(&path, &recorded).unwrap();
    workspace.update(&new, &Fake::default()).unwrap();
    assert_eq!(workspace.text("spec/source.yaml"), recorded);
    // Other bytes without a number are recorded as later than the known number.
    let new = workspace.publish("new.json", &format!("{json}\n"));
    workspace.update(&new, &Fake::default()).unwrap();
    let recorded = workspace.text("spec/source.yaml");
    assert!(recorded.contains("\nafter: '1.40'\n"), "{recorded}");
}

#[test]
fn a_record_that_is_wrong_leaves_the_tree_alone() {
    let workspace = Workspace::new();
    fs::write(workspace.path("spec/source.yaml"), "url: nowhere\n").unwrap();
    let new = workspace.publish("openapi-1.40.yaml", &changed());
    let before = workspace.files();
    match workspace.update(&new, &Fake::default()) {
        Err(Failure::Other(message)) => assert!(message.contains("spec/source.yaml"), "{message}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn json_becomes_yaml_with_the_same_content() {
    let workspace = Workspace::new();
    let document = parse_document("new", &changed()).unwrap();
    let new = workspace.publish("new.json", &document.to_json());
    workspace.update(&new, &Fake::default()).unwrap();
    let vendored = workspace.text("spec/openapi.yaml");
    assert!(vendored.starts_with("openapi: "), "{vendored}");
    let again = parse_document("again", &vendored).unwrap();
    assert_eq!(again, document);
}

#[test]
fn lines_that_no_longer_compile_are_named_and_the_sources_stay() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &changed());
    let complaint = Complaint {
        file: "tests/calls.rs".to_owned(),
        line: 3,
        column: 7,
        message: "no field `colour` on type `Thing`".to_owned(),
    };
    let steps = Fake {
        complaints: vec![complaint],
        ..Fake::default()
    };
    assert_eq!(workspace.update(&new, &steps).unwrap(), Status::Uncompiled);
    assert_eq!(steps.accepted.get(), 0);
    assert_eq!(workspace.text("spec/openapi.yaml"), changed());
    // The lines are changed and committed, and the command runs again.
    let changelog = workspace.text("CHANGELOG.md");
    assert!(changelog.contains("### The spec"));
    assert_eq!(
        workspace.update(&new, &Fake::default()).unwrap(),
        Status::Done
    );
    assert_eq!(workspace.text("CHANGELOG.md"), changelog);
    assert!(workspace.text("report.md").contains("Thing.extra"));
}

#[test]
fn the_section_of_the_changelog_is_rewritten_when_the_overlay_has_changed() {
    let workspace = Workspace::new();
    let renamed = changed()
        .replace("    Thing:\n", "    Item:\n")
        .replace("schemas/Thing'", "schemas/Item'");
    let new = workspace.publish("new.yaml", &renamed);
    workspace.update(&new, &Fake::default()).unwrap();
    let log = workspace.text("CHANGELOG.md");
    assert!(log.contains("- Breaking (schema.renamed)"), "{log}");
    let action = "  - target: $.components.schemas.Item\n    description: The old name.\n    \
                  x-evidence: Users type it.\n    update: {x-rust-name: Thing}\n";
    let overlay = workspace.text("spec/overlay.yaml") + action;
    fs::write(workspace.path("spec/overlay.yaml"), overlay).unwrap();
    workspace.update(&new, &Fake::default()).unwrap();
    let log = workspace.text("CHANGELOG.md");
    assert!(!log.contains("schema.renamed"), "{log}");
    assert_eq!(log.matches("### The spec ").count(), 1, "{log}");
    assert!(
        log.contains("(property.added): `Thing.extra`.\n\n## 0.1.0\n"),
        "{log}"
    );
}

#[test]
fn errors_of_the_compiler_name_the_changes_that_cause_them() {
    let inputs = |text: &str| Inputs {
        spec: Source {
            name: "spec.yaml".to_owned(),
            text: text.to_owned(),
        },
        overlay: None,
    };
    let old = read("tests/update/causes.old.yaml");
    let new = read("tests/update/causes.new.yaml");
    let review = Review::new(inputs(&old), inputs(&new), &[]).unwrap();
    for (message, expected) in [
        (
            "cannot find type `Workout` in module `models`",
            "schema.renamed Training",
        ),
        (
            "unresolved import `oura_generated::models::Workout`: no `Workout` in `models`",
            "schema.renamed Training",
        ),
        (
            "no variant, associated function, or constant named `LongWalk` found for enum `Kind` \
             in the current scope",
            "enum.value_removed Kind long-walk",
        ),
        (
            "failed to resolve: could not find `Mood` in `models`",
            "schema.removed Mood",
        ),
        (
            "no method named `get_mood` found for struct `Client` in the current scope",
            "operation.removed GetMood",
        ),
        (
            "no field `steps` on type `&Training`",
            "property.removed Training.steps",
        ),
        ("mismatched types: expected `i64`, found `f64`", ""),
    ] {
        assert_eq!(causes(message, &review).join(", "), expected, "{message}");
    }
}

#[test]
fn failing_tests_do_not_stop_an_update() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &changed());
    let steps = Fake {
        failing: vec![FailedTest {
            name: "every_operation_is_called".to_owned(),
            place: "tests/calls.rs:3:7".to_owned(),
            message: vec!["no call of GET /things/{id}".to_owned()],
        }],
        ..Fake::default()
    };
    assert_eq!(workspace.update(&new, &steps).unwrap(), Status::Failing);
    assert!(workspace.text("CHANGELOG.md").contains("### The spec"));
    assert!(workspace.text("report.md").contains("Thing.extra"));
}

#[test]
fn a_spec_that_does_not_generate_leaves_the_tree_alone() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let broken = [
        "openapi: 3.0.3\n  bad: [",
        "swagger: '2.0'",
        &changed().replace(
            "#/components/schemas/Thing'",
            "#/components/schemas/Nothing'",
        ),
    ];
    for text in broken {
        let new = workspace.publish("new.yaml", text);
        let steps = Fake::default();
        match workspace.update(&new, &steps) {
            Err(Failure::Input(_) | Failure::Stopped(..)) => {}
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(steps.checked.get(), 0);
        fs::remove_file(&new).unwrap();
        assert_eq!(workspace.files(), before);
    }
}

/// A refused URL is reported first, even if there are other errors: here in an overlay action.
#[test]
fn a_url_on_another_host_stops_the_update_before_anything_else() {
    let workspace = Workspace::new();
    let flow = "OAuth2: {type: oauth2, flows: {authorizationCode: {authorizationUrl: \
                'https://cloud.ouraring.com/authorize', tokenUrl: 'https://api.evil.dev/token', \
                scopes: {}}}}";
    let scheme = "BearerAuth: {type: http, scheme: bearer}";
    let text = changed()
        .replace(scheme, &format!("{scheme}, {flow}"))
        .replace(
            "Moment: {type: string}",
            "Moment: {type: string, format: date-time}",
        );
    let new = workspace.publish("new.yaml", &text);
    let before = workspace.files();
    match workspace.update(&new, &Fake::default()) {
        Err(Failure::Input(report)) => {
            let report = report.to_string();
            let first = "error: the token URL `https://api.evil.dev/token` is on a host that the \
                         policy does not list: the client secret and the refresh token would go \
                         there\n";
            assert!(report.starts_with(first), "{report}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_tree_alone() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &changed());
    fs::create_dir(workspace.path("report.md")).unwrap();
    let before = workspace.files();
    let steps = Fake::default();
    assert!(workspace.update(&new, &steps).is_err());
    assert_eq!(steps.checked.get(), 0);
    assert_eq!(workspace.files(), before);
}

#[test]
fn an_overlay_action_that_does_not_apply_stops_the_update_with_help() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let text = changed().replace(
        "Moment: {type: string}",
        "Moment: {type: string, format: date-time}",
    );
    let new = workspace.publish("new.yaml", &text);
    let Err(Failure::Stopped(report, help)) = workspace.update(&new, &Fake::default()) else {
        panic!("the update went on");
    };
    let report = report.to_string();
    assert!(report.contains("spec/overlay.yaml:7:"), "{report}");
    let help = anstream::adapter::strip_str(&help).to_string();
    assert!(
        help.contains("the spec says it already: delete the action"),
        "{help}"
    );
    fs::remove_file(&new).unwrap();
    assert_eq!(workspace.files(), before);
}

/// A spec that has the corrections of two of three overlay actions.
fn caught_up() -> String {
    let said = "Moment: {type: string, format: date-time}\n    Day: {type: string, format: date}";
    changed().replace("Moment: {type: string}", said)
}

const STALE: &str = "  # Days.
  - target: $.components.schemas.Day
    x-evidence: Recorded.
    update: {format: date}
  - target: $.components.schemas.Thing.properties.id
    description: An id.
    x-evidence: Recorded. # for years
    x-expect: {format: null}
    update: {format: uuid}
";

#[test]
fn stale_actions_from_a_later_spec_are_deleted_automatically() {
    let workspace = Workspace::new();
    let overlay = workspace.text("spec/overlay.yaml");
    // One of the two stale actions is not marked, so a maintainer has to review it.
    let marked = STALE.replacen("    update:", "    x-from-later-spec: true\n    update:", 1);
    let head = overlay.split_at(overlay.find("  - target").unwrap()).0;
    let path = workspace.path("spec/overlay.yaml");
    fs::write(&path, format!("{overlay}{marked}")).unwrap();
    let new = workspace.publish("new.yaml", &caught_up());
    let before = workspace.files();
    let Err(Failure::Stopped(..)) = workspace.update(&new, &Fake::default()) else {
        panic!("the update went on");
    };
    assert_eq!(workspace.files(), before);
    // Both are marked.
    let marked =
        |text: &str| text.replace("    update:", "    x-from-later-spec: true\n    update:");
    let text = format!("{}{}", marked(&overlay), marked(STALE));
    fs::write(&path, text).unwrap();
    let status = workspace.update(&new, &Fake::default()).unwrap();
    assert_eq!(status, Status::Done);
    let (_, stays) = STALE.split_at(
        STALE
            .find("  - target: $.components.schemas.Thing")
            .unwrap(),
    );
    let expected = format!("{head}  # Days.\n{}", marked(stays));
    assert_eq!(workspace.text("spec/overlay.yaml"), expected);
}

#[test]
fn stale_actions_are_listed_all_at_once_and_deleted_on_request() {
    let workspace = Workspace::new();
    let overlay = workspace.text("spec/overlay.yaml");
    fs::write(
        workspace.path("spec/overlay.yaml"),
        format!("{overlay}{STALE}"),
    )
    .unwrap();
    let new = workspace.publish("new.yaml", &caught_up());
    let before = workspace.files();
    let Err(Failure::Stopped(report, help)) = workspace.update(&new, &Fake::default()) else {
        panic!("the update went on");
    };
    assert_eq!(report.errors().iter().count(), 2, "{report}");
    assert!(help.contains("--drop-stale-actions"), "{help}");
    assert_eq!(workspace.files(), before);
    let status = workspace.update_without_stale_actions(&new).unwrap();
    assert_eq!(status, Status::Done);
    let stays = STALE
        .split_at(
            STALE
                .find("  - target: $.components.schemas.Thing")
                .unwrap(),
        )
        .1;
    let head = overlay.split_at(overlay.find("  - target").unwrap()).0;
    let expected = format!("{head}  # Days.\n{stays}");
    assert_eq!(workspace.text("spec/overlay.yaml"), expected);
    assert_eq!(workspace.text("spec/openapi.yaml"), caught_up());
    // A second run has nothing to delete.
    let after = workspace.files();
    workspace.update_without_stale_actions(&new).unwrap();
    assert_eq!(workspace.files(), after);
}

#[test]
fn no_stale_action_is_deleted_while_another_conflicts() {
    let workspace = Workspace::new();
    let overlay = workspace.text("spec/overlay.yaml");
    let conflict = STALE.replace("{format: null}", "{format: email}");
    fs::write(
        workspace.path("spec/overlay.yaml"),
        format!("{overlay}{conflict}"),
    )
    .unwrap();
    let new = workspace.publish("new.yaml", &caught_up());
    let before = workspace.files();
    let Err(Failure::Stopped(report, help)) = workspace.update_without_stale_actions(&new) else {
        panic!("the update went on");
    };
    assert_eq!(report.errors().iter().count(), 3, "{report}");
    assert!(help.contains("Once the other fits"), "{help}");
    assert_eq!(workspace.files(), before);
}

#[test]
fn the_last_action_of_an_overlay_may_be_stale() {
    let workspace = Workspace::new();
    let new = workspace.publish("new.yaml", &caught_up());
    workspace.update_without_stale_actions(&new).unwrap();
    assert!(
        workspace
            .text("spec/overlay.yaml")
            .ends_with("actions: []\n")
    );
    workspace.update(&new, &Fake::default()).unwrap();
}

#[test]
fn without_git_the_spec_of_the_tree_is_the_old_one() {
    let workspace = Workspace::without_git();
    let new = workspace.publish("new.yaml", &changed());
    workspace.update(&new, &Fake::default()).unwrap();
    assert!(workspace.text("report.md").contains("Thing.extra"));
}

#[test]
fn a_revision_is_read_with_the_overlay_that_it_had() {
    let workspace = Workspace::new();
    let overlay = workspace.path("spec/overlay.yaml");
    let today = workspace
        .text("spec/overlay.yaml")
        .replace("Recorded.", "Seen.");
    fs::write(&overlay, &today).unwrap();
    let directory = workspace.0.path();
    let read = |given: &str, choice: &OverlayChoice| read_texts(Some(given), choice, directory);
    let text = |inputs: Result<Inputs, Failure>| inputs.unwrap().overlay.map(|one| one.text);
    let then = text(read("HEAD", &OverlayChoice::Usual)).unwrap();
    assert!(then.contains("Recorded."), "{then}");
    let file = workspace.path("spec/openapi.yaml");
    let file = file.to_str().unwrap();
    assert_eq!(text(read(file, &OverlayChoice::Usual)), Some(today.clone()));
    assert_eq!(
        text(read("HEAD", &OverlayChoice::File(overlay))),
        Some(today)
    );
    assert_eq!(text(read("HEAD", &OverlayChoice::None)), None);
    for wrong in ["HEAD~7", "no-such", "--all", ""] {
        match read(wrong, &OverlayChoice::Usual) {
            Err(Failure::Other(message)) => {
                assert!(
                    message.contains("neither a file nor a git revision"),
                    "{message}"
                );
            }
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

const MODELS: &str = "oura-generated/src/generated/thing.rs";

/// A small workspace: a spec, its overlay, the sources generated from them, a changelog.
struct Workspace(TempDir);

impl Workspace {
    fn new() -> Self {
        let workspace = Self::without_git();
        workspace.git(&["init", "--quiet"]);
        workspace.commit();
        workspace
    }

    fn without_git() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        for (path, text) in [
            ("spec/openapi.yaml", read("tests/update/openapi.yaml")),
            ("spec/overlay.yaml", read("tests/update/overlay.yaml")),
            (
                "Cargo.toml",
                "[workspace.package]\nversion = \"0.1.0\"\n".to_owned(),
            ),
            (
                "CHANGELOG.md",
                "# Log\n\n## Unreleased\n\nText.\n\n## 0.1.0\n".to_owned(),
            ),
        ] {
            let path = workspace.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        workspace
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn publish(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn update(&self, file: &Path, steps: &Fake) -> Result<Status, Failure> {
        self.update_with(file, &self.options(), steps)
    }

    fn update_without_stale_actions(&self, file: &Path) -> Result<Status, Failure> {
        let options = Options {
            drop_stale_actions: true,
            ..self.options()
        };
        self.update_with(file, &options, &Fake::default())
    }

    fn update_with(
        &self,
        file: &Path,
        options: &Options,
        steps: &dyn Steps,
    ) -> Result<Status, Failure> {
        let published = Published::read(file, None)?;
        update(self.0.path(), &published, options, steps)
    }

    fn options(&self) -> Options {
        Options {
            report: Some(self.path("report.md")),
            links: None,
            old: "HEAD".to_owned(),
            drop_stale_actions: false,
        }
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        let name = ["-c", "user.name=n", "-c", "user.email=e"];
        let commit = ["commit", "--quiet", "--message=m", "--no-gpg-sign"];
        self.git(&[&name[..], &commit[..]].concat());
    }

    fn git(&self, args: &[&str]) {
        let status = Command::new("git")
            .args(args)
            .current_dir(self.0.path())
            .status();
        assert!(status.unwrap().success(), "git {args:?}");
    }

    /// All files except those of git, with their bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.0.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true if path.ends_with(".git") => {}
                    true => open.push(path),
                    false => drop(files.insert(path.clone(), fs::read(path).unwrap())),
                }
            }
        }
        files
    }
}

/// Fake steps that count how often they ran.
#[derive(Default)]
struct Fake {
    complaints: Vec<Complaint>,
    failing: Vec<FailedTest>,
    checked: Cell<usize>,
    accepted: Cell<usize>,
}

impl Steps for Fake {
    fn check(&self, _: &Path) -> Result<Vec<Complaint>, Failure> {
        self.checked.set(self.checked.get() + 1);
        Ok(self.complaints.clone())
    }

    fn accept(&self, _: &Path) -> Result<Vec<FailedTest>, Failure> {
        self.accepted.set(self.accepted.get() + 1);
        Ok(self.failing.clone())
    }
}

/// The spec with one more property, and a comment, which is kept only if the bytes are.
fn changed() -> String {
    let text = read("tests/update/openapi.yaml");
    let id = "        id: {type: string}\n";
    let changed = text.replace(id, &format!("{id}        extra: {{type: integer}} # new\n"));
    assert_ne!(changed, text);
    changed
}
