//! Restores with very many mistakes. The validator collects all of them before it gives out the first, some kilobytes
//! for each, so it is shown no more wrong entries than anybody would want to read: the others stand aside.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::pointer::Pointer;
use super::schema::{RESTORE, compile};

/// From how many values on a restore is looked at entry by entry.
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
    object: Option<Validator>,
    check: Option<Validator>,
}

static ENTRIES: LazyLock<Entries> = LazyLock::new(|| {
    let of = |name: &str| {
        let definitions = RESTORE.strict.get("$defs").cloned().unwrap_or_default();
        compile(&json!({"$ref": format!("#/$defs/{name}"), "$defs": definitions})).ok()
    };
    Entries { object: of("object"), check: of("check") }
});

/// Puts something valid in the place of what is valid in a large restore and of what is too much.
pub(super) fn sample(restore: &mut Value) -> Vec<Aside> {
    let mut sample = Sample { room: ROOM, aside: Vec::new() };
    if size(restore) >= LARGE {
        sample.lists(restore);
    }
    sample.aside
}

struct Sample {
    room: usize,
    aside: Vec<Aside>,
}

impl Sample {
    /// The lists of a restore.
    fn lists(&mut self, restore: &mut Value) {
        let Value::Object(keys) = restore else { return };
        for (key, value) in keys.iter_mut() {
            let Value::Array(items) = value else { continue };
            let at = Pointer::default().join(key);
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

    fn errors(restore: &Value) -> usize {
        compile(&RESTORE.strict).unwrap().iter_errors(restore).count()
    }

    #[test]
    fn what_is_wrong_stays_up_to_a_number_and_what_is_valid_stands_aside() {
        let object = |n: usize| if n % 2 == 1 { json!({"tabel": "D.t"}) } else { json!({"table": "D.t"}) };
        let mut restore = json!({"name": "a", "objects": (0..20_000).map(object).collect::<Vec<_>>()});
        let aside = sample(&mut restore);
        let (objects, kept) = (restore["objects"].as_array().unwrap(), ROOM / LEAST);
        assert_eq!((objects.len(), &objects[1], &objects[2]), (20_000, &object(1), &json!({"table": "x"})));
        assert_eq!(aside.len(), 1);
        assert_eq!((aside[0].list.as_str(), aside[0].entries.len()), ("/objects", 10_000 - kept));
        assert_eq!(aside[0].entries[0], 2 * kept + 1);
        assert_eq!(errors(&restore), 2 * kept);
    }

    #[test]
    fn all_lists_have_one_room() {
        let mut restore = json!({"name": "a", "objects": vec![json!(1); 30_000], "after": vec![json!([]); 30_000]});
        let aside = sample(&mut restore);
        let lists: Vec<&str> = aside.iter().map(|aside| aside.list.as_str()).collect();
        assert_eq!(lists, ["/objects", "/after"]);
        assert_eq!(aside[0].entries.len() + aside[1].entries.len(), 60_000 - ROOM / LEAST);
    }

    #[test]
    fn where_nothing_is_wrong_nothing_stands_aside() {
        let mut restore =
            json!({"name": "a", "for_each": [1, {"name": "a"}], "objects": vec![json!({"table": "D.t"}); 20_000]});
        assert!(sample(&mut restore).is_empty());
        assert_eq!(errors(&restore), 0);
    }
}
