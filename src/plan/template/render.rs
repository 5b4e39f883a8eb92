//! What a template gives, and why it gives nothing: the library's part, made strict and bounded.

use std::io;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonTruthy as _, Output, Path, RenderContext, RenderErrorReason,
    Renderable as _,
};
use serde_json::Value;

use super::Problem;
use super::check::{Checked, Reference, Shape, named};
use super::helper::{self, Metered};
use super::scope::Scope;
use crate::plan::budget::Budget;
use crate::plan::rule;
use crate::plan::suggest::listed;

/// What a call of a helper gives. Its names were looked for before.
pub(super) fn evaluate(call: &HelperTemplate, scope: &Scope, budget: &Budget) -> Result<Value, Problem> {
    let Some(helper) = call.name.as_name().and_then(helper::find) else {
        return Err(Problem::new(rule::TEMPLATE, "there is no such helper"));
    };
    let mut values = Vec::with_capacity(call.params.len());
    for parameter in &call.params {
        values.push(match parameter {
            Parameter::Literal(value) => value.clone(),
            Parameter::Subexpression(inner) => match inner.as_element() {
                TemplateElement::Expression(call) => evaluate(call, scope, budget)?,
                _ => Value::Null,
            },
            Parameter::Path(Path::Relative((steps, _))) => {
                // Only `default` may get as far as this with something that is missing.
                scope.find(&named(steps)).ok().flatten().cloned().unwrap_or_default()
            }
            _ => Value::Null,
        });
    }
    let values: Vec<&Value> = values.iter().collect();
    Metered { helper: *helper, budget }.call(&values).map_err(|why| Problem::new(rule::TEMPLATE_RENDER, why))
}

/// How often a template is gone through at most: once, and once more for each element of the longest thing in it.
pub(super) fn passes(checked: &Checked, scope: &Scope) -> usize {
    let lengths = checked.references.iter().filter_map(|reference| match scope.find(&reference.path) {
        Ok(Some(Value::Array(items))) => Some(items.len()),
        Ok(Some(Value::Object(map))) => Some(map.len()),
        _ => None,
    });
    match checked.shape {
        Shape::Path => 1,
        _ => 1 + lengths.max().unwrap_or(0),
    }
}

/// How many keys of a map are proposed.
const KEYS_SHOWN: usize = 4;

/// A list or a map in the middle of a text would read `[object]`; an empty value would read as nothing.
pub(super) fn printable(reference: &Reference, value: &Value) -> Result<(), Problem> {
    let path = reference.path.join(".");
    let what = match value {
        Value::Null => "empty",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
        _ => return Ok(()),
    };
    let problem = Problem::new(rule::TEMPLATE_RENDER, format!("`{path}` is {what} and can't be part of a text"));
    Err(match value {
        Value::Array(_) => problem.hint(format!(
            "put it into `for_each` and write `{{{{item}}}}`, or go through it with `{{{{#each {path}}}}}`"
        )),
        Value::Object(map) if !map.is_empty() => {
            let keys = map.keys().take(KEYS_SHOWN).map(|key| format!("{{{{{path}.{key}}}}}"));
            problem.hint(format!(
                "write one of its values, like {}",
                listed(keys.collect::<Vec<_>>().iter().map(String::as_str), "or")
            ))
        }
        _ => problem,
    })
}

pub(super) fn explain(reason: &RenderErrorReason, scope: &Scope) -> Problem {
    let message = match reason {
        RenderErrorReason::MissingVariable(Some(name)) => {
            let path: Vec<String> = name.split('.').map(str::to_owned).collect();
            match scope.find(&path) {
                Ok(Some(value)) => format!("`{name}` is {}; this needs a list or a map", helper::kind(value)),
                _ => format!("this template uses `{name}`, which isn't there"),
            }
        }
        RenderErrorReason::HelperNotFound(name) => {
            let problem = Problem::new(rule::TEMPLATE_RENDER, format!("there is no helper `{name}`"));
            return problem.hint("a helper is called without brackets, like `{{upper name}}`");
        }
        RenderErrorReason::MissingVariable(None) => "this template uses a name that isn't there".to_owned(),
        RenderErrorReason::ParamNotFoundForIndex(helper, index) => {
            format!("`{helper}` has no usable argument number {}", index + 1)
        }
        RenderErrorReason::ParamNotFoundForName(helper, name) => format!("`{helper}` has no usable argument `{name}`"),
        RenderErrorReason::Other(why) => why.clone(),
        _ => "this template can't be rendered".to_owned(),
    };
    Problem::new(rule::TEMPLATE_RENDER, message)
}

/// Takes so many bytes and no more.
pub(super) struct Bounded {
    pub(super) bytes: Vec<u8>,
    pub(super) left: usize,
    pub(super) full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.left {
            self.full = true;
            return Err(io::Error::other("full"));
        }
        self.left -= more.len();
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The library's own `if` takes a missing name for a false one, even when it is strict.
pub(super) fn strict_if<'reg, 'rc>(
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    choose(true, helper, registry, context, state, out)
}

/// As [`strict_if`], the other way round.
pub(super) fn strict_unless<'reg, 'rc>(
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    choose(false, helper, registry, context, state, out)
}

fn choose<'reg, 'rc>(
    wanted: bool,
    helper: &Helper<'rc>,
    registry: &'reg Handlebars<'reg>,
    context: &'rc Context,
    state: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let name = if wanted { "if" } else { "unless" };
    let asked = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
    if asked.is_value_missing() {
        return Err(RenderErrorReason::MissingVariable(asked.relative_path().cloned()).into());
    }
    let branch = if asked.value().is_truthy(false) == wanted { helper.template() } else { helper.inverse() };
    branch.map_or(Ok(()), |template| template.render(registry, context, state, out))
}
