//! The names that a template can use, and what they lead to.

use std::cell::Cell;
use std::collections::HashSet;

use handlebars::Context;
use serde_json::{Map, Value};

use super::Problem;
use super::helper::kind;
use crate::plan::rule;
use crate::plan::suggest::{did_you_mean, listed};

/// Names that exist only inside `for_each`.
pub(in crate::plan) const LOCAL_NAMES: [&str; 2] = ["item", "index"];

/// What templates can see: the inputs and, inside `for_each`, the element.
pub(in crate::plan) struct Scope {
    context: Context,
    /// Names that are known and have no value, which was reported where they should get it.
    broken: HashSet<String>,
    /// How many unknown names may still be compared with all that are known.
    guesses: Cell<usize>,
}

/// What other tools write before the name of an input.
const PREFIXES: [&str; 9] = ["inputs", "input", "var", "vars", "values", "params", "env", "plan", "this"];
/// How many keys of a map are listed.
const KEYS_LISTED: usize = 8;

/// How many unknown names are compared with all that are known, to say which was meant.
const GUESSES: usize = 20;

impl Scope {
    /// The inputs that have a value, and the names of those that should have one.
    pub(in crate::plan) fn new(values: Map<String, Value>, broken: HashSet<String>) -> Self {
        let mut context = Context::null();
        *context.data_mut() = Value::Object(values);
        Self { context, broken, guesses: Cell::new(GUESSES) }
    }

    /// The same for the library that renders texts.
    pub(in crate::plan) fn context(&self) -> &Context {
        &self.context
    }

    /// Enters an element of a `for_each`, or leaves the last one.
    pub(in crate::plan) fn set_element(&mut self, element: Option<(Value, usize)>) {
        self.broken.retain(|name| !LOCAL_NAMES.contains(&name.as_str()));
        let Value::Object(values) = self.context.data_mut() else { return };
        match element {
            Some((item, index)) => {
                values.insert("item".to_owned(), item);
                values.insert("index".to_owned(), Value::from(index));
            }
            None => LOCAL_NAMES.iter().for_each(|name| drop(values.remove(*name))),
        }
    }

    /// Enters an element that couldn't be had: what depends on it is broken without a word.
    pub(in crate::plan) fn set_unknown_element(&mut self) {
        self.set_element(None);
        self.broken.extend(LOCAL_NAMES.map(str::to_owned));
    }

    /// From here on as many unknown names may be compared as in the beginning.
    pub(in crate::plan) fn guess_again(&self) {
        self.guesses.set(GUESSES);
    }

    fn guess<'n>(&self, name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
        self.guesses.set(self.guesses.get().checked_sub(1)?);
        did_you_mean(name, known)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.context.data().as_object().into_iter().flat_map(Map::keys);
        known.map(String::as_str).chain(self.broken.iter().map(String::as_str))
    }

    /// The input that is meant by a path like `inputs.name`.
    fn without_prefix<'n>(&self, root: &str, rest: &'n [String]) -> Option<&'n str> {
        let name = rest.first().filter(|_| PREFIXES.contains(&root))?;
        self.names().any(|known| known == name).then_some(name.as_str())
    }

    /// The value that a path leads to. `Ok(None)`: it is missing, and that was reported elsewhere.
    pub(in crate::plan) fn find(&self, path: &[String]) -> Result<Option<&Value>, Problem> {
        let Some((root, rest)) = path.split_first() else { return Ok(None) };
        if self.broken.contains(root) {
            return Ok(None);
        }
        let Some(mut value) = self.context.data().get(root) else {
            let problem = Problem::new(rule::TEMPLATE_NAME, format!("nothing here is named `{root}`"));
            return Err(if LOCAL_NAMES.contains(&root.as_str()) {
                problem
                    .hint(format!("`{root}` is known in the fields of a restore with `for_each` only, not in its name"))
            } else if let Some(name) = self.without_prefix(root, rest) {
                problem.hint(format!("write `{{{{{name}}}}}`"))
            } else if let Some(guess) = self.guess(root, self.names()) {
                problem.hint(guess)
            } else {
                problem.hint("declare it under `inputs`")
            });
        };
        let mut shown = root.clone();
        for step in rest {
            let next = match value {
                Value::Object(map) => map.get(step),
                Value::Array(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            };
            let Some(next) = next else {
                let problem = Problem::new(rule::TEMPLATE_NAME, format!("`{shown}` has no `{step}`"));
                let keys = || value.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
                let hint = self.guess(step, keys()).or_else(|| match value {
                    Value::Object(map) if (1..=KEYS_LISTED).contains(&map.len()) => {
                        Some(format!("it has {}", listed(keys(), "and")))
                    }
                    Value::Object(_) | Value::Array(_) => None,
                    scalar => Some(format!("it is {}; write `{{{{{shown}}}}}`", kind(scalar))),
                });
                return Err(Problem { hint, ..problem });
            };
            shown = format!("{shown}.{step}");
            value = next;
        }
        Ok(Some(value))
    }
}
