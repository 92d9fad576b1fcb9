//! Commands that show the requester, the host and the policy. They change nothing.

use super::{Outcome, Reply, Service};
use crate::command::{Arguments, Draft, HelpTopic, Options, Reason};
use crate::decision::operation::Projection;
use crate::decision::plan::resolve;
use crate::decision::policy::{Decision, Explanation, HostAction, PolicyNote};
use crate::decision::{Person, Reader};
use crate::document::{Block, Document, Fact, Level, Notice};
use crate::help;
use crate::identity::Principal;
use claude_admin_catalog::Action;
use indexmap::IndexMap;
use serde_json::json;
use std::sync::Arc;

impl Service {
    /// Help shows the commands that this person can run here, as far as this can be determined without arguments.
    pub(super) fn help(&self, topic: &HelpTopic, person: &Person) -> Reply {
        let catalog = self.catalog();
        let permitted = |action: &Action| self.decider().may_ever(person, action);
        let closed = |action: &Action| self.closed(action, &Arguments::new(), &person.place);
        let may_run = |action: &Action| permitted(action) && closed(action).is_none();
        let may_use = |word: &str| self.may_use(person, word);
        let not_here = |what: String| Reply::done(help::not_here(&what), json!({ "allowed": false }));
        match topic {
            HelpTopic::Overview => {
                let overview = help::overview(catalog, &may_run, &may_use);
                let overview = self.with_unavailable_nouns(overview, &permitted, &closed);
                Reply::done(overview, help::overview_data(catalog, &may_run, &may_use))
            }
            HelpTopic::Host(word) if may_use(word) => Reply::done(help::host_help(word), help::host_help_data(word)),
            HelpTopic::Host(word) => not_here(format!("`{word}`")),
            HelpTopic::Playbook(name) => match catalog.playbook(name) {
                Some(form) if may_use(name) => Reply::done(help::playbook_help(form), help::playbook_data(form)),
                _ => not_here(format!("`{name}`")),
            },
            HelpTopic::Noun(noun) => {
                let help = self.noun_help(noun, &permitted, &closed);
                let help = help::with_playbooks_of(help, catalog, noun, &may_use);
                Reply::done(help, help::noun_data(catalog, noun, &permitted, &closed))
            }
            HelpTopic::Action(id) => match catalog.action(id) {
                Some(action) if permitted(action) => {
                    let mut help = help::action_help(catalog, action);
                    let closed = closed(action);
                    if let Some(cause) = &closed {
                        let text = format!("Not available here. {cause}");
                        help.blocks.insert(0, Block::Notice(Notice { level: Level::Attention, text, hint: None }));
                    }
                    let mut data = help::action_data(catalog, action);
                    data["available_here"] = json!(closed.is_none());
                    data["obstacle"] = json!(closed);
                    Reply::done(help, data)
                }
                Some(action) => not_here(format!("`{}`", action.command())),
                None => not_here(format!("`{id}`")),
            },
        }
    }

    /// Names the nouns that have no action that can work here, whatever the policy permits.
    fn with_unavailable_nouns(
        &self,
        overview: Document,
        permitted: &dyn Fn(&Action) -> bool,
        closed: &dyn Fn(&Action) -> Option<String>,
    ) -> Document {
        let catalog = self.catalog();
        let unavailable = |name: &str| {
            let mut actions = catalog.actions_of(name).filter(|action| permitted(action)).peekable();
            actions.peek().is_some() && actions.all(|action| closed(action).is_some())
        };
        let nouns = catalog.nouns().into_iter().map(|noun| noun.name.as_str());
        let nouns: Vec<&str> = nouns.filter(|noun| unavailable(noun)).collect();
        if nouns.is_empty() {
            return overview;
        }
        let text = format!("Not available here: {}. `help NOUN` shows the cause.", nouns.join(", "));
        overview.with(Block::Text(text))
    }

    /// Describes the verbs of a noun: those that can work, and those that cannot, with the cause.
    fn noun_help(
        &self,
        noun: &str,
        permitted: &dyn Fn(&Action) -> bool,
        closed: &dyn Fn(&Action) -> Option<String>,
    ) -> Document {
        let catalog = self.catalog();
        let may_run = |action: &Action| permitted(action) && closed(action).is_none();
        let Some(interface) = catalog.interface(noun) else { return Document::default() };
        let actions = || catalog.actions_of(&interface.name);
        let mut causes: IndexMap<String, Vec<&str>> = IndexMap::new();
        for action in actions().filter(|action| permitted(action)) {
            if let Some(cause) = closed(action) {
                causes.entry(cause).or_default().push(&action.function);
            }
        }
        let mut document = if !causes.is_empty() && !actions().any(|action| may_run(action)) {
            Document::titled(interface.docs.prose.lines().next().unwrap_or_default())
        } else {
            help::noun_help(catalog, noun, &may_run)
        };
        for (cause, verbs) in causes {
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("`{verb}`")).collect();
            document = document.with(Block::Text(format!("Not available here: {}. {cause}", verbs.join(", "))));
        }
        document
    }

    /// Whether the policy permits a person to use a command of the host itself.
    fn may_use(&self, person: &Person, word: &str) -> bool {
        let action = match word {
            "audit" => HostAction::ReadAudit,
            "policy" => HostAction::ReadPolicy,
            word => {
                let form = self.catalog().playbook(word);
                return form.is_none_or(|form| self.decider().decide_playbook(person, form).requirements().is_some());
            }
        };
        self.decider().may(person, action).is_none()
    }

    pub(super) fn whoami(&self, person: &Person) -> Reply {
        let groups: Vec<&str> = person.groups().collect();
        let data = json!({
            "principal": person.principal.to_string(), "person": person.person, "place": person.place.to_string(),
            "groups": groups,
        });
        let groups = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
        let mut facts = vec![Fact::new("Principal", person.principal.to_string())];
        facts.extend(person.person.as_ref().map(|name| Fact::new("Person", name.clone())));
        facts.extend([Fact::new("Place", person.place.to_string()), Fact::new("Groups", groups)]);
        Reply::done(Document::titled("You").with(Block::Facts(facts)), data)
    }

    /// The status of the host. It contains no secret, and works without a policy and without the audit log.
    pub(super) async fn status(&self, person: &Person) -> Reply {
        let egress = self.plugin.sandbox().egress();
        let policy = self.decider().policy();
        // The problem of a policy names people and places, so only people who can read the policy see it.
        let may_read = self.decider().may(person, HostAction::ReadPolicy).is_none();
        let details = |problem: &str| if may_read { format!(": {problem}") } else { String::new() };
        let in_force = match (&policy.hash, &policy.problem) {
            (Some(hash), None) => format!("active (sha256:{})", hash.get(..12).unwrap_or(hash)),
            (Some(hash), Some(problem)) => {
                let (hash, details) = (hash.get(..12).unwrap_or(hash), details(problem));
                format!("the last valid policy (sha256:{hash}); the new policy is invalid{details}")
            }
            (None, _) => "none: the policy is missing or invalid, and everything is denied".to_owned(),
        };
        let now = self.ledger().clock().now_ms();
        let look = move |projection: &Projection| {
            (projection.last_seq(), projection.operations().filter(|operation| operation.waits(now)).count())
        };
        let looked = self.ledger().look(look).await;
        let data = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "component": { "package": self.catalog().package, "sha256": self.plugin.digest() },
            "actions": { "total": self.catalog().actions.len(), "available": self.availability() },
            "upstream": egress.upstream().authority(),
            "platform": egress.credentials().platform().to_string(),
            "credentials": egress.credentials().kinds(),
            "families": { "available": self.families(true), "not_available": self.families(false) },
            "policy": {
                "sha256": policy.hash, "valid": policy.problem.is_none(),
                "problem": policy.problem.as_ref().filter(|_| may_read),
            },
            "audit_log": match &looked {
                Ok((entries, _)) => json!({ "entries": entries, "problem": null }),
                Err(error) => json!({ "entries": null, "problem": error.to_string() }),
            },
            "pending": looked.as_ref().ok().map(|(_, pending)| pending),
            "lone_operator": self.decider().configured_alone().map(|alone| json!({
                "principal": alone.principal, "delay_seconds": alone.delay.as_secs(),
            })),
        });
        let (audit, waiting) = match looked {
            Ok((records, waiting)) => (format!("{records} entries"), Some(waiting)),
            Err(error) => (format!("cannot be used: {error}"), None),
        };
        let mut facts = vec![
            Fact::new("Version", env!("CARGO_PKG_VERSION").to_owned()),
            Fact::new("Component", format!("{} (sha256:{})", self.catalog().package, self.plugin.digest())),
            Fact::new("Actions", self.catalog().actions.len().to_string()),
            Fact::new("Upstream", egress.upstream().authority().to_owned()),
            Fact::new("Platform", egress.credentials().platform().to_string()),
            Fact::new("Credentials", egress.credentials().held()),
            Fact::new("Available actions", format!("{} of {}", self.availability(), self.catalog().actions.len())),
            Fact::new("Available here", self.families(true).join(", ")),
            Fact::new("Policy", in_force),
            Fact::new("Audit log", audit),
        ];
        facts.extend(self.lone_operator());
        let closed = self.families(false);
        if !closed.is_empty() {
            facts.push(Fact::new("Not available here", format!("{}; `help NOUN` shows the cause", closed.join(", "))));
        }
        facts.extend(waiting.map(|count| Fact::new("Pending requests", count.to_string())));
        Reply::done(Document::titled("Status").with(Block::Facts(facts)).footer(person.principal.to_string()), data)
    }

    /// The replacement for the approval of a second person, on a host with one user.
    fn lone_operator(&self) -> Option<Fact> {
        let alone = self.decider().configured_alone()?;
        let text = match self.decider().second_person() {
            Some(second) => format!("not active: the policy names {second}, who is a second person"),
            None => format!(
                "{} types the name of the target, which replaces the approval of a second person; delay {} s",
                alone.principal,
                alone.delay.as_secs()
            ),
        };
        Some(Fact::new("Lone operator", text))
    }

    /// The number of actions that can work with the credentials and on the platform of the host.
    fn availability(&self) -> usize {
        self.catalog().actions.iter().filter(|action| self.obstacle(action).is_none()).count()
    }

    /// The families that have an action that can work with the credentials and on the platform of the host, if `open`
    /// is true; else the other families.
    fn families(&self, open: bool) -> Vec<String> {
        let catalog = self.catalog();
        let mut families: IndexMap<&str, bool> = IndexMap::new();
        for interface in catalog.nouns() {
            let opens = catalog.actions_of(&interface.name).any(|action| self.obstacle(action).is_none());
            *families.entry(&interface.family).or_default() |= opens;
        }
        families.into_iter().filter(|(_, opens)| *opens == open).map(|(family, _)| family.to_owned()).collect()
    }

    /// The active policy.
    pub(super) async fn policy(&self, id: &str, person: &Person) -> Reply {
        if let Some(denial) = self.decider().may(person, HostAction::ReadPolicy) {
            return self.refuse(id, person, &denial, "read the policy here").await;
        }
        let state = self.decider().policy();
        let groups: Vec<String> = self.decider().groups().names().into_iter().collect();
        let policies = state.policies.as_ref().map_or(0, |policies| policies.len());
        let document = Document::titled("Policy").with(Block::Facts(vec![
            Fact::new("Hash", state.hash.clone().unwrap_or_else(|| "none".to_owned())),
            Fact::new("Policies", policies.to_string()),
            Fact::new("Groups", groups.join(", ")),
            Fact::new("Problem", state.problem.clone().unwrap_or_else(|| "none".to_owned())),
        ]));
        let document = match self.lone_operator() {
            Some(alone) => document.with(Block::Facts(vec![alone])),
            None => document,
        };
        let data = json!({ "sha256": state.hash, "policies": policies, "groups": groups, "problem": state.problem });
        Reply::done(document, data)
    }

    /// Whether the policy would permit a command, and the reason. Only lookups of IDs are run.
    pub(super) async fn can_i(
        &self,
        id: &str,
        person: &Person,
        mut draft: Draft,
        options: &Options,
        (explain, other): (bool, Option<Principal>),
    ) -> Reply {
        let catalog = self.catalog();
        let asked = match &other {
            Some(other) if *other != person.principal => {
                if let Some(denial) = self.decider().may(person, HostAction::ReadPolicy) {
                    return self.refuse(id, person, &denial, "check the permissions of another principal here").await;
                }
                self.decider().person(other, &place_of(other, person)).await
            }
            _ => person.clone(),
        };
        let action = &*Arc::clone(&draft.invocation.action);
        let mut canonical = draft.invocation.canonical(&catalog.types);
        let missing = draft.fill(&catalog.types);
        let written = draft.invocation.clone();
        let reader = Reader::new(&*self.plugin, self.decider(), person, id);
        let unresolved;
        let invocation = match resolve(catalog, draft, &reader, self.decider().groups().directory()).await {
            Ok((invocation, _)) => {
                unresolved = None;
                invocation
            }
            // If the person in an argument is not found, the question about the action still has a result.
            Err(error) => {
                unresolved = Some(format!("Checked with the text as written: {error}. The command itself would fail."));
                written
            }
        };
        self.note_reads(id, person, reader.requests()).await;
        let hint = if missing.is_empty() {
            canonical = invocation.canonical(&catalog.types);
            None
        } else {
            let names: Vec<String> = missing.iter().map(|name| format!("<{name}>")).collect();
            canonical = format!("{canonical} {}", names.join(" "));
            Some(format!("Checked without {}. A policy can depend on missing arguments, too.", names.join(" and ")))
        };
        let hint = [unresolved, hint].into_iter().flatten().reduce(|one, other| format!("{one} {other}"));
        let reason = options.reason.as_ref().map(Reason::as_str);
        let invocation = invocation.shown(&catalog.types);
        let decision = self.decider().decide(&asked, action, &invocation.arguments, reason);
        let who = if asked.principal == person.principal { "You".to_owned() } else { asked.principal.to_string() };
        let closed = self.closed(action, &invocation.arguments, &asked.place);
        let closed = closed.filter(|_| matches!(decision, Decision::Allow(_)));
        let (outcome, level, text) = match &decision {
            Decision::Allow(_) if let Some(cause) = &closed => (
                Outcome::Denied,
                Level::Error,
                format!("No: the policy permits `{canonical}`, but it cannot run here. {cause}"),
            ),
            Decision::Allow(requirements) => {
                let mut takes = takes(requirements);
                if self.approvals.no_approver(&asked, &[action], requirements).is_some() {
                    takes.push_str(", but too few other users can approve it");
                }
                (Outcome::Done, Level::Done, format!("Yes. {who} can run `{canonical}` in {}{takes}.", asked.place))
            }
            Decision::Deny(denial) => (Outcome::Denied, Level::Error, format!("No: {}.", denial.message)),
        };
        let mut document =
            Document::titled("Can I?").with(Block::Notice(Notice { level, text, hint })).footer(canonical);
        let explanation = self.decider().explain(&asked, action, &invocation.arguments, reason);
        if let Some(explanation) = explanation.as_ref().filter(|_| explain) {
            document = explained(document, explanation);
        }
        let mut reply = Reply::failed(outcome, document);
        let data = json!({
            "allowed": matches!(decision, Decision::Allow(_)) && closed.is_none(),
            "obstacle": closed, "decision": decision, "principal": asked.principal,
            "place": asked.place, "explanation": explanation.filter(|_| explain),
        });
        match outcome {
            Outcome::Done => reply.data = Some(data),
            _ => reply.error = Some(data),
        }
        reply
    }
}

/// The place for which another principal is checked: this place if it is on the platform of that principal.
fn place_of(other: &Principal, asker: &Person) -> crate::identity::Place {
    if other.platform == asker.place.platform && other.tenant == asker.place.tenant {
        asker.place.clone()
    } else {
        other.place()
    }
}

/// The requirements, as the end of a sentence.
fn takes(requirements: &crate::decision::policy::Requirements) -> String {
    let mut parts = Vec::new();
    if requirements.confirm {
        parts.push("a confirmation".to_owned());
    }
    if requirements.reason {
        parts.push("a reason".to_owned());
    }
    if let Some(alone) = requirements.alone {
        parts.push(format!(
            "the name of the target, which you type on a terminal, and a delay of {} s",
            alone.delay_seconds
        ));
    }
    // A lone operator types the name of the target instead of these approvals.
    for rule in requirements.approvals.iter().filter(|_| requirements.alone.is_none()) {
        let from = rule.from.as_ref().map(|group| format!(" from {group}")).unwrap_or_default();
        parts.push(format!("{} approval{}{from}", rule.count, if rule.count == 1 { "" } else { "s" }));
    }
    if parts.is_empty() { String::new() } else { format!(", with {}", parts.join(" and ")) }
}

fn explained(mut document: Document, explanation: &Explanation) -> Document {
    let named = |note: &PolicyNote| {
        let description = note.description.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        format!("`{}` (line {}){description}", note.id, note.line)
    };
    let mut facts = Vec::new();
    let deciding: Vec<String> = explanation.deciding.iter().map(named).collect();
    let decided = if deciding.is_empty() { "no policy permits it".to_owned() } else { deciding.join("; ") };
    facts.push(Fact::new("Decided by", decided));
    facts.extend(explanation.overruled.iter().map(|note| Fact::new("Would permit it", named(note))));
    for miss in &explanation.near_misses {
        facts.push(Fact::new("Nearly permits it", format!("{}; {}", named(&miss.policy), miss.missing.join("; "))));
    }
    let holders = &explanation.holders;
    let mut who: Vec<String> = holders.groups.iter().map(|group| format!("members of {group}")).collect();
    who.extend(holders.named_people.then(|| "a principal named in the policy".to_owned()));
    who.extend(holders.everybody.then(|| "all users, under conditions".to_owned()));
    let who = if who.is_empty() { "no user".to_owned() } else { who.join(", ") };
    facts.push(Fact::new("Permitted for", who));
    document.blocks.push(Block::Facts(facts));
    document
}
