//! Who we are to the service: resolved secrets, and where each of them may go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::model::Secret;

/// The header of the create call, from the vendor's page.
pub(super) const RESTORE_CREDENTIALS: &str = "x-auth-credentials";

/// The resolved secrets of one environment.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Headers for every call.
    pub headers: Vec<(String, Secret)>,
    /// A token for every call.
    pub bearer: Option<Secret>,
    /// The login that the create call carries: user and password.
    pub restore: Option<(String, Secret)>,
}

/// Why the secrets can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A header's name isn't one.
    #[error("`{0}` in `api.headers` is not the name of a header")]
    Name(String),
    /// A value can't stand in a header. The value itself is never shown.
    #[error("the value of {0} holds a character that can't be sent in a header, like a line break")]
    Value(String),
    /// The environment must not set what the client sets itself.
    #[error(
        "`{0}` must not stand in `api.headers`: it is sent by the create call alone, from `api.restore_credentials`"
    )]
    Reserved(String),
}

impl Access {
    /// The headers of every call.
    pub(super) fn for_every_call(&self) -> Result<HeaderMap, AccessError> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let header: HeaderName = name.parse().map_err(|_| AccessError::Name(name.clone()))?;
            if header.as_str() == RESTORE_CREDENTIALS {
                return Err(AccessError::Reserved(name.clone()));
            }
            map.insert(header, hidden(value.expose(), || format!("header `{name}`"))?);
        }
        if let Some(token) = &self.bearer {
            let value = format!("Bearer {}", token.expose());
            map.insert(AUTHORIZATION, hidden(&value, || "`api.bearer`".to_owned())?);
        }
        Ok(map)
    }

    /// The header of the create call.
    pub(super) fn for_create(&self) -> Result<Option<HeaderValue>, AccessError> {
        let Some((user, password)) = &self.restore else {
            return Ok(None);
        };
        let login = BASE64.encode(format!("{user}:{}", password.expose()));
        hidden(&format!("Basic {login}"), || "`api.restore_credentials`".to_owned()).map(Some)
    }

    /// Every text that must not appear in anything we show, should the service send it back.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let mut all: Vec<Secret> = self.headers.iter().map(|(_, value)| value.clone()).collect();
        all.extend(self.bearer.clone());
        if let Some((user, password)) = &self.restore {
            all.push(Secret::new(BASE64.encode(format!("{user}:{}", password.expose()))));
            all.push(password.clone());
        }
        // In a body that is JSON, it stands escaped.
        let escaped = all.iter().filter_map(|secret| {
            let text = serde_json::to_string(secret.expose()).ok()?;
            let text = text.strip_prefix('"')?.strip_suffix('"')?;
            (text != secret.expose()).then(|| Secret::new(text.to_owned()))
        });
        let escaped: Vec<Secret> = escaped.collect();
        all.extend(escaped);
        // A very short value would blank out half of every text and hides nothing worth hiding.
        all.retain(|secret| secret.expose().len() >= 4);
        all
    }
}

fn hidden(value: &str, what: impl FnOnce() -> String) -> Result<HeaderValue, AccessError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| AccessError::Value(what()))?;
    value.set_sensitive(true);
    Ok(value)
}
