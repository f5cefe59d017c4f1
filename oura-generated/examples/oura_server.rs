//! The embedded Oura server for programs in any language: prints its URL, a token and a `curl`
//! line, and serves until it is stopped with Ctrl-C.
//!
//! ```sh
//! cargo run -p oura-generated --features testing --example oura_server -- --port 8080
//! ```

use std::time::Duration;

use anyhow::Context;
use oura_generated::testing::Oura;

const USAGE: &str = "usage: oura_server [--port PORT] [--user NAME] [--seed NUMBER]";

/// The options of the command line.
struct Options {
    port: u16,
    user: String,
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let options = read_options(arguments.into_iter())?;
    let builder = Oura::builder().port(options.port).seed(options.seed);
    let oura = builder.start().await?;
    let user = oura.add_user(&options.user);
    let token = user.token();
    let (url, access) = (oura.url(), token.access.expose());
    let last = oura.today();
    println!("URL            {url}");
    println!("access token   {access}");
    println!("client id      {}", oura.client_id());
    println!("client secret  {}", oura.client_secret());
    println!("authorize at   {url}/oauth/authorize");
    println!("token URL      {url}/oauth/token");
    println!();
    println!(
        "curl -H 'Authorization: Bearer {access}' \
         '{url}/v2/usercollection/daily_sleep?start_date={last}'"
    );
    watch(&oura).await
}

/// Prints the requests, and complaints about those that the spec does not allow.
async fn watch(oura: &Oura) -> anyhow::Result<()> {
    let (mut asked, mut complained) = (0, 0);
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        for request in oura.requests().iter().skip(asked) {
            println!("{} {} {}", request.status, request.method, request.path);
            asked += 1;
        }
        for complaint in oura.complaints().iter().skip(complained) {
            println!("    {complaint}");
            complained += 1;
        }
    }
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options {
        port: 0,
        user: "somebody".to_owned(),
        seed: 1,
    };
    while let Some(name) = arguments.next() {
        let value = arguments.next().context(USAGE)?;
        match &*name {
            "--port" => options.port = value.parse().context(USAGE)?,
            "--user" => options.user = value,
            "--seed" => options.seed = value.parse().context(USAGE)?,
            _ => anyhow::bail!(USAGE),
        }
    }
    Ok(options)
}
