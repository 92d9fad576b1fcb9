//! The explanation of a decision.

use super::loaded_policy::LoadedPolicy;
use super::scan::one_line;
use super::scope::Bound;
use super::vocabulary::KnownAction;
use super::{Decision, Holders, Policies, Question};
use cedar_policy::{Entities, Policy, PolicySet, Request};
use serde::Serialize;

/// The maximum number of characters of a condition that are shown.
const MOST_CONDITION: usize = 200;

/// The explanation of the decision about one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The action.
    pub action: String,
    /// The requester.
    pub principal: String,
    /// The place.
    pub place: String,
    /// The decision of the policy.
    pub decision: Decision,
    /// The policies that decided: permits if the action is permitted, forbids if it is forbidden.
    pub deciding: Vec<PolicyNote>,
    /// Permits that match although the action is denied.
    pub overruled: Vec<PolicyNote>,
    /// Permits for the action that do not match, with the reasons.
    pub near_misses: Vec<NearMiss>,
    /// Forbids that match.
    pub forbids: Vec<PolicyNote>,
    /// The groups and users that have the permission.
    pub holders: Holders,
}

/// One policy, as an explanation names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyNote {
    /// The value of `@id`, or `policy at line N`.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// The value of `@description`.
    pub description: Option<String>,
}

/// A permit for the action that does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// The permit.
    pub policy: PolicyNote,
    /// The conditions that are not met, each in a few words.
    pub missing: Vec<String>,
}

impl Explanation {
    /// A decision without policies.
    #[must_use]
    pub fn empty(question: &Question<'_>, decision: Decision) -> Self {
        Self {
            action: question.action.id.clone(),
            principal: question.asker.principal.to_string(),
            place: question.asker.place.to_string(),
            deciding: Vec::new(),
            overruled: Vec::new(),
            near_misses: Vec::new(),
            forbids: Vec::new(),
            holders: Holders::default(),
            decision,
        }
    }
}

impl From<&LoadedPolicy> for PolicyNote {
    fn from(policy: &LoadedPolicy) -> Self {
        Self { id: policy.id.clone(), line: policy.line, description: policy.description.clone() }
    }
}

/// The result of one policy for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Matches,
    DoesNotMatch,
    Fails,
}

impl Policies {
    /// Explains the decision about a question.
    #[must_use]
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        let mut explanation = Explanation::empty(question, self.decide(question));
        let Some(action) = self.vocabulary.action(&question.action.id) else { return explanation };
        explanation.holders = self.holders(action);
        let request = self.vocabulary.request(question, action);
        let entities = self.vocabulary.entities(&question.asker, action);
        // If the request is invalid, no policy can be evaluated. The decision contains the problem.
        let (Ok(request), Ok(entities)) = (request, entities) else { return explanation };
        let allowed = explanation.decision.requirements().is_some();
        for policy in self.policies.iter().filter(|policy| policy.is_about(action)) {
            let note = PolicyNote::from(policy);
            match (self.standing(&policy.cedar, &request, &entities), policy.permits()) {
                (Standing::Matches, true) if allowed => explanation.deciding.push(note),
                (Standing::Matches, true) => explanation.overruled.push(note),
                (Standing::Matches, false) => explanation.forbids.push(note),
                (_, true) => {
                    let missing = self.missing(policy, question, action, &request, &entities);
                    explanation.near_misses.push(NearMiss { policy: note, missing });
                }
                (_, false) => {}
            }
        }
        if !allowed {
            explanation.deciding.clone_from(&explanation.forbids);
        }
        explanation
    }

    /// The unmet conditions that prevent a permit from matching.
    fn missing(
        &self,
        policy: &LoadedPolicy,
        question: &Question<'_>,
        action: &KnownAction,
        request: &Request,
        entities: &Entities,
    ) -> Vec<String> {
        let types = &self.vocabulary.types;
        let asker = &question.asker;
        let mut missing = Vec::new();
        let who = policy.who();
        if !who.holds(&types.user(asker.principal), &types.lineage_of_user(asker)) {
            missing.push(who_is_needed(&who));
        }
        let place = policy.whereabouts();
        if !place.holds(&types.place(asker.place), &types.lineage_of_place(asker.place)) {
            missing.push(place_that_is_needed(&place));
        }
        for condition in &policy.conditions {
            let text = shortened(&condition.text);
            // Evaluates only this clause, for all principals, actions and resources.
            match Policy::parse(None, format!("permit(principal, action, resource) {};", condition.text)) {
                Ok(alone) => match self.standing(&alone, request, entities) {
                    Standing::Matches => {}
                    Standing::DoesNotMatch => missing.push(format!("its condition is not met: {text}")),
                    Standing::Fails => missing.push(format!("its condition cannot be evaluated: {text}")),
                },
                Err(_) => missing.push(format!("its condition might not be met: {text}")),
            }
        }
        if missing.is_empty() {
            let action = action.entity.uid();
            missing.push(format!("it cannot be evaluated for {action}"));
        }
        missing
    }

    /// Evaluates a single policy for a request.
    fn standing(&self, policy: &Policy, request: &Request, entities: &Entities) -> Standing {
        let Ok(alone) = PolicySet::from_policies([policy.clone()]) else { return Standing::Fails };
        let response = self.authorizer.is_authorized(request, &alone, entities);
        if response.diagnostics().errors().next().is_some() {
            Standing::Fails
        } else if response.diagnostics().reason().next().is_some() {
            Standing::Matches
        } else {
            Standing::DoesNotMatch
        }
    }
}

fn who_is_needed(bound: &Bound) -> String {
    match bound {
        Bound::In(uid) | Bound::TypeIn(_, uid) => match uid.type_name().basename() {
            "User" => "only for a user named in it".to_owned(),
            _ => format!("needs a member of {uid}"),
        },
        // People are not listed.
        Bound::Only(_) => "only for a user named in it".to_owned(),
        Bound::Type(ty) => format!("needs a {ty}"),
        Bound::Any => "needs another user".to_owned(),
    }
}

fn place_that_is_needed(bound: &Bound) -> String {
    match bound {
        Bound::Only(uid) | Bound::In(uid) | Bound::TypeIn(_, uid) => format!("only in {uid}"),
        Bound::Type(ty) => format!("only in a {ty}"),
        Bound::Any => "only in another place".to_owned(),
    }
}

/// A condition in one line.
fn shortened(condition: &str) -> String {
    let line = one_line(condition);
    match line.char_indices().nth(MOST_CONDITION) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{action, arguments, policies, someone};
    use super::*;
    use claude_admin_chat::command::Arguments;
    use serde_json::json;

    const TEXT: &str = r#"@id("admins")
@description("Admins do everything")
permit (principal in Group::"admins", action, resource);

@id("one-place")
permit (principal, action == Action::"users.remove", resource == Place::"slack:T1/C9");

@id("one-person")
permit (principal == User::"slack:T1/U2", action == Action::"users.remove", resource in Tenant::"slack:T2");

@id("with-reason")
permit (principal, action == Action::"users.remove", resource)
when { principal.platform == "slack" }
when {
  // A ticket.
  context has reason && context.reason like "*-*"
};

@id("others")
permit (principal, action == Action::"users.list", resource);

@id("not-ada")
@description("Ada stays")
forbid (principal, action, resource)
when { context has arguments && context.arguments has user_id && context.arguments.user_id == "ada" };
"#;

    fn explain(groups: &[&str], user: &str, reason: Option<&str>) -> Explanation {
        let mut asker = someone(groups);
        asker.reason = reason.map(str::to_owned);
        let given = arguments(json!({ "user-id": user }));
        policies(TEXT).explain(&asker.asks(action("users.remove"), &given))
    }

    fn ids(notes: &[PolicyNote]) -> Vec<(&str, usize)> {
        notes.iter().map(|note| (note.id.as_str(), note.line)).collect()
    }

    #[test]
    fn near_misses_say_what_would_have_to_be_otherwise() {
        let found = explain(&[], "bob", None);
        assert!(found.decision.requirements().is_none());
        assert!(found.deciding.is_empty() && found.forbids.is_empty() && found.overruled.is_empty());
        let missing: Vec<_> = found
            .near_misses
            .iter()
            .map(|miss| (miss.policy.id.as_str(), miss.policy.line, miss.missing.clone()))
            .collect();
        let expected = [
            ("admins", 1, vec!["needs a member of Group::\"admins\""]),
            ("one-place", 5, vec!["only in Place::\"slack:T1/C9\""]),
            ("one-person", 8, vec!["only for a user named in it", "only in Tenant::\"slack:T2\""]),
            (
                "with-reason",
                11,
                vec!["its condition is not met: when { context has reason && context.reason like \"*-*\" }"],
            ),
        ];
        assert_eq!(missing.len(), expected.len());
        for (found, expected) in missing.iter().zip(expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1));
            assert_eq!(found.2, expected.2);
        }
        assert!(found.holders.groups.contains("admins") && found.holders.named_people);
    }

    #[test]
    fn explanation_names_the_deciding_policies() {
        let allowed = explain(&["admins"], "bob", Some("T-1"));
        assert!(allowed.decision.requirements().is_some());
        assert_eq!(ids(&allowed.deciding), [("admins", 1), ("with-reason", 11)]);
        assert_eq!(allowed.deciding[0].description.as_deref(), Some("Admins do everything"));
        assert_eq!(allowed.near_misses.len(), 2);
        let forbidden = explain(&["admins"], "ada", None);
        assert_eq!(ids(&forbidden.deciding), [("not-ada", 22)]);
        assert_eq!(ids(&forbidden.forbids), [("not-ada", 22)]);
        assert_eq!(ids(&forbidden.overruled), [("admins", 1)]);
    }

    #[test]
    fn conditions_are_shown_short_and_in_one_line() {
        let long = format!("context has reason && context.reason == \"{}\"", "ü".repeat(500));
        let policies = policies(&format!("permit(principal, action, resource)\nwhen {{\n{long} }};"));
        let given = Arguments::new();
        let found = policies.explain(&someone(&[]).asks(action("users.list"), &given));
        let text = &found.near_misses[0].missing[0];
        assert!(text.starts_with("its condition is not met: when { context has") && text.ends_with("ü…"), "{text}");
        assert!(text.chars().count() < 240);
    }

    #[test]
    fn explanation_shows_a_condition_that_cannot_be_evaluated() {
        let text = "permit(principal, action == Action::\"users.list\", resource) when { context.arguments has limit && \
                    context.arguments.limit * 9223372036854775807 > 0 };";
        let given = arguments(json!({ "limit": 2 }));
        let found = policies(text).explain(&someone(&[]).asks(action("users.list"), &given));
        assert!(found.near_misses[0].missing[0].starts_with("its condition cannot be evaluated: "));
        let unaskable = arguments(json!({ "limit": "x" }));
        let found = policies(text).explain(&someone(&[]).asks(action("users.list"), &unaskable));
        assert!(found.near_misses.is_empty() && found.decision.requirements().is_none());
    }

    #[test]
    fn an_explanation_is_plain_data() {
        let value = serde_json::to_value(explain(&["admins"], "bob", None)).unwrap();
        assert_eq!(value["decision"]["decision"], "allow");
        assert_eq!(value["deciding"][0]["id"], "admins");
        let value = serde_json::to_value(explain(&[], "bob", None)).unwrap();
        assert_eq!(value["decision"]["decision"], "deny");
        assert_eq!(value["decision"]["kind"]["reason"], "nothing-permits");
    }
}
