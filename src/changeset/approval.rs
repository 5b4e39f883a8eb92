//! What somebody approves of a changeset: everything that would be done, and nothing of when the site was read.

use serde::Serialize;

use super::{Changeset, Decision};
use crate::model::{Action, CreateRequest, DataLoss, Guard, Item, Limits, Origin, Shard, digest};

#[derive(Serialize)]
struct Approved<'a> {
    plan: &'a str,
    environment: &'a str,
    api: Option<&'a str>,
    guard: Guard,
    shard: Option<Shard>,
    limits: &'a Limits,
    items: Vec<ApprovedItem<'a>>,
}

#[derive(Serialize)]
struct ApprovedItem<'a> {
    /// As it will be carried out, wherever it stands in a file and however its execution was chosen.
    item: Item,
    action: Action,
    request: Option<&'a CreateRequest>,
    /// Why no further attempt is made of what is under way.
    refusal: Option<&'a str>,
    data_loss: DataLoss,
    losses: &'a [String],
}

impl Changeset {
    /// A digest over what would be done: two readings of a site that lead to the same restores, under the same names and
    /// limits and at the same loss, have the same.
    ///
    /// # Errors
    /// Never for changesets that [`super::decide()`] makes; see [`digest`].
    pub fn approval_digest(&self) -> Result<String, serde_json::Error> {
        digest(&Approved {
            plan: self.plan.name.as_str(),
            environment: &self.environment.name,
            api: self.environment.api.as_ref().map(|api| api.url.as_str()),
            guard: self.environment.guard,
            shard: self.shard(),
            limits: &self.limits,
            items: self.frozen_plan().items.into_iter().zip(&self.items).map(approved).collect(),
        })
    }
}

fn approved((mut item, decision): (Item, &Decision)) -> ApprovedItem<'_> {
    item.origin = Origin::default();
    // What is there, or refused, would not be sent: under which name doesn't matter.
    let request = decision.request.as_ref().filter(|_| decision.action.is_pending());
    let Decision { action, data_loss, losses, refusal, .. } = decision;
    ApprovedItem { item, action: *action, request, refusal: refusal.as_deref(), data_loss: *data_loss, losses }
}
