//! Credentials: access tokens and where they come from, the application's id and secret, and
//! what keeps secrets out of logs and messages.

pub(crate) mod credentials;
pub(crate) mod secret;
pub(crate) mod token;
