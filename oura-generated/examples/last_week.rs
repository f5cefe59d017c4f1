//! A week of sleep, readiness and activity as a table.
//!
//! With `OURA_ACCESS_TOKEN`, which needs the scope `daily`, it calls Oura. Without it, it calls the
//! embedded Oura server, which makes the week up.
//!
//! ```sh
//! cargo run -p oura-generated --features testing --example last_week
//! ```

use std::collections::BTreeMap;

use oura_generated::testing::Oura;
use oura_generated::{Client, Error};
use time::{Date, Duration, OffsetDateTime};

const DAYS: i64 = 7;

/// A row of the table.
#[derive(Default)]
struct Day {
    sleep: Option<i64>,
    readiness: Option<i64>,
    activity: Option<i64>,
    steps: Option<i64>,
    meters: Option<i64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The server runs until it is dropped.
    let made_up = Oura::start().await?;
    let client = match std::env::var("OURA_ACCESS_TOKEN") {
        Ok(token) => Client::new(token),
        Err(_) => {
            println!("OURA_ACCESS_TOKEN is not set: this week is made up.\n");
            made_up.add_user("somebody").client()
        }
    };
    let today = OffsetDateTime::now_utc().date();
    let first = today - Duration::days(DAYS - 1);
    print_table(&fetch(&client, first, today).await?);
    Ok(())
}

/// The days from `first` to `last`, both included.
async fn fetch(client: &Client, first: Date, last: Date) -> Result<BTreeMap<Date, Day>, Error> {
    // Routes differ in whether they include the last day, so this requests one more.
    let end = last + Duration::days(1);
    let (sleep, readiness, activity) = tokio::try_join!(
        client
            .list_daily_sleep()
            .start_date(first)
            .end_date(end)
            .send(),
        client
            .list_daily_readiness()
            .start_date(first)
            .end_date(end)
            .send(),
        client
            .list_daily_activity()
            .start_date(first)
            .end_date(end)
            .send(),
    )?;
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for document in sleep.data {
        days.entry(document.day).or_default().sleep = document.score;
    }
    for document in readiness.data {
        days.entry(document.day).or_default().readiness = document.score;
    }
    for document in activity.data {
        let day = days.entry(document.day).or_default();
        day.activity = document.score;
        day.steps = Some(document.steps);
        day.meters = Some(document.equivalent_walking_distance);
    }
    days.retain(|day, _| (first..=last).contains(day));
    Ok(days)
}

fn print_table(days: &BTreeMap<Date, Day>) {
    println!("Day          Sleep  Readiness  Activity   Steps  Distance");
    println!("-----------  -----  ---------  --------  ------  --------");
    for (date, day) in days {
        let (weekday, month) = (date.weekday().to_string(), date.month().to_string());
        println!(
            "{:.3} {:>2} {:.3}   {:>5}  {:>9}  {:>8}  {:>6}  {:>8}",
            weekday,
            date.day(),
            month,
            cell(day.sleep),
            cell(day.readiness),
            cell(day.activity),
            day.steps.map_or_else(|| "-".to_owned(), thousands),
            day.meters.map_or_else(|| "-".to_owned(), kilometers),
        );
    }
    println!("-----------  -----  ---------  --------  ------  --------");
    println!(
        "Average      {:>5}  {:>9}  {:>8}  {:>6}  {:>8}",
        cell(average(days.values().map(|day| day.sleep))),
        cell(average(days.values().map(|day| day.readiness))),
        cell(average(days.values().map(|day| day.activity))),
        average(days.values().map(|day| day.steps)).map_or_else(|| "-".to_owned(), thousands),
        average(days.values().map(|day| day.meters)).map_or_else(|| "-".to_owned(), kilometers),
    );
}

fn cell(value: Option<i64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn thousands(value: i64) -> String {
    match value {
        1000.. => format!("{},{:03}", value / 1000, value % 1000),
        _ => value.to_string(),
    }
}

fn kilometers(meters: i64) -> String {
    format!("{}.{} km", meters / 1000, meters % 1000 / 100)
}

/// The average of the days that have a value.
fn average(values: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    let known: Vec<i64> = values.flatten().collect();
    let count = i64::try_from(known.len()).ok().filter(|count| *count > 0)?;
    Some(known.iter().sum::<i64>() / count)
}
