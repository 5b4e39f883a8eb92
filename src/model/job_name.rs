//! Job names that we make: what they are built of.
//!
//! `<plan>_<item>_<fingerprint>_<generation>_<attempt>`. Plan and item hold no `_`, so a name can be taken apart again.

use super::JobName;

/// How many hexadecimal digits of an item's fingerprint stand in its job name.
pub const FINGERPRINT_DIGITS: usize = 13;

/// A job name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedName {
    /// Plan and item.
    pub item_key: String,
    /// The fingerprint.
    pub fingerprint: String,
    /// The generation, from 1.
    pub generation: u32,
    /// The attempt, from 1.
    pub attempt: u32,
}

impl DerivedName {
    /// Takes a name apart; none where it isn't one of ours.
    pub fn parse(name: &JobName) -> Option<Self> {
        let parts: Vec<&str> = name.as_str().split('_').collect();
        let [plan, item, fingerprint, generation, attempt] = parts.as_slice() else {
            return None;
        };
        let hex = fingerprint.len() == FINGERPRINT_DIGITS && fingerprint.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| {
            Some(Self {
                item_key: format!("{plan}_{item}"),
                fingerprint: (*fingerprint).to_owned(),
                generation: generation.parse().ok()?,
                attempt: attempt.parse().ok()?,
            })
        })?
    }
}
