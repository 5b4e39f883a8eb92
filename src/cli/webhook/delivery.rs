//! One receiver with its secrets, and how a notice comes there.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::super::files;
use super::super::post::{self, Receiver};
use super::super::secrets;
use super::signature::signature;
use crate::model::{Secret, Webhook, WebhookAddress, receiver_address};
use crate::report::Notice;

const ID: HeaderName = HeaderName::from_static("x-restorectl-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-restorectl-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("x-restorectl-signature");

/// A receiver that notices can be sent to.
pub(super) struct Delivery {
    receiver: Receiver,
    signing_key: Option<Secret>,
}

impl Delivery {
    /// Resolves a receiver's secrets, which may take a while.
    ///
    /// # Errors
    /// When one can't be had, or what they give can't be used. No value is in it, nor an address that is a secret.
    pub(super) fn prepare(webhook: &Webhook) -> anyhow::Result<Self> {
        let url = match &webhook.address {
            WebhookAddress::Url(text) => receiver_address(text).map_err(|why| anyhow::anyhow!("its `url` {why}"))?,
            WebhookAddress::From(reference) => {
                let text = secrets::one(reference).context("its `url_from`")?;
                let url = receiver_address(text.expose().trim());
                url.map_err(|why| anyhow::anyhow!("what {reference} gives {why}"))?
            }
        };
        let mut headers = HeaderMap::new();
        for (name, reference) in &webhook.headers {
            let value = secrets::one(reference).with_context(|| format!("its header `{name}`"))?;
            let (name, value) = post::header(name, &value).map_err(anyhow::Error::msg)?;
            headers.insert(name, value);
        }
        if let Some(reference) = &webhook.bearer {
            let token = secrets::one(reference).context("its `bearer`")?;
            let value = Secret::new(format!("Bearer {}", token.expose()));
            let (name, value) = post::header(AUTHORIZATION.as_str(), &value).map_err(anyhow::Error::msg)?;
            headers.insert(name, value);
        }
        let signing_key = webhook.signing_key.as_ref().map(secrets::one).transpose().context("its `signing_key`")?;
        let authority =
            webhook.ca_file.as_ref().map(|path| files::read(Path::new(path), files::LARGEST)).transpose()?;
        let receiver = Receiver::new(url, headers, authority.as_deref(), webhook.timeout_ms.to_std());
        Ok(Self { receiver: receiver.map_err(anyhow::Error::msg)?, signing_key })
    }

    /// Sends a notice, more than once where it must.
    ///
    /// # Errors
    /// In words, when nothing took it.
    pub(super) async fn send(&self, notice: &Notice) -> Result<(), String> {
        let body = notice.body();
        let headers = |now: Timestamp| {
            let mut headers = HeaderMap::new();
            let mut put = |name: HeaderName, value: &str| {
                if let Ok(value) = HeaderValue::from_str(value) {
                    headers.insert(name, value);
                }
            };
            put(ID, notice.id());
            put(TIMESTAMP, &now.as_second().to_string());
            if let Some(key) = &self.signing_key {
                put(SIGNATURE, &signature(key, now.as_second(), &body));
            }
            headers
        };
        self.receiver.post(&body, headers).await.map(drop)
    }
}
