//! Finds the scope that a token lacks in the text of a refusal.
//!
//! Input: what the server says with a 401 or 403, and the route's scope. Output: the scope to
//! request. Invariant: the name of a scope alone is not enough, since names such as `session` and
//! `daily` are words of other refusals too ("your session has expired").

use crate::models::Scope;

/// The prefix of granted scopes, as a word.
const PREFIX: &str = "extapi";

/// The scope that a refusal names or means; `None` when it is not about scopes.
///
/// The server is known to say `Token is not authorized access spo2 scope.`; the code
/// `insufficient_scope` is that of RFC 6750, section 3.1.
pub(crate) fn find_missing_scope(text: &str, of_route: Option<Scope>) -> Option<Scope> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'))
        .map(|word| word.trim_matches(['-', '.']))
        .filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case(PREFIX))
        .collect();
    if !words.iter().any(|word| is_mark(word)) {
        return None;
    }
    accessed(&words)
        .or_else(|| {
            of_route
                .clone()
                .filter(|own| words.iter().any(|word| is(own, word)))
        })
        .or_else(|| beside_mark(&words))
        .or(of_route)
}

/// The `X` of `access X scope`, also one that this crate does not know.
fn accessed(words: &[&str]) -> Option<Scope> {
    // "The access token scope is insufficient" names none.
    let others = [
        "a",
        "an",
        "the",
        "this",
        "that",
        "any",
        "token",
        "required",
        "requested",
    ];
    let found = words.windows(3).find(|three| {
        three[0].eq_ignore_ascii_case("access")
            && is_mark(three[2])
            && !others
                .iter()
                .any(|other| three[1].eq_ignore_ascii_case(other))
    })?;
    Some(known(found[1]).unwrap_or_else(|| Scope::from(found[1])))
}

/// The first known scope that is next to a mark.
fn beside_mark(words: &[&str]) -> Option<Scope> {
    let is_beside = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let after = words.get(at + 1);
        before.into_iter().chain(after).any(|word| is_mark(word))
    };
    let beside = words.iter().enumerate().filter(|(at, _)| is_beside(*at));
    beside.into_iter().find_map(|(_, word)| known(word))
}

/// Whether a word says that the refusal is about scopes.
fn is_mark(word: &str) -> bool {
    ["scope", "scopes", "insufficient_scope"]
        .iter()
        .any(|mark| word.eq_ignore_ascii_case(mark))
}

fn known(word: &str) -> Option<Scope> {
    Scope::KNOWN.iter().find(|scope| is(scope, word)).cloned()
}

fn is(scope: &Scope, word: &str) -> bool {
    scope.as_str().eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        find_missing_scope(text, None).map(|scope| scope.to_string())
    }

    #[test]
    fn a_scope_is_named_in_many_ways() {
        for text in [
            "Token is not authorized access daily scope.",
            "TOKEN IS NOT AUTHORIZED ACCESS DAILY SCOPE",
            "Token is not authorized access extapi:daily scope.",
            "missing scope: daily",
            "Missing scopes 'daily', 'workout'",
            "insufficient_scope: daily",
            "the \"daily\" scope is required",
            r#"{"code":7,"scope":"extapi:daily"}"#,
        ] {
            assert_eq!(found(text).as_deref(), Some("daily"), "{text}");
        }
        let new = "Token is not authorized access blood-glucose scope.";
        assert_eq!(found(new).as_deref(), Some("blood-glucose"));
    }

    #[test]
    fn without_a_name_it_is_the_scope_of_the_route() {
        for text in [
            "insufficient_scope",
            "Token is not authorized to access this scope.",
            "The access token scope is insufficient",
            "The token has not the scopes that it needs: you have a daily one.",
        ] {
            assert_eq!(find_missing_scope(text, None), None, "{text}");
            let of_route = Some(Scope::Workout);
            assert_eq!(
                find_missing_scope(text, of_route.clone()),
                of_route,
                "{text}"
            );
        }
    }

    #[test]
    fn the_scope_of_the_route_is_meant_where_several_are_named() {
        let text = "scopes: daily personal; needed: workout";
        assert_eq!(
            find_missing_scope(text, Some(Scope::Workout)),
            Some(Scope::Workout)
        );
    }

    #[test]
    fn a_refusal_without_the_word_is_not_about_scopes() {
        for text in [
            "",
            "your session has expired",
            "personal tokens are gone",
            "daily limit",
            "the telescope is out of order",
            "scoped daily",
            "access daily data",
        ] {
            assert_eq!(find_missing_scope(text, Some(Scope::Daily)), None, "{text}");
        }
    }
}
