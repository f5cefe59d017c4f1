//! Runs `.ci/spec` with fake versions of cargo and `gh`, and checks which pull request it opens.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its repository must fail"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A fake cargo: `fetch` saves a spec if there is a newer one, `update` writes a report.
const CARGO: &str = r#"
[ -z "${GH_TOKEN:-}" ] || { echo "cargo has the token"; exit 9; }
case "$2" in
    fetch) [ -z "$NEWER" ] || echo '{}' > "$NEWER" ;;
    update)
        echo "the update's words with \`\`\` in them"
        [ "$UPDATE" = 2 ] || { cp "$REPORT" "$5"; echo new > spec/openapi.yaml; }
        exit "$UPDATE" ;;
    drift) cat "$REPORT" ;;
esac
"#;

const GH: &str = r#"
[ -n "${GH_TOKEN:-}" ] || exit 9
[ "$1" = auth ] || printf '%s\n' "$@" > "$ASKED"
"#;

const REPORT: &str = "\
**Changed**: another server, for the access token: `a` → `b`

## What the new API spec means

- **release**: `minor`: 3 changes, 0 break users' code

### Additions (3)

- `Thing.extra`
";

/// A repository with an origin, and how its fake programs behave.
struct Repository {
    directory: TempDir,
    newer: &'static str,
    update: &'static str,
    gate: &'static str,
}

impl Repository {
    fn new() -> Self {
        let repository = Self {
            directory: tempfile::tempdir().unwrap(),
            newer: "openapi-1.37.json",
            update: "0",
            gate: "0",
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/spec");
        repository.program("work/.ci/spec", &fs::read_to_string(script).unwrap());
        let shell = "#!/usr/bin/env bash\n";
        repository.program(
            "work/.ci/run",
            &format!("{shell}echo the gate; exit $GATE\n"),
        );
        repository.program("work/.ci/features", &format!("{shell}echo the features\n"));
        repository.program("bin/cargo", &format!("{shell}{CARGO}"));
        repository.program("bin/gh", &format!("{shell}{GH}"));
        repository.write("work/spec/source.yaml", "version: '1.35'\n");
        repository.write("work/.gitignore", "/target\n");
        repository.write("report.md", REPORT);
        repository.git(&["init", "--quiet", "--bare", "../origin.git"]);
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.git(&["remote", "add", "origin", "../origin.git"]);
        repository.git(&["add", "--all"]);
        let name = ["-c", "user.name=n", "-c", "user.email=e"];
        let commit = ["commit", "--quiet", "--message=m", "--no-gpg-sign"];
        repository.git(&[&name[..], &commit[..]].concat());
        repository
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(args)
            .current_dir(self.path("work"))
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn run(&self, args: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new(self.path("work/.ci/spec"))
            .args(args)
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .envs([("NEWER", self.newer), ("UPDATE", self.update)])
            .envs([("GATE", self.gate), ("GH_TOKEN", "secret")])
            .env("REPORT", self.path("report.md"))
            .env("ASKED", self.path("asked"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .env_remove("GITHUB_REF_NAME")
            .env_remove("GITHUB_RUN_ID")
            .output()
            .unwrap()
    }

    /// Runs the script. Returns the arguments of `gh`, and the body of the pull request.
    #[track_caller]
    fn propose(&self) -> (Vec<String>, String) {
        let output = self.run(&[]);
        assert!(output.status.success(), "{output:?}");
        let asked = fs::read_to_string(self.path("asked")).unwrap();
        let body = fs::read_to_string(self.path("work/target/spec/body.md")).unwrap();
        (asked.lines().map(str::to_owned).collect(), body)
    }

    fn branches(&self) -> String {
        self.git(&["ls-remote", "--heads", "origin"])
    }
}

#[test]
fn an_update_that_passes_the_gate_is_proposed_with_its_report() {
    let repository = Repository::new();
    let (asked, body) = repository.propose();
    let title = "Spec 1.37: minor: 3 changes, 0 break users' code";
    assert_eq!(
        asked[..7],
        [
            "pr",
            "create",
            "--base",
            "main",
            "--head",
            "spec/openapi-1.37",
            "--title"
        ]
    );
    assert_eq!(asked[7], title);
    assert!(!asked.contains(&"--draft".to_owned()), "{asked:?}");
    let (first, rest) = body.split_once("\n\n").unwrap();
    assert!(first.starts_with("**Changed**: another server"), "{body}");
    assert!(
        rest.starts_with("`.ci/run` and `.ci/features` passed with this commit."),
        "{body}"
    );
    assert!(rest.contains("- `Thing.extra`"), "{body}");
    assert!(
        repository
            .branches()
            .contains("refs/heads/spec/openapi-1.37")
    );
    let changed = repository.git(&[
        "show",
        "--name-only",
        "--format=",
        "origin/spec/openapi-1.37",
    ]);
    assert_eq!(changed, "spec/openapi.yaml\n");
}

#[test]
fn nothing_happens_without_a_newer_spec_or_if_the_branch_exists() {
    let mut repository = Repository::new();
    repository.newer = "";
    assert!(repository.run(&[]).status.success());
    assert_eq!(repository.branches(), "");
    repository.newer = "openapi-1.37.json";
    repository.git(&[
        "push",
        "--quiet",
        "origin",
        "main:refs/heads/spec/openapi-1.37",
    ]);
    let output = repository.run(&[]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said, "spec/openapi-1.37 exists: nothing to do\n");
    assert!(!repository.path("asked").exists());
}

/// A spec that was published again with the vendored number gets another branch name.
#[test]
fn other_bytes_with_the_vendored_number_are_another_proposal() {
    let mut repository = Repository::new();
    repository.newer = "openapi-1.35.json";
    let (asked, _) = repository.propose();
    assert_eq!(asked[5], "spec/openapi-1.35-ca3d163b");
    assert!(asked[7].starts_with("Spec 1.35: "), "{asked:?}");
}

#[test]
fn a_stopped_update_and_a_failing_gate_open_a_draft() {
    for (update, gate, title, body) in [
        (
            "2",
            "0",
            "the update is stopped: minor",
            "    the update's words with ``` in them\n",
        ),
        (
            "1",
            "0",
            "hand-written code does not fit: minor",
            "    the update's words",
        ),
        ("0", "1", "the gate fails: minor", "    the gate\n"),
    ] {
        let mut repository = Repository::new();
        (repository.update, repository.gate) = (update, gate);
        let (asked, said) = repository.propose();
        assert_eq!(asked.last().unwrap(), "--draft");
        assert!(
            asked[7].starts_with(&format!("Spec 1.37, {title}")),
            "{asked:?}"
        );
        assert!(said.contains(body), "{said}");
        assert!(said.contains("- `Thing.extra`"), "{said}");
    }
}

#[test]
fn a_long_report_becomes_a_summary() {
    let repository = Repository::new();
    let long = format!("{REPORT}{}", "- `a line of it`\n".repeat(6000));
    repository.write("report.md", &long);
    let (_, body) = repository.propose();
    assert!(body.len() < 2000, "{}", body.len());
    assert!(
        body.contains("- **release**: `minor`") && body.contains("- Additions (3)\n"),
        "{body}"
    );
    assert!(!body.contains("a line of it"), "{body}");
    assert!(
        body.contains("all of it is in the output of the workflow's run"),
        "{body}"
    );
    assert_eq!(
        fs::read_to_string(repository.path("summary.md")).unwrap(),
        long
    );
}

#[test]
fn a_local_run_pushes_nothing() {
    let repository = Repository::new();
    let output = repository.run(&["--local"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(repository.branches(), "");
    assert!(!repository.path("asked").exists());
    repository.write("work/left.txt", "");
    let output = repository.run(&["--local"]);
    assert_eq!(output.status.code(), Some(2));
}
