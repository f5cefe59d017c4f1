//! From a method and a path to a route: a router for each method.
//!
//! Input: `Route::ALL`, in whose templates a segment is fixed or one parameter. Invariant:
//! fixed text wins over a parameter, at each level, and a path that leads nowhere that way
//! is tried the other way.

use std::sync::OnceLock;

use http::Method;
use matchit::Router;

use super::path;
use super::route::RouteMatch;
use crate::Route;

/// The route that a method and a path belong to.
pub(crate) fn find(method: &Method, path: &str) -> Option<RouteMatch> {
    static INDEX: OnceLock<Vec<(Method, Router<Route>)>> = OnceLock::new();
    let index = INDEX.get_or_init(|| index_routes(Route::ALL));
    let (_, router) = index.iter().find(|(known, _)| known == method)?;
    let found = router.at(path).ok()?;
    let args = found.params.iter();
    let args = args.map(|(_, arg)| path::decode_segment(arg).map(|arg| arg.into_owned()));
    Some(RouteMatch {
        route: *found.value,
        args: args.collect::<Option<_>>()?,
    })
}

fn index_routes(routes: &[Route]) -> Vec<(Method, Router<Route>)> {
    let mut index: Vec<(Method, Router<Route>)> = Vec::new();
    for &route in routes {
        let method = route.method();
        let known = index.iter().position(|(known, _)| *known == method);
        let at = known.unwrap_or_else(|| {
            index.push((method, Router::new()));
            index.len() - 1
        });
        // Of two templates that differ in the names of parameters alone, the first is found.
        let _ = index[at].1.insert(route.path_template(), route);
    }
    index
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
