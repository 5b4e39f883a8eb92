//! What all HTTP clients of ours have in common, whomever they speak to.

use reqwest::{Certificate, ClientBuilder, Url};

use crate::model::is_this_machine;

/// A client for an address, to which its time-outs are still to be added: certificates are verified, also against an
/// `authority` in PEM form; nothing is redirected, and nothing repeated below us.
///
/// # Errors
/// When the authority holds no certificate; the text goes on after its name.
pub(crate) fn client_for(url: &Url, authority: Option<&[u8]>) -> Result<ClientBuilder, String> {
    // A second call finds the first one's provider in place, which is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("restorectl/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never());
    // A proxy from the variables is for https, where it sees nothing but the host. What goes to this machine, or in the
    // open to a network that somebody named, goes there and nowhere else.
    if url.scheme() != "https" || is_this_machine(url) {
        builder = builder.no_proxy();
    }
    if let Some(pem) = authority {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|e| format!("holds no certificate: {e}"))?;
        if certificates.is_empty() {
            return Err("holds no certificate: it needs at least one in PEM form".to_owned());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}
