//! `claude-admin demo`: a tour of signed slash commands and clicks against the simulator.

mod painter;
mod slack_side;
mod tour;

use super::assemble::{Host, Policy, StoreSource, host, simulated};
use super::print;
use super::stop::Stop;
use crate::config::Config;
use anyhow::Context;
use claude_admin::egress::ApiPlatform;
use claude_admin::frontend::http::{Client, Http};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings};
use claude_admin::frontend::{Background, Frontends, serve};
use claude_admin::identity::Principal;
use claude_admin::render::SlackTables;
use claude_admin_simulator::{Simulator, SimulatorConfig};
use secrecy::SecretString;
use slack_side::SlackSide;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The token in the `curl` example. Every program that can reach the loopback port can use it.
const HTTP_TOKEN: &str = "claude-admin-demo-token";
const FAILED: u8 = 1;

pub(super) async fn demo(once: bool, jobs: bool) -> anyhow::Result<u8> {
    let simulator = Simulator::start(SimulatorConfig::default()).await.context("the simulator does not start")?;
    let config: Config = toml::from_str(tour::CONFIG)?;
    let target = simulated(simulator, ApiPlatform::Anthropic)?;
    let Host { service, simulator, .. } = host(&config, target, Policy::Text(tour::POLICY), &StoreSource::Memory)?;
    let simulator = simulator.context("the demo has a simulator")?;

    let signing_secret = format!("demo-signing-secret-{:016x}", fastrand::u64(..));
    let background = Background::default();
    let settings = SlackSettings {
        signing_secret: Some(SecretString::from(signing_secret.as_str())),
        socket: None,
        app_id: None,
        tables: SlackTables::default(),
        web_api: None,
        approvals_channel: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let slack_side = SlackSide::start(address, signing_secret).await?;
    let responder = Responder::new(vec![slack_side.receives_at()])?;
    let slack = Slack::new(Arc::clone(&service), settings, responder, background.clone());
    let clients = vec![Client { principal: Principal::http("demo")?, token: SecretString::from(HTTP_TOKEN) }];
    let http = Http::new(Arc::clone(&service), clients);
    let digest = service.plugin().digest().to_owned();
    let frontends = Frontends {
        service: Arc::clone(&service),
        slack: Some(Arc::new(slack)),
        http: Some(Arc::new(http)),
        background,
        stopping: Arc::default(),
    };
    let (stop_server, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, frontends, async {
        // A dropped sender and a sent message both mean: stop.
        let _ = stopped.await;
    }));

    print(&format!(
        "claude-admin demo: no real account is used.\n\n\
         \x20 host       http://{address} (POST /slack/commands, /slack/interactions, /v1/commands)\n\
         \x20 component  sha256:{digest}\n\
         \x20 simulator  {}\n\
         \x20 users      {} and {} are admins, {} can only read\n",
        simulator.base_url(),
        tour::ADMIN,
        tour::SECOND,
        tour::VIEWER,
    ))?;
    let failed = tour::take(&slack_side, &simulator, jobs).await?;
    if failed == 0 {
        print("\nEvery step had the expected result.\n")?;
    } else {
        print(&format!("\n{failed} step(s) had an unexpected result.\n"))?;
    }
    if !once {
        print(&format!(
            "\nThe host is still running. Try it from another terminal:\n\n\
             \x20 curl -s http://{address}/v1/commands -H 'authorization: Bearer {HTTP_TOKEN}' \\\n\
             \x20   -d '{{\"command\": \"users list --limit 3\", \"output\": \"text\"}}'\n\n\
             The control port of the simulator is {}. Press Ctrl-C to exit.\n",
            simulator.control_url(),
        ))?;
        Stop::listen().requested().await;
    }
    // The server might have stopped already; then no receiver exists.
    let _ = stop_server.send(());
    server.await??;
    service.finish().await;
    simulator.shutdown().await;
    Ok(if failed == 0 { 0 } else { FAILED })
}
