//! The authorization URL, and the redirect with which the browser comes back.

use std::fmt;

use form_urlencoded::parse;

use super::error::{OAuthError, OAuthErrorCode};
use super::state::State;
use super::token::split;
use crate::models::Scope;
use crate::runtime::auth::secret::SecretText;

/// An authorization URL, and the state that its redirect must carry. `Debug` does not show it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Authorization {
    /// The URL that the user opens in a browser.
    pub url: String,
    /// What [`OAuth::check_redirect`](super::OAuth::check_redirect) compares. Keep it with
    /// the user's browser session.
    pub state: State,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state is also in the query.
        let address = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Authorization")
            .field("url", &format_args!("{address:?}.."))
            .field("state", &self.state)
            .finish()
    }
}

/// An authorization code: exchanged for a token, once. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    pub(super) code: SecretText,
    pub(super) scopes: Vec<Scope>,
}

impl AuthorizationCode {
    /// A code whose `state` was checked elsewhere.
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: SecretText::new(code),
            scopes: Vec::new(),
        }
    }

    /// The code itself.
    pub fn expose(&self) -> &str {
        self.code.expose()
    }

    /// The scopes that the user granted, if the redirect names them; else empty.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }
}

/// Reads a redirect: a URL, a path with a query, or a query.
pub(super) fn read_redirect(
    redirect: &str,
    state: &State,
) -> Result<AuthorizationCode, OAuthError> {
    let query = query_of(redirect);
    // A parameter that comes twice is ignored: another program may read the other value.
    let parameter = |name: &str| {
        let mut values = parse(query.as_bytes()).filter_map(|(n, v)| (n == name).then_some(v));
        values.next().filter(|_| values.next().is_none())
    };
    let text = |name: &str| parameter(name).filter(|value| !value.is_empty());
    // Nothing else is read before the state has shown which authorization this belongs to.
    if !parameter("state").is_some_and(|given| state.is(&given)) {
        return Err(OAuthError::State);
    }
    if let Some(code) = text("error") {
        return Err(OAuthError::Denied {
            code: OAuthErrorCode::from(&*code),
            description: text("error_description").map(String::from),
        });
    }
    let code = text("code").ok_or(OAuthError::NoCode)?;
    Ok(AuthorizationCode {
        code: SecretText::new(code),
        scopes: text("scope").map_or_else(Vec::new, |scopes| split(&scopes)),
    })
}

/// The query of a URL or a path, or a query alone, which begins with a name and `=`. After
/// that, `/` and `?` need no encoding.
fn query_of(redirect: &str) -> &str {
    let redirect = redirect.split('#').next().unwrap_or_default();
    let end = redirect.find(['?', '=', '&']).unwrap_or(redirect.len());
    let (start, rest) = redirect.split_at(end);
    if !start.contains(['/', ':']) && !rest.starts_with('?') {
        return redirect;
    }
    redirect.split_once('?').map_or("", |(_, query)| query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(redirect: &str) -> Result<AuthorizationCode, OAuthError> {
        read_redirect(redirect, &State::new("s 1"))
    }

    #[test]
    fn all_forms_of_a_redirect_are_read() {
        for redirect in [
            "http://localhost:8080/callback?code=c%2B1&scope=daily+mood&state=s+1",
            "/callback?state=s%201&code=c%2B1&scope=daily%20mood#fragment",
            "code=c%2B1&state=s+1&scope=daily+mood",
        ] {
            let code = read(redirect).expect(redirect);
            assert_eq!(code.expose(), "c+1");
            assert_eq!(code.scopes(), ["daily", "mood"].map(Scope::from));
        }
        for redirect in [
            "code=4/a?b://c&state=s+1",
            "state=s+1&code=4/a?b://c",
            "?code=4/a?b://c&state=s+1",
            "/callback?code=4/a?b://c&state=s+1",
            "/call=back?code=4/a?b://c&state=s+1",
            "https://a.b/c=d?code=4/a?b://c&state=s+1",
            "com.example.app:/c=d?code=4/a?b://c&state=s+1",
        ] {
            let code = read(redirect).expect(redirect);
            assert_eq!(code.expose(), "4/a?b://c", "{redirect}");
        }
    }

    #[test]
    fn a_wrong_or_missing_state_is_refused() {
        for redirect in [
            "",
            "code=c",
            "code=c&state=",
            "code=c&state=s+2",
            "code=c&state=s+1&state=s+2",
            "code=c&state=s+1&state=s+1",
            "error=access_denied",
            "http://localhost/code=c&state=s+1",
        ] {
            let error = read(redirect).expect_err(redirect);
            assert!(matches!(error, OAuthError::State), "{redirect}: {error}");
        }
        let error = read_redirect("code=c&state=", &State::new("")).expect_err("no state");
        assert!(matches!(error, OAuthError::State), "{error}");
    }

    #[test]
    fn a_denial_and_a_missing_code_are_distinguished() {
        let denied = "state=s+1&error=access_denied&error_description=The+user%0Asaid+no&code=c";
        let error = read(denied).expect_err("denied");
        assert!(
            matches!(&error, OAuthError::Denied { code, .. } if *code == OAuthErrorCode::AccessDenied)
        );
        assert_eq!(
            error.to_string(),
            "the authorization was denied: access_denied (The user said no)"
        );
        for none in ["state=s+1", "state=s+1&code=", "state=s+1&code=a&code=b"] {
            let error = read(none).expect_err(none);
            assert!(matches!(error, OAuthError::NoCode), "{none}: {error}");
        }
    }
}
