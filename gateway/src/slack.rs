//! Slash commands of Slack.

use crate::admin::Admin;
use crate::exchange::{Request, Response, catalog};
use crate::reply::{Audience, Reply};
use crate::run::run;
use crate::settings::Settings;
use claude_admin_catalog::Catalog;
use claude_admin_chat::command::{Format, Markup, parse};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::render::{self, SlackTables};
use claude_admin_chat::slack::{SlashCommand, fields, is_ssl_check, verify};
use jiff::Timestamp;
use serde_json::Value;

/// Handles a slash command and returns the response.
pub(crate) fn answer(settings: &Settings, admin: &mut dyn Admin, request: &Request, now: Timestamp) -> Response {
    let Some(secret) = &settings.signing_secret else {
        return Response::text(404, "SLACK_SIGNING_SECRET is not set for this gateway");
    };
    // From time to time, Slack sends a check without a signature and expects an empty response.
    if request.header("x-slack-signature").is_none() && is_ssl_check(&request.body) {
        return Response::text(200, "");
    }
    let believed = request.header("x-slack-request-timestamp").zip(request.header("x-slack-signature")).is_some_and(
        |(timestamp, signature)| {
            let seconds = u64::try_from(now.as_second()).unwrap_or_default();
            verify(secret.as_bytes(), timestamp, signature, &request.body, seconds).is_ok()
        },
    );
    if !believed {
        return Response::text(401, "the request has no valid signature");
    }
    if is_ssl_check(&request.body) {
        return Response::text(200, "");
    }
    let command = match fields(&request.body).and_then(SlashCommand::from_fields) {
        Ok(command) => command,
        Err(error) => return Response::text(400, error.to_string()),
    };
    if settings.app_id.is_some() && settings.app_id != command.api_app_id {
        return Response::text(401, "the request is from another Slack app");
    }
    let catalog = &match catalog() {
        Ok(catalog) => catalog,
        Err(response) => return response,
    };
    let principal = match Principal::slack(&command.team_id, &command.user_id) {
        Ok(principal) => principal,
        Err(error) => return Response::text(400, error.to_string()),
    };
    let reply = if settings.allows(&principal) {
        match parse(catalog, &command.text, Markup::Slack, now) {
            Ok(command) => run(catalog, settings, admin, command, Audience::Chat, now),
            Err(error) => Reply::not_understood(&error),
        }
    } else {
        Reply::not_allowed(&principal.to_string())
    };
    Response::json(200, &message(catalog, &reply))
}

fn message(catalog: &Catalog, reply: &Reply) -> Value {
    let Reply { document, options, .. } = reply;
    let text = match options.format.unwrap_or_default() {
        Format::Json => render::json(&reply.to_json(catalog)),
        Format::Csv if reply.outcome.is_answer() => render::csv(document),
        Format::Markdown => render::markdown(document),
        // CSV rows cannot show an error.
        Format::Text | Format::Csv => return render::slack(document, SlackTables::default(), options.share, None),
    };
    render::slack_verbatim(&text, document, reply.command.as_deref(), options.share, false)
}
