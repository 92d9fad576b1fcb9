//! MCP tunnels and their certificate authorities.

use crate::support::{Api, Reply, VERSION};
use claude_admin_simulator::OAUTH_TOKEN;
use serde_json::{Value, json};

const TUNNELS: &str = "/v1/organizations/tunnels";
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let beta = ("anthropic-beta", "mcp-tunnels-2026-05-19");
    let body = if method == "POST" { body.to_string() } else { String::new() };
    api.request(method, path, &[("authorization", &bearer), ("anthropic-version", VERSION), beta], &body)
}

#[test]
fn a_token_is_revealed_until_it_is_replaced() {
    let mut api = Api::new();
    let path = format!("{TUNNELS}/{}", api.example_id("tnl_"));
    let revealed = send(&mut api, "POST", &format!("{path}/reveal_token"), json!({})).ok();
    assert_eq!(send(&mut api, "POST", &format!("{path}/reveal_token"), json!({})).ok(), revealed);
    let rotated = send(&mut api, "POST", &format!("{path}/rotate_token"), json!({ "reason": "test" })).ok();
    assert_ne!(rotated["tunnel_token"], revealed["tunnel_token"]);
    assert_eq!(send(&mut api, "POST", &format!("{path}/reveal_token"), json!({})).ok(), rotated);
    assert!(send(&mut api, "GET", &path, Value::Null).ok().get("token").is_none());
    send(&mut api, "POST", &format!("{path}/archive"), json!({})).ok();
    send(&mut api, "POST", &format!("{path}/rotate_token"), json!({})).refused(400);
}

#[test]
fn a_tunnel_has_at_most_two_live_certificates() {
    let mut api = Api::new();
    let path = format!("{TUNNELS}/{}/certificates", api.example_id("tnl_"));
    for (pem, problem) in [
        ("", "exactly one"),
        (&*format!("{PEM}{PEM}"), "exactly one"),
        (&format!("{PEM}-----BEGIN PRIVATE KEY-----"), "private key"),
    ] {
        assert!(send(&mut api, "POST", &path, json!({ "ca_certificate_pem": pem })).refused(400).contains(problem));
    }
    let made = send(&mut api, "POST", &path, json!({ "ca_certificate_pem": PEM })).ok();
    assert_eq!(made["fingerprint"].as_str().unwrap().len(), 64);
    send(&mut api, "POST", &path, json!({ "ca_certificate_pem": PEM })).refused(400);
    send(&mut api, "POST", &format!("{path}/{}/archive", made["id"].as_str().unwrap()), json!({})).ok();
    send(&mut api, "POST", &path, json!({ "ca_certificate_pem": PEM })).ok();
}

#[test]
fn tunnels_need_a_scope_of_their_own() {
    let mut api = Api::new();
    assert!(api.get(TUNNELS).refused(403).contains("'org:manage_tunnels'"));
    let listed = send(&mut api, "GET", TUNNELS, Value::Null).ok();
    assert!(listed["data"].as_array().unwrap().iter().all(|tunnel| tunnel["archived_at"].is_null()));
}
