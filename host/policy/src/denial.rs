//! Why something may not be done, in words for the person who asked.

use super::question::{Asker, Unaskable};
use super::{Holders, Policies};
use cedar_policy::PolicyId;
use serde::Serialize;

/// Why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The kind of reason.
    pub kind: DenialKind,
    /// What to tell the person who asked, as the end of a sentence. It names groups and never people.
    pub message: String,
}

/// The kind of reason why something may not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum DenialKind {
    /// No policy permits it.
    NothingPermits,
    /// Policies forbid it.
    Forbidden {
        /// Their names.
        policies: Vec<String>,
    },
    /// The policy is missing, broken, or failed while it was evaluated. Then nothing is allowed.
    Broken,
}

impl Denial {
    /// The policies that decided, by name: those that forbid it. Where nothing permits it, there are none.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        match &self.kind {
            DenialKind::Forbidden { policies } => policies,
            DenialKind::NothingPermits | DenialKind::Broken => &[],
        }
    }

    /// The policy cannot decide.
    pub(super) fn broken(problem: impl AsRef<str>) -> Self {
        let message = format!("the policy cannot decide, so that it is denied: {}", problem.as_ref());
        Self { kind: DenialKind::Broken, message }
    }

    /// There is no such action.
    #[must_use]
    pub fn unknown_action(id: &str) -> Self {
        Self::broken(format!("it knows no action `{id}`"))
    }

    /// The question cannot be put to the policy.
    pub(super) fn unaskable(unaskable: &Unaskable) -> Self {
        Self::broken(match unaskable {
            Unaskable::Argument(problem) => problem.clone(),
            Unaskable::Internal(problem) => format!("the question does not fit its schema ({problem})"),
        })
    }

    /// No policy permits it.
    pub(super) fn nothing_permits(action: &str, asker: &Asker<'_>, holders: &Holders) -> Self {
        Self {
            kind: DenialKind::NothingPermits,
            message: format!("you need `{action}` in {}{}", asker.place, who_has_it(asker, holders)),
        }
    }
}

impl Policies {
    /// Policies forbid it.
    pub(super) fn forbidden<'p>(
        &self,
        action: &str,
        asker: &Asker<'_>,
        policies: impl Iterator<Item = &'p PolicyId>,
    ) -> Denial {
        let mut policies: Vec<_> = policies.filter_map(|id| self.policy(id)).collect();
        policies.sort_by_key(|policy| policy.line);
        let told = policies.iter().map(|policy| match &policy.description {
            Some(description) => format!("`{}` ({description})", policy.id),
            None => format!("`{}`", policy.id),
        });
        let told = told.collect::<Vec<_>>().join(", ");
        Denial {
            kind: DenialKind::Forbidden { policies: policies.iter().map(|policy| policy.id.clone()).collect() },
            message: format!("`{action}` is forbidden in {} by {told}", asker.place),
        }
    }
}

fn who_has_it(asker: &Asker<'_>, holders: &Holders) -> String {
    if holders.is_nobody() {
        return ", which no policy permits to anybody".to_owned();
    }
    if holders.everybody || holders.groups.iter().any(|group| asker.groups.contains(group)) {
        return ", which is permitted under other conditions".to_owned();
    }
    let groups: Vec<&str> = holders.groups.iter().map(String::as_str).collect();
    match (groups.is_empty(), holders.named_people) {
        (false, false) => format!("; groups that have it: {}", groups.join(", ")),
        (false, true) => format!("; groups that have it: {}, and somebody named in the policy", groups.join(", ")),
        _ => "; somebody named in the policy has it".to_owned(),
    }
}
