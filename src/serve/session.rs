//! How a browser comes by a session: it sends the token once, by a form, and bears a cookie from then on.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use tokio::time::Instant;

use super::failure::{self, Failure, served};
use super::throttle::Wrong;
use super::{Access, Shared};
use crate::report::login_page;

const COOKIE: &str = "restorectl_session";
/// No login is larger.
const LOGIN_LIMIT: usize = 8 * 1024;
/// How long its body is waited for: whoever sends it has no token yet.
const LOGIN_PATIENCE: Duration = Duration::from_secs(10);

/// Where a browser goes after it has logged in.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Then {
    then: Option<String>,
}

/// The sessions that a request names.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// The answer where the token is lacking: to people the form, to programs a word.
pub(super) fn wanted(request: &Request) -> Response {
    let is_person = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let mut response = if is_person.is_some_and(|accepts| accepts.contains("text/html")) {
        let then = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
        served(StatusCode::UNAUTHORIZED, login_page(then, false))
    } else {
        let words = "the token is lacking: send it as `Authorization: Bearer TOKEN`\n";
        (StatusCode::UNAUTHORIZED, words).into_response()
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"restorectl\""));
    response
}

/// Counts a wrong token; gives the answer where it is one too many.
pub(super) fn wrong(shared: &Shared, access: &Access) -> Option<Response> {
    let wait = match access.wrong(Instant::now()) {
        Wrong::Told => {
            (shared.say)("somebody sent a wrong token");
            return None;
        }
        Wrong::Refused { wait, first } => {
            if first {
                (shared.say)(
                    "too many wrong tokens came: more are refused without a word for now; the right one is let in",
                );
            }
            wait
        }
    };
    let words = "Too many wrong tokens came lately. Wait a little; the right one is let in at any time.";
    let mut response = failure::page(StatusCode::TOO_MANY_REQUESTS, "Too many wrong tokens", words);
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    Some(response)
}

/// The form. Where no token is wanted there is none.
pub(super) async fn page(State(shared): State<Arc<Shared>>, Query(said): Query<Then>) -> Response {
    match shared.access {
        Some(_) => served(StatusCode::OK, login_page(within(said.then.as_deref()), false)),
        None => Failure::NotFound("There is nothing at this address.".to_owned()).into_response(),
    }
}

/// Takes the token, and begins a session.
pub(super) async fn log_in(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let Some(access) = &shared.access else {
        return Failure::NotFound("There is nothing at this address.".to_owned()).into_response();
    };
    let is_safe = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let body = match tokio::time::timeout(LOGIN_PATIENCE, to_bytes(request.into_body(), LOGIN_LIMIT)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return failure::page(StatusCode::PAYLOAD_TOO_LARGE, "Too much", "No token is so long."),
        Err(_) => return failure::page(StatusCode::REQUEST_TIMEOUT, "Too slow", "The token did not come in time."),
    };
    let (mut token, mut then) = (String::new(), None);
    for (name, value) in url::form_urlencoded::parse(&body) {
        match &*name {
            "token" => token = value.into_owned(),
            "then" => then = Some(value.into_owned()),
            _ => {}
        }
    }
    let then = within(then.as_deref());
    if !access.is_token(token.trim()) {
        let refused = wrong(&shared, access);
        return refused.unwrap_or_else(|| served(StatusCode::UNAUTHORIZED, login_page(then, true)));
    }
    let Ok(session) = access.begin() else {
        return failure::page(StatusCode::INTERNAL_SERVER_ERROR, "No session", "The system gives no random numbers.");
    };
    let secure = if is_safe { "; Secure" } else { "" };
    let cookie = HeaderValue::from_str(&format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax{secure}"));
    let (Ok(cookie), Ok(then)) = (cookie, HeaderValue::from_str(then)) else {
        return failure::page(
            StatusCode::BAD_REQUEST,
            "No such page",
            "The page that was asked for has no such address.",
        );
    };
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, then)]).into_response()
}

/// A page of this server; the first one where something else is named.
fn within(then: Option<&str>) -> &str {
    let is_ours = |then: &&str| {
        let rest = then.strip_prefix('/');
        rest.is_some_and(|rest| !rest.starts_with(['/', '\\'])) && then.bytes().all(|byte| byte.is_ascii_graphic())
    };
    then.filter(is_ours).filter(|then| !then.starts_with("/login")).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_pages_of_this_server_alone() {
        for then in ["/", "/runs/20261123-031207-4f2a?view=report", "/plans/a%20b"] {
            assert_eq!(within(Some(then)), then);
        }
        let elsewhere =
            ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\r\nb", "/a b", "/login"];
        for then in elsewhere {
            assert_eq!(within(Some(then)), "/", "{then:?}");
        }
        assert_eq!(within(None), "/");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; restorectl_session=one"));
        headers.append(header::COOKIE, HeaderValue::from_static("restorectl_session=two;restorectl_sessions=no"));
        assert_eq!(cookies(&headers).collect::<Vec<_>>(), ["one", "two"]);
    }
}
