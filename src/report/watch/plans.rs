//! The plans of which there are runs.

use super::{Served, Shell, address, heading};
use crate::journal::PlanRuns;
use crate::report::page::cell;
use crate::report::wording::moment;

/// The plans and environments as a page.
pub fn plans_page(plans: &[PlanRuns]) -> Served {
    Shell::titled("Plans - restorectl").page(|page| {
        heading(page, "What was run", "Plans");
        page.fixed("<main>\n");
        if plans.is_empty() {
            page.prose("p", &[], "There are no runs yet: `restorectl apply` makes one.");
        } else {
            page.fixed("<table>\n<thead><tr><th scope=\"col\">Plan</th><th scope=\"col\">Environment</th>");
            page.fixed("<th scope=\"col\">Runs</th><th scope=\"col\">Newest</th></tr></thead>\n<tbody>\n");
            for one in plans {
                let (plan, environment) = (one.plan.as_str(), one.environment.as_str());
                page.fixed("<tr><th scope=\"row\">");
                page.element("a", &[("href", &address::plan(plan, Some(environment), None))], plan).close("th");
                cell(page, "Environment", environment);
                page.open("td", &[("data-label", "Runs")]);
                let runs = address::runs(Some(plan), Some(environment), 1);
                page.element("a", &[("href", &runs)], &one.runs.to_string()).close("td");
                cell(page, "Newest", &moment(one.last_opened_at));
                page.close("tr");
            }
            page.fixed("</tbody>\n</table>\n");
        }
        page.fixed("</main>\n");
    })
}
