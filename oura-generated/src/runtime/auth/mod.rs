//! Credentials: access tokens and their sources, the values of other security schemes, and the
//! types that keep secrets out of logs and messages.

pub(crate) mod credentials;
pub(crate) mod scheme;
pub(crate) mod secret;
pub(crate) mod token;
