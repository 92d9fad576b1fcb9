//! A question names its target, shows the objects that depend on it, and is not asked if the command would have no
//! effect.

use super::raw_upstream::{RawUpstream, response};
use crate::support::{self, MEMBER, ada, bob, kinds, says, text, type_as, type_in, writes};
use claude_admin::command::{Arguments, Markup, Options, Reason};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use claude_admin_catalog::{Action, Placeholder};
use serde_json::{Value, json};

const WORKSPACE: &str = "wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ";

/// Plans an example.
async fn plan(service: &Service, example: &str) -> Reply {
    type_in(service, &format!("{example} --dry-run --reason because")).await
}

/// The plan in a reply to a dry run, or in the reply of a pending request.
fn planned(reply: &Reply) -> Value {
    let json = reply.to_json();
    let error = json.get("error").cloned().unwrap_or_default();
    [json, error].into_iter().find(|json| json.get("plan").is_some()).unwrap_or_default()
}

/// The fields of the target that a question with these arguments names.
fn named_fields<'a>(service: &'a Service, action: &'a Action, arguments: &Arguments) -> Vec<&'a str> {
    let Some(question) = action.question(|name| arguments.get(name)) else { return Vec::new() };
    let catalog = service.catalog();
    let fields = question.placeholders().filter_map(|name| match catalog.placeholder(action, name)? {
        Placeholder::Field(path) => Some(path),
        Placeholder::Argument(_) => None,
    });
    fields.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_asks_about_its_target_as_it_is() {
    let (_simulator, service) = support::open_host().await;
    let (mut asked, mut named) = (0, 0);
    for action in service.catalog().actions.iter().filter(|action| action.writes()) {
        for example in &action.examples {
            // Names next to IDs would be only in the text.
            let reply = plan(&service, &format!("{example} --ids")).await;
            let json = planned(&reply);
            let Some(question) = json["question"].as_str() else { continue };
            asked += 1;
            assert!(question.ends_with('?') && !question.contains(['{', '}']), "{example}: {question}");
            assert!(text(&reply).contains(question), "{example}: {}", text(&reply));
            let arguments: Arguments = serde_json::from_value(json["plan"]["steps"][0]["arguments"].clone()).unwrap();
            let target = &json["plan"]["steps"][0]["before"]["value"];
            for field in named_fields(&service, action, &arguments) {
                let value = claude_admin_catalog::at_path(target, field).and_then(Value::as_str);
                // Amounts are shown as currency.
                let is_plain =
                    |value: &&str| !value.contains('"') && value.len() < 100 && value.parse::<f64>().is_err();
                let Some(value) = value.filter(is_plain) else { continue };
                assert!(question.contains(value), "{example}: `{question}` does not name `{value}`");
                named += 1;
            }
        }
    }
    assert!(asked > 70 && named > 50, "{asked} questions with {named} values of their targets");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_of_dependents_can_be_read() {
    let (_simulator, service) = support::open_host().await;
    let mut read = 0;
    for action in service.catalog().actions.iter().filter(|action| !action.impacts.is_empty()) {
        for example in &action.examples {
            let json = planned(&plan(&service, example).await);
            for dependents in json["dependents"].as_array().into_iter().flatten() {
                // One plugin of the examples is of a kind that cannot be shared.
                let is_unshared = dependents["not_read"].as_str().is_some_and(|why| why.contains("shared with nobody"));
                assert!(dependents["read"].is_object() || is_unshared, "{example}: {dependents}");
                assert!(!dependents["command"].as_str().unwrap().contains('{'), "{example}: {dependents}");
                read += 1;
            }
        }
    }
    assert!(read > 15, "{read} lists");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_to_archive_a_workspace_names_the_keys_that_stop_working() {
    let (_simulator, service) = support::open_host().await;
    let list = format!("api-keys list --workspace-id {WORKSPACE} --status active --limit 100");
    let keys = type_in(&service, &list).await.to_json()["data"].clone();
    let keys: Vec<&str> = keys.as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    let plan = plan(&service, &format!("workspaces archive {WORKSPACE}")).await;
    let dependents = &plan.to_json()["dependents"][0];
    assert_eq!(dependents["read"]["count"], keys.len());
    assert!(!keys.is_empty());
    let shown = text(&plan);
    for key in keys.iter().take(10) {
        assert!(shown.contains(key), "{key}: {shown}");
    }
    assert!(shown.contains("API keys that stop working") && shown.contains("Members"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_of_a_spend_limit_shows_the_one_that_it_replaces() {
    let (_simulator, service) = support::open_host().await;
    let set = |scope: &str| format!("spend-limits set {scope} --amount 1000000");
    let organization = plan(&service, &set("organization")).await;
    says(&organization, Outcome::Done, &["Now: amount", "$25,000.00"]);
    let replaced = planned(&organization)["plan"]["steps"][0]["before"]["value"].clone();
    assert_eq!((&replaced["scope"]["type"], &replaced["period"]), (&json!("organization"), &json!("monthly")));
    let other = plan(&service, &set("user:user_01AbCdEfGhJkMnPqRsTuVw")).await;
    says(&other, Outcome::Done, &["nothing to replace"]);
    let blind = "permit(principal, action == Action::\"spend-limits.set\", resource);";
    let (_simulator, service) = support::host(blind, &[]).await;
    says(&plan(&service, &set("organization")).await, Outcome::Done, &["not read: the requester cannot run"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn list_of_dependents_that_was_not_read_to_its_end_says_so() {
    let (simulator, simulated) = support::open_host().await;
    let target =
        planned(&plan(&simulated, &format!("workspaces archive {WORKSPACE}")).await)["plan"]["steps"][0]["before"]
            .clone();
    let key = type_in(&simulated, "api-keys list --limit 1").await.to_json()["data"][0].clone();
    for (more, last, count, is_more) in
        [(true, json!("apikey_01A"), 3, true), (true, json!(null), 1, true), (false, json!("apikey_01A"), 1, false)]
    {
        let (target, key) = (target["value"].clone(), key.clone());
        let upstream = RawUpstream::start(move |request, number| {
            let last = last.as_str().map(|last| format!("{last}{number}"));
            let page = json!({ "data": [key], "has_more": more, "first_id": null, "last_id": last });
            let body = if request.contains("/api_keys?") { page.to_string() } else { target.to_string() };
            response(200, "", &body)
        })
        .await;
        let service = support::service_at(&upstream.url(), support::credentials(&simulator), support::limits());
        let json = planned(&plan(&service, &format!("workspaces archive {WORKSPACE}")).await);
        let read = &json["dependents"][0]["read"];
        assert_eq!((&read["count"], &read["more"]), (&json!(count), &json!(is_more)), "{json}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_the_requester_cannot_read_are_marked_not_read() {
    let policy = r#"
@id("writes") permit(principal, action == Action::"workspaces.archive", resource);
@id("target") permit(principal, action == Action::"workspaces.get", resource);
@id("members") permit(principal, action == Action::"workspace-members.list", resource);"#;
    let (simulator, service) = support::host(policy, &[]).await;
    let plan = plan(&service, &format!("workspaces archive {WORKSPACE}")).await;
    let dependents = plan.to_json()["dependents"].clone();
    let keys = dependents[0]["not_read"].as_str().unwrap();
    assert!(keys.contains("you cannot run `api-keys list`"), "{dependents}");
    assert!(dependents[1]["read"]["count"].is_number(), "{dependents}");
    says(&plan, Outcome::Done, &["not read: you cannot run"]);
    assert!(simulator.requests().iter().all(|request| !request.path.contains("api_keys")));
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_are_shown_to_one_person_and_not_in_a_channel() {
    let (simulator, service) = support::host(support::EVERYBODY, &[]).await;
    let ask = async |user: &str, line: String| {
        let principal = Principal::slack("T1", user).unwrap();
        let place = Place::slack("T1", Some("C1")).unwrap();
        let input = Input::Text { line, markup: Markup::None };
        service.handle(Request { principal, place, input, delivery: None, format: None }).await
    };
    let shared = ask("U1", format!("workspaces archive {WORKSPACE} --reason closed")).await;
    let read = |path: &str| simulator.requests().iter().any(|request| request.path.contains(path));
    assert!(shared.share && shared.outcome == Outcome::Waiting, "{}", text(&shared));
    assert!(text(&shared).contains(&format!("`status {}` shows", shared.operation)), "{}", text(&shared));
    assert!(!read("api_keys"));
    let private = ask("U2", format!("status {}", shared.operation)).await;
    assert!(!private.share && read("api_keys"));
    assert!(text(&private).contains("API keys that stop working"), "{}", text(&private));
    // The card of the request changes for all users, and does not contain the dependents.
    assert!(!format!("{:?}", private.card).contains("API keys that stop working"));
}

/// Preparing commands, a command that then has no effect, and its outcome at the API.
const POINTLESS: [(&[&str], &str, Outcome); 12] = [
    (&["workspaces archive wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"], "workspaces archive wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", {
        Outcome::Done
    }),
    (
        &["service-accounts archive svac_01VboqXHkNkeCbyTeKnQuZ2t"],
        "service-accounts update svac_01VboqXHkNkeCbyTeKnQuZ2t --description other",
        Outcome::Refused,
    ),
    (
        &["api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status inactive"],
        "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status inactive",
        Outcome::Done,
    ),
    (
        &["api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status archived"],
        "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status active",
        Outcome::Refused,
    ),
    (
        &["users update user_01WCz1FkmYMm4gnmykNKUu3Q user"],
        "users update user_01WCz1FkmYMm4gnmykNKUu3Q user",
        Outcome::Done,
    ),
    (
        &["federation-rules archive fdrl_01Yb7NsWkGf4MxQcTz8VhJpR"],
        { "federation-rules archive fdrl_01Yb7NsWkGf4MxQcTz8VhJpR" },
        Outcome::Done,
    ),
    (
        &["federation-rules archive fdrl_01Yb7NsWkGf4MxQcTz8VhJpR"],
        "federation-rules update fdrl_01Yb7NsWkGf4MxQcTz8VhJpR --token-lifetime-seconds 900",
        Outcome::Refused,
    ),
    (&["tunnels archive tnl_01Nm4QwErTy7UpAsDfGhJk2Z"], "tunnels archive tnl_01Nm4QwErTy7UpAsDfGhJk2Z", Outcome::Done),
    (
        &["webhooks update wh_01Er7TyUpAs2DfGhJkZxCv8B --state disabled"],
        "webhooks update wh_01Er7TyUpAs2DfGhJkZxCv8B --state disabled",
        Outcome::Done,
    ),
    (
        &["telemetry update tdst_01Fg3HjKlZx7CvBnMqWeRt5Y --display-name Collector"],
        "telemetry update tdst_01Fg3HjKlZx7CvBnMqWeRt5Y --display-name Collector",
        Outcome::Done,
    ),
    (
        &["spend-requests deny slir_01Xc6VbNmAs4DfGhJkQwErT9"],
        "spend-requests approve slir_01Xc6VbNmAs4DfGhJkQwErT9 75000",
        Outcome::Refused,
    ),
    (
        &["invites delete invite_015gWxCN9Hfg2QhZwTK7Mdeu"],
        "invites delete invite_015gWxCN9Hfg2QhZwTK7Mdeu",
        Outcome::Done,
    ),
];

/// A policy for users who can run everything, and for one who can write but not read, so the host knows nothing about
/// the target of this user's writes.
const BLIND: &str = r#"
@id("two") permit(principal, action, resource) unless { principal == User::"local:blind" };
@id("blind") permit(principal == User::"local:blind", action, resource) unless { action in Action::"read" };"#;

/// Runs a write to its end, with the approval of another user if it is required.
async fn carry_out(service: &Service, principal: &Principal, line: &str) -> Reply {
    let line = format!("{line} --yes --reason because -o json");
    let reply = type_as(service, principal, &line).await;
    if reply.outcome != Outcome::Waiting {
        return reply;
    }
    let reply = type_as(service, &bob(), &format!("approve {} --reason because", reply.operation)).await;
    match reply.outcome {
        Outcome::Waiting => type_as(service, principal, &format!("confirm {} -o json", reply.operation)).await,
        _ => reply,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn write_without_effect_or_that_must_fail_is_not_sent() {
    let blind = Principal::local("blind").unwrap();
    for (prepared, line, outcome) in POINTLESS {
        let (simulator, service) = support::host(BLIND, &[]).await;
        for line in prepared {
            let reply = carry_out(&service, &ada(), line).await;
            assert_eq!(reply.outcome, Outcome::Done, "{line}: {}", text(&reply));
        }
        let sent = writes(&simulator).len();
        let reply = type_in(&service, &format!("{line} --reason because")).await;
        let begin = if outcome == Outcome::Done { "Nothing to change." } else { "This cannot succeed." };
        says(&reply, outcome, &[begin, "Nothing was changed."]);
        assert_eq!(writes(&simulator).len(), sent, "{line}");
        says(&type_in(&service, "pending").await, Outcome::Done, &["No request needs your decision"]);
        assert!(kinds(&service, &reply.operation).last().unwrap().starts_with("outcome: "), "{line}");
        // If the user cannot read the target, the request is sent, and the API returns the same result.
        let sent_blindly = carry_out(&service, &blind, line).await;
        let same = match outcome {
            Outcome::Done => sent_blindly.outcome == Outcome::Done,
            _ => matches!(sent_blindly.outcome, Outcome::Refused | Outcome::Conflict),
        };
        // An invite that was withdrawn is shown for some time, and cannot be withdrawn again.
        assert!(same || line.starts_with("invites delete"), "{line}: {}", text(&sent_blindly));
        assert_eq!(writes(&simulator).len(), sent + 1, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn member_with_a_protected_role_is_never_asked_about() {
    let (simulator, service) = support::open_host().await;
    let admins = type_in(&service, "users list --roles admin --limit 1").await.to_json();
    let admin = admins["data"][0]["id"].as_str().unwrap().to_owned();
    for line in [format!("users remove {admin}"), format!("users update {admin} developer")] {
        says(
            &type_in(&service, &format!("{line} --reason x")).await,
            Outcome::Refused,
            &["with the role admin cannot be"],
        );
        says(&plan(&service, &line).await, Outcome::Refused, &["This cannot succeed."]);
    }
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_request_whose_target_is_already_done_is_not_sent() {
    let (simulator, service) = support::open_host().await;
    let line = format!("workspaces archive {WORKSPACE} --reason closed");
    let (first, second) = (type_in(&service, &line).await, type_in(&service, &line).await);
    assert_eq!((first.outcome, second.outcome), (Outcome::Waiting, Outcome::Waiting));
    let done = type_as(&service, &bob(), &format!("approve {}", first.operation)).await;
    assert_eq!(done.outcome, Outcome::Done, "{}", text(&done));
    let sent = writes(&simulator).len();
    let over = type_as(&service, &bob(), &format!("approve {}", second.operation)).await;
    says(&over, Outcome::Done, &["The target already has these values", "Nothing was changed"]);
    assert_eq!(writes(&simulator).len(), sent);
    says(&type_in(&service, &format!("status {}", second.operation)).await, Outcome::Done, &["The target already has"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_no_user_can_approve_is_denied_immediately() {
    const ALONE: &str = r#"@id("ada") permit(principal == User::"local:ada", action, resource);"#;
    const GROUP: &str = r#"@id("all") @from("admins") @approvals("2") permit(principal, action, resource);"#;
    for (policy, members, can_be_approved) in [
        (ALONE, &[][..], false),
        (support::OPEN_POLICY, &[], true),
        (support::EVERYBODY, &[], true),
        (GROUP, &["local:ada", "local:bob"], false),
        (GROUP, &["local:ada", "local:bob", "local:eve"], true),
        (GROUP, &["local:ada", "slack:T1/*"], true),
    ] {
        let groups: &[(&str, &[&str])] = &[("admins", members)];
        let (simulator, service) = support::host(policy, groups).await;
        let reply = type_in(&service, &format!("users remove {MEMBER} --reason x")).await;
        let planned = type_in(&service, &format!("users remove {MEMBER} --dry-run")).await;
        assert_eq!(planned.to_json()["can_be_approved"], can_be_approved, "{policy} {members:?}");
        if can_be_approved {
            assert_eq!(reply.outcome, Outcome::Waiting, "{policy} {members:?}: {}", text(&reply));
        } else {
            says(&reply, Outcome::Denied, &["`users remove` requires", "other user", "Nothing was sent."]);
            says(&type_in(&service, "pending").await, Outcome::Done, &["No request needs your decision"]);
            assert!(writes(&simulator).is_empty());
            says(&planned, Outcome::Done, &["other user"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_in_a_question_cannot_ping_link_or_format() {
    const HOSTILE: &str = "<!channel> `confirm` *bold* [x](https://evil.example) {email}";
    let (_simulator, service) = support::open_host().await;
    let options = Options { yes: true, reason: Some(Reason::new("x").unwrap()), ..Options::default() };
    let arguments = serde_json::json!({ "workspace-id": WORKSPACE, "name": HOSTILE }).as_object().unwrap().clone();
    let input = Input::Operation { id: "workspaces.update".to_owned(), arguments, options };
    assert_eq!(support::ask(&service, &ada(), input).await.outcome, Outcome::Done);
    let plan = plan(&service, &format!("workspaces archive {WORKSPACE}")).await;
    let question = plan.to_json()["question"].as_str().unwrap().to_owned();
    assert!(!question.contains('`') && question.contains("{email}"), "{question}");
    let markdown = claude_admin::render::markdown(&plan.document);
    for live in ["<!channel>", "`confirm`", "*bold*", "](https://"] {
        let shown = markdown.replace("\\`", "").replace("\\*", "").replace("\\]", "");
        assert!(!shown.contains(live), "{live}: {markdown}");
    }
}
