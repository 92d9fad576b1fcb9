//! A safe host of a component, in one file. Read it from top to bottom.
//!
//! ```sh
//! ANTHROPIC_ADMIN_KEY=… cargo run -p small-host -- users list --limit 5
//! ```
//!
//! It does the five steps of `claude-admin` for every command: load the component, parse the command, evaluate the
//! policy, call through the gate, and show the result. Missing in comparison with `claude-admin`: there is no audit
//! log, no confirmation and no approval, names are not looked up, and you are the only user.

use anyhow::{Context, bail};
use claude_admin::command::{self, Command, Draft, Markup};
use claude_admin::decision::policy::{Decision, Policies};
use claude_admin::decision::{Decider, LivePolicy, operation::Clock, operation_id};
use claude_admin::document::{self, Listing};
use claude_admin::egress::{Credentials, Egress, Upstream};
use claude_admin::identity::{Place, Principal};
use claude_admin::render;
use claude_admin::sandbox::{Limits, Plugin, Sandbox};
use jiff::Timestamp;
use secrecy::SecretString;
use std::sync::Arc;

/// The permissions, in Cedar. An action that no policy permits is denied.
const POLICY: &str = r#"
@id("look") permit(principal == User::"local:me", action in Action::"read", resource);
@id("members") permit(principal == User::"local:me", action in Action::"users", resource);
"#;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let line = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    let plugin = load()?;
    let draft = read(&plugin, &line)?;
    println!("{}", run(&plugin, draft).await?);
    Ok(())
}

/// Step 1. The component is compiled, and its imports are compared with the allowed imports: HTTP, and the streams that
/// HTTP needs. It has no files, no clock and no environment, so the credential is here, and not in the component.
fn load() -> anyhow::Result<Plugin> {
    let base_url = std::env::var("ANTHROPIC_BASE_URL").unwrap_or_else(|_| "https://api.anthropic.com".to_owned());
    let key = std::env::var("ANTHROPIC_ADMIN_KEY").context("set ANTHROPIC_ADMIN_KEY")?;
    let upstream: Upstream = base_url.parse().with_context(|| format!("{base_url} is not a base URL"))?;
    // The only network access. It adds the key to a request after it compared the request with the decided action.
    let egress = Egress::new(upstream, Credentials::new(Some(SecretString::from(key)), None), None)?;
    // Each call has a separate instance, with limits of memory, time and data.
    let sandbox = Sandbox::new(Limits::default(), Arc::new(egress), None)?;
    Ok(Plugin::embedded(&sandbox)?)
}

/// Step 2. The WIT text in the component defines the actions: names, arguments, types, risks. A command line is parsed
/// according to these definitions, so every later step has checked types.
fn read(plugin: &Plugin, line: &str) -> anyhow::Result<Draft> {
    match command::parse(plugin.catalog(), line, Markup::None, Timestamp::now()) {
        // To look up a name is a separate read, which the policy must permit too.
        Ok(Command::Run(draft, _)) if !draft.references.is_empty() => bail!("write the ID instead of the name"),
        Ok(Command::Run(draft, _)) => Ok(draft),
        Ok(_) => bail!("write an action, such as `users list`"),
        Err(error) => bail!("{error}"),
    }
}

/// Steps 3 to 5.
async fn run(plugin: &Plugin, draft: Draft) -> anyhow::Result<String> {
    let (catalog, invocation) = (plugin.catalog(), draft.invocation);
    let action = &*invocation.action;

    // Step 3. The policy decides about this person, this place, this action and these arguments.
    let policies = Policies::parse(catalog, &Default::default(), "the policy of this example", POLICY)?;
    let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), Default::default(), Clock::system());
    let person = decider.person(&Principal::local("me")?, &Place::terminal()).await;
    let operation = operation_id::random();
    let authorized = match decider.authorize_now(&person, invocation.clone(), &operation) {
        Ok(authorized) => authorized,
        Err(Decision::Deny(denial)) => bail!("you cannot run `{}`: {}", action.command(), denial.message),
        // A write never runs immediately. `Service` has plans, confirmations and approvals, and records each of them.
        Err(Decision::Allow(_)) => bail!("`{}` needs more than a permit", action.command()),
    };

    // Step 4. Only `authorize_now`, and an approval, make an `Authorized` value, and the sandbox runs nothing else.
    // From the declaration of the action and the decided arguments the host computes the one request that can be sent.
    // If the component makes a different request, the call ends, and nothing is sent.
    let answer = plugin.call(&authorized).await;

    // Step 5. The result is typed data with a declared shape. Secrets are removed, and hostile text is shown as plain
    // text.
    let upstream = plugin.sandbox().egress().upstream().authority();
    match answer.result {
        Ok(value) => {
            let document = document::result(catalog, action, &invocation, &value, &[], Listing::default());
            Ok(render::text(&document))
        }
        Err(error) => {
            let document = document::call_error(catalog, &error, action, answer.verdict, upstream);
            bail!("{}", render::text(&document))
        }
    }
}
