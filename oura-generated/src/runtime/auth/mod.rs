//! Credentials: access tokens and where they come from, the values of other security schemes, and
//! what keeps secrets out of logs and messages.

pub(crate) mod credentials;
pub(crate) mod scheme;
pub(crate) mod secret;
pub(crate) mod token;
