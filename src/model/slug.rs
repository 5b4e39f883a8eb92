//! The slugs that plans and their restores are named with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::NameError;

/// A name that we give: lower-case words of letters and digits joined by `-`, first a letter.
/// It holds no `_`, so that a job name built from slugs can be taken apart again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Takes a text that already is a slug.
    ///
    /// # Errors
    /// When it isn't one; the error says what a slug is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if is_slug(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError {
            problem: format!(
                "`{text}` is not a name here: write lower-case letters and digits, words joined by `-`, first a letter"
            ),
            meant: Some(Self::words(text)).filter(|words| is_slug(words)),
            offset: 0,
        })
    }

    /// The nearest thing to a slug that a text gives: case folded, everything else a single `-`.
    /// Empty where the text has no letter or digit at all.
    pub fn words(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            } else if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
        }
        out.truncate(out.trim_end_matches('-').len());
        out
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_slug(text: &str) -> bool {
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase()) && text.split('-').all(word)
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_words_joined_by_hyphens() {
        for good in ["a", "bank-marketing", "t2-x9"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "-a", "a-", "a--b", "a_b", "2a", "a b"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Slug::words("BANK_Marketing.Öl"), "bank-marketing-l");
        assert_eq!(Slug::words("__"), "");
    }

    #[test]
    fn what_is_no_slug_may_still_tell_which_was_meant() {
        for (text, meant) in [("Bank_Model", Some("bank-model")), ("2a", None), ("__", None)] {
            assert_eq!(Slug::parse(text).unwrap_err().meant.as_deref(), meant, "{text}");
        }
    }
}
