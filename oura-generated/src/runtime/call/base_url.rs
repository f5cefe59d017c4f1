//! The base URL of all calls.
//!
//! Invariant: `https`, or `http` to this machine, or to others if the user allows it; no
//! credentials, query or fragment; no slash at the end.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// A checked base URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    text: String,
    /// Whether the host is this machine.
    pub(crate) is_loopback: bool,
    /// Whether calls are encrypted.
    pub(crate) is_https: bool,
}

impl BaseUrl {
    /// Checks `text`; `name` is what messages call it.
    pub(crate) fn parse(name: &str, text: &str, allow_plain_http: bool) -> Result<Self, String> {
        let refuse = |what: &str| Err(format!("{name} {what}"));
        if text.contains(['#', '?']) {
            return refuse("must not have a query or a fragment");
        }
        if !text.contains("://") {
            return Err(format!("{name} {}", no_scheme(text)));
        }
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse("is not a URL");
        };
        let Some((authority, host)) = uri.authority().zip(uri.host()) else {
            return refuse("must start with `https://` and a host");
        };
        if authority.as_str().contains('@') {
            return refuse("must not contain a user name or a password");
        }
        if super::path::check_raw_path(uri.path()).is_err() {
            return refuse("must not contain the segments `.` and `..`");
        }
        let is_loopback = is_loopback(host);
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if is_loopback || allow_plain_http => false,
            Some("http") => {
                return refuse(
                    "is plain http to another machine, which would show the credentials to the \
                     network; `allow_plain_http` of the builder allows it",
                );
            }
            _ => return refuse("must start with `https://`"),
        };
        Ok(Self {
            text: text.trim_end_matches('/').to_owned(),
            is_loopback,
            is_https,
        })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// What is wrong with a URL that begins with its host, and how to write it.
fn no_scheme(text: &str) -> String {
    let without_colon = ["https//", "http//"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let text = without_colon.unwrap_or(text);
    let host = text.split('/').next().unwrap_or_default();
    // Any other text in front of the host or in place of it could be a secret.
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return "has no scheme: it must start with `https://` and a host".to_owned();
    }
    let has_port = |(host, port): (&str, &str)| !host.is_empty() && port.parse::<u16>().is_ok();
    let name = match host.rsplit_once(':') {
        Some(parts) if has_port(parts) => parts.0,
        _ => host,
    };
    let scheme = if is_loopback(name) { "http" } else { "https" };
    format!("has no scheme: write `{scheme}://{host}`")
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        BaseUrl::parse("the base URL", text, false).map(|url| url.text)
    }

    #[test]
    fn slashes_and_prefixes_are_handled() {
        assert_eq!(parse("https://a.b/").as_deref(), Ok("https://a.b"));
        assert_eq!(
            parse("https://a.b:8443/proxy/oura//").as_deref(),
            Ok("https://a.b:8443/proxy/oura")
        );
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for good in [
            "http://127.0.0.1:80",
            "http://localhost",
            "http://LOCALHOST:1",
            "http://[::1]:80",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.b",
            "http://127.1.evil.com",
            "http://localhost.evil.com",
            "http://0.0.0.0",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
            assert!(BaseUrl::parse("the base URL", bad, true).is_ok(), "{bad}");
        }
    }

    #[test]
    fn a_url_without_a_scheme_is_shown_with_one() {
        for (text, right) in [
            ("api.ouraring.com", "https://api.ouraring.com"),
            ("api.ouraring.com/v2", "https://api.ouraring.com"),
            ("a.b:8443", "https://a.b:8443"),
            ("localhost:8080", "http://localhost:8080"),
            ("localhost", "http://localhost"),
            ("https//a.b/x", "https://a.b"),
            ("127.0.0.1:8080/x", "http://127.0.0.1:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(
                error,
                format!("the base URL has no scheme: write `{right}`")
            );
            assert!(parse(right).is_ok(), "{right}");
        }
        let error = parse("user:password@a.b").expect_err("no scheme");
        assert!(
            error.contains("no scheme") && !error.contains("password"),
            "{error}"
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for bad in [
            "",
            "api.ouraring.com",
            "/v2",
            "ftp://a.b",
            "https://",
            "https://user:password@a.b",
            "https://a.b/?x=1",
            "https://a.b/#x",
            "https://a.b/../c",
            "https://a b",
        ] {
            let error = parse(bad).expect_err(bad);
            assert!(!error.contains("password@"), "{error}");
        }
    }
}
