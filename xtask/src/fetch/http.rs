//! Downloads specs over HTTP: a thin layer over `ureq` with limits.
//!
//! Invariants: every request names this program; `http` is used on this machine only; a request
//! never goes to another host than that of the URL.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::header::LOCATION;
use ureq::http::{Response, StatusCode, Uri};

use super::probe::{Answer, Site};

/// The limits of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time from the connection to the end of the body.
    pub timeout: Duration,
    /// The size of a body in bytes.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            bytes: 16 * 1024 * 1024,
        }
    }
}

/// An HTTP client.
#[derive(Debug)]
pub struct Client {
    limits: Limits,
    agent: Agent,
    /// Without the proxy of the environment, for addresses on this machine.
    direct: Agent,
}

const USER_AGENT: &str = concat!("oura-generated-xtask/", env!("CARGO_PKG_VERSION"));

/// The most redirects that are followed.
const REDIRECTS: usize = 5;

impl Client {
    /// A client with these limits.
    pub fn new(limits: Limits) -> Self {
        let config = || {
            Agent::config_builder()
                .user_agent(USER_AGENT)
                .timeout_global(Some(limits.timeout))
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
        };
        Self {
            limits,
            agent: config().build().into(),
            direct: config().proxy(None).build().into(),
        }
    }

    fn send(&self, uri: &Uri) -> Result<Response<ureq::Body>, String> {
        let agent = match is_loopback(uri) {
            true => &self.direct,
            false => &self.agent,
        };
        agent.get(uri).call().map_err(|error| self.reason(error))
    }

    fn read(&self, response: Response<ureq::Body>) -> Result<Vec<u8>, String> {
        let mut body = response.into_body();
        let body = body.with_config().limit(self.limits.bytes);
        body.read_to_vec().map_err(|error| self.reason(error))
    }

    fn reason(&self, error: ureq::Error) -> String {
        use std::io::ErrorKind::UnexpectedEof;
        let Limits { timeout, bytes } = self.limits;
        match error {
            ureq::Error::Timeout(_) => format!("no complete response within {timeout:?}"),
            ureq::Error::BodyExceedsLimit(_) => format!("the body is larger than {bytes} bytes"),
            ureq::Error::Io(error) if error.kind() == UnexpectedEof => {
                "the connection ended early, so the body is truncated".to_owned()
            }
            error => error.to_string(),
        }
    }
}

impl Site for Client {
    fn get(&self, url: &str) -> Result<Answer, String> {
        let mut uri = read_address(url)?;
        for _ in 0..=REDIRECTS {
            let response = self.send(&uri)?;
            let status = response.status();
            match status {
                StatusCode::OK => return self.read(response).map(Answer::Body),
                StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
                    return Ok(Answer::Nothing(status.as_u16()));
                }
                _ if status.is_redirection() => uri = redirected(&uri, &response)?,
                StatusCode::TOO_MANY_REQUESTS => {
                    return Err("status 429, so it was asked too often: try later".to_owned());
                }
                _ => return Err(format!("status {}", status.as_u16())),
            }
        }
        Err(format!("it redirects more than {REDIRECTS} times"))
    }
}

/// Parses a URL that may be asked: `https`, or `http` on this machine.
fn read_address(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|error| format!("not a URL: {error}"))?;
    let has_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    match uri.scheme_str() {
        _ if uri.host().unwrap_or_default().is_empty() => Err("the URL has no host".to_owned()),
        _ if has_user => Err("the URL has user information: leave it out".to_owned()),
        Some("https") => Ok(uri),
        Some("http") if is_loopback(&uri) => Ok(uri),
        Some("http") => Err("http is for this machine only: use https".to_owned()),
        _ => Err("the URL must begin with https://".to_owned()),
    }
}

/// The URL of a redirect, which must have the same scheme and host.
fn redirected(from: &Uri, response: &Response<ureq::Body>) -> Result<Uri, String> {
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| format!("status {status} without an address"))?;
    let absolute = match location.strip_prefix('/') {
        Some(path) if !path.starts_with('/') => {
            let scheme = from.scheme_str().unwrap_or_default();
            let authority = from.authority().map_or("", |authority| authority.as_str());
            format!("{scheme}://{authority}{location}")
        }
        _ => location.to_owned(),
    };
    let to = read_address(&absolute).map_err(|why| format!("it redirects to {location}: {why}"))?;
    match (to.scheme(), to.authority()) == (from.scheme(), from.authority()) {
        true => Ok(to),
        false => Err(format!("it redirects to another host: {location}")),
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
