//! The plan language as a page of documentation, made of the schemas that editors and the loader use.

use serde_json::{Map, Value};

use super::schema::{ENVIRONMENT_SCHEMA, PLAN_SCHEMA};
use super::schema_message::kind_in_words;
use super::template::helper::{BLOCK_HELPERS, VALUE_HELPERS};

/// What the schemas can't say.
const TEMPLATES: &str = "\
A value may hold Handlebars expressions: `\"ADW.{{item}}{{suffix}}\"`. They are rendered after the YAML is read, one value at a
time, so what an input holds can never change the structure of a plan. A value that is exactly one expression keeps its type:
`\"{{retries}}\"` gives a number. Every name must be there; `\\{{` stands for two braces that are meant as text. Keys, `version`,
`include` and the declarations of inputs are not rendered, and an environment isn't at all.

Names that an expression can use: every input; in a restore with `for_each`, `item` (the element, or `item.key` of one that is a
map) and `index` (from 0); and `now`, the moment at which the plan is resolved. Blocks: ";

const ALLOW: &str = "\
A warning that somebody has looked at is taken out of every report by a comment with a reason, behind the value or on a line of its own
above it:

```yaml
      - view: SALES.recent_orders  # restorectl: allow R311 it reads SALES on purpose
```

Errors can't be allowed, and a comment that allows nothing is reported.";

const REUSE: &str = "\
`defaults` holds for every restore of a plan that says nothing itself. `include` lays other files under a plan: maps are merged key by
key, everything else is replaced by what the including file says, and the restores of included files come first. YAML's anchors and aliases
work within a file; merge keys (`<<`) are refused. Files whose name begins with `_` are for including: `validate` doesn't take them for
plans. A later file lies over an earlier one, the plan over all of them, the environment's `limits` over the plan's, and for inputs:
declared default, then the environment (its base first), then `--input`. `restorectl render --show-origin` shows for each value who won.";

/// The whole page.
pub fn language_page() -> String {
    let mut page = Page { text: String::new() };
    page.text.push_str(
        "# The plan language\n\nA plan is a runbook in YAML; an environment says where and with what plans are carried out. \
         This page is made of the schemas that editors use: begin a plan with \
         `# yaml-language-server: $schema=../schema/plan.schema.json` and the editor completes and explains it. \
         What can be wrong with either is told in [rules.md](rules.md).\n",
    );
    page.document(
        "Plans",
        PLAN_SCHEMA,
        &["restore", "object", "source", "execution", "target", "limits", "defaults", "input", "check"],
    );
    page.section(2, "Templates");
    let blocks: Vec<String> = BLOCK_HELPERS.iter().map(|name| format!("`{{{{#{name}}}}}`")).collect();
    page.paragraph(&format!("{TEMPLATES}{}.", blocks.join(", ")));
    page.text.push_str("\n| Helper | Gives |\n|---|---|\n");
    for helper in VALUE_HELPERS {
        page.text.push_str(&format!("| `{{{{{}}}}}` | {} |\n", helper.usage, helper.gives));
    }
    page.section(2, "What plans share");
    page.paragraph(REUSE);
    page.section(2, "Warnings that are allowed");
    page.paragraph(ALLOW);
    page.document("Environments", ENVIRONMENT_SCHEMA, &["webhook", "secret"]);
    page.text
}

struct Page {
    text: String,
}

impl Page {
    fn section(&mut self, level: usize, title: &str) {
        self.text.push_str(&format!("\n{} {title}\n", "#".repeat(level)));
    }

    fn paragraph(&mut self, text: &str) {
        self.text.push_str(&format!("\n{text}\n"));
    }

    /// A schema's own keys, then those of its definitions.
    fn document(&mut self, title: &str, schema: &str, definitions: &[&str]) {
        let Ok(Value::Object(root)) = serde_json::from_str(schema) else { return };
        let schema = Value::Object(root);
        self.section(2, title);
        self.map(&schema, &schema, "");
        for name in definitions {
            if let Some(definition) = schema.pointer(&format!("/$defs/{name}")) {
                self.section(3, &format!("`{name}`"));
                self.map(&schema, definition, name);
            }
        }
    }

    /// A map: what it is for, its keys in a table, an example, and the maps that stand in it.
    fn map(&mut self, root: &Value, map: &Value, name: &str) {
        if let Some(text) = map.get("description").and_then(Value::as_str) {
            self.paragraph(text);
        }
        let Some(properties) = map.get("properties").and_then(Value::as_object) else { return };
        let required: Vec<&str> =
            map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        self.text.push_str("\n| Key | Value | Meaning |\n|---|---|---|\n");
        let mut inner: Vec<(String, &Value)> = Vec::new();
        for (key, property) in properties {
            let said = Said { root, property };
            let must = if required.contains(&key.as_str()) { " (must be there)" } else { "" };
            self.text.push_str(&format!("| `{key}`{must} | {} | {} |\n", cell(&said.kind()), cell(&said.meaning())));
            if property.get("properties").is_some() {
                let path = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                inner.push((path, property));
            }
        }
        if let Some(examples) = map.get("examples").and_then(Value::as_array) {
            self.text.push_str("\n```yaml\n");
            for (index, example) in examples.iter().enumerate() {
                if index > 0 {
                    self.text.push_str("# or\n");
                }
                let written = super::render_yaml(example);
                let written = match example {
                    Value::Object(_) if !name.is_empty() => {
                        let lines = written.lines().map(|line| format!("  {line}\n"));
                        format!("{name}:\n{}", lines.collect::<String>())
                    }
                    _ => format!("{name}: {written}"),
                };
                self.text.push_str(&written);
            }
            self.text.push_str("```\n");
        }
        for (path, property) in inner {
            self.section(4, &format!("`{path}`"));
            self.map(root, property, &path);
        }
    }
}

/// A text inside of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What a schema says of one value.
struct Said<'a> {
    root: &'a Value,
    property: &'a Value,
}

impl<'a> Said<'a> {
    /// The property and what it refers to, nearest first.
    fn all(&self) -> Vec<&'a Map<String, Value>> {
        let (mut all, mut next) = (Vec::new(), Some(self.property));
        // A definition that refers to itself would go round for ever.
        while let Some(map) = next.take().and_then(Value::as_object).filter(|_| all.len() < 8) {
            all.push(map);
            let reference =
                map.get("$ref").and_then(Value::as_str).and_then(|to| self.root.pointer(to.strip_prefix('#')?));
            next = reference.or_else(|| branches(map).next_back());
        }
        all
    }

    fn first<T>(&self, read: impl Fn(&'a Map<String, Value>) -> Option<T>) -> Option<T> {
        self.all().into_iter().find_map(read)
    }

    /// What kind of value it is.
    fn kind(&self) -> String {
        let words = self.first(|map| map.get("enum")).and_then(Value::as_array);
        if let Some(words) = words {
            let words: Vec<String> =
                words.iter().map(|word| format!("`{}`", word.as_str().unwrap_or_default())).collect();
            return words.join(", ");
        }
        if let Some(only) = self.first(|map| map.get("const")) {
            return format!("`{only}`");
        }
        if let Some(title) = self.first(|map| map.get("title")).and_then(Value::as_str) {
            return title.to_owned();
        }
        if self.first(|map| map.get("type")).and_then(Value::as_str) == Some("array") {
            let item = self.first(|map| map.get("items")).map(|property| Said { root: self.root, property }.kind());
            return item.map_or_else(|| "a list".to_owned(), |item| format!("a list: {item}"));
        }
        match self.first(|map| map.get("type")) {
            Some(Value::String(one)) => kind_in_words(one).to_owned(),
            Some(Value::Array(several)) => {
                several.iter().filter_map(Value::as_str).map(kind_in_words).collect::<Vec<_>>().join(" or ")
            }
            _ => "anything".to_owned(),
        }
    }

    /// What it is for, what holds where nothing is said, and an example.
    fn meaning(&self) -> String {
        let mut text = self.first(|map| map.get("description")).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(default) = self.first(|map| map.get("default")) {
            text.push_str(&format!(" Without it: `{}`.", plain(default)));
        }
        let is_map = self.property.get("properties").is_some();
        let examples = self.property.get("examples").and_then(Value::as_array).filter(|_| !is_map);
        if let Some(example) = examples.and_then(|examples| examples.first()) {
            text.push_str(&format!(" Like `{}`.", plain(example)));
        }
        text.trim().to_owned()
    }
}

/// What a choice chooses from, apart from templates.
fn branches(map: &Map<String, Value>) -> impl DoubleEndedIterator<Item = &Value> {
    let all = map.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    all.filter(|branch| branch.get("$ref").and_then(Value::as_str) != Some("#/$defs/template"))
}

/// A value on one line, as YAML's flow style has it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{key}: {}", plain(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
