//! Shards: how a plan is cut, and several processes that carry out one plan.

mod cut;
mod merging;
mod runners;
