//! The steps of the tour, each with what must come of it.

use super::painter::paint;
use super::slack_client::{SlackAnswer, SlackClient};
use crate::cli::print;
use claude_admin_simulator::RunningSimulator;
use http::StatusCode;

/// The workspace of the tour.
pub(super) const TEAM: &str = "T0DEMO";
/// Somebody who may read and write.
pub(super) const ADMIN: &str = "U0ADMIN";
/// Somebody who may read.
pub(super) const VIEWER: &str = "U0VIEWER";
/// The most lines of a message that the tour prints.
const MAX_LINES: usize = 16;

/// What must come of a step.
struct Expectation<'e> {
    status: StatusCode,
    /// Method and beginning of the path of the request that the component sends; none when nothing may be sent.
    sends: Option<&'e str>,
    /// Words that the message must hold.
    shows: &'e [&'e str],
}

/// A step of the tour.
struct Step<'s> {
    title: &'s str,
    user: &'s str,
    types: String,
    forged: bool,
    expect: Expectation<'s>,
}

struct Tour<'t> {
    slack: &'t SlackClient,
    simulator: &'t RunningSimulator,
    number: usize,
    failed: usize,
}

/// Takes the tour; returns how many steps did not do what they say.
pub(super) async fn take(slack: &SlackClient, simulator: &RunningSimulator) -> anyhow::Result<usize> {
    let mut tour = Tour { slack, simulator, number: 0, failed: 0 };

    let first = tour
        .reads(
            "List members, five at a time",
            "users list --limit 5",
            "GET /v1/organizations/users?limit=5",
            &["Next:"],
        )
        .await?;
    let next = first.iter().find_map(|line| line.strip_prefix("Next: ")?.split(" (or").next().map(str::to_owned));
    let next = next.unwrap_or_else(|| "users list".to_owned());
    tour.reads(
        "Go on where the page ended, as the answer says",
        &next,
        "GET /v1/organizations/users?limit=5&after_id=",
        &["members"],
    )
    .await?;

    let invite = "invites create grace.hopper@example.com developer";
    tour.step(Step {
        title: "Invite somebody: a write says what it does, and waits",
        user: ADMIN,
        types: invite.to_owned(),
        forged: false,
        expect: Expectation { status: StatusCode::OK, sends: None, shows: &["Nothing was changed yet", "--yes"] },
    })
    .await?;
    tour.writes(
        "Confirm it",
        &format!("{invite} --yes"),
        "POST /v1/organizations/invites",
        &["Done", "grace.hopper@example.com", "pending"],
    )
    .await?;

    let developers = tour
        .reads(
            "Find a developer",
            "users list --role developer --limit 1",
            "GET /v1/organizations/users?roles",
            &["developer"],
        )
        .await?;
    let developer = id_in(&developers, "user_");
    tour.writes(
        "Change a role",
        &format!("users update {developer} billing --yes"),
        "POST /v1/organizations/users/user_",
        &["Done", "billing"],
    )
    .await?;

    tour.step(Step {
        title: "Refused: this person may only read",
        user: VIEWER,
        types: format!("users remove {developer} --yes"),
        forged: false,
        expect: Expectation { status: StatusCode::OK, sends: None, shows: &["You may not", "Nothing was sent"] },
    })
    .await?;
    let admins = tour
        .reads("Find an admin", "users list --role admin --limit 1", "GET /v1/organizations/users?roles", &["admin"])
        .await?;
    tour.writes(
        "Refused by the API: admins cannot be changed there",
        &format!("users update {} user --yes", id_in(&admins, "user_")),
        "POST /v1/organizations/users/user_",
        &["status 400", "Nothing was changed"],
    )
    .await?;
    tour.step(Step {
        title: "Invalid: there is no such role",
        user: VIEWER,
        types: "users list --role wizard".to_owned(),
        forged: false,
        expect: Expectation {
            status: StatusCode::OK,
            sends: None,
            shows: &["wizard", "developer", "Nothing was sent"],
        },
    })
    .await?;
    tour.writes(
        "Typed on a phone: curly quotes and long dashes are understood",
        "Workspaces create “Research lab” —tag team=research —yes",
        "POST /v1/organizations/workspaces",
        &["Done", "Research lab", "team: research"],
    )
    .await?;
    tour.step(Step {
        title: "Forged: somebody signs without the secret",
        user: ADMIN,
        types: "users list".to_owned(),
        forged: true,
        expect: Expectation { status: StatusCode::UNAUTHORIZED, sends: None, shows: &[] },
    })
    .await?;
    Ok(tour.failed)
}

/// The first word with this beginning.
fn id_in(lines: &[String], prefix: &str) -> String {
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    words.into_iter().find(|word| word.starts_with(prefix)).unwrap_or("user_none").to_owned()
}

impl Tour<'_> {
    async fn reads(&mut self, title: &str, types: &str, sends: &str, shows: &[&str]) -> anyhow::Result<Vec<String>> {
        self.sends(title, VIEWER, types, sends, shows).await
    }

    async fn writes(&mut self, title: &str, types: &str, sends: &str, shows: &[&str]) -> anyhow::Result<Vec<String>> {
        self.sends(title, ADMIN, types, sends, shows).await
    }

    async fn sends(
        &mut self,
        title: &str,
        user: &str,
        types: &str,
        sends: &str,
        shows: &[&str],
    ) -> anyhow::Result<Vec<String>> {
        let expect = Expectation { status: StatusCode::OK, sends: Some(sends), shows };
        self.step(Step { title, user, types: types.to_owned(), forged: false, expect }).await
    }

    /// Takes a step: posts the command, looks at what arrived upstream, and shows all of it.
    async fn step(&mut self, step: Step<'_>) -> anyhow::Result<Vec<String>> {
        self.number += 1;
        self.simulator.clear_requests();
        let answer = if step.forged {
            self.slack.forged(TEAM, step.user, &step.types).await?
        } else {
            self.slack.command(TEAM, step.user, &step.types).await?
        };
        let sent: Vec<String> = self
            .simulator
            .requests()
            .into_iter()
            .map(|request| {
                let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
                let body = if request.body.is_null() { String::new() } else { format!(" {}", request.body) };
                let status = request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
                format!("{} {}{query}{body} → {status}", request.method, request.path)
            })
            .collect();
        let lines = if answer.message.is_null() { Vec::new() } else { paint(&answer.message) };
        let problems = problems(&step.expect, &answer, &sent, &lines);
        self.show(&step, &answer, &sent, &lines, &problems)?;
        self.failed += usize::from(!problems.is_empty());
        Ok(lines)
    }

    fn show(
        &self,
        step: &Step<'_>,
        answer: &SlackAnswer,
        sent: &[String],
        lines: &[String],
        problems: &[String],
    ) -> anyhow::Result<()> {
        let mut text =
            format!("\n{}. {}\n   {} types    /claude-admin {}\n", self.number, step.title, step.user, step.types);
        if sent.is_empty() {
            text.push_str("   the plugin sends nothing\n");
        }
        for request in sent {
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
            text.push_str(&format!("   NOT AS IT SHOULD BE: {problem}\n"));
        }
        print(&text)
    }
}

fn problems(expect: &Expectation<'_>, answer: &SlackAnswer, sent: &[String], lines: &[String]) -> Vec<String> {
    let mut problems = Vec::new();
    if answer.status != expect.status {
        problems.push(format!("the status is {}, not {}", answer.status, expect.status));
    }
    match expect.sends {
        None if !sent.is_empty() => problems.push("something was sent".to_owned()),
        Some(request) if sent.len() != 1 || !sent[0].starts_with(request) => {
            problems.push(format!("the one request should begin with `{request}`"));
        }
        _ => {}
    }
    let shown = lines.join("\n");
    let missing = expect.shows.iter().filter(|words| !shown.contains(*words));
    problems.extend(missing.map(|words| format!("the message does not say `{words}`")));
    problems
}
