//! How requests reach the server: over HTTP on this machine, or from memory.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::respond::respond;
use super::response::{Served, Transmission, failure};
use super::state::Server;
use crate::{
    Client, ClientBuilder, Transport, TransportError, TransportErrorKind, TransportFuture,
};

/// The base URL of a server without a socket.
pub(super) const MEMORY_URL: &str = "https://oura.invalid";

/// The longest request of a test, in bytes.
const REQUEST_LIMIT: usize = 1024 * 1024;

/// Accepts connections until the task is aborted; they end with it.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Server>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&shared)));
            }
            // Too many open files, for example: some may be closed soon.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Server>) {
    // Without delay, so that small responses do not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { receive(&shared, request).await }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // It does not matter if the client went away.
    let _ = connection.await;
}

/// Reads a request and processes it; an error ends the connection.
async fn receive(
    shared: &Arc<Server>,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<SentBody>> {
    let (parts, body) = request.into_parts();
    let served = match Limited::new(body, REQUEST_LIMIT).collect().await {
        Ok(body) => {
            let request = http::Request::from_parts(parts, body.to_bytes());
            respond(shared, request).await
        }
        Err(_) => Served {
            response: failure(413, "Request Entity Too Large"),
            transmission: Transmission::Whole,
        },
    };
    let (mut head, body) = served.response.into_parts();
    match served.transmission {
        Transmission::Dropped => return Err(broken()),
        Transmission::Cut => {
            head.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        Transmission::Whole => {}
    }
    let body = SentBody {
        is_cut: served.transmission == Transmission::Cut,
        data: Some(body),
    };
    Ok(http::Response::from_parts(head, body))
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "a fault that the test set")
}

/// The body of a response, whole or half of it.
struct SentBody {
    data: Option<Bytes>,
    is_cut: bool,
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let is_cut = self.is_cut;
        Poll::Ready(match self.data.take() {
            Some(data) if is_cut => Some(Ok(Frame::data(data.slice(..data.len() / 2)))),
            Some(data) if !data.is_empty() => Some(Ok(Frame::data(data))),
            Some(_) => None,
            None if is_cut => Some(Err(broken())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        !self.is_cut && self.data.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.data {
            Some(data) if !self.is_cut => SizeHint::with_exact(data.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

/// A transport that passes requests to the server in memory.
#[derive(Clone)]
pub(super) struct Memory(Weak<Server>);

impl Memory {
    pub(super) fn new(shared: &Arc<Server>) -> Self {
        Self(Arc::downgrade(shared))
    }
}

impl Transport for Memory {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let shared = self.0.upgrade().filter(|shared| !shared.is_closed());
        Box::pin(async move {
            let Some(shared) = shared else {
                let message = "the embedded Oura was dropped";
                return Err(TransportError::new(TransportErrorKind::Connect, message));
            };
            let served = respond(&shared, request).await;
            match served.transmission {
                Transmission::Whole => Ok(served.response),
                Transmission::Cut | Transmission::Dropped => Err(TransportError::new(
                    TransportErrorKind::Interrupted,
                    broken(),
                )),
            }
        })
    }
}

/// The settings of a client that reaches the server.
pub(super) fn client_builder(shared: &Arc<Server>) -> ClientBuilder {
    let builder = Client::builder()
        .base_url(&shared.url)
        .client_credentials(&shared.client_id, shared.client_secret.expose());
    match uses_memory(shared) {
        true => builder.transport(Memory::new(shared)),
        false => builder,
    }
}

/// Whether clients pass requests in memory: the server has no socket, or the crate is built without
/// HTTP.
pub(super) fn uses_memory(shared: &Server) -> bool {
    shared.url == MEMORY_URL || cfg!(not(feature = "reqwest"))
}
