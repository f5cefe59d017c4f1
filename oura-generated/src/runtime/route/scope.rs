//! The scopes that routes need.
//!
//! Input: the generated table of routes. Output: the scopes that an application requests. The type
//! [`Scope`] is generated for every spec, also for one that names no scopes.

use std::collections::BTreeSet;

use crate::Route;
use crate::models::Scope;

impl Route {
    /// The scope that an access token needs on this route. `None` if any token is accepted
    /// (personal info, the sandbox), if the route takes no access token (webhook
    /// subscriptions), or if the scope is not known.
    ///
    /// The spec does not say which scope a route needs. These are the scopes that the server
    /// was seen to enforce, or that the text of the spec implies.
    pub fn scope(self) -> Option<Scope> {
        self.info().scope.map(Scope::from)
    }
}

impl Scope {
    /// The scopes that calls of these routes need, sorted, each once: what to request in the
    /// authorization URL.
    ///
    /// ```
    /// use oura_generated::Route;
    /// use oura_generated::models::Scope;
    ///
    /// let routes = [Route::ListWorkout, Route::ListDailySleep, Route::ListSleep];
    /// assert_eq!(Scope::needed_by(routes), [Scope::Daily, Scope::Workout]);
    /// ```
    pub fn needed_by(routes: impl IntoIterator<Item = Route>) -> Vec<Self> {
        let scopes = routes.into_iter().filter_map(Route::scope);
        let scopes: BTreeSet<Self> = scopes.collect();
        scopes.into_iter().collect()
    }
}
