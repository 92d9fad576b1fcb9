//! `digest cost` and `digest usage`: a period compared with the one before it.

use crate::money::{change, dollars, grouped, parts};
use crate::names::workspace_names;
use crate::pages::by_token;
use crate::period::{Period, today};
use crate::proposal::Draft;
use crate::world::claude::admin::analytics::{self, BucketWidth, CostGroupBy, UsageGroupBy};
use crate::world::claude::admin::spend_limits::{self, SpendLimitPeriod, SpendScope, SpendScopeKind};
use crate::{Arguments, Param, Playbook, param};
use std::collections::BTreeMap;

/// The maximum number of rows of a table by workspace or model, and of top risers.
const MOST_ROWS: usize = 15;
const MOST_RISERS: usize = 5;
/// The width of the longest bar of a chart.
const WIDTH: i128 = 30;

const PERIOD: Param = param("period", "last-week (default), last-month, this-month, or days such as 7d.");

pub(crate) const COST: Playbook = Playbook {
    name: "digest cost",
    summary: "Show the cost by workspace and model, its change, and a forecast for the month",
    parameters: &[PERIOD],
    plan: cost,
};

pub(crate) const USAGE: Playbook = Playbook {
    name: "digest usage",
    summary: "Show the tokens by workspace and model, and their change",
    parameters: &[PERIOD],
    plan: usage,
};

/// The quantity.
#[derive(Clone, Copy)]
enum Measure {
    Cost,
    Tokens,
}

/// An amount of a workspace and a model, from a time.
struct Row {
    start: String,
    workspace: Option<String>,
    model: Option<String>,
    amount: i128,
}

/// The groups of a report.
#[derive(Clone, Copy, PartialEq)]
enum By {
    WorkspaceAndModel,
    Workspace,
    Day,
}

impl Measure {
    fn shown(self, amount: i128) -> String {
        match self {
            Self::Cost => dollars(amount),
            Self::Tokens => grouped(amount),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Tokens => "tokens",
        }
    }

    fn rows(self, period: Period, by: By) -> Result<Vec<Row>, String> {
        let (start, end) = period.times();
        let width = (by == By::Day).then_some(BucketWidth::Day);
        match self {
            Self::Cost => by_token("The cost", |page| {
                let groups: &[CostGroupBy] = match by {
                    By::WorkspaceAndModel => &[CostGroupBy::WorkspaceId, CostGroupBy::Model],
                    By::Workspace => &[CostGroupBy::WorkspaceId],
                    By::Day => &[],
                };
                let found = analytics::cost(
                    &start,
                    Some(&end),
                    groups,
                    width,
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    None,
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    None,
                    None,
                    Some(1000),
                    page,
                )?;
                let row = |row: analytics::CostRow| Row {
                    start: row.starting_at,
                    workspace: row.group.workspace_id,
                    model: row.group.model,
                    amount: parts(&row.cost.amount).unwrap_or(0),
                };
                Ok((found.data.into_iter().map(row).collect(), found.next_page.filter(|_| found.has_more)))
            }),
            Self::Tokens => by_token("The usage", |page| {
                let groups: &[UsageGroupBy] = match by {
                    By::WorkspaceAndModel => &[UsageGroupBy::WorkspaceId, UsageGroupBy::Model],
                    By::Workspace => &[UsageGroupBy::WorkspaceId],
                    By::Day => &[],
                };
                let found = analytics::usage(
                    &start,
                    Some(&end),
                    groups,
                    width,
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    None,
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    &[],
                    None,
                    None,
                    Some(1000),
                    page,
                )?;
                let row = |row: analytics::UsageRow| Row {
                    start: row.starting_at,
                    workspace: row.group.workspace_id,
                    model: row.group.model,
                    amount: i128::from(row.usage.total_tokens),
                };
                Ok((found.data.into_iter().map(row).collect(), found.next_page.filter(|_| found.has_more)))
            }),
        }
    }
}

/// The sums by a name.
fn sums(rows: &[Row], name: impl Fn(&Row) -> String) -> BTreeMap<String, i128> {
    let mut sums = BTreeMap::new();
    for row in rows {
        *sums.entry(name(row)).or_default() += row.amount;
    }
    sums
}

/// A table of amounts, the largest first, each with its change.
fn compared(
    draft: &mut Draft,
    measure: Measure,
    what: &str,
    now: &BTreeMap<String, i128>,
    before: &BTreeMap<String, i128>,
) {
    let mut largest: Vec<(&String, i128)> = now.iter().map(|(name, amount)| (name, *amount)).collect();
    largest.sort_by_key(|(_, amount)| std::cmp::Reverse(*amount));
    let total: i128 = now.values().sum();
    let rows = largest.iter().take(MOST_ROWS).map(|(name, amount)| {
        let share = match if total == 0 { 0 } else { (amount * 200 + total) / (total * 2) } {
            0 if *amount > 0 => "<1 %".to_owned(),
            share => format!("{share} %"),
        };
        let earlier = before.get(*name).copied().unwrap_or(0);
        vec![(*name).clone(), measure.shown(*amount), share, change(*amount, earlier)]
    });
    let caption = match largest.len() {
        count if count > MOST_ROWS => format!("By {what}: the {MOST_ROWS} largest of {count}"),
        _ => format!("By {what}"),
    };
    draft.table(&caption, &[what, measure.word(), "share", "change"], rows.collect());
}

/// The parts that grew most.
fn risers(draft: &mut Draft, measure: Measure, now: &BTreeMap<String, i128>, before: &BTreeMap<String, i128>) {
    let rise = |name: &String, amount: i128| amount - before.get(name).copied().unwrap_or(0);
    let mut risen: Vec<(&String, i128, i128)> = now
        .iter()
        .map(|(name, amount)| (name, rise(name, *amount), *amount))
        .filter(|(_, rise, _)| *rise > 0)
        .collect();
    risen.sort_by_key(|(_, rise, _)| std::cmp::Reverse(*rise));
    let rows = risen.iter().take(MOST_RISERS).map(|(name, rise, amount)| {
        vec![(*name).clone(), format!("+{}", measure.shown(*rise)), measure.shown(*amount)]
    });
    draft.table("Largest increases", &["part", "increase", measure.word()], rows.collect());
}

fn digest(measure: Measure, arguments: &Arguments) -> Result<Draft, String> {
    let now = arguments.now()?;
    let period = Period::read(arguments.one("period").unwrap_or("last-week"), now)?;
    let names = workspace_names()?;
    let (current, earlier) =
        (measure.rows(period, By::WorkspaceAndModel)?, measure.rows(period.before(), By::WorkspaceAndModel)?);
    let total = |rows: &[Row]| rows.iter().map(|row| row.amount).sum::<i128>();
    let workspace = |row: &Row| match &row.workspace {
        Some(id) => names.get(id).unwrap_or(id).clone(),
        None => "default workspace".to_owned(),
    };
    let model = |row: &Row| row.model.clone().unwrap_or_else(|| "other".to_owned());
    let part = |row: &Row| format!("{}, {}", workspace(row), model(row));
    let mut draft = Draft::default();
    let (sum, before) = (total(&current), total(&earlier));
    let against = match change(sum, before) {
        change if change.is_empty() => "as in the period before".to_owned(),
        change if change == "new" => "none in the period before".to_owned(),
        change => format!("{change} against {} in the period before", measure.shown(before)),
    };
    draft.say(format!(
        "{} from {}: {} ({against}).",
        if matches!(measure, Measure::Cost) { "Cost" } else { "Tokens" },
        period.shown(),
        measure.shown(sum)
    ));
    compared(&mut draft, measure, "workspace", &sums(&current, workspace), &sums(&earlier, workspace));
    compared(&mut draft, measure, "model", &sums(&current, model), &sums(&earlier, model));
    risers(&mut draft, measure, &sums(&current, part), &sums(&earlier, part));
    let days = sums(&measure.rows(period, By::Day)?, |row| crate::day::shown(&row.start));
    let most = days.values().copied().max().unwrap_or(0).max(1);
    let rows = days.iter().map(|(day, amount)| {
        let bar = usize::try_from(amount * WIDTH / most).unwrap_or(0);
        vec![day.clone(), measure.shown(*amount), "█".repeat(bar)]
    });
    draft.table("By day (UTC)", &["day", measure.word(), "chart"], rows.collect());
    Ok(draft)
}

fn usage(arguments: &Arguments) -> Result<Draft, String> {
    digest(Measure::Tokens, arguments)
}

fn cost(arguments: &Arguments) -> Result<Draft, String> {
    let mut draft = digest(Measure::Cost, arguments)?;
    let now = arguments.now()?;
    let Some(month) = Period::this_month(now) else { return Ok(draft) };
    let names = workspace_names()?;
    let so_far = Measure::Cost.rows(month, By::Workspace)?;
    let days_in_month = i128::from(today(now).days_in_month());
    let forecast = |amount: i128| amount * days_in_month / i128::from(month.days().max(1));
    let total: i128 = so_far.iter().map(|row| row.amount).sum();
    draft.say(format!(
        "Forecast for this month: {}, if the rest is like its first {} days ({}).",
        dollars(forecast(total)),
        month.days(),
        dollars(total)
    ));
    let scopes = [SpendScopeKind::Organization, SpendScopeKind::Workspace];
    let limits = by_token("The spend limits", |page| {
        let found = spend_limits::list(&scopes, None, Some(1000), page)?;
        Ok((found.data, found.next_page))
    });
    // Not every organization has limits that can be read. The cost itself does not depend on them.
    let limits = match limits {
        Ok(limits) => limits,
        Err(why) => {
            draft.say(format!("It is not compared with limits. {why}"));
            return Ok(draft);
        }
    };
    let mut rows = Vec::new();
    for limit in limits.iter().filter(|limit| limit.is_enabled && matches!(limit.period, SpendLimitPeriod::Monthly)) {
        let Some(amount) = limit.amount.as_deref().and_then(parts) else { continue };
        let (name, spent) = match &limit.scope {
            SpendScope::Organization => ("organization".to_owned(), total),
            SpendScope::Workspace(scope) => {
                let is_its = |row: &&Row| row.workspace.as_ref() == Some(&scope.workspace_id);
                let spent = so_far.iter().filter(is_its).map(|row| row.amount).sum();
                (names.get(&scope.workspace_id).unwrap_or(&scope.workspace_id).clone(), spent)
            }
            _ => continue,
        };
        let verdict = match (spent > amount, forecast(spent) > amount) {
            (true, _) => "reached",
            (false, true) => "will be reached",
            (false, false) => "will not be reached",
        };
        rows.push(vec![name, dollars(amount), dollars(spent), dollars(forecast(spent)), verdict.to_owned()]);
    }
    draft.table("Forecast against monthly limits", &["scope", "limit", "so_far", "forecast", "limit_is"], rows);
    Ok(draft)
}
