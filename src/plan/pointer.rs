//! JSON Pointers (RFC 6901): how a place in a document is named to programs.

use std::fmt;

/// A pointer under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pointer(String);

impl Pointer {
    /// A pointer from its text.
    pub(super) fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Goes one step down.
    pub(super) fn push(&mut self, step: &str) {
        self.0.push('/');
        for c in step.chars() {
            match c {
                '~' => self.0.push_str("~0"),
                '/' => self.0.push_str("~1"),
                c => self.0.push(c),
            }
        }
    }

    /// The pointer one step further down.
    pub(super) fn join(&self, step: &str) -> Self {
        let mut longer = self.clone();
        longer.push(step);
        longer
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The steps, as they were before they were escaped.
    pub(super) fn steps(&self) -> Vec<String> {
        self.0.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
    }
}

/// The way to a value, kept while a tree is walked, and written out only where something is found there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trail<'a> {
    From(&'a Pointer),
    Key(&'a Trail<'a>, &'a str),
    Index(&'a Trail<'a>, usize),
}

impl Trail<'_> {
    /// The whole way.
    pub(super) fn pointer(self) -> Pointer {
        match self {
            Self::From(start) => start.clone(),
            Self::Key(above, key) => {
                let mut pointer = above.pointer();
                pointer.push(key);
                pointer
            }
            Self::Index(above, index) => {
                let mut pointer = above.pointer();
                pointer.push(&index.to_string());
                pointer
            }
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_back_as_they_went_in() {
        let mut pointer = Pointer::default();
        assert_eq!(pointer.steps(), Vec::<String>::new());
        for step in ["a/b", "~1", "", "0"] {
            pointer.push(step);
        }
        assert_eq!(pointer.as_str(), "/a~1b/~01//0");
        let start = Pointer::from_text("/x");
        let (from, list) = (Trail::From(&start), Trail::Key(&Trail::From(&start), "a/b"));
        assert_eq!((from.pointer().as_str(), Trail::Index(&list, 2).pointer().as_str()), ("/x", "/x/a~1b/2"));
        assert_eq!(pointer.steps(), ["a/b", "~1", "", "0"]);
    }
}
