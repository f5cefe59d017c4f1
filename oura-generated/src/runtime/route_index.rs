//! From a method and a path to a route: the templates as a tree of fixed text and
//! parameters.
//!
//! Input: `Route::ALL`, in whose templates a segment is fixed or one parameter. Invariant:
//! fixed text wins over a parameter, at each level, and a path that leads nowhere that way
//! is tried the other way.

use std::sync::OnceLock;

use http::Method;

use super::path;
use super::route::RouteMatch;
use crate::Route;

/// The route that a method and a path belong to.
pub(crate) fn find(method: &Method, path: &str) -> Option<RouteMatch> {
    static INDEX: OnceLock<Node> = OnceLock::new();
    let mut args = Vec::new();
    let root = INDEX.get_or_init(|| index_routes(Route::ALL));
    let route = root.find(method, path.strip_prefix('/')?, &mut args)?;
    Some(RouteMatch { route, args })
}

/// All that follows one prefix.
#[derive(Default)]
struct Node {
    /// What follows is fixed.
    fixed: Vec<Edge>,
    /// What follows is a parameter.
    param: Option<Box<Node>>,
    /// The path ends here.
    routes: Vec<(Method, Route)>,
}

/// One or several fixed segments, as a part of a template that has them.
struct Edge {
    template: &'static str,
    start: usize,
    end: usize,
    /// How long the first segment is: most edges differ from a path in that already.
    first_segment: usize,
    node: Node,
}

impl Node {
    /// `path` begins with a segment.
    fn find(&self, method: &Method, path: &str, args: &mut Vec<String>) -> Option<Route> {
        let end = path
            .bytes()
            .position(|byte| byte == b'/')
            .unwrap_or(path.len());
        for edge in self.fixed.iter().filter(|edge| edge.first_segment == end) {
            if let Some(rest) = path.strip_prefix(edge.text())
                && let Some(route) = edge.node.find_behind(method, rest, args)
            {
                return Some(route);
            }
        }
        let param = self.param.as_ref()?;
        let (arg, rest) = path.split_at(end);
        let arg = path::decode_segment(arg).filter(|arg| !arg.is_empty())?;
        args.push(arg.into_owned());
        let route = param.find_behind(method, rest, args);
        if route.is_none() {
            args.pop();
        }
        route
    }

    /// `rest` is what follows a segment: nothing, or a slash and more.
    fn find_behind(&self, method: &Method, rest: &str, args: &mut Vec<String>) -> Option<Route> {
        if rest.is_empty() {
            let mut routes = self.routes.iter();
            return routes
                .find(|(known, _)| known == method)
                .map(|(_, route)| *route);
        }
        self.find(method, rest.strip_prefix('/')?, args)
    }

    /// Joins segments behind which there is no choice.
    fn compress(&mut self) {
        for edge in &mut self.fixed {
            edge.node.compress();
            let has_no_choice = edge.node.routes.is_empty() && edge.node.param.is_none();
            if has_no_choice && edge.node.fixed.len() == 1 {
                let length = edge.text().len();
                let next = edge.node.fixed.remove(0);
                // The template of the longer text has the shorter one in front of it.
                *edge = Edge {
                    start: next.start - 1 - length,
                    first_segment: edge.first_segment,
                    ..next
                };
            }
        }
        self.param.iter_mut().for_each(|param| param.compress());
    }
}

impl Edge {
    fn text(&self) -> &'static str {
        &self.template[self.start..self.end]
    }
}

fn index_routes(routes: &[Route]) -> Node {
    let mut root = Node::default();
    for &route in routes {
        let template = route.path_template();
        let (mut node, mut start) = (&mut root, 1);
        for segment in template.trim_start_matches('/').split('/') {
            node = child(node, template, start, start + segment.len());
            start += segment.len() + 1;
        }
        node.routes.push((route.method(), route));
    }
    root.compress();
    root
}

fn child<'n>(node: &'n mut Node, template: &'static str, start: usize, end: usize) -> &'n mut Node {
    let segment = &template[start..end];
    if segment.starts_with('{') {
        return node.param.get_or_insert_default();
    }
    let known = node.fixed.iter().position(|edge| edge.text() == segment);
    let at = known.unwrap_or_else(|| {
        node.fixed.push(Edge {
            template,
            start,
            end,
            first_segment: segment.len(),
            node: Node::default(),
        });
        node.fixed.len() - 1
    });
    &mut node.fixed[at].node
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
