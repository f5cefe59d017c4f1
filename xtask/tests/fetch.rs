//! Tests `fetch` against a site on loopback: what is found, what is a miss, and which errors change
//! nothing.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its site must fail"
)]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use oura_codegen::oura::POLICY;
use tempfile::TempDir;
use xtask::fetch::http::{Client, Limits};
use xtask::fetch::probe::{Found, MISSES, search};
use xtask::fetch::{download, fetch};
use xtask::source::{SourceRecord, Vendored, sha256};
use xtask::version::Version;
use xtask::{Failure, Status};

/// The response of the site at a path. All other paths are 403, as on Oura's site.
#[derive(Clone)]
enum Response {
    /// A whole response.
    Whole(u16, String),
    /// A response of this many bytes less than its header says.
    Cut(usize, String),
    /// Half a response without a length, then the end.
    Half(String),
    /// Half a response, and then nothing, without an end.
    Stuck(String),
    /// A redirect.
    To(String),
}

/// A site on a free port. Its thread ends with the test's process.
struct Site {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
    /// Held by responses that never end.
    _open: Sender<()>,
}

impl Site {
    fn new(responses: impl IntoIterator<Item = (&'static str, Response)>) -> Self {
        let responses: HashMap<String, Response> = responses
            .into_iter()
            .map(|(version, response)| (format!("/openapi-{version}.json"), response))
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (open, ended) = channel();
        let log = Arc::clone(&asked);
        let ended = Arc::new(Mutex::new(ended));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (responses, log) = (responses.clone(), Arc::clone(&log));
                let ended = Arc::clone(&ended);
                thread::spawn(move || respond(stream, &responses, &log, &ended));
            }
        });
        Self {
            address,
            asked,
            _open: open,
        }
    }

    fn template(&self) -> String {
        format!("{}/openapi-{{version}}.json", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads the path of a request, and checks that the request names the program.
fn read_request(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next()?;
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let agent = "user-agent: oura-generated-xtask/";
    let mut names = headers.iter().map(|line| line.to_lowercase());
    assert!(names.any(|line| line.starts_with(agent)), "{headers:?}");
    Some(first.split(' ').nth(1)?.to_owned())
}

/// Reads one request and responds to it. A client that closes the connection early is not an error.
fn respond(
    mut stream: TcpStream,
    responses: &HashMap<String, Response>,
    log: &Mutex<Vec<String>>,
    ended: &Mutex<Receiver<()>>,
) {
    let Some(path) = read_request(&stream) else {
        return;
    };
    log.lock().unwrap().push(path.clone());
    let forbidden = Response::Whole(403, "<Error>AccessDenied</Error>".to_owned());
    let response = responses.get(&path).cloned().unwrap_or(forbidden);
    let head = |status: u16, more: String| {
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{more}\r\n")
    };
    let length = |length: usize| format!("content-length: {length}\r\n");
    let bytes = match &response {
        Response::Whole(status, body) => head(*status, length(body.len())) + body,
        Response::Cut(missing, body) => head(200, length(body.len() + missing)) + body,
        Response::Half(body) => head(200, String::new()) + body,
        Response::Stuck(body) => head(200, length(body.len() * 2)) + body,
        Response::To(location) => head(302, format!("location: {location}\r\n")) + "",
    };
    let _ = stream.write_all(bytes.as_bytes());
    if let Response::Stuck(_) = response {
        // Waits until the test has ended.
        let _ = ended.lock().unwrap().recv();
    }
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read(&mut [0; 64]);
}

/// A spec of Oura's that differs by its title.
fn spec(title: &str) -> String {
    format!(
        r#"{{"openapi": "3.1.0", "info": {{"title": "{title}"}},
            "paths": {{"/v2/usercollection/personal_info": {{}}}}}}"#
    )
}

fn whole(title: &str) -> Response {
    Response::Whole(200, spec(title))
}

fn record(place: &Site, vendored: Vendored) -> SourceRecord {
    SourceRecord {
        url: place.template(),
        mirrors: Vec::new(),
        vendored,
        sha256: Some(sha256(spec("vendored").as_bytes())),
        fetched: None,
    }
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn at(text: &str) -> Vendored {
    Vendored::Version(version(text))
}

fn client() -> Client {
    Client::new(Limits::default())
}

/// Searches with few misses in a row.
fn found(record: &SourceRecord) -> Result<Found, String> {
    match search(record, &client(), &POLICY, 3) {
        Ok(found) => Ok(found),
        Err(Failure::Other(message)) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

fn newer(found: &Found) -> Vec<String> {
    found.newer.iter().map(Version::to_string).collect()
}

#[test]
fn numbers_are_skipped_and_sorted_as_numbers() {
    let place = Site::new([
        ("1.9", whole("vendored")),
        ("1.11", whole("b")),
        ("1.14", whole("c")),
        ("2.0", whole("d")),
        ("2.4", whole("e")),
        ("3.2", whole("out of reach")),
    ]);
    let found = found(&record(&place, at("1.9"))).unwrap();
    assert_eq!(newer(&found), ["1.11", "1.14", "2.0", "2.4"]);
    let newest = found.newest.unwrap();
    assert_eq!(newest.text, spec("e"));
    assert_eq!(newest.version, Some(version("2.4")));
    assert!(!found.republished);
}

#[test]
fn nothing_newer_is_reported_after_twenty_misses_and_the_next_major_number() {
    let place = Site::new([("1.35", whole("vendored"))]);
    let record = record(&place, at("1.35"));
    let found = search(&record, &client(), &POLICY, MISSES).unwrap();
    assert_eq!((newer(&found), found.newest), (Vec::new(), None));
    let asked = place.asked();
    let minors = (36..=55).map(|minor| format!("1.{minor}"));
    let all = ["1.35".to_owned()].into_iter().chain(minors);
    let all = all.chain(["2.0".to_owned(), "2.1".to_owned()]);
    let all: Vec<String> = all
        .map(|number| format!("/openapi-{number}.json"))
        .collect();
    assert_eq!(asked, all);
}

/// If the number of the vendored spec is unknown, its bytes are not compared.
#[test]
fn a_spec_without_a_number_is_searched_from_the_one_before() {
    let place = Site::new([("1.33", whole("before")), ("1.34", whole("a"))]);
    let found = found(&record(&place, Vendored::After(version("1.33")))).unwrap();
    assert_eq!(
        (newer(&found), found.republished),
        (vec!["1.34".to_owned()], false)
    );
}

#[test]
fn other_bytes_under_the_vendored_number_are_newer() {
    let place = Site::new([("1.35", whole("corrected"))]);
    let found = found(&record(&place, at("1.35"))).unwrap();
    assert!(found.republished && found.newer.is_empty());
    assert_eq!(found.newest.unwrap().text, spec("corrected"));
}

#[test]
fn a_site_that_refuses_everything_is_an_error() {
    let place = Site::new([]);
    let error = found(&record(&place, at("1.35"))).unwrap_err();
    assert!(
        error.contains("no URL has 1.35, which was published"),
        "{error}"
    );
    assert!(error.contains("/openapi-1.35.json: status 403"), "{error}");
    assert_eq!(place.asked().len(), 1);
}

#[test]
fn a_mirror_is_asked_where_the_site_lacks_the_vendored_version() {
    let (place, mirror) = (
        Site::new([("1.36", whole("unseen"))]),
        Site::new([("1.35", whole("vendored")), ("1.37", whole("b"))]),
    );
    let mirrors = vec![mirror.template()];
    let record = SourceRecord {
        mirrors,
        ..record(&place, at("1.35"))
    };
    let found = found(&record).unwrap();
    assert_eq!(newer(&found), ["1.37"]);
    assert_eq!(found.template, mirror.template());
}

#[test]
fn a_body_that_is_not_a_spec_is_a_miss() {
    let page = "<!doctype html><title>Oura</title>".to_owned();
    let place = Site::new([
        ("1.35", whole("vendored")),
        ("1.36", Response::Whole(200, page)),
        (
            "1.37",
            Response::Whole(200, r#"{"detail": "Not found"}"#.to_owned()),
        ),
        ("1.38", Response::Whole(410, String::new())),
        ("1.39", whole("b")),
        ("1.40", Response::Whole(404, String::new())),
        ("1.41", Response::Whole(200, String::new())),
    ]);
    let record = record(&place, at("1.35"));
    let found = search(&record, &client(), &POLICY, 4).unwrap();
    assert_eq!(newer(&found), ["1.39"]);
}

#[test]
fn other_responses_end_the_search() {
    let other = spec("x").replace("/v2/usercollection/personal_info", "/pets");
    let half = spec("x")[..60].to_owned();
    for (response, expected) in [
        (Response::Whole(500, String::new()), "status 500"),
        (
            Response::Whole(429, String::new()),
            "status 429, so it was asked too often",
        ),
        (Response::Whole(401, String::new()), "status 401"),
        (Response::Cut(10, spec("x")), "the body is truncated"),
        (Response::Half(half), "the body is truncated"),
        (
            Response::Whole(200, r#"{"openapi": <html>}"#.to_owned()),
            "the body is not valid JSON",
        ),
        (Response::Whole(200, other), "the spec is of another API"),
        (
            Response::To("https://evil.example/x".to_owned()),
            "redirects to another host",
        ),
        (
            Response::To("//evil.example/x".to_owned()),
            "redirects to //evil.example/x",
        ),
        (
            Response::To("http://evil.example/x".to_owned()),
            "http is for this machine only",
        ),
        (
            Response::To("/openapi-1.37.json".to_owned()),
            "redirects more than",
        ),
    ] {
        let place = Site::new([
            ("1.35", whole("vendored")),
            ("1.36", whole("a")),
            ("1.37", response),
        ]);
        let error = found(&record(&place, at("1.35"))).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains("/openapi-1.37.json: "), "{error}");
        assert!(error.ends_with("found before that: 1.36"), "{error}");
    }
}

#[test]
fn a_redirect_on_the_same_host_is_followed() {
    let place = Site::new([
        ("1.35", Response::To("/openapi-moved.json".to_owned())),
        ("moved", whole("vendored")),
    ]);
    let found = found(&record(&place, at("1.35"))).unwrap();
    assert!(!found.republished);
}

#[test]
fn a_body_that_never_ends_and_one_that_is_too_large_are_errors() {
    let limits = Limits {
        timeout: Duration::from_millis(300),
        bytes: 1000,
    };
    let large = spec(&"x".repeat(1000));
    for (response, expected) in [
        (
            Response::Stuck(spec("x")),
            "no complete response within 300ms",
        ),
        (
            Response::Whole(200, large.clone()),
            "the body is larger than 1000 bytes",
        ),
        (Response::Half(large), "the body is larger than 1000 bytes"),
    ] {
        let place = Site::new([("1.35", whole("vendored")), ("1.36", response)]);
        let record = record(&place, at("1.35"));
        match search(&record, &Client::new(limits), &POLICY, 3) {
            Err(Failure::Other(error)) => assert!(error.contains(expected), "{error}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Without a limit, a site that has a spec for every number would be asked for ever.
#[test]
fn a_site_that_has_everything_is_an_error() {
    struct Everything;
    impl xtask::fetch::probe::Site for Everything {
        fn get(&self, _: &str) -> Result<xtask::fetch::probe::Answer, String> {
            Ok(xtask::fetch::probe::Answer::Body(
                spec("vendored").into_bytes(),
            ))
        }
    }
    let place = Site::new([]);
    let record = record(&place, at("1.35"));
    match search(&record, &Everything, &POLICY, 3) {
        Err(Failure::Other(error)) => assert!(error.contains("a spec for every number"), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn http_is_used_on_this_machine_only() {
    for (url, expected) in [
        (
            "http://api.ouraring.com/x.json",
            "http is for this machine only: use https",
        ),
        (
            "http://127.0.0.1.evil.example/x.json",
            "http is for this machine only",
        ),
        (
            "https://user:secret@api.ouraring.com/x",
            "the URL has user information",
        ),
        ("ftp://127.0.0.1/x", "the URL must begin with https://"),
        ("https:///x", "not a URL"),
    ] {
        match download(url, None, &client()) {
            Err(Failure::Other(error)) => assert!(error.contains(expected), "{url}: {error}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    let place = Site::new([("1.36", whole("a"))]);
    let url = format!("{}/openapi-1.36.json", place.address);
    let published = download(&url, None, &client()).unwrap();
    assert_eq!(published.version, Some(version("1.36")));
    assert_eq!(published.text, spec("a"));
    let given = download(&url, Some(version("1.99")), &client()).unwrap();
    assert_eq!(given.version, Some(version("1.99")));
}

/// A workspace with the record alone.
fn workspace(record: &SourceRecord) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("spec")).unwrap();
    fs::write(directory.path().join("spec/source.yaml"), record.to_yaml()).unwrap();
    let out = directory.path().join("new.json");
    (directory, out)
}

#[test]
fn the_newest_is_saved_and_nothing_else_is() {
    let place = Site::new([
        ("1.35", whole("vendored")),
        ("1.36", whole("a")),
        ("1.37", whole("b")),
    ]);
    let (directory, out) = workspace(&record(&place, at("1.35")));
    let status = fetch(directory.path(), Some(&out), &client(), 3).unwrap();
    assert_eq!(status, Status::Done);
    assert_eq!(fs::read_to_string(&out).unwrap(), spec("b"));
    let (directory, out) = workspace(&record(&place, at("1.37")));
    fs::write(&out, "older").unwrap();
    // The site's 1.37 has other bytes than the recorded one, so it counts as newer.
    fetch(directory.path(), Some(&out), &client(), 3).unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), spec("b"));
}

#[test]
fn without_news_and_after_an_error_no_file_changes() {
    let quiet = Site::new([("1.35", whole("vendored"))]);
    let (directory, out) = workspace(&record(&quiet, at("1.35")));
    fetch(directory.path(), Some(&out), &client(), 3).unwrap();
    assert!(!out.exists());
    let broken = Site::new([
        ("1.35", whole("vendored")),
        ("1.36", whole("a")),
        ("1.37", Response::Cut(1, spec("b"))),
    ]);
    let (directory, out) = workspace(&record(&broken, at("1.35")));
    assert!(fetch(directory.path(), Some(&out), &client(), 3).is_err());
    assert!(!out.exists());
    fs::write(directory.path().join("spec/source.yaml"), "url: x\n").unwrap();
    match fetch(directory.path(), Some(&out), &client(), 3) {
        Err(Failure::Other(error)) => assert!(error.starts_with("spec/source.yaml: "), "{error}"),
        other => panic!("{other:?}"),
    }
}
