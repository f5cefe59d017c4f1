//! The scopes that routes ask for.
//!
//! Input: the generated table of routes. Output: what an application asks a user for. The type
//! [`Scope`] is made of every spec, also of one that names no scopes.

use std::collections::BTreeSet;

use crate::Route;
use crate::models::Scope;

impl Route {
    /// The scope that the server asks of an access token on this route. `None` where any token
    /// will do (personal info, the sandbox), where the route takes no access token (webhook
    /// subscriptions), and where it is not known.
    ///
    /// The spec does not say which scope a route needs. What is said here is what the server
    /// was seen to enforce, or what the words of the spec imply.
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
