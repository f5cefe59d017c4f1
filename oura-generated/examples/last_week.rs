//! A week of sleep, readiness and activity as a table.
//!
//! With `OURA_ACCESS_TOKEN`, whose scope is `daily`, it asks Oura; without one it talks HTTP to a
//! small server of its own on this machine, which makes the week up.
//!
//! ```sh
//! cargo run -p oura-generated --example last_week
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use oura_generated::{Client, Error};
use serde_json::{Value, json};
use time::{Date, Duration, OffsetDateTime};

const DAYS: i64 = 7;

/// What the table shows of a day.
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
    let client = match std::env::var("OURA_ACCESS_TOKEN") {
        Ok(token) => Client::new(token),
        Err(_) => {
            let url = serve_made_up_week()?;
            println!("OURA_ACCESS_TOKEN is not set: this week is made up.\n");
            Client::builder()
                .access_token("made-up")
                .base_url(url)
                .build()?
        }
    };
    let today = OffsetDateTime::now_utc().date();
    let first = today - Duration::days(DAYS - 1);
    print_table(&fetch(&client, first, today).await?);
    Ok(())
}

/// The days from `first` to `last`, both included.
async fn fetch(client: &Client, first: Date, last: Date) -> Result<BTreeMap<Date, Day>, Error> {
    // Routes differ in whether they include the last day, so this asks for one more.
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

/// Answers every request on a free port of this machine with a made-up week.
fn serve_made_up_week() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    Ok(url)
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let body = made_up_page(&request).to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn made_up_page(request: &str) -> Value {
    let today = OffsetDateTime::now_utc().date();
    let documents = (0..DAYS).map(|back| {
        let day = today - Duration::days(back);
        if request.contains("daily_sleep") {
            scored(day, 86 - back * 5 % 17)
        } else if request.contains("daily_readiness") {
            scored(day, 81 + back * 7 % 13)
        } else {
            activity(day, back)
        }
    });
    json!({"data": documents.collect::<Vec<_>>(), "next_token": null})
}

fn scored(day: Date, score: i64) -> Value {
    json!({
        "id": format!("made-up-{day}"),
        "contributors": {},
        "day": day.to_string(),
        "score": score,
        "timestamp": format!("{day}T00:00:00+02:00"),
    })
}

fn activity(day: Date, back: i64) -> Value {
    let mut document = scored(day, 78 + back * 11 % 19);
    let zeros = [
        "active_calories",
        "average_met_minutes",
        "high_activity_met_minutes",
        "high_activity_time",
        "inactivity_alerts",
        "low_activity_met_minutes",
        "low_activity_time",
        "medium_activity_met_minutes",
        "medium_activity_time",
        "meters_to_target",
        "non_wear_time",
        "resting_time",
        "sedentary_met_minutes",
        "sedentary_time",
        "target_calories",
        "target_meters",
        "total_calories",
    ];
    for field in zeros {
        document[field] = json!(0);
    }
    document["steps"] = json!(6_204 + back * 3_517 % 7_001);
    document["equivalent_walking_distance"] = json!(4_870 + back * 2_611 % 5_303);
    document["met"] = json!({"interval": 60.0, "items": [], "timestamp": document["timestamp"]});
    document
}
