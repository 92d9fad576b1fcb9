//! Asks the policy in force about somebody, with the groups that they belong to now.

use super::approval::LoneOperator;
use super::directory::DirectoryError;
use super::groups::Groups;
use super::operation::Clock;
use super::people::People;
use super::policy::{Alone, Asker, Decision, Denial, DenialKind, Explanation, HostAction, Question};
use super::{Change, LivePolicy, PolicyState};
use claude_admin_audit::{Entry, Event};
use claude_admin_catalog::Action;
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Place, Principal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Somebody somewhere, with the groups that they belong to and the policy that they are judged by: the groups were looked
/// up for that policy and no other.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub principal: Principal,
    /// Where.
    pub place: Place,
    /// The person that the configuration maps the principal to, if any.
    pub person: Option<String>,
    groups: Result<BTreeSet<String>, DirectoryError>,
    policy: Arc<PolicyState>,
}

impl Person {
    /// An entry about what they did, with the policy that they are judged by.
    #[must_use]
    pub fn did(&self, event: Event) -> Entry {
        let (policy_hash, person) = (self.policy.hash.clone(), self.person.clone());
        Entry { policy_hash, person, ..Entry::by(&self.principal, &self.place, event) }
    }

    /// The denial of everything, where no policy was in force when they asked.
    #[must_use]
    pub fn without_policy(&self) -> Option<Denial> {
        self.policy.policies.is_none().then(|| self.policy.no_policy())
    }

    /// Whether they belong to a group.
    #[must_use]
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.as_ref().is_ok_and(|groups| groups.contains(group))
    }

    /// The hash of the policy that they are judged by; empty while none is in force.
    #[must_use]
    pub fn policy_hash(&self) -> &str {
        self.policy.hash.as_deref().unwrap_or_default()
    }

    /// The groups that they belong to; none when the chat platform does not tell.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flatten().map(String::as_str)
    }
}

/// Asks the policy in force.
#[derive(Debug)]
pub struct Decider {
    policy: Arc<LivePolicy>,
    groups: Groups,
    people: Arc<People>,
    clock: Clock,
    alone: Option<LoneOperator>,
}

impl Decider {
    /// Puts a policy and groups together.
    #[must_use]
    pub fn new(policy: Arc<LivePolicy>, groups: Groups, clock: Clock) -> Self {
        Self { policy, groups, people: Arc::default(), clock, alone: None }
    }

    /// Maps principals to people, so that approvals count people.
    #[must_use]
    pub fn with_people(self, people: People) -> Self {
        Self { people: Arc::new(people), ..self }
    }

    /// Which principals are one person.
    #[must_use]
    pub fn people(&self) -> &Arc<People> {
        &self.people
    }

    /// Lets one user replace the approval of others, as long as the policy names no other user.
    #[must_use]
    pub fn with_lone_operator(self, alone: Option<LoneOperator>) -> Self {
        Self { alone, ..self }
    }

    /// The lone operator, if this person is that.
    #[must_use]
    pub fn lone_operator(&self, person: &Person) -> Option<&LoneOperator> {
        let alone = self.alone.as_ref().filter(|alone| alone.principal == person.principal)?;
        let policies = person.policy.policies.as_ref()?;
        policies.second_person(&alone.principal).is_none().then_some(alone)
    }

    /// The lone operator that is configured, whoever asks.
    #[must_use]
    pub fn configured_alone(&self) -> Option<&LoneOperator> {
        self.alone.as_ref()
    }

    /// A user whom the policy names beside the lone operator, where there is one.
    #[must_use]
    pub fn second_person(&self) -> Option<String> {
        let alone = self.alone.as_ref()?;
        self.policy.current().policies.as_ref()?.second_person(&alone.principal)
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<PolicyState> {
        self.policy.current()
    }

    /// The hash of the policy in force; empty while none is.
    #[must_use]
    pub fn policy_hash(&self) -> String {
        self.policy.current().hash.clone().unwrap_or_default()
    }

    /// Reads the policy again if its file changed, and says what came of it.
    pub fn refresh(&self) -> Option<Change> {
        self.policy.refresh()
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Finds out which groups somebody belongs to.
    pub async fn person(&self, principal: &Principal, place: &Place) -> Person {
        let state = self.policy.current();
        let named = state.policies.as_ref().map(|policies| policies.groups_named().clone()).unwrap_or_default();
        let groups = self.groups.of(principal, &named).await;
        if let Err(error) = &groups {
            tracing::warn!(%principal, %error, "the groups of somebody cannot be looked up; nothing is allowed to them");
        }
        let person = self.people.person(principal).map(str::to_owned);
        Person { principal: principal.clone(), place: place.clone(), person, groups, policy: state }
    }

    /// Decides on an action.
    #[must_use]
    pub fn decide(&self, person: &Person, action: &Action, arguments: &Arguments, reason: Option<&str>) -> Decision {
        let decision = self
            .ask(person, |state, asker, now| state.decide(&Question { asker, action, arguments, reason, now }))
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

    /// Decides on something that the host itself offers.
    #[must_use]
    pub fn may(&self, person: &Person, action: HostAction) -> Option<Denial> {
        match self.ask(person, |state, asker, now| state.decide_host(&asker, action, now)) {
            Ok(Decision::Allow(_)) => None,
            Ok(Decision::Deny(denial)) | Err(denial) => Some(denial),
        }
    }

    /// Whether an action might be allowed with some arguments.
    #[must_use]
    pub fn may_ever(&self, person: &Person, action: &Action) -> bool {
        self.ask(person, |state, asker, _| state.may_ever(&asker, action)).unwrap_or(false)
    }

    /// Explains a decision; `None` when it is not known who somebody is.
    #[must_use]
    pub fn explain(
        &self,
        person: &Person,
        action: &Action,
        arguments: &Arguments,
        reason: Option<&str>,
    ) -> Option<Explanation> {
        let asked =
            self.ask(person, |state, asker, now| state.explain(&Question { asker, action, arguments, reason, now }));
        asked.ok()
    }

    fn ask<T>(
        &self,
        person: &Person,
        ask: impl FnOnce(&PolicyState, Asker<'_>, jiff::Timestamp) -> T,
    ) -> Result<T, Denial> {
        let groups = person.groups.as_ref().map_err(|error| Denial {
            kind: DenialKind::Broken,
            message: format!("the chat platform does not tell which user groups you belong to ({error})"),
        })?;
        let now = jiff::Timestamp::from_millisecond(self.clock.now_ms()).unwrap_or_default();
        let asker = Asker { principal: &person.principal, groups, place: &person.place };
        Ok(ask(&person.policy, asker, now))
    }
}
