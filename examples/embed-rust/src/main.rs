//! Lists the members of the organization.
//!
//! ```sh
//! claude-admin plugin export claude-admin.wasm
//! ANTHROPIC_ADMIN_KEY=… cargo run -p embed-rust -- claude-admin.wasm
//! ```

use embed_rust::{Admin, CredentialGate, field, some};
use http::HeaderName;
use wasmtime::component::Val;
use wasmtime::error::Context;

#[tokio::main]
async fn main() -> wasmtime::Result<()> {
    let path = std::env::args().nth(1).context("the path of the component, claude-admin.wasm, is missing")?;
    let component = std::fs::read(&path).with_context(|| format!("cannot read {path}"))?;
    let base_url = std::env::var("ANTHROPIC_BASE_URL").unwrap_or_else(|_| "https://api.anthropic.com".to_owned());
    let key = std::env::var("ANTHROPIC_ADMIN_KEY").context("set ANTHROPIC_ADMIN_KEY")?;
    let gate = CredentialGate::new(&base_url, HeaderName::from_static("x-api-key"), &key)?;
    let admin = Admin::new(&component, &base_url, gate)?;

    let page = Val::Record(vec![
        ("limit".to_owned(), some(Val::U32(20))),
        ("after-id".to_owned(), Val::Option(None)),
        ("before-id".to_owned(), Val::Option(None)),
    ]);
    let (any_email, any_role) = (Val::Option(None), Val::List(Vec::new()));
    let answer = admin.call("users", "list", &[any_email, any_role, page]).await?;
    let members = answer.map_err(|error| wasmtime::format_err!("the API did not return a list: {error:?}"))?;
    let Some(Val::List(members)) = members.as_deref().and_then(|page| field(page, "data")) else {
        wasmtime::bail!("the response has no list");
    };
    for member in members {
        if let (Some(Val::String(email)), Some(Val::String(name))) = (field(member, "email"), field(member, "name")) {
            println!("{email}\t{name}");
        }
    }
    Ok(())
}
