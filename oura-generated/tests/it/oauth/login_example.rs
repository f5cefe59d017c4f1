//! The example `login` as a program: what a user sees, how two processes share one
//! file, and what is left when one is killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use futures_util::FutureExt;
use oura_generated::oauth::Token;
use oura_generated::testing::{Fault, Oura, Target, User};
use oura_generated::time::{Date, Month, OffsetDateTime};
use serde_json::json;

use super::{Directory, ending, token_requests};

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
    oura: Oura,
    alice: User,
    directory: Directory,
    redirect_uri: String,
}

impl Machine {
    fn new() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = free.local_addr().expect("it is bound");
        let oura = Oura::start_blocking().expect("a port is free");
        let alice = oura.add_user("alice");
        put_night(&alice);
        Self {
            oura,
            alice,
            directory: Directory::new(),
            redirect_uri: format!("http://{address}/callback"),
        }
    }

    /// A machine with a token that has expired, and the token.
    fn with_token() -> (Self, Token) {
        let machine = Self::new();
        let token = ending(machine.alice.token(), -5);
        std::fs::write(machine.directory.file(), token.to_json().as_bytes()).expect("room");
        (machine, token)
    }

    /// Starts the example; `shell` runs it as `"$0"`.
    fn start(&self, shell: &str) -> Child {
        let url = self.oura.url();
        Command::new("sh")
            .args(["-c", shell])
            .arg(example())
            .env("OURA_CLIENT_ID", self.oura.client_id())
            .env("OURA_CLIENT_SECRET", self.oura.client_secret())
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

    /// Runs the example, acts as its user and browser, and returns what it printed.
    fn log_in(&self) -> String {
        let mut program = self.start(PLAIN);
        let mut lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
        let mut printed = String::new();
        for line in lines.by_ref().map(|line| line.expect("text")) {
            printed.push_str(&line);
            printed.push('\n');
            if line.starts_with(self.oura.url()) {
                self.play_browser(&line);
            }
        }
        let status = program.wait().expect("it ends");
        let mut errors = String::new();
        let mut pipe = program.stderr.take().expect("it is piped");
        pipe.read_to_string(&mut errors).expect("text");
        assert!(status.success(), "{printed}{errors}");
        printed
    }

    fn play_browser(&self, url: &str) {
        let redirect = self.alice.authorize(url).now_or_never();
        let redirect = redirect.expect("she is asked at once");
        let redirect = redirect.expect("the URL is of this server");
        // A browser requests more than the redirect, and so may other programs.
        assert_eq!(self.send("GET /favicon.ico HTTP/1.1"), "404");
        let forged = "GET /callback?code=forged&state=forged HTTP/1.1";
        assert_eq!(self.send(forged), "400");
        let endless = format!("POST /callback HTTP/1.1\r\ncontent-length: {}", u64::MAX);
        assert_eq!(self.send(&endless), "404");
        let path = redirect.trim_start_matches(self.origin());
        assert_eq!(self.send(&format!("GET {path} HTTP/1.1")), "200");
    }

    /// The redirect URI without its path.
    fn origin(&self) -> &str {
        self.redirect_uri.trim_end_matches("/callback")
    }

    /// Sends the head of a request to the program, and returns the status of the response.
    fn send(&self, head: &str) -> String {
        let address = self.origin().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "{head}\r\n\r\n").expect("it reads");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("text");
        response.split(' ').nth(1).expect("a status").to_owned()
    }

    fn assert_no_secrets(&self, text: &str) {
        for secret in [
            "embedded-access",
            "embedded-refresh",
            self.oura.client_secret(),
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    fn stored(&self) -> Token {
        let json = std::fs::read_to_string(self.directory.file()).expect("it is there");
        Token::from_json(&json).expect("a whole token")
    }
}

const PLAIN: &str = r#"exec "$0""#;
const NIGHT: &str = "23:12 to 07:03\n  asleep  7 h 14 min\n";

/// Gives a user one night, which ended today.
fn put_night(user: &User) {
    let long_ago = Date::from_calendar_date(2020, Month::January, 1).expect("a day");
    user.days(long_ago..=long_ago);
    let today = OffsetDateTime::now_utc().date();
    let yesterday = today.previous_day().expect("time has begun before");
    user.put_json(
        "sleep",
        json!({
            "id": "1", "day": today.to_string(), "type": "long_sleep", "period": 0,
            "bedtime_start": format!("{yesterday}T23:12:00+02:00"),
            "bedtime_end": format!("{today}T07:03:00+02:00"),
            "low_battery_alert": false, "time_in_bed": 28260, "total_sleep_duration": 26040,
        }),
    );
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

fn assert_night(output: &Output) {
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(printed.starts_with("Night to "), "{printed}{errors}");
    assert!(printed.contains(NIGHT), "{printed}{errors}");
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
    machine.assert_no_secrets(&printed);
    let output = machine.run(PLAIN);
    assert_night(&output);
    assert_eq!(token_requests(&machine.oura), 1);
}

#[test]
fn two_processes_refresh_once() {
    let (machine, _) = Machine::with_token();
    let delay = Fault::Delay(Duration::from_millis(300));
    let _slow = machine.oura.fail(Target::TokenUrl, delay);
    let programs = [(); 3].map(|()| machine.start(PLAIN));
    for program in programs {
        let output = program.wait_with_output().expect("it ends");
        assert_night(&output);
    }
    assert_eq!(token_requests(&machine.oura), 1);
    assert_eq!(machine.stored().access, machine.alice.token().access);
}

#[test]
fn a_full_disk_is_an_error_and_the_old_token_is_kept() {
    let (machine, token) = Machine::with_token();
    // No file may be longer than zero bytes: a write is an error.
    let output = machine.run(r#"trap '' XFSZ; ulimit -f 0; exec "$0""#);
    assert_night(&output);
    let errors = text(&output.stderr);
    assert!(errors.contains("the token is not stored yet"), "{errors}");
    machine.assert_no_secrets(&errors);
    assert!(!output.status.success());
    assert_eq!(machine.stored().access, token.access);
    assert_eq!(machine.directory.names(), ["token.json", "token.json.lock"]);
}

#[test]
fn a_crash_between_response_and_store_asks_the_user_and_nothing_else() {
    let (machine, token) = Machine::with_token();
    // The first byte of the new token kills the program.
    let output = machine.run(r#"ulimit -c 0; ulimit -f 0; exec "$0""#);
    assert_eq!(output.status.code(), None, "{}", text(&output.stdout));
    let newest = machine.alice.token();
    assert_ne!(newest.access, token.access, "it was not refreshed");
    assert_eq!(machine.stored().refresh, token.refresh);
    // Neither the lock nor a partial file prevents the next login.
    let printed = machine.log_in();
    assert!(printed.contains("authorize again"), "{printed}");
    assert!(printed.contains(NIGHT), "{printed}");
    // The refresh, another one that is refused, and the exchange of the code.
    let requests = token_requests(&machine.oura);
    assert_eq!(requests, 3, "the used token was sent again and again");
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
    let path = format!("/callback?error=access_denied&state={state}");
    machine.send(&format!("GET {path} HTTP/1.1"));
    let output = program.wait_with_output().expect("it ends");
    let errors = text(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("access_denied"), "{errors}");
    assert!(!machine.directory.file().exists());
}

#[test]
fn a_response_that_is_not_json_is_not_quoted() {
    let (machine, token) = Machine::with_token();
    let _half = machine.oura.fail(Target::TokenUrl, Fault::InvalidJson);
    let output = machine.run(PLAIN);
    let (printed, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{printed}");
    machine.assert_no_secrets(&printed);
    machine.assert_no_secrets(&errors);
    assert_eq!(machine.stored().access, token.access);
}
