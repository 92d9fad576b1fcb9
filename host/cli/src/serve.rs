//! `claude-admin serve`: serves slash commands and the HTTP API.

use super::assemble::{Host, Policy, SimulatedClock, StoreSource, WithoutCredential, host, target};
use super::config_args::{ConfigArgs, Found};
use super::frontends::frontends;
use super::print;
use super::reload::{Reload, Stamps};
use super::stop::{Hangup, Stop};
use anyhow::Context;
use claude_admin::frontend::{LiveFrontends, slack};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The interval in which a host looks for expired requests and a changed policy.
const TICK: Duration = Duration::from_secs(2);

pub(super) async fn serve(args: &ConfigArgs) -> anyhow::Result<u8> {
    let (mut once, mut twice, hangup) = (Stop::listen(), Stop::listen(), Hangup::listen());
    // Stamps are taken before the file is read: a change during the read causes another read.
    let stamps = Stamps::of(&args.required()?.path);
    let Found { path, config } = args.required()?;
    let target = target(&config, WithoutCredential::Refuse, SimulatedClock::Running).await?;
    let store = StoreSource::File(config.store.path.clone());
    let Host { service, simulator, web_api } = host(&config, target, Policy::Configured, &store)?;
    let frontends = frontends(&path, &config, service, web_api, None)?;
    let listener = TcpListener::bind(config.http.listen)
        .await
        .with_context(|| format!("cannot listen on {}; another program might use this address", config.http.listen))?;
    let address = listener.local_addr()?;
    let egress = frontends.service.plugin().sandbox().egress();
    let (upstream, credentials) = (egress.upstream().authority(), egress.credentials().held());
    tracing::info!(%address, upstream, credentials, "serving");
    print(&format!("listening on http://{address}\n"))?;
    let simulator = Arc::new(simulator);
    let live = LiveFrontends::from(frontends);
    let reload = Reload { path, started: config, stamps, simulator: Arc::clone(&simulator), live: live.clone() };
    let ticking = tokio::spawn(tick(reload, hangup));
    let following = tokio::spawn(follow(live.clone()));
    let mut stop = Stop::listen();
    let connected = live.clone();
    let connections = tokio::spawn(async move { slack::connect(connected, async { stop.requested().await }).await });
    let insisted = async {
        twice.requested().await;
        twice.requested().await;
    };
    let served = async {
        claude_admin::frontend::serve(listener, live.clone(), async move { once.requested().await }).await?;
        let _ = connections.await;
        ticking.abort();
        following.abort();
        let _ = ticking.await;
        live.get().service.finish().await;
        if let Some(simulator) = Arc::into_inner(simulator).flatten() {
            simulator.shutdown().await;
        }
        tracing::info!("stopped; all operations that were started are finished");
        Ok(0)
    };
    tokio::select! {
        served = served => served,
        () = insisted => {
            tracing::warn!("asked to stop twice: the host exits without waiting for running operations");
            Ok(0)
        }
    }
}

/// Checks for expired requests and changed files until the host stops.
async fn tick(mut reload: Reload, mut hangup: Hangup) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        let asked = tokio::select! {
            _ = interval.tick() => false,
            () = hangup.received() => true,
        };
        reload.look(asked);
        reload.live.get().service.tick().await;
    }
}

/// Updates cards and notifies requesters. Only a host that serves Slack has the key for the buttons of
/// cards. It posts for every process that uses the same store.
async fn follow(live: LiveFrontends) {
    loop {
        match live.get().slack {
            Some(slack) => slack.look().await,
            None => tokio::time::sleep(TICK).await,
        }
    }
}
