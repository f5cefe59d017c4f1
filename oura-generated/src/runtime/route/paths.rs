//! Between a route and the path of a URL, in both directions.
//!
//! Input: `Route::ALL`, in whose templates a segment is fixed or one parameter. Invariant:
//! fixed text wins over a parameter, at each level, and a path that leads nowhere that way
//! is tried the other way.

use std::sync::OnceLock;

use http::Method;
use matchit::Router;

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
            .map(|(name, arg)| (*name, *arg))
            .collect();
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
