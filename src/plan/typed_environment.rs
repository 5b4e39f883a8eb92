//! From a merged environment to the model's.

use std::collections::BTreeMap;

use crate::diagnostic::Sources;
use crate::model::{
    Api, Environment, Guard, Millis, Origin, PermissionQuery, RestoreCredentials, SecretRef, service_address,
};

use super::environment::sibling;
use super::findings::{Findings, draft};
use super::node::{Entry, Node};
use super::pointer::Pointer;
use super::rule;
use super::typed::Reader;
use super::typed_webhook::webhook;

/// How long a call may take where nothing is said.
const TIMEOUT: Millis = Millis::from_secs(60);

/// Reads a merged environment. None: a part of it is missing or broken, and that is reported.
pub(super) fn environment(
    name: String,
    root: &Node,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<Environment> {
    let mut reader = Reader::new(findings, sources, Pointer::default(), None);
    let flag = |reader: &mut Reader<'_>, key| reader.flag(root.get("guard"), "guard", key);
    let guard = Guard {
        protected: flag(&mut reader, "protected")?,
        allow_in_place: flag(&mut reader, "allow_in_place")?,
        allow_replace: flag(&mut reader, "allow_replace")?,
    };
    let named = root.get("webhooks").map_or(&[][..], Node::entries);
    // All are read, so that all that is wrong is told.
    let webhooks: Vec<_> =
        named.iter().map(|entry| Some((entry.key.clone(), webhook(entry, sources, findings)?))).collect();
    let api = match root.entry("api") {
        Some(entry) => Some(api(entry, sources, findings)?),
        None => None,
    };
    let webhooks = webhooks.into_iter().collect::<Option<_>>()?;
    let span = root.entry("guard").map_or(root.span.start_only(), |entry| entry.key_span);
    let place = sources.place(span);
    let guard_origin = Some(Origin { file: place.file, line: place.line, column: place.column });
    Some(Environment { name, api, webhooks, guard, guard_origin })
}

fn api(entry: &Entry, sources: &Sources, findings: &mut Findings) -> Option<Api> {
    let node = &entry.value;
    if node.is_broken() {
        return None;
    }
    let mut all = true;
    for (key, what) in [("url", "an address")] {
        if node.get(key).is_none() {
            let message = format!("`api` has no `{key}`: without {what} the service can't be reached");
            findings.add(draft(rule::API, entry.key_span, "/api", message).hint(format!("add `{key}:`")));
            all = false;
        }
    }
    let credentials = node.get("restore_credentials");
    if let Some(credentials) = credentials.filter(|credentials| !credentials.is_broken()) {
        for key in ["user", "password"] {
            if credentials.get(key).is_none() {
                let message = format!("`restore_credentials` has no `{key}`");
                let found = draft(rule::API, credentials.span.start_only(), "/api/restore_credentials", message);
                findings.add(found.hint(format!("add `{key}:`")));
                all = false;
            }
        }
    }
    let secret = |node: &Node| secret(node, sources);
    let headers = headers(node, sources)?;
    let bearer = match node.get("bearer") {
        Some(node) => Some(secret(node)?),
        None => None,
    };
    let restore_credentials = match credentials {
        Some(node) if all => {
            let user = node.get("user")?.as_str()?.to_owned();
            Some(RestoreCredentials { user, password: secret(node.get("password")?)? })
        }
        _ => None,
    };
    let ca_file = match node.get("ca_file") {
        Some(node) => Some(beside(node, sources)?),
        None => None,
    };
    let mut reader = Reader::new(findings, sources, Pointer::from_text("/api"), None);
    let timeout_ms = match node.get("timeout") {
        Some(node) => reader.duration(node, &["timeout"])?,
        None => TIMEOUT,
    };
    let allow_plain_http = reader.flag(Some(node), "", "allow_plain_http")?;
    let permission_query = permission_query(node.get("permission_query"), &mut reader)?;
    let address = node.get("url").and_then(|url| Some((url, url.as_str()?)));
    if let Some((url, Err(why))) = address.map(|(url, text)| (url, service_address(text, allow_plain_http))) {
        reader.wrong(rule::WRONG_FORM, url, &["url"], format!("`api.url` {why}"));
        all = false;
    }
    if !all {
        return None;
    }
    let url = address?.1.to_owned();
    Some(Api { url, headers, bearer, restore_credentials, permission_query, ca_file, timeout_ms, allow_plain_http })
}

fn permission_query(node: Option<&Node>, reader: &mut Reader<'_>) -> Option<PermissionQuery> {
    let defaults = PermissionQuery::default();
    let Some(node) = node else { return Some(defaults) };
    let enabled = match node.get("enabled") {
        Some(_) => reader.flag(Some(node), "permission_query", "enabled")?,
        None => defaults.enabled,
    };
    let with_credentials = reader.flag(Some(node), "permission_query", "with_credentials")?;
    let body = node.get("body").map_or(defaults.body, Node::to_json);
    (!node.holds_broken()).then_some(PermissionQuery { enabled, with_credentials, body })
}

/// References to what is sent in headers.
pub(super) fn headers(node: &Node, sources: &Sources) -> Option<BTreeMap<String, SecretRef>> {
    let all = node.get("headers").map_or(&[][..], Node::entries).iter();
    all.map(|header| Some((header.key.clone(), secret(&header.value, sources)?))).collect()
}

pub(super) fn secret(node: &Node, sources: &Sources) -> Option<SecretRef> {
    let [entry] = node.entries() else { return None };
    match entry.key.as_str() {
        "env" => Some(SecretRef::Env(entry.value.as_str()?.to_owned())),
        "file" => Some(SecretRef::File(beside(&entry.value, sources)?)),
        "command" => {
            let words = entry.value.items().iter().map(|word| word.as_str().map(str::to_owned));
            Some(SecretRef::Command(words.collect::<Option<Vec<_>>>()?))
        }
        _ => None,
    }
}

/// A path as seen from where we run, from one that starts at the folder of the file it is written in.
pub(super) fn beside(node: &Node, sources: &Sources) -> Option<String> {
    Some(sibling(sources.path(node.span.file), node.as_str()?))
}
