//! The keyword of a schema that found an error, and what its place in the schema tells.

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::plan::node::{Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::schema::{PLAN, RESTORE, Schema};

/// Where keys are that people look for in other places: in the schemas, and in words.
const HOMES: [(&str, &str); 12] = [
    ("", "the top of the file"),
    ("/$defs/restore", "a restore"),
    ("/$defs/object", "an entry of `objects`"),
    ("/$defs/restore/properties/options", "`options`"),
    ("/$defs/source", "`source`"),
    ("/$defs/target", "`target`"),
    ("/$defs/execution", "`source.execution`"),
    ("/$defs/limits", "`limits`"),
    ("/properties/limits", "`limits`"),
    ("/properties/api", "`api`"),
    ("/properties/guard", "`guard`"),
    ("/$defs/webhook", "an entry of `webhooks`"),
];

/// The keyword of a schema that found the error.
pub(super) struct Keyword<'a> {
    pub(super) schema: &'static Schema,
    pub(super) path: &'a str,
}

impl Keyword<'_> {
    /// The schema that the keyword is in.
    pub(super) fn owner(&self) -> Option<&'static Value> {
        let (owner, _) = self.path.rsplit_once('/')?;
        self.schema.strict.pointer(owner)
    }

    /// What the value should be, in words.
    pub(super) fn title(&self) -> Option<&'static str> {
        self.owner()?.get("title")?.as_str()
    }

    pub(super) fn is_secret(&self) -> bool {
        self.path.starts_with("/$defs/secret/")
    }

    pub(super) fn is_duration(&self) -> bool {
        self.path.starts_with("/$defs/duration/")
    }

    /// Whether the value is a name that we give, of a plan or of a restore.
    pub(super) fn is_name(&self) -> bool {
        self.path.starts_with("/$defs/plan_name/") || self.path.starts_with("/$defs/restore_name/")
    }

    /// Where a key belongs that isn't known here.
    pub(super) fn home_of(&self, key: &str) -> Option<String> {
        // A restore's schema holds nothing of the plan around it.
        let whole = if std::ptr::eq(self.schema, &*RESTORE) { &PLAN.strict } else { &self.schema.strict };
        let is_home = |at: &str| whole.pointer(at)?.get("properties")?.get(key);
        let (_, home) = HOMES.into_iter().find(|(at, _)| is_home(at).is_some())?;
        Some(format!("`{key}` belongs to {home}"))
    }

    /// Whether the value may be a secret that strayed: something of the wrong kind, or an address with a login in it.
    pub(super) fn guards(&self, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> bool {
        let strayed = match kind {
            ValidationErrorKind::Type { .. } => !matches!(node.value, Yaml::Null),
            // The address of a receiver may be a secret as a whole.
            ValidationErrorKind::Pattern { .. } if at.as_str().starts_with("/webhooks") => true,
            ValidationErrorKind::Pattern { .. } => node.as_str().is_some_and(|text| text.contains('@')),
            _ => false,
        };
        let near_secrets =
            at.as_str().is_empty() || ["/api", "/webhooks"].iter().any(|part| at.as_str().starts_with(part));
        self.schema.guarded && near_secrets && strayed
    }
}
