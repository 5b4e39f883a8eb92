//! What templates can do with values: helpers that take values and give one. Pure, without the
//! environment's variables, files or the clock; `now` is a value that is handed in.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy as _, Output, RenderContext, RenderError,
    RenderErrorReason, ScopedJson,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};

use crate::model::Millis;

use crate::plan::budget::Budget;

type Function = fn(&[&Value]) -> Result<Value, String>;

/// A helper: how it is called, what it gives, and how it does it.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct ValueHelper {
    /// The name in templates.
    pub(in crate::plan) name: &'static str,
    /// How many arguments it takes at least and at most.
    arguments: (usize, usize),
    /// How it is called.
    pub(in crate::plan) usage: &'static str,
    /// What it gives.
    pub(in crate::plan) gives: &'static str,
    function: Function,
}

const fn helper(
    name: &'static str,
    arguments: (usize, usize),
    usage: &'static str,
    gives: &'static str,
    function: Function,
) -> ValueHelper {
    ValueHelper { name, arguments, usage, gives, function }
}

/// Any number of arguments.
const MANY: usize = 16;

/// All of them, as the documentation lists them.
pub(in crate::plan) const VALUE_HELPERS: &[ValueHelper] = &[
    helper(
        "default",
        (2, 2),
        "default value fallback",
        "the value, or the fallback where it is missing or empty",
        default,
    ),
    helper("lower", (1, 1), "lower text", "the text in lower case", |a| Ok(text(a, 0)?.to_lowercase().into())),
    helper("upper", (1, 1), "upper text", "the text in upper case", |a| Ok(text(a, 0)?.to_uppercase().into())),
    helper("trim", (1, 1), "trim text", "the text without white space at its ends", |a| Ok(text(a, 0)?.trim().into())),
    helper("replace", (3, 3), "replace text from to", "the text with every `from` replaced by `to`", replace),
    helper("split", (2, 2), "split text separator", "the list of the text's parts", split),
    helper("join", (2, 2), "join list separator", "the list's elements as one text", join),
    helper("contains", (2, 2), "contains whole part", "whether a text holds a text, or a list an element", contains),
    helper("len", (1, 1), "len value", "how many characters, elements or keys it has", len),
    helper("eq", (2, 2), "eq a b", "whether they are equal", |a| Ok((get(a, 0) == get(a, 1)).into())),
    helper("ne", (2, 2), "ne a b", "whether they differ", |a| Ok((get(a, 0) != get(a, 1)).into())),
    helper("gt", (2, 2), "gt a b", "whether a is greater", |a| Ok(order(a)?.is_gt().into())),
    helper("gte", (2, 2), "gte a b", "whether a is greater or equal", |a| Ok(order(a)?.is_ge().into())),
    helper("lt", (2, 2), "lt a b", "whether a is less", |a| Ok(order(a)?.is_lt().into())),
    helper("lte", (2, 2), "lte a b", "whether a is less or equal", |a| Ok(order(a)?.is_le().into())),
    helper("and", (2, MANY), "and a b", "whether all are true", |a| Ok(a.iter().all(|v| v.is_truthy(false)).into())),
    helper("or", (2, MANY), "or a b", "whether any is true", |a| Ok(a.iter().any(|v| v.is_truthy(false)).into())),
    helper("not", (1, 1), "not a", "whether it is false, empty or nothing", |a| {
        Ok((!get(a, 0).is_truthy(false)).into())
    }),
    helper("date_add", (2, 2), "date_add moment \"-7d\"", "the moment moved by a duration", date_add),
    helper("date_format", (2, 2), "date_format moment \"%Y-%m-%d\"", "the moment in this form, in UTC", date_format),
];

/// Helpers that enclose a part of the text.
pub(in crate::plan) const BLOCK_HELPERS: [&str; 4] = ["if", "unless", "each", "with"];

/// Finds a helper by its name.
pub(in crate::plan) fn find(name: &str) -> Option<&'static ValueHelper> {
    VALUE_HELPERS.iter().find(|helper| helper.name == name)
}

impl ValueHelper {
    /// Whether it can be called with so many arguments. The error says how it is called.
    pub(in crate::plan) fn takes(&self, count: usize) -> Result<(), String> {
        let (least, most) = self.arguments;
        if (least..=most).contains(&count) {
            return Ok(());
        }
        Err(format!("`{}` takes {}, as in `{{{{{}}}}}`", self.name, arguments(least, most), self.usage))
    }

    /// Calls it.
    ///
    /// # Errors
    /// When its arguments aren't what it works on, in a sentence.
    pub(in crate::plan) fn call(&self, arguments: &[&Value]) -> Result<Value, String> {
        self.takes(arguments.len())?;
        (self.function)(arguments).map_err(|why| format!("`{}` {why}", self.name))
    }
}

fn arguments(least: usize, most: usize) -> String {
    match (least, most) {
        (1, 1) => "one argument".to_owned(),
        (2, MANY) => "two or more arguments".to_owned(),
        (_, most) => format!("{most} arguments"),
    }
}

/// A helper that pays for what it does.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Metered<'a> {
    pub(in crate::plan) helper: ValueHelper,
    pub(in crate::plan) budget: &'a Budget,
}

impl Metered<'_> {
    /// Calls it.
    ///
    /// # Errors
    /// As [`ValueHelper::call`], and when nothing is left to pay with.
    pub(in crate::plan) fn call(&self, arguments: &[&Value]) -> Result<Value, String> {
        let enough = |paid: bool| if paid { Ok(()) } else { Err("this is too much work".to_owned()) };
        arguments.iter().try_for_each(|argument| enough(self.budget.handle(argument)))?;
        let given = self.helper.call(arguments)?;
        enough(self.budget.handle(&given))?;
        Ok(given)
    }
}

/// The library calls helpers inside of texts; what they give is the same as everywhere else.
impl HelperDef for Metered<'_> {
    /// In the middle of a text a list would read like one in a program, and nobody means that.
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let given = self.call_inner(call, registry, context, state)?;
        if let value @ (Value::Array(_) | Value::Object(_)) = given.as_json() {
            let why = format!("`{}` gives {}, which can't be part of a text", self.helper.name, kind(value));
            return Err(RenderErrorReason::Other(why).into());
        }
        out.write(&given.render())?;
        Ok(())
    }

    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        for (index, parameter) in call.params().iter().enumerate() {
            let optional = self.helper.name == "default" && index == 0;
            if parameter.is_value_missing() && !optional {
                return Err(RenderErrorReason::MissingVariable(parameter.relative_path().cloned()).into());
            }
        }
        let values: Vec<&Value> = call.params().iter().map(|parameter| parameter.value()).collect();
        self.call(&values).map(ScopedJson::Derived).map_err(|why| RenderErrorReason::Other(why).into())
    }
}

const NOTHING: &Value = &Value::Null;

fn get<'a>(arguments: &[&'a Value], index: usize) -> &'a Value {
    arguments.get(index).copied().unwrap_or(NOTHING)
}

pub(in crate::plan) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// A text; a number or a boolean reads as one.
fn text(arguments: &[&Value], index: usize) -> Result<String, String> {
    match get(arguments, index) {
        Value::String(text) => Ok(text.clone()),
        scalar @ (Value::Number(_) | Value::Bool(_)) => Ok(scalar.to_string()),
        other => Err(format!("needs text as argument {}; this is {}", index + 1, kind(other))),
    }
}

fn list<'a>(arguments: &[&'a Value], index: usize) -> Result<&'a [Value], String> {
    match get(arguments, index) {
        Value::Array(items) => Ok(items),
        other => Err(format!("needs a list as argument {}; this is {}", index + 1, kind(other))),
    }
}

fn default(arguments: &[&Value]) -> Result<Value, String> {
    let value = get(arguments, 0);
    let empty = matches!(value, Value::Null) || value.as_str() == Some("");
    Ok(if empty { get(arguments, 1) } else { value }.clone())
}

fn replace(arguments: &[&Value]) -> Result<Value, String> {
    let (whole, from, to) = (text(arguments, 0)?, text(arguments, 1)?, text(arguments, 2)?);
    if from.is_empty() {
        return Err("needs something to replace as argument 2".to_owned());
    }
    // A value may not grow without bounds from one template to the next.
    let size = whole.len().saturating_add(whole.matches(from.as_str()).count().saturating_mul(to.len()));
    if size > LONGEST {
        return Err(format!("would give more than {LONGEST} bytes"));
    }
    Ok(whole.replace(&from, &to).into())
}

/// How many bytes a helper may give.
const LONGEST: usize = 1 << 20;

fn split(arguments: &[&Value]) -> Result<Value, String> {
    let (whole, separator) = (text(arguments, 0)?, text(arguments, 1)?);
    if separator.is_empty() {
        return Err("needs a separator as argument 2".to_owned());
    }
    Ok(whole.split(separator.as_str()).map(str::trim).filter(|part| !part.is_empty()).collect())
}

fn join(arguments: &[&Value]) -> Result<Value, String> {
    let separator = text(arguments, 1)?;
    let mut joined = String::new();
    for (index, item) in list(arguments, 0)?.iter().enumerate() {
        if index > 0 {
            joined.push_str(&separator);
        }
        let part =
            text(&[item], 0).map_err(|_| format!("needs a list of texts; element {} is {}", index + 1, kind(item)))?;
        joined.push_str(&part);
        if joined.len() > LONGEST {
            return Err(format!("would give more than {LONGEST} bytes"));
        }
    }
    Ok(joined.into())
}

fn contains(arguments: &[&Value]) -> Result<Value, String> {
    match get(arguments, 0) {
        Value::Array(items) => Ok(items.contains(get(arguments, 1)).into()),
        _ => Ok(text(arguments, 0)?.contains(&text(arguments, 1)?).into()),
    }
}

fn len(arguments: &[&Value]) -> Result<Value, String> {
    match get(arguments, 0) {
        Value::Array(items) => Ok(items.len().into()),
        Value::Object(map) => Ok(map.len().into()),
        Value::String(text) => Ok(text.chars().count().into()),
        other => Err(format!("needs a list, a map or text; this is {}", kind(other))),
    }
}

fn order(arguments: &[&Value]) -> Result<std::cmp::Ordering, String> {
    let number = |value: &Number| value.as_f64().unwrap_or(f64::NAN);
    match (get(arguments, 0), get(arguments, 1)) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => Ok(number(a).total_cmp(&number(b))),
        },
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        (a, b) => {
            Err(format!("compares numbers with numbers and texts with texts; these are {} and {}", kind(a), kind(b)))
        }
    }
}

fn moment(arguments: &[&Value]) -> Result<Timestamp, String> {
    let text = text(arguments, 0)?;
    text.parse().map_err(|_| format!("needs a moment as argument 1, like `2026-11-01T00:00:00Z`; this is `{text}`"))
}

fn date_add(arguments: &[&Value]) -> Result<Value, String> {
    let moment = moment(arguments)?;
    let written = text(arguments, 1)?;
    let (back, length) = match written.strip_prefix('-') {
        Some(length) => (true, length),
        None => (false, written.strip_prefix('+').unwrap_or(&written)),
    };
    let length: Millis = length.parse().map_err(|error| format!("needs a duration as argument 2: {error}"))?;
    let length = SignedDuration::from_millis(i64::try_from(length.0).unwrap_or(i64::MAX));
    let moved = if back { moment.checked_sub(length) } else { moment.checked_add(length) };
    moved.map(|moved| moved.to_string().into()).map_err(|_| "leads to a moment out of the calendar".to_owned())
}

fn date_format(arguments: &[&Value]) -> Result<Value, String> {
    let (moment, form) = (moment(arguments)?, text(arguments, 1)?);
    if form.len() > 200 {
        return Err("needs a form of at most 200 bytes".to_owned());
    }
    let unfit = || format!("needs a form of `%` and letters, like `%Y-%m-%d` or `%Y%m%dT%H%M%S`; this is `{form}`");
    if !form.contains('%') {
        return Err(unfit());
    }
    let shown = jiff::fmt::strtime::format(&form, &moment.to_zoned(jiff::tz::TimeZone::UTC));
    shown.map(Value::from).map_err(|_| unfit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(name: &str, arguments: Value) -> Result<Value, String> {
        let arguments = arguments.as_array().unwrap().clone();
        find(name).unwrap().call(&arguments.iter().collect::<Vec<_>>())
    }

    #[test]
    fn every_helper_gives_what_it_says() {
        for (name, arguments, result) in [
            ("default", json!(["", "x"]), json!("x")),
            ("default", json!([null, 3]), json!(3)),
            ("default", json!([false, true]), json!(false)),
            ("lower", json!(["ÄB"]), json!("äb")),
            ("upper", json!([12]), json!("12")),
            ("trim", json!([" a "]), json!("a")),
            ("replace", json!(["a-b-c", "-", "_"]), json!("a_b_c")),
            ("split", json!(["a, b,,c", ","]), json!(["a", "b", "c"])),
            ("join", json!([["a", 1, true], "+"]), json!("a+1+true")),
            ("contains", json!([["a"], "a"]), json!(true)),
            ("contains", json!(["abc", "d"]), json!(false)),
            ("len", json!(["äö"]), json!(2)),
            ("eq", json!([1, 1]), json!(true)),
            ("ne", json!(["1", 1]), json!(true)),
            ("gt", json!([2, 1.5]), json!(true)),
            ("gte", json!(["b", "a"]), json!(true)),
            ("lt", json!([9007199254740993i64, 9007199254740992i64]), json!(false)),
            ("lte", json!([1, 1]), json!(true)),
            ("and", json!([true, [1], "x"]), json!(true)),
            ("or", json!([false, "", 0]), json!(false)),
            ("not", json!([[]]), json!(true)),
            ("date_add", json!(["2026-03-01T00:00:00Z", "-1d"]), json!("2026-02-28T00:00:00Z")),
            ("date_add", json!(["2026-03-01T00:00:00+01:00", "1h30m"]), json!("2026-03-01T00:30:00Z")),
            ("date_format", json!(["2026-03-01T23:30:00-01:00", "%Y%m%d"]), json!("20260302")),
        ] {
            assert_eq!(call(name, arguments.clone()), Ok(result), "{name} {arguments}");
        }
        assert!(VALUE_HELPERS.iter().all(|helper| helper.usage.starts_with(helper.name)));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (name, arguments, words) in [
            ("lower", json!([[]]), "`lower` needs text as argument 1; this is a list"),
            ("replace", json!(["a", "", "b"]), "something to replace"),
            ("replace", json!(["a".repeat(2000), "a", "b".repeat(2000)]), "more than 1048576 bytes"),
            ("join", json!([[["a"]], ","]), "element 1 is a list"),
            ("gt", json!([1, "a"]), "these are a number and text"),
            ("date_add", json!(["yesterday", "1d"]), "like `2026-11-01T00:00:00Z`; this is `yesterday`"),
            ("date_add", json!(["2026-03-01T00:00:00Z", "1 day"]), "is not a duration"),
            ("date_format", json!(["2026-03-01T00:00:00Z", "%"]), "like `%Y-%m-%d` or `%Y%m%dT%H%M%S`; this is `%`"),
            ("date_format", json!(["2026-03-01T00:00:00Z", "YYYYMMDD"]), "this is `YYYYMMDD`"),
            ("len", json!([1]), "a list, a map or text"),
            ("lower", json!([]), "`lower` takes one argument, as in `{{lower text}}`"),
            ("and", json!([true]), "two or more"),
        ] {
            let why = call(name, arguments.clone()).unwrap_err();
            assert!(why.contains(words), "{name} {arguments}: {why}");
        }
    }
}
