//! R0: files that can't be read as YAML, or not by everybody in the same way.

rules! { YAML:
    /// A file isn't there, can't be read, or isn't UTF-8 text.
    UNREADABLE = "R001", Error;
    why: "What isn't there can't be checked. A byte in another encoding could be any letter. A guess would turn a table's name into another name, and the \
          restore would ask for an object that the backup doesn't hold.";
    mend: "Look at the path that is named. Save the file as UTF-8; editors offer it as `Save with encoding`, and `iconv -f LATIN1 -t UTF-8` converts \
           what an older tool wrote. If the mark is at a NUL character, remove that.";

    /// A file isn't YAML.
    SYNTAX = "R002", Error;
    why: "Behind the first mistake nothing can be trusted: a brace that is never closed takes in the lines below it. \
          So the file is refused as a whole, rather than run as far as it could be read.";
    mend: "Look at the marked place and at the line before it, where the cause often is: an open quote, bracket or \
           brace, or one space too many or too few. Put a text in quotes that holds `: ` or begins with a sign such as \
           `@`, `%`, `*` or `&`. Indent with spaces, never with tabs.";

    /// A file costs more than a limit of the loader allows.
    LIMIT = "R003", Error;
    why: "A few lines of YAML can stand for gigabytes: aliases of aliases, lists in lists, a template that repeats \
          itself. Every cost has a limit, so that a broken or a hostile file ends in this message, and not in a build \
          agent without memory.";
    mend: "The message names the limit. Plans that are written by hand stay far below it; if a program wrote the file, \
           look there first. Otherwise split the plan, or write out what aliases and templates repeat.";

    /// A key stands twice in one map.
    DUPLICATE_KEY = "R004", Error;
    why: "YAML readers disagree on which of the two counts, and most take the last without a word. A second `target` \
          further down could send the restore to another site than the one that the reviewer saw.";
    mend: "Keep one of the two; the message shows both places. Where two lists were meant to be one, such as a second \
           `objects`, put all entries under one key.";

    /// YAML that tools read differently, or that plans don't use.
    REFUSED_YAML = "R005", Error;
    why: "`0123` is 83 to one YAML reader and 123 to the next, and `{{site}}` without quotes is a map in a map. A plan \
          must mean the same to its reviewer, to an editor and to restorectl, so what is read in several ways is \
          refused.";
    mend: "Put a value in quotes where it is text, above all one that begins with `{{`. Write out what a merge key \
           (`<<`) would bring in; what holds for every restore belongs in the plan's own `source`, `target` and \
           `limits`. Leave tags out, and keep one document in a file.";

    /// A comment that should allow a warning, and can't.
    ALLOW = "R006", Error;
    why: "`# restorectl: allow R311 reason` keeps a warning out of every report. A comment that names no rule, or gives \
          no reason, would hide something without anybody having answered for it; and an error can't be talked away.";
    mend: "Write the rule's id and, behind it, why the warning is all right here. Mend what an error is about.";

    /// A comment that allows a warning that isn't there.
    ALLOW_UNUSED = "R007", Warning;
    why: "What it was written for is gone, or stands on another line now. If it stayed, it would one day allow \
          something that nobody has looked at.";
    mend: "Remove the comment. If the warning moved, move the comment behind the value that it is about, or on a line of \
           its own above it.";
}
