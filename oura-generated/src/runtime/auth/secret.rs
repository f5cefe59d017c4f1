//! Secret text: `Debug` does not show it, and its memory is overwritten when it is dropped.

use std::fmt;

use zeroize::Zeroize;

/// The text of a secret. Copies that other crates make to send it are out of its reach.
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

/// A shorter secret is not redacted: it may be an ordinary word, and no server issues one.
const SHORTEST: usize = 6;
/// A secret of this length does not occur inside of a word by chance.
const LONG: usize = 16;

/// Removes the secrets that were sent from text that is printed or kept. A short secret is
/// removed only where it is a whole word, so that other words stay complete.
pub(crate) fn redact(text: &str, secrets: &[&str]) -> String {
    let mut secrets: Vec<_> = secrets.iter().filter(|s| s.len() >= SHORTEST).collect();
    // Longest first: one may contain another, and its rest would be left.
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in secrets {
        text = redact_one(&text, secret);
    }
    text
}

fn redact_one(text: &str, secret: &str) -> String {
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut redacted = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in text.match_indices(secret) {
        let end = at + found.len();
        let is_word = !text[..at].ends_with(is_of_word) && !text[end..].starts_with(is_of_word);
        if is_word || secret.len() >= LONG {
            redacted.extend([&text[rest..at], "[redacted]"]);
            rest = end;
        }
    }
    redacted.push_str(&text[rest..]);
    redacted
}

/// An access token. `Debug` does not show it and there is no `Display`. Its memory is
/// overwritten when it is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccessToken(SecretText);

impl AccessToken {
    /// A token as the server sent it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_secrets_are_taken_out() {
        let long = "0123456789abcdefXYZ";
        for (text, secrets, expected) in [
            (
                "token abcdef refused",
                vec!["abcdef", ""],
                "token [redacted] refused",
            ),
            ("abcdef", vec!["abcdef"], "[redacted]"),
            (
                "(abcdef), abcdefg, x-abcdef",
                vec!["abcdef"],
                "([redacted]), abcdefg, x-abcdef",
            ),
            ("a word", vec!["a"], "a word"),
            (
                "Bearer%200123456789abcdefXYZ9",
                vec![long],
                "Bearer%20[redacted]9",
            ),
            (
                "0123456789abcdefXYZ",
                vec!["0123456789abcdef", long],
                "[redacted]",
            ),
            (
                "å-geheim ågeheim geheim",
                vec!["geheim"],
                "å-geheim ågeheim [redacted]",
            ),
        ] {
            assert_eq!(redact(text, &secrets), expected);
        }
    }
}
