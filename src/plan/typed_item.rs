//! One restore: from its node, over the plan's defaults, to the model's item.

use crate::diagnostic::Sources;
use crate::model::{
    Check, ExecutionId, ExecutionSelector, Item, JobId, JobName, Millis, Mode, OnExisting, Options, Origin, Pick,
    SiteId, Source, Target,
};

use super::findings::{Element, Findings};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::suggest::did_you_mean;
use super::typed::{Reader, switch};
use super::typed_name::bare_name;
use super::typed_object::object;
use super::{rule, schema};

/// Reads one restore, with what it takes from the plan; `after` is resolved later. None: a part of it is wrong,
/// and that is reported.
pub(super) fn item(
    node: &Node,
    pointer: Pointer,
    element: Option<Element<'_>>,
    deadline_ms: Millis,
    sources: &Sources,
    findings: &mut Findings,
) -> Option<Item> {
    if node.is_broken() {
        return None;
    }
    let mut reader = Reader::new(findings, sources, pointer, element);
    let reader = &mut reader;
    // Every part is read before any is missed, so that all problems show at once.
    let name = node.get("name").and_then(|name| reader.slug(name, &["name"]));
    let nothing = Node::new(node.span, Yaml::Map(Vec::new()));
    let source = source(node.get("source").unwrap_or(&nothing), node, reader);
    let target = target(node.get("target").unwrap_or(&nothing), node, reader);
    let objects = node.get("objects").filter(|objects| !objects.is_broken()).map(|objects| {
        let read = objects.items().iter().enumerate();
        read.map(|(index, node)| object(node, &index.to_string(), reader)).collect::<Vec<_>>()
    });
    let objects = objects.and_then(|objects| objects.into_iter().collect::<Option<Vec<_>>>());
    let options = options(node.get("options"), reader);
    let on_existing = word(node.get("on_existing"), OnExisting::Fail, |word| match word {
        "fail" => Some(OnExisting::Fail),
        "replace" => Some(OnExisting::Replace),
        "skip" => Some(OnExisting::Skip),
        _ => None,
    });
    let allow_reserved = switch(node.get("allow_reserved"), false);
    let group = node.get("group").map(|group| reader.text(group, &["group"]).map(str::to_owned));
    let weight = node.get("weight").map_or(Some(1), |weight| reader.count(weight, &["weight"]));
    let priority = match node.get("priority").map(|priority| &priority.value) {
        None => Some(0),
        Some(Yaml::Number(number)) => number.as_i64(),
        Some(_) => None,
    };
    let deadline_ms = match node.get("deadline") {
        Some(deadline) => reader.duration(deadline, &["deadline"]),
        None => Some(deadline_ms),
    };
    let job_name = node.get("job_name").map(|name| job_name(name, reader));
    let checks = checks(node.get("checks"));
    let (source, target, objects) = (source?, target?, objects?);
    let needs_copy = objects.iter().any(|object| object.rename_to.is_some())
        || target.database.is_some()
        || target.site != source.site;
    let mode = word(node.get("mode"), if needs_copy { Mode::Copy } else { Mode::Restore }, |word| match word {
        "copy" => Some(Mode::Copy),
        "restore" => Some(Mode::Restore),
        _ => None,
    });
    let place = sources.place(node.span.start_only());
    Some(Item {
        name: name?,
        source,
        target,
        objects,
        mode: mode?,
        options: options?,
        on_existing: on_existing?,
        allow_reserved: allow_reserved?,
        after: Vec::new(),
        group: group.map_or(Some(None), |group| group.map(Some))?,
        weight: weight?,
        priority: priority?,
        deadline_ms: deadline_ms?,
        job_name: job_name.map_or(Some(None), |name| name.map(Some))?,
        checks: checks?,
        origin: Origin { file: place.file, line: place.line, column: place.column },
    })
}

/// Reports keys that every restore needs, from itself or from the plan, and that are nowhere.
fn need(part: &Node, name: &str, keys: &[&str], restore: &Node, reader: &mut Reader<'_>) {
    let missing: Vec<&str> = keys.iter().copied().filter(|key| part.get(key).is_none()).collect();
    // An unknown key was reported, and is probably the one that is missing.
    let odd = |entry: &Entry| schema::RESTORE.keys_of(name).all(|key| key != entry.key);
    if part.is_broken() || missing.is_empty() || part.entries().iter().any(odd) {
        return;
    }
    let named = restore.get("name").and_then(Node::as_str).map(|name| format!("`{name}`"));
    let keys: Vec<String> = missing.iter().map(|key| format!("`{name}.{key}`")).collect();
    let message = format!("{} has no {}", named.as_deref().unwrap_or("this restore"), keys.join(" and no "));
    let example: Vec<String> = missing.iter().map(|key| format!("{key}: ...")).collect();
    let hint = format!("add `{name}: {{{}}}` at the top of the plan for all restores, or here", example.join(", "));
    let head = restore.get("name").filter(|name| name.as_str().is_some()).unwrap_or(restore);
    reader.wrong_with(rule::INCOMPLETE, head, &[], message, hint);
}

/// An id, which becomes part of an address.
fn id(node: &Node, steps: &[&str], reader: &mut Reader<'_>) -> Option<String> {
    let text = match &node.value {
        Yaml::Number(number) if !number.is_f64() => number.to_string(),
        _ => reader.text(node, steps)?.to_owned(),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(fits) || text.chars().all(|c| c == '.') {
        let message = format!("`{text}` is not an id: ids hold letters, digits, `-`, `_` and `.`");
        reader.wrong(rule::WRONG_FORM, node, steps, message);
        return None;
    }
    Some(text)
}

fn source(part: &Node, restore: &Node, reader: &mut Reader<'_>) -> Option<Source> {
    need(part, "source", &["site", "job"], restore, reader);
    let site = part.get("site").and_then(|node| id(node, &["source", "site"], reader));
    let job = part.get("job").and_then(|node| id(node, &["source", "job"], reader));
    let execution = match part.get("execution") {
        Some(node) => execution(node, reader),
        None => Some(ExecutionSelector::Latest),
    };
    Some(Source { site: SiteId::new(site?), job: JobId::new(job?), execution: execution? })
}

fn execution(node: &Node, reader: &mut Reader<'_>) -> Option<ExecutionSelector> {
    const STEPS: &[&str] = &["source", "execution"];
    match &node.value {
        Yaml::Broken => None,
        Yaml::String(text) if text == "latest" => Some(ExecutionSelector::Latest),
        Yaml::String(text) if !text.contains(|c: char| c.is_ascii_digit()) => {
            let message =
                format!("`{text}` is no execution: write an id, `latest`, `{{before: TIME}}` or `{{within: 30d}}`");
            let found = reader.draft(rule::WRONG_VALUE, node, STEPS, message);
            reader.report(found.maybe_hint(did_you_mean(text, ["latest"])));
            None
        }
        Yaml::Map(_) => selected(node, reader),
        _ => Some(ExecutionSelector::Id(ExecutionId::new(id(node, STEPS, reader)?))),
    }
}

fn selected(node: &Node, reader: &mut Reader<'_>) -> Option<ExecutionSelector> {
    let steps = |key: &'static str| ["source", "execution", key];
    let contradiction = |reader: &mut Reader<'_>, message: &str, hint: &str| {
        reader.wrong_with(rule::CONTRADICTION, node, &["source", "execution"], message, hint);
        None
    };
    match (node.get("before"), node.get("within")) {
        (Some(_), Some(_)) => contradiction(reader, "`before` and `within` exclude each other", "keep one of them"),
        (Some(before), None) => {
            let moment = reader.moment(before, &steps("before"))?;
            Some(ExecutionSelector::Before(moment))
        }
        (None, Some(within)) => {
            let window_ms = reader.duration(within, &steps("within"));
            let seed = match node.get("seed").map(|seed| &seed.value) {
                None => None,
                Some(Yaml::Number(number)) => Some(number.as_u64()?),
                Some(_) => return None,
            };
            let pick = match (node.get("pick").map(Node::as_str), seed) {
                (None | Some(Some("latest")), None) => Pick::Latest,
                (Some(Some("oldest")), None) => Pick::Oldest,
                (Some(Some("random")), Some(seed)) => Pick::Random { seed },
                (Some(Some("random")), None) => {
                    let hint = "add `seed: 7`, or any other number: the same seed picks the same execution";
                    return contradiction(reader, "`pick: random` needs a `seed`", hint);
                }
                // That `pick` is missing is reported.
                (None, Some(_)) => return None,
                (_, Some(_)) => {
                    return contradiction(reader, "a `seed` has a meaning with `pick: random` only", "remove it");
                }
                _ => return None,
            };
            Some(ExecutionSelector::Within { window_ms: window_ms?, pick })
        }
        (None, None) => None,
    }
}

fn target(part: &Node, restore: &Node, reader: &mut Reader<'_>) -> Option<Target> {
    need(part, "target", &["site"], restore, reader);
    let site = part.get("site").and_then(|node| id(node, &["target", "site"], reader));
    let database = part.get("database").map(|node| bare_name(node, &["target", "database"], reader));
    Some(Target { site: SiteId::new(site?), database: database.map_or(Some(None), |name| name.map(Some))? })
}

fn options(node: Option<&Node>, reader: &mut Reader<'_>) -> Option<Options> {
    let mut flag = |key| reader.flag(node, "options", key);
    let continue_on = flag("continue_on_access_right_violation");
    let (statistics, indexes) = (flag("skip_statistics"), flag("skip_join_or_hash_indexes"));
    Some(Options {
        continue_on_access_right_violation: continue_on?,
        skip_statistics: statistics?,
        skip_join_or_hash_indexes: indexes?,
    })
}

/// One of a few words. The schema has refused all others.
fn word<T>(node: Option<&Node>, default: T, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    node.map_or(Some(default), |node| node.as_str().and_then(read))
}

fn job_name(node: &Node, reader: &mut Reader<'_>) -> Option<JobName> {
    let text = reader.text(node, &["job_name"])?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        let message = "a job name holds something to read, and no control characters or line breaks";
        reader.wrong(rule::WRONG_FORM, node, &["job_name"], message);
        return None;
    }
    Some(JobName::new(text))
}

fn checks(node: Option<&Node>) -> Option<Vec<Check>> {
    let Some(node) = node else { return Some(Vec::new()) };
    if node.holds_broken() {
        return None;
    }
    let check = |node: &Node| {
        let [entry] = node.entries() else { return None };
        let value = entry.value.to_json();
        match entry.key.as_str() {
            "rows" => Some(Check::Rows(value)),
            "sql" => Some(Check::Sql(value)),
            "command" => Some(Check::Command(value)),
            _ => None,
        }
    };
    node.items().iter().map(check).collect()
}
