//! Whom an environment has told of runs.

use crate::diagnostic::{Draft, Sources, Span};
use crate::model::{
    LONGEST_WEBHOOK_TIMEOUT, NoticeEvent, SecretRef, WEBHOOK_TIMEOUT, Webhook, WebhookAddress, receiver_address,
};

use super::findings::{Findings, draft};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::rule;
use super::typed::Reader;
use super::typed_environment::{beside, headers, secret};

/// Headers that the sender writes itself.
const OURS: [&str; 6] =
    ["content-type", "content-length", "host", "x-restorectl-id", "x-restorectl-timestamp", "x-restorectl-signature"];

/// Services that know whoever writes to them by the address alone.
const CHATS: [&str; 6] = [
    "hooks.slack.com",
    "discord.com",
    "discordapp.com",
    "webhook.office.com",
    "logic.azure.com",
    "chat.googleapis.com",
];

/// Reads one receiver. None: a part of it is missing or broken, and that is reported.
pub(super) fn webhook(entry: &Entry, sources: &Sources, findings: &mut Findings) -> Option<Webhook> {
    let node = &entry.value;
    if node.holds_broken() {
        return None;
    }
    let base = Pointer::from_text("/webhooks").join(&entry.key);
    let mut reader = Reader::new(findings, sources, base, None);
    let optional = |key: &str| match node.get(key) {
        Some(node) => secret(node, sources).map(Some),
        None => Some(None),
    };
    let address = match (node.get("url"), node.get("url_from")) {
        (Some(url), None) => {
            let text = url.as_str()?.to_owned();
            if let Err(why) = receiver_address(&text) {
                reader.wrong(rule::WRONG_FORM, url, &["url"], format!("`url` of webhook `{}` {why}", entry.key));
                return None;
            }
            WebhookAddress::Url(text)
        }
        (None, Some(reference)) => WebhookAddress::From(secret(reference, sources)?),
        _ => return None,
    };
    Some(Webhook {
        address,
        events: events(node, &mut reader)?,
        headers: own_headers(node, sources, &mut reader)?,
        bearer: optional("bearer")?,
        signing_key: optional("signing_key")?,
        ca_file: match node.get("ca_file") {
            Some(node) => Some(beside(node, sources)?),
            None => None,
        },
        timeout_ms: timeout(node, &mut reader)?,
    })
}

/// Addresses that stand in a file and are a secret by themselves: whoever has one of these may write there. They are broken
/// from here on; nothing of them may be shown.
pub(super) fn secret_addresses(root: &mut Node) -> Vec<(Span, Draft)> {
    let names: Vec<String> =
        root.get("webhooks").map_or(&[][..], Node::entries).iter().map(|entry| entry.key.clone()).collect();
    let mut found = Vec::new();
    for name in names {
        let Some(url) = root.at_mut(["webhooks", name.as_str(), "url"]) else { continue };
        if url.as_str().is_some_and(is_of_a_chat) {
            let at = Pointer::from_text("/webhooks").join(&name).join("url");
            let message = "an address of this service is a secret, which can't stand in a file";
            let hint = "give it by `url_from: {env: NAME}`, and have the service make another one if it was real";
            found.push((url.span, draft(rule::LITERAL_SECRET, url.span, at.as_str(), message).hint(hint)));
            url.value = Yaml::Broken;
        }
    }
    found
}

/// Whether an address leads to a chat service whose addresses are secrets.
fn is_of_a_chat(address: &str) -> bool {
    let Ok(url) = address.parse::<url::Url>() else { return false };
    let host = url.host_str().unwrap_or_default();
    CHATS.iter().any(|chat| host == *chat || host.strip_suffix(chat).is_some_and(|before| before.ends_with('.')))
}

fn events(node: &Node, reader: &mut Reader<'_>) -> Option<Vec<NoticeEvent>> {
    let Some(list) = node.get("events") else { return Some(NoticeEvent::ALL.to_vec()) };
    let mut events = Vec::new();
    for (index, item) in list.items().iter().enumerate() {
        let event = NoticeEvent::ALL.into_iter().find(|event| Some(event.code()) == item.as_str())?;
        if events.contains(&event) {
            let message = format!("`{}` is here twice", event.code());
            reader.wrong(rule::WRONG_VALUE, item, &["events", &index.to_string()], message);
            return None;
        }
        events.push(event);
    }
    Some(events)
}

fn own_headers(
    node: &Node,
    sources: &Sources,
    reader: &mut Reader<'_>,
) -> Option<std::collections::BTreeMap<String, SecretRef>> {
    let all = headers(node, sources)?;
    let with_bearer = node.get("bearer").is_some();
    let mut fine = true;
    for name in all.keys() {
        let low = name.to_ascii_lowercase();
        let at = node.get("headers").and_then(|headers| headers.get(name)).unwrap_or(node);
        if OURS.contains(&low.as_str()) {
            let message = format!("`{name}` is written by restorectl itself");
            reader.wrong(rule::WRONG_VALUE, at, &["headers", name], message);
            fine = false;
        } else if with_bearer && low == "authorization" {
            let message = format!("`{name}` and `bearer` exclude each other");
            reader.wrong(rule::EXACTLY_ONE, at, &["headers", name], message);
            fine = false;
        }
    }
    fine.then_some(all)
}

fn timeout(node: &Node, reader: &mut Reader<'_>) -> Option<crate::model::Millis> {
    let Some(given) = node.get("timeout") else { return Some(WEBHOOK_TIMEOUT) };
    let timeout = reader.duration(given, &["timeout"])?;
    if timeout > LONGEST_WEBHOOK_TIMEOUT {
        let message = format!("this must be {LONGEST_WEBHOOK_TIMEOUT} at most: a run waits for it at its end");
        reader.wrong(rule::OUT_OF_BOUNDS, given, &["timeout"], message);
        return None;
    }
    Some(timeout)
}
