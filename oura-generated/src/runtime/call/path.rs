//! Paths: fills templates with percent-encoded arguments, each within one segment.
//!
//! Invariant: no argument can change which path is called.

use std::borrow::Cow;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};

/// Everything but the unreserved characters of RFC 3986 is encoded, `%` included: an
/// argument that already looks encoded arrives as it was given.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The characters that a path cannot have (RFC 3986, section 3.3). Other letters
/// than ASCII are encoded anyway.
const NO_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// An argument that cannot be sent.
#[derive(Debug, PartialEq)]
pub(crate) struct PathProblem {
    /// The parameter's name.
    pub(crate) name: &'static str,
    /// What is wrong with it.
    pub(crate) message: &'static str,
}

/// An argument, encoded.
pub(crate) fn encode_argument(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// Refuses segments that no encoding makes safe: servers and proxies drop an empty segment and
/// resolve `.` and `..`, and RFC 3986 gives the dot no other spelling (`%2e` means the same).
/// Arguments and the text between them may form one together.
fn check_segments(template: &'static str, path: &str) -> Result<(), PathProblem> {
    for (template, segment) in template.split('/').zip(path.split('/')) {
        let mut names = pieces(template).filter_map(|piece| match piece {
            Piece::Param(name) => Some(name),
            Piece::Text(_) => None,
        });
        if let Some(name) = names.next()
            && matches!(segment, "." | "..")
        {
            let message = "is a dot segment, which would change the path that is called";
            return Err(PathProblem { name, message });
        }
    }
    Ok(())
}

/// Puts `args`, which are encoded, into the places of `template`. A missing argument is an error.
pub(crate) fn fill_template(
    template: &'static str,
    args: &[(&'static str, &str)],
) -> Result<String, PathProblem> {
    let mut path = String::with_capacity(template.len() + 32);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => path.push_str(&literal(text)),
            Piece::Param(name) => {
                let (name, value) =
                    args.iter()
                        .find(|(param, _)| *param == name)
                        .ok_or(PathProblem {
                            name,
                            message: "is missing",
                        })?;
                if value.is_empty() {
                    let message = "is empty, which would change the path that is called";
                    return Err(PathProblem { name, message });
                }
                path.push_str(value);
            }
        }
    }
    check_segments(template, &path)?;
    Ok(path)
}

/// Encodes the text of a template for a URL, except for the characters that a path can have and
/// text that is encoded already.
pub(crate) fn literal(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() + 16);
    for (index, part) in text.split('%').enumerate() {
        let is_code = part.len() > 1 && part.bytes().take(2).all(|it| it.is_ascii_hexdigit());
        encoded.push_str(match (index, is_code) {
            (0, _) => "",
            (_, true) => "%",
            (_, false) => "%25",
        });
        encoded.extend(utf8_percent_encode(part, NO_PATH));
    }
    Cow::Owned(encoded)
}

/// Decodes one segment of a path; `None` if its bytes are not UTF-8.
pub(crate) fn decode_segment(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment).decode_utf8().ok()
}

/// Checks the path of a raw call: absolute, without query or fragment, and without
/// segments that URL parsers resolve, in any of their spellings.
pub(crate) fn check_raw_path(path: &str) -> Result<(), &'static str> {
    if !path.starts_with('/') {
        return Err("must start with `/`");
    }
    if path.contains(['?', '#', '\\']) {
        return Err("must not contain `?`, `#` or `\\`: use `query` for the query");
    }
    let is_dots = |segment: &str| {
        matches!(
            percent_decode_str(segment).decode_utf8_lossy().as_ref(),
            "." | ".."
        )
    };
    if path.split('/').any(is_dots) {
        return Err("must not contain the segments `.` and `..`");
    }
    Ok(())
}

/// A part of a path template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Piece {
    /// Text, slashes included.
    Text(&'static str),
    /// The name of a parameter.
    Param(&'static str),
}

/// The parts of a template, in order.
pub(crate) fn pieces(template: &'static str) -> impl Iterator<Item = Piece> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(param) = rest.strip_prefix('{')
            && let Some((name, tail)) = param.split_once('}')
        {
            rest = tail;
            return Some(Piece::Param(name));
        }
        // An unmatched brace is text, so the search continues behind it.
        let end = rest
            .get(1..)
            .and_then(|tail| tail.find('{'))
            .map_or(rest.len(), |at| at + 1);
        let (text, tail) = rest.split_at(end);
        rest = tail;
        Some(Piece::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(value: &str) -> Result<String, PathProblem> {
        fill_template("/v2/thing/{id}/parts", &[("id", &encode_argument(value))])
    }

    #[test]
    fn text_and_arguments_share_a_segment() {
        let fill = |a: &str, b: &str| {
            let args = [("a", encode_argument(a)), ("b", encode_argument(b))];
            let args = [(args[0].0, &*args[0].1), (args[1].0, &*args[1].1)];
            fill_template("/{a}..{b}/.{a}", &args)
        };
        assert_eq!(fill("x.y", "1/2").as_deref(), Ok("/x.y..1%2F2/.x.y"));
        for (a, b) in [("", "1"), ("x", ""), (".", "x")] {
            assert!(fill(a, b).is_err(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn text_is_encoded_where_a_url_needs_it() {
        for (text, expected) in [
            ("/h i", "/h%20i"),
            ("/größe/x", "/gr%C3%B6%C3%9Fe/x"),
            ("/%6A", "/%6A"),
            ("/100%/%zz", "/100%25/%25zz"),
            ("/a(b)='c':d@e", "/a(b)='c':d@e"),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn an_argument_is_one_segment() {
        for (value, expected) in [
            ("2-5dac", "2-5dac"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2e%2e", "%252e%252e"),
            ("a b", "a%20b"),
            ("å", "%C3%A5"),
            ("...", "..."),
            ("a\nb", "a%0Ab"),
        ] {
            assert_eq!(fill(value), Ok(format!("/v2/thing/{expected}/parts")));
        }
    }

    #[test]
    fn segments_that_change_the_path_are_refused() {
        for value in ["", ".", ".."] {
            assert!(fill(value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn an_argument_that_is_missing_is_an_error() {
        let problem = PathProblem {
            name: "id",
            message: "is missing",
        };
        assert_eq!(fill_template("/a/{id}", &[]), Err(problem));
    }

    #[test]
    fn templates_split_into_text_and_parameters() {
        let all: Vec<_> = pieces("/a/{x}-{y}/{z").collect();
        let expected = [
            Piece::Text("/a/"),
            Piece::Param("x"),
            Piece::Text("-"),
            Piece::Param("y"),
            Piece::Text("/"),
            Piece::Text("{z"),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn raw_paths_cannot_climb() {
        assert_eq!(check_raw_path("/v2/new"), Ok(()));
        for path in [
            "v2",
            "",
            "/v2/../x",
            "/v2/%2E%2e/x",
            "/v2/./x",
            "/v2?x",
            "/v2#x",
            "/v2\\x",
        ] {
            assert!(check_raw_path(path).is_err(), "{path:?}");
        }
    }
}
