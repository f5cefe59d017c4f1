//! Encryption at rest, by functions of the application.

use std::error::Error as StdError;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::oauth::StoreError;

/// A function that seals or opens a text.
type Convert =
    dyn Fn(&str) -> Result<String, Box<dyn StdError + Send + Sync>> + Send + Sync + 'static;

/// The form of tokens in the table. By default they are not sealed.
#[derive(Clone, Default)]
pub(super) struct Seal {
    functions: Option<(Arc<Convert>, Arc<Convert>)>,
}

impl Seal {
    pub(super) fn new<S, O, E, F>(seal: S, open: O) -> Self
    where
        S: Fn(&str) -> Result<String, E> + Send + Sync + 'static,
        O: Fn(&str) -> Result<String, F> + Send + Sync + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
        F: Into<Box<dyn StdError + Send + Sync>>,
    {
        let seal: Arc<Convert> = Arc::new(move |text| seal(text).map_err(Into::into));
        let open: Arc<Convert> = Arc::new(move |text| open(text).map_err(Into::into));
        Self {
            functions: Some((seal, open)),
        }
    }

    pub(super) fn seal(&self, text: &str) -> Result<Zeroizing<String>, StoreError> {
        self.convert(text, |(seal, _)| seal, "a token cannot be sealed")
    }

    pub(super) fn open(&self, text: &str) -> Result<Zeroizing<String>, StoreError> {
        // The key may be wrong: the stored token is not overwritten.
        self.convert(
            text,
            |(_, open)| open,
            "a stored token cannot be opened; check the key",
        )
    }

    fn convert(
        &self,
        text: &str,
        choose: impl FnOnce(&(Arc<Convert>, Arc<Convert>)) -> &Arc<Convert>,
        message: &str,
    ) -> Result<Zeroizing<String>, StoreError> {
        let converted = match &self.functions {
            Some(functions) => {
                choose(functions)(text).map_err(|error| StoreError::new(message, error))?
            }
            None => text.to_owned(),
        };
        Ok(Zeroizing::new(converted))
    }
}
