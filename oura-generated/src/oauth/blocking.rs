//! Logins and sessions without `async`. Tasks of a session run on the runtime of all blocking
//! calls, also between two calls.

use super::authorization::AuthorizationCode;
use super::error::OAuthError;
use super::flow::OAuth;
use super::login::Login;
use super::session::Session;
use super::sessions::Sessions;
use super::store::TokenStore;
use super::token::Token;
use crate::models::Scope;
use crate::runtime::blocking::wait;
use crate::runtime::error::Error;

impl OAuth {
    /// Blocking version of [`login`](Self::login).
    ///
    /// # Errors
    ///
    /// As `login`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn login_blocking(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        open: impl FnOnce(&str),
    ) -> Result<Login, OAuthError> {
        wait(self.login(scopes, open)).map_err(misuse)?
    }

    /// Blocking version of [`exchange`](Self::exchange).
    ///
    /// # Errors
    ///
    /// As `exchange`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn exchange_blocking(&self, code: AuthorizationCode) -> Result<Token, OAuthError> {
        wait(self.exchange(code)).map_err(misuse)?
    }

    /// Blocking version of [`refresh`](Self::refresh).
    ///
    /// # Errors
    ///
    /// As `refresh`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn refresh_blocking(&self, token: &Token) -> Result<Token, OAuthError> {
        wait(self.refresh(token)).map_err(misuse)?
    }

    /// Blocking version of [`revoke`](Self::revoke).
    ///
    /// # Errors
    ///
    /// As `revoke`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn revoke_blocking(&self, token: &Token) -> Result<(), OAuthError> {
        wait(self.revoke(token)).map_err(misuse)?
    }

    /// Blocking version of [`resume`](Self::resume).
    ///
    /// # Errors
    ///
    /// As `resume`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn resume_blocking(&self, store: impl TokenStore) -> Result<Option<Session>, OAuthError> {
        wait(self.resume(store)).map_err(misuse)?
    }
}

impl Session {
    /// Blocking version of [`save`](Self::save).
    ///
    /// # Errors
    ///
    /// As `save`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn save_blocking(&self) -> Result<(), OAuthError> {
        wait(self.save()).map_err(misuse)?
    }

    /// Blocking version of [`logout`](Self::logout).
    ///
    /// # Errors
    ///
    /// As `logout`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn logout_blocking(&self) -> Result<(), OAuthError> {
        wait(self.logout()).map_err(misuse)?
    }
}

impl Sessions {
    /// Blocking version of [`insert`](Self::insert).
    ///
    /// # Errors
    ///
    /// As `insert`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn insert_blocking(&self, user: &str, token: Token) -> Result<Session, OAuthError> {
        wait(self.insert(user, token)).map_err(misuse)?
    }

    /// Blocking version of [`get`](Self::get).
    ///
    /// # Errors
    ///
    /// As `get`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn get_blocking(&self, user: &str) -> Result<Option<Session>, OAuthError> {
        wait(self.get(user)).map_err(misuse)?
    }

    /// Blocking version of [`logout`](Self::logout).
    ///
    /// # Errors
    ///
    /// As `logout`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn logout_blocking(&self, user: &str) -> Result<(), OAuthError> {
        wait(self.logout(user)).map_err(misuse)?
    }

    /// Blocking version of [`save_all`](Self::save_all).
    ///
    /// # Errors
    ///
    /// As `save_all`, and [`OAuthError::Config`] inside an asynchronous task.
    pub fn save_all_blocking(&self) -> Result<(), OAuthError> {
        wait(self.save_all()).map_err(misuse)?
    }
}

fn misuse(error: Error) -> OAuthError {
    OAuthError::config(error.to_string())
}
