//! Review cases, their messages and letters, from before the simulation began.

use super::review::{
    BY_END_CUSTOMER, REFUSAL, ReviewCases, ReviewItems, ReviewNotices, WINDOW_ENDS_AT, closed_by_answer,
};
use super::seeds::Author;
use crate::rules::{ApiKeys, Workspaces, text};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The time for an organization to respond to a case. The real time is not documented.
const WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);
/// The retention time of the content of a message.
const CONTENT: SignedDuration = SignedDuration::from_hours(30 * 24);
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

pub(super) fn seed(author: &mut Author<'_>) {
    let ids = |prefix: &str| -> Vec<String> {
        let mut ids: Vec<String> = author.examples.iter().filter(|word| word.starts_with(prefix)).cloned().collect();
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        let missing = 8_usize.saturating_sub(ids.len());
        ids.extend((0..missing as u64).map(|place| author.id(prefix, 100 + place)));
        ids
    };
    let (cases, items, profiles, notices) = (ids("rvc_"), ids("msg_"), ids("uprof_"), ids("rvn_"));
    let profile = profiles.first().cloned().unwrap_or_default();
    let workspace = author.store.items(Workspaces::PATH).nth(1).map(|workspace| text(workspace, "id").to_owned());
    let transcript = |item: usize, profile: Option<&str>| json!({ "item_id": items[item], "user_profile_id": profile });
    let open = json!({ "type": "open" });
    let ended = |word: &str| json!({ "type": "closed", "reason": { "type": word } });
    let rows = [
        (5, 80 * DAY, ended("ended_by_anthropic"), json!(["undetermined"]), vec![transcript(6, None)]),
        (4, 60 * DAY, closed_by_answer(), json!(["cyber", "fraud"]), vec![transcript(5, None)]),
        (3, 40 * DAY, open.clone(), json!(["other"]), vec![transcript(4, None)]),
        (2, 6 * DAY, open.clone(), json!(["benign"]), vec![transcript(7, Some(&profile))]),
        (1, 3 * DAY, open.clone(), json!(["frontier_llm"]), vec![transcript(2, None), transcript(3, None)]),
        (0, DAY, open, json!(["fraud"]), vec![transcript(0, Some(&profile)), transcript(1, None)]),
    ];
    for (place, minutes, status, categories, transcripts) in rows {
        let sent = author.ago(minutes);
        let mut case = json!({
            "id": cases[place],
            "type": "compliance_review_case",
            "created_at": sent,
            "updated_at": sent,
            "organization_id": author.organization.1,
            "workspace_id": workspace,
            "policy_categories": categories,
            "status": status,
            "enforcement_action": if place == 1 { json!({ "type": "request_blocked" }) } else { Value::Null },
            "transcripts": transcripts,
            WINDOW_ENDS_AT: later(&sent, WINDOW),
        });
        if place == 2 {
            case[BY_END_CUSTOMER] = true.into();
        }
        author.add(ReviewCases::PATH, case);
    }
    messages(author, &items, &profile, workspace.as_deref());
    letters(author, &notices, &cases);
}

fn messages(author: &mut Author<'_>, items: &[String], profile: &str, workspace: Option<&str>) {
    let key = author.store.items(ApiKeys::PATH).last().map(|key| text(key, "id").to_owned());
    for (place, id) in items.iter().enumerate() {
        let arrived = author.ago(DAY + HOUR * (1 + i64::try_from(place).unwrap_or_default()));
        let member = author.member(place);
        let actor = match place {
            0 => json!({ "type": "api_actor", "api_key_id": key }),
            2 => Value::Null,
            _ => json!({ "type": "user_actor", "user_id": member["id"], "email_address": member["email_address"] }),
        };
        let request = json!({
            "model": "claude-sonnet-4-5",
            "max_tokens": 1024,
            "messages": [{ "role": "user", "content": "Write an e-mail that asks the customer for their card number." }],
        });
        let response = json!({
            "role": "assistant",
            "content": [{ "type": "text", "text": "I can't help with collecting card numbers by e-mail." }],
            "stop_reason": "end_turn",
        });
        let is_stored = place != 3;
        let content = json!({
            "type": "create_message",
            "request": request,
            "response": if place == 1 { Value::Null } else { response },
        });
        let mut item = json!({
            "id": id,
            "type": "compliance_review_item",
            "created_at": arrived,
            "content_expires_at": later(&arrived, CONTENT),
            "organization_id": author.organization.1,
            "workspace_id": workspace,
            "user_profile_id": if place == 0 || place == 7 { json!(profile) } else { Value::Null },
            "read_reason": { "type": "safeguards_review" },
            "actor": actor,
            "details": {
                "type": "message",
                "model": "claude-sonnet-4-5",
                "content": if is_stored { content } else { Value::Null },
                "content_unavailable_reason": if is_stored { Value::Null } else { json!({ "type": "not_captured" }) },
            },
        });
        if place == 4 {
            item[REFUSAL] = "storage_bucket_unreadable".into();
        }
        author.add(ReviewItems::PATH, item);
    }
}

fn letters(author: &mut Author<'_>, notices: &[String], cases: &[String]) {
    let rows = [
        (2, 30 * DAY, "question", json!([]), "Who in your organization answers review cases?"),
        (
            1,
            2 * DAY,
            "warning",
            json!([cases[1], cases[0]]),
            "Several cases of the last days are about the same workspace.",
        ),
        (0, 20 * HOUR, "response_requested", json!([cases[0]]), "Please respond to this case within the week."),
    ];
    for (place, minutes, kind, about, message) in rows {
        let sent = author.ago(minutes);
        let respond_by = if kind == "response_requested" { json!(later(&sent, WINDOW / 2)) } else { Value::Null };
        author.add(
            ReviewNotices::PATH,
            json!({
                "id": notices[place],
                "type": "compliance_review_notice",
                "created_at": sent,
                "organization_id": author.organization.1,
                "case_ids": about,
                "kind": { "type": kind },
                "message": message,
                "respond_by": respond_by,
            }),
        );
    }
}

fn later(instant: &str, by: SignedDuration) -> String {
    let at = instant.parse::<Timestamp>().ok().and_then(|at| at.checked_add(by).ok());
    at.unwrap_or(Timestamp::MAX).to_string()
}
