//! The addresses of the pages. What stands in one comes from a store, so it is encoded.

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

/// The runs of a plan in an environment, side by side.
pub(super) fn plan(name: &str, environment: Option<&str>) -> String {
    let environment = environment.map_or_else(String::new, |environment| format!("?env={}", encoded(environment)));
    format!("/plans/{}{environment}", encoded(name))
}

/// A page of the list.
pub(super) fn runs(plan: Option<&str>, environment: Option<&str>, page: u64) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(plan.map(|plan| format!("plan={}", encoded(plan))));
    said.extend(environment.map(|environment| format!("env={}", encoded(environment))));
    said.extend((page > 1).then(|| format!("page={page}")));
    if said.is_empty() { "/".to_owned() } else { format!("/?{}", said.join("&")) }
}

/// What may stand anywhere in an address stays; every other byte is written as its number.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
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
        assert_eq!(plan("dr", Some("ü")), "/plans/dr?env=%C3%BC");
    }
}
