//! Properties of all policies and requests, tested with generated ones.
//!
//! The expected decision comes from Cedar. It is computed here from JSON, with no code in common with the code under
//! test.

use super::testing::{CATALOG, Someone, parse, sample};
use super::{Decision, DenialKind, HostAction, Policies, Requirements, schema_text};
use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request, Schema};
use claude_admin_catalog::{Action, Presence, Risk, snake_case};
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Place, Platform, Principal};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::from_cedarschema_str(&schema_text(&CATALOG)).unwrap().0);

const GROUPS: [&str; 4] = ["viewers", "helpdesk", "admins", "slack:T1/S1"];
const PEOPLE: [&str; 5] = ["slack:T1/U1", "slack:T1/U2", "slack:T2/U1", "http:ci", "local:ada"];
const PLACES: [&str; 5] = ["slack:T1/C1", "slack:T1", "slack:T2/C1", "http", "local"];
const TENANTS: [&str; 2] = ["slack:T1", "slack:T2"];

/// Conditions that Cedar accepts for every action. Two of them fail for some arguments.
const CONDITIONS: [&str; 15] = [
    "principal in Group::\"admins\"",
    "!(principal in [Group::\"viewers\", Group::\"slack:T1/S1\"])",
    "principal == User::\"slack:T1/U1\" || principal.platform == \"http\"",
    "principal.tenant == resource.tenant",
    "resource has channel && resource.channel == \"C1\"",
    "resource in Tenant::\"slack:T1\"",
    "context.time.toTime() >= duration(\"8h\") && context.time.toTime() < duration(\"17h\")",
    "context.time < datetime(\"2026-11-22\")",
    "context has reason && context.reason like \"*ticket*\"",
    "context has cleared && context.cleared.contains(\"name\")",
    "context has arguments && context.arguments has user_id && context.arguments.user_id == \"x\"",
    "context has arguments && context.arguments has limit && context.arguments.limit < 500",
    "context has arguments && context.arguments has limit && context.arguments.limit * 9223372036854775807 > 0",
    "context has arguments && context.arguments has limit && context.arguments.limit + 9223372036854775807 > 0",
    "context has arguments && context.arguments has tags && context.arguments.tags.keys.contains(\"key\")",
];

fn ids() -> Vec<String> {
    CATALOG
        .actions
        .iter()
        .map(|action| action.id.clone())
        .chain(HostAction::ALL.map(|action| action.to_string()))
        .collect()
}

fn groups_of_actions() -> Vec<String> {
    let interfaces = CATALOG.actions.iter().map(|action| action.interface.clone());
    Risk::ALL.iter().map(Risk::to_string).chain(["write", "host"].map(str::to_owned)).chain(interfaces).collect()
}

fn entity(ty: &'static str, names: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(names).prop_map(move |name| format!("{ty}::\"{name}\""))
}

fn principal() -> impl Strategy<Value = String> {
    let container = || prop_oneof![entity("Group", &GROUPS), entity("Tenant", &TENANTS), entity("User", &PEOPLE)];
    prop_oneof![
        6 => Just("principal".to_owned()),
        1 => Just("principal is User".to_owned()),
        2 => entity("User", &PEOPLE).prop_map(|user| format!("principal == {user}")),
        4 => container().prop_map(|container| format!("principal in {container}")),
        1 => container().prop_map(|container| format!("principal is User in {container}")),
    ]
}

fn action() -> impl Strategy<Value = String> {
    let any = || select(ids().into_iter().chain(groups_of_actions()).collect::<Vec<_>>());
    prop_oneof![
        3 => Just("action".to_owned()),
        2 => select(ids()).prop_map(|id| format!("action == Action::\"{id}\"")),
        4 => select(groups_of_actions()).prop_map(|group| format!("action in Action::\"{group}\"")),
        2 => prop::collection::vec(any(), 1..4).prop_map(|ids| {
            let ids: Vec<String> = ids.iter().map(|id| format!("Action::\"{id}\"")).collect();
            format!("action in [{}]", ids.join(", "))
        }),
    ]
}

fn resource() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("resource".to_owned()),
        1 => entity("Place", &PLACES).prop_map(|place| format!("resource == {place}")),
        1 => entity("Tenant", &TENANTS).prop_map(|tenant| format!("resource in {tenant}")),
        1 => entity("Tenant", &TENANTS).prop_map(|tenant| format!("resource is Place in {tenant}")),
    ]
}

fn conditions() -> impl Strategy<Value = String> {
    let condition = (any::<bool>(), select(&CONDITIONS[..]))
        .prop_map(|(when, text)| format!("{} {{ {text} }}", if when { "when" } else { "unless" }));
    prop::collection::vec(condition, 0..3).prop_map(|conditions| conditions.join("\n"))
}

fn annotations() -> impl Strategy<Value = String> {
    let approvals = prop_oneof![
        (1..=3).prop_map(|count| format!("@approvals(\"{count}\") ")),
        ((1..=3), select(&GROUPS[..])).prop_map(|(count, from)| format!("@approvals(\"{count}\") @from(\"{from}\") ")),
    ];
    let expires = select(&["1m", "300s", "2h", "7d"][..]).prop_map(|time| format!("@expires(\"{time}\") "));
    (
        prop::option::weighted(0.2, Just("@confirm ".to_owned())),
        prop::option::weighted(0.2, Just("@reason(\"required\") ".to_owned())),
        prop::option::weighted(0.3, approvals),
        prop::option::weighted(0.3, expires),
    )
        .prop_map(|(a, b, c, d)| [a, b, c, d].into_iter().flatten().collect())
}

/// One policy on its own line. Policies that can never match are not generated, because such a forbid is rejected.
fn policy(effect: &'static str) -> impl Strategy<Value = String> {
    (annotations(), principal(), action(), resource(), conditions())
        .prop_map(move |(annotations, principal, action, resource, conditions)| {
            let annotations = if effect == "permit" { annotations } else { String::new() };
            format!("{annotations}{effect}({principal}, {action}, {resource}) {};\n", conditions.replace('\n', " "))
        })
        .prop_filter("it can match", |text| parse(text).is_ok())
}

fn policy_file() -> impl Strategy<Value = String> {
    (prop::collection::vec(policy("permit"), 0..8), prop::collection::vec(policy("forbid"), 0..3), any::<bool>())
        .prop_map(|(permits, forbids, forbids_first)| {
            if forbids_first { forbids.concat() + &permits.concat() } else { permits.concat() + &forbids.concat() }
        })
}

#[derive(Debug, Clone)]
struct Asked {
    someone: Someone,
    action: &'static Action,
    arguments: Arguments,
}

fn someone() -> impl Strategy<Value = Someone> {
    let reason = prop::option::of(select(&["because", "see ticket 7"][..]));
    let day = 24 * 60 * 60_i64;
    (select(&PEOPLE[..]), subsequence(&GROUPS[..], 0..=2), select(&PLACES[..]), reason, 0..(2 * day)).prop_map(
        |(who, groups, place, reason, seconds)| Someone {
            principal: who.parse().unwrap(),
            groups: groups.into_iter().map(str::to_owned).collect(),
            place: place.parse().unwrap(),
            reason: reason.map(str::to_owned),
            now: jiff::Timestamp::from_second(1_795_219_200 + seconds).unwrap(),
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    // Half of the questions are about lists: their limit makes some conditions fail.
    let lists = CATALOG.actions.iter().filter(|action| action.input("limit").is_some());
    let actions = prop_oneof![select(CATALOG.actions.iter().collect::<Vec<_>>()), select(lists.collect::<Vec<_>>())];
    (someone(), actions, prop::bool::weighted(0.8), any::<bool>(), 0..4_u32).prop_map(
        |(someone, action, all, null, limit)| {
            let mut arguments = sample(&CATALOG.types, action, all);
            if let Some(value) = arguments.get_mut("limit") {
                *value = json!(limit * 333);
            }
            for input in action.inputs.iter().filter(|input| null && input.presence == Presence::Nullable) {
                arguments.insert(input.name.clone(), Value::Null);
            }
            Asked { someone, action, arguments }
        },
    )
}

impl Asked {
    fn decide(&self, policies: &Policies) -> Decision {
        policies.decide(&self.someone.asks(self.action, &self.arguments))
    }

    fn context(&self) -> Value {
        let mut arguments = Map::new();
        for (name, value) in self.arguments.iter().filter(|(_, value)| !value.is_null()) {
            let input = self.action.input(name).unwrap();
            let value = match value {
                Value::Object(entries) if CATALOG.types.map_value(&input.ty).is_some() => json!({
                    "keys": entries.keys().collect::<Vec<_>>(),
                    "entries": entries.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect::<Vec<_>>(),
                    "removed": [],
                }),
                Value::Object(_) => json!(value.to_string()),
                // What Cedar has no type for is JSON text, also in a set.
                Value::Array(items) => items
                    .iter()
                    .map(|item| if item.is_object() { json!(item.to_string()) } else { item.clone() })
                    .collect(),
                value => value.clone(),
            };
            arguments.insert(snake_case(name), value);
        }
        let cleared = self.arguments.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| snake_case(name));
        let time = json!({ "__extn": { "fn": "datetime", "arg": self.someone.now.to_string() } });
        let mut context = json!({ "arguments": arguments, "cleared": cleared.collect::<Vec<_>>(), "time": time });
        if let Some(reason) = &self.someone.reason {
            context["reason"] = json!(reason);
        }
        context
    }
}

/// The decision of Cedar, and whether the evaluation of a policy failed.
fn cedar(text: &str, someone: &Someone, action: &str, context: Value) -> (bool, bool) {
    let Someone { principal, groups, place, .. } = someone;
    let uid = |ty: &str, id: &str| json!({ "type": ty, "id": id });
    let tenant = |platform: Platform, tenant: &str| match platform {
        Platform::Slack => vec![uid("Tenant", &format!("slack:{tenant}"))],
        Platform::Http | Platform::Local | Platform::Mcp => Vec::new(),
    };
    let mut parents: Vec<Value> = groups.iter().map(|group| uid("Group", group)).collect();
    parents.extend(tenant(principal.platform, &principal.tenant));
    let mut place_attributes = json!({ "platform": place.platform.as_str(), "tenant": place.tenant });
    if let Some(channel) = &place.channel {
        place_attributes["channel"] = json!(channel);
    }
    let who = json!({ "platform": principal.platform.as_str(), "tenant": principal.tenant, "id": principal.user });
    let (user_id, place_id) = (uid("User", &principal.to_string()), uid("Place", &place.to_string()));
    let entities = json!([
        { "uid": user_id, "attrs": who, "parents": parents },
        { "uid": place_id, "attrs": place_attributes, "parents": tenant(place.platform, &place.tenant) },
    ]);
    let entities = Entities::from_json_value(entities, Some(&SCHEMA)).unwrap();
    let action = EntityUid::from_json(uid("Action", action)).unwrap();
    let context = Context::from_json_value(context, Some((&SCHEMA, &action))).unwrap();
    let (user, place) = (EntityUid::from_json(user_id).unwrap(), EntityUid::from_json(place_id).unwrap());
    let request = Request::new(user, action, place, context, Some(&SCHEMA)).unwrap();
    let set: PolicySet = text.parse().unwrap();
    let response = Authorizer::new().is_authorized(&request, &set, &entities);
    (response.decision() == cedar_policy::Decision::Allow, response.diagnostics().errors().next().is_some())
}

/// Whether the previous requirements are still required.
fn at_least(before: &Requirements, after: &Requirements) -> bool {
    (after.confirm || !before.confirm)
        && (after.reason || !before.reason)
        && after.expires_seconds <= before.expires_seconds
        && before.approvals.iter().all(|rule| {
            // A rule without a group is met by any other rule with the same number of approvals.
            let keeps = |other: &super::ApprovalRule| {
                other.count >= rule.count && (other.from == rule.from || rule.from.is_none() && rule.count == 1)
            };
            after.approvals.iter().any(keeps)
        })
}

proptest! {
    #[test]
    fn a_decision_is_what_cedar_says(text in policy_file(), asked in asked()) {
        let policies = parse(&text).unwrap();
        let decision = asked.decide(&policies);
        let (allowed, failed) = cedar(&text, &asked.someone, &asked.action.id, asked.context());
        prop_assert_eq!(decision.requirements().is_some(), allowed && !failed, "{}\n{:?}", text, decision);
        let broken = matches!(&decision, Decision::Deny(denial) if denial.kind == DenialKind::Broken);
        prop_assert_eq!(broken, failed);
        for action in HostAction::ALL {
            let decision = policies.decide_host(&asked.someone.asker(), action, asked.someone.now);
            let context = json!({ "time": asked.context()["time"].clone() });
            let (allowed, failed) = cedar(&text, &asked.someone, action.as_str(), context);
            prop_assert_eq!(decision.requirements().is_some(), allowed && !failed);
        }
    }

    #[test]
    fn another_forbid_allows_nothing_and_lowers_nothing(
        text in policy_file(),
        forbid in policy("forbid"),
        asked in asked(),
    ) {
        let before = asked.decide(&parse(&text).unwrap());
        let after = asked.decide(&parse(&format!("{text}{forbid}")).unwrap());
        if let Some(after) = after.requirements() {
            prop_assert_eq!(before.requirements(), Some(after));
        }
    }

    #[test]
    fn another_permit_makes_nothing_easier(text in policy_file(), permit in policy("permit"), asked in asked()) {
        let before = asked.decide(&parse(&text).unwrap());
        let after = asked.decide(&parse(&format!("{text}{permit}")).unwrap());
        if let (Some(before), Some(after)) = (before.requirements(), after.requirements()) {
            prop_assert!(at_least(before, after), "{:?} {:?}", before, after);
        }
    }

    #[test]
    fn no_policy_lowers_the_floor(text in policy_file(), asked in asked()) {
        if let Some(found) = asked.decide(&parse(&text).unwrap()).requirements() {
            let floor = Requirements { expires_seconds: u64::MAX, ..Requirements::floor(asked.action.risks()) };
            prop_assert!(at_least(&floor, found), "{:?} {:?}", floor, found);
            prop_assert!((60..=7 * 24 * 60 * 60).contains(&found.expires_seconds));
            prop_assert!(!found.policies.is_empty());
        }
    }

    #[test]
    fn may_ever_is_true_for_every_allowed_request(text in policy_file(), asked in asked()) {
        let policies = parse(&text).unwrap();
        if asked.decide(&policies).requirements().is_some() {
            prop_assert!(policies.may_ever(&asked.someone.asker(), asked.action), "{}", text);
        }
    }

    #[test]
    fn an_explanation_agrees_with_the_decision(text in policy_file(), asked in asked()) {
        let policies = parse(&text).unwrap();
        let decision = asked.decide(&policies);
        let explanation = policies.explain(&asked.someone.asks(asked.action, &asked.arguments));
        prop_assert_eq!(&explanation.decision, &decision);
        let ids: Vec<&str> = explanation.deciding.iter().map(|note| note.id.as_str()).collect();
        match &decision {
            Decision::Allow(requirements) => {
                prop_assert_eq!(&ids, &requirements.policies);
                prop_assert!(explanation.forbids.is_empty() && explanation.overruled.is_empty());
            }
            Decision::Deny(denial) => match &denial.kind {
                DenialKind::NothingPermits => prop_assert!(ids.is_empty() && explanation.overruled.is_empty()),
                DenialKind::Forbidden { policies } => prop_assert_eq!(&ids, policies),
                DenialKind::Broken => {}
            },
        }
        for miss in &explanation.near_misses {
            prop_assert!(!miss.missing.is_empty());
            prop_assert!(!miss.missing[0].starts_with("it cannot be evaluated"), "{}\n{:?}", text, miss);
        }
    }

    #[test]
    fn a_denial_names_no_people(text in policy_file(), asked in asked()) {
        if let Decision::Deny(denial) = asked.decide(&parse(&text).unwrap()) {
            let people = PEOPLE.map(|person| person.parse::<Principal>().unwrap().to_string());
            prop_assert!(people.iter().all(|person| !denial.message.contains(person)), "{}", denial.message);
        }
    }

    #[test]
    fn no_text_makes_the_reader_stumble(text in "[-a-zA-Z:@(){}\\[\\];,.\"\\\\/ \n=&|!?éü0-9]{0,120}", start in policy_file()) {
        let _ = parse(&text);
        if let Err(errors) = parse(&format!("{start}{text}")) {
            prop_assert!(errors.0.iter().all(|problem| problem.line.is_some()), "{}", errors);
        }
    }
}

#[test]
fn the_generated_places_are_what_they_seem() {
    for place in PLACES {
        assert_eq!(place.parse::<Place>().unwrap().to_string(), place);
    }
}
