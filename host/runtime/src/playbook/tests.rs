//! Components that cannot be playbooks, and playbooks of another version of the package.

use super::*;
use crate::embedded;
use claude_admin_catalog::testing::catalog;
use claude_admin_catalog::{Catalog, PackageText};
use claude_admin_chat::command::Invocation;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

fn load(component: &str) -> PlaybookError {
    let bytes = wat::parse_str(component).unwrap_or_else(|error| panic!("{component}: {error}"));
    load_bytes(&bytes)
}

fn load_bytes(bytes: &[u8]) -> PlaybookError {
    let engine = Arc::new(PlaybookEngine::new(PlaybookLimits::default(), None).unwrap());
    Playbook::load(&engine, &Arc::new(catalog().clone()), bytes).unwrap_err()
}

/// A component that imports one function without parameters of an interface.
fn importing(interface: &str, function: &str) -> String {
    format!(r#"(component (import "{interface}" (instance (export "{function}" (func)))))"#)
}

#[test]
fn import_that_is_no_read_of_the_package_is_named() {
    let foreign = [
        "wasi:clocks/wall-clock@0.2.6",
        "wasi:filesystem/types@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
        "wasi:cli/environment@0.2.6",
        "wasi:random/random@0.2.6",
        "wasi:sockets/tcp@0.2.6",
        "claude:admin/users@0.2.0",
        "claude:admin/users",
        "claude:host/audit@0.2.0",
        "claude:host/policy@0.1.0",
        "evil:admin/users@0.1.0",
    ];
    for interface in foreign {
        let error = load(&importing(interface, "f"));
        assert!(
            matches!(&error, PlaybookError::ForeignImport { name, .. } if name == interface),
            "{interface}: {error}"
        );
        assert_eq!(error.to_string().contains("without WASI"), interface.starts_with("wasi:"), "{error}");
    }
    for component in [
        r#"(component (import "users" (func)))"#,
        r#"(component (import "m" (core module)))"#,
        r#"(component (import "claude:admin/users@0.1.0" (func)))"#,
        r#"(component (import "r" (type (sub resource))))"#,
    ] {
        let error = load(component);
        assert!(matches!(error, PlaybookError::ForeignImport { .. }), "{component}: {error}");
    }
    let error = load(r#"(component (import "claude:admin/users@0.1.0" (instance (export "m" (core module)))))"#);
    assert!(matches!(error, PlaybookError::NotAFunction { .. }), "{error}");
}

/// Derived from the catalog: every action that a playbook cannot import.
#[test]
fn action_that_no_playbook_can_import_is_named() {
    let (mut writes, mut withheld) = (0, 0);
    for action in catalog().actions.iter().filter(|action| !action.is_for_playbooks()) {
        let interface = format!("claude:admin/{}@0.1.0", action.interface);
        match load(&importing(&interface, &action.function)) {
            PlaybookError::Write { id, .. } if action.writes() => {
                assert_eq!(id, action.id);
                writes += 1;
            }
            PlaybookError::Withheld { id, .. } if !action.writes() => {
                assert_eq!(id, action.id);
                withheld += 1;
            }
            other => panic!("{}: {other}", action.id),
        }
    }
    assert!(writes > 50 && withheld > 10, "{writes} writes, {withheld} withheld reads");
    for (interface, function) in [("users", "fly"), ("settings", "configure"), ("nothing", "list")] {
        let error = load(&importing(&format!("claude:admin/{interface}@0.1.0"), function));
        assert_eq!(error, PlaybookError::UnknownAction { id: format!("{interface}.{function}") });
    }
}

#[test]
fn other_types_of_a_read_are_named() {
    let get = |parameters: &str, result: &str| {
        format!(
            r#"(component (import "claude:admin/users@0.1.0" (instance (export "get" (func {parameters} {result})))))"#
        )
    };
    for (parameters, result, problem) in [
        ("", "", "does not pass `user-id`"),
        ("(param \"user-id\" u32)", "", "`user-id`: another type"),
        ("(param \"user-id\" string) (param \"force\" bool)", "", "no parameter `force`"),
        ("(param \"user-id\" string)", "", "does not expect a result"),
        ("(param \"user-id\" string)", "(result string)", "does not expect a result"),
        ("(param \"user-id\" string)", "(result (result u32))", "another"),
    ] {
        let error = load(&get(parameters, result)).to_string();
        assert!(error.contains(problem), "{parameters} {result}: {error}");
    }
}

#[test]
fn bytes_that_are_no_component_or_export_nothing_are_named() {
    for bytes in [&b""[..], b"hello", &wat::parse_str("(module)").unwrap(), &embedded::PLAYBOOKS[..1000]] {
        assert!(matches!(load_bytes(bytes), PlaybookError::Malformed(_)));
    }
    assert!(matches!(load("(component)"), PlaybookError::NotExported { .. }));
    // The component of the actions is not a playbook.
    assert!(matches!(load_bytes(embedded::COMPONENT), PlaybookError::ForeignImport { .. }));
}

/// Returns empty lists.
struct Members(Vec<Invocation>);

impl Reads for Members {
    fn read(&mut self, invocation: Invocation) -> Answer<'_> {
        self.0.push(invocation.clone());
        Box::pin(async move {
            match invocation.action.id.as_str() {
                "users.list" => Ok(json!({ "data": [], "has_more": false, "first_id": null, "last_id": null })),
                "invites.list" => Ok(json!({ "data": [], "has_more": false, "first_id": null, "last_id": null })),
                other => Err(json!({ "denied": other })),
            }
        })
    }

    fn search(&mut self, _: Timestamp, _: Timestamp) -> AuditAnswer<'_, Vec<AuditWrite>> {
        Box::pin(async { Err("no log".to_owned()) })
    }

    fn head(&mut self) -> AuditAnswer<'_, String> {
        Box::pin(async { Err("no log".to_owned()) })
    }
}

async fn offboard(catalog: &Catalog) -> Result<(Proposal, Vec<Invocation>), PlaybookError> {
    let library = Library::built_in(catalog, PlaybookLimits::default(), None)?;
    let form = library.forms().iter().find(|form| form.name == "offboard").expect("it is built in").clone();
    let mut reads = Members(Vec::new());
    let arguments = [("who".to_owned(), "gone@example.com".to_owned())];
    let component = library.component(&form).unwrap();
    let proposal = component.plan(&form.name, &arguments, Timestamp::UNIX_EPOCH, &mut reads).await?;
    Ok((proposal, reads.0))
}

#[tokio::test]
async fn built_in_playbook_reads_through_the_caller() {
    let (proposal, reads) = offboard(catalog()).await.unwrap();
    assert!(proposal.steps.is_empty() && proposal.summary.contains("Nothing is left"), "{proposal:?}");
    let ids: Vec<&str> = reads.iter().map(|read| read.action.id.as_str()).collect();
    assert_eq!(ids, ["users.list", "invites.list"]);
    assert_eq!(reads[0].arguments["email"], Value::from("gone@example.com"));
}

/// A later version of the package has more fields, cases, parameters and functions.
#[tokio::test]
async fn playbook_of_an_earlier_version_runs_when_the_package_grows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let text = PackageText::from_folder(&folder).unwrap();
    let grown = text.files().map(|(name, text)| {
        let text = match name {
            "users.wit" => text
                .replace(
                    "    added-at: timestamp,\n",
                    "    added-at: timestamp,\n    /// A new field.\n    seat: option<string>,\n",
                )
                .replace("%list: func(email: option<email>,", "%list: func(seats: list<string>, email: option<email>,")
                .replace(
                    "  /// @param email Only the member",
                    "  /// @param seats Only these seats.\n  /// @param email Only the member",
                ),
            "invites.wit" => text.replace(
                "    deleted,\n    other(string),",
                "    deleted,\n    /// New.\n    paused,\n    other(string),",
            ),
            _ => text.to_owned(),
        };
        (name.to_owned(), text)
    });
    let grown = Catalog::from_text(&PackageText::from_files(grown.collect::<Vec<_>>())).unwrap();
    assert!(grown.action("users.list").unwrap().input("seats").is_some());
    let (proposal, _) = offboard(&grown).await.unwrap();
    assert!(proposal.summary.contains("Nothing is left"), "{proposal:?}");
    // A field that a playbook needs must exist.
    let shrunk = text.files().map(|(name, text)| (name.to_owned(), text.replace("    email: email,\n", "")));
    let shrunk = Catalog::from_text(&PackageText::from_files(shrunk.collect::<Vec<_>>()));
    if let Ok(shrunk) = shrunk {
        let library = Library::built_in(&shrunk, PlaybookLimits::default(), None).unwrap();
        assert!(library.forms().is_empty());
    }
}
