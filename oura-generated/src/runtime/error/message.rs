//! Parts of error messages.

use std::error::Error as StdError;
use std::fmt::{self, Write};

use crate::Route;

/// Shows text on one line: characters that would end the line or control a terminal become spaces.
pub(crate) struct OneLine<'t> {
    text: &'t str,
    limit: usize,
}

impl<'t> OneLine<'t> {
    /// The whole text.
    pub(crate) fn of(text: &'t str) -> Self {
        Self {
            text,
            limit: usize::MAX,
        }
    }

    /// The first `limit` characters, and `…` if there are more.
    pub(crate) fn cut(text: &'t str, limit: usize) -> Self {
        Self { text, limit }
    }
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.text.chars();
        for c in chars.by_ref().take(self.limit) {
            let is_unfit = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            f.write_char(if is_unfit { ' ' } else { c })?;
        }
        match chars.next() {
            Some(_) => f.write_char('…'),
            None => Ok(()),
        }
    }
}

/// `ListSleep: `, or nothing for a raw call.
pub(crate) struct Prefix(pub(crate) Option<Route>);

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |route| write!(f, "{route}: "))
    }
}

/// Shows the length of something instead of its content.
pub(crate) struct Length(pub(crate) usize);

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

/// The next error of the chain: the cause, or the cause of the cause if the message already shows
/// the text of the first.
pub(crate) fn unshown_cause<'e>(
    message: &str,
    cause: &'e (dyn StdError + 'static),
) -> Option<&'e (dyn StdError + 'static)> {
    match cause.to_string() == message {
        true => cause.source(),
        false => Some(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_become_spaces() {
        let text = OneLine::of("a\nb\u{1b}[0m\u{2028}c").to_string();
        assert_eq!(text, "a b [0m c");
    }

    #[test]
    fn only_what_is_cut_is_marked() {
        let cut = |text: &str| OneLine::cut(text, 3).to_string();
        assert_eq!(
            ["", "å\u{85}b", "ååå", "åååå"].map(cut),
            ["", "å b", "ååå", "ååå…"]
        );
    }
}
