//! Text that never shows itself, and that is overwritten when it is no longer used.

use std::fmt;

use zeroize::Zeroize;

/// The text of a secret. What other crates copy while they send it is out of its reach.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct SecretText(String);

impl SecretText {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// An access token. `Debug` does not show it and there is no `Display`. Its memory is
/// overwritten when it is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessToken(SecretText);

impl AccessToken {
    /// A token as the server gave it.
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretText::new(token))
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for AccessToken {
    fn from(token: String) -> Self {
        Self::new(token)
    }
}

impl From<&str> for AccessToken {
    fn from(token: &str) -> Self {
        Self::new(token)
    }
}
