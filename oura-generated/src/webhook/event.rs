//! Webhook events, and how to fetch their documents.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

pub use crate::models::Document;
use crate::models::{WebhookDataType, WebhookOperation};
use crate::runtime::route::resource::Decode;
use crate::{Client, Error, Raw, Request, Resource, Route, hex, runtime};

/// An event: a user's document was created, changed or deleted.
///
/// Events may come late, twice and out of order. An event holds no data;
/// [`Client::fetch`] returns the current document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub event_type: WebhookOperation,
    /// The type of the document.
    pub data_type: WebhookDataType,
    /// The id of the document.
    pub object_id: String,
    /// When it happened.
    #[serde(with = "runtime::decode::wire")]
    pub event_time: OffsetDateTime,
    /// The user whose document it is. This is probably the user's
    /// [`PersonalInfo::id`](crate::models::PersonalInfo::id), but no recorded event shows it.
    pub user_id: String,
}

impl Event {
    /// Makes an event, for tests.
    pub fn new(
        event_type: impl Into<WebhookOperation>,
        data_type: impl Into<WebhookDataType>,
        object_id: impl Into<String>,
        event_time: OffsetDateTime,
        user_id: impl Into<String>,
    ) -> Self {
        Self {
            event_type: event_type.into(),
            data_type: data_type.into(),
            object_id: object_id.into(),
            event_time,
            user_id: user_id.into(),
        }
    }

    /// The route that returns the document. `None` when there is nothing to fetch: the
    /// document was deleted, or its type has no route (`meal`).
    pub fn route(&self) -> Option<Route> {
        self.source().map(|(route, _)| route)
    }

    /// The resource of the document. `None` for a data type that is not a resource (`meal`), or
    /// one that this version of the crate does not know.
    pub fn resource(&self) -> Option<Resource> {
        self.data_type.as_str().parse().ok()
    }

    /// A name for the event that is the same for each delivery of it: 64 hexadecimal digits, the
    /// SHA-256 of all its fields. A store of [seen events](super::SeenEvents) keeps it as the
    /// key.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.digest())
    }

    /// A hash of all parts of the event, each with its length in front.
    pub(super) fn digest(&self) -> [u8; 32] {
        let time = self.event_time.unix_timestamp_nanos().to_string();
        let parts = [
            self.event_type.as_str(),
            self.data_type.as_str(),
            &self.object_id,
            &time,
            &self.user_id,
        ];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }

    fn source(&self) -> Option<(Route, Decode<Document>)> {
        let is_there = self.event_type != WebhookOperation::Delete;
        is_there.then(|| self.resource()?.info().get)?
    }
}

impl Client {
    /// Fetches the document of an event, with the access token of the event's
    /// user. `None` when there is nothing to fetch: the document was deleted, or its type has no
    /// route.
    ///
    /// ```no_run
    /// # async fn example(client: oura_generated::Client, event: oura_generated::webhook::Event)
    /// # -> Result<(), oura_generated::Error> {
    /// use oura_generated::webhook::Document;
    ///
    /// match client.fetch(&event).await? {
    ///     Some(Document::DailySleep(sleep)) => println!("{}: {:?}", sleep.day, sleep.score),
    ///     Some(other) => println!("{other:?}"),
    ///     None => println!("there is no document"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the route, except for 404.
    pub fn fetch(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<Option<Document>, Error>> + Send + use<> {
        let request = event.source().map(|(route, decode)| {
            let request = Request::<Raw, Document>::of_route(self, route, decode);
            let names = route.path_params().iter();
            names.fold(request, |request, name| {
                request.with_path(name, &event.object_id)
            })
        });
        async move {
            let Some(request) = request else {
                return Ok(None);
            };
            match request.send().await {
                Err(error) if error.is_not_found() => Ok(None),
                result => result.map(Some),
            }
        }
    }
}
