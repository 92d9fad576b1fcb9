//! The steps of the tour, each with its expected result.

mod jobs;

use super::painter::paint;
use super::slack_side::{SlackAnswer, SlackSide};
use crate::print;
use claude_admin_simulator::RunningSimulator;
use http::StatusCode;
use serde_json::Value;

/// The workspace of the tour.
const TEAM: &str = "T0DEMO";
/// An admin.
pub(super) const ADMIN: &str = "U0ADMIN";
/// Another admin.
pub(super) const SECOND: &str = "U0SECOND";
/// A user who can only read.
pub(super) const VIEWER: &str = "U0VIEWER";
/// The maximum number of lines of a message that the tour prints.
const MAX_LINES: usize = 32;

/// The members of the groups.
pub(super) const CONFIG: &str = r#"
[groups]
viewers = ["slack:T0DEMO/U0VIEWER"]
admins = ["slack:T0DEMO/U0ADMIN", "slack:T0DEMO/U0SECOND", "http:demo"]
"#;

/// The policy of the tour.
pub(super) const POLICY: &str = r#"
@id("viewers-read")
permit(principal in Group::"viewers", action in Action::"read", resource);

@id("admins-do")
permit(principal in Group::"admins", action, resource);
"#;

/// The input of a user.
enum Does {
    Types(String),
    /// Types a command that is not signed with the secret.
    Forges(String),
    /// Clicks the button with this label on the last card.
    Clicks(&'static str),
}

/// A step of the tour, with its expected result.
struct Step<'s> {
    title: &'s str,
    user: &'s str,
    does: Does,
    status: StatusCode,
    /// Methods and path prefixes of the requests that the component sends, in order. For a job, only those of writes.
    sends: &'s [&'s str],
    /// Whether it is a job, with many reads.
    is_job: bool,
    /// Texts that the message must contain.
    shows: &'s [&'s str],
}

impl<'s> Step<'s> {
    fn new(title: &'s str, user: &'s str, does: Does, sends: &'s [&'s str], shows: &'s [&'s str]) -> Self {
        Self { title, user, does, status: StatusCode::OK, sends, is_job: false, shows }
    }
}

struct Tour<'t> {
    slack: &'t SlackSide,
    simulator: &'t RunningSimulator,
    card: Value,
    number: usize,
    failed: usize,
}

const USERS: &str = "GET /v1/organizations/users";
const ONE_USER: &str = "GET /v1/organizations/users/user_";
const LIST_THEN_LOOK: [&str; 2] = ["GET /v1/organizations/users?", ONE_USER];

/// Runs the tour of single commands, or of jobs. Returns the number of steps with an unexpected result.
pub(super) async fn take(slack: &SlackSide, simulator: &RunningSimulator, jobs: bool) -> anyhow::Result<usize> {
    let mut tour = Tour { slack, simulator, card: Value::Null, number: 0, failed: 0 };
    if jobs {
        tour.jobs().await?;
        return Ok(tour.failed);
    }
    tour.read().await?;
    tour.confirm().await?;
    tour.approve().await?;
    tour.refuse().await?;
    tour.look_back().await?;
    Ok(tour.failed)
}

impl Tour<'_> {
    async fn read(&mut self) -> anyhow::Result<()> {
        let types = |text: &str| Does::Types(text.to_owned());
        let list = types("users list --limit 5");
        let first = self.step(Step::new("List members, five at a time", VIEWER, list, &[USERS], &["Next:"])).await?;
        let next = first.iter().find_map(|line| line.strip_prefix("Next: ")?.split(" (or").next().map(str::to_owned));
        let next = Does::Types(next.unwrap_or_else(|| "users list".to_owned()));
        self.step(Step::new(
            "Show the next page with the command from the output",
            VIEWER,
            next,
            &[USERS],
            &["members"],
        ))
        .await?;
        Ok(())
    }

    async fn confirm(&mut self) -> anyhow::Result<()> {
        let invite = Does::Types("invites create grace.hopper@example.com developer".to_owned());
        let waits = ["No changes yet.", "confirm "];
        self.step(Step::new("Invite a person: a write shows its plan and is pending", ADMIN, invite, &[], &waits))
            .await?;
        let sends = ["POST /v1/organizations/invites"];
        let done = ["Done", "grace.hopper@example.com", "pending", "Confirmed by"];
        self.step(Step::new("Confirm the invite with the button", ADMIN, Does::Clicks("Confirm"), &sends, &done))
            .await?;
        let update = Does::Types("users update xiuying.li@example.com billing --yes".to_owned());
        let sends = [LIST_THEN_LOOK[0], LIST_THEN_LOOK[1], "POST /v1/organizations/users/user_"];
        self.step(Step::new(
            "Change a role by e-mail address: look up the member, show the current role, change it",
            ADMIN,
            update,
            &sends,
            &["Done", "billing"],
        ))
        .await?;
        Ok(())
    }

    async fn approve(&mut self) -> anyhow::Result<()> {
        let remove = "users remove xiuying.li@example.com";
        let denied = ["You cannot run", "users.remove", "Nothing was changed"];
        let types = |text: &str| Does::Types(text.to_owned());
        self.step(Step::new("Denied: this user can only read", VIEWER, types(remove), &[LIST_THEN_LOOK[0]], &denied))
            .await?;
        let with_reason = types(&format!("{remove} --reason \"leaver, HR-4411\""));
        let plan = ["Approval needed", "Now: role: billing", "leaver, HR-4411", "approve "];
        self.step(Step::new(
            "An irreversible action requires a second person",
            ADMIN,
            with_reason,
            &LIST_THEN_LOOK,
            &plan,
        ))
        .await?;
        let own = ["your own request", "This command changed nothing."];
        self.step(Step::new("A requester cannot approve their own request", ADMIN, Does::Clicks("Approve"), &[], &own))
            .await?;
        let only = ["You cannot decide"];
        self.step(Step::new("A user who can only read cannot approve it", VIEWER, Does::Clicks("Approve"), &[], &only))
            .await?;
        let user = types("users update xiuying.li@example.com user --yes");
        let sends = [LIST_THEN_LOOK[0], LIST_THEN_LOOK[1], "POST /v1/organizations/users/user_"];
        let card = self.card.clone();
        self.step(Step::new("The target changes before the approval", SECOND, user, &sends, &["Done"])).await?;
        self.card = card;
        let again = ["The plan changed", "role: billing → user", "Nothing was changed."];
        let clicks = || Does::Clicks("Approve");
        self.step(Step::new(
            "The approval of the old plan has no effect: the host shows a new plan",
            SECOND,
            clicks(),
            &LIST_THEN_LOOK,
            &again,
        ))
        .await?;
        let sends = [LIST_THEN_LOOK[0], LIST_THEN_LOOK[1], "DELETE /v1/organizations/users/user_"];
        let record = ["Done", "Asked for by", "Approved by", SECOND];
        self.step(Step::new(
            "A second person approves the new plan; the card shows the result",
            SECOND,
            clicks(),
            &sends,
            &record,
        ))
        .await?;
        self.step(Step::new("A second click has no effect", SECOND, clicks(), &[], &["no longer pending"])).await?;
        Ok(())
    }

    async fn refuse(&mut self) -> anyhow::Result<()> {
        let types = |text: &str| Does::Types(text.to_owned());
        let admin = "users update aroha.ngata@example.com user --yes";
        self.step(Step::new(
            "Known to fail: the API does not change the role of an admin, so the write is not sent",
            ADMIN,
            types(admin),
            &LIST_THEN_LOOK,
            &["This cannot succeed", "Nothing was changed"],
        ))
        .await?;
        let wizard = types("users list --role wizard");
        let shows = ["wizard", "developer", "Nothing was sent"];
        self.step(Step::new("Invalid: there is no such role", VIEWER, wizard, &[], &shows)).await?;
        let phone = types("Workspaces create “Research lab” —tag team=research —yes");
        let shows = ["Done", "Research lab", "team: research"];
        let sends = ["POST /v1/organizations/workspaces"];
        self.step(Step::new(
            "Typed on a phone: curly quotes and long dashes are understood",
            ADMIN,
            phone,
            &sends,
            &shows,
        ))
        .await?;
        let forged = Step::new(
            "Forged: a command that is signed without the secret",
            ADMIN,
            Does::Forges("users list".into()),
            &[],
            &[],
        );
        self.step(Step { status: StatusCode::UNAUTHORIZED, ..forged }).await?;
        Ok(())
    }

    async fn look_back(&mut self) -> anyhow::Result<()> {
        let types = |text: &str| Does::Types(text.to_owned());
        let can_i = types("can-i users remove user_01WCz1FkmYMm4gnmykNKUu3Q --explain");
        let why = ["No:", "admins-do", "needs a member of"];
        self.step(Step::new("Why not? The policy explains its decision", VIEWER, can_i, &[], &why)).await?;
        let tail = types("audit search --action users.remove --limit 12");
        let kinds = ["outcome", "intent", "decided", "superseded", "requested", "denied"];
        self.step(Step::new("The audit log contains every step of the removal", ADMIN, tail, &[], &kinds)).await?;
        self.step(Step::new("The audit log is valid", ADMIN, types("audit verify"), &[], &["is valid"])).await?;
        Ok(())
    }

    /// Runs a step: sends the input, compares the requests that arrived at the simulator, and prints all of it.
    async fn step(&mut self, step: Step<'_>) -> anyhow::Result<Vec<String>> {
        self.number += 1;
        self.simulator.clear_requests();
        let (did, answer) = match &step.does {
            Does::Types(text) => {
                (format!("types    /claude-admin {text}"), self.slack.command(TEAM, step.user, text).await?)
            }
            Does::Forges(text) => {
                (format!("types    /claude-admin {text}"), self.slack.forged(TEAM, step.user, text).await?)
            }
            Does::Clicks(label) => {
                let button = button(&self.card, label);
                (format!("clicks   [{label}]"), self.slack.click(TEAM, step.user, &button).await?)
            }
        };
        if let Some(card) = answer.messages.iter().rfind(|message| has_buttons(message)) {
            self.card = card.clone();
        }
        let sent: Vec<String> = self
            .simulator
            .requests()
            .into_iter()
            .map(|request| {
                let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
                let body = if request.body.is_null() { String::new() } else { format!(" {}", request.body) };
                let status = request.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
                format!("{} {}{query}{body} → {status}", request.method, request.path)
            })
            .collect();
        let lines = answer.messages.iter().flat_map(painted).collect::<Vec<String>>();
        let problems = problems(&step, &answer, &sent, &lines);
        self.show(&step, &did, &answer, &sent, &lines, &problems)?;
        self.failed += usize::from(!problems.is_empty());
        Ok(lines)
    }

    fn show(
        &self,
        step: &Step<'_>,
        did: &str,
        answer: &SlackAnswer,
        sent: &[String],
        lines: &[String],
        problems: &[String],
    ) -> anyhow::Result<()> {
        let mut text = format!("\n{}. {}\n   {} {did}\n", self.number, step.title, step.user);
        if sent.is_empty() {
            text.push_str("   the plugin sends nothing\n");
        }
        let (reads, listed): (Vec<_>, Vec<_>) = sent.iter().partition(|sent| step.is_job && is_read(sent));
        if !reads.is_empty() {
            text.push_str(&format!("   the plugin sends {} reads\n", reads.len()));
        }
        for request in listed {
            text.push_str(&format!("   the plugin sends {request}\n"));
        }
        if lines.is_empty() {
            text.push_str(&format!("   Slack gets       status {}\n", answer.status));
        } else {
            text.push_str("   Slack shows\n");
        }
        for line in lines.iter().take(MAX_LINES) {
            text.push_str(&format!("     │ {line}\n"));
        }
        if lines.len() > MAX_LINES {
            text.push_str(&format!("     │ … and {} lines more\n", lines.len() - MAX_LINES));
        }
        for problem in problems {
            text.push_str(&format!("   UNEXPECTED: {problem}\n"));
        }
        Ok(print(&text)?)
    }
}

/// The lines that a person sees, with a heading if the message replaces the card for all users.
fn painted(message: &Value) -> Vec<String> {
    let card = (message["replace_original"] == true).then(|| "── the card changes to ──".to_owned());
    card.into_iter().chain(paint(message)).collect()
}

fn buttons(message: &Value) -> impl Iterator<Item = &Value> {
    let blocks = message["blocks"].as_array().into_iter().flatten().filter(|block| block["type"] == "actions");
    blocks.flat_map(|block| block["elements"].as_array().into_iter().flatten())
}

fn has_buttons(message: &Value) -> bool {
    buttons(message).next().is_some()
}

/// The button with a label; null if the card has none, which the host must reject.
fn button(card: &Value, label: &str) -> Value {
    buttons(card).find(|button| button["text"]["text"] == label).cloned().unwrap_or_default()
}

fn is_read(sent: &str) -> bool {
    sent.starts_with("GET ")
}

fn problems(step: &Step<'_>, answer: &SlackAnswer, sent: &[String], lines: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    if answer.status != step.status {
        problems.push(format!("the status is {}, not {}", answer.status, step.status));
    }
    let sent: Vec<&String> = sent.iter().filter(|sent| !(step.is_job && is_read(sent))).collect();
    // The later requests are reads of lists, by which the host shows names with IDs.
    let as_expected = sent.len() >= step.sends.len()
        && sent.iter().zip(step.sends).all(|(sent, expected)| sent.starts_with(expected))
        && sent.iter().skip(step.sends.len()).all(|sent| is_read(sent));
    if !as_expected {
        problems.push(format!("the requests do not begin with {:?}", step.sends));
    }
    let shown = lines.join("\n");
    let missing = step.shows.iter().filter(|words| !shown.contains(*words));
    problems.extend(missing.map(|words| format!("the message does not contain `{words}`")));
    problems
}
