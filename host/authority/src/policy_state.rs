//! The active policy, or the reason why no policy is active.

use claude_admin_audit::Code;
use claude_admin_catalog::{Action, PlaybookForm};
use claude_admin_policy::{
    Asker, Candidates, Decision, Denial, DenialKind, Explanation, HostAction, Policies, Question,
};
use std::sync::Arc;

/// The active policy.
#[derive(Debug, Clone)]
pub struct PolicyState {
    /// The policies; none while nothing is permitted.
    pub policies: Option<Arc<Policies>>,
    /// The problem of the file, with lines. The policies above are then the last valid ones.
    pub problem: Option<String>,
    /// The same for the audit log.
    pub cause: Option<Code>,
    /// The hash of the active policies.
    pub hash: Option<String>,
    /// The time at which they were loaded.
    pub loaded_at: jiff::Timestamp,
}

impl PolicyState {
    pub(crate) fn good(policies: Arc<Policies>) -> Self {
        let hash = Some(policies.hash().to_owned());
        Self { policies: Some(policies), problem: None, cause: None, hash, loaded_at: jiff::Timestamp::now() }
    }

    pub(crate) fn none(problem: String, cause: Code) -> Self {
        Self {
            policies: None,
            problem: Some(problem),
            cause: Some(cause),
            hash: None,
            loaded_at: jiff::Timestamp::now(),
        }
    }

    /// Decides as [`Policies::decide`]. Without policies everything is denied.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        match &self.policies {
            Some(policies) => policies.decide(question),
            None => Decision::Deny(self.no_policy()),
        }
    }

    /// Decides as [`Policies::decide_host`]. Without policies everything is denied.
    #[must_use]
    pub fn decide_host(&self, asker: &Asker<'_>, action: HostAction, now: jiff::Timestamp) -> Decision {
        match &self.policies {
            Some(policies) => policies.decide_host(asker, action, now),
            None => Decision::Deny(self.no_policy()),
        }
    }

    /// Decides as [`Policies::decide_playbook`]. Without policies everything is denied.
    #[must_use]
    pub fn decide_playbook(&self, asker: &Asker<'_>, form: &PlaybookForm, now: jiff::Timestamp) -> Decision {
        match &self.policies {
            Some(policies) => policies.decide_playbook(asker, form, now),
            None => Decision::Deny(self.no_policy()),
        }
    }

    /// Whether an action can ever be permitted: see [`Policies::may_ever`].
    #[must_use]
    pub fn may_ever(&self, asker: &Asker<'_>, action: &Action) -> bool {
        self.policies.as_ref().is_some_and(|policies| policies.may_ever(asker, action))
    }

    /// The users who can be permitted an action at all; none without policies.
    #[must_use]
    pub fn candidates(&self, action: &Action) -> Candidates {
        self.policies.as_ref().map(|policies| policies.candidates(action)).unwrap_or_default()
    }

    /// Explains a decision as [`Policies::explain`].
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        match &self.policies {
            Some(policies) => policies.explain(question),
            None => Explanation::empty(question, Decision::Deny(self.no_policy())),
        }
    }

    /// The denial of every command while no policy is active.
    #[must_use]
    pub fn no_policy(&self) -> Denial {
        // The problem names people and places: only the host administrator can see it.
        let message = "no policy is active because the policy file is missing or invalid";
        Denial { kind: DenialKind::Broken, message: message.to_owned() }
    }
}
