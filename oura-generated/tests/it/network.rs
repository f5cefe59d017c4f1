//! Proxies between a client and a server.

use crate::support::{Server, json};
use oura_generated::{Client, Error};

const ME: &str = r#"{"id":"me"}"#;

#[tokio::test]
async fn calls_go_through_the_proxy_that_is_set() {
    let proxy = Server::always(json(ME));
    let client = Client::builder()
        .access_token("token-1")
        .base_url("http://api.nowhere.invalid")
        .allow_plain_http(true)
        .proxy(&proxy.url);
    let client = client.build().expect("it is set up right");
    let me = client
        .get_personal_info()
        .await
        .expect("the proxy responds");
    assert_eq!(me.id, "me");
    let target = "http://api.nowhere.invalid/v2/usercollection/personal_info";
    let uris: Vec<_> = proxy
        .requests()
        .iter()
        .map(|r| r.uri().to_string())
        .collect();
    assert_eq!(uris, [target]);
}

/// The example, which cargo builds before the tests of its package run, talks to a server on
/// this machine.
#[cfg(feature = "testing")]
#[test]
fn a_proxy_of_the_environment_does_not_get_requests_to_this_machine() {
    let proxy = Server::always(json(""));
    let test = std::env::current_exe().expect("it has a path");
    let directory = test.ancestors().nth(2).expect("a directory");
    let mut program = std::process::Command::new(directory.join("examples/last_week"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        program.env(name, &proxy.url);
    }
    for name in ["OURA_ACCESS_TOKEN", "NO_PROXY", "no_proxy"] {
        program.env_remove(name);
    }
    let output = program.output().expect("cargo has built `last_week`");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("this week is made up"), "{printed}");
    assert!(proxy.requests().is_empty());
}

#[test]
fn a_proxy_that_is_not_a_url_is_refused_and_not_quoted() {
    let builder = Client::builder().proxy("http://user:pass-s3cret@:x");
    let error = builder.build().expect_err("no URL");
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(text.contains("proxy") && !text.contains("s3cret"), "{text}");
}
