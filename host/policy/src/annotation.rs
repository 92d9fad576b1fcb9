//! The annotations of a policy.

use super::names::{GroupNames, check_group};
use super::requirement::{ApprovalRule, Demands};
use cedar_policy::{Effect, Policy};
use claude_admin_chat::command::nearest;

const ON_ALL: [&str; 2] = ["id", "description"];
/// The annotations that add requirements. Only actions of the catalog can be pending, so these annotations apply only
/// to them.
pub(super) const ON_PERMIT: [&str; 5] = ["confirm", "approvals", "from", "reason", "expires"];

const SECOND: u64 = 1;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The maximum number of approvals that a policy can require.
const MOST_APPROVALS: u32 = 10;

/// The maximum number of characters in the name of a policy.
const MOST_ID: usize = 100;

/// A problem with an annotation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadAnnotation {
    /// Which annotation.
    pub(super) name: String,
    pub(super) message: String,
    pub(super) remedy: String,
}

/// The annotations of a policy.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    pub(super) id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) demands: Demands,
}

/// Reads the annotations of a policy, and returns all problems with them.
pub(super) fn read(policy: &Policy, groups: &GroupNames) -> (Annotations, Vec<BadAnnotation>) {
    let mut read = Annotations::default();
    let mut bad = Vec::new();
    let mut from = None;
    for (name, value) in policy.annotations() {
        let outcome = if policy.effect() == Effect::Forbid && ON_PERMIT.contains(&name) {
            wrong(
                format!("@{name} has no meaning on a forbid"),
                "remove it: a forbidden action cannot be confirmed or approved",
            )
        } else {
            match name {
                "id" => id(value).map(|id| read.id = Some(id)),
                "description" => {
                    read.description = Some(value.to_owned());
                    Ok(())
                }
                "confirm" => confirm(value).map(|()| read.demands.confirm = true),
                "reason" => reason(value).map(|()| read.demands.reason = true),
                "approvals" => {
                    approvals(value).map(|count| read.demands.approval = Some(ApprovalRule { count, from: None }))
                }
                "from" => group(value, groups).map(|group| from = Some(group)),
                "expires" => seconds(value).map(|seconds| read.demands.expires_seconds = Some(seconds)),
                unknown => Err(unknown_name(unknown)),
            }
        };
        if let Err((message, remedy)) = outcome {
            bad.push(BadAnnotation { name: name.to_owned(), message, remedy });
        }
    }
    match &mut read.demands.approval {
        Some(rule) => rule.from = from,
        None if from.is_some() && policy.annotation("approvals").is_none() => bad.push(BadAnnotation {
            name: "from".to_owned(),
            message: "@from names the approvers, but no approval is required".to_owned(),
            remedy: "add @approvals(\"1\")".to_owned(),
        }),
        None => {}
    }
    (read, bad)
}

type Outcome<T> = Result<T, (String, String)>;

fn wrong<T>(message: impl Into<String>, remedy: impl Into<String>) -> Outcome<T> {
    Err((message.into(), remedy.into()))
}

/// Names are shown in chats and stored in the audit log.
fn id(value: &str) -> Outcome<String> {
    let fits = !value.trim().is_empty() && value.chars().count() <= MOST_ID && !value.chars().any(char::is_control);
    if fits {
        Ok(value.to_owned())
    } else {
        wrong(
            "@id is empty, too long or contains control characters",
            format!("write a name of 1 to {MOST_ID} characters"),
        )
    }
}

fn confirm(value: &str) -> Outcome<()> {
    if value.is_empty() { Ok(()) } else { wrong("@confirm takes no value", "write @confirm") }
}

fn reason(value: &str) -> Outcome<()> {
    if value == "required" {
        Ok(())
    } else {
        wrong(format!("@reason(\"{value}\") is not valid"), "write @reason(\"required\")")
    }
}

fn approvals(value: &str) -> Outcome<u32> {
    match value.parse::<u32>() {
        Ok(count) if (1..=MOST_APPROVALS).contains(&count) && whole_number(value) => Ok(count),
        _ => wrong(
            format!("@approvals(\"{value}\") is not a number from 1 to {MOST_APPROVALS}"),
            "write, for example, @approvals(\"2\")",
        ),
    }
}

fn group(value: &str, groups: &GroupNames) -> Outcome<String> {
    match check_group(value, groups) {
        Ok(()) => Ok(value.to_owned()),
        Err(bad) => wrong(format!("@from: {}", bad.message), bad.remedy),
    }
}

/// The seconds of a time such as `30m`.
#[must_use]
pub fn whole_seconds(value: &str) -> Option<u64> {
    let number_and_unit = value.char_indices().next_back().map(|(last, unit)| (&value[..last], unit));
    number_and_unit.and_then(|(number, unit)| {
        let unit = match unit {
            's' => SECOND,
            'm' => MINUTE,
            'h' => HOUR,
            'd' => DAY,
            _ => return None,
        };
        number.parse::<u64>().ok().filter(|_| whole_number(number))?.checked_mul(unit)
    })
}

fn seconds(value: &str) -> Outcome<u64> {
    match whole_seconds(value) {
        Some(seconds) if (MINUTE..=7 * DAY).contains(&seconds) => Ok(seconds),
        _ => wrong(
            format!("@expires(\"{value}\") is not a time from 1 minute to 7 days"),
            "write a number and s, m, h or d, for example @expires(\"30m\")",
        ),
    }
}

/// Rust also reads `+1`.
fn whole_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn unknown_name(name: &str) -> (String, String) {
    let known = || ON_ALL.into_iter().chain(ON_PERMIT);
    let remedy = match nearest(name, known()) {
        Some(near) => format!("did you mean @{near}?"),
        None => format!("there are @{}", known().collect::<Vec<_>>().join(", @")),
    };
    (format!("there is no annotation @{name}"), remedy)
}
