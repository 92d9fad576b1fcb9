//! A lone operator at this terminal: shows the plan, asks for the name of the target, and waits for the delay.

use super::stop::Stop;
use super::{prompt, tell, tell_formatted, terminal};
use claude_admin::command::Format;
use claude_admin::decision::approval::NameQuestion;
use claude_admin::identity::Principal;
use claude_admin::render::{self, visible};
use claude_admin::service::{Reply, Service};

/// Asks for the name, and runs the request if it is typed. Until the run, `stop` cancels the request. `None` if `stop`
/// was requested during the run.
pub(super) async fn ask(
    service: &Service,
    principal: &Principal,
    reply: Reply,
    question: NameQuestion,
    (asked, can_ask): (Format, bool),
    stop: &mut Stop,
) -> Option<Reply> {
    // The command can set its own output format.
    let format = reply.format;
    if !can_ask {
        return Some(of_format(service.deny_alone(principal, &question).await, format));
    }
    tell_formatted(&render::text_on(&reply.document, terminal::errors()));
    tell(&format!(
        "\nNo second person approves this request. To approve it, type: {}\nCtrl-C cancels it.\n> ",
        visible(&question.name)
    ));
    let Some(typed) = prompt::line(stop).await else {
        tell("\n");
        return Some(of_format(service.cancel_alone(principal, &question).await, format));
    };
    if question.is_answered_by(&typed) {
        let delay = question.delay.as_secs();
        tell(&format!("The request runs in {delay} s. Until then, nothing is sent, and Ctrl-C cancels it.\n"));
    }
    let waited = match service.wait_alone(principal, question, &typed, stop.requested()).await {
        Ok(waited) => waited,
        Err(reply) => return Some(of_format(*reply, format)),
    };
    tell("The delay is over. The host checks the request again, then runs it.\n");
    tokio::select! {
        reply = service.run_alone(principal, waited, format.or(Some(asked))) => Some(of_format(reply, format)),
        () = stop.requested() => None,
    }
}

fn of_format(mut reply: Reply, format: Option<Format>) -> Reply {
    reply.format = reply.format.or(format);
    reply
}
