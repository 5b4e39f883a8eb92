//! R40: names that a recorded snapshot of the sites doesn't know.

rules! { SITE:
    /// A database that must be at the target site isn't there.
    DATABASE_UNKNOWN = "R401", Error;
    why: "A copy goes into a database that is there: the service creates none for single objects. The restore would be \
          refused, or fail at the site in the night in which it is needed.";
    mend: "Correct the name; the message proposes the nearest that the site has. If it is right, have the database \
           created, and record the site again.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// The backup doesn't hold an object.
    NOT_IN_BACKUP = "R402", Error;
    why: "The service's list of what a backup holds is the last word on what can come back. A restore of something else \
          fails, and a backup job that leaves a table out is often noticed only then.";
    mend: "Correct the name; the message proposes the nearest that the backup holds. If it is right, add the object to \
           the backup job: no backup that is there already will help.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// A backup job has no such execution.
    EXECUTION_UNKNOWN = "R403", Error;
    why: "The plan names one execution, and the job has none with that id: it may be another job's, or have expired. \
          Nothing would be restored.";
    mend: "Write an id that the job has, or `latest`. Ids are the service's own, and those of one job mean nothing to \
           another.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// The execution that a plan names didn't complete successfully.
    EXECUTION_FAILED = "R404", Error;
    why: "A restore comes only from a backup that completed successfully; the service offers no other. What a failed one \
          holds is anybody's guess.";
    mend: "Choose another execution; the message names the newest good one. `execution: latest` passes over those that \
           failed by itself.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// A backup job has no execution that fits the plan.
    EXECUTION_NONE = "R405", Error;
    why: "What the plan asks for, the newest before a moment or one within so many days, selects none of the job's good \
          executions. Often it says that backups have been failing for longer than anybody noticed.";
    mend: "Look at the job first. If its backups are as they should be, widen `within` or move `before`.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// A database is there that the restore would drop.
    TARGET_EXISTS = "R406", Warning;
    why: "A whole database comes back over the one of its name, and what was made in that since the backup is dropped. \
          The plan doesn't say that this is meant, so the restore is blocked for as long as the database is there.";
    mend: "Say `on_existing: replace` if dropping it is meant, or restore under another name with `rename_to`. If the \
           plan is for the day on which the database is lost, leave it as it is.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// An object is in the backup as something else than the plan says.
    OTHER_TYPE = "R407", Warning;
    why: "The type is part of what is sent. The service looks for a table of that name, and the backup holds a view.";
    mend: "Write the key of the type that the message names, like `view:` in place of `table:`. Where the service has a \
           type of its own for what you mean, use `object: {type: ..., name: ...}`.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// `exclude` names something that isn't in the backup.
    EXCLUDED_IN_VAIN = "R408", Warning;
    why: "With a slip in the name, what was to be left out comes back after all, and over what is there. The restore \
          ends as a success.";
    mend: "Correct the name; the message proposes the nearest. If the backup rightly holds no such object any more, take \
           it out of `exclude`.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";

    /// Something can't be checked, because the snapshot doesn't show it.
    NOT_IN_SNAPSHOT = "R409", Warning;
    why: "What wasn't recorded, or couldn't be read then, is passed over: nobody should take that for a yes. It is said \
          once for each thing that is missing.";
    mend: "Record the sites again with `restorectl snapshot`, for this plan and this environment. An object list shows \
           only where the service has it ready: have it prepare the list first.";
    fails beside: "snapshot.yaml";
    passes beside: "snapshot.yaml";
}
