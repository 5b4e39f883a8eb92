//! R33: what a restore does to what is at its target, and to what other restores of the plan have done there.

rules! { TARGET:
    /// A restore that would never be sent.
    NEVER_SENT = "R330", Error;
    why: "An object that was backed up is still there, as far as anybody can tell, and without `on_existing` nothing \
          that is there is written over. So the restore would be refused each time, in the night when it is needed. \
          The same holds for a whole database that goes into another one, which must exist.";
    mend: "Write `on_existing: replace` if the backup is to go over what is there; the environment's `guard` must allow \
           it too. To compare the two first, bring it back beside the original, with `rename_to` or into another \
           database. `on_existing: fail` says that it is to be refused for now.";

    /// `on_existing: skip` for something that can't be seen.
    SKIP_UNSEEN = "R331", Error;
    why: "To skip a restore, somebody must see that its object is there. The API lists databases and nothing that is in \
          them, so a table would be neither skipped nor restored: the restore is refused.";
    mend: "Use `skip` for whole databases only. For a table, write `on_existing: replace` if it may be written over, or \
           leave `on_existing` out and restore under a name that is free.";

    /// A rename or another database that changes nothing.
    MOVES_NOWHERE = "R332", Error;
    why: "`rename_to` and `target.database` are there to keep the original safe. A name that differs in case only is \
          the same name to the database, so the copy would go over what it was meant to stand beside.";
    mend: "Choose a name or a database that is another one. If the original is meant to be written over, leave \
           `rename_to` and `target.database` out and write `on_existing: replace`. Where nothing can be lost this is a \
           warning: leave out what changes nothing.";

    /// A restore that writes over what an earlier one brought back.
    OVERWRITTEN = "R333", Warning;
    why: "What the earlier restore brought back is gone when the later one is done, so the first was for nothing. A \
          whole database that comes after one of its tables drops the table; and two restores with one target are \
          most often one that was copied and not changed.";
    mend: "Let the database come first and its tables after it, or leave them out of it with `exclude`. Where two \
           restores have the same target, give one of them another. Without `on_existing: replace` the later one would \
           be refused, and this is an error.";

    /// An index that is to come into another database.
    INDEX_MOVED = "R334", Error;
    why: "The service brings join and hash indexes back to the database that they were in, and to no other. A job that \
          asks for more fails, and the tables that it was to restore with them may be missing.";
    mend: "Take the index out of the restore, and make it again from its definition once the tables are there. To \
           another site it can go, under its own name and into a database of the same name.";

    /// A copy over itself that leaves out what a restore brings back.
    COPY_LEAVES_OUT = "R335", Warning;
    why: "Triggers are never copied, and nothing in the job's result says so. A whole database that is copied over \
          itself loses them, while a restore in the narrow sense brings them back.";
    mend: "Leave `mode: copy` out: back to where it came from, a database is restored. If it must be a copy, create the \
           triggers again from their definitions afterwards.";

    /// A copy under a name that is known to be there.
    REPLACES_KNOWN = "R336", Warning;
    why: "The plan restores an object of this name from its backup, so it was there when that was made, and most likely \
          still is. The API lists no tables, so nothing would stop the copy, and the service replaces what has its \
          name: data and definition.";
    mend: "Choose a name that is free. If the object may be replaced, write `on_existing: replace`, which also asks the \
           environment's `guard`.";

    /// A whole database, and something from elsewhere into it.
    INTO_WHOLE = "R337", Error;
    why: "Bringing a whole database back drops what else is in it. In one job nothing says whether the other object \
          comes before that and is lost, or after it and stays.";
    mend: "Make it two restores: first the whole database, then the other object with `after`. Both keep their own \
           `target`.";

    /// `include_all: false` with nothing named to include.
    INCLUDES_NOTHING = "R338", Warning;
    why: "It asks the service to bring back some of the database and doesn't say what. At best the job ends as a \
          success and has restored nothing.";
    mend: "Remove `include_all`, which is true where nothing is said, and name what is to stay out with `exclude`. Or \
           list the objects that are wanted, each with its type.";

    /// Two sites whose ids differ in case only.
    SITE_CASE = "R339", Warning;
    why: "Ids of sites are compared letter by letter, so `Prod` and `PROD` count as two. A restore between them would \
          be a copy to another site, at an address that most likely doesn't exist.";
    mend: "Write the site in the same way everywhere, as the service shows it. An input for the site keeps it in one \
           place.";
}
