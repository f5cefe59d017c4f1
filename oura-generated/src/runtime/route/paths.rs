//! Finds the route of a path, and builds the path of a route.
//!
//! Input: `Route::ALL`, in whose templates a segment is fixed, a parameter, or mixes both.
//! Invariant: at each level, segments with more text are tried first, and if no route is found
//! that way, the others are tried.

use std::borrow::Cow;
use std::sync::OnceLock;

use http::Method;

use crate::Route;
use crate::runtime::call::path;
use crate::runtime::error::Error;

/// A route and its path arguments, as found by [`Route::find`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteMatch {
    /// The route.
    pub route: Route,
    /// The path arguments in the order of the template, percent-decoded.
    pub args: Vec<String>,
}

impl Route {
    /// The path with `args` in the places of the template, each percent-encoded so that it
    /// stays one segment whatever it contains.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] when there are more or fewer arguments than places, or when one
    /// is empty, `.` or `..`: those would change which path is called.
    pub fn url_path(self, args: &[&str]) -> Result<String, Error> {
        let params = self.path_params();
        if params.len() != args.len() {
            let message = format!("takes {} path arguments, not {}", params.len(), args.len());
            return Err(Error::argument(Some(self), "path", message));
        }
        let args: Vec<_> = params
            .iter()
            .zip(args)
            .map(|(name, arg)| (*name, path::encode_argument(arg)))
            .collect();
        let args: Vec<_> = args.iter().map(|(name, arg)| (*name, &**arg)).collect();
        path::fill_template(self.path_template(), &args)
            .map_err(|problem| Error::argument(Some(self), problem.name, problem.message))
    }

    /// The route that `method` and `path` belong to, with the path's arguments. `path` is
    /// the path of a URL alone: no host, no query.
    pub fn find(method: &Method, path: &str) -> Option<RouteMatch> {
        find(method, path)
    }
}

/// The route that a method and a path belong to.
pub(crate) fn find(method: &Method, path: &str) -> Option<RouteMatch> {
    static INDEX: OnceLock<Node<Route>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let mut index = Node::default();
        for &route in Route::ALL {
            index.insert(route.path_template(), route.method(), route);
        }
        index
    });
    let mut args = Vec::new();
    let route = index.find(method, path, &mut args)?;
    let args = args.into_iter();
    let args = args.map(|arg| path::decode_segment(arg).map(|arg| arg.into_owned()));
    Some(RouteMatch {
        route,
        args: args.collect::<Option<_>>()?,
    })
}

/// The segments that may follow the beginning of a path.
struct Node<T> {
    /// There are so few that looking at each is faster than a tree or a table.
    fixed: Vec<(Cow<'static, str>, Node<T>)>,
    /// Sorted: segments with more text come first.
    mixed: Vec<(Mixed, Node<T>)>,
    parameter: Option<Box<Node<T>>>,
    /// The routes of a path that ends here.
    ends: Vec<(Method, T)>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            fixed: Vec::new(),
            mixed: Vec::new(),
            parameter: None,
            ends: Vec::new(),
        }
    }
}

impl<T: Copy> Node<T> {
    fn insert(&mut self, template: &'static str, method: Method, end: T) {
        let mut node = self;
        for segment in template.split('/').skip(1) {
            let Mixed(texts) = Mixed::new(segment);
            node = match &*texts {
                [_] => node.fixed_mut(segment),
                [before, after] if before.is_empty() && after.is_empty() => {
                    node.parameter.get_or_insert_default()
                }
                _ => node.mixed_mut(Mixed(texts)),
            };
        }
        node.ends.push((method, end));
    }

    fn mixed_mut(&mut self, mixed: Mixed) -> &mut Self {
        let known = self.mixed.iter().position(|(it, _)| *it == mixed);
        let at = known.unwrap_or_else(|| {
            let length = mixed.length();
            let at = self.mixed.partition_point(|(it, _)| it.length() >= length);
            self.mixed.insert(at, (mixed, Self::default()));
            at
        });
        &mut self.mixed[at].1
    }

    /// Finds or adds a fixed segment. Encoded and plain spellings of a text are the same.
    fn fixed_mut(&mut self, segment: &'static str) -> &mut Self {
        let segment = path::decode_segment(segment).unwrap_or(Cow::Borrowed(segment));
        let known = self.fixed.iter().position(|(it, _)| *it == segment);
        let at = known.unwrap_or_else(|| {
            self.fixed.push((segment, Self::default()));
            self.fixed.len() - 1
        });
        &mut self.fixed[at].1
    }

    /// Follows the path, which is empty or begins with `/`. Of two templates that differ only in
    /// the names of parameters, the first is found.
    fn find<'p>(&self, method: &Method, path: &'p str, args: &mut Vec<&'p str>) -> Option<T> {
        let Some(path) = path.strip_prefix('/') else {
            let mut ends = self.ends.iter().filter(|_| path.is_empty());
            return ends.find(|(it, _)| it == method).map(|(_, end)| *end);
        };
        let end = path.bytes().position(|byte| byte == b'/');
        let (segment, rest) = path.split_at(end.unwrap_or(path.len()));
        let decoded = path::decode_segment(segment)?;
        let fixed = self.fixed.iter().find(|(it, _)| *it == decoded);
        if let Some(end) = fixed.and_then(|(_, node)| node.find(method, rest, args)) {
            return Some(end);
        }
        for (mixed, node) in &self.mixed {
            let count = args.len();
            if mixed.read(segment, args)
                && let Some(end) = node.find(method, rest, args)
            {
                return Some(end);
            }
            args.truncate(count);
        }
        let parameter = self.parameter.as_ref().filter(|_| !segment.is_empty())?;
        args.push(segment);
        let end = parameter.find(method, rest, args);
        if end.is_none() {
            args.pop();
        }
        end
    }
}

/// A segment of a template: the texts before, between and behind its parameters, as they are
/// sent.
#[derive(PartialEq)]
struct Mixed(Vec<Cow<'static, str>>);

impl Mixed {
    fn new(segment: &'static str) -> Self {
        let mut texts = vec![Cow::Borrowed("")];
        for piece in path::pieces(segment) {
            match piece {
                path::Piece::Param(_) => texts.push(Cow::Borrowed("")),
                // A brace that is text comes as a further text.
                path::Piece::Text(text) => {
                    let last = texts.len() - 1;
                    texts[last] += path::literal(text);
                }
            }
        }
        Self(texts)
    }

    fn length(&self) -> usize {
        self.0.iter().map(|text| text.len()).sum()
    }

    /// Adds the arguments of a segment: each ends where the text behind it first occurs, the
    /// last one before the text at the end.
    fn read<'p>(&self, segment: &'p str, args: &mut Vec<&'p str>) -> bool {
        let [before, between @ .., behind] = &*self.0 else {
            return false;
        };
        let inside = segment.strip_prefix(&**before);
        let Some(mut open) = inside.and_then(|inside| inside.strip_suffix(&**behind)) else {
            return false;
        };
        for text in between {
            // An argument has at least one character.
            let at = open.get(1..).and_then(|open| open.find(&**text));
            let Some(at) = at else {
                return false;
            };
            args.push(&open[..=at]);
            open = &open[at + 1 + text.len()..];
        }
        args.push(open);
        !open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_finds_itself() {
        for &route in Route::ALL {
            let args: Vec<_> = (0..route.path_params().len())
                .map(|n| format!("a/{n} å"))
                .collect();
            let borrowed: Vec<_> = args.iter().map(String::as_str).collect();
            let path = route.url_path(&borrowed).expect("the arguments are good");
            let found = find(&route.method(), &path);
            assert_eq!(found, Some(RouteMatch { route, args }), "{path}");
        }
    }

    #[test]
    fn fixed_text_comes_first_and_a_parameter_is_one_segment() {
        let mut index = Node::default();
        for (end, (method, template)) in [
            (Method::GET, "/a/b"),
            (Method::GET, "/a/{id}"),
            (Method::GET, "/a/{same}"),
            (Method::PUT, "/a/{id}"),
            (Method::GET, "/a/b/{id}/c"),
            (Method::GET, "/a/{x}/d/{y}"),
            (Method::GET, "/{*rest}"),
            (Method::GET, "/"),
        ]
        .into_iter()
        .enumerate()
        {
            index.insert(template, method, end);
        }
        let find = |method: Method, path| {
            let mut args = Vec::new();
            index.find(&method, path, &mut args).map(|end| (end, args))
        };
        for (path, expected) in [
            ("/a/b", Some((0, vec![]))),
            ("/a/c", Some((1, vec!["c"]))),
            ("/a/b/1/c", Some((4, vec!["1"]))),
            ("/a/b/d/2", Some((5, vec!["b", "2"]))),
            ("/a/b/1/d", None),
            ("/z", Some((6, vec!["z"]))),
            ("/z/z", None),
            ("/a", Some((6, vec!["a"]))),
            ("/a/", None),
            ("/a/b/", None),
            ("//b", None),
            ("/", Some((7, vec![]))),
            ("", None),
            ("a/b", None),
        ] {
            assert_eq!(find(Method::GET, path), expected, "{path}");
        }
        assert_eq!(find(Method::PUT, "/a/b"), Some((3, vec!["b"])));
        assert_eq!(find(Method::DELETE, "/a/b"), None);
    }

    #[test]
    fn text_and_parameters_share_a_segment() {
        let mut index = Node::default();
        for (end, template) in [
            "/a/{id}",
            "/a/{id}.json",
            "/a/{id}.v2.json",
            "/c/{base}...{head}",
            "/h i",
            "/größe/x",
            "/%6A",
            "/u('{id}')",
        ]
        .into_iter()
        .enumerate()
        {
            index.insert(template, Method::GET, end);
        }
        for (path, expected) in [
            ("/a/1", Some((0, vec!["1"]))),
            ("/a/1.json", Some((1, vec!["1"]))),
            ("/a/1.v2.json", Some((2, vec!["1"]))),
            ("/a/.json", Some((0, vec![".json"]))),
            ("/c/v1.0...v1.1", Some((3, vec!["v1.0", "v1.1"]))),
            ("/c/...v1.1", None),
            ("/c/v1.0...", None),
            ("/h%20i", Some((4, vec![]))),
            ("/gr%C3%B6%C3%9Fe/x", Some((5, vec![]))),
            ("/%6A", Some((6, vec![]))),
            ("/j", Some((6, vec![]))),
            ("/u('7')", Some((7, vec!["7"]))),
            ("/%FF", None),
        ] {
            let mut args = Vec::new();
            let end = index.find(&Method::GET, path, &mut args);
            assert_eq!(end.map(|end| (end, args)), expected, "{path}");
        }
    }

    #[test]
    fn other_paths_find_nothing() {
        for path in [
            "",
            "/",
            "/nowhere",
            "v2/usercollection/personal_info",
            "/%FF",
        ] {
            assert_eq!(find(&Method::GET, path), None, "{path}");
        }
        for &route in Route::ALL
            .iter()
            .filter(|route| route.path_params().is_empty())
        {
            let path = route.path_template();
            assert_eq!(find(&Method::TRACE, path), None);
            for other in [format!("{path}/"), format!("{path}x"), format!("/{path}")] {
                let found = find(&route.method(), &other);
                assert!(found.is_none_or(|found| found.route != route), "{other}");
            }
        }
    }
}
