//! R34 and R35: times that don't fit each other, and what a plan says to no effect.

rules! { SENSE:
    /// No deadline, in a plan that promises a time.
    DEADLINE_MISSING = "R340", Warning;
    why: "The service waits for a locked object without limit, so every restore has a deadline. Where nobody sets one \
          it is six hours, which has nothing to do with the objective: a run could have missed it long before anybody \
          is told.";
    mend: "Set `limits.deadline` in the plan or in the environment, or `deadline` in each restore. Take the longest \
           that a restore may need, and no more than `objectives.rto`.";

    /// A deadline beyond the recovery time objective.
    DEADLINE_BEYOND_RTO = "R341", Warning;
    why: "The objective is for the whole run. A single restore that may take longer than that isn't given up while \
          there is still time to do something else.";
    mend: "Shorten the deadline where the message points: in the restore, under `limits` or in the environment. Or \
           lengthen `objectives.rto`, if the promise itself was too short.";

    /// A deadline that ends before the first look.
    DEADLINE_TOO_SHORT = "R342", Error;
    why: "After its create call, a restore is looked at once in each `poll_interval`. With a shorter deadline every \
          restore would count as timed out before anybody knows how it goes.";
    mend: "Set a longer `deadline`; restores take minutes to hours, not seconds. Or let the environment lower \
           `limits.poll_interval`.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml";

    /// Backups that may be older than the objective allows.
    RPO_AT_RISK = "R343", Warning;
    why: "A report takes the oldest backup of a run for its recovery point. A window that is longer than the objective, \
          with `pick: oldest` or `pick: random`, makes a run that misses the objective likely, though all went well.";
    mend: "Shorten the window to the objective, or write `pick: latest`. A drill that is meant to try old backups is \
           better a plan of its own, without that objective.";

    /// A choice of backups that says nothing.
    SELECTOR_IDLE = "R344", Error;
    why: "No backup is from before there was the service, so nothing could ever be chosen: most often a digit of the \
          year is missing. The other way round, a date in the next century chooses the newest backup while it looks \
          like a choice.";
    mend: "Look at the year. For the newest backup, write `execution: latest`; for a certain one, the id that the site \
           lists. A date that excludes nothing, and the id `0`, are warnings.";

    /// A group that no restore is in.
    GROUP_UNUSED = "R345", Warning;
    why: "Its limit holds nothing back. Most often the restores that it was declared for have lost their `group`, and \
          run all at once now.";
    mend: "Write `group: NAME` in the restores that belong to it, or remove it from `limits.groups`. Groups that serve \
           several plans belong in the environment.";

    /// `after` names the same restore twice.
    AFTER_TWICE = "R346", Warning;
    why: "The second says nothing that the first doesn't. One of the two was often meant to be another restore, and \
          that one isn't waited for.";
    mend: "Remove it, or write the name that was meant. The name of a restore with `for_each` stands for all of its \
           elements, so none of these needs to be named beside it.";

    /// `for_each` goes through an empty list.
    EMPTY_LIST = "R347", Warning;
    why: "The restore is in the plan and doesn't take place, and whatever waits for it waits for nothing. The run is \
          green all the same.";
    mend: "Look at the list where it has its value: in the environment, on the command line or in the input's \
           `default`. If there is nothing to restore here, allow the warning with the reason, or take the restore out.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml";

    /// A value for all restores that each of them overrides.
    DEFAULT_HIDDEN = "R348", Warning;
    why: "Whoever reads the top of the plan believes that it goes there, and it goes elsewhere. Most often it is what \
          is left of an earlier plan, or the restores were to follow it.";
    mend: "Remove the value at the top, or what overrides it in the restores that are to follow it. A value that \
           several plans share belongs in a file that they include.";

    /// A name inside a template that hides an input.
    INPUT_HIDDEN = "R349", Warning;
    why: "Inside the block, the name stands for what the block goes through, and outside of it for the input. A reader \
          can't tell which is meant, and the author often couldn't either.";
    mend: "Choose another name after `as |`, such as `one`. Nothing else changes.";

    /// A job name built like a derived one.
    JOB_NAME_DERIVED = "R350", Error;
    why: "A derived name tells plan, restore and version, and by it a second run recognises what the first has done. A \
          name that only looks like one would be taken for a restore of another plan or of another version.";
    mend: "Leave `job_name` out, so that the name is derived. If it must be an exact one, choose it without the ten \
           hexadecimal digits and the two numbers at its end.";

    /// A job name that the service may not take.
    JOB_NAME_ODD = "R351", Warning;
    why: "The service doesn't document what a job's name may hold. A name that it refuses comes to light at the create \
          call, in the middle of a run.";
    mend: "Use letters, digits, `_` and `-`, a letter first, and at most 64 characters. If the site is known to take the \
           name, allow the warning with that reason.";

    /// A check of a table that its restore doesn't write.
    CHECK_ELSEWHERE = "R352", Warning;
    why: "A check stands for its restore in the report. One that counts another table's rows passes though the restore \
          brought back nothing, or fails though it went well.";
    mend: "Name the table as it is called after the restore: with its new name, and in the database of \
           `target.database`. A check of several restores belongs to the one that comes last.";

    /// A check that can't pass, or can't fail.
    CHECK_BOUNDS = "R353", Error;
    why: "A check that can't pass makes every run a failure, and after a few nights nobody looks at it. One that can't \
          fail proves nothing about the data.";
    mend: "Say what is expected: `equals`, or `at_least` and `at_most` with the smaller number first. Bounds that every \
           count fits, or that `equals` makes needless, are a warning.";

    /// `allow_reserved` where no system database is written.
    RESERVED_UNUSED = "R354", Warning;
    why: "The permission needs nobody's attention today. It would still be there when somebody changes the target, and \
          then nothing would ask any more.";
    mend: "Remove `allow_reserved`. Where it is needed, it stands in the restore that writes the database, and nowhere \
           else.";

    /// A name that is easily taken for another.
    LOOKALIKE = "R355", Warning;
    why: "Full-width letters, letters of another script, blanks that are none and characters without a shape come with text that is copied from \
          documents. The name looks right to every reader, and is another one to the database.";
    mend: "Type the name again, by hand. If the object is really called so, allow the warning with that reason.";

    /// Two plans under one name.
    PLAN_NAME_TWICE = "R356", Error;
    why: "A plan's name is the first part of the name of each of its restore jobs, and of everything that is kept of its \
          runs. With two under one name, a restore of the one would be taken for a restore of the other: for done when \
          it isn't, or for another definition of it.";
    mend: "Rename the one that has never run. A plan that has run finds its restores again by its name, and keeps it.";
    fails beside: "other.yaml";
    passes beside: "other.yaml";

    /// A restore that is heavier than its group holds.
    WEIGHT_BEYOND_GROUP = "R357", Warning;
    why: "It never fits beside another one, so it waits until its group is empty and then runs alone, and at the site it \
          takes more than the group's limit allows. Whoever reads that limit believes that it is kept.";
    mend: "Lower the restore's `weight`, or raise the group's limit in `limits.groups`: in the plan, or in the \
           environment, whose limit counts where both have one. If it is meant to run alone, write the group's limit as \
           its weight.";

    /// A weight that counts nowhere.
    WEIGHT_IDLE = "R358", Warning;
    why: "A weight says how much of its group's limit a restore takes. Without a group it holds nothing back, and the \
          restore counts once in `limits.concurrency`, like any other.";
    mend: "Write `group: NAME` beside it, and give the group its limit under `limits.groups`. Or remove the `weight`.";
}
