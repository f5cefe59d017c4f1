//! The users of the server, and what a test can change about them.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::Serialize;
use time::{Date, OffsetDateTime};

use super::documents::{Documents, position};
use super::oauth;
use super::serve::client_builder;
use super::state::Server;
use super::webhooks::announce;
use crate::models::{Document, PersonalInfo, Scope};
use crate::oauth::{RefreshToken, Token};
use crate::{Client, ClientBuilder, Error, Resource};

/// A user of an [`Oura`](super::Oura). Clones are the same user.
#[derive(Clone)]
pub struct User {
    shared: Arc<Server>,
    /// The place among the users.
    index: usize,
    id: String,
}

impl User {
    pub(super) fn new(shared: &Arc<Server>, index: usize, id: String) -> Self {
        let shared = Arc::clone(shared);
        Self { shared, index, id }
    }

    /// Returns the user's id, which is in `personal_info` and in events.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a client with the token of this user and the credentials of the application.
    ///
    /// # Panics
    ///
    /// When the HTTP client of the default transport cannot be made.
    pub fn client(&self) -> Client {
        let client = self.client_builder().build();
        client.expect("the server and its credentials are valid settings")
    }

    /// Returns the builder of [`client`](Self::client), to change other settings.
    pub fn client_builder(&self) -> ClientBuilder {
        client_builder(&self.shared).access_token(self.token().access)
    }

    /// Returns the newest token of this user, which is the first one until a session refreshes
    /// it. A session can refresh it: its age is not known, and it expires in 24 hours.
    pub fn token(&self) -> Token {
        let grant = self
            .shared
            .with(|state| state.authorizations.newest(self.index).cloned());
        let grant = grant.expect("each user begins with a token");
        let mut token = Token::new(grant.access);
        token.refresh = Some(RefreshToken::new(grant.refresh));
        token.scopes = grant
            .scopes
            .iter()
            .map(|scope| Scope::from(scope.as_str()))
            .collect();
        let lifetime = time::Duration::seconds(oauth::LIFETIME);
        token.expires_at = OffsetDateTime::now_utc().checked_add(lifetime);
        token
    }

    /// Sets the scopes of the tokens of this user; routes that need other scopes return 401.
    pub fn grant(&self, scopes: impl IntoIterator<Item = Scope>) {
        let scopes: Vec<_> = scopes
            .into_iter()
            .map(|scope| scope.as_str().to_owned())
            .collect();
        self.shared
            .with(|state| state.authorizations.set_scopes(self.index, &scopes));
    }

    /// Ends the access tokens of this user. Their refresh tokens are still valid.
    pub fn expire_token(&self) {
        self.shared
            .with(|state| state.authorizations.expire(self.index));
    }

    /// Ends the access tokens and the refresh tokens of this user, as a user does who withdraws
    /// the consent.
    pub fn revoke(&self) {
        self.shared
            .with(|state| state.authorizations.revoke(self.index));
    }

    /// Agrees to an authorization URL ([`Authorization::url`](crate::oauth::Authorization)) and
    /// returns the redirect URI with a code, which the browser would open.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] when the URL is not one of this server and its application.
    pub async fn authorize(&self, url: &str) -> Result<String, Error> {
        oauth::authorize(&self.shared, self.index, url)
            .map_err(|message| Error::argument(None, "url", message))
    }

    /// Replaces all documents by made-up ones of other days, without events. Days after
    /// the server's today are left out. Documents are made when they are first requested.
    pub fn days(&self, days: RangeInclusive<Date>) {
        let (first, last) = days.into_inner();
        self.shared
            .with(|state| state.users[self.index].set_days((first, last)));
    }

    /// Sets the document of `personal_info`. Its id becomes that of this user.
    pub fn set_personal_info(&self, mut info: PersonalInfo) {
        info.id = self.id.clone();
        let json = to_json(&info);
        self.shared
            .with(|state| state.users[self.index].personal_info = Some(json));
    }

    /// Stores a document, in place of the one with the same key (its id, else its timestamp in
    /// UTC), and sends the event to the subscriptions.
    ///
    /// # Panics
    ///
    /// When the server has another spec, without the document's resource.
    pub fn put(&self, document: impl Into<Document>) {
        let document = document.into();
        self.put_json(document.resource().as_str(), &document);
    }

    /// Removes the document of a key (its id, else its timestamp in UTC), and sends the event
    /// to the subscriptions. Returns whether there was one.
    pub fn remove(&self, resource: Resource, key: impl AsRef<str>) -> bool {
        self.remove_named(resource.as_str(), key.as_ref())
    }

    /// Stores a document of the resource that events call `resource`, in place of the one with
    /// the same key, and sends the event to the subscriptions. It is not checked, so that a
    /// test can have documents that no model describes.
    ///
    /// # Panics
    ///
    /// When the spec has no such resource, or the document has no JSON form.
    pub fn put_json(&self, resource: &str, document: impl Serialize) {
        let index = self.shared.spec.resource(resource);
        let index = index.unwrap_or_else(|| panic!("the spec has no resource `{resource}`"));
        let json = to_json(&document);
        let value = serde_json::from_str(&json).expect("it was just written");
        let position = position(&self.shared.spec.resources[index], &value);
        let key = position.1.clone();
        let put = |documents: &mut Documents| documents.put(position, json);
        let event = match self.shared.with_documents(self.index, index, put) {
            true => "update",
            false => "create",
        };
        announce(&self.shared, event, resource, &key, &self.id);
    }

    fn remove_named(&self, resource: &str, key: &str) -> bool {
        let Some(index) = self.shared.spec.resource(resource) else {
            return false;
        };
        let remove = |documents: &mut Documents| documents.remove(key);
        let is_removed = self.shared.with_documents(self.index, index, remove);
        if is_removed {
            announce(&self.shared, "delete", resource, key, &self.id);
        }
        is_removed
    }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("models have a JSON form")
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
