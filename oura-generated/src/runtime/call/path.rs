//! Paths: templates with arguments in, one percent-encoded segment an argument out.
//!
//! Invariant: no argument can change which path is called.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 is encoded, `%` included: an
/// argument that already looks encoded arrives as it was given.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An argument that cannot be sent.
#[derive(Debug, PartialEq)]
pub(crate) struct PathProblem {
    /// The parameter's name.
    pub(crate) name: &'static str,
    /// What is wrong with it.
    pub(crate) message: &'static str,
}

/// Refuses what no encoding makes safe: servers and proxies drop an empty segment and
/// resolve `.` and `..`, and RFC 3986 gives the dot no other spelling (`%2e` means the same).
pub(crate) fn check_argument(name: &'static str, value: &str) -> Result<(), PathProblem> {
    let message = match value {
        "" => "is empty, which would change the path that is called",
        "." | ".." => "is a dot segment, which would change the path that is called",
        _ => return Ok(()),
    };
    Err(PathProblem { name, message })
}

/// Puts `args` into the places of `template`. An argument that is missing leaves an error.
pub(crate) fn fill_template(
    template: &'static str,
    args: &[(&'static str, &str)],
) -> Result<String, PathProblem> {
    let mut path = String::with_capacity(template.len() + 32);
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => path.push_str(text),
            Piece::Param(name) => {
                let (name, value) =
                    args.iter()
                        .find(|(param, _)| *param == name)
                        .ok_or(PathProblem {
                            name,
                            message: "is missing",
                        })?;
                check_argument(name, value)?;
                path.extend(utf8_percent_encode(value, ENCODED));
            }
        }
    }
    Ok(path)
}

/// Decodes one segment of a path. Bytes that are not UTF-8 leave `None`.
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
        // A brace without its partner is text, so the search starts behind it.
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
        fill_template("/v2/thing/{id}/parts", &[("id", value)])
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
