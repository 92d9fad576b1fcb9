//! `claude-admin complete`: the completions of the last word after `claude-admin run --`. Shell scripts call it.

use super::assemble::{catalog, foreseen_credentials};
use super::config_args::ConfigArgs;
use super::operator::operator;
use super::print;
use claude_admin::command::{self, Arguments};
use claude_admin::decision::Decider;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::Clock;
use claude_admin::identity::Place;
use claude_admin_catalog::Action;
use std::sync::Arc;

/// Prints the completions of the last word: each line has a word, a tab and its meaning.
pub(super) async fn complete(config: &ConfigArgs, words: &[String]) -> anyhow::Result<u8> {
    let given = config.find()?.map(|found| found.config);
    let config = given.clone().unwrap_or_default();
    let catalog = catalog(&config)?;
    let credentials = foreseen_credentials(&config)?;
    let can_work = |action: &Action| credentials.obstacle(action, &Arguments::new()).is_none();
    let candidates = match &given {
        // Without a policy, a user who can start the program can run every action.
        None => command::complete(&catalog, words, &can_work),
        Some(config) => {
            let groups = Groups::new(config.members()?, None);
            let policy = LivePolicy::open(&catalog, &config.policy.file, groups.names());
            let decider = Decider::new(Arc::new(policy), groups, Clock::system());
            let person = decider.person(&operator()?, &Place::terminal()).await;
            command::complete(&catalog, words, &|action| can_work(action) && decider.may_ever(&person, action))
        }
    };
    let lines: String = candidates.iter().map(|(word, meaning)| format!("{word}\t{meaning}\n")).collect();
    print(&lines)?;
    Ok(0)
}
