//! R2: inputs, templates, environments and `for_each`.

rules! { INPUTS:
    /// An input has no value.
    INPUT_MISSING = "R201", Error;
    why: "An input without a default is one that the author didn't want to be guessed, most often a site. Without a \
          value there is no plan to check or to run.";
    mend: "Give the value in the environment under `inputs`, or on the command line with `--input NAME=VALUE`. If one \
           value is nearly always right, declare it as the `default`.";
    passes beside: "inputs.txt";

    /// An input's value isn't what its declaration asks for.
    INPUT_VALUE = "R202", Error;
    why: "The declaration is what the author agreed with whoever runs the plan at night: this is a number, that begins \
          with `_`. A value outside it would be carried into names and addresses before anybody saw it.";
    mend: "Change the value where it stands: in the environment, on the command line or in `default`. If the value is \
           right, change the declaration's `type`, `enum` or `pattern`, which the message shows too. On the command \
           line, lists and maps are written as in YAML: `--input 'tables=[orders, items]'`.";
    fails beside: "inputs.txt";
    passes beside: "inputs.txt";

    /// `--input` names an input that the plan doesn't declare.
    INPUT_UNKNOWN = "R203", Error;
    why: "A misspelt `--input` would change nothing. The plan would run with its default, to the usual site and not to \
          the one that you asked for.";
    mend: "Use a name that the plan declares under `inputs`, or leave the option out. An environment may give inputs \
           that this plan doesn't declare, because it serves several plans; the command line is for one.";
    fails beside: "inputs.txt";
    passes beside: "inputs.txt";

    /// An input that nothing uses.
    INPUT_UNUSED = "R204", Warning;
    why: "Whoever sets the input expects a change. Often the plan still holds the fixed value that the input was to \
          replace, and a drill for another site goes to the fixed one.";
    mend: "Write `{{name}}` where the value belongs, or remove the declaration. An input that is used in another \
           input's `default` only doesn't count: nothing is rendered there.";

    /// An input's declaration that can't work.
    INPUT_DECLARATION = "R205", Error;
    why: "Templates use names such as `item` and `index` themselves, so an input of that name could never be reached. \
          A `pattern` that is no regular expression couldn't refuse anything.";
    mend: "Give the input another name: not `item`, `index` or `this`, and not that of a helper such as `if`, `each` \
           or `eq`. In a `pattern`, do without look-around and back-references.";

    /// A template that can't be read, or that uses what plans refuse.
    TEMPLATE = "R210", Error;
    why: "Half a template, sent as it stands, would be a name that exists nowhere, and the site would say so in the \
          middle of a run. Plans also do without the parts of Handlebars that reach beyond one value, such as \
          partials, so that a value can never change what a plan is made of.";
    mend: "Close every `{{` with `}}`, and every block with its `{{/if}}` or `{{/each}}`. Use the helpers that the \
           message lists. Write `\\{{` for two braces that are meant as text.";

    /// A template uses a name that isn't there.
    TEMPLATE_NAME = "R211", Error;
    why: "Handlebars by itself renders an unknown name as nothing. `SALES_{{sufix}}` would become `SALES_`, a database \
          that may well exist.";
    mend: "Correct the name, or declare it under `inputs`. `item` and `index` are known in a restore with `for_each`, \
           in all of its fields but `name`; where the element is a map, its keys are reached as `{{item.key}}`.";

    /// A template can't be rendered with these values.
    TEMPLATE_RENDER = "R212", Error;
    why: "A list or a map in the middle of a text has no spelling that a database would know, and an empty value \
          leaves a hole in a name. Both would come to light only when the site looks for the object.";
    mend: "To restore each element of a list, put the list into `for_each` and write `{{item}}`. To pass a list or a \
           map on whole, let the template be the whole value: `\"{{tables}}\"`. To take one value out of a map, name \
           it: `{{map.key}}`.";

    /// An environment's base is missing, or bases go in a circle.
    EXTENDS = "R220", Error;
    why: "A base often holds the careful part, such as the limits and `protected: true`. To go on without it would run \
          the plan under looser rules than the team agreed on.";
    mend: "`extends` names a file in the same folder, without `.yaml`: `extends: _base` is `_base.yaml` beside this \
           environment. Add the file, or correct the name. In a circle, take one `extends` out.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml", "environments/_base.yaml";

    /// A template in an environment, where none are rendered.
    TEMPLATE_IN_ENVIRONMENT = "R221", Error;
    why: "Environments are plain values, so that anybody can read what production gets. The braces would be sent as \
          they stand, in the middle of a site's id or of a user's name.";
    mend: "Write the value itself. To combine values, declare an input for each and write the template in the plan; \
           only what differs between environments stays here.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml";

    /// An environment's API is described in part only.
    API = "R222", Error;
    why: "Without an address the service can't be reached, and with half a login nothing can be created. Otherwise \
          that would show at the first create, when the change is approved and the window has begun.";
    mend: "Add the key that the message names, here or in the environment that this one extends. An environment for \
           `validate` and `render` alone needs no `api` at all.";
    fails beside: "environments/test.yaml";
    passes beside: "environments/test.yaml";

    /// A file that a plan includes can't be used.
    INCLUDE = "R223", Error;
    why: "What several plans share often is the careful part: sites, deadlines, what may be replaced. A plan that went \
          on without it would run under other rules than its author relied on; and a file from outside of the plan's \
          folder isn't under the same review.";
    mend: "`include` names files seen from the folder of the file that it stands in, below the nearest folder named \
           `plans`. Correct the path, or move the file there. In a circle, take one `include` out.";
    passes beside: "_common.yaml";

    /// `for_each` isn't a list that can name restores.
    FOR_EACH = "R230", Error;
    why: "Every element becomes a restore with a name of its own, and by that name a second run recognises what the \
          first has done. Elements without a name, or two under one, couldn't be told apart at the site.";
    mend: "Give a list of texts or numbers, or of maps with a `name` or a `key`, like `[{name: eu, table: \
           ORDERS_EU}]`. Names are taken as lower-case words, so `A_B` and `a-b` are one; maps can name them \
           differently. An input that is used here has `type: list`.";
}
