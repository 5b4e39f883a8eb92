//! How much the loader takes before it says no.

/// Bounds on what a document may cost. Every one of them ends in a diagnostic that names it; all can be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoaderLimits {
    /// Bytes in one file.
    pub file_bytes: usize,
    /// Collections inside each other.
    pub depth: usize,
    /// Keys in one map.
    pub keys: usize,
    /// Bytes in one key.
    pub key_bytes: usize,
    /// Values in one document, with those that aliases and templates bring in.
    pub nodes: usize,
    /// Bytes of text in one document, with those that aliases and templates bring in.
    pub expanded_bytes: usize,
    /// Bytes in one scalar.
    pub scalar_bytes: usize,
    /// Bytes in one scalar that is a template.
    pub template_bytes: usize,
    /// Bytes that one template may give.
    pub template_output_bytes: usize,
    /// Restores in one plan after `for_each`.
    pub restores: usize,
    /// Single dependencies that `after` stands for, `for_each` counted out.
    pub dependencies: usize,
    /// From so many bytes on, a plan is read in pieces, which changes nothing but the time and the memory it takes.
    pub piece_from_bytes: usize,
    /// Diagnostics that are kept; the rest are counted.
    pub diagnostics: usize,
}

impl Default for LoaderLimits {
    fn default() -> Self {
        Self {
            file_bytes: 8 << 20,
            depth: 128,
            keys: 4096,
            key_bytes: 1 << 10,
            nodes: 300_000,
            expanded_bytes: 32 << 20,
            scalar_bytes: 1 << 20,
            template_bytes: 8 << 10,
            template_output_bytes: 1 << 20,
            restores: 10_000,
            dependencies: 1_000_000,
            piece_from_bytes: 1 << 20,
            diagnostics: 10_000,
        }
    }
}

impl LoaderLimits {
    /// For recorded snapshots, which hold what a whole site has. Programs write them, and nobody sets their limits.
    pub fn of_recordings() -> Self {
        let (file_bytes, expanded_bytes) = (64 << 20, 256 << 20);
        Self { file_bytes, expanded_bytes, nodes: 4_000_000, ..Self::default() }
    }

    /// The limits that people can set, by the names that they have on the command line.
    fn by_name(&mut self, name: &str) -> Option<&mut usize> {
        Some(match name {
            "file-bytes" => &mut self.file_bytes,
            "depth" => &mut self.depth,
            "keys" => &mut self.keys,
            "key-bytes" => &mut self.key_bytes,
            "nodes" => &mut self.nodes,
            "expanded-bytes" => &mut self.expanded_bytes,
            "scalar-bytes" => &mut self.scalar_bytes,
            "template-bytes" => &mut self.template_bytes,
            "template-output-bytes" => &mut self.template_output_bytes,
            "restores" => &mut self.restores,
            "dependencies" => &mut self.dependencies,
            "diagnostics" => &mut self.diagnostics,
            _ => return None,
        })
    }

    /// Every name that [`Self::set`] takes.
    pub const NAMES: [&str; 12] = [
        "file-bytes",
        "depth",
        "keys",
        "key-bytes",
        "nodes",
        "expanded-bytes",
        "scalar-bytes",
        "template-bytes",
        "template-output-bytes",
        "restores",
        "dependencies",
        "diagnostics",
    ];

    /// A hint that says how the limit of this name is raised, after what else could be done.
    pub(super) fn raise(instead: &str, name: &'static str) -> String {
        debug_assert!(Self::NAMES.contains(&name), "{name}");
        format!("{instead}raise the limit with `--limit {name}=N`")
    }

    /// Sets the limit of this name. False: there is none.
    pub fn set(&mut self, name: &str, value: usize) -> bool {
        self.by_name(name).map(|limit| *limit = value).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_a_limit_of_its_own() {
        let mut limits = LoaderLimits::default();
        assert!(LoaderLimits::NAMES.iter().zip(1..).all(|(name, value)| limits.set(name, value)));
        let mut values: Vec<usize> = LoaderLimits::NAMES.iter().map(|name| *limits.by_name(name).unwrap()).collect();
        values.dedup();
        assert_eq!(values.len(), LoaderLimits::NAMES.len());
        assert!(!limits.set("files", 1));
    }
}
