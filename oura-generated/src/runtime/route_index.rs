//! From a method and a path to a route: the templates as a tree of segments.
//!
//! Input: `Route::ALL`. Invariant: a fixed segment wins over one with a parameter, at each
//! level, and a path that leads nowhere that way is tried the other way.

use std::sync::OnceLock;

use http::Method;

use super::path::{self, Piece};
use super::route::RouteMatch;
use crate::Route;

/// The route that a method and a path belong to.
pub(crate) fn find(method: &Method, path: &str) -> Option<RouteMatch> {
    static INDEX: OnceLock<Node> = OnceLock::new();
    let path = path.strip_prefix('/')?;
    let mut args = Vec::new();
    let root = INDEX.get_or_init(|| index_routes(Route::ALL));
    let route = root.find(method, path, &mut args)?;
    let args = args.into_iter().map(decode).collect::<Option<_>>()?;
    Some(RouteMatch { route, args })
}

/// All that follows one prefix.
#[derive(Default)]
struct Node {
    /// The next segment is fixed; sorted by length, then text.
    fixed: Vec<(&'static str, Node)>,
    /// The next segment has one or more parameters.
    patterns: Vec<(Vec<Piece>, Node)>,
    /// The path ends here.
    routes: Vec<(Method, Route)>,
}

impl Node {
    fn find<'p>(&self, method: &Method, path: &'p str, args: &mut Vec<&'p str>) -> Option<Route> {
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        let descend = |node: &Node, args: &mut Vec<&'p str>| match rest {
            Some(rest) => node.find(method, rest, args),
            None => node.route(method),
        };
        if let Ok(at) = self
            .fixed
            .binary_search_by_key(&sort_key(segment), |(s, _)| sort_key(s))
            && let Some(route) = descend(&self.fixed[at].1, args)
        {
            return Some(route);
        }
        let before = args.len();
        for (pattern, node) in &self.patterns {
            if match_pattern(pattern, segment, args)
                && let Some(route) = descend(node, args)
            {
                return Some(route);
            }
            args.truncate(before);
        }
        None
    }

    fn route(&self, method: &Method) -> Option<Route> {
        self.routes
            .iter()
            .find(|(m, _)| m == method)
            .map(|(_, route)| *route)
    }
}

fn index_routes(routes: &[Route]) -> Node {
    let mut root = Node::default();
    for &route in routes {
        let mut node = &mut root;
        for segment in route.path_template().trim_start_matches('/').split('/') {
            node = child(node, segment);
        }
        node.routes.push((route.method(), route));
    }
    root
}

fn child<'n>(node: &'n mut Node, segment: &'static str) -> &'n mut Node {
    let pieces: Vec<_> = path::pieces(segment).collect();
    if pieces.iter().any(|piece| matches!(piece, Piece::Param(_))) {
        let same = |(known, _): &(Vec<Piece>, Node)| same_shape(known, &pieces);
        let at = node.patterns.iter().position(same).unwrap_or_else(|| {
            node.patterns.push((pieces, Node::default()));
            node.patterns.len() - 1
        });
        return &mut node.patterns[at].1;
    }
    let found = node
        .fixed
        .binary_search_by_key(&sort_key(segment), |(s, _)| sort_key(s));
    let at = found.unwrap_or_else(|at| {
        node.fixed.insert(at, (segment, Node::default()));
        at
    });
    &mut node.fixed[at].1
}

/// Two templates may name the same parameter differently.
fn same_shape(a: &[Piece], b: &[Piece]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|pair| match pair {
            (Piece::Text(a), Piece::Text(b)) => a == b,
            (Piece::Param(_), Piece::Param(_)) => true,
            _ => false,
        })
}

/// Matches one segment; a parameter takes at least one character and ends where the text
/// behind it first occurs.
fn match_pattern<'p>(pattern: &[Piece], segment: &'p str, args: &mut Vec<&'p str>) -> bool {
    let mut rest = segment;
    let mut pieces = pattern.iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => match rest.strip_prefix(text) {
                Some(tail) => rest = tail,
                None => return false,
            },
            Piece::Param(_) => {
                let end = match pieces.peek() {
                    Some(Piece::Text(text)) => rest.find(text),
                    _ => Some(rest.len()),
                };
                let Some(end) = end.filter(|end| *end > 0) else {
                    return false;
                };
                args.push(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    rest.is_empty()
}

fn sort_key(segment: &str) -> (usize, &str) {
    (segment.len(), segment)
}

fn decode(segment: &str) -> Option<String> {
    path::decode_segment(segment).map(std::borrow::Cow::into_owned)
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
        assert_eq!(find(&Method::TRACE, Route::ALL[0].path_template()), None);
    }

    #[test]
    fn patterns_match_within_a_segment() {
        let pattern: Vec<_> = path::pieces("{x}-{y}.json").collect();
        let mut args = Vec::new();
        assert!(match_pattern(&pattern, "a-b.json", &mut args));
        assert_eq!(args, ["a", "b"]);
        assert!(!match_pattern(&pattern, "-b.json", &mut args));
        assert!(!match_pattern(&pattern, "a-b.jso", &mut args));
    }
}
