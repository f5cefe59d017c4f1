//! The stored bodies of a year of all resources, which the embedded Oura server made up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use oura_generated::bytes::Bytes;
use oura_generated::models::{self, MultiDocumentResponse, TimeSeriesResponse};
use oura_generated::testing::Oura;
use oura_generated::time::{Date, Duration};
use oura_generated::{Client, Resource, Route, Transport, TransportFuture, http};
use tokio::runtime::Runtime;

use super::from_str;

/// The responses to all requests of a synchronization.
pub(crate) struct Year {
    pub(crate) bodies: Vec<(Resource, Bytes)>,
    stored: Stored,
    since: Date,
    until: Date,
}

/// Bodies by URL.
#[derive(Clone, Default)]
struct Stored(Arc<HashMap<String, Bytes>>);

/// Stores the responses of another transport.
struct Recorder {
    client: Client,
    seen: Arc<Mutex<Vec<(Resource, String, Bytes)>>>,
}

impl Year {
    pub(crate) fn new(runtime: &Runtime) -> Self {
        let oura = Oura::in_memory();
        let alice = oura.add_user("alice");
        let (since, until) = (oura.today() - Duration::days(364), oura.today());
        alice.days(since..=until);
        let seen = Arc::default();
        let client = Client::builder().access_token("token").transport(Recorder {
            client: alice.client(),
            seen: Arc::clone(&seen),
        });
        let year = Self {
            bodies: Vec::new(),
            stored: Stored::default(),
            since,
            until,
        };
        year.sync(runtime, &client.build().expect("it is set up right"));
        let seen = std::mem::take(&mut *seen.lock().expect("nobody panicked with it"));
        let bodies = seen
            .iter()
            .map(|(resource, _, body)| (*resource, body.clone()));
        let bodies = bodies.collect();
        let stored = seen.into_iter().map(|(_, url, body)| (url, body));
        let stored = Stored(Arc::new(stored.collect()));
        Self {
            bodies,
            stored,
            ..year
        }
    }

    /// A client that has the bodies already.
    pub(crate) fn client(&self) -> Client {
        let transport = self.stored.clone();
        let client = Client::builder().access_token("token").transport(transport);
        client.build().expect("it is set up right")
    }

    /// Fetches the year; returns the number of its documents.
    pub(crate) fn sync(&self, runtime: &Runtime, client: &Client) -> usize {
        let sync = client.sync().since(self.since).until(self.until);
        runtime.block_on(async {
            let mut batches = sync.batches();
            let mut count = 0;
            while let Some(batch) = batches.try_next().await.expect("a response") {
                count += batch.records.len();
            }
            count
        })
    }

    /// Decodes all bodies; returns the number of their documents.
    pub(crate) fn decode(&self) -> usize {
        let counts = self
            .bodies
            .iter()
            .map(|(resource, body)| decode(*resource, body));
        counts.sum()
    }
}

fn decode(resource: Resource, body: &[u8]) -> usize {
    macro_rules! decode {
        ($($name:ident in $page:ident),* $(,)?) => {
            match resource {
                $(Resource::$name => from_str::<$page<models::$name>>(body).data.len(),)*
                other => panic!("{other} is not decoded"),
            }
        };
    }
    decode!(
        DailyActivity in MultiDocumentResponse,
        DailyCardiovascularAge in MultiDocumentResponse,
        DailyReadiness in MultiDocumentResponse,
        DailyResilience in MultiDocumentResponse,
        DailySleep in MultiDocumentResponse,
        DailySpo2 in MultiDocumentResponse,
        DailyStress in MultiDocumentResponse,
        EnhancedTag in MultiDocumentResponse,
        HeartRate in TimeSeriesResponse,
        RestModePeriod in MultiDocumentResponse,
        RingBatteryLevel in TimeSeriesResponse,
        RingConfiguration in MultiDocumentResponse,
        Session in MultiDocumentResponse,
        Sleep in MultiDocumentResponse,
        SleepTime in MultiDocumentResponse,
        Tag in MultiDocumentResponse,
        Vo2Max in MultiDocumentResponse,
        Workout in MultiDocumentResponse,
    )
}

impl Transport for Stored {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let body = self.0.get(&request.uri().to_string()).cloned();
        let body = body.expect("it was asked for before");
        Box::pin(std::future::ready(Ok(http::Response::new(body))))
    }
}

impl Transport for Recorder {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            let uri = request.uri().clone();
            let found = Route::find(request.method(), uri.path()).expect("a route");
            let mut call = self.client.raw(request.method().clone(), uri.path());
            for pair in uri.query().unwrap_or_default().split('&') {
                if let Some((name, value)) = pair.split_once('=') {
                    call = call.query(name, value.replace("%3A", ":"));
                }
            }
            let page = call.await.expect("a response");
            let body = Bytes::from(page.to_string());
            let mut resources = Resource::ALL.iter();
            let resource = resources.find(|it| it.list_route() == Some(found.route));
            let seen = (*resource.expect("a list"), uri.to_string(), body.clone());
            self.seen
                .lock()
                .expect("nobody panicked with it")
                .push(seen);
            Ok(http::Response::new(body))
        })
    }
}
