//! What a rule is, apart from the code that looks for it.

/// One thing that can be wrong with a document. An id, once released, keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Like `R301`; what people search for, suppress and explain.
    pub id: &'static str,
    /// What is wrong, in a sentence.
    pub title: &'static str,
}
