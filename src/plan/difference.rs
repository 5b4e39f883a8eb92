//! What is different between two resolutions of a plan: by meaning, restores matched by their names.

use serde_json::Value;

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Keys and names that lead to it, like `restores`, `reference-customer`, `source`, `site`.
    pub path: Vec<String>,
    /// What it is in the first; none: it isn't there.
    pub first: Option<Value>,
    /// What it is in the second; none: it isn't there.
    pub second: Option<Value>,
}

/// All differences between two resolved plans, in the order of the first, what only the second has at the end.
pub fn between(first: &Value, second: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(first), Some(second), &mut Vec::new(), &mut found);
    found
}

fn compare(first: Option<&Value>, second: Option<&Value>, path: &mut Vec<String>, found: &mut Vec<Difference>) {
    if first == second {
        return;
    }
    match (first.map(parts), second.map(parts)) {
        (Some(Some(one)), Some(Some(two))) => {
            let only_second = two.iter().filter(|(step, _)| one.iter().all(|(other, _)| other != step));
            let steps = one.iter().chain(only_second).map(|(step, _)| step.clone());
            for step in steps.collect::<Vec<_>>() {
                let get =
                    |parts: &[(String, &'_ Value)]| -> Option<usize> { parts.iter().position(|(own, _)| *own == step) };
                let (a, b) = (get(&one), get(&two));
                path.push(step.clone());
                compare(
                    a.and_then(|at| one.get(at)).map(|(_, value)| *value),
                    b.and_then(|at| two.get(at)).map(|(_, value)| *value),
                    path,
                    found,
                );
                path.pop();
            }
        }
        _ => found.push(Difference { path: path.clone(), first: first.cloned(), second: second.cloned() }),
    }
}

/// The parts of a value by their steps: keys, names of what has one, or numbers from 1. None: it is a single value, or
/// a list of them.
fn parts(value: &Value) -> Option<Vec<(String, &Value)>> {
    match value {
        Value::Object(map) => Some(map.iter().map(|(key, value)| (key.clone(), value)).collect()),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let step = |(index, item): (usize, &Value)| match item.get("name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                None => (index + 1).to_string(),
            };
            Some(items.iter().enumerate().map(|(index, item)| (step((index, item)), item)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn restores_are_matched_by_name_and_values_compared_one_by_one() {
        let first = json!({"limits": {"retries": 0}, "restores": [
            {"name": "a", "after": ["x"], "target": {"site": "S"}},
            {"name": "gone", "objects": [{"table": "D.t"}]},
        ]});
        let second = json!({"limits": {"retries": 0, "max_failures": 1}, "restores": [
            {"name": "new"},
            {"name": "a", "after": ["x", "y"], "target": {"site": "T"}},
        ]});
        let found: Vec<(String, Option<Value>, Option<Value>)> =
            between(&first, &second).into_iter().map(|d| (d.path.join("."), d.first, d.second)).collect();
        assert_eq!(
            found,
            [
                ("limits.max_failures".to_owned(), None, Some(json!(1))),
                ("restores.a.after".to_owned(), Some(json!(["x"])), Some(json!(["x", "y"]))),
                ("restores.a.target.site".to_owned(), Some(json!("S")), Some(json!("T"))),
                ("restores.gone".to_owned(), Some(first["restores"][1].clone()), None),
                ("restores.new".to_owned(), None, Some(json!({"name": "new"}))),
            ]
        );
        assert_eq!(between(&first, &first), []);
    }
}
