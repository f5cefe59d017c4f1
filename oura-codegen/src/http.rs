//! Syntax of HTTP.

/// Whether a text is a token of RFC 9110: the syntax of names of headers, cookies and schemes.
pub(crate) fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}
