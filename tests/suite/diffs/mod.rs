//! What a diff tells and what is chosen and approved of it: pure tables, and the real binary.

use crate::rig::{Ran, Rig, SITE};

mod approved;
mod chosen;
mod forecasts;
mod pure;
mod shown;

/// A plan of one restore under derived names, which may replace what is there.
const PLAN: &str = "plans/one.yaml";

fn write_plan(rig: &Rig) {
    let text = format!(
        "version: 1\nname: one\ninputs: {{suffix: {{type: string, default: _copy}}}}\n\
         source: {{site: {SITE}, job: 1412, execution: latest}}\ntarget: {{site: {SITE}}}\n\
         objectives: {{rto: 4h}}\nrestores:\n  - name: model\n    on_existing: replace\n    objects:\n      \
         - {{table: BANK_MARKETING.glm_bank_marketing_model, rename_to: \"model{{{{suffix}}}}\"}}\n"
    );
    rig.write(PLAN, &text);
}

/// What a command said, without the breaks of its lines.
fn words(ran: &Ran) -> String {
    let text = format!("{} {}", ran.stdout, ran.stderr);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
