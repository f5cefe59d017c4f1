//! An HTTP server on this machine that sends what a test scripts.
//!
//! It reads requests by hand, so that a test sees exactly what was sent, and it can misbehave in
//! ways that no HTTP library allows. Other tests use the embedded Oura server, or a server in
//! memory.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oura_generated::{Client, ClientBuilder, http};

use super::{Request, Response};

/// What the server sends.
#[derive(Clone, Debug)]
pub enum Script {
    Whole(Response),
    /// A response with this much time between two bytes of the body.
    Dripping(Response, Duration),
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
}

impl From<Response> for Script {
    fn from(response: Response) -> Self {
        Self::Whole(response)
    }
}

/// The server. It stops when the process does.
pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that sends what `script` says for a request and its number.
    pub fn start<S: Into<Script>>(
        script: impl Fn(usize, &Request) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let server = Self {
            url: format!("http://{}", listener.local_addr().expect("it is bound")),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, script) = (Arc::clone(&server.requests), Arc::new(script));
        let connections = Arc::clone(&server.connections);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, script) = (Arc::clone(&requests), Arc::clone(&script));
                let script = move |number, request: &Request| script(number, request).into();
                std::thread::spawn(move || serve(stream, &requests, script));
            }
        });
        server
    }

    /// Starts a server that always sends the same.
    pub fn always(script: impl Into<Script>) -> Self {
        let script = script.into();
        Self::start(move |_, _| script.clone())
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        let requests = self.requests.lock().expect("no test panics with it");
        requests.clone()
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn builder(&self) -> ClientBuilder {
        let builder = Client::builder().base_url(&self.url);
        builder.access_token("token-1")
    }
}

fn serve(
    mut stream: TcpStream,
    requests: &Mutex<Vec<Request>>,
    script: impl Fn(usize, &Request) -> Script,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("sockets can be cloned"));
    while let Some(request) = read_request(&mut reader) {
        let number = {
            let mut requests = requests.lock().expect("no test panics with it");
            requests.push(request.clone());
            requests.len() - 1
        };
        let sent = match script(number, &request) {
            Script::Whole(response) => write(&mut stream, &response, None),
            Script::Dripping(response, gap) => write(&mut stream, &response, Some(gap)),
            Script::Raw(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let line = read_line(reader)?;
    let mut words = line.split_whitespace();
    let builder = http::Request::builder().method(words.next()?);
    let mut builder = builder.uri(words.next()?);
    while let Some((name, value)) = read_line(reader)?.trim_end().split_once(':') {
        builder = builder.header(name, value.trim());
    }
    let request = builder.body(()).expect("clients send HTTP");
    let length = request.headers().get("content-length");
    let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(request.map(|()| body.into()))
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    Some(line)
}

fn write(stream: &mut TcpStream, response: &Response, gap: Option<Duration>) -> io::Result<()> {
    let body = response.body();
    let mut bytes = format!("HTTP/1.1 {} X\r\n", response.status().as_u16()).into_bytes();
    for (name, value) in response.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    if response.status() != http::StatusCode::NO_CONTENT {
        bytes.extend(format!("content-length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    let Some(gap) = gap else {
        bytes.extend(body);
        return stream.write_all(&bytes);
    };
    stream.write_all(&bytes)?;
    for byte in body {
        stream.write_all(&[*byte])?;
        std::thread::sleep(gap);
    }
    Ok(())
}
