//! The addresses of the pages. What stands in one comes from a store, so it is encoded.

use crate::model::percent_encoded;

/// A run.
pub(super) fn run(id: &str) -> String {
    format!("/runs/{}", encoded(id))
}

/// What happens in a run, as it happens.
pub(super) fn events(id: &str) -> String {
    format!("/runs/{}/events", encoded(id))
}

/// The report of a run, also of one that goes on.
pub(super) fn so_far(id: &str) -> String {
    format!("/runs/{}?view=report", encoded(id))
}

/// The report of a run as a file.
pub(super) fn file(id: &str, name: &str) -> String {
    format!("/runs/{}/{name}", encoded(id))
}

/// The runs of a plan in an environment, side by side: those of a portion of it, where one is named.
pub(super) fn plan(name: &str, environment: Option<&str>, portion: Option<&str>) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(environment.map(|environment| format!("env={}", encoded(environment))));
    said.extend(portion.map(|portion| format!("shard={}", encoded(portion))));
    format!("/plans/{}{}", encoded(name), query(&said))
}

/// A page of the list.
pub(super) fn runs(plan: Option<&str>, environment: Option<&str>, page: u64) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(plan.map(|plan| format!("plan={}", encoded(plan))));
    said.extend(environment.map(|environment| format!("env={}", encoded(environment))));
    said.extend((page > 1).then(|| format!("page={page}")));
    format!("/{}", query(&said))
}

fn query(said: &[String]) -> String {
    if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) }
}

/// What has a meaning in an address is no longer itself.
fn encoded(text: &str) -> String {
    percent_encoded(text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place_in_an_address() {
        assert_eq!(run("20261123-031207-4f2a"), "/runs/20261123-031207-4f2a");
        assert_eq!(run("../a b?c#d\"><"), "/runs/..%2Fa%20b%3Fc%23d%22%3E%3C");
        assert_eq!(runs(Some("a&b"), Some("prod"), 3), "/?plan=a%26b&env=prod&page=3");
        assert_eq!(runs(None, None, 1), "/");
        assert_eq!(plan("dr", Some("ü"), None), "/plans/dr?env=%C3%BC");
        assert_eq!(plan("dr", Some("prod"), Some("1/2")), "/plans/dr?env=prod&shard=1%2F2");
        assert_eq!(plan("dr", None, None), "/plans/dr");
    }
}
