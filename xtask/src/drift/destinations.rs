//! Compares where credentials go, for the first lines of a report: URLs that are refused, that
//! changed, or that the policy replaced.
//!
//! Input: the destinations of both specs. Output: notices, the most dangerous first.

use std::collections::BTreeSet;

use oura_codegen::hosts::{Destination, Receiver, Verdict};
use serde::{Serialize, Serializer};

use super::phrase::Phrase;

/// What a reviewer must know about a URL that credentials go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What happened.
    pub status: NoticeStatus,
    /// What the URL is for.
    #[serde(serialize_with = "serialize_receiver")]
    pub receiver: Receiver,
    /// The credentials that would be sent there.
    pub credential: &'static str,
    /// The URL of the old spec, if it changed.
    pub before: Option<String>,
    /// The URL of the new spec, as it has it; `None` where it has none.
    pub after: Option<String>,
    /// The notice as a sentence.
    #[serde(rename = "text")]
    pub phrase: Phrase,
}

fn serialize_receiver<S: Serializer>(one: &Receiver, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(one.as_str())
}

/// What happened to a URL that credentials go to. The order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeStatus {
    /// No SDK may be generated with it.
    Refused,
    /// It is not the URL of the old spec.
    Changed,
    /// The spec has no server that can be used: the policy's server is used.
    Replaced,
}

impl NoticeStatus {
    /// The label of the line in the report.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Changed => "changed",
            Self::Replaced => "server",
        }
    }
}

/// Compares the destinations of two specs.
pub fn compare_destinations(old: &[Destination], new: &[Destination]) -> Vec<Notice> {
    let mut notices: Vec<Notice> = new
        .iter()
        .filter_map(|destination| flawed(destination, old))
        .collect();
    let receivers: BTreeSet<Receiver> = new.iter().map(|one| one.receiver).collect();
    notices.extend(receivers.iter().filter_map(|one| changed(*one, old, new)));
    notices.sort_by_key(|notice| (notice.status, notice.receiver));
    notices.dedup();
    notices
}

/// A notice for a URL that is refused, or that the policy replaced and did not replace before.
fn flawed(destination: &Destination, old: &[Destination]) -> Option<Notice> {
    let status = match destination.verdict {
        Verdict::Kept => return None,
        Verdict::Refused(_) => NoticeStatus::Refused,
        Verdict::Replaced(_) => NoticeStatus::Replaced,
    };
    let is_same = |one: &Destination| {
        (one.receiver, one.verdict, &one.given)
            == (
                destination.receiver,
                destination.verdict,
                &destination.given,
            )
    };
    let is_known = status == NoticeStatus::Replaced && old.iter().any(is_same);
    (!is_known).then(|| Notice {
        status,
        receiver: destination.receiver,
        credential: destination.receiver.credential(),
        before: None,
        after: destination.given.clone(),
        phrase: describe(destination),
    })
}

fn changed(receiver: Receiver, old: &[Destination], new: &[Destination]) -> Option<Notice> {
    let urls = |all: &[Destination]| -> BTreeSet<String> {
        let all = all.iter().filter(|one| one.receiver == receiver);
        all.filter_map(|one| one.url.clone()).collect()
    };
    let (old, new) = (urls(old), urls(new));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let only: Vec<String> = one.difference(other).cloned().collect();
        only.join(", ")
    };
    let (before, after) = (only(&old, &new), only(&new, &old));
    // Where only one side has a URL, nothing is sent to another place than before.
    if before.is_empty() || after.is_empty() {
        return None;
    }
    let what = receiver.as_str();
    let phrase = Phrase::words(format!("another {what}, for {}: ", receiver.credential()))
        .and_code(&before)
        .and(" → ")
        .and_code(&after);
    Some(Notice {
        status: NoticeStatus::Changed,
        receiver,
        credential: receiver.credential(),
        before: Some(before),
        after: Some(after),
        phrase,
    })
}

/// Describes a URL: why it is refused, or what is used instead.
pub(crate) fn describe(destination: &Destination) -> Phrase {
    let receiver = destination.receiver;
    let what = match &destination.given {
        Some(given) => Phrase::words(format!("the {} ", receiver.as_str())).and_code(given),
        None => Phrase::words(format!("the {}", receiver.as_str())),
    };
    match destination.verdict {
        Verdict::Kept => what,
        Verdict::Refused(why) => {
            what.and(format!(" {why}: {} would go there", receiver.credential()))
        }
        Verdict::Replaced(flaw) => {
            let used = destination.url.as_deref().unwrap_or_default();
            what.and(format!(" is {}: the client uses ", flaw.text()))
                .and_code(used)
        }
    }
}

#[cfg(test)]
mod tests {
    use oura_codegen::document::parse_document;
    use oura_codegen::hosts::find_destinations;
    use oura_codegen::oura::POLICY;

    use super::*;

    fn spec(server: &str, token_host: &str) -> Vec<Destination> {
        let text = format!(
            "servers: {server}
components:
  securitySchemes:
    O:
      flows:
        authorizationCode:
          authorizationUrl: https://cloud.ouraring.com/authorize
          tokenUrl: https://{token_host}/token
"
        );
        find_destinations(&parse_document("d", &text).unwrap(), &POLICY)
    }

    fn notices(old: &[Destination], new: &[Destination]) -> Vec<String> {
        let notices = compare_destinations(old, new).into_iter();
        notices
            .map(|one| format!("{}: {}", one.status.label(), one.phrase))
            .collect()
    }

    const SERVER: &str = "[{url: 'https://api.ouraring.com'}]";

    #[test]
    fn what_is_refused_comes_before_what_changed_and_what_is_replaced() {
        let old = spec(SERVER, "api.ouraring.com");
        let new = spec("[{url: 'https://api.None.com'}]", "api.evil.dev");
        let expected = [
            "refused: the token URL `https://api.evil.dev/token` is on a host that the policy does \
             not list: the client secret and the refresh token would go there",
            "changed: another token URL, for the client secret and the refresh token: \
             `https://api.ouraring.com/token` → `https://api.evil.dev/token`",
            "server: the server `https://api.None.com` is a placeholder: the client uses \
             `https://api.ouraring.com`",
        ];
        assert_eq!(notices(&old, &new), expected);
        assert_eq!(notices(&old, &old), [""; 0]);
        // A replacement is reported once; a refused URL in every report.
        assert_eq!(notices(&new, &new), expected[..1]);
    }

    #[test]
    fn a_change_among_listed_hosts_is_reported() {
        let old = spec(SERVER, "api.ouraring.com");
        let new = spec("[{url: 'https://cloud.ouraring.com'}]", "api.ouraring.com");
        let expected = "changed: another server, for the access token: \
                        `https://api.ouraring.com` → `https://cloud.ouraring.com`";
        assert_eq!(notices(&old, &new), [expected]);
    }

    #[test]
    fn a_missing_server_is_replaced() {
        let old = spec(SERVER, "api.ouraring.com");
        let expected = "server: the server is missing: the client uses `https://api.ouraring.com`";
        assert_eq!(notices(&old, &spec("[]", "api.ouraring.com")), [expected]);
    }
}
