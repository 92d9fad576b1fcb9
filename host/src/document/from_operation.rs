//! From an operation to a document: the card of a pending request, and the record that replaces it after the decision.

use super::from_cause::{self, cause as text_of};
use super::from_decision::too_few;
use super::from_steps::{self, risk};
use super::{Asked, Block, Cell, Choices, Document, Fact, Level, Notice, record_facts};
use crate::Choice;
use crate::audit::{Cause, Difference};
use crate::decision::approval::NoApprover;
use crate::decision::operation::{ApprovedAlone, Operation, Pending, State, UNKNOWN};
use crate::decision::plan::{Before, Dependents, DependentsFound, NOTHING_TO_CHANGE, Plan, Pointless, Step};
use crate::decision::policy::{Alone, ApprovalRule, Requirements};
use crate::identity::Platform;
use claude_admin_catalog::{Action, Catalog, Futility, Input};
use claude_admin_chat::{Changed, NO_CHANGES_YET, Verdict};

/// The label of the objects that depend on the target of a plan.
const DEPENDS_ON_IT: &str = "Depends on it";

/// The advice about a request that ended without a change.
const SEND_AGAIN: &str = "The request is closed. Send it again if it is still needed.";

/// The document for a dry run: only the plan of a command.
#[must_use]
pub fn dry_run(
    catalog: &Catalog,
    plan: &Plan,
    requirements: &Requirements,
    no_approver: Option<&NoApprover>,
) -> Document {
    let mut facts = plan_facts(catalog, plan);
    facts.push(Fact::new("Needs", needs(requirements, no_approver)));
    let question = question_and_effect(catalog, plan);
    let text = format!("{question} Risk: {}. This is a dry run. {NO_CHANGES_YET}", risk(plan));
    let hint = "To run the command, repeat it without `--dry-run`.".to_owned();
    Document::titled("Plan")
        .with(Block::Notice(Notice { level: Level::Attention, text, hint: Some(hint) }))
        .with_all(steps(catalog, plan))
        .with(Block::Facts(facts))
        .footer(format!("plan {}", short(&plan.hash())))
}

/// The card of a pending request: the plan, the requirements, and the possible decisions.
#[must_use]
pub fn waiting(catalog: &Catalog, operation: &Operation) -> Document {
    let Pending { plan, requirements, .. } = &operation.pending;
    let alone = requirements.approvals.is_empty();
    let only = plan.only().and_then(|step| catalog.action(&step.action));
    // Only the requester can see the result, so the requester runs the command after the approvals.
    let for_requester = only.is_some_and(|action| action.runs_for_requester());
    let agreed = !alone && for_requester && operation.approvers().count() > 0;
    let is_empty = plan.steps().next().is_none();
    let (title, hint) = if is_empty {
        let id = &operation.id;
        let numbers: Vec<String> = plan.options().take(2).map(|number| number.to_string()).collect();
        let numbers = numbers.join(",");
        let hint = match alone {
            true => format!(
                "Select steps by their numbers, for example `select {id} {numbers}`, or all with `select {id} all`. Then \
                 confirm them."
            ),
            false => format!(
                "The requester, {}, selects steps by their numbers, for example `select {id} {numbers}`. Then other users \
                 can approve them.",
                operation.pending.requester
            ),
        };
        ("Select steps".to_owned(), hint)
    } else if alone {
        let hint = match operation.pending.place.platform {
            // A model cannot confirm its own request.
            Platform::Mcp => {
                format!(
                    "A person must confirm it, with `claude-admin run` and the same configuration: `confirm {}`.",
                    operation.plan_id()
                )
            }
            // The repeated command would propose again, and select nothing.
            _ if plan.options().next().is_some() => {
                format!("To run the selected steps: `confirm {}`.", operation.plan_id())
            }
            _ => format!("To run the command: `confirm {}`, or repeat it with `--yes`.", operation.plan_id()),
        };
        ("Confirm".to_owned(), hint)
    } else if let Some(alone) = requirements.alone {
        ("Confirm".to_owned(), by_name(operation, alone))
    } else {
        let id = operation.plan_id();
        let hint = if agreed {
            format!(
                "Other users can `approve {id}` or `deny {id} --reason …`. Once the approvals are complete, {} can `confirm \
                 {id}`.",
                operation.pending.requester
            )
        } else {
            format!("Another user must decide: `approve {id}` or `deny {id} --reason …`.")
        };
        ("Approval needed".to_owned(), hint)
    };
    let question = question_and_effect(catalog, plan);
    let text = match is_empty {
        true => format!("{question} {NO_CHANGES_YET}"),
        false => format!("{question} Risk: {}. {NO_CHANGES_YET}", risk(plan)),
    };
    // A lone operator must type the name of the target, so there is no button to approve.
    let choices = if requirements.alone.is_some() || is_empty {
        vec![(Choice::Cancel, "Cancel".to_owned())]
    } else if alone {
        vec![(Choice::Confirm, "Confirm".to_owned()), (Choice::Cancel, "Cancel".to_owned())]
    } else {
        vec![(Choice::Approve, "Approve".to_owned()), (Choice::Reject, "Reject".to_owned())]
    };
    let mut facts = plan_facts(catalog, plan);
    // The readers of a card have different permissions.
    if !alone && only.is_some_and(|action| !action.impacts.is_empty()) {
        let text = format!("`status {}` shows what you can read of it", operation.id);
        facts.push(Fact::new(DEPENDS_ON_IT, text));
    }
    facts.extend(pending(operation, is_empty));
    Document::titled(title)
        .with(Block::Notice(Notice { level: Level::Attention, text, hint: Some(hint) }))
        .with_all(steps(catalog, plan))
        .with(Block::Facts(facts))
        .with(Block::Choices(Choices {
            operation: operation.id.clone(),
            version: operation.pending.version,
            harmful: risk(plan) != "reversible",
            text: question,
            choices,
            options: from_steps::options(catalog, plan),
        }))
        .footer(format!("operation {}", operation.id))
}

/// The record of an operation: its decisions and its result. It replaces the card.
#[must_use]
pub fn record(catalog: &Catalog, operation: &Operation) -> Document {
    let plan = &operation.pending.plan;
    let (level, text, hint) = ending(operation);
    let mut facts = match plan.only() {
        Some(step) => step_facts(catalog, step, "Before"),
        None => plan_facts(catalog, plan),
    };
    facts.extend(people(operation));
    if let State::Ended { requests, .. } = &operation.state
        && !requests.is_empty()
    {
        facts.push(Fact::new("Request at the API", requests.join(", ")));
    }
    let title = match (plan.only(), plan.origin()) {
        (Some(step), _) => step.summary.clone(),
        (None, Some(origin)) => origin.playbook.clone(),
        (None, None) => plan.command(),
    };
    let progress = plan.only().is_none().then(|| from_steps::progress(catalog, operation));
    Document::titled(title)
        .with(Block::Notice(Notice { level, text, hint }))
        .with_all(progress)
        .with(Block::Facts(facts))
        .footer(format!("operation {}", operation.id))
}

/// The card of an operation that is pending, otherwise its record.
#[must_use]
pub fn operation(catalog: &Catalog, operation: &Operation) -> Document {
    match (&operation.state, &operation.change) {
        (State::Waiting, Some(change)) => superseded(catalog, operation, &change.differences),
        (State::Waiting, None) => waiting(catalog, operation),
        _ => record(catalog, operation),
    }
}

/// The document for a plan that changed after it was shown: the differences, and the new card.
#[must_use]
pub fn superseded(catalog: &Catalog, operation: &Operation, differences: &[Difference]) -> Document {
    let mut document = waiting(catalog, operation);
    let nothing = Verdict::Unchanged.sentence();
    let differences = from_cause::differences(catalog, operation.pending.plan.first(), differences);
    let text = format!("The plan changed after it was requested: {differences}. {nothing}");
    let hint = Some("The new plan is below and needs a new decision.".to_owned());
    document.blocks.insert(0, Block::Notice(Notice { level: Level::Error, text, hint }));
    document
}

/// The state of an operation, whether anything was changed, and what to do.
fn ending(operation: &Operation) -> (Level, String, Option<String>) {
    let (id, nothing) = (&operation.id, Verdict::Unchanged.sentence());
    let last = operation.decisions.last();
    let by = last.map(|decided| format!(" by {}", decided.principal)).unwrap_or_default();
    let why = last.and_then(|decided| decided.reason.as_ref()).map(|reason| format!(" ({reason})")).unwrap_or_default();
    match &operation.state {
        State::Waiting => (Level::Attention, format!("The request is pending. {NO_CHANGES_YET}"), None),
        State::Running { .. } => (
            Level::Attention,
            with_verdict("The request is running".to_owned(), operation),
            Some(format!("Check again in a moment: `status {id}`.")),
        ),
        State::Rejected => (Level::Error, format!("Rejected{by}{why}. {nothing}"), None),
        State::Cancelled => (Level::Error, format!("Cancelled{by}. {nothing}"), None),
        State::Expired => (
            Level::Error,
            format!("The request expired without a decision. {nothing}"),
            Some("Send the request again if it is still needed.".to_owned()),
        ),
        State::Ended { result, cause: Some(cause @ Cause::Code(code)), .. }
            if result == "done" && code.as_str() == NOTHING_TO_CHANGE =>
        {
            (Level::Done, format!("{}. {nothing}", text_of(cause)), None)
        }
        // The removal of an object that does not exist is also `done`.
        State::Ended { result, changed: Some(Changed::No), cause: Some(_), .. } if result == "done" => {
            (Level::Done, format!("The target was already deleted or never existed. {nothing}"), None)
        }
        State::Ended { result, .. } if result == "done" => (Level::Done, "Done.".to_owned(), None),
        State::Ended { .. } if operation.pending.plan.only().is_none() => (
            Level::Error,
            with_verdict(from_steps::stopped(operation), operation),
            Some(format!("`resume {id}` plans what is left, from the current state.")),
        ),
        State::Ended { result, cause, .. } if result == UNKNOWN => {
            let why = cause.as_ref().map(|cause| format!(": {}", text_of(cause).trim_end_matches('.')));
            (
                Level::Error,
                with_verdict(format!("The result is unknown{}", why.unwrap_or_default()), operation),
                Some(match operation.changed() {
                    Some(Changed::No) => SEND_AGAIN.to_owned(),
                    _ => format!(
                        "The request is not sent again automatically. Run `status {id}` to check the target. Send the request \
                         again only if the change was not made."
                    ),
                }),
            )
        }
        State::Ended { result, cause, .. } => (
            Level::Error,
            with_verdict(cause.as_ref().map_or_else(|| format!("The request ended as `{result}`"), text_of), operation),
            Some(match operation.changed() {
                Some(Changed::Yes | Changed::Unknown) => {
                    "Check the target before you send the request again.".to_owned()
                }
                Some(Changed::No) | None => SEND_AGAIN.to_owned(),
            }),
        ),
    }
}

/// The advice how a lone operator approves a request.
fn by_name(operation: &Operation, alone: Alone) -> String {
    let id = operation.plan_id();
    let command = match operation.pending.place.platform {
        Platform::Local => format!("`claude-admin run -- confirm {id}`"),
        _ => format!("`claude-admin run -- confirm {id}` with the same configuration"),
    };
    format!(
        "On a terminal, run {command} and type the name of the target. The request runs {} s later, unless you cancel it with \
         Ctrl-C.",
        alone.delay_seconds
    )
}

/// The text about a result, with the sentence about changes. Texts of earlier versions already have that sentence, and
/// nothing else is recorded about them.
fn with_verdict(text: String, operation: &Operation) -> String {
    let text = text.trim_end_matches('.');
    match operation.changed().map(|changed| Verdict::from(changed).sentence()) {
        Some(sentence) if !text.contains(sentence.trim_end_matches('.')) => format!("{text}. {sentence}"),
        _ => format!("{text}."),
    }
}

/// The question for the people who decide.
#[must_use]
pub fn question(catalog: &Catalog, plan: &Plan) -> String {
    plan.only().map_or_else(|| from_steps::question(plan), |step| question_of(catalog, step))
}

/// The question about one step. It names the target, if the target was read.
pub(super) fn question_of(catalog: &Catalog, step: &Step) -> String {
    match catalog.action(&step.action) {
        Some(action) => asked(catalog, action, step).question(|input| written(step, input)),
        None => format!("{}?", step.summary),
    }
}

fn asked<'a>(catalog: &'a Catalog, action: &'a Action, step: &'a Step) -> Asked<'a> {
    Asked { catalog, action, arguments: &step.arguments, target: step.before.value() }
}

/// The text that the requester wrote instead of an ID.
fn written<'p>(step: &'p Step, input: &Input) -> Option<&'p str> {
    let target = step.targets.iter().find(|target| target.input == input.name && target.pointer.is_empty())?;
    Some(target.written.as_str())
}

/// The question, and the effects of the commands.
fn question_and_effect(catalog: &Catalog, plan: &Plan) -> String {
    format!("{} {}", question(catalog, plan), from_steps::effects(plan)).trim_end().to_owned()
}

/// The table of the steps, if there are several.
fn steps(catalog: &Catalog, plan: &Plan) -> impl Iterator<Item = Block> {
    let table = plan.only().is_none().then(|| from_steps::steps(catalog, plan));
    from_steps::summary(plan).into_iter().chain(table)
}

/// The facts of a plan that is not running yet.
fn plan_facts(catalog: &Catalog, plan: &Plan) -> Vec<Fact> {
    let step = plan.only().map(|step| step_facts(catalog, step, "Now"));
    let playbook = plan.origin().map(|origin| {
        let version = format!("{}, sha256:{}", origin.playbook, short(&origin.digest));
        vec![Fact::new("Command", origin.command.clone()), Fact::new("Playbook", version)]
    });
    let facts = step.or(playbook).unwrap_or_default();
    facts.into_iter().chain(from_steps::unneeded(plan.unneeded())).collect()
}

/// Why a write would have no effect or would fail, in full sentences.
#[must_use]
pub fn pointless(catalog: &Catalog, step: &Step, found: Pointless<'_>) -> String {
    let action = catalog.action(&step.action);
    let text = action.zip(found.rule).and_then(|(action, rule)| {
        asked(catalog, action, step).filled(&rule.text, &|input: &Input| written(step, input))
    });
    text.unwrap_or_else(|| match found.kind {
        Futility::Done => "The target already has these values.".to_owned(),
        Futility::Refused => "The API returns an error for this command while the target is in this state.".to_owned(),
    })
}

/// The document for a plan that needs no decision: it has nothing to change, or the API would return an error.
#[must_use]
pub fn not_asked(catalog: &Catalog, step: &Step, found: Pointless<'_>) -> Document {
    let why = pointless(catalog, step, found);
    let nothing = Verdict::Unchanged.sentence();
    let (level, text) = match found.kind {
        Futility::Done => (Level::Done, format!("Nothing to change. {why} {nothing}")),
        Futility::Refused => (Level::Error, format!("This cannot succeed. {why} {nothing}")),
    };
    Document::titled(step.summary.clone())
        .with(Block::Notice(Notice { level, text, hint: None }))
        .with(Block::Facts(step_facts(catalog, step, "Now")))
}

/// Inserts the objects that depend on the target of a plan after the facts of the plan.
#[must_use]
pub fn with_dependents(mut document: Document, dependents: Block) -> Document {
    let mut after = document.blocks.len();
    for (index, block) in document.blocks.iter_mut().enumerate().rev() {
        if let Block::Facts(facts) = block {
            facts.retain(|fact| fact.label != DEPENDS_ON_IT);
            after = index + 1;
        }
    }
    document.blocks.insert(after, dependents);
    document
}

/// The objects that depend on the target of a plan.
#[must_use]
pub fn dependents(found: &[Dependents]) -> Block {
    let fact = |dependents: &Dependents| {
        let text = match &dependents.found {
            DependentsFound::NotRead(why) => format!("not read: {why}"),
            DependentsFound::Read { count: 0, more: false, .. } => "none".to_owned(),
            DependentsFound::Read { count, more, first } => {
                let names: Vec<&str> = first.iter().map(|one| one.name.as_deref().unwrap_or(&one.id)).collect();
                let number = if *more { format!("at least {count}") } else { count.to_string() };
                let rest = if *more || *count > names.len() {
                    format!(", … (`{}`)", dependents.command)
                } else {
                    String::new()
                };
                format!("{number}: {}{rest}", names.join(", "))
            }
        };
        let json = serde_json::to_string(dependents).unwrap_or_default();
        Fact { cell: Cell::Nested { text, json }, ..Fact::new(dependents.what.clone(), "") }
    };
    Block::Facts(found.iter().map(fact).collect())
}

/// The facts of a step. `when` is the label for the state of the target at the time of the step.
fn step_facts(catalog: &Catalog, step: &Step, when: &str) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Command", step.command.clone())];
    for target in &step.targets {
        let fact = Fact::new(format!("Resolved from {}", target.written), target.shown());
        let place = format!("{}{}", target.input.replace('-', "_"), target.pointer.replace('/', "."));
        facts.push(Fact { field: format!("resolved.{place}"), ..fact });
    }
    match &step.before {
        Before::Nothing => {}
        Before::NotAllowed { action } => {
            facts.push(Fact::new(
                when,
                format!("not read: the requester cannot run `{}` without further approval", action.replace('.', " ")),
            ));
        }
        Before::Read { value, .. } if value.is_null() => facts.push(Fact::new(when, "nothing to replace")),
        Before::Read { action, value } => {
            let state = catalog.action(action).and_then(|action| catalog.state_type(action));
            let fields = state.and_then(|ty| catalog.types.record(ty)).unwrap_or_default();
            let now = record_facts(&catalog.types, fields, value).into_iter();
            facts.extend(now.filter(|fact| fact.cell != Cell::Missing).map(|fact| Fact {
                label: format!("{when}: {}", fact.label.to_lowercase()),
                field: format!("before.{}", fact.field),
                ..fact
            }));
        }
    }
    facts
}

/// The people of a pending request, and its requirements. `is_empty`: no step is selected.
pub(super) fn pending(operation: &Operation, is_empty: bool) -> Vec<Fact> {
    let needs = if is_empty { "a selection".to_owned() } else { needs(&operation.pending.requirements, None) };
    let mut facts = people(operation);
    facts.extend([Fact::new("Needs", needs), Fact::time("Expires", operation.expires_ms)]);
    facts
}

fn people(operation: &Operation) -> Vec<Fact> {
    let mut facts = vec![Fact::person("Asked for by", &operation.pending.requester)];
    if let Some(reason) = &operation.pending.reason {
        facts.push(Fact::new("Reason", reason.clone()));
    }
    for decided in &operation.decisions {
        let label = match decided.choice {
            Choice::Confirm => "Confirmed by",
            Choice::Approve => "Approved by",
            Choice::Reject => "Rejected by",
            Choice::Cancel => "Cancelled by",
        };
        facts.push(Fact::person(label, &decided.principal));
        facts.push(Fact::time("At", decided.time_ms));
        facts.extend(decided.reason.as_ref().map(|reason| Fact::new("Because", reason.clone())));
    }
    if let Some(ApprovedAlone { principal, delay_seconds, time_ms }) = &operation.alone {
        facts.push(Fact::person("Approved alone by", principal));
        facts.push(Fact::new("After", format!("{delay_seconds} s; no second person approved")));
        facts.push(Fact::time("At", *time_ms));
    }
    facts
}

/// The required decisions as text, with the approvals that no user can give.
fn needs(requirements: &Requirements, no_approver: Option<&NoApprover>) -> String {
    if let Some(alone) = requirements.alone {
        return format!("you type the name of the target; the request runs {} s later", alone.delay_seconds);
    }
    if requirements.approvals.is_empty() {
        return "a confirmation by the requester".to_owned();
    }
    let rule = |rule: &ApprovalRule| {
        let who = match &rule.from {
            Some(group) => format!("members of {group}"),
            None => "users who can run it".to_owned(),
        };
        let approvals = if rule.count == 1 { "1 approval".to_owned() } else { format!("{} approvals", rule.count) };
        let impossible = no_approver.filter(|found| found.rule == *rule);
        let impossible = impossible.map(|found| format!(", but {}", too_few(found))).unwrap_or_default();
        format!("{approvals} by {who}, other than the requester{impossible}")
    };
    requirements.approvals.iter().map(rule).collect::<Vec<_>>().join("; ")
}

/// The first 12 characters of a hash, for a visual comparison.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
