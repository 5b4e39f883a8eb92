//! What a rule is, apart from the code that looks for it.

use super::Severity;

/// One thing that can be wrong with a document. An id, once released, keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Like `R301`; what people search for, suppress and explain.
    pub id: &'static str,
    /// What is wrong, in one line without a full stop.
    pub title: &'static str,
    /// How much it matters; some rules have a milder case too.
    pub severity: Severity,
    /// Why it is a rule: what would happen otherwise.
    pub why: &'static str,
    /// How to mend what breaks it.
    pub mend: &'static str,
}
