//! The part of a plan that somebody chooses: `--only`, `--exclude`, `--only-failed`.

use super::exit::Misuse;
use crate::changeset::Choice;
use crate::model::Plan;

/// Options that choose a part of a plan.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Choosing {
    /// Only these restores: a name, a glob like 'banking-*', or group:NAME; repeatable. What they need (`after`) must be
    /// there already, or be chosen too
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// All but these, written the same way; repeatable
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Only what ended badly when it was last run
    #[arg(long)]
    only_failed: bool,
}

impl Choosing {
    /// What was said of a plan.
    ///
    /// # Errors
    /// When a pattern fits nothing of the plan.
    pub(super) fn of(&self, plan: &Plan) -> Result<Choice, Misuse> {
        let choice = self.choice();
        choice.check(plan).map_err(Misuse)?;
        Ok(choice)
    }

    /// What was said, of whatever plan.
    pub(super) fn choice(&self) -> Choice {
        let Self { only, exclude, only_failed } = self.clone();
        Choice { only, exclude, only_failed }
    }
}
