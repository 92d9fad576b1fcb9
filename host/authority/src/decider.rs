//! Evaluates the active policy for a user, with the current groups of the user.

use super::approval::LoneOperator;
use super::directory::DirectoryError;
use super::groups::Groups;
use super::operation::Clock;
use super::people::People;
use super::policy::{Alone, Asker, Decision, Denial, DenialKind, Explanation, HostAction, InPlaybook, Question};
use super::{Change, LivePolicy, PolicyState};
use claude_admin_audit::{Entry, Event};
use claude_admin_catalog::{Action, PlaybookForm};
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Place, Principal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A user at a place, with the groups of the user and the policy that is evaluated: the groups were looked up only for
/// this policy.
#[derive(Debug, Clone)]
pub struct Person {
    /// The principal.
    pub principal: Principal,
    /// The place.
    pub place: Place,
    /// The person that the configuration maps the principal to, if any.
    pub person: Option<String>,
    groups: Result<BTreeSet<String>, DirectoryError>,
    policy: Arc<PolicyState>,
}

impl Person {
    /// An entry about an event of this user, with the policy that is evaluated.
    #[must_use]
    pub fn did(&self, event: Event) -> Entry {
        let (policy_hash, person) = (self.policy.hash.clone(), self.person.clone());
        Entry { policy_hash, person, ..Entry::by(&self.principal, &self.place, event) }
    }

    /// The denial of every command, if no policy was active at the time of the request.
    #[must_use]
    pub fn without_policy(&self) -> Option<Denial> {
        self.policy.policies.is_none().then(|| self.policy.no_policy())
    }

    /// Whether the user belongs to a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.as_ref().is_ok_and(|groups| groups.contains(group))
    }

    /// The hash of the policy that is evaluated; empty while no policy is active.
    #[must_use]
    pub fn policy_hash(&self) -> &str {
        self.policy.hash.as_deref().unwrap_or_default()
    }

    /// The groups of the user; none if the chat platform does not report them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(String::as_str)
    }
}

/// Evaluates the active policy.
#[derive(Debug)]
pub struct Decider {
    policy: Arc<LivePolicy>,
    groups: Groups,
    people: Arc<People>,
    clock: Clock,
    alone: Option<LoneOperator>,
}

impl Decider {
    /// Combines a policy and groups.
    #[must_use]
    pub fn new(policy: Arc<LivePolicy>, groups: Groups, clock: Clock) -> Self {
        Self { policy, groups, people: Arc::default(), clock, alone: None }
    }

    /// Maps principals to people, so approvals count people.
    #[must_use]
    pub fn with_people(self, people: People) -> Self {
        Self { people: Arc::new(people), ..self }
    }

    /// The principals that are one person.
    #[must_use]
    pub fn people(&self) -> &Arc<People> {
        &self.people
    }

    /// Permits one user to replace the approval of others, as long as the policy names no other user.
    #[must_use]
    pub fn with_lone_operator(self, alone: Option<LoneOperator>) -> Self {
        Self { alone, ..self }
    }

    /// The lone operator, if this user is the lone operator.
    #[must_use]
    pub fn lone_operator(&self, person: &Person) -> Option<&LoneOperator> {
        let alone = self.alone.as_ref().filter(|alone| alone.principal == person.principal)?;
        let policies = person.policy.policies.as_ref()?;
        policies.second_person(&alone.principal).is_none().then_some(alone)
    }

    /// The configured lone operator, for any requester.
    #[must_use]
    pub fn configured_alone(&self) -> Option<&LoneOperator> {
        self.alone.as_ref()
    }

    /// A user other than the lone operator in the policy, if there is one.
    #[must_use]
    pub fn second_person(&self) -> Option<String> {
        let alone = self.alone.as_ref()?;
        self.policy.current().policies.as_ref()?.second_person(&alone.principal)
    }

    /// The active policy.
    #[must_use]
    pub fn policy(&self) -> Arc<PolicyState> {
        self.policy.current()
    }

    /// The hash of the active policy; empty while no policy is active.
    #[must_use]
    pub fn policy_hash(&self) -> String {
        self.policy.current().hash.clone().unwrap_or_default()
    }

    /// Reads the policy again if its file changed, and returns the result.
    pub fn refresh(&self) -> Option<Change> {
        self.policy.refresh()
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Looks up the groups of a principal.
    pub async fn person(&self, principal: &Principal, place: &Place) -> Person {
        let state = self.policy.current();
        let named = state.policies.as_ref().map(|policies| policies.groups_named().clone()).unwrap_or_default();
        let groups = self.groups.of(principal, &named).await;
        if let Err(error) = &groups {
            tracing::warn!(%principal, %error, "cannot look up the groups of the principal; all commands are denied");
        }
        let person = self.people.person(principal).map(str::to_owned);
        Person { principal: principal.clone(), place: place.clone(), person, groups, policy: state }
    }

    /// Decides on an action.
    #[must_use]
    pub fn decide(&self, person: &Person, action: &Action, arguments: &Arguments, reason: Option<&str>) -> Decision {
        self.decide_in(person, action, arguments, reason, None)
    }

    /// Decides on an action that can be a part of a playbook.
    #[must_use]
    pub fn decide_in(
        &self,
        person: &Person,
        action: &Action,
        arguments: &Arguments,
        reason: Option<&str>,
        playbook: Option<&InPlaybook>,
    ) -> Decision {
        let decision = self
            .ask(person, |state, asker, now| {
                state.decide(&Question { asker, action, arguments, reason, playbook, now })
            })
            .unwrap_or_else(Decision::Deny);
        match decision {
            Decision::Allow(mut requirements) if !requirements.approvals.is_empty() => {
                let alone = self.lone_operator(person);
                requirements.alone = alone.map(|alone| Alone { delay_seconds: alone.delay.as_secs() });
                Decision::Allow(requirements)
            }
            decision => decision,
        }
    }

    /// Decides a command of the host itself.
    #[must_use]
    pub fn may(&self, person: &Person, action: HostAction) -> Option<Denial> {
        match self.ask(person, |state, asker, now| state.decide_host(&asker, action, now)) {
            Ok(Decision::Allow(_)) => None,
            Ok(Decision::Deny(denial)) | Err(denial) => Some(denial),
        }
    }

    /// Decides whether a user can run a playbook, and with which requirements in addition to those of its steps.
    #[must_use]
    pub fn decide_playbook(&self, person: &Person, form: &PlaybookForm) -> Decision {
        self.ask(person, |state, asker, now| state.decide_playbook(&asker, form, now)).unwrap_or_else(Decision::Deny)
    }

    /// Whether an action might be permitted with some arguments.
    #[must_use]
    pub fn may_ever(&self, person: &Person, action: &Action) -> bool {
        self.ask(person, |state, asker, _| state.may_ever(&asker, action)).unwrap_or(false)
    }

    /// Explains a decision; `None` if the groups of the user are not known.
    #[must_use]
    pub fn explain(
        &self,
        person: &Person,
        action: &Action,
        arguments: &Arguments,
        reason: Option<&str>,
    ) -> Option<Explanation> {
        let asked = self.ask(person, |state, asker, now| {
            state.explain(&Question { asker, action, arguments, reason, playbook: None, now })
        });
        asked.ok()
    }

    fn ask<T>(
        &self,
        person: &Person,
        ask: impl FnOnce(&PolicyState, Asker<'_>, jiff::Timestamp) -> T,
    ) -> Result<T, Denial> {
        let groups = person.groups.as_ref().map_err(|error| Denial {
            kind: DenialKind::Broken,
            message: format!("the chat platform does not report which user groups you belong to ({error})"),
        })?;
        let now = jiff::Timestamp::from_millisecond(self.clock.now_ms()).unwrap_or_default();
        let asker = Asker { principal: &person.principal, groups, place: &person.place };
        Ok(ask(&person.policy, asker, now))
    }
}
