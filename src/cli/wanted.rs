//! What `apply` and `resume` are to carry out.

use super::difference::Extent;
use super::load::Loaded;
use crate::changeset::{Changeset, plan_digest};
use crate::engine::Left;
use crate::journal::Share;
use crate::model::{Environment, Limits, RunId, Slug};

/// What is to be carried out.
pub(super) enum Wanted {
    /// What somebody saved and approved, with its digest.
    Saved(Box<Changeset>, String),
    /// Whatever a plan, or a shard of it, lacks.
    Plan(Box<Loaded>, Box<Extent>),
    /// Whatever a plan, or a shard of it, lacks that means something else now than when this run began.
    Anew(Box<Loaded>, Box<Extent>, RunId),
    /// What this run left.
    Left(Box<Left>, RunId),
}

impl Wanted {
    /// The plan's name, the limits and the environment.
    pub(super) fn bounds(&self) -> (&Slug, &Limits, &Environment) {
        match self {
            Self::Saved(saved, _) => bounds(saved),
            Self::Plan(loaded, _) | Self::Anew(loaded, _, _) => {
                (&loaded.plan.name, &loaded.plan.limits, &loaded.environment)
            }
            Self::Left(left, _) => bounds(left.changeset()),
        }
    }

    /// The run that is gone on with.
    pub(super) fn resumes(&self) -> Option<&RunId> {
        match self {
            Self::Left(_, run) | Self::Anew(_, _, run) => Some(run),
            Self::Saved(..) | Self::Plan(..) => None,
        }
    }

    /// The shard that the lease is needed for; none where it is needed for the whole plan.
    pub(super) fn share(&self) -> anyhow::Result<Option<Share>> {
        let of = |made: &Changeset| made.shard().map(|shard| Share { shard, digest: made.plan.digest.clone() });
        Ok(match self {
            Self::Saved(saved, _) => of(saved),
            Self::Plan(loaded, extent) | Self::Anew(loaded, extent, _) => match extent.shard {
                Some(shard) => Some(Share { shard, digest: plan_digest(&loaded.plan)? }),
                None => None,
            },
            Self::Left(left, _) => of(left.changeset()),
        })
    }
}

fn bounds(made: &Changeset) -> (&Slug, &Limits, &Environment) {
    (&made.plan.name, &made.limits, &made.environment)
}
