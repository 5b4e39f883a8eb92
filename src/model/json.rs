//! Canonical JSON (RFC 8785) and digests over it: meaning, not bytes.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::encoding::hexadecimal;

/// The canonical JSON of a value: sorted keys, no spaces, one way to write a number.
///
/// # Errors
/// Only for values that JSON can't hold (a map with keys that are no strings, a number that isn't finite).
pub fn canonical<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

/// `sha256:` and the hexadecimal hash of a value's canonical JSON.
///
/// # Errors
/// As [`canonical`].
pub fn digest<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(format!("sha256:{}", hexadecimal(Sha256::digest(canonical(value)?.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn order_of_keys_does_not_matter() {
        let a = super::digest(&json!({"a": 1, "b": [true, null]})).unwrap();
        let b = super::digest(&json!({"b": [true, null], "a": 1})).unwrap();
        assert_eq!(a, b);
        assert_eq!(a.len(), 71);
        assert_ne!(a, super::digest(&json!({"a": 2, "b": [true, null]})).unwrap());
    }
}
