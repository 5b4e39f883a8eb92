//! A plan before it is text: what it says, and what its comments say about that.

use serde_json::{Map, Value, json};

use super::writer::Writer;
use crate::plan::render::text_value;

/// A plan as it is to be written. Values are in the plan language, with braces already escaped.
#[derive(Debug, Clone, Default)]
pub(super) struct Sketch {
    /// Where editors find the schema, as seen from the file.
    pub(super) schema: Option<String>,
    /// The paragraphs that the file begins with.
    pub(super) head: Vec<String>,
    /// What the plan is and whose, from `name` on.
    pub(super) purpose: Vec<Entry>,
    /// Where the data of all restores comes from.
    pub(super) source: Part,
    /// Where all of them go.
    pub(super) target: Part,
    /// How much and how long.
    pub(super) limits: Part,
    /// What must be known before the restores.
    pub(super) before_restores: Vec<String>,
    /// The restores.
    pub(super) restores: Vec<Restore>,
    /// What the file ends with, after the plan.
    pub(super) tail: Vec<Remark>,
}

/// A key with a scalar, and the remark behind it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    key: &'static str,
    value: Value,
    remark: Option<String>,
}

/// Entries under one key, with a comment before them.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// The comment.
    pub(super) comment: Vec<String>,
    /// The entries.
    pub(super) entries: Vec<Entry>,
}

/// One restore.
#[derive(Debug, Clone, Default)]
pub(super) struct Restore {
    /// What is said before it.
    pub(super) comment: Vec<String>,
    /// Its name.
    pub(super) name: String,
    /// Its objects.
    pub(super) objects: Vec<Object>,
    /// What it says of existing objects.
    pub(super) on_existing: Value,
    /// The restores it waits for.
    pub(super) after: Vec<String>,
}

/// One object of a restore.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// What is said before it.
    pub(super) comment: Option<String>,
    /// Its entry in `objects`.
    pub(super) entry: Map<String, Value>,
}

/// A part of the file's end.
#[derive(Debug, Clone)]
pub(super) enum Remark {
    /// A paragraph.
    Text(String),
    /// An entry of `objects` that isn't in the plan, as it would stand there.
    Object(Map<String, Value>),
}

impl Entry {
    /// A key with a value.
    pub(super) fn new(key: &'static str, value: impl Into<Value>) -> Self {
        Self { key, value: value.into(), remark: None }
    }

    /// A key with a text, which comes back as it is.
    pub(super) fn text(key: &'static str, text: &str) -> Self {
        Self::new(key, text_value(text))
    }

    /// The same with a remark behind it.
    pub(super) fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }

    fn write(&self, writer: &mut Writer) {
        match &self.remark {
            Some(remark) => writer.remarked(self.key, &self.value, remark),
            None => writer.entry(self.key, &self.value),
        }
    }
}

impl Part {
    fn write(&self, key: &str, writer: &mut Writer) {
        writer.gap();
        self.comment.iter().for_each(|text| writer.comment(text));
        writer.section(key, |writer| self.entries.iter().for_each(|entry| entry.write(writer)));
    }
}

impl Sketch {
    /// The plan's text.
    pub(super) fn write(&self) -> String {
        let mut writer = Writer::default();
        begin(&mut writer, self.schema.as_deref(), &self.head);
        writer.entry("version", &json!(1));
        self.purpose.iter().for_each(|entry| entry.write(&mut writer));
        self.source.write("source", &mut writer);
        self.target.write("target", &mut writer);
        self.limits.write("limits", &mut writer);
        writer.gap();
        for (index, text) in self.before_restores.iter().enumerate() {
            if index > 0 {
                writer.comment_line("");
            }
            writer.comment(text);
        }
        writer.section("restores", |writer| {
            for (index, restore) in self.restores.iter().enumerate() {
                if index > 0 {
                    writer.gap();
                }
                restore.write(writer);
            }
        });
        if !self.tail.is_empty() {
            writer.gap();
        }
        self.tail.iter().for_each(|remark| remark.write(&mut writer));
        writer.finish()
    }
}

/// What a document begins with: the line by which editors find its schema, and what is to be known first.
pub(super) fn begin(writer: &mut Writer, schema: Option<&str>, head: &[String]) {
    if let Some(schema) = schema {
        writer.comment_line(&format!("yaml-language-server: $schema={schema}"));
        writer.comment_line("");
    }
    for (index, text) in head.iter().enumerate() {
        if index > 0 {
            writer.comment_line("");
        }
        writer.comment(text);
    }
}

impl Restore {
    fn write(&self, writer: &mut Writer) {
        self.comment.iter().for_each(|text| writer.comment(text));
        writer.element(|writer| {
            writer.entry("name", &json!(self.name));
            writer.entry("on_existing", &self.on_existing);
            if !self.after.is_empty() {
                writer.entry("after", &json!(self.after));
            }
            writer.section("objects", |writer| {
                for object in &self.objects {
                    object.comment.iter().for_each(|text| writer.comment(text));
                    writer.element(|writer| writer.entries(&object.entry));
                }
            });
        });
    }
}

impl Remark {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Text(text) => writer.comment(text),
            Self::Object(entry) => {
                let mut apart = Writer::default();
                apart.element(|writer| writer.entries(entry));
                apart.finish().lines().for_each(|line| writer.comment_line(line));
            }
        }
    }
}
