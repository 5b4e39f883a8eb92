//! Inputs to begin with, and where failing ones are put.

use std::path::{Path, PathBuf};

/// A file or folder of restorectl.
fn of_restorectl(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A folder for what a run leaves behind.
pub fn scratch() -> PathBuf {
    let folder = of_restorectl("fuzz/artifacts");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Saves an input that failed.
pub fn save(target: &str, input: &[u8]) -> PathBuf {
    let path = scratch().join(format!("{target}.failed"));
    std::fs::write(&path, input).unwrap();
    path
}

/// What a target begins with: what once failed or was made by hand, and for `parse` everything that is written as YAML.
pub fn saved(target: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![format!("tests/fixtures/fuzz/{target}")];
    if target == "parse" {
        folders.extend(["plans", "plans/environments", "tests/fixtures/yaml"].map(str::to_owned));
    }
    let inputs: Vec<Vec<u8>> = folders.iter().flat_map(|folder| files(&of_restorectl(folder))).collect();
    assert!(!inputs.is_empty(), "nothing to begin with for `{target}`");
    inputs
}

/// The files of a folder, in the order of their names.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}
