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
    /// Diagnostics that are kept; the rest are counted.
    pub diagnostics: usize,
}

impl Default for LoaderLimits {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            depth: 128,
            keys: 4096,
            nodes: 2_000_000,
            expanded_bytes: 64 << 20,
            scalar_bytes: 1 << 20,
            template_bytes: 8 << 10,
            template_output_bytes: 1 << 20,
            restores: 10_000,
            dependencies: 1_000_000,
            diagnostics: 10_000,
        }
    }
}
