//! The default transport. No other file names a type of reqwest, except for its TLS and
//! `configure_http`.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method};

use crate::runtime::call::base_url::BaseUrl;
use crate::runtime::error::Error;
use crate::runtime::transport::{
    Transport, TransportError, TransportErrorKind, TransportFuture, tls,
};

/// How long the body of an error response may take: its status is there by then, and must not
/// be lost to a body that does not end.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings that users can change.
#[derive(Default)]
pub(crate) struct HttpSettings {
    pub(crate) proxy: Option<String>,
    /// PEM, each of one or several certificates.
    pub(crate) roots: Vec<Vec<u8>>,
    #[cfg(feature = "unstable-reqwest")]
    pub(crate) configure: Option<Configure>,
}

#[cfg(feature = "unstable-reqwest")]
type Configure = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send>;

impl HttpSettings {
    pub(crate) fn connect(
        self,
        base_url: &BaseUrl,
        connect_timeout: Duration,
        max_body_bytes: usize,
    ) -> Result<Box<dyn Transport>, Error> {
        let mut builder = reqwest::Client::builder().connect_timeout(connect_timeout);
        match self.proxy {
            Some(url) => {
                let proxy = reqwest::Proxy::all(url).map_err(|_| {
                    Error::config("the proxy is not a URL such as `http://host:port`")
                })?;
                builder = builder.proxy(proxy);
            }
            // A proxy of the environment must not see what is meant for this machine.
            None if base_url.is_loopback => builder = builder.no_proxy(),
            None => {}
        }
        let builder = tls::set_up(builder, &self.roots, base_url)?;
        #[cfg(feature = "unstable-reqwest")]
        let builder = match self.configure {
            Some(configure) => configure(builder),
            None => builder,
        };
        let client = keep_safe(builder, base_url)
            .build()
            .map_err(|error| Error::Config {
                message: "the HTTP client cannot be set up".to_owned(),
                source: Some(Box::new(HttpError(error.without_url()))),
            })?;
        let base_url = base_url.as_str().parse();
        let base_url = base_url.map_err(|_| Error::config("the base URL is not a URL"))?;
        Ok(Box::new(ReqwestTransport {
            client,
            base_url,
            max_body_bytes,
        }))
    }
}

/// Applies what no setting may undo. Redirects would pass credentials on; decompression is done
/// where its result is bounded.
fn keep_safe(builder: reqwest::ClientBuilder, base_url: &BaseUrl) -> reqwest::ClientBuilder {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .https_only(base_url.is_https)
        .referer(false)
        // It would log headers, credentials included.
        .connection_verbose(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
}

struct ReqwestTransport {
    client: reqwest::Client,
    /// The base URL, parsed once: its host is that of every request.
    base_url: reqwest::Url,
    max_body_bytes: usize,
}

impl Transport for ReqwestTransport {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let request = self.to_request(request);
            let mut response = self
                .client
                .execute(request)
                .await
                .map_err(to_transport_error)?;
            let body = match response.status().is_success() {
                true => self.read_body(&mut response).await?,
                false => self.read_what_comes(&mut response).await,
            };
            let mut whole = http::Response::new(body);
            *whole.status_mut() = response.status();
            *whole.headers_mut() = std::mem::take(response.headers_mut());
            Ok(whole)
        })
    }
}

impl ReqwestTransport {
    /// The client makes all its URLs from the base URL, so path and query are what differs.
    fn to_request(&self, request: http::Request<Bytes>) -> reqwest::Request {
        let (parts, body) = request.into_parts();
        let mut url = self.base_url.clone();
        url.set_path(parts.uri.path());
        url.set_query(parts.uri.query());
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        // Some servers require a content length for these methods, also for an empty body.
        if body.is_empty()
            && matches!(
                *request.method(),
                Method::POST | Method::PUT | Method::PATCH
            )
        {
            let nothing = HeaderValue::from_static("0");
            request.headers_mut().insert(CONTENT_LENGTH, nothing);
        }
        *request.body_mut() = (!body.is_empty()).then(|| body.into());
        request
    }

    async fn read_body(&self, response: &mut reqwest::Response) -> Result<Bytes, TransportError> {
        let announced = response
            .content_length()
            .and_then(|length| length.try_into().ok());
        let announced: usize = announced.unwrap_or_default();
        if announced > self.max_body_bytes {
            return Err(TransportError::body_too_large());
        }
        let too_large = |length: usize| length > self.max_body_bytes;
        let first = response
            .chunk()
            .await
            .map_err(to_transport_error)?
            .unwrap_or_default();
        if too_large(first.len()) {
            return Err(TransportError::body_too_large());
        }
        // Most bodies come in one piece, which then need not be copied.
        let Some(second) = response.chunk().await.map_err(to_transport_error)? else {
            return Ok(first);
        };
        // The announced length is believed up to a size that costs little.
        let mut body = BytesMut::with_capacity(first_capacity(announced, first.len()));
        body.extend_from_slice(&first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            if too_large(body.len() + chunk.len()) {
                return Err(TransportError::body_too_large());
            }
            body.extend_from_slice(&chunk);
            next = response.chunk().await.map_err(to_transport_error)?;
        }
        Ok(body.freeze())
    }

    /// Reads the body of an error response within the limits of time and size: what counts is the
    /// status.
    async fn read_what_comes(&self, response: &mut reqwest::Response) -> Bytes {
        let mut body = BytesMut::new();
        let read = async {
            while let Ok(Some(chunk)) = response.chunk().await {
                let room = self.max_body_bytes - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() == self.max_body_bytes {
                    break;
                }
            }
        };
        // The part that came until then is kept.
        let _ = tokio::time::timeout(ERROR_BODY_TIMEOUT, read).await;
        body.freeze()
    }
}

/// The capacity for a body: the announced length is believed up to a size that costs little. A
/// chunk that has arrived fits in any case.
fn first_capacity(announced: usize, chunk: usize) -> usize {
    announced.min(1 << 20).max(chunk)
}

fn to_transport_error(error: reqwest::Error) -> TransportError {
    let kind = match () {
        () if error.is_connect() && error.is_timeout() => TransportErrorKind::ConnectTimeout,
        () if error.is_connect() => TransportErrorKind::Connect,
        () if error.is_builder() => TransportErrorKind::Other,
        () => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, HttpError(error.without_url()))
}

/// Wraps an error of reqwest in the type of this crate.
struct HttpError(reqwest::Error);

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(feature = "_rustls", feature = "native-tls"))]
    #[tokio::test]
    async fn a_request_for_https_is_never_sent_in_plain() {
        let base_url = BaseUrl::parse("the base URL", "https://a.b", false).expect("a base URL");
        let careless = reqwest::Client::builder().no_proxy().https_only(false);
        let careless = tls::set_up(careless, &[], &base_url).expect("TLS");
        let client = keep_safe(careless, &base_url).build().expect("a client");
        // Nobody listens at this port: only a refusal to try is an error of the URL.
        let sent = client.get("http://127.0.0.1:9").send().await;
        let error = sent.expect_err("it is plain");
        assert!(error.is_builder(), "{error:?}");
    }

    #[test]
    fn a_first_chunk_of_any_length_has_room() {
        let room = [
            (0, 5),
            (10, 5),
            (5, 2 << 20),
            (usize::MAX, 5),
            (2 << 20, 2 << 20),
        ]
        .map(|(announced, chunk)| first_capacity(announced, chunk));
        assert_eq!(room, [5, 10, 2 << 20, 1 << 20, 2 << 20]);
    }
}
