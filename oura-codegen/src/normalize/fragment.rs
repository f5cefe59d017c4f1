//! The text of references: a `#` and the JSON Pointer of a place within the spec.

use crate::pointer::{escape, unescape};

/// The keyword of a reference.
pub(super) const REF: &str = "$ref";

/// The reference to a place, without escapes but `~0` and `~1`.
pub(super) fn canonical(keys: &[&str]) -> String {
    let escaped = keys.iter().map(|key| escape(key));
    escaped.fold("#".to_owned(), |reference, key| reference + "/" + &key)
}

/// The keys of a reference within the spec, or a message and its help.
pub(super) fn parse(reference: &str) -> Result<Vec<String>, (String, &'static str)> {
    let Some(fragment) = reference.strip_prefix('#') else {
        let message = format!("`{reference}` leads out of the spec");
        return Err((message, "bundle everything into one file"));
    };
    let malformed = || {
        let message = format!("`{reference}` is not a reference into the spec");
        (
            message,
            "write `#/components/..` with `/` as `~1`, `~` as `~0`",
        )
    };
    let fragment = percent_decoded(fragment).ok_or_else(malformed)?;
    let path = fragment.strip_prefix('/').ok_or_else(malformed)?;
    let keys: Option<Vec<String>> = path.split('/').map(unescape).collect();
    keys.ok_or_else(malformed)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next().unwrap_or_default().into();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
