//! The plan language's own documentation.

use std::path::Path;
use std::process::Command;

/// Set it to write the page anew.
const REWRITE: &str = "REWRITE_DOCS";

#[test]
fn the_page_is_what_the_schemas_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plan-language.md");
    let made = Command::new(env!("CARGO_BIN_EXE_restorectl")).args(["schema", "language"]).output().unwrap();
    let written = String::from_utf8(made.stdout).unwrap();
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == written,
        "docs/plan-language.md is out of date: run `{REWRITE}=1 cargo test --test suite language` and look"
    );
}
