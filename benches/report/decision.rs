//! The cost of a decision: a typed line is parsed, the policy is evaluated, and the plan that an approval refers to is
//! made.

use crate::Length;
use crate::finding::{Finding, Goal, Quartiles, short};
use claude_admin::command::{self, Command, Invocation, Markup};
use claude_admin::decision::LivePolicy;
use claude_admin::decision::groups::{Groups, Member};
use claude_admin::decision::operation::Clock;
use claude_admin::decision::plan::{Before, Plan, Step};
use claude_admin::decision::policy::{Decision, Policies, STARTER_POLICY};
use claude_admin::decision::{Decider, Person};
use claude_admin::embedded;
use claude_admin::identity::{Place, Principal};
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// A read, and a write that another user must approve.
const LINES: [&str; 2] =
    ["users list --limit 50", "users remove user_01WCz1FkmYMm4gnmykNKUu3Q --reason \"left in May\""];
/// The maximum time of a decision, in microseconds.
const MOST_MICROSECONDS: f64 = 50.0;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let (turns, decisions) = match length {
        Length::Full => (41, 2_000),
        Length::Short => (11, 500),
    };
    let all = embedded::catalog().expect("the catalog of the component");
    let few = cut(&all);
    let operations = [all.actions.len(), few.actions.len()];
    let deciders = [Deciding::new(all), Deciding::new(few)];
    LINES
        .iter()
        .flat_map(|line| {
            let mut times = [const { Vec::new() }; 2];
            for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
                for (deciding, times) in deciders.iter().zip(&mut times) {
                    let time = deciding.microseconds(line, decisions);
                    if counts {
                        times.push(time);
                    }
                }
            }
            let [all, few] = &times;
            let middle = |times: &[f64]| format!("{} µs", short(Quartiles::of(times.to_vec()).middle));
            let verb = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            [
                Finding {
                    name: format!("decision on `{verb}`: its bound"),
                    ours: middle(all),
                    theirs: format!("{MOST_MICROSECONDS} µs"),
                    ratio: Quartiles::of(all.iter().map(|time| time / MOST_MICROSECONDS)),
                    goal: Goal::AtMost(1.0),
                    is_bound: true,
                },
                Finding {
                    name: format!("decision on `{verb}`: among {} operations, among {}", operations[0], operations[1]),
                    ours: middle(all),
                    theirs: middle(few),
                    ratio: Quartiles::of_ratios(all, few),
                    goal: Goal::AtMost(1.25),
                    is_bound: false,
                },
            ]
        })
        .collect()
}

/// A catalog with only the interfaces that the lines and the policy name.
fn cut(catalog: &Catalog) -> Catalog {
    let named = ["api-keys", "invites", "users", "workspace-members", "workspaces"];
    let mut catalog = catalog.clone();
    catalog.interfaces.retain(|interface| named.contains(&interface.name.as_str()));
    catalog.actions.retain(|action| named.contains(&action.interface.as_str()));
    catalog
}

struct Deciding {
    catalog: Catalog,
    decider: Decider,
    person: Person,
}

impl Deciding {
    fn new(catalog: Catalog) -> Self {
        let groups = ["admins", "helpdesk", "viewers"].map(|group| {
            let members: Vec<Member> = vec!["local:ada".parse().expect("a member")];
            (group.to_owned(), members)
        });
        let groups = Groups::new(BTreeMap::from(groups), None);
        let policies = Policies::parse(&catalog, &groups.names(), "starter.cedar", STARTER_POLICY).expect("a policy");
        let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), groups, Clock::system());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let person = runtime.block_on(decider.person(&Principal::local("ada").unwrap(), &Place::terminal()));
        Self { catalog, decider, person }
    }

    fn microseconds(&self, line: &str, decisions: u32) -> f64 {
        let started = Instant::now();
        for _ in 0..decisions {
            black_box(self.decide(black_box(line)));
        }
        started.elapsed().as_secs_f64() * 1e6 / f64::from(decisions)
    }

    fn decide(&self, line: &str) -> String {
        let command = command::parse(&self.catalog, line, Markup::Slack, Timestamp::UNIX_EPOCH);
        let Ok(Command::Run(draft, options)) = command else { panic!("{line} is no command that runs") };
        let invocation: Invocation = draft.invocation;
        let reason = options.reason.as_ref().map(command::Reason::as_str);
        let decision = self.decider.decide(&self.person, &invocation.action, &invocation.arguments, reason);
        assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
        Plan::of(Step::new(&self.catalog, &invocation, Vec::new(), Before::Nothing)).hash()
    }
}
