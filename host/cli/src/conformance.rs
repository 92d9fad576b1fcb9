//! `claude-admin conformance`: compares responses of the API with the WIT package.
//!
//! An account that can read the credential can send these requests without this program, so no policy decides about
//! them. With a configuration, the run is recorded in its audit log: its readers see every request that used its
//! credential.

use super::assemble::{SimulatedClock, Target, WithoutCredential, catalog, egress, ledger_without_policy, target};
use super::config_args::ConfigArgs;
use super::operator::operator;
use super::setup_error::SetupError;
use super::{FAILED, print, tell};
use crate::config::Config;
use clap::{Args, ValueEnum};
use claude_admin::audit::{Entry, Event};
use claude_admin::conformance::{About, Conformance, Plan, Report};
use claude_admin::decision::operation::Ledger;
use claude_admin::egress::{API_AUTHORITY, Egress};
use claude_admin::identity::{Place, Principal};
use claude_admin::render;
use claude_admin::service::Outcome;
use claude_admin::store::Durability;
use claude_admin_chat::Changed;

/// The exit code of a run that found a difference.
const DIFFERS: u8 = 1;

#[derive(Debug, Args)]
pub(super) struct ConformanceArgs {
    /// Send the requests; without this flag, the command only shows how many there are and where they are sent
    #[arg(long)]
    send: bool,
    /// The format of the report
    #[arg(short, long, value_name = "FORMAT", default_value = "markdown")]
    output: Format,
    /// If there is a configuration, its credentials are used and its audit log records the run
    #[command(flatten)]
    config: ConfigArgs,
    /// Use the embedded simulator even if a credential is set
    #[arg(long)]
    simulate: bool,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown for an issue
    Markdown,
    /// JSON for programs
    Json,
}

pub(super) async fn conformance(args: ConformanceArgs) -> anyhow::Result<u8> {
    let found = args.config.find()?;
    let is_configured = found.is_some();
    let mut config = found.map(|found| found.config).unwrap_or_default();
    config.upstream.simulate |= args.simulate;
    let target = target(&config, WithoutCredential::Refuse, SimulatedClock::Stopped).await?;
    let now = target.now();
    let Target { upstream, credentials, simulator, .. } = target;
    let catalog = catalog(&config)?;
    let egress = egress(&config, upstream, credentials)?;
    let plan = Plan::of(&catalog, egress.credentials());
    if !args.send {
        return Err(unsent(&plan, &egress).into());
    }
    let audit = if is_configured { Some(Audit::begin(&config)?) } else { None };
    let limits = config.limits.limits()?;
    let about = about(&catalog.package, &egress, simulator.is_some());
    let run = Conformance::new(&catalog, egress, limits, now);
    if let Some(audit) = &audit {
        audit
            .record(run.operation(), Event::Received { delivery: None, text: Some("conformance --send".to_owned()) })?;
    }
    let total = plan.requests();
    let report = run.run(&plan, |number, action| tell(&format!("{number} of {total}: {}\n", action.command()))).await;
    let recorded = audit.map(|audit| audit.record(run.operation(), ended(&report)));
    if let Some(simulator) = simulator {
        simulator.shutdown().await;
    }
    print(&match args.output {
        Format::Markdown => render::markdown(&report.document(&about)),
        Format::Json => render::json(&report.to_json(&about)) + "\n",
    })?;
    recorded.transpose()?;
    Ok(match (report.differs(), report.checked.is_empty()) {
        (true, _) => DIFFERS,
        // That nothing was compared must not look like success.
        (false, true) => FAILED,
        (false, false) => 0,
    })
}

fn unsent(plan: &Plan<'_>, egress: &Egress) -> SetupError {
    SetupError(format!(
        "nothing was sent. With --send, the command sends up to {} GET requests to {}, one after the other, with {}; \
         retries and the exchange of a workload identity are not counted. It prints no value of a response",
        plan.requests(),
        egress.upstream().authority(),
        egress.credentials().held(),
    ))
}

fn about(package: &str, egress: &Egress, is_simulated: bool) -> About {
    About {
        package: package.to_owned(),
        // The name of a private host is not for an issue.
        upstream: match egress.upstream().authority() {
            _ if is_simulated => "the embedded simulator",
            API_AUTHORITY => API_AUTHORITY,
            _ => "another address",
        },
        platform: egress.credentials().platform().to_string(),
        credentials: egress.credentials().held(),
    }
}

fn ended(report: &Report) -> Event {
    let outcome = if report.checked.is_empty() { Outcome::Failed } else { Outcome::Done };
    let (result, requests) = (outcome.as_str().to_owned(), report.requests.clone());
    Event::Outcome { result, changed: Some(Changed::No), status: None, requests, cause: None }
}

/// The audit log of the configuration, and the principal of the entries.
struct Audit {
    ledger: Ledger,
    principal: Principal,
}

impl Audit {
    fn begin(config: &Config) -> anyhow::Result<Self> {
        Ok(Self { ledger: ledger_without_policy(config.store.path.clone())?, principal: operator()? })
    }

    fn record(&self, operation: &str, event: Event) -> anyhow::Result<()> {
        let entry = Entry::by(&self.principal, &Place::terminal(), event);
        let entry = Entry { operation: Some(operation.to_owned()), ..entry };
        Ok(self.ledger.record(Durability::Disk, vec![entry])?)
    }
}
