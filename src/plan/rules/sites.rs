//! Sites, which are told apart by their exact ids.

use std::collections::HashMap;

use crate::model::SiteId;
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// Reports ids that differ in case only: a slip of the pen, and restores across sites where none is meant.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let mut seen: HashMap<String, (&SiteId, &Entry<'_>, [&str; 2])> = HashMap::new();
    for entry in entries {
        for (site, steps) in
            [(&entry.item.source.site, ["source", "site"]), (&entry.item.target.site, ["target", "site"])]
        {
            let (first, at, place) = seen.entry(site.as_str().to_lowercase()).or_insert((site, entry, steps));
            if *first != site {
                let message = format!("the sites `{first}` and `{site}` differ in case only, and count as two");
                let found = entry.draft(rule::SITE_CASE, &steps, message).warning();
                let found = found.hint("write the site the same way everywhere");
                entry.report(found.related_elsewhere(at.span(&*place), format!("`{first}` stands here")), findings);
            }
        }
    }
}
