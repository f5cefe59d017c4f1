//! The parts of the generated calls: the values that are sent, and how responses are read.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use oura_generated::time::{Date, Month, OffsetDateTime, Time, UtcOffset};
use oura_generated::{Client, DateOrDateTime, Error, Request, uuid::Uuid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::sample::TEXT;

/// The id in all calls that take one. It must arrive as one segment of the path.
pub(crate) const ID: &str = "2/5 å";

/// How to call an operation.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    /// The path of the operation in the spec.
    pub(crate) template: &'static str,
    /// Sends the call, and serializes the response to JSON again.
    pub(crate) send: fn(Client, Set) -> Outcome,
    /// The type of the response, where it is JSON.
    pub(crate) rewrite: Option<Rewrite>,
}

/// A model with the place of its schema in the spec.
pub(crate) struct Model {
    pub(crate) at: &'static str,
    pub(crate) rewrite: Rewrite,
}

/// Which optional parameters and properties are set, and whether a day or a moment is sent where
/// both are allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Set {
    Nothing,
    Days,
    Moments,
}

pub(crate) type Outcome = Pin<Box<dyn Future<Output = Result<Value, Error>>>>;

/// Deserializes a value and serializes it again.
pub(crate) type Rewrite = fn(&Value) -> Result<Value, serde_json::Error>;

pub(crate) fn send<O: 'static, T: Serialize + 'static>(request: Request<O, T>) -> Outcome {
    Box::pin(async move {
        let response = request.send().await?;
        Ok(serde_json::to_value(response).expect("a response has a JSON form"))
    })
}

/// Sends a call whose response has no JSON form.
pub(crate) fn send_unread<O: 'static, T: 'static>(request: Request<O, T>) -> Outcome {
    Box::pin(async move { request.send().await.map(|_| Value::Null) })
}

pub(crate) fn rewrite<T: DeserializeOwned + Serialize + PartialEq + Debug>(
    value: &Value,
) -> Result<Value, serde_json::Error> {
    let model: T = serde_json::from_value(value.clone())?;
    let from_text: T = serde_json::from_str(&value.to_string())?;
    assert_eq!(
        model, from_text,
        "a model is the same from a value and from text"
    );
    serde_json::to_value(model)
}

/// A type of an argument, with the same value as in the samples of the spec.
pub(crate) trait Given {
    fn given(set: Set) -> Self;
}

pub(crate) fn given<T: Given>(set: Set) -> T {
    T::given(set)
}

macro_rules! given {
    ($($type:ty: $value:expr),* $(,)?) => {$(
        impl Given for $type {
            fn given(_: Set) -> Self {
                $value
            }
        }
    )*};
}

given!(
    String: TEXT.to_owned(),
    bool: true,
    i32: 7,
    i64: 7,
    u32: 7,
    u64: 7,
    f32: 1.5,
    f64: 1.5,
    Date: day(),
    OffsetDateTime: moment(),
    Uuid: Uuid::from_u128(0x5d3f_e17b_f880_4d93_b9b6_afbf_b76c_1e78),
    Value: Value::Object(serde_json::Map::new()),
);

impl Given for DateOrDateTime {
    fn given(set: Set) -> Self {
        match set {
            Set::Nothing | Set::Days => day().into(),
            Set::Moments => moment().into(),
        }
    }
}

impl<T: Given> Given for Vec<T> {
    fn given(set: Set) -> Self {
        vec![T::given(set)]
    }
}

impl<T> Given for BTreeMap<String, T> {
    fn given(_: Set) -> Self {
        Self::new()
    }
}

impl<T: Given> Given for Option<T> {
    fn given(set: Set) -> Self {
        Some(T::given(set))
    }
}

impl<T: Given> Given for Box<T> {
    fn given(set: Set) -> Self {
        Self::new(T::given(set))
    }
}

fn day() -> Date {
    Date::from_calendar_date(2024, Month::March, 1).expect("a day")
}

fn moment() -> OffsetDateTime {
    let day = Date::from_calendar_date(2024, Month::March, 31).expect("a day");
    let time = Time::from_hms_milli(23, 59, 59, 500).expect("a time");
    OffsetDateTime::new_in_offset(day, time, UtcOffset::from_hms(2, 0, 0).expect("an offset"))
}
