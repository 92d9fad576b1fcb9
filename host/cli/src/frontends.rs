//! The frontends of a configuration: Slack and HTTP.

use super::setup_error::SetupError;
use crate::config::{ClientConfig, Config, SecretSource, SlackConfig};
use claude_admin::frontend::http::{Client, Http};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, SocketApi, WebApi};
use claude_admin::frontend::{Background, Frontends};
use claude_admin::identity::Principal;
use claude_admin::service::Service;
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::Arc;

const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
const APP_TOKEN: &str = "SLACK_APP_TOKEN";
const MIN_TOKEN_CHARS: usize = 16;

/// The frontends of a configuration, which replace those of an earlier configuration.
pub(super) fn frontends(
    path: &Path,
    config: &Config,
    service: Arc<Service>,
    web_api: Option<Arc<WebApi>>,
    before: Option<&Frontends>,
) -> anyhow::Result<Frontends> {
    let background = before.map(|before| before.background.clone()).unwrap_or_default();
    let stopping = before.map(|before| Arc::clone(&before.stopping)).unwrap_or_default();
    let slack = config.slack.as_ref().map(|slack| self::slack(slack, web_api, &service, &background)).transpose()?;
    let slack = slack.map(|slack| match before.and_then(|before| before.slack.as_ref()) {
        Some(earlier) => slack.after(earlier),
        None => slack,
    });
    let http = http(&config.http.clients, &service)?;
    if slack.is_none() && http.is_none() {
        let problem = "configures neither [slack] nor [[http.clients]], so no client could send a command";
        return Err(SetupError(format!("{} {problem}", path.display())).into());
    }
    Ok(Frontends { service, slack: slack.map(Arc::new), http, background, stopping })
}

fn slack(
    config: &SlackConfig,
    web_api: Option<Arc<WebApi>>,
    service: &Arc<Service>,
    background: &Background,
) -> anyhow::Result<Slack> {
    let wrong = |problem: &dyn std::fmt::Display| SetupError(format!("in [slack]: {problem}"));
    let secret = |key: &str, file: Option<&Path>, variable: Option<&str>, default: &str| {
        if file.is_some() && variable.is_some() {
            return Err(wrong(&format!("give either {key}_env or {key}_file")));
        }
        SecretSource::find(file, variable, default).map_err(|error| wrong(&error))
    };
    let SlackConfig { signing_secret_file, signing_secret_env, app_token_file, app_token_env, .. } = config;
    let signing_secret =
        secret("signing_secret", signing_secret_file.as_deref(), signing_secret_env.as_deref(), SIGNING_SECRET)?;
    let app_token = secret("app_token", app_token_file.as_deref(), app_token_env.as_deref(), APP_TOKEN)?;
    if signing_secret.is_none() && app_token.is_none() {
        let problem = format!(
            "set {APP_TOKEN}, or app_token_file, for Socket Mode; or set {SIGNING_SECRET}, or signing_secret_file, for HTTP"
        );
        return Err(wrong(&problem).into());
    }
    let socket = app_token.map(|token| SocketApi::new(&config.api_base_url, &token).map(Arc::new));
    let socket = socket.transpose().map_err(|error| wrong(&error))?;
    if config.approvals_channel.is_some() && web_api.is_none() {
        let problem = "approvals_channel needs a bot token: set SLACK_BOT_TOKEN, or bot_token_file";
        return Err(wrong(&problem).into());
    }
    let settings = SlackSettings {
        signing_secret,
        socket,
        app_id: config.app_id.clone(),
        tables: config.tables,
        web_api,
        approvals_channel: config.approvals_channel.clone(),
    };
    let responder = Responder::new(config.response_url_hosts.clone())?;
    Ok(Slack::new(Arc::clone(service), settings, responder, background.clone()))
}

/// A token grants the permissions of its client. It must be hard to guess, and belong to one client that the policy can
/// name.
fn check_client(client: &Client, earlier: &[Client]) -> Result<(), String> {
    let token = client.token.expose_secret();
    if token.chars().count() < MIN_TOKEN_CHARS {
        return Err(format!("its token has fewer than {MIN_TOKEN_CHARS} characters; use a longer token"));
    }
    if earlier.iter().any(|other| other.principal == client.principal) {
        return Err("another client has the same name".to_owned());
    }
    if earlier.iter().any(|other| other.token.expose_secret() == token) {
        return Err("another client has the same token".to_owned());
    }
    Ok(())
}

fn http(clients: &[ClientConfig], service: &Arc<Service>) -> anyhow::Result<Option<Arc<Http>>> {
    let clients = clients
        .iter()
        .map(|client| {
            let wrong = |problem: String| SetupError(format!("in [[http.clients]], `{}`: {problem}", client.name));
            let source = match (&client.token_file, &client.token_env) {
                (Some(path), None) => SecretSource::File(path.clone()),
                (None, Some(name)) => SecretSource::Environment(name.clone()),
                _ => return Err(wrong("give either token_env or token_file".to_owned())),
            };
            let token = source.read().map_err(|error| wrong(error.to_string()))?;
            let principal = Principal::http(&client.name).map_err(|error| wrong(error.to_string()))?;
            Ok(Client { principal, token })
        })
        .collect::<Result<Vec<_>, SetupError>>()?;
    for (index, client) in clients.iter().enumerate() {
        check_client(client, &clients[..index])
            .map_err(|problem| SetupError(format!("in [[http.clients]], `{}`: {problem}", client.principal.user)))?;
    }
    Ok((!clients.is_empty()).then(|| Arc::new(Http::new(Arc::clone(service), clients))))
}
