//! The policy can permit a user a playbook without its steps, and approvers must be permitted every step.

use super::host;
use crate::support::{self, bob, text, type_as, type_in, writes};
use claude_admin::embedded;
use claude_admin::identity::Principal;
use claude_admin::sandbox::digest;
use claude_admin::service::Outcome;

const WHO: &str = "xiuying.li@example.com";

/// The helpdesk, which is ada, can offboard with the approval of an admin, who is bob.
fn policy(name: &str, digest: &str) -> String {
    let inside = format!(
        "context has playbook && context.playbook.name == \"{name}\" && context.playbook.digest == \"{digest}\""
    );
    format!(
        "@id(\"run\") permit(principal == User::\"local:ada\", action == Action::\"playbooks.offboard\", resource);\n\
         @id(\"steps\") permit(principal == User::\"local:ada\", action, resource) when {{ {inside} }};\n\
         @id(\"admin\") permit(principal == User::\"local:bob\", action, resource);\n\
         @id(\"reader\") permit(principal == User::\"local:carol\", action in Action::\"read\", resource);"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn helpdesk_can_offboard_and_cannot_remove_a_member_otherwise() {
    let (simulator, service) = host(&policy("offboard", &digest(embedded::PLAYBOOKS))).await;
    for line in ["users list", &format!("users remove {} --reason x", support::MEMBER)] {
        let reply = type_in(&service, line).await;
        assert_eq!(reply.outcome, Outcome::Denied, "{line}: {}", text(&reply));
    }
    assert!(simulator.requests().is_empty());
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    let carol = Principal::local("carol").unwrap();
    let refused = type_as(&service, &carol, &format!("approve {}", reply.operation)).await;
    assert!(matches!(refused.outcome, Outcome::Denied | Outcome::NotFound), "{}", text(&refused));
    assert!(writes(&simulator).is_empty());
    let done = type_as(&service, &bob(), &format!("approve {}", reply.operation)).await;
    assert_eq!(done.outcome, Outcome::Done, "{}", text(&done));
    assert!(!writes(&simulator).is_empty());
    // Help does not offer what is permitted only inside a playbook.
    let help = text(&type_in(&service, "help users").await);
    assert!(!help.contains("users remove"), "{help}");
}

#[tokio::test(flavor = "multi_thread")]
async fn permission_for_another_version_or_playbook_permits_nothing() {
    let own = digest(embedded::PLAYBOOKS);
    for (name, digest) in [("offboard", "0".repeat(64)), ("onboard", own)] {
        let (simulator, service) = host(&policy(name, &digest)).await;
        let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
        assert_eq!(reply.outcome, Outcome::Failed, "{}", text(&reply));
        assert!(simulator.requests().is_empty(), "{}", text(&reply));
    }
}
