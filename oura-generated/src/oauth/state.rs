//! The OAuth2 `state` parameter.

use subtle::ConstantTimeEq;

use super::error::OAuthError;
use crate::hex;
use crate::runtime::auth::secret::SecretText;

/// How many random bytes a state has.
const STATE_BYTES: usize = 32;

/// The OAuth2 `state` parameter: a redirect that carries it belongs to the authorization that it
/// was sent with. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct State(SecretText);

impl State {
    /// A random state of 256 bits, from the operating system.
    ///
    /// # Errors
    ///
    /// [`OAuthError::Config`] when the operating system has no random numbers.
    pub fn random() -> Result<Self, OAuthError> {
        let mut bytes = [0; STATE_BYTES];
        getrandom::fill(&mut bytes)
            .map_err(|_| OAuthError::config("the operating system has no random numbers"))?;
        Ok(Self::new(hex::encode(&bytes)))
    }

    /// A state that was kept, in the browser session for example. It must come from
    /// [`random`](Self::random).
    pub fn new(state: impl Into<String>) -> Self {
        Self(SecretText::new(state))
    }

    /// The state itself, to keep it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether `other` is this state, in constant time. An empty state matches nothing.
    pub(crate) fn is(&self, other: &str) -> bool {
        let this = self.expose().as_bytes();
        !this.is_empty() && bool::from(this.ct_eq(other.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_random() {
        let [one, two] = [State::random(), State::random()].map(|state| state.expect("chance"));
        assert_eq!(one.expose().len(), 64);
        assert_ne!(one.expose(), two.expose());
        assert!(one.is(one.expose()) && !one.is(two.expose()));
        assert!(!one.is(&one.expose()[..63]) && !State::new("").is(""));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", State::new("s-1")), "State(..)");
    }
}
