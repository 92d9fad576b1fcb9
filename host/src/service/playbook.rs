//! Runs a playbook: it reads with the permissions of the requester, and its proposal becomes one request.

use super::playbook_reads::PlaybookReads;
use super::{Outcome, Reply, Service};
use crate::audit::{Cause, Code, Effect, Entry, Event};
use crate::command::{self, Options, PlaybookCall};
use crate::decision::approval::{CommandDraft, Commands, ProposedSeveral};
use crate::decision::operation::Receipt;
use crate::decision::plan::{Fill, Origin};
use crate::decision::policy::{Decision, InPlaybook};
use crate::decision::{Person, Reader};
use crate::document::{self, Block, Document, Level, Notice};
use crate::playbook::{PlaybookError, Proposal, ProposedStep};
use crate::store::Durability;
use claude_admin_catalog::Field;
use claude_admin_chat::cap::cap_text;
use claude_admin_chat::{Verdict, redacted, strict_json};
use serde_json::{Map, Value, json};
use std::sync::Arc;

impl Service {
    /// Runs a playbook, and requests the steps that it proposes.
    pub(super) async fn run_playbook(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        call: PlaybookCall,
        options: Options,
    ) -> Reply {
        let form = Arc::clone(&call.form);
        let requirements = match self.decider().decide_playbook(person, &form) {
            Decision::Allow(requirements) => requirements,
            Decision::Deny(denial) => {
                let what = format!("run the playbook `{}` here", form.name);
                return self.refuse(id, person, &denial, &what).await;
            }
        };
        let Some(playbook) = self.playbooks.as_ref().and_then(|library| library.component(&form)) else {
            let text = format!("This host has no playbook `{}`. {}", form.name, Verdict::NotSent.sentence());
            return Reply::failed(Outcome::NotFound, document::error(text, None::<&str>));
        };
        let Some(_planning) = self.planning.begin(&person.principal) else {
            let text = format!("You already run {PLAYBOOKS_OF_ONE} playbooks. {}", Verdict::NotSent.sentence());
            let hint = "Try again when one of them has ended.";
            return Reply::failed(Outcome::RateLimited, document::error(text, Some(hint)));
        };
        let reading = InPlaybook { name: form.name.clone(), digest: form.digest.clone(), steps: 0 };
        let reader = Reader::new(&*self.plugin, self.decider(), person, id).keeping_items().in_playbook(Some(reading));
        let mut reads = PlaybookReads::new(self, id, &form.name, &reader);
        tracing::info!(operation = id, playbook = form.name, digest = form.digest, "planning");
        let planned = playbook.plan(&form.name, &call.arguments, self.api_now(), &mut reads).await;
        drop(reads);
        let planned = planned.and_then(|proposal| {
            let steps = (0..).zip(&proposal.steps);
            let drafts = steps.map(|(index, step)| self.step(step, &proposal.steps[..index]));
            let drafts = drafts.collect::<Result<Vec<_>, _>>();
            drafts.map(|drafts| (proposal, drafts)).map_err(PlaybookError::Proposal)
        });
        let command = call.canonical();
        let (proposal, drafts) = match planned {
            Ok(planned) => planned,
            Err(error) => return self.no_proposal(id, person, &call, &reader, &error).await,
        };
        let shown = proposed(&proposal);
        if drafts.is_empty() {
            let reply = self.nothing_proposed(id, person, &call, &reader, shown, &proposal).await;
            return Reply { command: Some(command), format: options.format, ..reply };
        }
        let mut summary = redacted(proposal.summary.clone());
        cap_text(&mut summary);
        let (playbook, digest) = (form.name.clone(), form.digest.clone());
        let origin = Origin { playbook, digest, command: command.clone(), summary };
        let Some(action) = drafts.first().map(|first| Arc::clone(&first.draft.invocation.action)) else {
            return Reply::told(shown);
        };
        let playbook = Some((origin, requirements));
        let commands = Commands { operation: id, person, drafts, playbook, options: &options, receipt };
        let mut reply = match Box::pin(self.approvals.propose_several(commands, &reader)).await {
            Err(not) => self.several_not_run(id, person, &action, &options, not).await,
            Ok((ProposedSeveral::Nothing(unneeded), found)) => {
                self.nothing_to_do(id, person, &action, &options, &unneeded, &found).await
            }
            Ok((ProposedSeveral::Planned(planned), _)) => {
                Box::pin(self.planned(id, person, &action, &options, planned)).await
            }
        };
        let waiting = reply.error.as_mut().and_then(|error| error.get_mut("waiting"));
        if let Some(result) = waiting.or(reply.data.as_mut()).filter(|result| result.is_object()) {
            add_content(result, &proposal);
        }
        // The tables of the playbook follow the steps: a message with too little space shows at least these.
        let is_table = |block: &Block| matches!(block, Block::Table(_));
        let mut tables: Vec<Block> = shown.blocks.into_iter().filter(is_table).collect();
        for block in &mut tables {
            if let Block::Table(table) = block {
                table.private = !options.share;
            }
        }
        let blocks = &mut reply.document.blocks;
        let at = blocks.iter().position(is_table).map_or_else(|| 1.min(blocks.len()), |steps| steps + 1);
        blocks.splice(at..at, tables);
        reply.document.footer.retain(|line| *line != action.command());
        Reply { command: Some(command), ..reply }
    }

    /// The command of a proposed step, after other ones.
    fn step(&self, step: &ProposedStep, earlier: &[ProposedStep]) -> Result<CommandDraft, String> {
        let of = |problem: String| format!("step `{}`: {problem}", step.id.escape_debug());
        let mut arguments: Map<String, Value> = strict_json::object::<strict_json::Object>(&step.arguments)
            .map(|object| object.0)
            .map_err(|error| of(format!("its arguments are not a JSON object: {error}")))?;
        let fills = self.fills(&step.action, &mut arguments, earlier).map_err(of)?;
        let draft = command::from_json(self.catalog(), &step.action, &arguments, self.api_now())
            .map_err(|error| of(error.to_string()))?;
        if !draft.references.is_empty() {
            return Err(of("a playbook must name objects by their IDs".to_owned()));
        }
        let action = &draft.invocation.action;
        if !action.writes() || action.sensitive || action.is_confidential() {
            let text = format!("`{}` cannot be a step: it changes nothing, or its result is confidential", action.id);
            return Err(of(text));
        }
        let mut why = redacted(step.why.clone());
        cap_text(&mut why);
        let why = Some(why).filter(|why| !why.trim().is_empty());
        Ok(CommandDraft { draft, why, is_optional: step.optional, fills })
    }

    /// The arguments that earlier steps determine, such as `{create.id}`. In the arguments, a valid ID takes their place.
    fn fills(
        &self,
        action: &str,
        arguments: &mut Map<String, Value>,
        earlier: &[ProposedStep],
    ) -> Result<Vec<Fill>, String> {
        let (catalog, mut fills) = (self.catalog(), Vec::new());
        for (name, value) in arguments.iter_mut() {
            let Some((step, field)) = value.as_str().and_then(Fill::parse) else { continue };
            let number = earlier.iter().position(|one| one.id == step && !one.optional);
            let number =
                number.ok_or_else(|| format!("`{name}` needs a step `{step}` before it that is not optional"))?;
            let from = catalog.action(&earlier[number].action);
            let input = catalog.action(action).and_then(|action| action.input(&name.replace('_', "-")));
            let prefix = input.and_then(|input| catalog.types.prefix(&input.ty));
            let (Some(input), Some(prefix)) = (input, prefix) else {
                return Err(format!("`{name}` is not an ID, so no earlier step can determine it"));
            };
            // Users do not see the object before the step runs. So it must be one that the plan itself creates.
            let from = from.filter(|from| Effect::of(catalog, from) == Effect::Create && field == ID);
            let fields = from.and_then(|from| catalog.types.record(from.result.as_ref()?)).unwrap_or_default();
            let is_created = |found: &Field| found.wire == ID && catalog.types.prefix(&found.ty) == Some(prefix);
            if !fields.iter().any(is_created) {
                return Err(format!(
                    "`{name}` needs `{field}` of step `{step}`, which is not the ID of an object that this step creates"
                ));
            }
            let step = u32::try_from(number + 1).unwrap_or(u32::MAX);
            fills.push(Fill { input: input.name.clone(), step, field: field.to_owned() });
            *value = format!("{prefix}{PLACEHOLDER}").into();
        }
        Ok(fills)
    }

    /// The reply to a playbook that gave no proposal.
    async fn no_proposal(
        &self,
        id: &str,
        person: &Person,
        call: &PlaybookCall,
        reader: &Reader<'_>,
        error: &PlaybookError,
    ) -> Reply {
        let found = reader.found(Vec::new());
        let (outcome, code) = match error {
            PlaybookError::Failed(_) => (Outcome::Failed, "playbook-failed"),
            PlaybookError::Limit(_) => (Outcome::Failed, "playbook-limit"),
            PlaybookError::Crash(_) => (Outcome::Failed, "playbook-crashed"),
            _ => (Outcome::Failed, "playbook-proposal"),
        };
        self.note(playbook_ended(id, person, call, &reader.requests(), outcome, Some(Code::new(code)))).await;
        let text = match error {
            PlaybookError::Failed(message) => format!("{} {}", message.trim_end(), found.verdict().sentence()),
            error => {
                format!("The playbook `{}` gave no proposal: {error}. {}", call.form.name, found.verdict().sentence())
            }
        };
        let document = document::error(text, None::<&str>);
        Reply { command: Some(call.canonical()), ..Reply::failed(outcome, document).with_verdict(found.verdict()) }
    }

    /// The reply to a proposal without steps. It is recorded before it is shown.
    async fn nothing_proposed(
        &self,
        id: &str,
        person: &Person,
        call: &PlaybookCall,
        reader: &Reader<'_>,
        shown: Document,
        proposal: &Proposal,
    ) -> Reply {
        let found = reader.found(Vec::new());
        let entry = playbook_ended(id, person, call, &reader.requests(), Outcome::Done, None);
        if let Err(error) = self.ledger().append(Durability::Process, vec![entry]).await {
            tracing::error!(operation = id, %error, "not recorded, not shown");
            return Reply::failed(Outcome::Failed, document::unrecorded_read(&error));
        }
        let mut data = json!({ "playbook": call.form.name, "digest": call.form.digest, "steps": [] });
        add_content(&mut data, proposal);
        Reply::done(shown, data).with_verdict(found.verdict())
    }
}

/// The entry of a playbook that ended without a request.
fn playbook_ended(
    id: &str,
    person: &Person,
    call: &PlaybookCall,
    requests: &[String],
    outcome: Outcome,
    code: Option<Code>,
) -> Entry {
    let event = Event::Outcome {
        result: outcome.as_str().to_owned(),
        changed: Some(Verdict::Unchanged.changed()),
        status: None,
        requests: requests.to_vec(),
        cause: code.map(Cause::from),
    };
    Entry {
        operation: Some(id.to_owned()),
        action: Some(call.form.id()),
        effect: Some(Effect::Read),
        command: Some(call.canonical()),
        ..person.did(event)
    }
}

/// Adds the summary and the tables of a proposal to a result for programs.
fn add_content(result: &mut Value, proposal: &Proposal) {
    let tables = proposal.tables.iter().map(|table| {
        let rows = table.rows.iter().map(|row| {
            let cells =
                table.columns.iter().zip(row).map(|(name, cell)| (name.clone(), Value::from(redacted(cell.clone()))));
            Value::Object(cells.collect())
        });
        json!({ "caption": redacted(table.caption.clone()), "rows": rows.collect::<Vec<_>>() })
    });
    result["summary"] = redacted(proposal.summary.clone()).into();
    result["tables"] = tables.collect::<Vec<_>>().into();
}

/// The maximum number of playbooks that one principal can run at the same time.
pub(super) const PLAYBOOKS_OF_ONE: usize = 4;

/// The field with the ID of a created object.
const ID: &str = "id";

/// The characters of an ID that is not known yet, after its prefix.
const PLACEHOLDER: &str = "01AAAAAAAAAAAAAAAAAAAAAA";

/// The summary and the tables of a proposal.
fn proposed(proposal: &Proposal) -> Document {
    let mut summary = redacted(proposal.summary.clone());
    cap_text(&mut summary);
    let mut document = Document::default();
    if !summary.trim().is_empty() {
        document = document.with(Block::Notice(Notice { level: Level::Done, text: summary, hint: None }));
    }
    document.with_all(proposal.tables.iter().map(document::proposed_table))
}
