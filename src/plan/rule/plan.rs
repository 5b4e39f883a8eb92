//! R3: plans that read well and are still wrong.

rules! { PLAN:
    /// Two restores under one name.
    DUPLICATE_NAME = "R301", Error;
    why: "The name goes into the job's name at the site, and a restore can be recognised there by nothing else: its \
          record lists no objects. With two under one name, a second run couldn't tell which is done and which is \
          still to do.";
    mend: "Rename one of them. A restore with `for_each` takes names like `orders-eu`, its own with each element \
           behind it; the other may bear one of those.";

    /// `after` names no restore.
    AFTER_UNKNOWN = "R302", Error;
    why: "A dependency that doesn't exist holds nothing back. The facts would be restored before the reference data \
          that they were to wait for.";
    mend: "Correct the name, or take it out of `after`. It must be a restore of the same plan; the name of one with \
           `for_each` stands for all of its elements.";

    /// Restores that wait for each other.
    AFTER_CYCLE = "R303", Error;
    why: "None of them could ever start. The run would end with all of them not executed, in the night in which they \
          were needed.";
    mend: "The message shows the circle; take one of its steps out of an `after`. Usually one was meant the other way \
           round: what others refer to goes first and waits for nothing.";

    /// Two restores write the same thing with no order between them.
    UNORDERED_OVERLAP = "R304", Warning;
    why: "Which of the two comes last, and stays at the target, would be left to chance: a database that comes back \
          after one of its tables undoes the table. They are never run together, because the service waits for a \
          locked object without limit.";
    mend: "Add `after` to the one that is to come last, as the message proposes. If both are to stay side by side, let \
           one come back elsewhere, with `rename_to` or another `target`. If one is left over from earlier, remove it.";

    /// Two objects of one restore come back under one name.
    RENAME_COLLISION = "R305", Error;
    why: "Teradata compares names without case, so `copied` and `COPIED` are one table. A copy replaces what has its \
          name at the target: one of the two would be lost, and the restore could still end as a success.";
    mend: "Choose names that differ in more than case. Where `target.database` brings objects of several databases \
           into one, rename those that are called alike, or put them into restores with different targets.";

    /// A rename that the service doesn't do.
    RENAME_ILLEGAL = "R306", Error;
    why: "The service renames single tables, queue tables and whole databases, and nothing else. For a view, a macro, \
          a procedure, a function, a JAR, an index or a trigger, the best that can happen is that the job fails, at \
          night and after its approval.";
    mend: "Leave `rename_to` out. To have the object beside the original, bring it into another database with \
           `target.database`; it keeps its name there. For a type that restorectl doesn't know this is a warning: \
           rehearse it before you rely on it.";

    /// `mode: restore` with something that only a copy can do.
    RESTORE_CANNOT = "R307", Error;
    why: "To restore, in the service's sense, is to take data back to where it came from; a new name or another \
          database needs a copy. What the service makes of both together is not documented, and at worst the data \
          comes back over the original.";
    mend: "Write `mode: copy`, or leave `mode` out: a copy is chosen wherever one is needed. If the data is meant to \
           go over the original, remove `rename_to` or `target.database` instead.";

    /// `mode: restore` to another site.
    RESTORE_CROSS_SITE = "R308", Error;
    why: "At another system a plain restore works only where the source system's dictionary was restored first, and \
          only once. A weekly drill would succeed in the first week and fail in the second.";
    mend: "Write `mode: copy`, or leave `mode` out: to another site it is a copy. If the data is meant to go back to \
           where it came from, name the same site as source and as target.";

    /// A system database as the target.
    RESERVED_DATABASE = "R309", Error;
    why: "`DBC`, `SYSLIB` and their like hold what the database system itself runs on, for every user of it. What a \
          restore writes there can't be taken back, and it may be the system that is lost and not a table.";
    mend: "Restore into an ordinary database, and move what is needed from there. Reserved are `DBC`, `SYSUDTLIB`, \
           `TD_SYSFNLIB`, `SYSLIB`, `SYSSPATIAL`, `TD_SERVER_DB` and `CRASHDUMPS`. To recover the system itself, \
           follow the vendor's procedure.";

    /// A trigger in a copy.
    TRIGGER_COPY = "R310", Error;
    why: "The service leaves triggers out of a copy without a word, and the job ends as a success. The tables would be \
          there, and what the trigger did on every change, such as the audit trail, would be missing.";
    mend: "Take the trigger out of the plan, and create it at the target as a step of its own after the restore. It \
           comes back by `mode: restore` alone, to the site and the database that it came from.";

    /// Copied code keeps its references to the old database.
    KEEPS_REFERENCES = "R311", Warning;
    why: "A copied view, macro or procedure still names the database that it was written for. On the same site, a \
          drill through it reads production and calls it recovered, or writes to production.";
    mend: "After the copy, read the definitions and replace the old database's name in them. Or copy to another site \
           without `target.database`: there the old name leads to the copy.";

    /// A database-level restore drops what was created since the backup.
    DROPS_NEWER = "R312", Warning;
    why: "Restoring a whole database in place drops every object that was created in it since the backup, not only \
          newer rows. The API lists no tables, so nobody can show you beforehand what that is.";
    mend: "If that is meant, write `on_existing: replace`; the environment's `guard` must allow it too. Otherwise \
           restore the tables that you need, or copy the database to another name or another site.";

    /// The plan restores nothing.
    NOTHING_SELECTED = "R313", Error;
    why: "A run without a restore would end green. A drill whose list somebody emptied would pass every week, until \
          the day of the disaster.";
    mend: "Add a restore, or an element to the list that `for_each` goes through. If the list is an input, look at its \
           value in the environment. A plan that nobody needs any more is better deleted.";

    /// An object stands twice in one restore.
    OBJECT_TWICE = "R314", Error;
    why: "What the service makes of an object that a job names twice is not documented. Often one of the two was meant \
          to be another object, and that one would be missing after the restore.";
    mend: "Remove one of them, or name the object that was meant; names are compared without case. A table beside its \
           whole database comes back with it anyway, which is a warning: keep the one or the other.";

    /// An object type that nothing is known about.
    UNKNOWN_TYPE = "R315", Warning;
    why: "The service's list of types is open, so a type is sent as it stands. Whether it can be copied or renamed \
          isn't checked, and a misspelt one comes to light only at the site.";
    mend: "If the type has a key of its own, use it: `table: SALES.orders`. Otherwise compare the spelling with \
           `object_type` in the backup's object list; where it is right, the warning can stay.";

    /// A group that `limits.groups` doesn't declare.
    GROUP_UNDECLARED = "R316", Error;
    why: "A group is there to hold heavy restores back. One that isn't declared has no limit, and a misspelt name \
          would let all of them run at once.";
    mend: "Correct the name, or declare the group with its limit: `limits: {groups: {heavy: 1}}`. That may stand in \
           the plan or in the environment.";

    /// Checks are recorded as not run.
    CHECKS_NOT_RUN = "R317", Warning;
    why: "This version reads `checks` and runs none of them. The report lists each as `not run`, because a check that \
          didn't run proves nothing about the data.";
    mend: "Run the checks by hand after the restore, and keep what they gave with the report. Take `checks` out of the \
           plan, or leave them in and accept the warning.";

    /// Two restores under one job name.
    DUPLICATE_JOB_NAME = "R318", Error;
    why: "With `job_name`, a restore is recognised at the site by that name alone. The second would take the first \
          one's job for its own, and would never be sent.";
    mend: "Give each its own name, or leave `job_name` out: a derived name is unique, and it tells which plan and \
           which version of it a job belongs to. In a restore with `for_each`, let the name hold `{{item}}`.";

    /// A restore's source or target lacks a part.
    INCOMPLETE = "R319", Error;
    why: "A restore takes a backup job at one site and goes to a site. None of the three can be guessed; a wrong guess \
          would bring back another system's data.";
    mend: "Add the part at the top of the plan, where it holds for all restores, or in the restore. A restore's own \
           `source` and `target` are laid over the plan's key by key, so it may change one part alone.";

    /// Not the name of an object.
    OBJECT_NAME = "R320", Error;
    why: "Names are sent to the service as they are. One that was cut at a blank or a dot would be another object's \
          name, or nobody's.";
    mend: "Write names as SQL does: `DATABASE.name`, a database alone, and `rename_to` without its database. A part \
           that holds a blank, a dot or another sign stands in double quotes, as in `SALES.\"order items\"`. In YAML, \
           a value that begins with a double quote needs single quotes around it.";

    /// Not a name for a plan or a restore.
    NAME = "R321", Error;
    why: "The names of plan and restore become parts of the job's name at the site, with `_` between them, and by that \
          name a second run recognises what the first has done. A name that holds a `_` itself couldn't be told from \
          the next part.";
    mend: "Use lower-case letters and digits, in words joined by `-`, a letter first: `orders-2026`. A plan's name has \
           at most 30 characters. Don't rename what has run already: to the site it would be a new restore.";

    /// Keys that contradict each other.
    CONTRADICTION = "R322", Error;
    why: "Each key is right by itself; together they ask for two different things, such as the newest backup before a \
          date and one of the last thirty days. Whichever was chosen for you could be the wrong night's data.";
    mend: "Keep the key that says what you mean. `exclude` has a meaning for databases only, and a database comes back \
           under a `rename_to` or in `target.database`, not both. `pick: random` needs a `seed`, and a `seed` needs \
           `pick: random`.";
}
