//! A large plan, as runbooks are written: 100,000 restores take 46 MB.

use std::fmt::Write as _;

/// A plan of so many restores, in block style, with what a careful author says for each.
pub(crate) fn plan(restores: usize) -> String {
    let mut text = String::with_capacity(restores * 480 + 512);
    text.push_str(
        "version: 1\nname: generated\ndescription: Every table of the warehouse.\nowner: data-platform\n\
         inputs:\n  suffix: {type: string, default: _restored}\n\
         source: {site: TDICGC73149PP88, job: 1412, execution: latest}\ntarget: {site: TDICGC73149PP99}\n\
         limits:\n  concurrency: 8\n  deadline: 6h\n  groups: {heavy: 2, light: 6}\n\
         restores:\n",
    );
    for index in 0..restores {
        let (database, group) = (index % 97, if index % 5 == 0 { "heavy" } else { "light" });
        let (retain, priority) = (index % 13, index % 10);
        // Writing to a text can't fail.
        let _ = write!(
            text,
            "  - name: table-{index:06}\n    source:\n      job: {job}\n      execution: {{within: 30d, pick: latest}}\n    \
             target:\n      database: WAREHOUSE_DR_{database:02}\n    objects:\n      \
             - table: WAREHOUSE_{database:02}.fact_sales_by_region_{index:06}\n        rename_to: fact_sales_by_region_{index:06}_copy\n    \
             mode: copy\n    on_existing: replace\n    options:\n      skip_statistics: false\n      \
             skip_join_or_hash_indexes: true\n    group: {group}\n    priority: {priority}\n    deadline: {hours}h30m\n",
            job = 1000 + retain,
            hours = 1 + retain,
        );
    }
    text
}
