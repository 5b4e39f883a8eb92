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

/// The address of a receiver of notices, if it may be used: https, or http to this machine. It may be a secret: nothing of
/// it is in what is said of it.
///
/// # Errors
/// With what is wrong with it, after the words for where it stands.
pub fn receiver_address(address: &str) -> Result<Url, &'static str> {
    let mut url: Url = address.parse().map_err(|_| "is no address; write `https://HOST/PATH`")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user or a password; use `bearer` or `headers` with a reference");
    }
    if url.host().is_none() {
        return Err("names no host");
    }
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => return Err("is plain http: what is told would cross the network in the open; use https"),
        _ => return Err("has another scheme than https"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_reached_over_https_or_on_this_machine_and_nothing_of_it_is_told() {
        for fine in
            ["https://hooks.example.com/T1/B2/s3cret", "http://127.0.0.1:9/x", "http://[::1]/", "http://localhost/"]
        {
            assert!(receiver_address(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://hooks.example.com/s3cret",
            "http://127.0.0.1.example.com/s3cret",
            "https://s3cret@example.com/",
            "https://u:s3cret@example.com/",
            "ftp://example.com/s3cret",
            "data:s3cret",
            "s3cret",
            "",
        ] {
            let why = receiver_address(wrong).unwrap_err();
            assert!(!why.contains("s3cret"), "{wrong}: {why}");
        }
        assert_eq!(receiver_address("https://h/p?sig=1#part").unwrap().as_str(), "https://h/p?sig=1");
    }
}
