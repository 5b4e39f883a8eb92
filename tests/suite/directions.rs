//! The import directions of docs/architecture.md, held by reading the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What each top-level module may import from the others. Third-party crates are not counted.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("diagnostic", &["model"]),
    ("plan", &["model", "diagnostic"]),
    ("changeset", &["model"]),
    ("plantest", &["model", "diagnostic", "plan", "changeset"]),
    ("journal", &["model"]),
    ("ports", &["model", "journal"]),
    ("engine", &["model", "changeset", "journal", "ports"]),
    ("baas", &["model", "ports"]),
    ("observe", &["model", "ports"]),
    ("report", &["model", "journal", "changeset"]),
    ("listen", &[]),
    ("serve", &["model", "journal", "report", "listen"]),
    // Of `baas` only the documents on the wire, of `model` only globs; see `the_simulator_knows_only_the_wire`.
    ("simulator", &["baas", "model", "listen"]),
];

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// A file without its comments.
fn code(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every `crate::x` in code, by the module that it stands in. Comments don't count.
fn imports() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut all: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let seen = all.entry(module.clone()).or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let mut names = Vec::new();
            if let Some(group) = rest.strip_prefix('{') {
                let group = &group[..group.find("};").unwrap_or(group.len())];
                names.extend(group.split([',', '\n']).map(|part| part.trim().split("::").next().unwrap().to_owned()));
            } else {
                names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
            for name in names.into_iter().filter(|name| !name.is_empty() && *name != module) {
                seen.insert((name, relative.display().to_string()));
            }
        }
    }
    all
}

#[test]
fn modules_import_only_what_they_may() {
    let known: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let modules: BTreeSet<String> =
        imports().into_keys().filter(|m| !matches!(m.as_str(), "cli" | "lib" | "main")).collect();
    assert_eq!(modules, known.keys().map(ToString::to_string).collect(), "the table names every module, and no other");
    for (module, imported) in imports() {
        let Some(allowed) = known.get(module.as_str()) else { continue };
        for (name, file) in imported {
            assert!(allowed.contains(&name.as_str()), "src/{file} imports `{name}`, which `{module}` may not");
        }
    }
}

#[test]
fn the_simulator_knows_only_the_wire() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/simulator");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files {
        let code = code(&file);
        for (at, _) in code.match_indices("crate::baas") {
            assert!(code[at..].starts_with("crate::baas::wire"), "{} imports more of baas", file.display());
        }
        for (at, _) in code.match_indices("crate::model") {
            assert!(code[at..].starts_with("crate::model::glob"), "{} imports more of model", file.display());
        }
    }
}

#[test]
fn only_the_driver_of_the_engine_and_its_lease_are_asynchronous() {
    for pure in ["plan", "plantest", "changeset", "report", "model", "diagnostic", "engine"] {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(pure), &mut files);
        for file in
            files.iter().filter(|file| !["engine/driver.rs", "engine/lease.rs"].iter().any(|may| file.ends_with(may)))
        {
            let code = code(file);
            assert!(!code.contains("async ") && !code.contains("tokio::"), "{} is asynchronous", file.display());
        }
    }
}
