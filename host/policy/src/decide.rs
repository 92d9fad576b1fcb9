//! The decision.

use super::asker::Asker;
use super::question::Question;
use super::vocabulary::KnownAction;
use super::{Denial, HostAction, Policies, Requirements};
use cedar_policy::{Request, Response};
use claude_admin_catalog::PlaybookForm;
use serde::Serialize;

/// The decision of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// The action is permitted, with these requirements.
    Allow(Requirements),
    /// The action is denied.
    Deny(Denial),
}

impl Decision {
    /// The requirements, or `None` if the action is denied.
    #[must_use]
    pub fn requirements(&self) -> Option<&Requirements> {
        match self {
            Self::Allow(requirements) => Some(requirements),
            Self::Deny(_) => None,
        }
    }
}

impl Policies {
    /// Decides whether a user can run exactly this action, here and now. An action that no policy permits is denied.
    /// All actions are denied while a policy cannot be evaluated: Cedar ignores such a policy, and it might be a
    /// forbid.
    #[must_use]
    pub fn decide(&self, question: &Question<'_>) -> Decision {
        let Some(action) = self.vocabulary.action(&question.action.id) else {
            return Decision::Deny(Denial::unknown_action(&question.action.id));
        };
        match self.vocabulary.request(question, action) {
            Ok(request) => self.answer(&question.asker, action, &request),
            Err(unaskable) => Decision::Deny(Denial::unaskable(&unaskable)),
        }
    }

    /// Decides whether a user can use an action of the host itself.
    #[must_use]
    pub fn decide_host(&self, asker: &Asker<'_>, action: HostAction, now: jiff::Timestamp) -> Decision {
        self.decide_bare(asker, action.as_str(), now)
    }

    /// Decides whether a user can run a playbook. Each of its reads and of its steps is decided too.
    #[must_use]
    pub fn decide_playbook(&self, asker: &Asker<'_>, form: &PlaybookForm, now: jiff::Timestamp) -> Decision {
        self.decide_bare(asker, &form.id(), now)
    }

    /// Decides on an action without arguments.
    fn decide_bare(&self, asker: &Asker<'_>, id: &str, now: jiff::Timestamp) -> Decision {
        let Some(known) = self.vocabulary.action(id) else {
            return Decision::Deny(Denial::unknown_action(id));
        };
        match self.vocabulary.host_request(asker, known, now) {
            Ok(request) => self.answer(asker, known, &request),
            Err(unaskable) => Decision::Deny(Denial::unaskable(&unaskable)),
        }
    }

    fn answer(&self, asker: &Asker<'_>, action: &KnownAction, request: &Request) -> Decision {
        let uid = action.entity.uid();
        let id = uid.id().unescaped();
        let entities = match self.vocabulary.entities(asker, action) {
            Ok(entities) => entities,
            Err(problem) => return Decision::Deny(Denial::broken(problem)),
        };
        let response = self.authorizer.is_authorized(request, &self.set, &entities);
        if let Some(problem) = self.failures(&response) {
            return Decision::Deny(Denial::broken(problem));
        }
        let mut reasons = response.diagnostics().reason().peekable();
        match response.decision() {
            cedar_policy::Decision::Allow => {
                // The permits in the order of the file; Cedar returns them in any order.
                let reasons: Vec<_> = reasons.collect();
                let matched = |id: &str| reasons.iter().any(|reason| AsRef::<str>::as_ref(*reason) == id);
                let permits = self.policies.iter().filter(|policy| matched(&policy.id));
                Decision::Allow(Requirements::of(
                    action.risks.iter().copied(),
                    permits.map(|policy| (policy.id.as_str(), &policy.demands)),
                ))
            }
            cedar_policy::Decision::Deny if reasons.peek().is_none() => {
                Decision::Deny(Denial::nothing_permits(id, asker, &self.holders(action)))
            }
            cedar_policy::Decision::Deny => Decision::Deny(self.forbidden(id, asker, reasons)),
        }
    }

    /// The policies that could not be evaluated, with the reasons.
    fn failures(&self, response: &Response) -> Option<String> {
        let told = |error: &cedar_policy::AuthorizationError| {
            let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
            let policy = self.policy(error.policy_id());
            let line = policy.map(|policy| format!(" (line {})", policy.line)).unwrap_or_default();
            format!("policy `{}`{line} cannot be evaluated: {}", error.policy_id(), error.inner())
        };
        let mut problems: Vec<String> = response.diagnostics().errors().map(told).collect();
        problems.sort();
        (!problems.is_empty()).then(|| problems.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::super::declared::groups_of;
    use super::super::testing::{CATALOG, action, arguments, group_names, policies, sample, someone};
    use super::super::vocabulary::Vocabulary;
    use super::super::{ApprovalRule, DenialKind, Policies, Requirements};
    use super::*;
    use claude_admin_catalog::{Catalog, PackageText, Risk};
    use claude_admin_chat::command::Arguments;
    use claude_admin_chat::identity::{Place, Principal};
    use serde_json::json;
    use std::sync::Arc;

    fn denied(decision: Decision) -> Denial {
        match decision {
            Decision::Deny(denial) => denial,
            Decision::Allow(requirements) => panic!("allowed: {requirements:?}"),
        }
    }

    #[test]
    fn every_action_is_allowed_by_a_permit_and_denied_without() {
        let nothing = policies("");
        for action in &CATALOG.actions {
            let permit = policies(&format!(
                "permit(principal in Group::\"admins\", action == Action::\"{}\", resource in Tenant::\"slack:T1\");",
                action.id
            ));
            for all in [false, true] {
                let given = sample(&CATALOG.types, action, all);
                let admin = someone(&["admins"]);
                let decision = permit.decide(&admin.asks(action, &given));
                let floor = Requirements {
                    policies: vec!["policy at line 1".to_owned()],
                    ..Requirements::floor(action.risks())
                };
                assert_eq!(decision, Decision::Allow(floor), "{}", action.id);
                assert_eq!(denied(nothing.decide(&admin.asks(action, &given))).kind, DenialKind::NothingPermits);
                let other = someone(&["viewers"]);
                assert_eq!(denied(permit.decide(&other.asks(action, &given))).kind, DenialKind::NothingPermits);
                let elsewhere =
                    super::super::testing::Someone { place: Place::slack("T2", Some("C1")).unwrap(), ..admin.clone() };
                assert_eq!(denied(permit.decide(&elsewhere.asks(action, &given))).kind, DenialKind::NothingPermits);
            }
        }
    }

    #[test]
    fn every_action_is_forbidden_by_a_forbid_for_each_of_its_groups() {
        for action in &CATALOG.actions {
            let given = sample(&CATALOG.types, action, false);
            for group in groups_of(action) {
                let forbid = policies(&format!(
                    "permit(principal, action, resource);\n@id(\"no\") @description(\"never\") \
                     forbid(principal, action in Action::\"{group}\", resource);"
                ));
                let denial = denied(forbid.decide(&someone(&[]).asks(action, &given)));
                assert_eq!(denial.kind, DenialKind::Forbidden { policies: vec!["no".to_owned()] });
                assert_eq!(denial.message, format!("`{}` is forbidden in slack:T1/C1 by `no` (never)", action.id));
            }
        }
    }

    #[test]
    fn confidential_request_needs_its_own_permit_at_any_stated_risk() {
        let requests = [
            ("GET /v1/compliance/apps/chats/{id}/messages", true),
            ("GET /v1/new/{id}", true),
            ("GET /v1/organizations/users/{id}", false),
            ("DELETE /v1/organizations/users/{id}", false),
        ];
        for ((request, is_confidential), stated) in
            requests.into_iter().flat_map(|request| Risk::ALL.map(|stated| (request, stated)))
        {
            let effect = if stated.writes() { "/// @effect E.\n" } else { "" };
            let content = if stated == Risk::Confidential { "/// @content\n" } else { "" };
            let text = format!(
                "package test:t@0.1.0;\n/// T.\ninterface types {{ /// E.\nvariant error {{ /// O.\nother(string) }} }}\n\
                 /// I.\ninterface things {{ use types.{{error}};\n/// Act.\n/// @http {request}\n/// @risk {stated}\n{effect}{content}\
                 /// @param id P.\n/// @example things act x\nact: func(id: string) -> result<_, error>; }}"
            );
            let mut catalog = Catalog::from_text(&PackageText::from_files([("t.wit", text)])).unwrap();
            catalog.raise_to(&CATALOG);
            let action = &catalog.actions[0];
            let what = format!("{request} stated {stated}");
            let is_write = request.starts_with("DELETE") || (!is_confidential && stated.writes());
            let groups: Vec<&str> = match (is_confidential, is_write) {
                (true, _) => vec!["things", "confidential"],
                (_, true) if request.starts_with("DELETE") => vec!["things", "irreversible", "write"],
                (_, true) => vec!["things", stated.as_str(), "write"],
                (_, false) => vec!["things", stated.as_str()],
            };
            assert_eq!(groups_of(action), groups, "{what}");

            let vocabulary = Arc::new(Vocabulary::of(&catalog).unwrap());
            let given = arguments(json!({ "id": "x" }));
            let decide = |group: &str| {
                let text = format!("permit(principal, action in Action::\"{group}\", resource);");
                let policies = Policies::parse_with(Arc::clone(&vocabulary), &group_names(), "p", &text).unwrap();
                policies.decide(&someone(&[]).asks(action, &given)).requirements().cloned()
            };
            for group in ["read", "write", "reversible", "disruptive", "irreversible", "confidential"] {
                assert_eq!(decide(group).is_some(), groups.contains(&group), "{what}: {group}");
            }
            let found = decide("things").unwrap();
            let both = Requirements::floor(action.risks());
            assert_eq!((found.confirm, found.reason, &found.approvals), (both.confirm, both.reason, &both.approvals));
            if is_confidential || stated == Risk::Confidential {
                let own = Requirements::floor([stated]);
                assert!(found.confirm >= own.confirm && found.reason >= own.reason, "{what}");
                assert!(action.is_confidential() && found.reason && !found.approvals.is_empty(), "{what}");
            }
        }
    }

    #[test]
    fn a_denial_names_groups_and_never_people() {
        let remove = action("users.remove");
        let given = sample(&CATALOG.types, remove, false);
        for (text, end) in [
            ("", "; no policy grants this permission"),
            ("permit(principal in Group::\"admins\", action, resource);", "; groups with this permission: admins"),
            (
                "permit(principal, action, resource) when { principal in [Group::\"helpdesk\", Group::\"admins\"] };",
                "; groups with this permission: admins, helpdesk",
            ),
            (
                "permit(principal == User::\"slack:T1/U2\", action, resource);",
                "; users named in the policy have this permission",
            ),
            (
                "permit(principal == User::\"slack:T1/U2\", action, resource);\
                 permit(principal is User in Group::\"admins\", action in Action::\"users\", resource);",
                "; groups with this permission: admins, and users named in the policy",
            ),
            (
                "permit(principal, action, resource == Place::\"http\");",
                "; the policy grants it under other conditions",
            ),
            ("permit(principal, action == Action::\"users.list\", resource);", "; no policy grants this permission"),
        ] {
            let denial = denied(policies(text).decide(&someone(&[]).asks(remove, &given)));
            assert_eq!(
                denial.message,
                format!("this requires the permission `users.remove` in slack:T1/C1{end}"),
                "{text}"
            );
        }
    }

    #[test]
    fn denial_for_a_group_member_does_not_suggest_that_group() {
        let text = "permit(principal in Group::\"admins\", action, resource) when { context has reason };";
        let denial = denied(policies(text).decide(&someone(&["admins"]).asks(action("users.list"), &Arguments::new())));
        assert_eq!(
            denial.message,
            "this requires the permission `users.list` in slack:T1/C1; the policy grants it under other conditions"
        );
    }

    #[test]
    fn people_of_another_workspace_or_platform_are_others() {
        let permit = policies("permit(principal == User::\"slack:T1/U1\", action, resource);");
        let list = action("users.list");
        let given = Arguments::new();
        let ask = |principal: Principal| {
            let asker = super::super::testing::Someone { principal, ..someone(&[]) };
            permit.decide(&asker.asks(list, &given)).requirements().is_some()
        };
        assert!(ask(Principal::slack("T1", "U1").unwrap()));
        assert!(
            !ask(Principal::slack("T2", "U1").unwrap())
                && !ask(Principal::http("U1").unwrap())
                && !ask(Principal::local("U1").unwrap())
        );
    }

    #[test]
    fn reason_time_and_attributes_are_seen() {
        let list = action("users.list");
        let given = arguments(json!({ "limit": 5, "roles": ["user"] }));
        for (condition, expected) in [
            ("context has reason && context.reason like \"*ticket*\"", true),
            ("context.time == datetime(\"2026-11-21T12:00:00Z\")", true),
            ("context.time.toTime() >= duration(\"8h\") && context.time.toTime() < duration(\"12h\")", false),
            ("principal.platform == \"slack\" && principal.tenant == \"T1\" && principal.id == \"U1\"", true),
            ("resource.platform == \"slack\" && resource.tenant == \"T1\"", true),
            ("resource has channel && resource.channel == \"C1\"", true),
            ("principal in Tenant::\"slack:T1\" && resource in Tenant::\"slack:T1\"", true),
            ("principal in Group::\"slack:T1/S1\"", true),
            ("principal in Group::\"slack:T1/S2\"", false),
            ("context.arguments has limit && context.arguments.limit <= 5", true),
            ("context.arguments has roles && [\"user\"].containsAll(context.arguments.roles)", true),
            ("context.cleared.isEmpty()", true),
        ] {
            let permit = policies(&format!(
                "permit(principal, action == Action::\"users.list\", resource) when {{ {condition} }};"
            ));
            let mut asker = someone(&["slack:T1/S1"]);
            asker.reason = Some("see ticket 7".to_owned());
            assert_eq!(permit.decide(&asker.asks(list, &given)).requirements().is_some(), expected, "{condition}");
        }
    }

    #[test]
    fn a_blank_reason_is_none() {
        let permit = policies("permit(principal, action, resource) when { context has reason };");
        let given = Arguments::new();
        for (reason, expected) in [(None, false), (Some(" \n"), false), (Some("x"), true)] {
            let mut asker = someone(&[]);
            asker.reason = reason.map(str::to_owned);
            let decision = permit.decide(&asker.asks(action("users.list"), &given));
            assert_eq!(decision.requirements().is_some(), expected, "{reason:?}");
        }
    }

    #[test]
    fn policy_evaluation_error_denies_the_request() {
        let permit = "permit(principal, action, resource);";
        let overflow = "@id(\"sum\") {} (principal, action == Action::\"users.list\", resource) when \
                        { context.arguments has limit && context.arguments.limit * 9223372036854775807 > 0 };";
        for effect in ["forbid", "permit"] {
            let broken = policies(&format!("{permit}\n{}", overflow.replace("{}", effect)));
            let ask = |given| broken.decide(&someone(&[]).asks(action("users.list"), &arguments(given)));
            let denial = denied(ask(json!({ "limit": 2 })));
            assert_eq!(denial.kind, DenialKind::Broken);
            assert!(denial.message.contains("policy `sum` (line 2) cannot be evaluated: "), "{}", denial.message);
            assert!(ask(json!({})).requirements().is_some());
            assert_eq!(ask(json!({ "limit": 1 })).requirements().is_some(), effect == "permit");
        }
    }

    #[test]
    fn an_action_that_the_policy_was_not_made_for_is_denied() {
        let unknown = claude_admin_catalog::Action { id: "users.fly".to_owned(), ..action("users.list").clone() };
        let given = Arguments::new();
        let permit = policies("permit(principal, action, resource);");
        assert_eq!(denied(permit.decide(&someone(&[]).asks(&unknown, &given))).kind, DenialKind::Broken);
        assert!(!permit.may_ever(&someone(&[]).asker(), &unknown));
    }

    #[test]
    fn floors_are_never_lowered_and_annotations_add_to_them() {
        let strict = "@confirm @reason(\"required\") @approvals(\"2\") @from(\"admins\") @expires(\"1h\") ";
        for action in &CATALOG.actions {
            let given = sample(&CATALOG.types, action, true);
            let asker = someone(&[]);
            let ask = |text: &str| policies(text).decide(&asker.asks(action, &given)).requirements().unwrap().clone();
            let plain = ask("permit(principal, action, resource);");
            let floor = Requirements::floor(action.risks());
            assert_eq!((plain.confirm, plain.reason), (floor.confirm, floor.reason));
            assert_eq!(plain.approvals, floor.approvals);
            let more = ask(&format!("{strict} permit(principal, action, resource);"));
            assert!(more.confirm && more.reason && more.expires_seconds == 3600);
            assert_eq!(more.approvals, [ApprovalRule { count: 2, from: Some("admins".to_owned()) }]);
            let both =
                ask(&format!("permit(principal, action, resource); {strict} permit(principal, action, resource);"));
            assert_eq!((both.expires_seconds, both.policies.len()), (1800, 2));
            // One permit does not remove the requirements of another permit.
            assert_eq!(both.approvals, [floor.approvals, more.approvals].concat());
        }
        assert!(Requirements::floor([Risk::Irreversible]).approvals.iter().any(|rule| rule.count >= 1));
    }

    #[test]
    fn policy_decides_host_actions() {
        let permit = policies("permit(principal in Group::\"admins\", action == Action::\"audit.read\", resource);");
        let (admin, viewer) = (someone(&["admins"]), someone(&["viewers"]));
        let decision = permit.decide_host(&admin.asker(), HostAction::ReadAudit, admin.now);
        assert!(decision.requirements().unwrap().is_empty());
        let denial = denied(permit.decide_host(&viewer.asker(), HostAction::ReadAudit, viewer.now));
        assert_eq!(
            denial.message,
            "this requires the permission `audit.read` in slack:T1/C1; groups with this permission: admins"
        );
        denied(permit.decide_host(&admin.asker(), HostAction::ReadPolicy, admin.now));
        let both = policies(
            "permit(principal, action in Action::\"host\", resource) when { context.time > datetime(\"2026-01-01\") };",
        );
        for action in HostAction::ALL {
            assert!(both.decide_host(&viewer.asker(), action, viewer.now).requirements().is_some());
        }
    }
}
