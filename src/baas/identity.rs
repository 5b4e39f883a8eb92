//! Who we are to the service at this moment: the secrets of every call, read anew from where they come when the service no
//! longer takes them; and no text that holds one of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};

use super::access::{Access, AccessError};
use crate::model::Secret;

/// Reads the secrets from where they come. It may run programs and take its time, and its error holds no secret.
pub type Source = Arc<dyn Fn() -> Result<Access, String> + Send + Sync>;

/// How long after a failed reading of the secrets the only other try follows: whoever writes a file may be just about it.
const ANOTHER_TRY: Duration = Duration::from_millis(500);

/// So many texts are kept out of what we show; more than that, and the oldest of them opens nothing any more.
const MOST_SECRETS: usize = 1000;

/// Where a text may have been cut, so many characters of a secret at its end are taken for the secret.
const TELLING: usize = 4;

/// What one call carries.
#[derive(Debug)]
pub(super) struct Shown {
    /// Grows with each change.
    version: u64,
    /// The headers of every call.
    pub(super) headers: HeaderMap,
    /// The header of the create call.
    pub(super) credentials: Option<HeaderValue>,
}

/// What came of reading the secrets anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Renewed {
    /// They are others now.
    Others,
    /// They are the same, or come from nowhere.
    Same,
    /// They could not be read.
    Failed(String),
}

/// The secrets in use, and all that were.
pub(super) struct Identity {
    shown: RwLock<Arc<Shown>>,
    texts: RwLock<Texts>,
    source: Option<Source>,
    /// How often they were read anew.
    renewals: AtomicU64,
    /// What came of it last; held while somebody is at it.
    last: tokio::sync::Mutex<Renewed>,
    /// The version with which creates were refused and let off, until a create is let in again.
    let_off: Mutex<Option<u64>>,
}

/// Every text that must not be shown.
#[derive(Default)]
struct Texts {
    /// The newest first.
    by_age: Vec<Secret>,
    /// The longest first: a secret that holds another is hidden whole.
    by_length: Arc<[Secret]>,
}

impl Identity {
    pub(super) fn new(access: &Access, source: Option<Source>) -> Result<Self, AccessError> {
        let identity = Self {
            shown: RwLock::new(Arc::new(shown(0, access)?)),
            texts: RwLock::default(),
            source,
            renewals: AtomicU64::new(0),
            last: tokio::sync::Mutex::new(Renewed::Same),
            let_off: Mutex::new(None),
        };
        identity.hide(access.secrets());
        Ok(identity)
    }

    /// What a call that begins now carries.
    pub(super) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often the secrets were read anew so far.
    pub(super) fn renewals(&self) -> u64 {
        self.renewals.load(Ordering::Acquire)
    }

    /// Reads the secrets anew, because the service refused these. Calls that are refused together do that once: what came
    /// of it after `since` is good for whoever waited.
    pub(super) async fn renew(&self, refused: &Shown, since: u64) -> Renewed {
        let Some(source) = &self.source else { return Renewed::Same };
        let mut last = self.last.lock().await;
        if self.shown().version != refused.version {
            return Renewed::Others;
        }
        if self.renewals() > since {
            return last.clone();
        }
        let mut found = ask(source).await;
        if found.is_err() {
            tokio::time::sleep(ANOTHER_TRY).await;
            found = ask(source).await;
        }
        *last = match found.and_then(|access| self.take(&access).map_err(|why| why.to_string())) {
            Ok(true) => Renewed::Others,
            Ok(false) => Renewed::Same,
            Err(why) => Renewed::Failed(self.redact(&why)),
        };
        self.renewals.fetch_add(1, Ordering::Release);
        tracing::debug!(outcome = ?*last, "the secrets were read anew");
        last.clone()
    }

    /// Whether a create that was refused with these secrets may be made again with others. Once, until one is let in: a
    /// source that gives another secret each time must not have us knock for ever.
    pub(super) fn lets_off(&self, refused: &Shown) -> bool {
        let mut let_off = self.let_off.lock().unwrap_or_else(PoisonError::into_inner);
        let first = let_off.is_none_or(|known| refused.version <= known);
        if first {
            *let_off = (*let_off).max(Some(refused.version));
        }
        first
    }

    /// A create was let in, whatever became of it then.
    pub(super) fn let_in(&self) {
        *self.let_off.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A server may send back what we sent it; a secret must not get into a report that way. For free texts only:
    /// names and ids must stay what they are.
    pub(super) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.texts().iter() {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "[redacted]");
            }
        }
        text
    }

    /// The same for a text whose end may be missing, and with it the end of a secret.
    pub(super) fn redact_cut(&self, text: &str) -> String {
        let begun = |secret: &Secret| {
            let ends = secret.expose().char_indices().map(|(at, _)| at).skip(TELLING);
            ends.filter_map(|end| secret.expose().get(..end)).filter(|start| text.ends_with(start)).map(str::len).max()
        };
        let begun = self.texts().iter().filter_map(begun).max();
        match begun.and_then(|length| text.get(..text.len().saturating_sub(length))) {
            Some(rest) => self.redact(rest) + "[redacted]",
            None => self.redact(text),
        }
    }

    /// Whether a text holds a secret.
    pub(super) fn is_told_by(&self, text: &str) -> bool {
        self.texts().iter().any(|secret| text.contains(secret.expose()))
    }

    fn texts(&self) -> Arc<[Secret]> {
        Arc::clone(&self.texts.read().unwrap_or_else(PoisonError::into_inner).by_length)
    }

    /// Takes secrets in; whether they are others than before.
    fn take(&self, access: &Access) -> Result<bool, AccessError> {
        // First, so that no moment is without: from here on they may come back to us.
        self.hide(access.secrets());
        let mut current = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        let found = shown(current.version.saturating_add(1), access)?;
        let others = found.headers != current.headers || found.credentials != current.credentials;
        if others {
            *current = Arc::new(found);
        }
        Ok(others)
    }

    fn hide(&self, more: Vec<Secret>) {
        let mut texts = self.texts.write().unwrap_or_else(PoisonError::into_inner);
        let old = texts.by_age.iter().filter(|old| more.iter().all(|new| new.expose() != old.expose())).cloned();
        let all: Vec<Secret> = more.iter().cloned().chain(old).take(MOST_SECRETS).collect();
        let mut by_length = all.clone();
        by_length.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        *texts = Texts { by_age: all, by_length: by_length.into() };
    }
}

fn shown(version: u64, access: &Access) -> Result<Shown, AccessError> {
    Ok(Shown { version, headers: access.for_every_call()?, credentials: access.for_create()? })
}

/// Reads the secrets where nothing else waits for it.
async fn ask(source: &Source) -> Result<Access, String> {
    let source = Arc::clone(source);
    match tokio::task::spawn_blocking(move || source()).await {
        Ok(found) => found,
        Err(_) => Err("reading them came to no end".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(tokens: &[&str]) -> Identity {
        let headers = tokens.iter().enumerate().map(|(n, token)| (format!("x-{n}"), Secret::new((*token).to_owned())));
        let access = Access { headers: headers.collect(), ..Access::default() };
        Identity::new(&access, None).unwrap()
    }

    #[test]
    fn a_secret_is_hidden_whole_also_where_it_holds_another_or_is_cut() {
        let identity = identity(&["token", "token-and-more"]);
        assert_eq!(identity.redact("a token-and-more, a token"), "a [redacted], a [redacted]");
        assert_eq!(identity.redact_cut("it was token-and-mo"), "it was [redacted]");
        assert_eq!(identity.redact_cut("it was toke"), "it was [redacted]");
        assert_eq!(identity.redact_cut("it went to"), "it went to");
    }

    #[test]
    fn a_refused_create_is_let_off_once_until_one_is_let_in() {
        let identity = identity(&["one"]);
        let shown = |version| Shown { version, headers: HeaderMap::new(), credentials: None };
        assert!(identity.lets_off(&shown(3)) && identity.lets_off(&shown(3)) && identity.lets_off(&shown(2)));
        assert!(!identity.lets_off(&shown(4)));
        identity.let_in();
        assert!(identity.lets_off(&shown(4)));
    }
}
