//! R42: tests that don't fit their plan; R43: what isn't as a test expects it.

rules! { TEST:
    /// Two cases of a test file under one name.
    CASE_TWICE = "R420", Error;
    why: "A case is told by its name: in what failed, in CI's history, and with `--filter`. With two under one name, the \
          one that failed yesterday can't be told from the one that fails today.";
    mend: "Rename one of them. A good name says in words what the case shows.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A test names a restore that the plan doesn't have.
    EXPECTED_UNKNOWN = "R421", Error;
    why: "What is expected of a restore that isn't there would never be compared with anything. Most often the restore \
          was renamed, and its test has been asleep since.";
    mend: "Correct the name, or take the expectation out. The name of a restore with `for_each` stands for all of its \
           elements; one element is named as the diff names it, like `reference-customer`.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A test expects a rule that there isn't.
    EXPECTED_RULE = "R422", Error;
    why: "No plan can break a rule that doesn't exist, so the case could never pass. A slip in the number would also hide \
          which rule was meant.";
    mend: "Write the id that a diagnostic shows in brackets. `restorectl explain` lists them all.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A case has no environment that can be read.
    CASE_ENVIRONMENT = "R423", Error;
    why: "The environment says which sites a plan is for and what is allowed there. Without it there is no plan to \
          decide about.";
    mend: "Name an environment that is beside the plan, in the case or at the top of the file for all cases. It is named \
           as with `--env`, without a path and without `.yaml`.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A case has no snapshot that can be read.
    CASE_SNAPSHOT = "R424", Error;
    why: "Every decision rests on what the sites show. Without a snapshot there is nothing to decide on, and a case that \
          decides nothing must not pass.";
    mend: "Name a recorded snapshot by its path from the test file, or write a short one into the case. \
           `restorectl snapshot` records one from the sites.";
    fails beside: "plan.test.yaml", "environments/test.yaml", "snapshot.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml", "snapshot.yaml";

    /// An earlier restore that can't be laid over the snapshot.
    CASE_EARLIER = "R425", Error;
    why: "An earlier restore is known by the name that the plan gives it, which depends on the backup execution, and it \
          is shown in its site's list. Where the snapshot has neither, the case would run without it and show something \
          else than it says.";
    mend: "Let the snapshot show the restores of the target site, if only as `restores: []`, and the job's executions. An \
           attempt needs a `status:`, for what the site shows of it, or a `journal:`, for what we know of it.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// The plan that a test file is for can't be read.
    TESTED_PLAN = "R426", Error;
    why: "A test file belongs to the plan beside it. When the plan is moved or renamed and its test is not, the test \
          would be left behind without a word.";
    mend: "Name the test file like its plan: `NAME.test.yaml` is for `NAME.yaml` in the same folder. Move or rename both \
           together.";
    fails beside: "other.test.yaml";
    passes beside: "plan.test.yaml";

    /// The plan of a case isn't valid, and the case doesn't expect that.
    CASE_PLAN = "R430", Error;
    why: "A plan with errors gives no decisions, so nothing that the case expects was compared. What is wrong with the \
          plan is shown beside it.";
    mend: "Mend the plan, or the inputs that the case gives it. If the case is there to show that such a plan is refused, \
           expect the rules that it breaks: `errors: [R301]`.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// Another action is decided than a test expects.
    EXPECTED_ACTION = "R431", Error;
    why: "In this situation the plan would do something else than was agreed: send what should be left alone, or leave \
          out what should come back. The reason is shown beside it.";
    mend: "The message says what is decided and why. If that is right, change the expectation; if not, look at what was \
           changed in the plan or the environment since the test last passed.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A decision doesn't say what a test expects.
    EXPECTED_WORDS = "R432", Error;
    why: "The action may be right for the wrong reason: blocked because a database is missing, and not because the guard \
          holds. Whoever mends the one would then find the other open.";
    mend: "The message shows what is said. Quote a part of it, as short as will do, so that a new wording elsewhere in \
           the sentence doesn't matter.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// A decision has another value than a test expects.
    EXPECTED_VALUE = "R433", Error;
    why: "Another execution, another name or another loss than was agreed. The action is the same, and its consequences \
          are not.";
    mend: "The message shows both values. If the new one is right, change the expectation; the name that a restore is \
           sent under changes with its definition.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// The restores that a test doesn't name aren't as it expects.
    EXPECTED_OTHERS = "R434", Error;
    why: "`others` speaks for all that `restores` doesn't name, so that a new restore can't slip in unseen. Where there \
          is no other at all, it would expect nothing and pass for nothing.";
    mend: "Say under `restores` what is expected of the one that differs. Where there are no others, write \
           `others: none` or leave it out.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";

    /// The plan breaks other rules than a test expects.
    EXPECTED_RULES = "R435", Error;
    why: "The case is there to show that a certain mistake is caught. If another one is caught in its place, or none, \
          it shows that no longer.";
    mend: "`errors` names every rule that the plan breaks, and no other; `warnings` does the same where it is given. \
           `restorectl validate` shows what they are.";
    fails beside: "plan.test.yaml", "environments/test.yaml";
    passes beside: "plan.test.yaml", "environments/test.yaml";
}
