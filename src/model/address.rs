//! The service's address, and which ones may be used.

use url::{Host, Url};

/// An address, if it may be used: https, or http to this machine, or http to another where that was allowed.
///
/// # Errors
/// With what is wrong with it, after "`api.url`". Nothing of an address that may hold a login is in it.
pub fn service_address(address: &str, allow_plain_http: bool) -> Result<Url, String> {
    let form = "is no address; write `https://HOST/data-protection/v2`";
    let mut url: Url = address.parse().map_err(|_| form.to_owned())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password; use `api.bearer` or `api.headers` with a reference".to_owned());
    }
    if url.host().is_none() {
        return Err("names no host".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) || allow_plain_http => {}
        "http" => {
            return Err(format!(
                "is plain http (`{address}`): passwords would cross the network in the open; use https (or, for a test \
                 network, `api.allow_plain_http: true`)"
            ));
        }
        other => return Err(format!("has the scheme `{other}`; use https")),
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether an address leads to this machine.
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
