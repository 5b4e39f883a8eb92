//! The token, and the sessions of browsers that have shown it. A session's cookie holds a number by chance, never the token
//! or anything made of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::throttle::{Throttle, Wrong};
use crate::model::{Secret, hexadecimal};

/// A shorter token could be guessed.
const SHORTEST: usize = 16;
/// A longer one may not fit into a request's head.
const LONGEST: usize = 1024;
/// How long a session lasts.
const LASTING: Duration = Duration::from_secs(12 * 3600);
/// How many sessions are kept; the oldest ends for one more.
const SESSIONS: usize = 256;

/// Why a token can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// It could be guessed.
    #[error("the token is shorter than {SHORTEST} characters: make one with `openssl rand -hex 32`")]
    Short,
    /// It doesn't fit.
    #[error("the token is longer than {LONGEST} characters: make one with `openssl rand -hex 32`")]
    Long,
    /// No request could carry it.
    #[error(
        "the token holds something else than letters, digits and signs of ASCII: make one with `openssl rand -hex 32`"
    )]
    Letters,
    /// The system gives none.
    #[error("the system gives no random numbers")]
    NoChance,
}

/// Decides who may look.
pub struct Access {
    /// By chance, for this process alone: what is compared tells nothing of the token.
    salt: [u8; 32],
    token: [u8; 32],
    /// When each session ends, by its name.
    sessions: Mutex<BTreeMap<[u8; 32], Instant>>,
    throttle: Mutex<Throttle>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// By this token.
    ///
    /// # Errors
    /// When it is too short, or no request could carry it.
    pub fn by(token: &Secret) -> Result<Self, AccessError> {
        let token = token.expose();
        match token.len() {
            ..SHORTEST => return Err(AccessError::Short),
            SHORTEST..=LONGEST => {}
            _ => return Err(AccessError::Long),
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccessError::Letters);
        }
        let salt = chance()?;
        Ok(Self { salt, token: digest(&salt, token), sessions: Mutex::default(), throttle: Mutex::default() })
    }

    /// Whether this is the token. It takes as long for one that is nearly right as for any other.
    pub(super) fn is_token(&self, said: &str) -> bool {
        let said = digest(&self.salt, said);
        let differs = said.iter().zip(&self.token).fold(0u8, |differs, (a, b)| differs | (a ^ b));
        std::hint::black_box(differs) == 0
    }

    /// What becomes of another wrong token.
    pub(super) fn wrong(&self, now: Instant) -> Wrong {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).wrong(now)
    }

    /// Begins a session, and gives its name.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(super) fn begin(&self) -> Result<String, AccessError> {
        let name = hexadecimal(chance()?);
        let now = Instant::now();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, ends| *ends > now);
        if sessions.len() >= SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, ends)| **ends).map(|(name, _)| *name);
            oldest.map(|oldest| sessions.remove(&oldest));
        }
        sessions.insert(digest(&self.salt, &name), now + LASTING);
        Ok(name)
    }

    /// Whether a session of this name goes on. Only a digest of it is looked up, so that nothing can be learnt of others.
    pub(super) fn is_session(&self, name: &str) -> bool {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&digest(&self.salt, name)).is_some_and(|ends| *ends > Instant::now())
    }
}

fn digest(salt: &[u8; 32], text: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(text);
    hash.finalize().into()
}

/// Random bytes of the system.
fn chance() -> Result<[u8; 32], AccessError> {
    let mut bytes = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| AccessError::NoChance)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn access() -> Access {
        Access::by(&Secret::new(TOKEN.to_owned())).unwrap()
    }

    #[test]
    fn only_the_token_is_the_token() {
        let access = access();
        assert!(access.is_token(TOKEN));
        for other in ["", "0123456789abcde", "0123456789abcdefg", "0123456789abcdeF", &TOKEN.repeat(2)] {
            assert!(!access.is_token(other), "{other}");
        }
        assert!(!format!("{access:?}").contains(TOKEN));
    }

    #[test]
    fn a_token_that_could_be_guessed_or_not_be_sent_is_refused() {
        let refused = |token: &str| Access::by(&Secret::new(token.to_owned())).err();
        assert_eq!(refused("short"), Some(AccessError::Short));
        assert_eq!(refused(&"x".repeat(1025)), Some(AccessError::Long));
        assert_eq!(refused("0123456789 abcdef"), Some(AccessError::Letters));
        assert_eq!(refused("0123456789\nabcdef"), Some(AccessError::Letters));
        assert_eq!(refused("0123456789abcdefü"), Some(AccessError::Letters));
        assert_eq!(refused(TOKEN), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_by_itself_and_tells_nothing_of_the_token() {
        let access = access();
        let (one, other) = (access.begin().unwrap(), access.begin().unwrap());
        assert!(one != other && one.len() == 64 && !one.contains(TOKEN));
        assert!(access.is_session(&one) && access.is_session(&other) && !access.is_session(TOKEN));
        tokio::time::advance(LASTING).await;
        assert!(!access.is_session(&one));
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_session_ends_where_there_are_too_many() {
        let access = access();
        let first = access.begin().unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        let others: Vec<String> = (0..SESSIONS).map(|_| access.begin().unwrap()).collect();
        assert!(!access.is_session(&first));
        assert!(others.iter().all(|other| access.is_session(other)));
    }
}
