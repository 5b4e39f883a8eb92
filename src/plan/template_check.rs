//! What a template may be made of, decided on its syntax tree before anything is rendered.

use handlebars::template::{BlockParam, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, PathSeg, Template, TemplateErrorReason};

use super::rule;
use super::suggest::did_you_mean;
use super::template::Problem;

/// Helpers that give a value, with what they give.
const VALUE_HELPERS: [&str; 10] = ["eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not", "len"];
/// Helpers that enclose a part of the text.
const BLOCK_HELPERS: [&str; 4] = ["if", "unless", "each", "with"];
/// How many blocks or brackets may stand inside each other.
const NESTING: usize = 32;

/// Names that an input can't have, because a template would read them as something else.
pub(super) fn is_reserved(name: &str) -> bool {
    VALUE_HELPERS.contains(&name)
        || BLOCK_HELPERS.contains(&name)
        || ["item", "index", "this", "true", "false", "null", "as", "else", "log", "lookup", "raw"].contains(&name)
}

/// What a template gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// It is exactly one name: its value, of whatever type.
    Path,
    /// It is exactly one call of a helper that gives a number or a boolean.
    Json,
    /// Text.
    Text,
}

/// A name that a template takes from its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The name, then the keys below it.
    pub(super) path: Vec<String>,
    /// Whether its value becomes part of the text.
    pub(super) printed: bool,
}

/// A template that may be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) shape: Shape,
    pub(super) references: Vec<Reference>,
    /// The names that blocks in it give to what they go through.
    pub(super) own_names: Vec<String>,
}

/// Compiles a template and looks at all of its parts.
pub(super) fn check(text: &str, limit: usize) -> Result<(Template, Checked), Problem> {
    if text.len() > limit {
        let message = format!("this template has {} bytes; the limit is {limit}", text.len());
        return Err(Problem::new(rule::LIMIT, message));
    }
    // The library's parser follows nesting by recursion, so depth is bounded before it runs.
    if text.matches("{{#").count() + text.matches("{{^").count() + text.matches("{{{{").count() > NESTING
        || bracket_depth(text) > NESTING
    {
        let message = format!("this template has more than {NESTING} blocks or nested brackets");
        return Err(Problem::new(rule::LIMIT, message));
    }
    let template = Template::compile(text).map_err(|error| {
        let at = error.pos().map_or(String::new(), |(line, column)| {
            if line > 1 {
                format!(" at line {line}, character {column} of the value")
            } else {
                format!(" at character {column} of the value")
            }
        });
        let why = match error.reason() {
            TemplateErrorReason::InvalidSyntax(_) => "something can't be read".to_owned(),
            reason => reason.to_string().to_lowercase(),
        };
        let message = format!("this is not a Handlebars template: {why}{at}");
        Problem::new(rule::TEMPLATE, message)
            .hint("close every `{{` with `}}`; write `\\{{` for two braces that are meant as text")
    })?;
    let mut walk = Walk { scopes: Vec::new(), references: Vec::new(), own_names: Vec::new() };
    walk.template(&template)?;
    let shape = match template.elements.as_slice() {
        [TemplateElement::Expression(one) | TemplateElement::HtmlExpression(one)] => match &one.name {
            Parameter::Path(_) => Shape::Path,
            _ => Shape::Json,
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

/// A block that has been entered.
struct Opened {
    /// Whether names inside start at an element of something.
    shifts: bool,
    is_each: bool,
    /// The names that it gives to what it goes through.
    names: Vec<String>,
}

struct Walk {
    scopes: Vec<Opened>,
    references: Vec<Reference>,
    own_names: Vec<String>,
}

fn refused(what: &str) -> Problem {
    Problem::new(rule::TEMPLATE, format!("{what} are not supported in plans"))
}

impl Walk {
    fn template(&mut self, template: &Template) -> Result<(), Problem> {
        template.elements.iter().try_for_each(|element| self.element(element))
    }

    fn element(&mut self, element: &TemplateElement) -> Result<(), Problem> {
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => Ok(()),
            TemplateElement::Expression(call) | TemplateElement::HtmlExpression(call) => self.expression(call, true),
            TemplateElement::HelperBlock(block) => self.block(block),
            TemplateElement::PartialExpression(_) | TemplateElement::PartialBlock(_) => {
                Err(refused("partials (`{{>`)"))
            }
            TemplateElement::DecoratorExpression(_) | TemplateElement::DecoratorBlock(_) => {
                Err(refused("decorators (`{{*` and inline partials)"))
            }
            _ => Err(refused("templates of this kind")),
        }
    }

    fn expression(&mut self, call: &HelperTemplate, printed: bool) -> Result<(), Problem> {
        match &call.name {
            Parameter::Name(name) => {
                if !VALUE_HELPERS.contains(&name.as_str()) {
                    return Err(no_helper(name, &VALUE_HELPERS));
                }
                self.arguments(call)
            }
            name => self.parameter(name, printed),
        }
    }

    fn block(&mut self, block: &HelperTemplate) -> Result<(), Problem> {
        let name = block.name.as_name().unwrap_or_default();
        if !BLOCK_HELPERS.contains(&name) {
            return Err(no_helper(name, &BLOCK_HELPERS));
        }
        self.arguments(block)?;
        let is_each = name == "each";
        if is_each && self.scopes.iter().any(|scope| scope.is_each) {
            return Err(refused("`each` blocks inside each other"));
        }
        let names = match &block.block_param {
            None => Vec::new(),
            Some(BlockParam::Single(one)) => vec![one],
            Some(BlockParam::Pair((one, two))) => vec![one, two],
            Some(_) => return Err(refused("block parameters of this kind")),
        };
        let names: Vec<String> = names.into_iter().filter_map(Parameter::as_name).map(str::to_owned).collect();
        self.own_names.extend(names.iter().cloned());
        self.scopes.push(Opened { shifts: is_each || name == "with", is_each, names });
        let inside = block.template.iter().try_for_each(|template| self.template(template));
        self.scopes.pop();
        inside?;
        block.inverse.iter().try_for_each(|template| self.template(template))
    }

    fn arguments(&mut self, call: &HelperTemplate) -> Result<(), Problem> {
        if !call.hash.is_empty() {
            return Err(refused("named arguments (`name=value`)"));
        }
        call.params.iter().try_for_each(|parameter| self.parameter(parameter, false))
    }

    fn parameter(&mut self, parameter: &Parameter, printed: bool) -> Result<(), Problem> {
        match parameter {
            Parameter::Literal(_) => Ok(()),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => self.expression(call, printed),
                _ => Err(refused("expressions of this kind")),
            },
            Parameter::Path(Path::Local((_, name, _))) => {
                if self.scopes.iter().any(|scope| scope.is_each) {
                    return Ok(());
                }
                let problem =
                    Problem::new(rule::TEMPLATE_NAME, format!("`@{name}` is known inside `{{{{#each}}}}` only"));
                Err(problem.hint("in a restore with `for_each`, write `index`"))
            }
            Parameter::Path(Path::Relative((steps, raw))) => self.path(steps, raw, printed),
            Parameter::Name(name) => self.path(&[PathSeg::Named(name.clone())], name, printed),
            _ => Err(refused("parameters of this kind")),
        }
    }

    fn path(&mut self, steps: &[PathSeg], raw: &str, printed: bool) -> Result<(), Problem> {
        let named = steps.iter().filter_map(|step| match step {
            PathSeg::Named(name) => Some(name.clone()),
            _ => None,
        });
        let path: Vec<String> = named.collect();
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
        if (!from_root && ups > shifted) || path.is_empty() {
            return Err(Problem::new(rule::TEMPLATE_NAME, format!("`{raw}` leads to no value here")));
        }
        if let [name] = path.as_slice()
            && (VALUE_HELPERS.contains(&name.as_str()) || BLOCK_HELPERS.contains(&name.as_str()))
        {
            return Err(Problem::new(rule::TEMPLATE, format!("`{name}` needs something to work on")));
        }
        self.references.push(Reference { path, printed });
        Ok(())
    }
}

fn no_helper(name: &str, known: &[&str]) -> Problem {
    let problem = Problem::new(rule::TEMPLATE, format!("there is no helper `{name}`"));
    let list = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let hint =
        did_you_mean(name, known.iter().copied()).unwrap_or_else(|| format!("those that exist here are {}", list()));
    problem.hint(hint)
}
