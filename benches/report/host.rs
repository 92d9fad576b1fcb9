//! The list call in this host: its component, its gate and its pooled client.

use crate::load::Way;
use crate::upstream::KEY;
use claude_admin::command::Invocation;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::Clock;
use claude_admin::decision::policy::Policies;
use claude_admin::decision::{Authorized, Decider};
use claude_admin::egress::{Credentials, Egress};
use claude_admin::identity::{Place, Principal};
use claude_admin::sandbox::{Isolation, Limits, Plugin, Sandbox};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) struct Host {
    pub(crate) plugin: Plugin,
    invocation: Authorized<Invocation>,
    items: usize,
}

impl Host {
    pub(crate) async fn new(address: SocketAddr, isolation: Isolation, items: usize) -> Self {
        Self::before(Self::egress(&format!("http://{address}")), isolation, items).await
    }

    /// The egress to an upstream.
    pub(crate) fn egress(base_url: &str) -> Egress {
        let credentials = Credentials::new(Some(SecretString::from(KEY)), None);
        Egress::new(base_url.parse().expect("a base URL"), credentials, None).expect("a client")
    }

    /// A host with an egress.
    pub(crate) async fn before(egress: Egress, isolation: Isolation, items: usize) -> Self {
        let egress = Arc::new(egress);
        let sandbox = Sandbox::new(Limits { isolation, ..Limits::default() }, egress, None).expect("a sandbox");
        let plugin = Plugin::embedded(&sandbox).expect("the component loads");
        let policy = "permit(principal == User::\"local:bench\", action in Action::\"read\", resource);";
        let policies = Policies::parse(plugin.catalog(), &Default::default(), "bench.cedar", policy).expect("a policy");
        let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), Groups::default(), Clock::system());
        let person = decider.person(&Principal::local("bench").unwrap(), &Place::terminal()).await;
        let arguments = [("limit".to_owned(), items.into())].into_iter().collect();
        let action = Arc::clone(plugin.catalog().action("users.list").expect("declared"));
        let invocation = Invocation { action, arguments };
        let invocation = decider.authorize_now(&person, invocation, "bench").expect("allowed");
        Self { plugin, invocation, items }
    }
}

impl Way for Host {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let answer = self.plugin.call(&self.invocation).await;
            let page = answer.result.expect("a page");
            assert_eq!(page["data"].as_array().map(Vec::len), Some(self.items));
        })
    }
}
