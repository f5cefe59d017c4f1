//! The state of the server, shared by its tasks and the handles of a test.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use time::Date;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::data::{self, Person};
use super::documents::{Documents, position};
use super::faults::Faults;
use super::grants::Authorizations;
use super::record::{Complaint, RecordedRequest};
use super::sandbox;
use super::spec::Spec;
use super::subscriptions::{Delivery, Subscription};
use crate::runtime::auth::secret::SecretText;

/// The settings, and behind a lock everything that changes.
pub(super) struct Server {
    pub(super) spec: Spec,
    pub(super) url: String,
    pub(super) today: Date,
    pub(super) seed: u64,
    pub(super) page_size: usize,
    pub(super) rate_limit: Option<(usize, Duration)>,
    pub(super) client_id: String,
    pub(super) client_secret: SecretText,
    /// The runtime of `start`, for calls from outside of any runtime.
    pub(super) runtime: Option<Handle>,
    /// Wakes requests that are held when a fault has ended.
    pub(super) fault_ended: Notify,
    /// Deliveries that have not ended.
    pub(super) pending: watch::Sender<usize>,
    is_closed: AtomicBool,
    state: Mutex<ServerState>,
}

/// Everything that changes.
#[derive(Default)]
pub(super) struct ServerState {
    pub(super) users: Vec<UserState>,
    /// The user of the sandbox, once it was asked for.
    sandbox: Option<UserState>,
    pub(super) authorizations: Authorizations,
    pub(super) faults: Faults,
    pub(super) requests: Vec<RecordedRequest>,
    pub(super) complaints: Vec<Complaint>,
    pub(super) subscriptions: Vec<Subscription>,
    /// URLs that get every event.
    pub(super) receivers: Vec<String>,
    /// Deliveries that wait for a runtime.
    pub(super) outbox: Vec<Delivery>,
    pub(super) tasks: Vec<AbortHandle>,
    /// When the calls of the last window came.
    pub(super) calls: VecDeque<Instant>,
    /// Counts the things that get a number: responses, subscriptions.
    pub(super) numbers: HashMap<&'static str, u64>,
}

/// A user and the documents that were asked for so far.
pub(super) struct UserState {
    pub(super) name: String,
    pub(super) person: Person,
    days: (Date, Date),
    is_sandbox: bool,
    documents: BTreeMap<usize, Documents>,
    pub(super) personal_info: Option<String>,
}

/// The settings of a new server.
pub(super) struct ServerSettings {
    pub(super) spec: Spec,
    pub(super) url: String,
    pub(super) today: Date,
    pub(super) seed: u64,
    pub(super) page_size: usize,
    pub(super) rate_limit: Option<(usize, Duration)>,
}

impl Server {
    pub(super) fn new(settings: ServerSettings) -> Self {
        Self {
            spec: settings.spec,
            url: settings.url,
            today: settings.today,
            seed: settings.seed,
            page_size: settings.page_size,
            rate_limit: settings.rate_limit,
            client_id: "embedded-client-id".to_owned(),
            client_secret: SecretText::new("embedded-client-secret"),
            runtime: Handle::try_current().ok(),
            fault_ended: Notify::new(),
            pending: watch::Sender::new(0),
            is_closed: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Uses the state. Nothing in `use_state` may use it again.
    pub(super) fn with<R>(&self, use_state: impl FnOnce(&mut ServerState) -> R) -> R {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the server: no request is processed any more, and no event is delivered.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let tasks = self.with(|state| std::mem::take(&mut state.tasks));
        tasks.iter().for_each(AbortHandle::abort);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Uses the documents of a user and a resource, which are made when they are first used.
    pub(super) fn with_documents<R>(
        &self,
        user: usize,
        resource: usize,
        use_documents: impl FnOnce(&mut Documents) -> R,
    ) -> R {
        self.with(|state| use_documents(state.users[user].documents(self, resource)))
    }

    /// Like [`with_documents`](Self::with_documents), for the user of the sandbox.
    pub(super) fn with_sandbox<R>(
        &self,
        resource: usize,
        use_documents: impl FnOnce(&mut Documents) -> R,
    ) -> R {
        self.with(|state| {
            let user = state.sandbox.get_or_insert_with(|| UserState {
                is_sandbox: true,
                ..UserState::new("sandbox", self.seed, self.today)
            });
            use_documents(user.documents(self, resource))
        })
    }
}

impl ServerState {
    /// The next number of a kind, from 1 on.
    pub(super) fn number(&mut self, kind: &'static str) -> u64 {
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        *number
    }
}

impl UserState {
    pub(super) fn new(name: &str, seed: u64, today: Date) -> Self {
        Self {
            name: name.to_owned(),
            person: Person::new(seed, name),
            days: (today - time::Duration::days(29), today),
            is_sandbox: false,
            documents: BTreeMap::new(),
            personal_info: None,
        }
    }

    /// Replaces all documents by those of other days.
    pub(super) fn set_days(&mut self, days: (Date, Date)) {
        self.days = days;
        self.documents.clear();
    }

    fn documents(&mut self, shared: &Server, resource: usize) -> &mut Documents {
        let (person, days, is_sandbox) = (&self.person, self.days, self.is_sandbox);
        self.documents.entry(resource).or_insert_with(|| {
            let resource = &shared.spec.resources[resource];
            let values = data::documents(&shared.spec, resource, person, days, shared.today);
            let mut documents = Documents::default();
            for mut value in values {
                let position = position(resource, &value);
                if is_sandbox {
                    sandbox::spoil(resource, &mut value);
                }
                documents.add(position, value.to_string());
            }
            documents
        })
    }

    /// The document of a user that is not in a list.
    pub(super) fn single(&self, shared: &Server, name: &str, schema: &Value) -> String {
        match (&self.personal_info, name) {
            (Some(info), "personal_info") => info.clone(),
            _ => data::single(&shared.spec, name, schema, &self.person, shared.today).to_string(),
        }
    }
}
