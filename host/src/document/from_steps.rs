//! From a plan with several steps to the parts of a card or of a record: its question, its steps and their progress.

use super::from_cause::cause as text_of;
use super::{Block, Cell, Column, Fact, OptionalStep, Table, label, question_of};
use crate::decision::operation::{DONE, Operation, State, StepState};
use crate::decision::plan::{NOT_PERMITTED, NOTHING_TO_CHANGE, Plan, REFUSED_IN_THIS_STATE, Selection, Step, Unneeded};
use crate::playbook::ProposedTable;
use claude_admin_catalog::{Catalog, Risk};
use claude_admin_chat::{Changed, redacted};

/// The maximum number of commands that a fact lists.
const MAX_LISTED: usize = 5;

/// `Run 3 commands: users remove (2), api-keys update (1)?`
pub(super) fn question(plan: &Plan) -> String {
    let (steps, options) = (plan.steps().count(), plan.options().count());
    let number = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
    match plan.origin() {
        Some(origin) if steps == 0 => {
            let steps = if options == 1 { "1 optional step".to_owned() } else { format!("{options} optional steps") };
            format!("`{}` proposes {steps}. None is selected, so nothing can run yet.", origin.command)
        }
        Some(origin) => format!("Run the {number} that `{}` proposes?", origin.command),
        None => format!("Run {steps} commands: {}?", plan.command()),
    }
}

/// The result of the playbook that proposed the steps, if one did.
pub(super) fn summary(plan: &Plan) -> Option<Block> {
    let origin = plan.origin().filter(|origin| !origin.summary.trim().is_empty())?;
    Some(Block::Text(origin.summary.clone()))
}

/// A table that a playbook proposes. Every row has a cell for every column.
pub fn proposed_table(table: &ProposedTable) -> Block {
    let column = |name: &String| Column { field: name.clone(), label: label(name), unit: None, shown: true };
    let row = |row: &Vec<String>| {
        let cells =
            row.iter().map(|cell| if cell.is_empty() { Cell::Missing } else { Cell::Text(redacted(cell.clone())) });
        cells.chain(std::iter::repeat(Cell::Missing)).take(table.columns.len()).collect()
    };
    Block::Table(Table {
        caption: redacted(table.caption.clone()),
        columns: table.columns.iter().map(column).collect(),
        rows: table.rows.iter().map(row).collect(),
        fixed: true,
        ..Table::default()
    })
}

/// The effects of the steps, each once.
pub(super) fn effects(plan: &Plan) -> String {
    let mut effects: Vec<&str> = Vec::new();
    for effect in plan.steps().filter_map(|step| step.effect.as_deref()) {
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    effects.join(" ")
}

/// The highest risk of the steps.
pub(super) fn risk(plan: &Plan) -> &'static str {
    let has = |risk: &Risk| plan.steps().any(|step| step.risk == risk.as_str());
    Risk::ALL.into_iter().rev().find(has).unwrap_or(Risk::Irreversible).as_str()
}

fn columns(names: &[&str]) -> Vec<Column> {
    // The commands are long, and the question says the same.
    let column =
        |field: &str| Column { field: field.to_owned(), label: label(field), unit: None, shown: field != "command" };
    names.iter().map(|field| column(field)).collect()
}

/// The steps of a plan before they run.
pub(super) fn steps(catalog: &Catalog, plan: &Plan) -> Block {
    let has_options = plan.options().next().is_some();
    let row = |(number, step): (u32, &Step)| {
        let selection = has_options.then(|| Cell::Text(selection(step.selection).to_owned()));
        let start = [Cell::Number(number.to_string())].into_iter().chain(selection);
        let rest = [
            Cell::Sentence(change(catalog, step)),
            step.why.clone().map_or(Cell::Missing, Cell::Text),
            Cell::Text(step.risk.clone()),
            Cell::Text(step.command.clone()),
        ];
        start.chain(rest).collect()
    };
    let names = ["step", "runs", "change", "why", "risk", "command"];
    let names: Vec<&str> = names.into_iter().filter(|name| has_options || *name != "runs").collect();
    let (all, selected) = (plan.all_numbered().count(), plan.steps().count());
    Block::Table(Table {
        caption: match all {
            _ if has_options => format!("{selected} of {all} steps are selected"),
            1 => "1 step".to_owned(),
            steps => format!("{steps} steps, in this order"),
        },
        columns: columns(&names),
        rows: plan.all_numbered().map(row).collect(),
        fixed: true,
        ..Table::default()
    })
}

/// The optional steps of a plan.
pub(super) fn options(catalog: &Catalog, plan: &Plan) -> Vec<OptionalStep> {
    let optional = plan.all_numbered().filter(|(_, step)| step.selection != Selection::Required);
    let option = |(number, step): (u32, &Step)| OptionalStep {
        number,
        change: change(catalog, step),
        selected: step.selection == Selection::Selected,
    };
    optional.map(option).collect()
}

/// The change of a step: its question without the mark.
fn change(catalog: &Catalog, step: &Step) -> String {
    question_of(catalog, step).trim_end_matches('?').to_owned()
}

/// Whether a step runs, in a word or two.
fn selection(selection: Selection) -> &'static str {
    match selection {
        Selection::Required => "yes",
        Selection::Offered => "not selected",
        Selection::Selected => "selected",
    }
}

/// The steps of an operation, each with its result.
pub(super) fn progress(catalog: &Catalog, operation: &Operation) -> Block {
    let plan = &operation.pending.plan;
    let is_over = operation.state.is_settled();
    let row = |(number, step): (u32, &Step)| {
        let (result, note) = result_of(operation.steps.get(&number), is_over);
        vec![
            Cell::Number(number.to_string()),
            Cell::Sentence(change(catalog, step)),
            Cell::Text(result),
            note.map_or(Cell::Missing, Cell::Text),
            Cell::Text(step.command.clone()),
        ]
    };
    let done = operation.steps.values().filter(|state| is_done(state)).count();
    Block::Table(Table {
        caption: format!("{done} of {} steps done", plan.steps().count()),
        columns: columns(&["step", "change", "result", "note", "command"]),
        rows: plan.numbered().map(row).collect(),
        fixed: true,
        ..Table::default()
    })
}

fn is_done(state: &StepState) -> bool {
    matches!(state, StepState::Ended { result, .. } if result == DONE)
}

/// The word for the result of a step, and the cause.
pub fn result_of(state: Option<&StepState>, is_over: bool) -> (String, Option<String>) {
    match state {
        None if is_over => ("not tried".to_owned(), None),
        None => ("waiting".to_owned(), None),
        Some(StepState::Running) => ("running".to_owned(), None),
        Some(StepState::Ended { result, changed: Changed::No, cause, .. }) if result == DONE => {
            ("already so".to_owned(), cause.as_ref().map(text_of))
        }
        Some(StepState::Ended { result, cause, .. }) => (result.clone(), cause.as_ref().map(text_of)),
    }
}

/// The step at which a run stopped, and the cause.
pub(super) fn stopped(operation: &Operation) -> String {
    let steps = operation.pending.plan.steps().count();
    let done = operation.steps.values().filter(|state| is_done(state)).count();
    let last = operation.steps.iter().next_back();
    let why = match (&operation.state, last) {
        (_, Some((number, StepState::Ended { result, cause, .. }))) if result != DONE => {
            let cause = cause.as_ref().map(|cause| format!(": {}", text_of(cause).trim_end_matches('.')));
            format!("Step {number} ended as `{result}`{}", cause.unwrap_or_default())
        }
        (State::Ended { cause: Some(cause), .. }, _) => text_of(cause).trim_end_matches('.').to_owned(),
        _ => "The run ended early".to_owned(),
    };
    let untried = match steps - operation.steps.len() {
        0 => String::new(),
        1 => ". 1 step was not tried".to_owned(),
        untried => format!(". {untried} steps were not tried"),
    };
    format!("{done} of {steps} steps are done. {why}{untried}")
}

/// The requested commands that have nothing to change; none if there are none.
pub(super) fn unneeded(unneeded: &[Unneeded]) -> impl Iterator<Item = Fact> {
    let (not_permitted, rest): (Vec<_>, Vec<_>) = unneeded.iter().partition(|one| has_code(one, NOT_PERMITTED));
    let (refused, unneeded): (Vec<_>, Vec<_>) = rest.into_iter().partition(|one| has_code(one, REFUSED_IN_THIS_STATE));
    let fact = |label: &str, commands: &[&Unneeded]| {
        let listed: Vec<String> = commands.iter().take(MAX_LISTED).map(|one| format!("`{}`", one.command)).collect();
        let rest = commands.len().saturating_sub(MAX_LISTED);
        let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        let text = format!("{}: {}{rest}", commands.len(), listed.join(", "));
        (!commands.is_empty()).then(|| Fact::new(label, text))
    };
    let facts = [
        fact("Nothing to change", &unneeded),
        fact("Not offered: you cannot run them here", &not_permitted),
        fact("Not offered: the API does not accept them now", &refused),
    ];
    facts.into_iter().flatten()
}

fn has_code(one: &Unneeded, code: &str) -> bool {
    matches!(&one.why, crate::audit::Cause::Code(why) if why.as_str() == code)
}

/// The commands of a request in which none has anything to change.
pub fn all_unneeded(unneeded: &[Unneeded]) -> Table {
    let row = |one: &Unneeded| vec![Cell::Text(one.command.clone()), Cell::Text(reason(one))];
    let column = |field: &str| Column { field: field.to_owned(), label: label(field), unit: None, shown: true };
    Table {
        caption: format!("{} commands with nothing to change", unneeded.len()),
        columns: ["command", "note"].map(column).to_vec(),
        rows: unneeded.iter().map(row).collect(),
        ..Table::default()
    }
}

fn reason(one: &Unneeded) -> String {
    match &one.why {
        crate::audit::Cause::Code(code) if code.as_str() == NOTHING_TO_CHANGE => text_of(&one.why),
        why if has_code(one, REFUSED_IN_THIS_STATE) => text_of(why),
        _ if has_code(one, NOT_PERMITTED) => "You cannot run this here".to_owned(),
        _ => "The target was already deleted or never existed".to_owned(),
    }
}
