//! The ids of everything that the loader can find. An id, once released, keeps its meaning.

use crate::diagnostic::Rule;

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal;)+) => {
        $($(#[doc = $doc])+ pub(crate) const $name: &str = $id;)+

        /// Every rule, in the order of their ids.
        pub const RULES: &[Rule] = &[$(Rule { id: $id, title: concat!($($doc),+).trim_ascii() }),+];
    };
}

rules! {
    /// A file can't be read, or isn't UTF-8 text.
    UNREADABLE = "R001";
    /// It isn't YAML.
    SYNTAX = "R002";
    /// It costs more than a limit of the loader allows.
    LIMIT = "R003";
    /// A key stands twice in one map.
    DUPLICATE_KEY = "R004";
    /// YAML that reads differently in different tools, or that plans don't use.
    REFUSED_YAML = "R005";

    /// A key that the document's schema doesn't know.
    UNKNOWN_KEY = "R101";
    /// A key that must be there isn't.
    MISSING_KEY = "R102";
    /// A value of the wrong kind.
    WRONG_KIND = "R103";
    /// A value that is none of those allowed.
    WRONG_VALUE = "R104";
    /// A value out of its bounds.
    OUT_OF_BOUNDS = "R105";
    /// A text that isn't in the form that it must have.
    WRONG_FORM = "R106";
    /// None or several of keys of which there must be exactly one.
    EXACTLY_ONE = "R107";
    /// A secret stands in the file.
    LITERAL_SECRET = "R110";

    /// An input has no value.
    INPUT_MISSING = "R201";
    /// An input's value isn't what its declaration asks for.
    INPUT_VALUE = "R202";
    /// `--input` names an input that the plan doesn't declare.
    INPUT_UNKNOWN = "R203";
    /// An input that nothing uses.
    INPUT_UNUSED = "R204";
    /// An input's declaration contradicts itself.
    INPUT_DECLARATION = "R205";
    /// A template isn't Handlebars, or uses a part of it that plans refuse.
    TEMPLATE = "R210";
    /// A template uses a name that isn't there.
    TEMPLATE_NAME = "R211";
    /// A template can't be rendered with these values.
    TEMPLATE_RENDER = "R212";
    /// An environment's base can't be read or goes in a circle.
    EXTENDS = "R220";
    /// A template in an environment, where none are rendered.
    TEMPLATE_IN_ENVIRONMENT = "R221";
    /// An environment's API is described in part only.
    API = "R222";
    /// `for_each` isn't a list of names.
    FOR_EACH = "R230";

    /// Two restores under one name.
    DUPLICATE_NAME = "R301";
    /// `after` names no restore.
    AFTER_UNKNOWN = "R302";
    /// Restores that wait for each other.
    AFTER_CYCLE = "R303";
    /// Two restores touch the same thing with no order between them.
    UNORDERED_OVERLAP = "R304";
    /// Two objects of one restore come back under one name.
    RENAME_COLLISION = "R305";
    /// A rename that the service doesn't do.
    RENAME_ILLEGAL = "R306";
    /// `mode: restore` with something that only a copy can do.
    RESTORE_CANNOT = "R307";
    /// `mode: restore` to another site.
    RESTORE_CROSS_SITE = "R308";
    /// A database that isn't an ordinary target.
    RESERVED_DATABASE = "R309";
    /// Triggers are not copied.
    TRIGGER_COPY = "R310";
    /// Copied code keeps its references to the old database.
    KEEPS_REFERENCES = "R311";
    /// A database-level restore drops what was created since the backup.
    DROPS_NEWER = "R312";
    /// The plan restores nothing.
    NOTHING_SELECTED = "R313";
    /// An object stands twice in one restore.
    OBJECT_TWICE = "R314";
    /// An object type that we know nothing about.
    UNKNOWN_TYPE = "R315";
    /// A group that `limits.groups` doesn't declare.
    GROUP_UNDECLARED = "R316";
    /// Checks are recorded as not run.
    CHECKS_NOT_RUN = "R317";
    /// Two restores under one job name.
    DUPLICATE_JOB_NAME = "R318";
    /// A restore's source or target lacks a part.
    INCOMPLETE = "R319";
    /// Not the name of an object.
    OBJECT_NAME = "R320";
    /// Not a name for a plan or a restore.
    NAME = "R321";
    /// Keys that contradict each other.
    CONTRADICTION = "R322";

    /// A database that must be at the target site isn't there.
    DATABASE_UNKNOWN = "R401";
    /// The backup doesn't hold an object.
    NOT_IN_BACKUP = "R402";
    /// A backup job has no such execution.
    EXECUTION_UNKNOWN = "R403";
    /// The execution that a plan names didn't complete successfully.
    EXECUTION_FAILED = "R404";
    /// A backup job has no execution that fits the plan.
    EXECUTION_NONE = "R405";
    /// A database is there that the restore would have to drop, and the plan doesn't allow that.
    TARGET_EXISTS = "R406";
    /// An object is in the backup as something else than the plan says.
    OTHER_TYPE = "R407";
    /// `exclude` names something that isn't in the backup.
    EXCLUDED_IN_VAIN = "R408";
    /// Something can't be checked, because the snapshot doesn't show it.
    NOT_IN_SNAPSHOT = "R409";

    /// Two cases of a test file under one name.
    CASE_TWICE = "R420";
    /// A test expects something of a restore that the plan doesn't have.
    EXPECTED_UNKNOWN = "R421";
    /// A test expects a rule that there isn't.
    EXPECTED_RULE = "R422";
    /// A case names no environment that can be read.
    CASE_ENVIRONMENT = "R423";
    /// A case has no snapshot that can be read.
    CASE_SNAPSHOT = "R424";
    /// An earlier restore that can't be laid over the snapshot.
    CASE_EARLIER = "R425";
    /// The plan that a test file is for can't be read.
    TESTED_PLAN = "R426";
    /// The plan of a case isn't valid, and the case doesn't expect that.
    CASE_PLAN = "R430";
    /// Another action is decided than a test expects.
    EXPECTED_ACTION = "R431";
    /// A decision doesn't say what a test expects.
    EXPECTED_WORDS = "R432";
    /// A decision has another value than a test expects.
    EXPECTED_VALUE = "R433";
    /// The restores that a test doesn't name aren't what it expects of them.
    EXPECTED_OTHERS = "R434";
    /// The plan breaks other rules than a test expects.
    EXPECTED_RULES = "R435";
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(super::RULES.is_sorted_by(|a, b| a.id < b.id));
    }
}
