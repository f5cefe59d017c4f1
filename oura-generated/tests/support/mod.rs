//! An HTTP server on this machine that answers as a test tells it to.
//!
//! It reads requests by hand, so that what it saw is what was sent, and it can misbehave in
//! ways that no HTTP library would let it.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "each test file is a crate of its own")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oura_generated::{Client, ClientBuilder};

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub method: String,
    /// Path and query, still encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter of the query, still encoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v)
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Wait so long before the first byte.
    pub delay: Duration,
    /// Instead of all that: these bytes, then the end of the connection.
    pub raw: Option<Vec<u8>>,
    /// Wait so long between one byte of the body and the next.
    pub drip: Option<Duration>,
}

impl Answer {
    pub fn json(body: impl Into<String>) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.into().into_bytes(),
            delay: Duration::ZERO,
            raw: None,
            drip: None,
        }
    }

    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            raw: Some(bytes.into()),
            ..Self::json("")
        }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn dripping(mut self, interval: Duration) -> Self {
        self.drip = Some(interval);
        self
    }
}

/// The server. It stops when the process does.
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts a server that answers by `answer`, which is also given the request's number.
    pub fn start(answer: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { url, received }
    }

    /// Starts a server that always gives the same answer.
    pub fn always(answer: Answer) -> Self {
        Self::start(move |_, _| answer.clone())
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.received
            .lock()
            .expect("no test panics with it")
            .clone()
    }

    /// The only request.
    pub fn only(&self) -> Received {
        let received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        received.into_iter().next().expect("there is one")
    }

    pub fn builder(&self) -> ClientBuilder {
        Client::builder()
            .base_url(&self.url)
            .access_token("token-1")
    }

    pub fn client(&self) -> Client {
        self.builder()
            .client_credentials("id-1", "secret-1")
            .build()
            .expect("it is set up right")
    }
}

fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    answer: &(impl Fn(usize, &Received) -> Answer + ?Sized),
) {
    let mut writer = stream.try_clone().expect("sockets can be cloned");
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let number = {
            let mut log = log.lock().expect("no test panics with it");
            log.push(request.clone());
            log.len() - 1
        };
        let answer = answer(number, &request);
        std::thread::sleep(answer.delay);
        if let Some(raw) = &answer.raw {
            let _ = writer.write_all(raw);
            return;
        }
        if write_answer(&mut writer, &request, &answer).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut request = Received {
        method: words.next()?,
        target: words.next()?,
        ..Received::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = request
        .header("content-length")
        .and_then(|text| text.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn write_answer(
    writer: &mut TcpStream,
    request: &Received,
    answer: &Answer,
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if answer.status != 204 {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    if answer.drip.is_none() && request.method != "HEAD" && answer.status != 204 {
        bytes.extend(&answer.body);
    }
    writer.write_all(&bytes)?;
    if let Some(interval) = answer.drip {
        for byte in &answer.body {
            writer.write_all(&[*byte])?;
            std::thread::sleep(interval);
        }
    }
    Ok(())
}

/// A day of sleep as the server writes it.
pub fn daily_sleep(id: &str, day: &str) -> String {
    format!(
        r#"{{"id":"{id}","contributors":{{"deep_sleep":90}},"day":"{day}","score":83,"timestamp":"{day}T00:00:00+00:00"}}"#
    )
}

/// A page of documents.
pub fn page(documents: &[String], next_token: Option<&str>) -> String {
    let next = next_token.map_or("null".to_owned(), |token| format!("\"{token}\""));
    format!(
        r#"{{"data":[{}],"next_token":{next}}}"#,
        documents.join(",")
    )
}
