//! Who goes first among those that may start: what the rest of the plan waits for longest.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::changeset::Decision;
use crate::model::Slug;

/// What every restore takes besides its data, in bytes that could be restored meanwhile: the service queues it, locks
/// objects and builds them. It keeps many small ones from counting as nothing.
const BESIDES: u64 = 1 << 30;

/// The items in the order in which they go, each by its number in the changeset: highest priority first; then the one with
/// the longest way to the end of the plan, itself and all that waits for it counted; then the largest; then the plan's order.
/// Sizes come from the backups' object lists; what isn't told counts as the median of what is.
pub fn in_order(decisions: &[Decision]) -> Vec<usize> {
    let sizes = sizes(decisions);
    let ways = ways(decisions, &sizes);
    let rank = |at: &usize| {
        let of = |all: &[u64]| Reverse(all.get(*at).copied().unwrap_or(0));
        (Reverse(decisions.get(*at).map_or(0, |decision| decision.item.priority)), of(&ways), of(&sizes))
    };
    let mut order: Vec<usize> = (0..decisions.len()).collect();
    order.sort_by_cached_key(rank);
    order
}

/// How much each restore has to do, in bytes.
fn sizes(decisions: &[Decision]) -> Vec<u64> {
    let mut told: Vec<u64> = decisions.iter().filter_map(|decision| decision.bytes).collect();
    told.sort_unstable();
    let median = told.get(told.len() / 2).copied().unwrap_or(0);
    decisions.iter().map(|decision| decision.bytes.unwrap_or(median).saturating_add(BESIDES)).collect()
}

/// The longest way from the begin of each item to the end of the plan, over those that wait for it. Items that wait for
/// each other in a circle, which no plan leads to, count for themselves.
fn ways(decisions: &[Decision], sizes: &[u64]) -> Vec<u64> {
    let index: HashMap<&Slug, usize> = decisions.iter().enumerate().map(|(at, d)| (&d.item.name, at)).collect();
    let needs: Vec<Vec<usize>> =
        decisions.iter().map(|d| d.item.after.iter().filter_map(|name| index.get(name).copied()).collect()).collect();
    // How many still wait for each; who has none left is done, and what it needs has one fewer.
    let mut waiting = vec![0usize; decisions.len()];
    for need in needs.iter().flatten() {
        if let Some(count) = waiting.get_mut(*need) {
            *count += 1;
        }
    }
    let mut ways = sizes.to_vec();
    let mut done: Vec<usize> = (0..decisions.len()).filter(|at| waiting.get(*at) == Some(&0)).collect();
    while let Some(at) = done.pop() {
        let own = ways.get(at).copied().unwrap_or(0);
        for need in needs.get(at).into_iter().flatten().copied() {
            let through = sizes.get(need).copied().unwrap_or(0).saturating_add(own);
            if let Some(way) = ways.get_mut(need) {
                *way = (*way).max(through);
            }
            if let Some(count) = waiting.get_mut(need) {
                *count -= 1;
                if *count == 0 {
                    done.push(need);
                }
            }
        }
    }
    ways
}
