//! The example `login` as a program: what a user sees, what two of them do to one
//! file, and what is left when one is killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::oauth_support::{AuthServer, Directory, access_token, field, refresh_token, token};
use crate::support::Answer;
use oura_generated::oauth::Token;

/// The example, which is built along with the tests of the package.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("it has a path");
    let path = test
        .ancestors()
        .nth(2)
        .expect("a directory")
        .join("examples/login");
    assert!(
        path.exists(),
        "build the example `login` with the feature `testing` first"
    );
    path
}

/// A user's machine: where the browser goes, and where the token is.
struct Machine {
    server: AuthServer,
    directory: Directory,
    redirect_uri: String,
}

impl Machine {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = free.local_addr().expect("it is bound");
        Self {
            server: AuthServer::start(),
            directory: Directory::new(),
            redirect_uri: format!("http://{address}/callback"),
        }
    }

    fn with_token(token: &Token) -> Self {
        let machine = Self::new();
        std::fs::write(machine.directory.file(), token.to_json().as_bytes()).expect("room");
        machine
    }

    /// Starts the example; `shell` runs it as `"$0"`.
    fn start(&self, shell: &str) -> Child {
        let url = &self.server.url;
        Command::new("sh")
            .args(["-c", shell])
            .arg(example())
            .env("OURA_CLIENT_ID", "id-1")
            .env("OURA_CLIENT_SECRET", "SECRET-client")
            .env("OURA_REDIRECT_URI", &self.redirect_uri)
            .env("OURA_TOKEN_FILE", self.directory.file())
            .env("OURA_AUTHORIZATION_URL", format!("{url}/oauth/authorize"))
            .env("OURA_TOKEN_URL", format!("{url}/oauth/token"))
            .env("OURA_BASE_URL", url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs")
    }

    fn run(&self, shell: &str) -> Output {
        self.start(shell).wait_with_output().expect("it ends")
    }

    /// Runs the example and plays its user and browser. What it printed.
    fn log_in(&self) -> String {
        let mut program = self.start(PLAIN);
        let mut lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
        let mut printed = String::new();
        for line in lines.by_ref().map(|line| line.expect("text")) {
            printed.push_str(&line);
            printed.push('\n');
            if let Some((_, state)) = line.split_once("&state=") {
                self.play_browser(state);
            }
        }
        let status = program.wait().expect("it ends");
        let mut errors = String::new();
        let mut pipe = program.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut errors).expect("text");
        assert!(status.success(), "{printed}{errors}");
        printed
    }

    fn play_browser(&self, state: &str) {
        let send = |head: &str| {
            let address = self.redirect_uri.trim_start_matches("http://");
            let address = address.trim_end_matches("/callback");
            let mut stream = TcpStream::connect(address).expect("it listens");
            write!(stream, "{head}\r\n\r\n").expect("it reads");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("text");
            answer.split(' ').nth(1).expect("a status").to_owned()
        };
        let open = |path: &str| send(&format!("GET {path} HTTP/1.1"));
        // A browser asks for more than it is sent to, and so do others.
        assert_eq!(open("/favicon.ico"), "404");
        assert_eq!(open("/callback?code=forged&state=forged"), "400");
        let endless = format!("POST /callback HTTP/1.1\r\ncontent-length: {}", u64::MAX);
        assert_eq!(send(&endless), "404");
        assert_eq!(open(&format!("/callback?code=c-1&state={state}")), "200");
    }

    fn stored(&self) -> Token {
        let json = std::fs::read_to_string(self.directory.file()).expect("it is there");
        Token::from_json(&json).expect("a whole token")
    }
}

const PLAIN: &str = r#"exec "$0""#;
const NIGHT: &str = "Night to 2025-03-02: 23:12 to 07:03\n  asleep  7 h 14 min\n";

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

fn assert_night(output: &Output) {
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(printed.starts_with(NIGHT), "{printed}{errors}");
}

#[test]
fn it_runs_without_a_network() {
    let output = Command::new(example())
        .env_remove("OURA_CLIENT_ID")
        .output()
        .expect("it runs");
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(printed.contains("Logged in."), "{printed}");
    assert!(
        printed.contains("Night to ") && printed.contains("  asleep  "),
        "{printed}"
    );
}

#[test]
fn a_user_logs_in_once() {
    let machine = Machine::new();
    let printed = machine.log_in();
    assert!(printed.contains("scope=daily&state="), "{printed}");
    assert!(printed.contains(NIGHT), "{printed}");
    assert!(!printed.contains("SECRET"), "{printed}");
    let requests = machine.server.token_requests();
    assert_eq!(field(&requests[0], "code"), Some("c-1"));
    let output = machine.run(PLAIN);
    assert_night(&output);
    assert_eq!(machine.server.token_requests().len(), 1);
}

#[test]
fn two_processes_refresh_once() {
    let machine = Machine::with_token(&token(1, -5));
    machine.server.state().delay = Duration::from_millis(300);
    let programs = [(); 3].map(|()| machine.start(PLAIN));
    for program in programs {
        let output = program.wait_with_output().expect("it ends");
        assert_night(&output);
    }
    assert_eq!(machine.server.token_requests().len(), 1);
    assert_eq!(machine.stored().access.expose(), access_token(2));
}

#[test]
fn a_full_disk_is_an_error_and_the_old_token_is_kept() {
    let machine = Machine::with_token(&token(1, -5));
    // No file may have a byte, and to try is an error.
    let output = machine.run(r#"trap '' XFSZ; ulimit -f 0; exec "$0""#);
    assert_night(&output);
    let errors = text(&output.stderr);
    assert!(errors.contains("the token is not stored yet"), "{errors}");
    assert!(!errors.contains("SECRET"), "{errors}");
    assert!(!output.status.success());
    assert_eq!(machine.stored().access.expose(), access_token(1));
    assert_eq!(machine.directory.names(), ["token.json", "token.json.lock"]);
}

#[test]
fn a_crash_between_answer_and_store_asks_the_user_and_nothing_else() {
    let machine = Machine::with_token(&token(1, -5));
    // The first byte of the new token kills the program.
    let output = machine.run(r#"ulimit -c 0; ulimit -f 0; exec "$0""#);
    assert_eq!(output.status.code(), None, "{}", text(&output.stdout));
    assert_eq!(
        machine.server.state().number,
        2,
        "the server has rotated the token"
    );
    assert_eq!(
        machine.stored().refresh.expect("one").expose(),
        refresh_token(1)
    );
    // Neither the lock nor a partial file prevents the next login.
    let printed = machine.log_in();
    assert!(printed.contains("authorize again"), "{printed}");
    assert!(printed.contains(NIGHT), "{printed}");
    let refreshes = machine.server.token_requests();
    let refreshes = refreshes
        .iter()
        .filter(|r| field(r, "refresh_token").is_some());
    assert_eq!(
        refreshes.count(),
        2,
        "the used token was sent again and again"
    );
    assert_eq!(machine.directory.names(), ["token.json", "token.json.lock"]);
}

#[test]
fn a_denied_authorization_is_an_error() {
    let machine = Machine::new();
    let mut program = machine.start(PLAIN);
    let lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
    let mut lines = lines.map(|line| line.expect("text"));
    let state = lines.find_map(|line| Some(line.split_once("&state=")?.1.to_owned()));
    let state = state.expect("it asks");
    let address = machine.redirect_uri.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address.trim_end_matches("/callback")).expect("it listens");
    let path = format!("/callback?error=access_denied&state={state}");
    write!(stream, "GET {path} HTTP/1.1\r\n\r\n").expect("it reads");
    let output = program.wait_with_output().expect("it ends");
    let errors = text(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("access_denied"), "{errors}");
    assert!(!machine.directory.file().exists());
}

#[test]
fn a_server_that_answers_nonsense_is_not_quoted() {
    let machine = Machine::with_token(&token(1, -5));
    machine.server.script(Answer::json("<html>SECRET</html>"));
    let output = machine.run(PLAIN);
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{printed}");
    assert!(
        !printed.contains("SECRET") && !errors.contains("SECRET"),
        "{errors}"
    );
    assert_eq!(machine.stored().access.expose(), access_token(1));
}
