//! Permits that delegate: they permit an action only as a part of a playbook.
//!
//! The name of a playbook is not enough to trust its steps: another version with the same name can propose other ones. So
//! such a permit must require a name and a digest.

use cedar_policy::{Effect, Policy};
use serde::Serialize;
use serde_json::Value;

/// The playbook that a read or a step belongs to, as policies see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InPlaybook {
    /// The name.
    pub name: String,
    /// SHA-256 of its component, in hexadecimal.
    pub digest: String,
    /// The number of its steps; 0 while it reads.
    pub steps: u32,
}

/// The way in which a permit depends on a playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delegation {
    /// It does not.
    None,
    /// It requires a playbook by name and by digest.
    Pinned,
    /// It names a playbook, but does not require both.
    Open,
}

/// The name of the attribute of the context.
const PLAYBOOK: &str = "playbook";

impl Delegation {
    /// The delegation of a policy. A forbid never delegates.
    pub(super) fn of(policy: &Policy) -> Self {
        if policy.effect() != Effect::Permit {
            return Self::None;
        }
        let Ok(json) = policy.to_json() else { return Self::None };
        let conditions = json.get("conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !conditions.iter().any(reads_the_playbook) {
            return Self::None;
        }
        let when = conditions.iter().filter(|condition| condition["kind"] == "when");
        let mut required = Vec::new();
        when.for_each(|condition| conjuncts(&condition["body"], &mut required));
        let pins = |attribute: &str| required.iter().any(|one| equals_a_text(one, attribute));
        if pins("name") && pins("digest") { Self::Pinned } else { Self::Open }
    }
}

/// Whether an expression reads `context.playbook`, or whether it exists.
fn reads_the_playbook(expression: &Value) -> bool {
    match expression {
        Value::Object(members) => {
            let is_it = |operator: &str| members.get(operator).is_some_and(is_the_playbook);
            is_it(".") || is_it("has") || members.values().any(reads_the_playbook)
        }
        Value::Array(items) => items.iter().any(reads_the_playbook),
        _ => false,
    }
}

/// `context`, with the attribute `playbook`.
fn is_the_playbook(access: &Value) -> bool {
    access["left"]["Var"] == "context" && access["attr"] == PLAYBOOK
}

/// The expressions that must all be true.
fn conjuncts<'e>(expression: &'e Value, all: &mut Vec<&'e Value>) {
    match expression.get("&&") {
        Some(both) => {
            conjuncts(&both["left"], all);
            conjuncts(&both["right"], all);
        }
        None => all.push(expression),
    }
}

/// `context.playbook.NAME == "…"`, in any order.
fn equals_a_text(expression: &Value, attribute: &str) -> bool {
    let Some(equality) = expression.get("==") else { return false };
    let is_attribute = |side: &Value| side["."]["attr"] == attribute && is_the_playbook(&side["."]["left"]["."]);
    let is_text = |side: &Value| side["Value"].is_string();
    let (left, right) = (&equality["left"], &equality["right"]);
    (is_attribute(left) && is_text(right)) || (is_attribute(right) && is_text(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(condition: &str) -> Delegation {
        let policy = format!("permit(principal, action, resource) {condition};");
        Delegation::of(&policy.parse().unwrap())
    }

    #[test]
    fn permit_that_names_a_playbook_must_pin_name_and_digest() {
        let pinned =
            "context has playbook && context.playbook.name == \"offboard\" && context.playbook.digest == \"ab\"";
        for condition in [
            format!("when {{ {pinned} }}"),
            format!("when {{ {pinned} && context.playbook.steps <= 20 }}"),
            "when { context has playbook } when { \"a\" == context.playbook.name && \"b\" == context.playbook.digest }"
                .to_owned(),
        ] {
            assert_eq!(of(&condition), Delegation::Pinned, "{condition}");
        }
        for condition in [
            "when { context has playbook }",
            "when { context has playbook && context.playbook.name == \"offboard\" }",
            "when { context has playbook && context.playbook.digest == \"ab\" }",
            "when { context has playbook && context.playbook.name == \"x\" && context.playbook.digest like \"*\" }",
            "when { context has playbook && (context.playbook.name == \"x\" || context.playbook.digest == \"ab\") }",
            "when { context has playbook && context.playbook.name == context.playbook.digest }",
            "unless { context has playbook && context.playbook.name == \"x\" && context.playbook.digest == \"y\" }",
            "when { if context has playbook then context.playbook.name == \"x\" else true }",
        ] {
            assert_eq!(of(condition), Delegation::Open, "{condition}");
        }
        for condition in ["", "when { context has reason }", "when { context.arguments.name == \"playbook\" }"] {
            assert_eq!(of(condition), Delegation::None, "{condition}");
        }
        let forbid: Policy = "forbid(principal, action, resource) when { context has playbook };".parse().unwrap();
        assert_eq!(Delegation::of(&forbid), Delegation::None);
    }
}
