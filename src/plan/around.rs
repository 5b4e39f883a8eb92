//! A plan without its restores: rendered, and its `defaults` taken out.

use super::findings::{Findings, draft};
use super::inputs::Inputs;
use super::node::{Node, Yaml};
use super::pointer::{Pointer, Trail};
use super::template::scope::Scope;
use super::template::{Templates, Used};
use super::{rule, schema, suggest};

/// Renders everything around the restores but the declarations of inputs. Gives it with the plan's `defaults`, which
/// are rendered for each restore.
pub(super) fn around(
    root: Node,
    inputs: &Inputs,
    mut templates: Templates<'_>,
    used: &mut Used,
    findings: &mut Findings,
) -> (Node, Option<Node>) {
    let Yaml::Map(entries) = root.value else { return (root, None) };
    let scope = Scope::new(inputs.values.clone(), inputs.broken.clone());
    let (mut kept, mut defaults) = (Vec::with_capacity(entries.len()), None);
    for mut entry in entries {
        let pointer = Pointer::default().join(&entry.key);
        match entry.key.as_str() {
            "inputs" | "version" | "include" | "restores" => {}
            "defaults" => {
                defaults = self::defaults(&entry.value, findings);
                continue;
            }
            _ => templates.tree(&mut entry.value, Trail::From(&pointer), &scope, None, findings),
        }
        kept.push(entry);
    }
    used.add(templates.into_used());
    (Node::new(root.span, Yaml::Map(kept)), defaults)
}

/// What `defaults` may be laid under every restore; its values are validated there.
fn defaults(node: &Node, findings: &mut Findings) -> Option<Node> {
    let Yaml::Map(entries) = &node.value else {
        if !node.is_broken() {
            let message = format!("this must be a map; it is {}", node.kind());
            findings.add(draft(rule::WRONG_KIND, node.span, "/defaults", message));
        }
        return None;
    };
    let mut kept = entries.clone();
    kept.retain(|entry| {
        let known = schema::PLAN.keys_of("defaults").any(|key| key == entry.key);
        if !known {
            let pointer = Pointer::from_text("/defaults").join(&entry.key);
            let found = draft(
                rule::UNKNOWN_KEY,
                entry.key_span,
                pointer.as_str(),
                format!("there is no key `{}` in `defaults`", entry.key),
            );
            let of_plan = matches!(entry.key.as_str(), "source" | "target");
            let hint = suggest::did_you_mean(&entry.key, schema::PLAN.keys_of("defaults"));
            let own =
                format!("write `{}:` at the top of the plan; it is the default of every restore there", entry.key);
            findings.add(found.maybe_hint(if of_plan { Some(own) } else { hint }));
        }
        known
    });
    Some(Node::new(node.span, Yaml::Map(kept)))
}
