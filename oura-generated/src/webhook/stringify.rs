//! A JSON text as JavaScript's `JSON.stringify` writes it after `JSON.parse`.
//!
//! Input: JSON. Output: the same value without white space between its parts, the keys in
//! their order, text and numbers in JavaScript's spelling. If the input is not JSON, neither is the
//! output: only a signature over the result decides whether a body is accepted.
//!
//! It works on tokens and not on a tree, so that nothing depends on the features of the JSON
//! library that other crates enable, and deep nesting costs nothing. JavaScript would also keep
//! only the last of equal keys, and put keys that are whole numbers first; an event has
//! neither.

use std::fmt::Write;

/// Rewrites `json`.
pub(super) fn stringify(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '-' | '0'..='9' => number_length(rest),
            _ => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        match first {
            ' ' | '\t' | '\n' | '\r' => {}
            '"' => push_string(&mut out, token),
            '-' | '0'..='9' => push_number(&mut out, token),
            _ => out.push_str(token),
        }
        rest = behind;
    }
    out
}

/// Up to the quote that ends the string, or to the end of the text.
fn string_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            // The next is not a quote that ends it. It may be the first of several bytes,
            // none of which is a quote or a backslash.
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn number_length(text: &str) -> usize {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    text.bytes().take_while(is_part).count()
}

/// Removes escapes that JSON does not require.
fn push_string(out: &mut String, token: &str) {
    let text = serde_json::from_str::<String>(token);
    match text.and_then(|text| serde_json::to_string(&text)) {
        Ok(text) => out.push_str(&text),
        // Half of a surrogate pair, which Rust's text cannot hold.
        Err(_) => out.push_str(token),
    }
}

/// Numbers are doubles; exponents are for what is huge or tiny.
fn push_number(out: &mut String, token: &str) {
    let written = match token.parse::<f64>() {
        Ok(0.0) => write!(out, "0"),
        Ok(number) if (1e-6..1e21).contains(&number.abs()) => write!(out, "{number}"),
        Ok(number) if number.abs() >= 1e21 && number.is_finite() => {
            let text = format!("{number:e}");
            write!(out, "{}", text.replace('e', "e+"))
        }
        Ok(number) if number.is_finite() => write!(out, "{number:e}"),
        _ => write!(out, "{token}"),
    };
    // Writing to a string does not fail.
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::stringify;

    #[test]
    fn it_is_written_as_javascript_writes_it() {
        // The right column is what Node.js prints for JSON.stringify(JSON.parse(left)).
        let cases = [
            (
                r#" { "b" : 1 , "a" : [ 1 , { } , [ ] ] } "#,
                r#"{"b":1,"a":[1,{},[]]}"#,
            ),
            ("{\"a\"\t:\r\n\"x  y\"}", r#"{"a":"x  y"}"#),
            (
                r#"["caf\u00e9","\/","\ud83d\ude00"]"#,
                r#"["café","/","😀"]"#,
            ),
            (
                r#"["\"\\\b\f\n\r\t\u001F\u007f"]"#,
                "[\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f\u{7f}\"]",
            ),
            (
                "[1.0,1e3,-0,-0.0,0.10,1.5E-7,1e-6]",
                "[1,1000,0,0,0.1,1.5e-7,0.000001]",
            ),
            (
                "[1e21,1e20,9007199254740993,-1E+30]",
                "[1e+21,100000000000000000000,9007199254740992,-1e+30]",
            ),
            (
                "[5e-324,1.7976931348623157e308,123456789012345680000,0.000001234]",
                "[5e-324,1.7976931348623157e+308,123456789012345680000,0.000001234]",
            ),
            ("[true,false,null]", "[true,false,null]"),
            (r#""\\""#, r#""\\""#),
        ];
        for (json, expected) in cases {
            assert_eq!(stringify(json), expected, "{json}");
            assert_eq!(stringify(expected), expected, "{expected}");
        }
    }

    #[test]
    fn text_that_is_not_json_is_unchanged() {
        for text in [
            "",
            "\"",
            "\"\\",
            "\"å\\å",
            "-",
            "1e",
            "1e999",
            "{]å",
            "\u{feff}",
            r#""\ud800""#,
        ] {
            assert_eq!(stringify(text), text);
        }
    }
}
