//! Bodies: decompressed here, so that the bound holds for every transport.

use std::io::{ErrorKind, Read};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::runtime::transport::{TransportError, TransportErrorKind};

/// What the client accepts, for `Accept-Encoding`.
pub(crate) const ACCEPTED: &str = "gzip";

/// Decompresses `body` as its headers say, to at most `limit` bytes.
pub(crate) fn decode(
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
) -> Result<Bytes, TransportError> {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map_or(&b""[..], |value| value.as_bytes().trim_ascii());
    let is = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
    let body = if body.is_empty() || is("") || is("identity") {
        body
    } else if is("gzip") || is("x-gzip") {
        gunzip(&body, limit)?
    } else {
        let message = "the response has a content encoding that was not asked for; is there a \
                       proxy that adds it?";
        return Err(TransportError::unreadable(message, None));
    };
    if body.len() > limit {
        return Err(TransportError::body_too_large());
    }
    Ok(body)
}

fn gunzip(body: &[u8], limit: usize) -> Result<Bytes, TransportError> {
    // One byte more than allowed shows that a body does not fit.
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
    flate2::read::MultiGzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => TransportError::new(TransportErrorKind::Interrupted, error),
            _ => {
                let message = "the response says that it is gzip, but it is not or is damaged";
                TransportError::unreadable(message, Some(error))
            }
        })?;
    Ok(Bytes::from(plain))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use http::HeaderValue;

    use super::*;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    fn gzip(plain: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(plain).expect("memory takes it");
        encoder.finish().expect("memory takes it").into()
    }

    #[test]
    fn gzip_is_decompressed() {
        let body = decode(&headers("gzip"), gzip(b"hello"), 5).expect("it fits");
        assert_eq!(&body[..], b"hello");
        let plain = decode(&HeaderMap::new(), Bytes::from_static(b"hello"), 5).expect("it fits");
        assert_eq!(&plain[..], b"hello");
    }

    #[test]
    fn the_bound_holds_after_decompression() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert!(bomb.len() < 10_000);
        let error = decode(&headers("gzip"), bomb, 10_000).expect_err("it is a bomb");
        assert_eq!(error.kind(), TransportErrorKind::BodyTooLarge);
    }

    #[test]
    fn a_body_that_is_cut_is_refused() {
        let whole = gzip(b"hello, hello, hello");
        let error = decode(&headers("gzip"), whole.slice(..whole.len() - 9), 100);
        assert_eq!(
            error.expect_err("it is cut").kind(),
            TransportErrorKind::Interrupted
        );
    }

    #[test]
    fn names_of_encodings_have_no_case() {
        for name in ["GZIP", "X-Gzip", " gzip "] {
            let body = decode(&headers(name), gzip(b"hello"), 5).expect(name);
            assert_eq!(&body[..], b"hello");
        }
        let body = decode(&headers("Identity"), Bytes::from_static(b"hello"), 5);
        assert_eq!(&body.expect("it is as it is")[..], b"hello");
    }

    #[test]
    fn damage_is_not_a_connection_that_broke() {
        let mut damaged = gzip(&vec![7; 10_000]).to_vec();
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        for body in [
            damaged.into(),
            Bytes::from_static(b"this is no gzip at all"),
        ] {
            let error = decode(&headers("gzip"), body, 100_000).expect_err("it is damaged");
            assert_eq!(error.kind(), TransportErrorKind::Other);
            assert!(!error.is_transient());
            assert!(error.to_string().contains("gzip"), "{error}");
        }
    }

    #[test]
    fn unknown_encodings_are_refused() {
        assert!(decode(&headers("br"), Bytes::from_static(b"x"), 100).is_err());
    }
}
