//! `spend desk`: requests for a higher limit, each with what the member has and has spent.

use crate::day::shown;
use crate::money::{dollars, parts, whole_dollars_in_cents};
use crate::pages::by_token;
use crate::proposal::Draft;
use crate::world::claude::admin::spend_limits::{SpendLimitActor, SpendLimitPeriod};
use crate::world::claude::admin::spend_requests::{self, SpendRequest, SpendRequestStatus};
use crate::{Arguments, Playbook, param};

pub(crate) const DESK: Playbook = Playbook {
    name: "spend desk",
    summary: "Show pending requests for a higher spend limit, and offer to approve or deny each",
    parameters: &[param("raise", "The raise of the current limit in percent, from 1 to 1000. Default: 50.")],
    plan,
};

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let raise = raise(arguments.one("raise"))?;
    let pending = by_token("The spend requests", |page| {
        let found = spend_requests::list(&[], &[SpendRequestStatus::Pending], Some(1000), page)?;
        Ok((found.data, found.next_page))
    })?;
    let mut draft = Draft::default();
    let mut rows = Vec::new();
    for request in &pending {
        let summary = request.spend_summary.as_ref();
        let limit = summary.and_then(|summary| summary.amount.as_deref()).and_then(parts);
        let spent = summary.and_then(|summary| parts(&summary.period_to_date_spend));
        let who = requester(request);
        let amount = |amount: Option<i128>| amount.map(dollars).unwrap_or_default();
        rows.push(vec![
            who.clone(),
            request.id.clone(),
            amount(limit),
            amount(spent),
            period(&request.period).to_owned(),
            shown(&request.created_at),
        ]);
        // Without a limit and without spending, there is nothing that a raise could be a part of.
        let base = limit.or(spent).filter(|base| *base > 0);
        if let Some(base) = base {
            let new = whole_dollars_in_cents(base + base * raise / 100).to_string();
            let why = format!("{who}: raise by {raise} % to {}", dollars(parts(&new).unwrap_or(0)));
            draft.option(
                "spend-requests.approve",
                &[("request-id", request.id.as_str()), ("amount", new.as_str())],
                why,
            );
        }
        draft.option("spend-requests.deny", &[("request-id", request.id.as_str())], format!("{who}: no change"));
    }
    draft.table("Pending requests", &["member", "id", "limit", "spent", "period", "requested"], rows);
    draft.say(match pending.len() {
        0 => "No request for a higher limit is pending.".to_owned(),
        1 => "1 request for a higher limit is pending.".to_owned(),
        count => format!("{count} requests for a higher limit are pending."),
    });
    if !pending.is_empty() {
        draft.say("Select one step for each request that you decide.");
    }
    Ok(draft)
}

fn raise(given: Option<&str>) -> Result<i128, String> {
    let Some(text) = given else { return Ok(50) };
    match text.trim_end_matches('%').trim_end().parse::<i128>() {
        Ok(raise) if (1..=1000).contains(&raise) => Ok(raise),
        _ => Err(format!("raise: `{text}` is not a number of percent from 1 to 1000.")),
    }
}

fn requester(request: &SpendRequest) -> String {
    match &request.actor {
        SpendLimitActor::UserActor(user) => {
            user.email_address.clone().or_else(|| user.name.clone()).unwrap_or_else(|| user.user_id.clone())
        }
        SpendLimitActor::ScopedApiKeyActor(key) => key.scoped_api_key_id.clone(),
        SpendLimitActor::Other(_) => request.id.clone(),
    }
}

fn period(period: &SpendLimitPeriod) -> &str {
    match period {
        SpendLimitPeriod::Daily => "daily",
        SpendLimitPeriod::Weekly => "weekly",
        SpendLimitPeriod::Monthly => "monthly",
        SpendLimitPeriod::Other(word) => word,
    }
}
