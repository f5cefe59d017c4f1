//! The models that answers are made of, built from JSON as users' tests build them.

use std::collections::BTreeSet;
use std::fmt::Debug;

use oura_generated::models::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::read_models;

/// A schema of the document with the type that is made of it.
struct Model {
    schema: &'static str,
    /// Reads a value and writes it again.
    rewrite: fn(&Value) -> Result<Value, serde_json::Error>,
}

fn rewrite<T: DeserializeOwned + Serialize + PartialEq + Debug>(
    value: &Value,
) -> Result<Value, serde_json::Error> {
    let model: T = serde_json::from_value(value.clone())?;
    let from_text: T = serde_json::from_str(&value.to_string())?;
    assert_eq!(model, from_text, "the way to a model makes no difference");
    serde_json::to_value(model)
}

macro_rules! models {
    ($($schema:literal $type:ty),* $(,)?) => {
        vec![$(Model { schema: $schema, rewrite: rewrite::<$type> }),*]
    };
}

fn models() -> impl Iterator<Item = Model> {
    documents().into_iter().chain(parts()).chain(pages())
}

fn documents() -> Vec<Model> {
    models!(
        "DailyResilienceModel" DailyResilience,
        "EnhancedTagModel" EnhancedTag,
        "PersonalInfoResponse" PersonalInfo,
        "PublicDailyActivity" DailyActivity,
        "PublicDailyCardiovascularAge" DailyCardiovascularAge,
        "PublicDailyReadiness" DailyReadiness,
        "PublicDailySleep" DailySleep,
        "PublicDailySpO2" DailySpo2,
        "PublicDailyStress" DailyStress,
        "PublicHeartRateRow" HeartRate,
        "PublicModifiedSleepModel" Sleep,
        "PublicRestModePeriod" RestModePeriod,
        "PublicRingBatteryLevelRow" RingBatteryLevel,
        "PublicRingConfiguration" RingConfiguration,
        "PublicSession" Session,
        "PublicSleepTime" SleepTime,
        "PublicVO2Max" Vo2Max,
        "PublicWorkout" Workout,
        "TagModel" Tag,
    )
}

fn parts() -> Vec<Model> {
    models!(
        "PublicActivityContributors" ActivityContributors,
        "PublicReadiness" Readiness,
        "PublicReadinessContributors" ReadinessContributors,
        "PublicRestModeEpisode" RestModeEpisode,
        "PublicSample" Sample,
        "PublicSleepContributors" SleepContributors,
        "PublicSleepTimeWindow" SleepTimeWindow,
        "PublicSpo2AggregatedValues" Spo2AggregatedValues,
        "ResilienceContributors" ResilienceContributors,
        "WebhookSubscriptionModel" WebhookSubscription,
    )
}

fn pages() -> Vec<Model> {
    models!(
        "MultiDocumentResponse_DailyResilienceModel_" MultiDocumentResponse<DailyResilience>,
        "MultiDocumentResponse_EnhancedTagModel_" MultiDocumentResponse<EnhancedTag>,
        "MultiDocumentResponse_PublicDailyActivity_" MultiDocumentResponse<DailyActivity>,
        "MultiDocumentResponse_PublicDailyCardiovascularAge_"
            MultiDocumentResponse<DailyCardiovascularAge>,
        "MultiDocumentResponse_PublicDailyReadiness_" MultiDocumentResponse<DailyReadiness>,
        "MultiDocumentResponse_PublicDailySleep_" MultiDocumentResponse<DailySleep>,
        "MultiDocumentResponse_PublicDailySpO2_" MultiDocumentResponse<DailySpo2>,
        "MultiDocumentResponse_PublicDailyStress_" MultiDocumentResponse<DailyStress>,
        "MultiDocumentResponse_PublicModifiedSleepModel_" MultiDocumentResponse<Sleep>,
        "MultiDocumentResponse_PublicRestModePeriod_" MultiDocumentResponse<RestModePeriod>,
        "MultiDocumentResponse_PublicRingConfiguration_"
            MultiDocumentResponse<RingConfiguration>,
        "MultiDocumentResponse_PublicSession_" MultiDocumentResponse<Session>,
        "MultiDocumentResponse_PublicSleepTime_" MultiDocumentResponse<SleepTime>,
        "MultiDocumentResponse_PublicVO2Max_" MultiDocumentResponse<Vo2Max>,
        "MultiDocumentResponse_PublicWorkout_" MultiDocumentResponse<Workout>,
        "MultiDocumentResponse_TagModel_" MultiDocumentResponse<Tag>,
        "TimeSeriesResponse_PublicHeartRateRow_" TimeSeriesResponse<HeartRate>,
        "TimeSeriesResponse_PublicRingBatteryLevelRow_" TimeSeriesResponse<RingBatteryLevel>,
    )
}

#[test]
fn every_model_of_an_answer_is_built_from_its_least_its_full_and_its_null_form() {
    let described = read_models();
    let listed: BTreeSet<&str> = models().map(|model| model.schema).collect();
    let known: BTreeSet<&str> = described.keys().map(String::as_str).collect();
    let differing: Vec<_> = listed.symmetric_difference(&known).collect();
    assert!(
        differing.is_empty(),
        "listed here or in the document alone: {differing:?}"
    );
    for Model { schema, rewrite } in models() {
        for answer in &described[schema] {
            let read = rewrite(&answer.sent);
            let read = read.unwrap_or_else(|error| panic!("{schema}: {error}: {answer:?}"));
            assert_eq!(read, answer.read, "{schema}, {:?}", answer.form);
        }
    }
}
