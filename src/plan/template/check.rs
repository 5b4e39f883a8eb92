//! What a template may be made of, decided on its syntax tree before anything is rendered.

use std::ops::Range;

use handlebars::template::{BlockParam, HelperTemplate, Parameter, TemplateElement, TemplateMapping};
use handlebars::{Path, PathSeg, Template, TemplateErrorReason};

use super::Problem;
use super::helper::{BLOCK_HELPERS, VALUE_HELPERS, find};
use super::slip;
use crate::plan::suggest::did_you_mean;
use crate::plan::{LoaderLimits, rule};

/// How many blocks or brackets may stand inside each other.
const NESTING: usize = 32;

/// Names that an input can't have, because a template would read them as something else.
pub(in crate::plan) fn is_reserved(name: &str) -> bool {
    find(name).is_some()
        || BLOCK_HELPERS.contains(&name)
        || ["item", "index", "now", "this", "true", "false", "null", "as", "else", "log", "lookup", "raw", "env"]
            .contains(&name)
}

/// What a template gives.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::plan) enum Shape {
    /// It is exactly one name: its value, of whatever type.
    Path,
    /// It is exactly one call of a helper: what that gives, of whatever type.
    Call(Box<HelperTemplate>),
    /// Text.
    Text,
}

/// A name that a template takes from its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Reference {
    /// The name, then the keys below it.
    pub(in crate::plan) path: Vec<String>,
    /// Whether its value becomes part of the text.
    pub(in crate::plan) printed: bool,
    /// A key below the name may be missing; `default` then gives something else.
    pub(in crate::plan) optional: bool,
    /// Where it stands in the template, in bytes.
    pub(in crate::plan) at: Option<Range<usize>>,
}

/// A template that may be rendered.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::plan) struct Checked {
    pub(in crate::plan) shape: Shape,
    pub(in crate::plan) references: Vec<Reference>,
    /// The names that blocks in it give to what they go through.
    pub(in crate::plan) own_names: Vec<String>,
}

/// Compiles a template and looks at all of its parts.
pub(in crate::plan) fn check(text: &str, limit: usize) -> Result<(Template, Checked), Problem> {
    if text.len() > limit {
        let message = format!("this template has {} bytes; the limit is {limit}", text.len());
        return Err(Problem::new(rule::LIMIT, message).hint(LoaderLimits::raise("", "template-bytes")));
    }
    // The library's parser follows nesting by recursion, so depth is bounded before it runs.
    if text.matches("{{#").count() + text.matches("{{^").count() + text.matches("{{{{").count() > NESTING
        || bracket_depth(text) > NESTING
    {
        let message = format!("this template has more than {NESTING} blocks or nested brackets");
        return Err(Problem::new(rule::LIMIT, message));
    }
    if let Some(open) = unclosed(text) {
        let problem = Problem::new(rule::TEMPLATE, "this `{{` is never closed").at(open..open + 2);
        return Err(problem.hint("close it with `}}`; write `\\{{` for two braces that are meant as text"));
    }
    if let Some(problem) = slip::index(text) {
        return Err(problem);
    }
    let template = Template::compile(text).map_err(|error| {
        if let (false, Some(problem)) =
            (matches!(error.reason(), TemplateErrorReason::MismatchingClosedHelper(..)), slip::slip(text))
        {
            return problem;
        }
        let at = error.pos().map(|(line, column)| offset(text, line, column));
        let problem = match error.reason() {
            TemplateErrorReason::InvalidSyntax(_) => {
                Problem::new(rule::TEMPLATE, "this is not a Handlebars template: something can't be read here").hint(
                    "an expression is a name, or a helper with its arguments, like `{{suffix}}` or `{{lower name}}`; \
                     write `\\{{` for two braces that are meant as text",
                )
            }
            TemplateErrorReason::MismatchingClosedHelper(open, close) => {
                let message = format!("the block `{{{{#{open}}}}}` is closed by `{{{{/{close}}}}}`");
                Problem::new(rule::TEMPLATE, message).hint(format!("close it with `{{{{/{open}}}}}`"))
            }
            _ => Problem::new(rule::TEMPLATE, "the blocks of this template don't fit each other")
                .hint("close every block, like `{{#if x}}...{{/if}}`"),
        };
        match at {
            Some(at) => problem.at(at..text.get(at..).and_then(|t| t.chars().next()).map_or(at, |c| at + c.len_utf8())),
            None => problem,
        }
    })?;
    let mut walk =
        Walk { text, element: 0..text.len(), scopes: Vec::new(), references: Vec::new(), own_names: Vec::new() };
    walk.template(&template)?;
    let shape = match template.elements.as_slice() {
        [TemplateElement::Expression(one) | TemplateElement::HtmlExpression(one)] => match &one.name {
            Parameter::Path(_) => Shape::Path,
            _ => Shape::Call(one.clone()),
        },
        _ => Shape::Text,
    };
    Ok((template, Checked { shape, references: walk.references, own_names: walk.own_names }))
}

fn bracket_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Where braces open that nothing closes.
fn unclosed(text: &str) -> Option<usize> {
    let open = text.rfind("{{")?;
    let escaped = text.get(..open).is_some_and(|before| before.trim_end_matches('{').ends_with('\\'));
    let closed = text.get(open..)?.contains("}}");
    (!escaped && !closed).then_some(open)
}

/// The byte that a line and a column in characters lead to, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or("");
    start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The expression or the opening tag that begins at a line and a column, in bytes of the template.
pub(in crate::plan) fn element_at(text: &str, line: usize, column: usize) -> Range<usize> {
    let start = offset(text, line, column);
    let end = text.get(start..).and_then(|rest| rest.find("}}")).map_or(text.len(), |end| start + end + 2);
    start..end
}

/// A block that has been entered.
struct Opened {
    /// Whether names inside start at an element of something.
    shifts: bool,
    is_each: bool,
    /// The names that it gives to what it goes through.
    names: Vec<String>,
}

struct Walk<'a> {
    text: &'a str,
    /// The element that is looked at.
    element: Range<usize>,
    scopes: Vec<Opened>,
    references: Vec<Reference>,
    own_names: Vec<String>,
}

/// How a value is used.
#[derive(Clone, Copy)]
struct Use {
    printed: bool,
    optional: bool,
}

impl Walk<'_> {
    fn template(&mut self, template: &Template) -> Result<(), Problem> {
        template.elements.iter().zip(&template.mapping).try_for_each(|(element, mapping)| {
            self.enter(mapping);
            self.element(element)
        })
    }

    fn enter(&mut self, mapping: &TemplateMapping) {
        self.element = element_at(self.text, mapping.0, mapping.1);
    }

    /// A problem with the whole element.
    fn problem(&self, rule: &'static str, message: impl Into<String>) -> Problem {
        Problem::new(rule, message).at(self.element.clone())
    }

    fn refused(&self, what: &str) -> Problem {
        self.problem(rule::TEMPLATE, format!("{what} are not supported in plans"))
    }

    /// Where a word stands in the element, outside of quotes.
    fn place(&self, word: &str) -> Option<Range<usize>> {
        let text = self.text.get(self.element.clone())?;
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '/' | '-');
        text.match_indices(word).find_map(|(at, _)| {
            let (before, after) = (text.get(..at)?, text.get(at + word.len()..)?);
            let alone = !before.ends_with(is_part) && !after.starts_with(is_part);
            let quoted = before.matches('"').count() % 2 == 1 || before.matches('\'').count() % 2 == 1;
            let start = self.element.start + at;
            (alone && !quoted).then(|| start..start + word.len())
        })
    }

    fn no_helper(&self, name: &str, known: &[&str]) -> Problem {
        let problem = self.problem(rule::TEMPLATE, format!("there is no helper `{name}`"));
        let problem = match self.place(name) {
            Some(place) => problem.at(place),
            None => problem,
        };
        if name == "env" {
            return problem
                .hint("a plan can't read environment variables: declare an input, and give it a value there");
        }
        let list = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let guess = did_you_mean(name, known.iter().copied());
        problem.hint(guess.unwrap_or_else(|| format!("those that exist here are {}", list())))
    }

    fn element(&mut self, element: &TemplateElement) -> Result<(), Problem> {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => {
                self.expression(call, Use { printed: true, optional: false })
            }
            TemplateElement::HelperBlock(block) => self.block(block),
            TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => {
                Err(self.refused("partials (`{{>`)"))
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                Err(self.refused("decorators (`{{*` and inline partials)"))
            }
            _ => Err(self.refused("templates of this kind")),
        }
    }

    fn expression(&mut self, call: &HelperTemplate, as_what: Use) -> Result<(), Problem> {
        let Parameter::Name(name) = &call.name else { return self.parameter(&call.name, as_what) };
        let Some(helper) = find(name) else {
            let known: Vec<&str> = VALUE_HELPERS.iter().map(|helper| helper.name).collect();
            return Err(self.no_helper(name, &known));
        };
        helper.takes(call.params.len()).map_err(|why| self.problem(rule::TEMPLATE_RENDER, why))?;
        self.arguments(call, name == "default")
    }

    fn block(&mut self, block: &HelperTemplate) -> Result<(), Problem> {
        let name = block.name.as_name().unwrap_or_default();
        if !BLOCK_HELPERS.contains(&name) {
            return Err(self.no_helper(name, &BLOCK_HELPERS));
        }
        self.arguments(block, false)?;
        let is_each = name == "each";
        if is_each && self.scopes.iter().any(|scope| scope.is_each) {
            return Err(self.refused("`each` blocks inside each other"));
        }
        let names = match &block.block_param {
            None => Vec::new(),
            Some(BlockParam::Single(one)) => vec![one],
            Some(BlockParam::Pair((one, two))) => vec![one, two],
            Some(_) => return Err(self.refused("block parameters of this kind")),
        };
        let names: Vec<String> = names.into_iter().filter_map(Parameter::as_name).map(str::to_owned).collect();
        self.own_names.extend(names.iter().cloned());
        self.scopes.push(Opened { shifts: is_each || name == "with", is_each, names });
        let inside = block.template.iter().try_for_each(|template| self.template(template));
        self.scopes.pop();
        inside?;
        block.inverse.iter().try_for_each(|template| self.template(template))
    }

    fn arguments(&mut self, call: &HelperTemplate, first_is_optional: bool) -> Result<(), Problem> {
        if !call.hash.is_empty() {
            return Err(self.refused("named arguments (`name=value`)"));
        }
        let mut optional = first_is_optional;
        call.params.iter().try_for_each(|parameter| {
            let as_what = Use { printed: false, optional: std::mem::take(&mut optional) };
            self.parameter(parameter, as_what)
        })
    }

    fn parameter(&mut self, parameter: &Parameter, as_what: Use) -> Result<(), Problem> {
        match parameter {
            Parameter::Literal(_) => Ok(()),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => self.expression(call, as_what),
                _ => Err(self.refused("expressions of this kind")),
            },
            Parameter::Path(Path::Local((_, name, _))) => {
                if self.scopes.iter().any(|scope| scope.is_each) {
                    return Ok(());
                }
                let message = format!("`@{name}` is known inside `{{{{#each}}}}` only");
                Err(self.problem(rule::TEMPLATE_NAME, message).hint("in a restore with `for_each`, write `index`"))
            }
            Parameter::Path(Path::Relative((steps, raw))) => self.path(steps, raw, as_what),
            Parameter::Name(name) => self.path(&[PathSeg::Named(name.clone())], name, as_what),
            _ => Err(self.refused("parameters of this kind")),
        }
    }

    fn path(&mut self, steps: &[PathSeg], raw: &str, as_what: Use) -> Result<(), Problem> {
        let path = named(steps);
        let shifted = self.scopes.iter().filter(|scope| scope.shifts).count();
        let from_root = raw.contains("@root");
        let ups = raw.matches("../").count();
        let explicit = raw.starts_with("this.") || raw.starts_with("this/") || raw.starts_with("./");
        if !from_root && ups == 0 && !explicit {
            let first = path.first();
            if first.is_some_and(|name| self.scopes.iter().any(|scope| scope.names.contains(name))) {
                return Ok(());
            }
        }
        if !from_root && ups < shifted {
            // It starts at an element; whether it is there shows when the element is.
            return Ok(());
        }
        let at = self.place(raw);
        let problem = |rule, message: String| {
            let problem = Problem::new(rule, message);
            at.clone().map_or(problem.clone(), |at| problem.at(at))
        };
        if (!from_root && ups > shifted) || path.is_empty() {
            return Err(problem(rule::TEMPLATE_NAME, format!("`{raw}` leads to no value here")));
        }
        if let [name] = path.as_slice() {
            if let Some(helper) = find(name) {
                let message = format!("`{name}` needs something to work on, as in `{{{{{}}}}}`", helper.usage);
                return Err(problem(rule::TEMPLATE, message));
            }
            if BLOCK_HELPERS.contains(&name.as_str()) {
                return Err(problem(rule::TEMPLATE, format!("`{name}` needs something to work on")));
            }
        }
        let Use { printed, optional } = as_what;
        self.references.push(Reference { path, printed, optional, at });
        Ok(())
    }
}

/// The names that a path goes through.
pub(in crate::plan) fn named(steps: &[PathSeg]) -> Vec<String> {
    let named = steps.iter().filter_map(|step| match step {
        PathSeg::Named(name) => Some(name.clone()),
        _ => None,
    });
    named.collect()
}
