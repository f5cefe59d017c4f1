//! Logins by a browser of this machine, against the authorization server of the embedded Oura.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oura_generated::models::Scope;
use oura_generated::oauth::{Login, OAuth, OAuthError};
use oura_generated::testing::{Oura, User};

/// A port that is free, and the redirect URI for it.
fn redirect_uri(host: &str) -> String {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = free.local_addr().expect("it is bound").port();
    format!("http://{host}:{port}/callback")
}

/// The page that a browser gets from a URL of this machine.
fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").expect("it is plain");
    let (host, path) = rest.split_once('/').expect("it has a path");
    let mut stream = TcpStream::connect(host).expect("somebody listens");
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("it is sent");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it responds");
    page
}

/// The pages that a browser got.
type Pages = Arc<Mutex<Vec<String>>>;

/// Logs in with a browser that opens the URLs of `browse`, which is given the redirect after the
/// user's consent.
async fn log_in(
    oauth: &OAuth,
    user: &User,
    browse: impl Fn(&str) -> Vec<String> + Send + 'static,
) -> (Result<Login, OAuthError>, Vec<String>) {
    let pages = Pages::default();
    let seen = Arc::clone(&pages);
    let user = user.clone();
    let (tell, asked) = tokio::sync::oneshot::channel::<String>();
    let browser = tokio::spawn(async move {
        let url = asked.await.expect("a login begins");
        let redirect = user.authorize(&url).await.expect("the URL is good");
        let visits = browse(&redirect);
        let visits = tokio::task::spawn_blocking(move || {
            for url in visits {
                let page = visit(&url);
                seen.lock().expect("no test panicked with it").push(page);
            }
        });
        visits.await.expect("the browser works");
    });
    let open = |url: &str| tell.send(url.to_owned()).expect("the browser waits");
    let login = oauth.login([Scope::Daily, Scope::Personal], open).await;
    browser.await.expect("the browser works");
    let pages = pages.lock().expect("no test panicked with it").clone();
    (login, pages)
}

#[tokio::test]
async fn a_login_returns_the_token_and_its_user() {
    let oura = Oura::start().await.expect("a port is free");
    let alice = oura.add_user("alice");
    oura.add_user("bob");
    for host in ["127.0.0.1", "localhost"] {
        let oauth = oura
            .oauth_with_redirect(redirect_uri(host))
            .build()
            .expect("it is set up");
        let before = |redirect: &str| {
            let (callback, _) = redirect.split_once('?').expect("it has a query");
            let (host, _) = callback.rsplit_once('/').expect("it has a path");
            vec![
                format!("{host}/favicon.ico"),
                format!("{callback}?code=stolen&state=another"),
                redirect.to_owned(),
            ]
        };
        let (login, pages) = log_in(&oauth, &alice, before).await;
        let login = login.expect("alice agrees");
        assert_eq!(login.user_id, alice.id());
        assert_eq!(login.token.scopes, [Scope::Daily, Scope::Personal]);
        let client = oura.client().with_access_token(login.token.access.clone());
        assert_eq!(
            client.get_personal_info().await.expect("it is good").id,
            alice.id()
        );
        let statuses: Vec<&str> = pages.iter().map(|page| &page[9..12]).collect();
        assert_eq!(statuses, ["404", "400", "200"]);
        assert!(pages[2].contains("You are logged in."), "{}", pages[2]);
        assert!(
            pages[2].contains("referrer-policy: no-referrer"),
            "{}",
            pages[2]
        );
        let debug = format!("{login:?}");
        assert!(!debug.contains(login.token.access.expose()), "{debug}");
    }
}

#[tokio::test]
async fn a_refusal_and_a_bad_code_end_the_login_and_are_shown() {
    let oura = Oura::start().await.expect("a port is free");
    let alice = oura.add_user("alice");
    let oauth = oura
        .oauth_with_redirect(redirect_uri("127.0.0.1"))
        .build()
        .expect("it is set up");
    let code = |redirect: &str| {
        let (_, query) = redirect.split_once("code=").expect("a code");
        query.split('&').next().unwrap_or_default().to_owned()
    };
    let refuse = move |redirect: &str| {
        let code = format!("code={}", code(redirect));
        vec![redirect.replace(&code, "error=access_denied&error_description=<b>no</b>")]
    };
    let (login, pages) = log_in(&oauth, &alice, refuse).await;
    assert!(matches!(login, Err(OAuthError::Denied { .. })), "{login:?}");
    assert!(
        pages[0].contains("You said no.") && !pages[0].contains("<b>"),
        "{}",
        pages[0]
    );

    let spoil = move |redirect: &str| vec![redirect.replace(&code(redirect), "spoiled")];
    let (login, pages) = log_in(&oauth, &alice, spoil).await;
    assert!(
        matches!(login, Err(OAuthError::AuthorizeAgain(_))),
        "{login:?}"
    );
    assert!(pages[0].contains("The login failed."), "{}", pages[0]);
}

#[tokio::test]
async fn a_login_has_a_time_limit_and_a_place() {
    let oura = Oura::start().await.expect("a port is free");
    let with = |uri: String| {
        oura.oauth_with_redirect(uri)
            .login_timeout(Duration::from_millis(20))
    };
    let login = async |uri: String| {
        let oauth = with(uri).build().expect("it is set up");
        let login = oauth.login([Scope::Daily], |_| {}).await;
        login.expect_err("no browser comes").to_string()
    };
    // A connection without a request does not block others.
    let uri = redirect_uri("127.0.0.1");
    assert_eq!(
        login(uri).await,
        "no browser came back within 20ms: log in again; to wait longer, see \
         `OAuthBuilder::login_timeout`"
    );
    for uri in [
        "https://localhost:8080/a",
        "http://example.com/a",
        "http://10.0.0.1/a",
        "app:/a",
    ] {
        let error = login(uri.to_owned()).await;
        assert!(
            error.starts_with("the redirect URI is not"),
            "{uri}: {error}"
        );
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it is bound");
    let error = login(format!("http://{address}/callback")).await;
    assert!(error.starts_with("cannot listen on port"), "{error}");
}
