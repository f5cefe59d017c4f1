//! URLs that look like one on a listed host, and the verdict on each.

use super::*;
use crate::document::parse_document;
use crate::oura::POLICY;

/// The verdict of Oura's policy on a server.
fn judge(url: &str) -> Verdict {
    POLICY.judge_server(Some(url))
}

#[test]
fn a_listed_host_and_its_subdomains_are_kept() {
    for url in [
        "https://api.ouraring.com",
        "https://ouraring.com/v2",
        "https://api.eu.ouraring.com:8443/v2?x#y",
        "HTTPS://API.OURARING.COM",
        "https://api.ouraring.com./v2",
        "https://api.ouraring.com/https://api.evil.dev",
    ] {
        assert_eq!(judge(url), Verdict::Kept, "{url}");
    }
}

#[test]
fn what_only_looks_like_a_listed_host_is_refused() {
    for url in [
        "https://evilouraring.com",
        "https://ouraring.com.evil.dev",
        "https://api.ouraring.co",
        "https://ouraring.com@evil.dev",
        "https://user:secret@api.ouraring.com",
        "https://api.ouraring.com:443@evil.dev/",
        "https://api.ouraring.com\\@evil.dev",
        "https://evil.dev\\.ouraring.com",
        "https://evil.dev%2f.ouraring.com",
        "https://evil.dev\t.ouraring.com",
        "https://evil.dev .ouraring.com",
        "https://our\u{430}ring.com",
        "https://evil\u{3002}ouraring.com",
        "https://xn--ourring-3fg.com",
        "https://api.ouraring.com:https",
        "https://127.0.0.1",
        "https://2130706433",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]",
        "http://api.ouraring.com",
        "wss://api.ouraring.com",
        "//evil.dev/v2",
        "evil.dev/v2",
        "api.ouraring.com",
        "javascript:alert(1)",
        "https:/api.ouraring.com",
    ] {
        assert!(
            matches!(judge(url), Verdict::Refused(_)),
            "{url}: {:?}",
            judge(url)
        );
    }
}

#[test]
fn placeholders_are_replaced_anywhere_in_the_host() {
    for url in [
        "https://api.None.com",
        "https://None.ouraring.com/v2",
        "http://localhost:8000",
        "https://undefined",
        "https://example.com",
        "https://api..com",
        "https:///v2",
        "https://",
        "https://{environment}.ouraring.com",
        "https://api.ouraring.com/{base}",
        "None",
    ] {
        assert_eq!(judge(url), Verdict::Replaced(Flaw::Placeholder), "{url}");
    }
    assert!(!POLICY.is_placeholder("https://api.nonesuch.com/none"));
}

fn destinations(text: &str) -> Vec<Destination> {
    find_destinations(&parse_document("d", text).unwrap(), &POLICY)
}

#[test]
fn the_server_of_the_policy_is_used_where_the_spec_has_none() {
    let used = |text: &str| destinations(text)[0].url.clone().unwrap();
    assert_eq!(used("{}"), "https://api.ouraring.com");
    assert_eq!(used("servers: []"), "https://api.ouraring.com");
    assert_eq!(used("servers: [{url: /}]"), "https://api.ouraring.com");
    assert_eq!(
        used("servers: [{url: /beta/}]"),
        "https://api.ouraring.com/beta"
    );
    let variables = "servers: [{url: 'https://{h}.com', variables: {h: {default: None}}}]";
    assert_eq!(used(variables), "https://api.ouraring.com");
    let variables = variables.replace("default: None", "default: api.evil");
    let found = &destinations(&variables)[0];
    assert_eq!(found.given.as_deref(), Some("https://api.evil.com"));
    assert!(matches!(found.verdict, Verdict::Refused(_)));
}

/// A placeholder as a token URL is refused, since nothing can replace it.
#[test]
fn each_url_of_a_security_scheme_is_judged() {
    let text = "
components:
  securitySchemes:
    A:
      flows:
        authorizationCode:
          authorizationUrl: https://cloud.ouraring.com/oauth/authorize
          tokenUrl: https://api.None.com/oauth/token
          refreshUrl: https://api.evil.dev/refresh
        implicit: {authorizationUrl: authorize}
    B: {openIdConnectUrl: 'https://evil.dev/.well-known/openid-configuration'}
";
    let refused = |one: &Destination| Some((one.receiver, one.refusal()?.message));
    let refused: Vec<_> = destinations(text).iter().filter_map(refused).collect();
    let receivers: Vec<_> = refused.iter().map(|(receiver, _)| *receiver).collect();
    use Receiver::{AuthorizationUrl, OpenIdConnectUrl, RefreshUrl, TokenUrl};
    assert_eq!(
        receivers,
        [TokenUrl, RefreshUrl, AuthorizationUrl, OpenIdConnectUrl]
    );
    assert_eq!(
        refused[1].1,
        "the refresh URL `https://api.evil.dev/refresh` is on a host that the policy does not \
         list: the client secret and the refresh token would go there"
    );
}

#[test]
fn a_policy_without_hosts_takes_what_the_spec_has() {
    let policy = Policy::default();
    let of = |text: &str| find_destinations(&parse_document("d", text).unwrap(), &policy);
    let one = &of("servers: [{url: 'http://localhost:8000/'}]")[0];
    assert_eq!(one.url.as_deref(), Some("http://localhost:8000"));
    assert_eq!(one.verdict, Verdict::Kept);
    assert_eq!(of("servers: [{url: /v1}]")[0].url, None);
    assert_eq!(of("{}")[0].url, None);
}
