//! The tour of jobs: each is one command, and one decision if it changes anything.

use super::{ADMIN, Does, SECOND, Step, Tour};
use claude_admin_chat::NO_CHANGES_YET;

const DELETE_MEMBER: &str = "DELETE /v1/organizations/users/user_";

impl Tour<'_> {
    /// Five jobs.
    pub(super) async fn jobs(&mut self) -> anyhow::Result<()> {
        self.onboard().await?;
        self.offboard().await?;
        self.reports().await
    }

    async fn onboard(&mut self) -> anyhow::Result<()> {
        let onboard =
            "onboard grace.hopper@example.com seun.adeyemi@example.com --role developer --workspace Production";
        let plan = [NO_CHANGES_YET, "grace.hopper@example.com", "Production"];
        self.job(
            "A person joins: the playbook shows who is a member, and proposes the rest",
            ADMIN,
            types(onboard),
            &[],
            &plan,
        )
        .await?;
        let sends = ["POST /v1/organizations/invites", "POST /v1/organizations/workspaces/"];
        let title = "One confirmation runs every step, in this order";
        self.job(title, ADMIN, Does::Clicks("Confirm"), &sends, &["2 of 2 steps done"]).await
    }

    async fn offboard(&mut self) -> anyhow::Result<()> {
        let offboard = "offboard xiuying.li@example.com --reason \"leaver, HR-4411\"";
        let plan = ["Approval needed", "The API cannot remove", "Risk: irreversible"];
        self.job("A person leaves: everything that is theirs, in one request", ADMIN, types(offboard), &[], &plan)
            .await?;
        let memberships = "DELETE /v1/organizations/workspaces/";
        let sends = [memberships, DELETE_MEMBER];
        let title = "A second person approves it; the member is removed as the last step";
        self.job(title, SECOND, Does::Clicks("Approve"), &sends, &["steps done", "Approved by"]).await?;
        let again = types(offboard);
        self.job("Run again, nothing is left", ADMIN, again, &[], &["Nothing is left to remove."]).await
    }

    async fn reports(&mut self) -> anyhow::Result<()> {
        let review = ["more rights than others", "Head of the audit log"];
        self.job(
            "Review of access: the rights of each member, and unusual ones",
            ADMIN,
            types("review access"),
            &[],
            &review,
        )
        .await?;
        let cost = ["Cost from 2026-11-09 to 2026-11-15", "Forecast for this month"];
        self.job("Cost of last week, by workspace and model", ADMIN, types("digest cost last-week"), &[], &cost)
            .await?;
        let outside = ["from outside", "by this host"];
        self.job("Changes outside this host", ADMIN, types("reconcile 24h"), &[], &outside).await
    }

    async fn job(
        &mut self,
        title: &str,
        user: &str,
        does: Does,
        writes: &[&str],
        shows: &[&str],
    ) -> anyhow::Result<()> {
        let step = Step { is_job: true, ..Step::new(title, user, does, writes, shows) };
        self.step(step).await.map(drop)
    }
}

fn types(text: &str) -> Does {
    Does::Types(text.to_owned())
}
