//! From a recorded cause to a sentence.

use crate::audit::{Cause, Code, Difference};
use crate::decision::approval::OTHER_SELECTION;
use crate::decision::plan::{Before, NOTHING_TO_CHANGE, REFUSED_IN_THIS_STATE, Step};
use claude_admin_catalog::Catalog;
use claude_admin_chat::document::money_at;

/// The text of a cause. An entry of an earlier version already contains its sentence.
#[must_use]
pub fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Code(code) => sentence(code),
        old @ Cause::Sentence(_) => old.to_string(),
    }
}

/// A difference as a sentence, with the values of the API.
#[must_use]
pub fn difference(difference: &Difference) -> String {
    match difference {
        field @ Difference::Field { .. } => field.to_string(),
        Difference::Other(other) => cause(other),
    }
}

/// The text of the differences from a plan: amounts of money are shown as currency.
#[must_use]
pub fn differences(catalog: &Catalog, step: &Step, differences: &[Difference]) -> String {
    let read = match &step.before {
        Before::Read { action, value } => {
            catalog.action(action).and_then(|read| Some((catalog.state_type(read)?, value)))
        }
        Before::Nothing | Before::NotAllowed { .. } => None,
    };
    let amount = |field: &str, amount: &str| {
        let (ty, value) = read?;
        money_at(&catalog.types, ty, value, field, amount)
    };
    let shown = |found: &Difference| match found {
        Difference::Field { field, before, after } => match (amount(field, before), amount(field, after)) {
            (Some(before), Some(after)) => format!("{field}: {before} → {after}"),
            _ => difference(found),
        },
        Difference::Other(_) => difference(found),
    };
    differences.iter().map(shown).collect::<Vec<_>>().join("; ")
}

fn sentence(code: &Code) -> String {
    let name = |what| code.get_name(what).unwrap_or_default();
    let status = || code.get_number("status").map(|status| format!(" with status {status}")).unwrap_or_default();
    match code.as_str() {
        "target-gone" if code.get_name("written").is_some() => {
            let list = name("list").replace('.', " ");
            format!("The target no longer exists: `{list}` has no entry with `{}`", name("written"))
        }
        "target-gone" => "The target no longer exists: the API does not find it".to_owned(),
        NOTHING_TO_CHANGE => "The target already has these values".to_owned(),
        REFUSED_IN_THIS_STATE => {
            "The API returns an error for this command while the target is in its current state".to_owned()
        }
        "host-stopped" => "the host stopped before the response arrived".to_owned(),
        "host-failed" => "the host failed before the response arrived".to_owned(),
        "stricter-policy" => "the policy requires more than before".to_owned(),
        "no-value" => format!("The result of an earlier step has no valid value for `{}`", name("input")),
        OTHER_SELECTION => "other steps were selected".to_owned(),
        "more-differences" => format!("and {} more", code.get_number("count").unwrap_or_default()),
        "api" => {
            let said = code.get_name("message").map(|said| format!(": {said}")).unwrap_or_default();
            format!("The API returned an error{}{said}", status())
        }
        "transport" => format!("The API sent no complete response ({})", name("problem").replace('_', " ")),
        "answer-not-understood" => "The API reported success with a response that the host cannot read".to_owned(),
        "not-an-api-response" => {
            format!("A response{} is not in the format of the API: a proxy or firewall might have sent it", status())
        }
        "limit" => format!("The call reached its limit: {}", name("limit").replace('-', " ")),
        "component-crashed" => "The component crashed".to_owned(),
        "component-misreported" => {
            "The component reported a result that differs from the response that the host received".to_owned()
        }
        "list-cut-off" => {
            format!("The list is incomplete: the host read only {} pages", code.get_number("pages").unwrap_or_default())
        }
        _ => format!("The cause is `{code}`"),
    }
}
