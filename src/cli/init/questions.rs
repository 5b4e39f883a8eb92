//! Asks one question after the other until each has a good answer.
//!
//! Reads and writes whatever it is given, so that what happens on a terminal can be tried without one.

use std::io::{self, BufRead, Write};

use crate::model::{harmless, wrap};

/// How wide what is said gets: it fits the narrowest terminal that people use.
const WIDTH: usize = 76;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// Whoever was asked has left.
    #[error("left before the last question")]
    Left,
    /// The terminal can't be read or written.
    #[error("the terminal can't be read: {0}")]
    Broken(#[from] io::Error),
}

/// Somebody who can be asked.
#[derive(Debug)]
pub(super) struct Dialogue<R, W> {
    answers: R,
    questions: W,
}

impl<R: BufRead, W: Write> Dialogue<R, W> {
    /// Takes answers from one and puts questions to the other.
    pub(super) fn new(answers: R, questions: W) -> Self {
        Self { answers, questions }
    }

    /// Says something.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn say(&mut self, text: &str) -> Result<(), NoAnswer> {
        Ok(writeln!(self.questions, "{text}")?)
    }

    /// Asks until an answer is taken. An empty answer is the default; without one, it goes to `take` like any other.
    ///
    /// # Errors
    /// When whoever is asked leaves.
    pub(super) fn ask(
        &mut self,
        question: &str,
        default: Option<&str>,
        mut take: impl FnMut(&str) -> Result<(), String>,
    ) -> Result<(), NoAnswer> {
        let shown = default.map(|default| format!(" [{}]", harmless(default))).unwrap_or_default();
        loop {
            write!(self.questions, "{question}{shown}: ")?;
            self.questions.flush()?;
            let mut line = Vec::new();
            if self.answers.read_until(b'\n', &mut line)? == 0 {
                writeln!(self.questions)?;
                return Err(NoAnswer::Left);
            }
            let line = String::from_utf8_lossy(&line);
            let answer = match line.trim() {
                "" => default.unwrap_or_default(),
                answer => answer,
            };
            match take(answer) {
                Ok(()) => return Ok(()),
                Err(why) => {
                    for line in wrap(&harmless(&why), WIDTH) {
                        writeln!(self.questions, "  {line}")?;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(answers: &str, default: Option<&str>) -> (Result<Vec<String>, NoAnswer>, String) {
        let mut said = Vec::new();
        let mut taken = Vec::new();
        let result = Dialogue::new(answers.as_bytes(), &mut said).ask("How many", default, |answer| {
            taken.push(answer.to_owned());
            answer.parse::<u32>().map(drop).map_err(|error| format!("`{answer}` won't do:\u{1b} {error}"))
        });
        (result.map(|()| taken), String::from_utf8(said).unwrap())
    }

    #[test]
    fn asks_until_the_answer_is_good() {
        let (taken, said) = hold("many\n -1 \n 7 \nnever read\n", None);
        assert_eq!(taken.unwrap(), ["many", "-1", "7"]);
        assert_eq!(said.matches("How many: ").count(), 3);
        assert!(said.contains("  `many` won't do:\\u{1b} invalid digit"), "{said}");
    }

    #[test]
    fn an_empty_answer_is_the_default() {
        let (taken, said) = hold("\n", Some("2"));
        assert_eq!(taken.unwrap(), ["2"]);
        assert_eq!(said, "How many [2]: ");
    }

    #[test]
    fn the_end_of_the_answers_is_no_answer() {
        let (taken, _) = hold("many\n", Some("2"));
        assert!(matches!(taken, Err(NoAnswer::Left)));
    }
}
