//! Bodies: decompressed here, so that the bound holds for every transport.

use std::io::Read;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::transport::{TransportError, TransportErrorKind};

/// What the client accepts, for `Accept-Encoding`.
pub(crate) const ACCEPTED: &str = "gzip";

/// Decompresses `body` as its headers say, to at most `limit` bytes.
pub(crate) fn decode(
    headers: &HeaderMap,
    body: Bytes,
    limit: usize,
) -> Result<Bytes, TransportError> {
    let body = match headers
        .get(CONTENT_ENCODING)
        .map(http::HeaderValue::as_bytes)
    {
        _ if body.is_empty() => body,
        None | Some(b"" | b"identity") => body,
        Some(b"gzip" | b"x-gzip") => gunzip(&body, limit)?,
        Some(_) => {
            let message = "the body has a content encoding that was not asked for";
            return Err(TransportError::new(TransportErrorKind::Other, message));
        }
    };
    if body.len() > limit {
        return Err(TransportError::body_too_large());
    }
    Ok(body)
}

fn gunzip(body: &[u8], limit: usize) -> Result<Bytes, TransportError> {
    // One byte more than allowed tells a body that fits from one that does not.
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
    flate2::read::MultiGzDecoder::new(body)
        .take(bound)
        .read_to_end(&mut plain)
        .map_err(|error| TransportError::new(TransportErrorKind::Interrupted, error))?;
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
    fn half_a_body_is_no_body() {
        let whole = gzip(b"hello, hello, hello");
        let error = decode(&headers("gzip"), whole.slice(..whole.len() - 9), 100);
        assert_eq!(
            error.expect_err("it is cut").kind(),
            TransportErrorKind::Interrupted
        );
    }

    #[test]
    fn unknown_encodings_are_refused() {
        assert!(decode(&headers("br"), Bytes::from_static(b"x"), 100).is_err());
    }
}
