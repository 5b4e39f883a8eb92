//! Documents with very many mistakes. The validator collects all of them before it gives out the first, some kilobytes
//! for each, so it is shown no more wrong entries than anybody would want to read: the others stand aside.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::pointer::Pointer;
use super::schema::{PLAN, compile};

/// From how many values on a document is looked at entry by entry.
const LARGE: usize = 20_000;
/// How many values wrong entries may have together.
const ROOM: usize = 60_000;
/// What an entry counts at least: what is said of it takes more room than it does itself.
const LEAST: usize = 20;

/// Wrong entries of a list that were set aside.
pub(super) struct Aside {
    /// The list.
    pub(super) list: Pointer,
    /// The entries by their index, which ascends.
    pub(super) entries: Vec<usize>,
}

/// Validators for single entries.
struct Entries {
    restore: Option<Validator>,
    object: Option<Validator>,
    check: Option<Validator>,
}

static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let of = |name: &str| {
        let mut schema = json!({"$ref": format!("#/$defs/{name}")});
        schema["$defs"] = PLAN.strict.get("$defs").cloned().unwrap_or_default();
        compile(&schema).ok()
    };
    Entries { restore: of("restore"), object: of("object"), check: of("check") }
});

/// Puts something valid in the place of what is valid in a plan and of what is too much. Where nothing is wrong, a plan
/// stays as it is.
pub(super) fn sample(plan: &mut Value) -> Vec<Aside> {
    let mut taken = Sample { room: ROOM, aside: Vec::new() };
    if size(plan) >= LARGE
        && let Some(restores) = plan.get_mut("restores").and_then(Value::as_array_mut)
    {
        taken.restores(restores);
    }
    taken.aside
}

struct Sample {
    room: usize,
    aside: Vec<Aside>,
}

impl Sample {
    fn restores(&mut self, restores: &mut [Value]) {
        let at = Pointer::default().join("restores");
        let mut entries = Vec::new();
        for (index, restore) in restores.iter_mut().enumerate() {
            let valid = ENTRIES.restore.as_ref().is_some_and(|validator| validator.is_valid(restore));
            if !valid && self.takes(LEAST) {
                self.lists(restore, &at.join(&index.to_string()));
                continue;
            }
            *restore = json!({"name": "x", "objects": [{"table": "x"}]});
            if !valid {
                entries.push(index);
            }
        }
        self.set_aside(at, entries);
    }

    /// The lists of a restore that is wrong somewhere.
    fn lists(&mut self, restore: &mut Value, at: &Pointer) {
        let Value::Object(keys) = restore else { return };
        for (key, value) in keys.iter_mut() {
            let Value::Array(items) = value else { continue };
            let at = at.join(key);
            match key.as_str() {
                "objects" => self.list(items, at, ENTRIES.object.as_ref(), &json!({"table": "x"})),
                "checks" => self.list(items, at, ENTRIES.check.as_ref(), &json!({"rows": {"table": "x"}})),
                _ => self.list(items, at, None, &json!("x")),
            }
        }
    }

    /// One list. Without a validator, texts that aren't empty are valid.
    fn list(&mut self, items: &mut [Value], at: Pointer, validator: Option<&Validator>, instead: &Value) {
        let mut entries = Vec::new();
        for (index, item) in items.iter_mut().enumerate() {
            let valid = match validator {
                Some(validator) => validator.is_valid(item),
                None => item.as_str().is_some_and(|text| !text.is_empty()),
            };
            if !valid && self.takes(size(item).max(LEAST)) {
                continue;
            }
            *item = instead.clone();
            if !valid {
                entries.push(index);
            }
        }
        self.set_aside(at, entries);
    }

    /// Whether there is room for something of this size.
    fn takes(&mut self, size: usize) -> bool {
        let left = self.room.checked_sub(size);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    fn set_aside(&mut self, list: Pointer, entries: Vec<usize>) {
        if !entries.is_empty() {
            self.aside.push(Aside { list, entries });
        }
    }
}

/// How many values there are in a value, itself counted.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(document: &Value) -> usize {
        compile(&PLAN.strict).unwrap().iter_errors(document).count()
    }

    fn plan(restores: Vec<Value>) -> Value {
        json!({"version": 1, "name": "test", "restores": restores})
    }

    #[test]
    fn what_is_wrong_stays_up_to_a_number_and_what_is_valid_stands_aside() {
        let wrong = json!({"name": "a", "objects": [{"tabel": "D.t"}]});
        let right = json!({"name": "a", "objects": [{"table": "D.t"}]});
        let mut document = plan((0..10_000).map(|n| if n % 2 == 1 { wrong.clone() } else { right.clone() }).collect());
        let aside = sample(&mut document);
        assert_eq!(document["restores"][1], wrong);
        assert_eq!(document["restores"][2]["name"], "x");
        assert_eq!(aside.len(), 1);
        let kept = ROOM / (2 * LEAST);
        assert_eq!((aside[0].list.as_str(), aside[0].entries.len()), ("/restores", 5000 - kept));
        assert_eq!(aside[0].entries[0], 2 * kept + 1);
        assert_eq!(document["restores"].as_array().unwrap().len(), 10_000);
    }

    #[test]
    fn long_lists_in_one_restore_count_too() {
        let objects: Vec<Value> = vec![json!(1); 30_000];
        let mut document = plan(vec![json!({"name": "a", "objects": objects, "after": vec![json!([]); 30_000]})]);
        let aside = sample(&mut document);
        let lists: Vec<&str> = aside.iter().map(|aside| aside.list.as_str()).collect();
        assert_eq!(lists, ["/restores/0/objects", "/restores/0/after"]);
        assert_eq!(aside[0].entries.len() + aside[1].entries.len(), 60_000 - (ROOM - LEAST) / LEAST);
        assert_eq!(errors(&document), 2 * ((ROOM - LEAST) / LEAST));
    }

    #[test]
    fn a_plan_with_nothing_wrong_has_nothing_aside() {
        let restore =
            |n| json!({"name": format!("r{n}"), "for_each": [1, {"name": "a"}], "objects": [{"table": "D.t"}]});
        let mut document = plan((0..5000).map(restore).collect());
        assert!(sample(&mut document).is_empty());
        assert_eq!(errors(&document), 0);
    }
}
