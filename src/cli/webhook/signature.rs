//! The signature of a delivery, by which a receiver knows whose it is.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::model::{Secret, hexadecimal};

/// `sha256=` and the HMAC-SHA256, in hexadecimal digits, of the moment of sending, a full stop, and the body. The moment is in
/// seconds, as its header has it: a receiver refuses what is old, and what was kept can't be sent again later.
pub(super) fn signature(key: &Secret, seconds: i64, body: &[u8]) -> String {
    let mut text = "sha256=".to_owned();
    // Any length of key will do, so this is never refused.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) {
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        text.push_str(&hexadecimal(mac.finalize().into_bytes()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_other_tools_compute() {
        // printf '1795403527.{"a":1}' | openssl dgst -sha256 -hmac open-sesame
        let made = signature(&Secret::new("open-sesame".into()), 1_795_403_527, br#"{"a":1}"#);
        assert_eq!(made, "sha256=0258e3882fe55a372bdc95e579385ac4ee02d2a9fb42a18db27356d2ab10db30");
        assert_eq!(signature(&Secret::new("k".repeat(300)), 0, b"").len(), 71);
    }
}
