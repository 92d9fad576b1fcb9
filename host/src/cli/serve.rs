//! `claude-admin serve`: slash commands and the HTTP API.

use super::assemble::{Host, PolicySource, StoreSource, WithoutCredential, host, target};
use super::print;
use super::setup_error::SetupError;
use super::stop::Stop;
use anyhow::Context;
use claude_admin::config::{ClientConfig, Config, SecretSource, SlackConfig};
use claude_admin::frontend::http::{Client, Http};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, WebApi};
use claude_admin::frontend::{Background, Frontends};
use claude_admin::identity::is_id;
use claude_admin::service::Service;
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
const MIN_TOKEN_CHARS: usize = 16;

/// How often a host looks for what is over: requests that nobody settled, a policy that changed.
const TICK: Duration = Duration::from_secs(2);

pub(super) async fn serve(path: &Path) -> anyhow::Result<u8> {
    let config = Config::read(path)?;
    let target = target(&config, WithoutCredential::Refuse).await?;
    let store = StoreSource::FileWithDeliveries(config.store.path.clone());
    let Host { service, simulator, web_api } = host(&config, target, PolicySource::Configured, store)?;
    let background = Background::default();
    let slack = config.slack.as_ref().map(|slack| self::slack(slack, web_api, &service, &background)).transpose()?;
    let http = http(&config.http.clients, &service)?;
    if slack.is_none() && http.is_none() {
        return Err(SetupError(format!(
            "{} has neither [slack] nor [[http.clients]]: nobody could ask anything",
            path.display()
        ))
        .into());
    }
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("cannot listen on {}; is another program there?", config.http.listen))?;
    let address = listener.local_addr()?;
    let egress = service.plugin().sandbox().egress();
    let (upstream, credentials) = (egress.upstream().authority(), egress.credentials().held());
    tracing::info!(%address, upstream, credentials, "serving");
    let (mut once, mut twice) = (Stop::listen(), Stop::listen());
    print(&format!("listening on http://{address}\n"))?;
    let ticking = tokio::spawn(tick(Arc::clone(&service), slack.clone()));
    let frontends = Frontends { service: Arc::clone(&service), slack, http, background, stopping: Arc::default() };
    let insisted = async {
        twice.requested().await;
        twice.requested().await;
    };
    tokio::select! {
        served = claude_admin::frontend::serve(listener, frontends, async move { once.requested().await }) => served?,
        () = insisted => {
            tracing::warn!("asked to stop twice: what was begun is not waited for any more");
            return Ok(0);
        }
    }
    ticking.abort();
    service.finish().await;
    if let Some(simulator) = simulator {
        simulator.shutdown().await;
    }
    tracing::info!("stopped; everything that was begun is finished");
    Ok(0)
}

async fn tick(service: Arc<Service>, slack: Option<Arc<Slack>>) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        let ended = service.tick().await;
        if let Some(slack) = &slack {
            slack.tell_expired(&ended).await;
        }
    }
}

fn slack(
    config: &SlackConfig,
    web_api: Option<Arc<WebApi>>,
    service: &Arc<Service>,
    background: &Background,
) -> anyhow::Result<Arc<Slack>> {
    if config.signing_secret_env.is_some() && config.signing_secret_file.is_some() {
        let problem = "give either signing_secret_env or signing_secret_file";
        return Err(SetupError(format!("in [slack]: {problem}")).into());
    }
    if config.approvals_channel.is_some() && web_api.is_none() {
        let problem = "approvals_channel needs a bot token: set SLACK_BOT_TOKEN, or bot_token_file";
        return Err(SetupError(format!("in [slack]: {problem}")).into());
    }
    let variable = config.signing_secret_env.as_deref().unwrap_or(SIGNING_SECRET);
    let secret = SecretSource::of(config.signing_secret_file.as_deref(), variable).read();
    let settings = SlackSettings {
        signing_secret: secret.map_err(|error| SetupError(format!("in [slack]: {error}")))?,
        app_id: config.app_id.clone(),
        tables: config.tables,
        web_api,
        approvals_channel: config.approvals_channel.clone(),
    };
    let responder = Responder::new(config.response_url_hosts.clone())?;
    Ok(Arc::new(Slack::new(Arc::clone(service), settings, responder, background.clone())))
}

/// A token opens what its client may do: it must be hard to guess, and belong to one client that the policy can name.
fn check_client(client: &Client, earlier: &[Client]) -> Result<(), String> {
    let token = client.token.expose_secret();
    if token.chars().count() < MIN_TOKEN_CHARS {
        return Err(format!("its token has fewer than {MIN_TOKEN_CHARS} characters; make a longer one"));
    }
    if !is_id(&client.name) {
        return Err("the policy cannot name it; use letters, digits, `-`, `_` and `.`".to_owned());
    }
    if earlier.iter().any(|other| other.name == client.name) {
        return Err("the name is used twice".to_owned());
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
            Ok(Client { name: client.name.clone(), token })
        })
        .collect::<Result<Vec<_>, SetupError>>()?;
    for (index, client) in clients.iter().enumerate() {
        check_client(client, &clients[..index])
            .map_err(|problem| SetupError(format!("in [[http.clients]], `{}`: {problem}", client.name)))?;
    }
    Ok((!clients.is_empty()).then(|| Arc::new(Http::new(Arc::clone(service), clients))))
}
