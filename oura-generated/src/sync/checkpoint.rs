//! Where to resume from.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::Date;

use crate::runtime::decode::dates;
use crate::{Error, Resource};

/// How far a resource is stored: everything before a day.
///
/// Its text, and its JSON, is `sleep 2025-03-01`. A checkpoint of a resource that is newer than
/// this version of the crate is read and written like any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Checkpoint {
    name: Cow<'static, str>,
    day: Date,
}

impl Checkpoint {
    /// A checkpoint for data that was stored without one: everything before `day` is stored.
    pub fn new(resource: Resource, day: Date) -> Self {
        Self {
            name: Cow::Borrowed(resource.as_str()),
            day,
        }
    }

    /// The resource. `None` for one that this version of the crate does not know.
    pub fn resource(&self) -> Option<Resource> {
        self.name.parse().ok()
    }

    /// The name of the resource, known or not.
    pub fn resource_name(&self) -> &str {
        &self.name
    }

    /// The day up to which the resource is stored, without the day itself.
    pub fn day(&self) -> Date {
        self.day
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match dates::format_date(self.day) {
            Ok(day) => write!(f, "{} {day}", self.name),
            Err(_) => write!(f, "{} {}", self.name, self.day),
        }
    }
}

/// Reads the text of a checkpoint. The error is [`Error::Argument`].
impl FromStr for Checkpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.rsplit_once(' ');
        let read = parts.and_then(|(name, day)| {
            let day = dates::parse_date(day)?;
            (!name.is_empty()).then(|| Self {
                name: Cow::Owned(name.to_owned()),
                day,
            })
        });
        read.ok_or_else(|| {
            let message = "is not a resource and a day, such as `sleep 2025-03-01`";
            Error::argument(None, "checkpoint", message)
        })
    }
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
