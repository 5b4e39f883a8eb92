//! What every request passes: its host, its method, where it comes from, and its token; and what every answer bears.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Shared, failure, session};

/// The one address that takes a POST.
pub(super) const LOGIN: &str = "/login";
/// Tells whether the server answers, without a token and under any name: whoever watches it has none.
const HEALTH: &str = "/healthz";

/// What an answer may load and run that says nothing else of it.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer bears besides.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Lets a request through, or says why not.
pub(super) async fn pass(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&shared, &request) {
        Some(refused) => refused,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(super) fn refusal(shared: &Shared, request: &Request) -> Option<Response> {
    let (headers, path) = (request.headers(), request.uri().path());
    let named = request.uri().host().map(str::to_owned);
    let named = named.or_else(|| headers.get(header::HOST)?.to_str().ok().map(|host| without_port(host).to_owned()));
    // What watches the server asks by an address, and learns nothing that is anybody's own.
    if path != HEALTH && !shared.guard.may_be(named.as_deref()) {
        let words = "This server is not asked for under that name. Whoever runs it names one with `--allow-host`.";
        return Some(failure::page(StatusCode::MISDIRECTED_REQUEST, "Another host", words));
    }
    let is_login = path == LOGIN && shared.access.is_some();
    let is_answered = match *request.method() {
        Method::GET | Method::HEAD => true,
        Method::POST => is_login,
        _ => false,
    };
    if !is_answered {
        let words = "Nothing can be changed here: only `GET` and `HEAD` are answered.";
        let mut refused = failure::page(StatusCode::METHOD_NOT_ALLOWED, "Read-only", words);
        let allowed = if is_login { "GET, HEAD, POST" } else { "GET, HEAD" };
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
        return Some(refused);
    }
    if is_from_elsewhere(headers) {
        let words = "Another site's page asked for this one, not a person.";
        return Some(failure::page(StatusCode::FORBIDDEN, "From elsewhere", words));
    }
    if path == HEALTH || is_login { None } else { unknown(shared, request) }
}

/// The answer to a request that bears neither the token nor a session's cookie; none where no token is wanted.
fn unknown(shared: &Shared, request: &Request) -> Option<Response> {
    let (access, headers) = (shared.access.as_ref()?, request.headers());
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let is_known = bearer.is_some_and(|token| access.is_token(token))
        || session::cookies(headers).any(|session| access.is_session(session));
    if is_known {
        return None;
    }
    // A session that is over is nobody's guess.
    let refused = bearer.and_then(|_| session::wrong(shared, access));
    Some(refused.unwrap_or_else(|| session::wanted(request)))
}

/// Whether a page of another site loads something from here: browsers tell, and only a person who follows a link may.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let elsewhere = matches!(said("sec-fetch-site"), Some("cross-site" | "same-site"));
    elsewhere && said("sec-fetch-mode") != Some("navigate")
}

/// Under which names the server may be asked for. A page of another site that lets its own name lead to this machine
/// asks under that name, and a browser would let it read the answer.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Whether only this machine reaches it.
    is_near: bool,
    named: Vec<String>,
}

impl Hosts {
    pub(super) fn new(listens: IpAddr, named: Vec<String>) -> Self {
        Self { is_near: listens.is_loopback(), named: named.iter().map(|name| plain(without_port(name))).collect() }
    }

    /// Where others reach it too, the token guards it, and any name will do unless some are named.
    pub(super) fn may_be(&self, host: Option<&str>) -> bool {
        let Some(host) = host else { return false };
        let host = plain(host);
        (!self.is_near && self.named.is_empty()) || is_this_machine(&host) || self.named.contains(&host)
    }
}

/// A name as it is compared.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_here_by_deceit_is_none_of_ours() {
        let near = Hosts::new("127.0.0.1".parse().unwrap(), vec!["Runs.example.:8443".into()]);
        for host in ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "[::1]", "runs.example"] {
            assert!(near.may_be(Some(host)), "{host}");
        }
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "", "2130706433"]
        {
            assert!(!near.may_be(Some(host)), "{host}");
        }
        assert!(!near.may_be(None));
        let far =
            |named: &[&str]| Hosts::new("0.0.0.0".parse().unwrap(), named.iter().map(|name| (*name).into()).collect());
        assert!(far(&[]).may_be(Some("anything.example")) && !far(&[]).may_be(None));
        assert!(!far(&["runs.example"]).may_be(Some("evil.example")));
    }

    #[test]
    fn a_port_is_no_part_of_a_name() {
        for (host, name) in [
            ("a:1", "a"),
            ("a", "a"),
            ("[::1]:8630", "[::1]"),
            ("[::1]", "[::1]"),
            ("a:b", "a:b"),
            ("127.0.0.1:0", "127.0.0.1"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }

    #[test]
    fn only_people_come_from_elsewhere() {
        let headers = |site: &'static str, mode: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
            headers
        };
        assert!(
            is_from_elsewhere(&headers("cross-site", "cors")) && is_from_elsewhere(&headers("same-site", "no-cors"))
        );
        assert!(
            !is_from_elsewhere(&headers("cross-site", "navigate"))
                && !is_from_elsewhere(&headers("same-origin", "cors"))
        );
        assert!(!is_from_elsewhere(&HeaderMap::new()));
    }
}
