//! Who is told when a run begins, ends or misses an objective.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, SecretRef};

/// How long a delivery may take, with all its tries, where nothing is said.
pub const WEBHOOK_TIMEOUT: Millis = Millis::from_secs(10);

/// The longest that it may be set to: a run's end waits for its last deliveries.
pub const LONGEST_WEBHOOK_TIMEOUT: Millis = Millis::from_secs(60);

/// A receiver of notices. Holds references to secrets, never their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Where to.
    pub address: WebhookAddress,
    /// What is told; never empty, without repeats.
    pub events: Vec<NoticeEvent>,
    /// Headers to send with every delivery.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
    /// A token to send as `Authorization: Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretRef>,
    /// The key that deliveries are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<SecretRef>,
    /// A certificate authority (PEM) to trust besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// How long one delivery may take, with all its tries.
    pub timeout_ms: Millis,
}

/// The address of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookAddress {
    /// As it stands in the file; it holds no secret.
    Url(String),
    /// A secret itself, as those of chat services are.
    From(SecretRef),
}

/// What a receiver is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeEvent {
    /// A run begins.
    Started,
    /// A run is over, well or not.
    Finished,
    /// A run is known to miss an objective of its plan.
    ObjectiveMissed,
}

impl NoticeEvent {
    /// Every event, in the order in which they come.
    pub const ALL: [Self; 3] = [Self::Started, Self::ObjectiveMissed, Self::Finished];

    /// The word for it in documents.
    pub fn code(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::ObjectiveMissed => "objective_missed",
        }
    }
}

impl Webhook {
    /// The paths of files that it refers to.
    pub(super) fn paths_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let address = match &mut self.address {
            WebhookAddress::From(reference) => Some(reference),
            WebhookAddress::Url(_) => None,
        };
        let references = self.headers.values_mut().chain(&mut self.bearer).chain(&mut self.signing_key).chain(address);
        references.filter_map(SecretRef::path_mut).chain(self.ca_file.iter_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_found() {
        let file = |name: &str| SecretRef::File(name.into());
        let mut webhook = Webhook {
            address: WebhookAddress::From(file("address")),
            events: NoticeEvent::ALL.to_vec(),
            headers: [("X-Team".to_owned(), file("header")), ("X-Env".to_owned(), SecretRef::Env("E".into()))].into(),
            bearer: Some(file("bearer")),
            signing_key: Some(file("key")),
            ca_file: Some("ca".into()),
            timeout_ms: WEBHOOK_TIMEOUT,
        };
        let paths: Vec<String> = webhook.paths_mut().map(|path| path.clone()).collect();
        assert_eq!(paths, ["header", "bearer", "key", "address", "ca"]);
    }
}
