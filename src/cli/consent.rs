//! Who said yes, and to what: nothing is carried out that nobody approved.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use tokio::sync::oneshot;

use super::difference::{Bench, Found};
use super::terminal::Terminal;
use super::wanted::Wanted;
use crate::changeset::{self, Changeset};
use crate::model::{harmless, shell_word};
use crate::report;

/// What somebody says beforehand about carrying something out.
#[derive(Debug, clap::Args)]
pub(super) struct Consent {
    /// Don't ask; needed for a plan where nobody sits at a terminal
    #[arg(long)]
    auto_approve: bool,
    /// Don't ask, if what would be done has this digest, as `diff` printed it; refuse otherwise
    #[arg(long, value_name = "DIGEST", value_parser = approval, conflicts_with = "auto_approve")]
    approve: Option<String>,
    /// Name the environment once more, where it is protected
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    /// Write what happens, as it happens, to a file: one JSON object on a line; its schema is `restorectl schema events`
    #[arg(long, value_name = "PATH")]
    pub(super) events: Option<PathBuf>,
}

impl Consent {
    /// Whether nobody is asked.
    pub(super) fn is_given(&self) -> bool {
        self.auto_approve || self.approve.is_some()
    }
}

/// What will be carried out: as it was approved, or as somebody said yes to it; none where nobody did.
///
/// # Errors
/// When something else was approved, nobody can be asked, the environment is protected, or the site or the store fails.
pub(super) async fn agreed(
    wanted: Wanted,
    consent: &Consent,
    bench: &Bench,
    terminal: Terminal,
) -> anyhow::Result<Option<Changeset>> {
    let (found, approved) = match wanted {
        Wanted::Saved(saved, digest) => {
            bench.still_fits(&saved).await?;
            terminal.progress(&format!("the site still is as the saved changeset ({digest}) saw it"));
            // What was approved is what runs, and what the journal holds.
            (Found::from(*saved), true)
        }
        Wanted::Plan(loaded, extent) | Wanted::Anew(loaded, extent, _) => {
            (bench.diff(&loaded, &extent).await?, consent.auto_approve)
        }
        Wanted::Left(left, _) => (bench.left(&left).await?.into(), consent.auto_approve),
    };
    let approved = approved || consent.approve.is_some();
    let preview = bench.preview(&found).await?;
    let difference = report::preview_human(&preview, terminal.err());
    let wrong = consent.approve.as_ref().filter(|digest| **digest != preview.digest && found.made.has_changes());
    if let Some(digest) = wrong {
        terminal.say(difference.trim_end());
        return Err(not_approved(digest, &preview.digest, &found, bench).await?);
    }
    let made = found.made;
    if made.has_changes() && !approved {
        // Nobody is asked about something that isn't shown.
        terminal.say(difference.trim_end());
    } else {
        terminal.progress(difference.trim_end());
    }
    if made.has_changes() {
        confirmed(&made, consent.confirm.as_deref())?;
        if !approved {
            if !asked(terminal).await? {
                return Ok(None);
            }
            // Somebody may have thought about it for an hour.
            bench.still_fits(&made).await?;
        }
    }
    Ok(Some(made))
}

/// A protected environment wants its name said once more.
fn confirmed(made: &Changeset, confirm: Option<&str>) -> anyhow::Result<()> {
    let name = &made.environment.name;
    if made.environment.guard.protected && confirm != Some(name.as_str()) {
        bail!(
            "environment `{name}` is protected (`guard.protected`{}): say `--confirm {name}` if you mean it",
            made.environment.guard_place()
        );
    }
    Ok(())
}

async fn asked(terminal: Terminal) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!(
            "nobody can be asked here: say `--auto-approve`, or `--approve` with the digest that `restorectl diff` printed, or save the difference with `restorectl diff --save` and apply that"
        );
    }
    // On a thread of its own, so that the lease is kept meanwhile; and nobody waits for that thread.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(terminal.ask("\nCarry this out? Only `yes` does: ")));
    Ok(answer.await.context("nobody answered")?? == "yes")
}

/// A digest as `diff` prints it, with or without the word before it.
fn approval(text: &str) -> Result<String, String> {
    let digits = text.trim().strip_prefix("sha256:").unwrap_or(text.trim());
    if digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        Ok(format!("sha256:{}", digits.to_ascii_lowercase()))
    } else {
        Err("a digest is `sha256:` and 64 hexadecimal digits, as `restorectl diff` prints it".to_owned())
    }
}

/// That something else would be done than what was approved, with what is different where that can be told.
async fn not_approved(digest: &str, now: &str, found: &Found, bench: &Bench) -> anyhow::Result<anyhow::Error> {
    let known = match bench.carried_out(digest, found).await? {
        None => format!(
            "\nwhat is different can't be told, because a digest doesn't hold what was approved, and none of the runs that sent these restores last carried it out:\n  - where it was saved (`restorectl diff --save APPROVED.json`), save what would be done now by the same `restorectl diff {}` with `--save NOW.json`, and `restorectl diff APPROVED.json NOW.json` tells\n  - where it wasn't, let it be saved next time: `restorectl apply APPROVED.json` refuses with each difference",
            harmless(&format!(
                "{} --env {}",
                shell_word(&found.made.plan.file),
                shell_word(&found.made.environment.name)
            ))
        ),
        Some((run, approved)) => {
            let changes = changeset::differences(&approved, &found.made);
            let list: String = changes.iter().map(|change| format!("\n  - {}", harmless(change))).collect();
            format!("; it is what run {run} carried out, since when:{list}")
        }
    };
    Ok(anyhow::anyhow!(
        "what would be done has digest {now}, and {digest} was approved, so nothing was sent{known}\nlook at the difference above, and approve that if you mean it"
    ))
}
