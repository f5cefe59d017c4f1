//! The `User-Agent` of a client: the application's name in front of this crate's.

use http::HeaderValue;

use crate::runtime::error::Error;

/// This crate's name and version.
const OWN: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// The parts that the user has set.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserAgent {
    /// The application, in front of this crate.
    pub(crate) app_name: Option<String>,
    /// The whole header, instead of the parts.
    pub(crate) whole: Option<String>,
}

impl UserAgent {
    /// The header. An empty one is refused here: the server may refuse it with 403.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let text = match (&self.whole, &self.app_name) {
            (Some(whole), _) if whole.trim().is_empty() => {
                return Err(Error::config("the user agent is empty; leave it out"));
            }
            (None, Some(app_name)) if app_name.trim().is_empty() => {
                let message = "the application's name is empty; write `my-app/1.2` or leave it out";
                return Err(Error::config(message));
            }
            (Some(whole), _) => whole.trim().to_owned(),
            (None, Some(app_name)) => format!("{} {OWN}", app_name.trim()),
            (None, None) => OWN.to_owned(),
        };
        // `HeaderValue` accepts bytes beyond ASCII, but servers do not agree on what they mean.
        let text = Some(text).filter(|text| text.is_ascii());
        text.and_then(|text| HeaderValue::try_from(text).ok())
            .ok_or_else(|| {
                Error::config("the user agent or the application's name cannot be a header")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(app_name: Option<&str>, whole: Option<&str>) -> Result<String, String> {
        let (app_name, whole) = (app_name.map(str::to_owned), whole.map(str::to_owned));
        let header = UserAgent { app_name, whole }.header();
        let text = |header: HeaderValue| header.to_str().expect("it is text").to_owned();
        header.map(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_application_comes_first() {
        let ours = header(None, None).expect("a header");
        assert!(ours.starts_with("oura-generated/"), "{ours}");
        let both = header(Some("my-app/1.2"), None).expect("a header");
        assert_eq!(both, format!("my-app/1.2 {ours}"));
        let replaced = header(Some("my-app/1.2"), Some("other/3"));
        assert_eq!(replaced.as_deref(), Ok("other/3"));
    }

    #[test]
    fn unusable_names_are_refused() {
        for (app_name, whole) in [
            (Some(""), None),
            (None, Some(" ")),
            (Some("a\nb"), None),
            (Some("a"), Some("å")),
        ] {
            assert!(header(app_name, whole).is_err(), "{app_name:?} {whole:?}");
        }
    }
}
