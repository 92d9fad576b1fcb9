//! The binary in Socket Mode: it needs only the token of the app, and no public address.

use super::command_line::{claude_admin, config, start};
use super::stopping::signal;
use crate::it::fake_slack::receiver_of_many;
use crate::it::fake_socket::{APP_TOKEN, FakeSocket};
use crate::support::until;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn host_connects_runs_a_command_and_closes_its_connections_when_it_stops() {
    let (socket, folder) = (FakeSocket::default(), tempfile::tempdir().unwrap());
    let (base, (receiver, posted)) = (socket.serve().await, receiver_of_many().await);
    let path = config(folder.path());
    let text = std::fs::read_to_string(&path).unwrap();
    let slack = format!("api_base_url = \"{base}\"\nresponse_url_hosts = [\"{receiver}\"]\n");
    std::fs::write(&path, text + &slack).unwrap();
    let mut command = claude_admin();
    command.env("SLACK_APP_TOKEN", APP_TOKEN).args(["serve", "--config"]).arg(path);
    let (mut running, _) = tokio::task::spawn_blocking(move || start(&mut command, 1)).await.unwrap();
    until("two connections", async || socket.connections().0 == 2).await;
    let fields = json!({
        "text": "users list --limit 1", "team_id": "T1", "user_id": "U1", "channel_id": "C1", "trigger_id": "1.2",
        "response_url": format!("http://{receiver}/later/one"),
    });
    socket.deliver("slash_commands", fields).await;
    until("the result", async || posted.lock().unwrap().contains_key("one")).await;
    assert!(posted.lock().unwrap()["one"][0].to_string().contains("List members"));
    signal(&running.0, "-TERM");
    for _ in 0..200 {
        if let Some(status) = running.0.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            until("closed connections", async || socket.connections().0 == 0).await;
            assert_eq!(socket.problems(), [] as [String; 0]);
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the host did not stop");
}
