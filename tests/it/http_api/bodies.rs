//! Checks of the body of an HTTP request.

use super::super::server::{Server, TOKEN};
use crate::support;
use http::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_command_are_explained() {
    let server = Server::start().await;
    for body in [
        "",
        "users list",
        "[]",
        r#"{"comand": "x"}"#,
        r#"{}"#,
        r#"{"command": "a", "op": "b"}"#,
        r#"{"command": "users list", "args": {"limit": 1}}"#,
        r#"{"command": "users list", "output": "xml"}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.json()["error"]["message"].as_str().unwrap().len() > 20, "{body}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_in_json_are_checked_as_typed_ones_are() {
    let server = Server::start().await;
    for body in [
        r#"{"op": "workspaces.create", "args": {"name": "a\nb"}, "yes": true}"#,
        r#"{"op": "users.get", "args": {"user_id": "a\u0000b"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "user_\u202ex"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "wrkspc_01ABC"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "a", "user-id": "b"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "a", "user_id": "b"}}"#,
        r#"{"op": "users.list", "args": {"roles": ["wizard"]}}"#,
        r#"{"op": "users.list", "args": {"roles": ["ADMIN"]}}"#,
        r#"{"op": "invites.create", "args": {"email": "nope", "role": "user"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "display_color": "red"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "default_inference_geo": "mars"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "allowed_inference_geos": ["mars"]}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "tags": {"a\n": "b"}}, "yes": true}"#,
        r#"{"op": "workspaces.update", "args": {"workspace_id": "wrkspc_1", "data_residency": {"default_inference_geo": "mars"}}, "yes": true}"#,
        r#"{"op": "workspaces.update", "args": {"workspace_id": "wrkspc_1"}, "yes": true}"#,
        r#"{"command": "workspaces create x --yes", "yes": false}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
    let empty = server.http(Some(TOKEN), r#"{"op": "users.list", "args": {"roles": [], "limit": 1}}"#).await;
    assert_eq!(empty.json()["command"], "users list --limit 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_anywhere_in_a_body_is_refused_and_not_echoed() {
    let server = Server::start().await;
    for body in [
        r#"{"op": "sk-ant-admin01-simulator-zzz"}"#,
        r#"{"op": "users.list", "args": {"sk-ant-admin01-simulator-zzz": 1}}"#,
        r#"{"op": "users.list", "args": {"email": "sk-ant-admin01-simulator-zzz"}}"#,
        r#"{"sk-ant-admin01-simulator-zzz": 1}"#,
        r#"{"command": "keys get sk-ant-admin01-simulator-zzz"}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            answer.body.contains("looks like a secret") && !answer.body.contains("simulator-zzz"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_in_json_is_read_as_a_typed_one_is() {
    let server = Server::start().await;
    let call = |reason: &str| {
        format!(
            r#"{{"op": "api-keys.update", "args": {{"api_key_id": "apikey_01Rj2N8SVvo6BePZj99NhmiT", "name": "x"}}, "yes": true, "reason": {reason}}}"#
        )
    };
    let long = format!("\"{}\"", "x".repeat(600));
    for reason in ["\"\"", "\"  \"", r#""\u0073k-ant-admin01-simulator-0""#, r#""a\nb""#, &long] {
        let answer = server.http(Some(TOKEN), &call(reason)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{reason}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
    assert_eq!(server.http(Some(TOKEN), &call("\"tidying\"")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn yes_flag_in_the_command_conflicts_with_yes_false() {
    let server = Server::start().await;
    for flag in ["--yes", "-y"] {
        let body = json!({ "command": format!("invites create a@example.com user {flag}"), "yes": false });
        assert_eq!(server.http(Some(TOKEN), &body.to_string()).await.status, StatusCode::BAD_REQUEST, "{flag}");
    }
    let body = json!({ "command": r#"invites create a@example.com user --reason "not --yes""#, "yes": false });
    assert_eq!(server.http(Some(TOKEN), &body.to_string()).await.status, StatusCode::ACCEPTED);
    assert_eq!(support::writes(&server.simulator).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_no_command_whatever_its_items_are() {
    let server = Server::start().await;
    let list = r#"[null, "users.list", {"limit": 1}, null, false, null, null, false, "json"]"#;
    let answer = server.http(Some(TOKEN), list).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.body.contains("not an object"), "{}", answer.body);
}
