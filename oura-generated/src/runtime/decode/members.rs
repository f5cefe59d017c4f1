//! The members of a JSON object as they are written.
//!
//! Input: a [`RawValue`], whose text is known to be one JSON value. That is why there are no
//! errors here, and why finding where a value ends takes no more than quotes and brackets.

use serde_json::value::RawValue;

/// The names and the values of an object, in order and unread; nothing of another value.
pub(crate) struct Members<'a> {
    text: &'a str,
    /// Behind the value that came last.
    at: usize,
}

impl<'a> Members<'a> {
    pub(crate) fn of(json: &'a RawValue) -> Self {
        let text = json.get();
        let at = if text.starts_with('{') { 1 } else { text.len() };
        Self { text, at }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a str);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        // Behind a value there are no quotes but those of the next name.
        let name = skip(bytes, self.at, |byte| byte != b'"');
        if name == bytes.len() {
            return None;
        }
        let name_end = string_end(bytes, name);
        let value = skip(bytes, name_end, |byte| byte == b':' || is_blank(byte));
        self.at = value_end(bytes, value);
        Some((&self.text[name..name_end], &self.text[value..self.at]))
    }
}

#[inline]
fn skip(bytes: &[u8], mut at: usize, is_skipped: impl Fn(u8) -> bool) -> usize {
    while let Some(byte) = bytes.get(at)
        && is_skipped(*byte)
    {
        at += 1;
    }
    at
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Where the value ends that begins at `at`.
#[inline]
fn value_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => nested_end(bytes, at),
        _ => skip(bytes, at, |byte| {
            !matches!(byte, b',' | b'}') && !is_blank(byte)
        }),
    }
}

/// Where the object or list ends that begins at `at`.
fn nested_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(bytes, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return at + 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Where the string ends whose first quote is at `at`. Most bytes are in strings, so it compares
/// eight at a time.
#[inline]
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    loop {
        while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let plain = plain_bytes(u64::from_le_bytes(*eight));
            at += plain;
            if plain < 8 {
                break;
            }
        }
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

/// How many of eight bytes there are before the first quote or backslash.
#[inline]
fn plain_bytes(eight: u64) -> usize {
    const ONES: u64 = u64::MAX / 255;
    // The highest bit of the first byte that is zero becomes one, and no lower one does.
    let zeros = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & (ONES << 7);
    let quotes = zeros(eight ^ (ONES * u64::from(b'"')));
    let backslashes = zeros(eight ^ (ONES * u64::from(b'\\')));
    (quotes | backslashes).trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Vec<(String, String)> {
        let json = RawValue::from_string(json.to_owned()).expect("it is JSON");
        let members = Members::of(&json);
        members.map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
    }

    #[test]
    fn members_are_as_they_are_written() {
        let json = r#" { "a" : 1 , "":null,"c\"}" :"\\" ,"d":[{"x":"]\\\""},[ ] ], "e"
            :{"f":{}}, "a":-1.5e3,"ü":"{" } "#;
        let expected = [
            (r#""a""#, "1"),
            (r#""""#, "null"),
            (r#""c\"}""#, r#""\\""#),
            (r#""d""#, r#"[{"x":"]\\\""},[ ] ]"#),
            (r#""e""#, r#"{"f":{}}"#),
            (r#""a""#, "-1.5e3"),
            (r#""ü""#, r#""{""#),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(members(json), expected);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for json in [
            "{}",
            "{ }",
            "[]",
            r#"["a",{"id":1}]"#,
            "7",
            r#""{\"a\":1}""#,
            "null",
        ] {
            assert_eq!(members(json), [], "{json}");
        }
    }
}
