//! The reason of a denial, as a message for the requester.

use super::asker::Asker;
use super::question::Unaskable;
use super::{Holders, Policies};
use cedar_policy::PolicyId;
use serde::Serialize;

/// The reason of a denial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The kind of reason.
    pub kind: DenialKind,
    /// The message for the requester, as the end of a sentence. It names groups, never people.
    pub message: String,
}

/// The kind of reason of a denial.
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
    /// The policy is missing or invalid, or its evaluation failed. All actions are denied.
    Broken,
}

impl Denial {
    /// The names of the policies that forbid the action. Empty if no policy permits it.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        match &self.kind {
            DenialKind::Forbidden { policies } => policies,
            DenialKind::NothingPermits | DenialKind::Broken => &[],
        }
    }

    /// The policy cannot decide.
    pub(super) fn broken(problem: impl AsRef<str>) -> Self {
        let message = format!("the policy cannot decide, so the action is denied: {}", problem.as_ref());
        Self { kind: DenialKind::Broken, message }
    }

    /// There is no such action.
    #[must_use]
    pub fn unknown_action(id: &str) -> Self {
        Self::broken(format!("it has no action `{id}`"))
    }

    /// The request cannot be evaluated by the policy.
    pub(super) fn unaskable(unaskable: &Unaskable) -> Self {
        Self::broken(match unaskable {
            Unaskable::Argument(problem) => problem.clone(),
            Unaskable::Internal(problem) => format!("the request does not match its schema ({problem})"),
        })
    }

    /// No policy permits it.
    pub(super) fn nothing_permits(action: &str, asker: &Asker<'_>, holders: &Holders) -> Self {
        Self {
            kind: DenialKind::NothingPermits,
            message: format!(
                "this requires the permission `{action}` in {}{}",
                asker.place,
                who_has_it(asker, holders)
            ),
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
        return "; no policy grants this permission".to_owned();
    }
    if holders.everybody || holders.groups.iter().any(|group| asker.groups.contains(group)) {
        return "; the policy grants it under other conditions".to_owned();
    }
    let groups: Vec<&str> = holders.groups.iter().map(String::as_str).collect();
    match (groups.is_empty(), holders.named_people) {
        (false, false) => format!("; groups with this permission: {}", groups.join(", ")),
        (false, true) => format!("; groups with this permission: {}, and users named in the policy", groups.join(", ")),
        _ => "; users named in the policy have this permission".to_owned(),
    }
}
