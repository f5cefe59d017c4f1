//! One night in the terminal: phases, heart rate, variability, durations and scores.
//!
//! With `OURA_ACCESS_TOKEN` it shows the last night of that user; without it, a night of the
//! embedded Oura server. There are no colours if the terminal has none, or with `NO_COLOR`.
//!
//! ```sh
//! cargo run -p oura-generated --features testing --example night
//! ```

use anstream::println;
use anstyle::{AnsiColor, Style};
use oura_generated::models::{Sample, Sleep, SleepPhase, SleepType};
use oura_generated::testing::Oura;
use oura_generated::{Client, time};
use time::{Duration, OffsetDateTime};

/// The columns of a chart: the number of five minutes in a night of six hours.
const COLUMNS: usize = 72;
/// The rows of a curve, of eight steps each.
const ROWS: usize = 4;
const STEPS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// The width of the labels left of a chart.
const MARGIN: usize = 7;

const PHASES: [(&str, SleepPhase, AnsiColor); 4] = [
    ("Awake", SleepPhase::Awake, AnsiColor::BrightWhite),
    ("REM", SleepPhase::Rem, AnsiColor::BrightCyan),
    ("Light", SleepPhase::Light, AnsiColor::Blue),
    ("Deep", SleepPhase::Deep, AnsiColor::Magenta),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The server runs until it is dropped.
    let made_up = Oura::start().await?;
    let client = match std::env::var("OURA_ACCESS_TOKEN") {
        Ok(token) => Client::new(token),
        Err(_) => {
            println!("OURA_ACCESS_TOKEN is not set: this night is made up.\n");
            made_up.add_user("somebody").client()
        }
    };
    let Some(night) = last_night(&client).await? else {
        println!("Oura has no night of the last week yet.");
        return Ok(());
    };
    print_head(&night);
    print_phases(&night);
    print_curve(
        "Heart rate, beats per minute",
        night.heart_rate.as_ref(),
        &night,
        AnsiColor::Red,
    );
    print_curve(
        "Variability (HRV), milliseconds",
        night.hrv.as_ref(),
        &night,
        AnsiColor::Green,
    );
    print_durations(&night);
    print_scores(&client, &night).await?;
    Ok(())
}

/// The longest sleep of the last day that has one.
async fn last_night(client: &Client) -> Result<Option<Sleep>, oura_generated::Error> {
    let today = OffsetDateTime::now_utc().date();
    // Days are in the user's time zone, which may be ahead of UTC or behind it.
    let list = client.list_sleep().start_date(today - Duration::days(7));
    let nights = list
        .end_date(today + Duration::days(2))
        .await?
        .data
        .into_iter();
    let nights = nights.filter(|sleep| sleep.r#type == Some(SleepType::LongSleep));
    Ok(nights.max_by_key(|sleep| sleep.bedtime_end))
}

fn print_head(night: &Sleep) {
    let bold = Style::new().bold();
    let clock = |at: OffsetDateTime| format!("{:02}:{:02}", at.hour(), at.minute());
    let (from, to) = (clock(night.bedtime_start), clock(night.bedtime_end));
    println!("{bold}The night to {}{bold:#}, {from} to {to}\n", night.day);
}

/// The most frequent phase of each column, in the row of that phase.
fn print_phases(night: &Sleep) {
    let mut columns = vec![[0_usize; PHASES.len()]; COLUMNS];
    for (at, phase) in night.sleep_phase_5_min_points() {
        let row = PHASES.iter().position(|(_, known, _)| *known == phase);
        if let (Some(column), Some(row)) = (column(night, at), row) {
            columns[column][row] += 1;
        }
    }
    fill_gaps(&mut columns);
    for (row, (name, _, color)) in PHASES.iter().enumerate() {
        let style = Style::new().fg_color(Some((*color).into()));
        let blocks = columns.iter().map(|counts| {
            let most = counts.iter().max().filter(|most| **most > 0);
            let is_this =
                most.is_some_and(|most| counts.iter().position(|it| it == most) == Some(row));
            if is_this { "█" } else { " " }
        });
        let blocks: String = blocks.collect();
        println!("{name:>MARGIN$} {style}{blocks}{style:#}");
    }
    print_hours(night);
}

/// A phase lasts until the next one: a short night has more columns than phases.
fn fill_gaps(columns: &mut [[usize; PHASES.len()]]) {
    let last = columns
        .iter()
        .rposition(|counts| counts.iter().any(|it| *it > 0));
    let mut before = [0; PHASES.len()];
    for counts in columns.iter_mut().take(last.map_or(0, |last| last + 1)) {
        match counts.iter().any(|it| *it > 0) {
            true => before = *counts,
            false => *counts = before,
        }
    }
}

fn print_curve(title: &str, sample: Option<&Sample>, night: &Sleep, color: AnsiColor) {
    let mut columns = vec![(0.0, 0_u32); COLUMNS];
    for (at, value) in sample.into_iter().flat_map(Sample::points) {
        if let (Some(column), Some(value)) = (column(night, at), value) {
            let (sum, count) = columns[column];
            columns[column] = (sum + value, count + 1);
        }
    }
    let mean = |(sum, count): (f64, u32)| (count > 0).then(|| sum / f64::from(count));
    let values: Vec<Option<f64>> = columns.into_iter().map(mean).collect();
    let known = || values.iter().flatten().copied();
    let (low, high) = (
        known().fold(f64::MAX, f64::min),
        known().fold(f64::MIN, f64::max),
    );
    if low > high {
        println!("{title}: not measured\n");
        return;
    }
    println!("{title}");
    let style = Style::new().fg_color(Some(color.into()));
    // The lowest value is one step high, so that it differs from a missing value.
    let scale = (ROWS * 8 - 1) as f64 / (high - low).max(1.0);
    for row in (0..ROWS).rev() {
        let label = match row {
            0 => format!("{low:.0}"),
            _ if row == ROWS - 1 => format!("{high:.0}"),
            _ => String::new(),
        };
        let blocks = values.iter().map(|value| {
            let steps = value.map_or(0, |value| 1 + ((value - low) * scale).round() as usize);
            STEPS[steps.saturating_sub(row * 8).min(8)]
        });
        let blocks: String = blocks.collect();
        println!("{label:>MARGIN$} {style}{blocks}{style:#}");
    }
    print_hours(night);
}

/// The column of a moment, if it is in the night.
fn column(night: &Sleep, at: OffsetDateTime) -> Option<usize> {
    let length = (night.bedtime_end - night.bedtime_start).as_seconds_f64();
    let share = (at - night.bedtime_start).as_seconds_f64() / length;
    (0.0..1.0)
        .contains(&share)
        .then_some((share * COLUMNS as f64) as usize)
}

/// The full hours below a chart.
fn print_hours(night: &Sleep) {
    let start = night.bedtime_start;
    let first = start.replace_time(time::Time::MIDNIGHT) + Duration::hours(start.hour().into());
    let mut line = " ".repeat(MARGIN + 1);
    for hour in 1..=24 {
        let at = first + Duration::hours(hour);
        let Some(column) = column(night, at) else {
            break;
        };
        let place = MARGIN + 1 + column;
        if line.len() < place || hour == 1 {
            line = format!("{line:<place$}{:02}", at.hour());
        }
    }
    let dimmed = Style::new().dimmed();
    println!("{dimmed}{line}{dimmed:#}\n");
}

fn print_durations(night: &Sleep) {
    let duration = |seconds: Option<i64>| match seconds {
        Some(seconds) => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        None => "-".to_owned(),
    };
    let number = |value: Option<f64>, unit: &str| {
        value.map_or("-".to_owned(), |value| format!("{value:.0} {unit}"))
    };
    let whole = |value: Option<i64>| value.map(|value| value as f64);
    for (name, left, other, right) in [
        (
            "Asleep",
            duration(night.total_sleep_duration),
            "Efficiency",
            number(whole(night.efficiency), "%"),
        ),
        (
            "Deep",
            duration(night.deep_sleep_duration),
            "Heart rate",
            number(night.average_heart_rate, "bpm"),
        ),
        (
            "REM",
            duration(night.rem_sleep_duration),
            "Lowest",
            number(whole(night.lowest_heart_rate), "bpm"),
        ),
        (
            "Light",
            duration(night.light_sleep_duration),
            "HRV",
            number(whole(night.average_hrv), "ms"),
        ),
        (
            "Awake",
            duration(night.awake_time),
            "Breath",
            number(night.average_breath, "a minute"),
        ),
    ] {
        println!("{name:>MARGIN$}  {left:<14} {other:>12}  {right}");
    }
    println!();
}

async fn print_scores(client: &Client, night: &Sleep) -> Result<(), oura_generated::Error> {
    // Routes differ in whether they include the last day, so this requests one more.
    let (day, end) = (night.day, night.day + Duration::days(1));
    let (sleep, readiness) = tokio::try_join!(
        client
            .list_daily_sleep()
            .start_date(day)
            .end_date(end)
            .send(),
        client
            .list_daily_readiness()
            .start_date(day)
            .end_date(end)
            .send(),
    )?;
    let mut sleep = sleep.data.into_iter();
    let mut readiness = readiness.data.into_iter();
    print_score(
        "Sleep",
        sleep.find(|it| it.day == day).and_then(|it| it.score),
    );
    print_score(
        "Readiness",
        readiness.find(|it| it.day == day).and_then(|it| it.score),
    );
    Ok(())
}

/// A score from 1 to 100, with the words and about the colours of the app.
fn print_score(name: &str, score: Option<i64>) {
    let Some(score) = score else {
        println!("{name:>9}  -");
        return;
    };
    let (word, color) = match score {
        85.. => ("optimal", AnsiColor::Green),
        70..85 => ("good", AnsiColor::Cyan),
        60..70 => ("fair", AnsiColor::Yellow),
        _ => ("pay attention", AnsiColor::Red),
    };
    let style = Style::new().fg_color(Some(color.into())).bold();
    let filled = usize::try_from(score.clamp(0, 100)).unwrap_or_default() * 30 / 100;
    let bar = format!("{}{}", "━".repeat(filled), "─".repeat(30 - filled));
    println!("{name:>9}  {style}{score:>3}{style:#}  {style}{bar}{style:#}  {word}");
}
