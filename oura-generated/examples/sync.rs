//! Fills an SQLite file with all documents of a user, and keeps it up to date.
//!
//! With `OURA_ACCESS_TOKEN` it calls Oura. Without it, it calls the embedded Oura server, which
//! makes a user up. The file is the first argument, or else `oura.db` (`made-up.db` for the
//! embedded server); the first day is the second argument, or else 30 days ago. The next run
//! fetches what is new, and the last days again. You can stop it at any time: the file is complete
//! up to its checkpoints.
//!
//! ```sh
//! cargo run -p oura-generated --features sqlx-sqlite,testing --example sync
//! ```

use std::collections::BTreeMap;
use std::io::IsTerminal;

use futures_util::TryStreamExt;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use oura_generated::sql::Documents;
use oura_generated::testing::Oura;
use oura_generated::{Batch, Client, DateOrDateTime, Resource, Span, time};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use time::{Date, Duration, OffsetDateTime};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (file, since) = (arguments.next(), arguments.next());
    // The server runs until it is dropped.
    let made_up = Oura::start().await?;
    let (client, file) = match std::env::var("OURA_ACCESS_TOKEN") {
        Ok(token) => (
            Client::new(token),
            file.unwrap_or_else(|| "oura.db".to_owned()),
        ),
        Err(_) => {
            println!("OURA_ACCESS_TOKEN is not set: this user is made up.");
            let client = made_up.add_user("somebody").client();
            (client, file.unwrap_or_else(|| "made-up.db".to_owned()))
        }
    };
    let today = OffsetDateTime::now_utc().date();
    let since = match since.map(|day| day.parse::<DateOrDateTime>()).transpose()? {
        Some(DateOrDateTime::Date(day)) => day,
        Some(DateOrDateTime::DateTime(_)) => {
            anyhow::bail!("the first day has a time; write a date such as 2025-03-01")
        }
        None => today - Duration::days(30),
    };
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true);
    let documents = Documents::sqlite(SqlitePool::connect_with(options).await?);
    documents.migrate().await?;
    let checkpoints = documents.checkpoints().await?;
    let mut progress = Progress::new(since, today + Duration::days(2));

    let mut batches = client.sync().since(since).resume(checkpoints).batches();
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let is_stopped = loop {
        let batch = tokio::select! {
            batch = batches.try_next() => batch?,
            stopped = &mut stop => break stopped.is_ok(),
        };
        let Some(batch) = batch else { break false };
        // A batch is in the file as a whole or not at all.
        let applied = documents.apply(&batch).await?;
        progress.show(&batch, applied.written + applied.removed);
    };
    for (resource, error) in batches.skipped() {
        progress.say(&format!("{resource} was skipped: {error}"));
    }
    progress.finish();
    let (documents, changes) = (progress.documents, progress.changes);
    println!("Fetched {documents} documents, made {changes} changes in {file}.");
    if is_stopped {
        println!("Stopped. Run it again to continue.");
    }
    Ok(())
}

/// Bars on a terminal, plain lines elsewhere.
struct Progress {
    bars: Option<MultiProgress>,
    by_resource: BTreeMap<Resource, (ProgressBar, usize)>,
    since: Date,
    until: Date,
    documents: usize,
    changes: usize,
}

impl Progress {
    fn new(since: Date, until: Date) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self {
            bars,
            by_resource: BTreeMap::new(),
            since,
            until,
            documents: 0,
            changes: 0,
        }
    }

    fn show(&mut self, batch: &Batch, changes: usize) {
        self.documents += batch.records.len();
        self.changes += changes;
        let days = |day: Date| (day - self.since).whole_days().max(0).unsigned_abs();
        let Some(bars) = &self.bars else {
            let (resource, count) = (batch.resource, batch.records.len());
            println!(
                "{resource}: {count} documents up to {}",
                batch.checkpoint.day()
            );
            return;
        };
        let (bar, count) = self.by_resource.entry(batch.resource).or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix:>25} {bar:30} {msg}");
            let bar = ProgressBar::new(days(self.until));
            let style = style.expect("it is a template").progress_chars("━╸─");
            (
                bars.add(
                    bar.with_style(style)
                        .with_prefix(batch.resource.to_string()),
                ),
                0,
            )
        });
        *count += batch.records.len();
        let end = match &batch.span {
            Span::Days(days) => days.end,
            Span::Moments(moments) => moments.end.date(),
            _ => self.until,
        };
        bar.set_position(days(end));
        bar.set_message(format!("{count} documents"));
    }

    fn say(&self, line: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(line)),
            None => println!("{line}"),
        }
    }

    fn finish(&self) {
        for (bar, _) in self.by_resource.values() {
            bar.abandon();
        }
    }
}
