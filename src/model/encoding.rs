//! Bytes as text: in hexadecimal digits, and as addresses hold them.

use std::fmt::Write as _;

/// Bytes in hexadecimal digits, two for each, in small letters.
pub fn hexadecimal(bytes: impl IntoIterator<Item = u8>) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Never fails for a text.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A text as a part of an address (RFC 3986): what may stand anywhere in one stays, and so does what is in `also`; every
/// other byte is written as its number.
pub fn percent_encoded(text: &str, also: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(hexadecimal([0, 9, 10, 255]), "00090aff");
        assert_eq!(hexadecimal([]), "");
    }

    #[test]
    fn what_has_a_meaning_in_an_address_is_written_as_its_number() {
        assert_eq!(percent_encoded("aZ0-._~", ""), "aZ0-._~");
        assert_eq!(percent_encoded("a/b?ü\n", ""), "a%2Fb%3F%C3%BC%0A");
        assert_eq!(percent_encoded("a/b?ü", "/"), "a/b%3F%C3%BC");
    }
}
