//! The component with the gateway, in wasmtime as a library and in its command lines.

use super::super::gateway::served::{Served, Variables};
use super::{Case, Outcome};
use serde_json::json;

const TOKEN: &str = "simulator-matrix-token";

/// The gateway in this process, and in the selected command lines.
pub(super) async fn all(upstream: &str, key: &str) -> Vec<Served> {
    let variables: Variables = [
        ("ANTHROPIC_ADMIN_KEY", key),
        ("ANTHROPIC_BASE_URL", upstream),
        ("ANTHROPIC_OAUTH_TOKEN", key),
        ("ANTHROPIC_SCOPED_KEY", key),
        ("CLAUDE_ADMIN_ALLOW", "http:program"),
        ("CLAUDE_ADMIN_HTTP_TOKEN", TOKEN),
        ("CLAUDE_ADMIN_WRITES", "with-yes"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let asked = std::env::var_os("MATRIX_WASMTIME").unwrap_or_default();
    let command_lines: Vec<Served> = std::env::split_paths(&asked)
        .filter(|path| !path.as_os_str().is_empty())
        .map(|path| Served::by_command_line(&path, &variables))
        .collect();
    let mut served = vec![Served::here(variables).await];
    served.extend(command_lines);
    served
}

/// Calls an action as a program does.
pub(super) async fn call(served: &Served, case: &Case) -> Outcome {
    let body = json!({"op": case.action, "args": case.arguments, "yes": true});
    let headers = [("authorization", &*format!("Bearer {TOKEN}"))];
    let (_, answer) = served.post("/v1/commands", &headers, body.to_string()).await;
    match (answer.get("result"), answer.pointer("/error/cause")) {
        (Some(result), None) => Outcome::Ok(result.clone()),
        (None, Some(cause)) => Outcome::Err(cause.clone()),
        _ => Outcome::Trap(answer.to_string()),
    }
}
