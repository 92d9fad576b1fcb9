//! Whole results as files, in Slack.

use super::fake_slack::{FakeSlack, Trouble};
use super::in_slack::InSlack;
use super::playbooks::organization;
use crate::support::until;

const POLICY: &str = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);";

/// The only file that the user received.
async fn file(chat: &FakeSlack) -> (String, String) {
    until("a file arrives", async || chat.files("WRITER").len() == 1).await;
    chat.files("WRITER").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn result_that_does_not_fit_into_a_message_follows_as_a_file() {
    let chat = FakeSlack::default();
    let mut slack = InSlack::start(organization(), POLICY, Some(&chat), None).await;
    let shortened = slack.ask("WRITER", "users list --all").await["blocks"].to_string();
    assert!(shortened.contains("repeated with -o csv: the full result follows as a file"), "{shortened}");
    let message = slack.ask("WRITER", "users list --all -o csv").await.to_string();
    assert!(message.contains("a file with the full text follows as a direct message"), "{message}");
    let (name, content) = file(&chat).await;
    assert!(name.ends_with(".csv"), "{name}");
    assert_eq!(content.lines().count(), 501, "a header and each member");
    assert_eq!(chat.messages("DM-WRITER").len(), 1, "the message that announces it");
    // A result that fits needs no file.
    let message = slack.ask("WRITER", "organization me -o csv").await.to_string();
    assert!(!message.contains("file"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_has_its_buttons_in_the_message_and_its_tables_in_a_file() {
    let chat = FakeSlack::default();
    let mut slack = InSlack::start(organization(), POLICY, Some(&chat), None).await;
    let card = slack.ask("WRITER", "review access -o csv").await;
    let text = card.to_string();
    assert!(text.contains("\"checkboxes\"") && text.contains("The tables follow as a file"), "{text}");
    let (name, content) = file(&chat).await;
    assert!(name.ends_with(".csv") && content.lines().count() > 500, "{name}: {content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_cannot_be_sent_is_reported_and_without_a_token_none_is_promised() {
    let chat = FakeSlack::default();
    let mut slack = InSlack::start(organization(), POLICY, Some(&chat), None).await;
    let missing = Trouble::error(r#"{"ok":false,"error":"missing_scope","needed":"files:write"}"#);
    chat.break_down("files.getUploadURLExternal", Some(missing));
    slack.ask("WRITER", "users list --all -o csv").await;
    let problem = slack.next().await["text"].to_string();
    assert!(problem.contains("required scope: files:write") && problem.contains("command line"), "{problem}");
    assert_eq!(chat.messages("DM-WRITER").len(), 0, "no message announces a file that does not exist");

    let mut slack = InSlack::start(organization(), POLICY, None, None).await;
    let message = slack.ask("WRITER", "users list --all -o csv").await.to_string();
    assert!(message.contains("run the command on the command line for the full text"), "{message}");
}
