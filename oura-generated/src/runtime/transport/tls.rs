//! Which TLS the default transport speaks, by the features of this crate.
//!
//! If several features are enabled, one is used, so that any set of them works: native TLS before
//! rustls, and `aws-lc-rs` before `ring`, because a user has to enable these, while `ring` is a
//! default. The cryptography of rustls is set for each client: the default of the process is not
//! changed.

use reqwest::ClientBuilder;

use crate::runtime::call::base_url::BaseUrl;
use crate::runtime::error::Error;

/// Sets up TLS with the roots of the system and with `roots`, each PEM of one or several
/// certificates.
#[cfg(feature = "native-tls")]
pub(super) fn set_up(
    builder: ClientBuilder,
    roots: &[Vec<u8>],
    _: &BaseUrl,
) -> Result<ClientBuilder, Error> {
    let mut builder = builder.tls_backend_native();
    for pem in roots {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .ok()
            .filter(|certificates| !certificates.is_empty());
        builder = builder.tls_certs_merge(certificates.ok_or_else(not_pem)?);
    }
    Ok(builder)
}

/// Sets up TLS with the roots of the system and with `roots`, each PEM of one or several
/// certificates.
#[cfg(all(feature = "_rustls", not(feature = "native-tls")))]
pub(super) fn set_up(
    builder: ClientBuilder,
    roots: &[Vec<u8>],
    _: &BaseUrl,
) -> Result<ClientBuilder, Error> {
    let config = rustls_config::of(roots)?;
    Ok(builder.tls_backend_preconfigured(config))
}

/// Refuses URLs that need TLS.
#[cfg(not(any(feature = "_rustls", feature = "native-tls")))]
pub(super) fn set_up(
    builder: ClientBuilder,
    roots: &[Vec<u8>],
    base_url: &BaseUrl,
) -> Result<ClientBuilder, Error> {
    if base_url.is_https || !roots.is_empty() {
        return Err(Error::config(
            "the default transport has no TLS: use one of the features `rustls-ring`, \
             `rustls-aws-lc-rs` and `native-tls`",
        ));
    }
    Ok(builder)
}

#[cfg(any(feature = "_rustls", feature = "native-tls"))]
fn not_pem() -> Error {
    Error::config("the root certificate is not PEM")
}

#[cfg(all(feature = "_rustls", not(feature = "native-tls")))]
mod rustls_config {
    use std::sync::Arc;

    use rustls::ClientConfig;
    use rustls::crypto::CryptoProvider;
    #[cfg(feature = "rustls-aws-lc-rs")]
    use rustls::crypto::aws_lc_rs as cryptography;
    #[cfg(not(feature = "rustls-aws-lc-rs"))]
    use rustls::crypto::ring as cryptography;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls_platform_verifier::Verifier;

    use crate::runtime::error::Error;

    /// What reqwest would set up for itself.
    pub(super) fn of(roots: &[Vec<u8>]) -> Result<ClientConfig, Error> {
        let provider = provider();
        let verifier = verifier(roots, Arc::clone(&provider))?;
        let config = ClientConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions();
        let config = config.map_err(refused)?.dangerous();
        // No danger: it is the verifier of the system.
        let config = config.with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = [
            #[cfg(feature = "http2")]
            "h2",
            "http/1.1",
        ]
        .map(Vec::from)
        .into();
        Ok(config)
    }

    /// The cryptography that the program chose for all of its clients, else that of the feature.
    pub(super) fn provider() -> Arc<CryptoProvider> {
        let chosen = CryptoProvider::get_default().cloned();
        chosen.unwrap_or_else(|| Arc::new(cryptography::default_provider()))
    }

    fn verifier(roots: &[Vec<u8>], provider: Arc<CryptoProvider>) -> Result<Verifier, Error> {
        let roots = certificates(roots)?;
        if roots.is_empty() {
            return Verifier::new(provider).map_err(refused);
        }
        #[cfg(target_os = "android")]
        return Err(Error::config(
            "the verifier of Android takes no root certificates",
        ));
        #[cfg(not(target_os = "android"))]
        Verifier::new_with_extra_roots(roots, provider).map_err(refused)
    }

    fn certificates(roots: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, Error> {
        let mut all = Vec::new();
        for pem in roots {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let certificates = certificates.ok().filter(|all| !all.is_empty());
            all.extend(certificates.ok_or_else(super::not_pem)?);
        }
        Ok(all)
    }

    fn refused(error: rustls::Error) -> Error {
        Error::Config {
            message: "TLS cannot be set up".to_owned(),
            source: Some(Box::new(error)),
        }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn the_feature_says_whose_cryptography_it_is() {
            let provider = super::provider();
            let expected = if cfg!(feature = "rustls-aws-lc-rs") {
                "AwsLcRs"
            } else {
                "Ring"
            };
            assert_eq!(format!("{:?}", provider.secure_random), expected);
        }
    }
}
