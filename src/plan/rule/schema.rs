//! R1: keys and values that the documents' schemas refuse.

rules! { SCHEMA:
    /// A key that isn't known where it stands.
    UNKNOWN_KEY = "R101", Error;
    why: "A misspelt key that was passed over would leave its default in force. With `rename_too` the table would come \
          back under its own name, and a copy replaces the table that has this name at the target.";
    mend: "Take the key that the message suggests, or one of those that it lists. A key that exists elsewhere may \
           stand one level too high or too low: `rename_to` belongs to an object, `after` to a restore. `restorectl \
           schema plan` prints the schema that editors complete keys with.";

    /// A key that must be there isn't.
    MISSING_KEY = "R102", Error;
    why: "Nobody can guess what a restore is called or what it brings back. The missing key is asked for in review, \
          rather than at the site in the middle of a run.";
    mend: "Add the key to the map that the message marks. If it seems to be there, look at its indentation: with one \
           space too few it belongs to the map outside.";

    /// A value of the wrong kind.
    WRONG_KIND = "R103", Error;
    why: "`yes` is a word and no switch, `\"3\"` is text and no number, one name is not a list of names. Tools that \
          convert on the quiet do it each in its own way; a `protected: yes` that one of them takes for text would \
          leave production without its guard.";
    mend: "Write what the message asks for: `true` or `false`, a number without quotes, text in quotes, a list as `[a, \
           b]` or as lines that begin with `- `. Where the value is a template, its kind is that of the input: look at \
           the input's `type`.";

    /// A value that is none of those allowed.
    WRONG_VALUE = "R104", Error;
    why: "Such a value chooses between ways of working that differ in what they destroy: `on_existing: replace` lets a \
          restore overwrite, `fail` doesn't. A word that is none of them can't be taken for the nearest.";
    mend: "Use one of the values that the message lists, in its own spelling. Where it suggests one, make sure that it \
           is the one you mean.";

    /// A value out of its bounds.
    OUT_OF_BOUNDS = "R105", Error;
    why: "The bounds keep a guard from being turned off by accident. With `concurrency: 0` nothing would ever start, \
          with a deadline of `0s` every restore would be given up at once, and a restore of no objects would look like \
          a success.";
    mend: "Take a value within the bounds that the message names. To do without an optional limit, such as \
           `max_failures` or `per_target_site`, leave its key out.";

    /// A text that isn't in the form that it must have.
    WRONG_FORM = "R106", Error;
    why: "Durations, moments, ids and addresses are read exactly or not at all. A deadline of `6` could be seconds or \
          hours, and a `/` in a site's id would change the address that is called.";
    mend: "Write the value in the form that the message shows: a duration with its unit (`90s`, `6h`, `1h30m`), a \
           moment with date, time and zone (`2026-11-01T00:00:00Z`), an id of letters, digits, `-`, `_` and `.`. Where \
           the value is a template, look at the input that it takes.";

    /// None or several of keys of which there must be exactly one.
    EXACTLY_ONE = "R107", Error;
    why: "An entry with both `table` and `view` names two objects where the service takes one. Whichever was passed \
          over would be missing after the restore, and nobody would have said so.";
    mend: "Keep one of the keys. To restore several objects, give each an entry of its own in `objects`; for a secret, \
           choose where it comes from: `env`, `file` or `command`.";

    /// A secret stands in the file.
    LITERAL_SECRET = "R110", Error;
    why: "Environments live in git, and what was committed once is in every clone. Whoever can read the repository \
          could log in with the restore user's password and write over production.";
    mend: "Write where the secret is: `{env: NAME}`, `{file: PATH}` or `{command: [program, argument]}`. If it was \
           real and the file has left your machine, change the secret; to take it out of the file doesn't take it out \
           of the history.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml";
}
