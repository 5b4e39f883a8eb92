//! What is fuzzed, and what must hold of it.
//!
//! Each target takes any bytes, makes documents of them in its own way, resolves them through the public entry, and
//! checks everything that must hold whatever the documents are. The bodies stand here once: coverage-guided targets
//! call them (`fuzz_targets`), and so does the runner that needs nothing but a stable compiler (`src/bin/stable`); the
//! test suite of restorectl runs the saved inputs through them.

mod check;
mod choices;
pub mod parse;
pub mod rules;
pub mod schema;
pub mod template;

/// Something that is fuzzed.
pub struct Target {
    pub name: &'static str,
    /// Panics where something does not hold. Gives the rules that were met, so that whoever chooses the next input
    /// knows what this one reached.
    pub run: fn(&[u8]) -> Vec<&'static str>,
}

/// Everything that is fuzzed.
pub const TARGETS: [Target; 4] = [
    Target { name: "parse", run: parse::run },
    Target { name: "template", run: template::run },
    Target { name: "schema", run: schema::run },
    Target { name: "rules", run: rules::run },
];
