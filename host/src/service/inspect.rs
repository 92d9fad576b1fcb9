//! What somebody is told about themselves, the host and the policy. None of it changes anything.

use super::{Outcome, Reply, Service};
use crate::command::{self, Arguments, Draft, HelpTopic, Options, Reason};
use crate::decision::operation::Projection;
use crate::decision::plan::resolve;
use crate::decision::policy::{Decision, Explanation, HostAction, PolicyNote};
use crate::decision::{Person, Reader};
use crate::document::{Block, Document, Fact, Level, Notice};
use crate::identity::Principal;
use claude_admin_catalog::Action;
use indexmap::IndexMap;
use serde_json::json;

impl Service {
    /// Help shows what this person may do here, as far as that can be known without the arguments.
    pub(super) fn help(&self, topic: &HelpTopic, person: &Person) -> Reply {
        let catalog = self.catalog();
        let permitted = |action: &Action| self.decider.may_ever(person, action);
        let closed = |action: &Action| self.closed(action, &Arguments::new(), &person.place);
        let may_run = |action: &Action| permitted(action) && closed(action).is_none();
        let may_use = |word: &str| self.may_use(person, word);
        let not_here = |what: String| Reply::done(command::not_here(&what), json!({ "allowed": false }));
        match topic {
            HelpTopic::Overview => {
                let overview = command::overview(catalog, &may_run, &may_use);
                let overview = self.with_unavailable_nouns(overview, &permitted, &closed);
                Reply::done(overview, command::overview_data(catalog, &may_run, &may_use))
            }
            HelpTopic::Host(word) if may_use(word) => {
                Reply::done(command::host_help(word), command::host_help_data(word))
            }
            HelpTopic::Host(word) => not_here(format!("`{word}`")),
            HelpTopic::Noun(noun) => {
                let help = self.noun_help(noun, &permitted, &closed);
                Reply::done(help, command::noun_data(catalog, noun, &permitted, &closed))
            }
            HelpTopic::Action(id) => match catalog.action(id) {
                Some(action) if permitted(action) => {
                    let mut help = command::action_help(catalog, action);
                    let closed = closed(action);
                    if let Some(cause) = &closed {
                        let text = format!("Not available here. {cause}");
                        help.blocks.insert(0, Block::Notice(Notice { level: Level::Attention, text, hint: None }));
                    }
                    let mut data = command::action_data(catalog, action);
                    data["available_here"] = json!(closed.is_none());
                    data["obstacle"] = json!(closed);
                    Reply::done(help, data)
                }
                Some(action) => not_here(format!("`{}`", action.command())),
                None => not_here(format!("`{id}`")),
            },
        }
    }

    /// Names the nouns of which nothing can work here, whatever the policy permits.
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
        let text = format!("Not available here: {}. `help NOUN` says why.", nouns.join(", "));
        overview.with(Block::Text(text))
    }

    /// Explains the verbs of a noun: those that can work, and those that cannot, with the cause.
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
        let mut document = if !causes.is_empty() && !actions().any(&may_run) {
            Document::titled(interface.docs.prose.lines().next().unwrap_or_default())
        } else {
            command::noun_help(catalog, noun, &may_run)
        };
        for (cause, verbs) in causes {
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("`{verb}`")).collect();
            document = document.with(Block::Text(format!("Not available here: {}. {cause}", verbs.join(", "))));
        }
        document
    }

    /// Whether somebody may use a command of the host itself.
    fn may_use(&self, person: &Person, word: &str) -> bool {
        let action = match word {
            "audit" => HostAction::ReadAudit,
            "policy" => HostAction::ReadPolicy,
            _ => return true,
        };
        self.decider.may(person, action).is_none()
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

    /// How the host is: nothing in it is a secret, and it works when nothing else does.
    pub(super) async fn status(&self, person: &Person) -> Reply {
        let egress = self.plugin.sandbox().egress();
        let policy = self.decider.policy();
        // What is wrong with it names people and places: that is for those who may read it.
        let may_read = self.decider.may(person, HostAction::ReadPolicy).is_none();
        let details = |problem: &str| if may_read { format!(": {problem}") } else { String::new() };
        let in_force = match (&policy.hash, &policy.problem) {
            (Some(hash), None) => format!("in force (sha256:{})", hash.get(..12).unwrap_or(hash)),
            (Some(hash), Some(problem)) => {
                let (hash, details) = (hash.get(..12).unwrap_or(hash), details(problem));
                format!("the last good one (sha256:{hash}); the new one is not right{details}")
            }
            (None, _) => "none, since it is missing or not right: everything is refused".to_owned(),
        };
        let now = self.ledger.clock().now_ms();
        let look = move |projection: &Projection| {
            (projection.last_seq(), projection.operations().filter(|operation| operation.waits(now)).count())
        };
        let looked = self.ledger.look(look).await;
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
            "lone_operator": self.decider.configured_alone().map(|alone| json!({
                "principal": alone.principal, "delay_seconds": alone.delay.as_secs(),
            })),
        });
        let (audit, waiting) = match looked {
            Ok((records, waiting)) => (format!("{records} records"), Some(waiting)),
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
            Fact::new("Audit trail", audit),
        ];
        facts.extend(self.lone_operator());
        let closed = self.families(false);
        if !closed.is_empty() {
            facts.push(Fact::new("Not available here", format!("{}; `help NOUN` says why", closed.join(", "))));
        }
        facts.extend(waiting.map(|count| Fact::new("Waiting", count.to_string())));
        Reply::done(Document::titled("Status").with(Block::Facts(facts)).footer(person.principal.to_string()), data)
    }

    /// Who replaces the approval of a second person, on a host with one user.
    fn lone_operator(&self) -> Option<Fact> {
        let alone = self.decider.configured_alone()?;
        let text = match self.decider.second_person() {
            Some(second) => format!("not active: the policy names {second}, who is a second person"),
            None => format!(
                "{} types the name of the target instead of the approval of a second person; runs after {} s",
                alone.principal,
                alone.delay.as_secs()
            ),
        };
        Some(Fact::new("Lone operator", text))
    }

    /// How many actions can work with the credentials and on the platform of the host.
    fn availability(&self) -> usize {
        self.catalog().actions.iter().filter(|action| self.obstacle(action).is_none()).count()
    }

    /// The families of which something can work with the credentials and on the platform of the host, or nothing.
    fn families(&self, open: bool) -> Vec<String> {
        let catalog = self.catalog();
        let mut families: IndexMap<&str, bool> = IndexMap::new();
        for interface in catalog.nouns() {
            let opens = catalog.actions_of(&interface.name).any(|action| self.obstacle(action).is_none());
            *families.entry(&interface.family).or_default() |= opens;
        }
        families.into_iter().filter(|(_, opens)| *opens == open).map(|(family, _)| family.to_owned()).collect()
    }

    /// Which policy is in force.
    pub(super) async fn policy(&self, id: &str, person: &Person) -> Reply {
        if let Some(denial) = self.decider.may(person, HostAction::ReadPolicy) {
            return self.refuse(id, person, &denial, "read the policy here").await;
        }
        let state = self.decider.policy();
        let groups: Vec<String> = self.decider.groups().names().into_iter().collect();
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

    /// Whether a command would be allowed, and why. Nothing is run, but for looking up ids.
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
                if let Some(denial) = self.decider.may(person, HostAction::ReadPolicy) {
                    return self.refuse(id, person, &denial, "ask what somebody else may do here").await;
                }
                self.decider.person(other, &place_of(other, person)).await
            }
            _ => person.clone(),
        };
        let Some(action) = catalog.action(&draft.invocation.action) else {
            return Reply::failed(Outcome::Usage, Document::titled("There is no such action"));
        };
        let mut canonical = draft.invocation.canonical(action, &catalog.types);
        let missing = draft.fill(action, &catalog.types);
        let written = draft.invocation.clone();
        let reader = Reader::new(&*self.plugin, &self.decider, person, id);
        let unresolved;
        let invocation = match resolve(catalog, draft, &reader, self.decider.groups().directory()).await {
            Ok((invocation, _)) => {
                unresolved = None;
                invocation
            }
            // A question about a person who is not found is still a question about the action.
            Err(error) => {
                unresolved =
                    Some(format!("Asked with what was written: {error}. The command itself would be refused."));
                written
            }
        };
        self.note_reads(id, person, reader.requests()).await;
        let hint = if missing.is_empty() {
            canonical = invocation.canonical(action, &catalog.types);
            None
        } else {
            let names: Vec<String> = missing.iter().map(|name| format!("<{name}>")).collect();
            canonical = format!("{canonical} {}", names.join(" "));
            Some(format!("Asked without {}: a policy may decide by that, too.", names.join(" and ")))
        };
        let hint = [unresolved, hint].into_iter().flatten().reduce(|one, other| format!("{one} {other}"));
        let reason = options.reason.as_ref().map(Reason::as_str);
        let invocation = invocation.shown(action, &catalog.types);
        let decision = self.decider.decide(&asked, action, &invocation.arguments, reason);
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
                if self.approvals.no_approver(&asked, action, requirements).is_some() {
                    takes.push_str(", but too few other users can approve it");
                }
                (Outcome::Done, Level::Done, format!("Yes. {who} may run `{canonical}` in {}{takes}.", asked.place))
            }
            Decision::Deny(denial) => (Outcome::Denied, Level::Error, format!("No: {}.", denial.message)),
        };
        let mut document =
            Document::titled("Can I?").with(Block::Notice(Notice { level, text, hint })).footer(canonical);
        let explanation = self.decider.explain(&asked, action, &invocation.arguments, reason);
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

/// Somebody else is asked about where they would ask: here, if this is their platform.
fn place_of(other: &Principal, asker: &Person) -> crate::identity::Place {
    if other.platform == asker.place.platform && other.tenant == asker.place.tenant {
        asker.place.clone()
    } else {
        other.place()
    }
}

/// What it takes, as the end of a sentence.
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
    // They are replaced on a host with one user.
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
    let decided = if deciding.is_empty() { "nothing permits it".to_owned() } else { deciding.join("; ") };
    facts.push(Fact::new("Decided by", decided));
    facts.extend(explanation.overruled.iter().map(|note| Fact::new("Would permit it", named(note))));
    for miss in &explanation.near_misses {
        facts.push(Fact::new("Nearly permits it", format!("{}; {}", named(&miss.policy), miss.missing.join("; "))));
    }
    let holders = &explanation.holders;
    let mut who: Vec<String> = holders.groups.iter().map(|group| format!("members of {group}")).collect();
    who.extend(holders.named_people.then(|| "somebody named in the policy".to_owned()));
    who.extend(holders.everybody.then(|| "everybody, under conditions".to_owned()));
    let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
    facts.push(Fact::new("Who has it", who));
    document.blocks.push(Block::Facts(facts));
    document
}
