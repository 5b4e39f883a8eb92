//! A file's path as programs on other machines take it.

use std::path::{MAIN_SEPARATOR_STR, Path};

use crate::model::percent_encoded;

/// With `/` between the parts on every system, and without parts that mean nothing.
pub(super) fn slashed(path: &str) -> String {
    let path = path.replace(MAIN_SEPARATOR_STR, "/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// A URI (RFC 3986): relative to where the path is relative to, `file:` for one that starts at the root.
pub(super) fn uri(path: &str) -> String {
    let slashed = slashed(path);
    let scheme = match (Path::new(path).is_absolute(), slashed.starts_with('/')) {
        (true, true) => "file://",
        (true, false) => "file:///",
        (false, _) => "",
    };
    format!("{scheme}{}", percent_encoded(&slashed, "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris_that_hold_nothing_else() {
        for (path, expected) in [
            ("plans/a.yaml", "plans/a.yaml"),
            ("./plans//./a.yaml", "plans/a.yaml"),
            ("../a.yaml", "../a.yaml"),
            ("/srv/plans/a.yaml", "file:///srv/plans/a.yaml"),
            ("a b:c?d#e%f.yaml", "a%20b%3Ac%3Fd%23e%25f.yaml"),
            ("é\n\"<\u{202e}.yaml", "%C3%A9%0A%22%3C%E2%80%AE.yaml"),
        ] {
            assert_eq!(uri(path), expected, "{path:?}");
        }
    }
}
