//! Members of a JSON object as they are written.
//!
//! Input: a [`RawValue`], whose text is known to be one JSON value. Therefore there are no
//! errors here, and quotes and brackets are enough to find where a value ends.

use serde_json::value::RawValue;

/// The unread values of the members with these names; `None` for one that is missing or null,
/// and for all of them if the value is not an object. Of two members of one name the last counts.
pub(crate) fn find<'a, const N: usize>(
    json: &'a RawValue,
    names: [&str; N],
) -> [Option<&'a str>; N] {
    let mut found = [None; N];
    let text = json.get();
    let bytes = text.as_bytes();
    let mut at = if text.starts_with('{') {
        1
    } else {
        bytes.len()
    };
    loop {
        // Behind a value, and in a number or a word, there are no quotes but those of the next
        // name.
        let name = skip(bytes, at, |byte| byte != b'"');
        if name == bytes.len() {
            return found;
        }
        let name_end = string_end(bytes, name);
        let value = skip(bytes, name_end, |byte| byte == b':' || is_blank(byte));
        at = match bytes.get(value) {
            Some(b'"') => string_end(bytes, value),
            Some(b'{' | b'[') => nested_end(bytes, value),
            _ => value,
        };
        let inner = &text[name + 1..name_end - 1];
        if let Some(n) = names.iter().position(|name| *name == inner) {
            if at == value {
                at = skip(bytes, value, |byte| !is_scalar_end(byte));
            }
            found[n] = Some(&text[value..at]).filter(|value| *value != "null");
        }
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

fn is_scalar_end(byte: u8) -> bool {
    matches!(byte, b',' | b'}') || is_blank(byte)
}

/// Where the object or list ends that begins at `at`.
fn nested_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    loop {
        // With this bit set, brackets equal braces, and quotes are unchanged.
        at = plain_end(bytes, at, 0x20, *b"\"{}");
        match bytes.get(at) {
            Some(b'"') => at = string_end(bytes, at) - 1,
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') if depth == 1 => return at + 1,
            Some(b'}' | b']') => depth -= 1,
            Some(_) => {}
            None => return bytes.len(),
        }
        at += 1;
    }
}

/// Where the string ends whose first quote is at `at`.
#[inline]
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    loop {
        at = plain_end(bytes, at, 0, *b"\"\\");
        match bytes.get(at) {
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return bytes.len(),
        }
    }
}

/// The place of the first byte that is one of `stops` once the bits of `mask` are set in it, or
/// of one of the last seven bytes. It compares eight bytes at a time.
#[inline]
fn plain_end<const N: usize>(bytes: &[u8], mut at: usize, mask: u8, stops: [u8; N]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    // The highest bit of the first byte that is zero becomes one, and no lower one does.
    let zeros = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & (ONES << 7);
    while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let eight = u64::from_le_bytes(*eight) | (ONES * u64::from(mask));
        let found = stops.map(|stop| zeros(eight ^ (ONES * u64::from(stop))));
        let found = found.iter().fold(0, |all, one| all | one);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<const N: usize>(json: &str, names: [&str; N], expected: [Option<&str>; N]) {
        let json = RawValue::from_string(json.to_owned()).expect("it is JSON");
        assert_eq!(find(&json, names), expected, "{json}");
    }

    #[test]
    fn members_are_as_they_are_written() {
        let json = r#" { "a" : 1 , "":null,"c\"}" :"\\" ,"d":[{"x":"]\\\""},[ ] ], "e"
            :{"f":{}}, "a":-1.5e3,"ü":"{","long name":"0123456789\"", "last":true } "#;
        let names = [
            "a",
            "",
            r#"c\"}"#,
            "d",
            "e",
            "f",
            "x",
            "ü",
            "long name",
            "last",
        ];
        let expected = [
            Some("-1.5e3"),
            None,
            Some(r#""\\""#),
            Some(r#"[{"x":"]\\\""},[ ] ]"#),
            Some(r#"{"f":{}}"#),
            None,
            None,
            Some(r#""{""#),
            Some(r#""0123456789\"""#),
            Some("true"),
        ];
        check(json, names, expected);
        check(r#"{"a":1}"#, ["a"], [Some("1")]);
    }

    #[test]
    fn a_value_that_is_not_an_object_has_no_members() {
        for json in [
            "{}",
            "{ }",
            "[]",
            r#"["a",{"id":1}]"#,
            "7",
            r#""{\"id\":1}""#,
            "null",
        ] {
            check(json, ["id", "a"], [None, None]);
        }
    }
}
