//! The made-up nights are plausible and consistent.

use std::collections::BTreeSet;

use oura_generated::models::{HeartRate, HeartRateSource, Sleep, SleepType, Workout};
use oura_generated::testing::User;
use oura_generated::time::{Duration, OffsetDateTime, UtcOffset};

use super::{day, get, server};

async fn sleeps(alice: &User) -> Vec<Sleep> {
    alice.client().list_sleep().await.expect("nights").data
}

#[tokio::test]
async fn phases_add_up_to_the_durations() {
    let (_oura, alice) = server();
    let sleeps = sleeps(&alice).await;
    assert!(sleeps.len() > 29);
    for sleep in &sleeps {
        let phases = sleep.sleep_phase_5_min.as_deref().expect("phases");
        let seconds = |code: char| {
            let count = phases.chars().filter(|known| *known == code).count();
            Some(300 * i64::try_from(count).expect("a small number"))
        };
        let durations = [
            sleep.deep_sleep_duration,
            sleep.light_sleep_duration,
            sleep.rem_sleep_duration,
            sleep.awake_time,
        ];
        assert_eq!(
            durations,
            [seconds('1'), seconds('2'), seconds('3'), seconds('4')]
        );
        let in_bed = (sleep.bedtime_end - sleep.bedtime_start).whole_seconds();
        assert_eq!(sleep.time_in_bed, in_bed);
        assert_eq!(durations.iter().flatten().sum::<i64>(), in_bed);
        assert_eq!(
            sleep
                .total_sleep_duration
                .zip(sleep.awake_time)
                .map(|(a, b)| a + b),
            Some(in_bed)
        );
        let fine = sleep.sleep_phase_30_sec.as_deref().expect("phases").len();
        assert_eq!(i64::try_from(fine).expect("a small number") * 30, in_bed);
        assert_eq!(sleep.movement_30_sec.as_deref().map(str::len), Some(fine));
    }
}

#[tokio::test]
async fn periods_do_not_overlap_and_belong_to_the_day_of_their_end() {
    let (_oura, alice) = server();
    let mut sleeps = sleeps(&alice).await;
    for sleep in &sleeps {
        assert_eq!(sleep.bedtime_end.date(), sleep.day);
    }
    sleeps.sort_by_key(|sleep| sleep.bedtime_start);
    for pair in sleeps.windows(2) {
        assert!(pair[0].bedtime_end < pair[1].bedtime_start, "{pair:?}");
    }
}

#[tokio::test]
async fn the_month_has_every_special_day() {
    let (_oura, alice) = server();
    let sleeps = sleeps(&alice).await;
    let of_type = |wanted: SleepType| {
        sleeps
            .iter()
            .filter(move |s| s.r#type.as_ref() == Some(&wanted))
    };
    assert_eq!(
        of_type(SleepType::LongSleep).count(),
        29,
        "a day without the ring"
    );
    assert!(of_type(SleepType::LateNap).count() >= 2, "naps");
    let starts: BTreeSet<u8> = of_type(SleepType::LongSleep)
        .map(|s| s.bedtime_start.hour())
        .collect();
    assert!(
        starts.contains(&1) || starts.contains(&2),
        "late nights: {starts:?}"
    );
    let offsets: BTreeSet<UtcOffset> = sleeps.iter().map(|s| s.bedtime_start.offset()).collect();
    assert!(
        offsets.len() >= 3,
        "a trip and daylight-saving time: {offsets:?}"
    );
    let changed = sleeps
        .iter()
        .filter(|s| s.bedtime_start.offset() != s.bedtime_end.offset());
    let changed: Vec<_> = changed.map(|s| s.day).collect();
    assert_eq!(changed, [day(3, 30)], "the night of the change");
    let without_curves = of_type(SleepType::LongSleep)
        .filter(|s| s.heart_rate.is_none())
        .count();
    assert!((1..10).contains(&without_curves), "{without_curves}");
    let curves = sleeps.iter().filter_map(|s| s.heart_rate.as_ref());
    assert!(
        curves.flat_map(|curve| &curve.items).any(Option::is_none),
        "gaps"
    );
}

#[tokio::test]
async fn documents_of_a_night_agree() {
    let (_oura, alice) = server();
    let client = alice.client();
    let sleeps = sleeps(&alice).await;
    let scores = client.list_daily_sleep().await.expect("scores").data;
    let nights: BTreeSet<_> = sleeps.iter().map(|sleep| sleep.day).collect();
    let scored: BTreeSet<_> = scores.iter().map(|score| score.day).collect();
    assert_eq!(nights, scored);
    for score in &scores {
        let parts = serde_json::to_value(&score.contributors).expect("JSON");
        let parts = parts.as_object().expect("contributors");
        assert_eq!(parts.len(), 7);
        let parts = parts.values().map(|part| part.as_i64().expect("a number"));
        let (low, high) = (parts.clone().min(), parts.max());
        let score = score.score;
        assert!(low <= score && score <= high && score.is_some_and(|score| score <= 100));
    }
    let readiness = client.list_daily_readiness().await.expect("readiness").data;
    for sleep in sleeps
        .iter()
        .filter(|sleep| sleep.r#type == Some(SleepType::LongSleep))
    {
        let whole = readiness
            .iter()
            .find(|readiness| readiness.day == sleep.day)
            .expect("its day");
        let part = sleep.readiness.as_ref().expect("of a night");
        assert_eq!(
            (part.score, &part.contributors),
            (whole.score, &whole.contributors)
        );
    }
}

#[tokio::test]
async fn heart_rates_follow_the_day() {
    let (_oura, alice) = server();
    let client = alice.client();
    let (from, to) = ("2025-03-25T00:00:00Z", "2025-04-05T12:00:00Z");
    let (status, body) = get(
        &alice,
        "/v2/usercollection/heartrate",
        &[("start_datetime", from), ("end_datetime", to)],
    )
    .await;
    assert_eq!(status, 200);
    let rows: Vec<HeartRate> = serde_json::from_value(body["data"].clone()).expect("rows");
    assert_eq!(rows.len(), 1_000, "a page");
    assert!(
        rows.windows(2)
            .all(|pair| pair[0].timestamp < pair[1].timestamp)
    );
    let mean = |wanted: HeartRateSource| {
        let rates = rows
            .iter()
            .filter(|row| row.source == wanted)
            .map(|row| row.bpm);
        let rates: Vec<i64> = rates.collect();
        rates.iter().sum::<i64>() / i64::try_from(rates.len()).expect("a small number").max(1)
    };
    let (asleep, awake) = (mean(HeartRateSource::Sleep), mean(HeartRateSource::Awake));
    assert!(
        30 < asleep && asleep < awake && awake < 110,
        "{asleep}, {awake}"
    );

    let workouts: Vec<Workout> = client.list_workout().await.expect("workouts").data;
    assert!(workouts.len() > 5);
    for workout in &workouts {
        let length = workout.end_datetime - workout.start_datetime;
        assert!(length >= Duration::minutes(25) && workout.start_datetime.date() == workout.day);
    }
    let end = OffsetDateTime::from_unix_timestamp(1_743_854_400).expect("noon of the last day");
    assert!(rows.iter().all(|row| row.timestamp <= end));
}

#[tokio::test]
async fn other_days_can_be_set() {
    let (_oura, alice) = server();
    let before = sleeps(&alice).await;
    alice.days(day(3, 1)..=day(4, 30));
    let after = alice
        .client()
        .list_sleep()
        .start_date(day(3, 1))
        .await
        .expect("nights")
        .data;
    assert_eq!(
        after.iter().map(|sleep| sleep.day).max(),
        Some(day(4, 5)),
        "not beyond today"
    );
    assert!(after.len() > before.len());
    assert!(
        before.iter().all(|sleep| after.contains(sleep)),
        "a day is the same in any range"
    );
}
