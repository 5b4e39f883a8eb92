//! `include`: what several plans share stands in files of its own, laid under each plan key by key.
//!
//! An included file is a plan without a name. Its restores come before those of the file that includes it;
//! everything else holds where that file says nothing. Nothing outside of the plan's root can be included.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Draft, Span};

use super::findings::{Findings, draft};
use super::node::{Node, Yaml};
use super::rule;

/// How many files a plan may be made of.
pub(super) const MOST_FILES: usize = 256;

/// An entry of `include`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include {
    /// The file, seen from where the plan's path is seen from.
    pub(super) path: String,
    pub(super) span: Span,
    pub(super) pointer: String,
}

/// The folder that a plan may include files from: the nearest one above it that is named `plans`, or else its own.
pub fn root_of(plan: &str) -> PathBuf {
    let folder = Path::new(plan).parent().unwrap_or(Path::new(""));
    let named = folder.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "plans"));
    named.unwrap_or(folder).to_owned()
}

/// What a file includes; reports entries that lead out of the root.
pub(super) fn entries(document: &Node, path: &str, root: &Path, findings: &mut Findings) -> Vec<Include> {
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let mut all = Vec::new();
    for (index, item) in document.get("include").map_or(&[][..], Node::items).iter().enumerate() {
        let pointer = format!("/include/{index}");
        let wrong = |message: String| draft(rule::INCLUDE, item.span, &pointer, message);
        // The schema reports what is no text.
        let Some(text) = item.as_str() else { continue };
        if text.contains("{{") {
            findings.add(wrong("no templates are rendered in `include`".to_owned()).hint("write the path itself"));
            continue;
        }
        match inside(folder, text, root) {
            Some(path) => all.push(Include { path: path.to_string_lossy().into_owned(), span: item.span, pointer }),
            None => {
                let message = format!("`{text}` is outside of the folder `{}`", shown(root));
                let hint =
                    "a plan includes files below the nearest folder named `plans` above it, or below its own folder";
                findings.add(wrong(message).hint(hint));
            }
        }
    }
    all
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

/// A relative path from a folder, without detours; none where it leads out of the root.
fn inside(folder: &Path, path: &str, root: &Path) -> Option<PathBuf> {
    let mut at: Vec<Component<'_>> = folder.strip_prefix(root).ok()?.components().collect();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(_) => at.push(component),
            Component::CurDir => {}
            Component::ParentDir => drop(at.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(root.join(at.iter().collect::<PathBuf>()))
}

/// What is wrong with a file that is included, by itself.
pub(super) fn check(document: &Node) -> Vec<Draft> {
    let mut wrong = Vec::new();
    if let Some(name) = document.entry("name") {
        let found =
            draft(rule::INCLUDE, name.key_span, "/name", "a file that is included can't have a `name`: it is no plan");
        wrong.push(found.hint("move what both share into a file without a name, and include that in both"));
    }
    match document.entry("version") {
        Some(version) if matches!(&version.value.value, Yaml::Number(number) if number.as_u64() == Some(1)) => {}
        Some(version) => wrong.push(draft(rule::WRONG_VALUE, version.value.span, "/version", "this must be `1`")),
        None => {
            let found = draft(rule::MISSING_KEY, document.span.start_only(), "", "the key `version` is missing");
            wrong.push(found.hint("add `version: 1`"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_nearest_folder_named_plans() {
        for (plan, root) in [
            ("plans/a.yaml", "plans"),
            ("x/plans/team/a.yaml", "x/plans"),
            ("plans/x/plans/a.yaml", "plans/x/plans"),
            ("runbooks/a.yaml", "runbooks"),
            ("a.yaml", ""),
            ("/srv/plans/a.yaml", "/srv/plans"),
        ] {
            assert_eq!(root_of(plan), Path::new(root), "{plan}");
        }
    }

    #[test]
    fn paths_stay_inside_of_the_root() {
        let path = |folder: &str, path: &str, root: &str| {
            inside(Path::new(folder), path, Path::new(root)).map(|path| path.to_string_lossy().into_owned())
        };
        assert_eq!(path("plans/team", "../_base.yaml", "plans").as_deref(), Some("plans/_base.yaml"));
        assert_eq!(path("plans", "./a/../b.yaml", "plans").as_deref(), Some("plans/b.yaml"));
        assert_eq!(path("", "_base.yaml", "").as_deref(), Some("_base.yaml"));
        assert_eq!(path("/srv/plans", "x.yaml", "/srv/plans").as_deref(), Some("/srv/plans/x.yaml"));
        for (folder, to, root) in [
            ("plans/team", "../../x.yaml", "plans"),
            ("plans", "../plans/x.yaml", "plans"),
            ("plans", "/etc/passwd", "plans"),
            ("", "../x.yaml", ""),
        ] {
            assert_eq!(path(folder, to, root), None, "{to}");
        }
    }
}
