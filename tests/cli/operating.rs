//! The tasks of a host administrator: set up a host, check its policy, and use its audit log.

use super::command_line::{claude_admin, stderr, stdout};
use crate::support;
use claude_admin::decision::Decider;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::Clock;
use claude_admin::service::{Outcome, Service};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A folder as `init` creates it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let made = claude_admin().arg("init").arg(folder.0.path()).output().unwrap();
        assert!(made.status.success(), "{}", stderr(&made));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with_config(&self, command: &[&str]) -> Output {
        claude_admin().args(command).arg("--config").arg(self.path("claude-admin.toml")).output().unwrap()
    }

    fn run(&self, words: &[&str]) -> Output {
        let config = self.path("claude-admin.toml");
        claude_admin().args(["run", "--config"]).arg(config).arg("--").args(words).output().unwrap()
    }
}

#[test]
fn files_of_init_are_valid_tested_and_never_overwritten() {
    let folder = Folder::new();
    let checked = folder.with_config(&["policy", "check"]);
    assert!(checked.status.success() && stdout(&checked).contains("policies, sha256:"), "{}", stdout(&checked));
    let tests = folder.path("policy-tests.toml");
    let tested = folder.with_config(&["policy", "test", tests.to_str().unwrap()]);
    assert!(tested.status.success() && stdout(&tested).contains(", 0 not as expected"), "{}", stdout(&tested));
    let again = claude_admin().arg("init").arg(folder.0.path()).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("no file was written"), "{}", stderr(&again));

    // The user who created the configuration is an admin. An irreversible command still requires another user.
    assert!(folder.run(&["users", "list", "--limit", "1"]).status.success());
    // An admin can run the playbooks.
    assert!(folder.run(&["digest", "cost"]).status.success());
    let remove = ["users", "remove", "xiuying.li@example.com", "--reason", "leaver"];
    let alone = folder.run(&remove);
    assert_eq!(alone.status.code(), Some(3), "{}{}", stdout(&alone), stderr(&alone));
    assert!(stderr(&alone).contains("no other user can give it"), "{}", stderr(&alone));
    let config = folder.path("claude-admin.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("admins = [", "admins = [\"local:second-admin\", ")).unwrap();
    let waiting = folder.run(&remove);
    assert_eq!(waiting.status.code(), Some(6), "{}{}", stdout(&waiting), stderr(&waiting));
    let pending = folder.run(&["pending"]);
    assert!(stdout(&pending).contains("1 pending request"), "it survives the process: {}", stdout(&pending));
    let id = stdout(&waiting).split("approve ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    let own = folder.run(&["approve", &id]);
    assert_eq!(own.status.code(), Some(3), "{}", stderr(&own));
    assert!(folder.run(&["cancel", &id[..8]]).status.success());
}

#[test]
fn the_schema_is_what_policies_are_checked_against() {
    let schema = stdout(&claude_admin().args(["policy", "schema"]).output().unwrap());
    for words in ["\"users.remove\"", "entity User in [Group, Tenant]", "\"audit.read\"", "irreversible"] {
        assert!(schema.contains(words), "{words}");
    }
    let folder = Folder::new();
    for (policy, words) in [
        (
            "permit(principal,\n action == Action::\"users.list\",\n resource) when { context.arguments.colour == \"red\" };",
            "colour",
        ),
        ("permit(principal, action == Action::\"users.lst\", resource);", "users.lst"),
        ("permit(principal in Group::\"admns\", action, resource);", "admns"),
        ("@aprovals(\"2\") permit(principal, action, resource);", "aprovals"),
        ("permit(principal, action", "policy.cedar"),
    ] {
        std::fs::write(folder.path("policy.cedar"), policy).unwrap();
        let checked = folder.with_config(&["policy", "check"]);
        let text = stdout(&checked);
        assert_eq!(checked.status.code(), Some(1), "{policy}: {text}");
        assert!(text.contains("policy.cedar:") && text.contains(words), "{policy}: {text}");
        let refused = folder.run(&["users", "list"]);
        assert_eq!(refused.status.code(), Some(3), "{}", stderr(&refused));
        assert!(folder.run(&["whoami"]).status.success());
    }
}

#[test]
fn a_table_that_is_not_met_says_which_line_and_why() {
    let folder = Folder::new();
    let table = folder.path("mine.toml");
    std::fs::write(
        &table,
        "[groups]\nviewers = [\"slack:T1/U1\"]\n[[case]]\nwho = \"slack:T1/U1\"\ncommand = \"users list\"\nexpect = \"allow\"\n\
         [[case]]\nwho = \"slack:T1/U1\"\ncommand = \"users remove user_01ABC\"\nexpect = \"allow\"\n",
    )
    .unwrap();
    let tested = folder.with_config(&["policy", "test", table.to_str().unwrap()]);
    let text = stdout(&tested);
    assert_eq!(tested.status.code(), Some(1), "{text}");
    assert!(text.contains("mine.toml:7:") && text.contains("expected allow, found deny"), "{text}");
    std::fs::write(&table, "[[case]]\nwho = \"nobody\"\ncommand = \"users list\"\nexpect = \"maybe\"\n").unwrap();
    let tested = folder.with_config(&["policy", "test", table.to_str().unwrap()]);
    assert_eq!(tested.status.code(), Some(1));
    assert!(stdout(&tested).contains("mine.toml:"), "{}", stdout(&tested));
}

fn verify(store: &Path, more: &[&str]) -> Output {
    claude_admin().args(["audit", "verify", "--store"]).arg(store).args(more).output().unwrap()
}

#[test]
fn audit_log_is_read_verified_and_exported_by_commands() {
    let folder = Folder::new();
    folder.run(&["users", "list", "--limit", "1"]);
    folder.run(&["invites", "create", "a@example.com", "user", "--yes"]);
    folder.run(&["keys", "get", "sk-ant-admin01-simulator-typed"]);
    let store = folder.path("claude-admin.db");
    let head = stdout(&folder.with_config(&["audit", "head"])).trim().to_owned();
    assert!(head.starts_with("claude-admin-audit-v1 "), "{head}");
    let sound = verify(&store, &["--head", &head]);
    assert!(sound.status.success() && stdout(&sound).contains("is valid"), "{}", stdout(&sound));
    let tail = folder.with_config(&["audit", "tail", "3"]);
    assert!(stdout(&tail).contains("3 entries"), "{}", stdout(&tail));
    let found = folder.with_config(&["audit", "search", "--action", "invites.*", "--kind", "outcome", "-o", "json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found[0]["event"]["result"], "done", "{found}");
    let exported = stdout(&folder.with_config(&["audit", "export"]));
    assert!(!exported.contains("sk-ant"), "{exported}");
    for (number, line) in exported.lines().enumerate() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["metadata"]["sequence"], number + 1);
        assert!(event["class_uid"].is_u64() && event["time"].is_i64() && event["attestation_list"].is_array());
    }
    let csv = stdout(&folder.with_config(&["audit", "export", "--format", "csv"]));
    assert_eq!(csv.lines().count(), exported.lines().count() + 1);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&store).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    // The program detects any changed bit of an entry.
    let whole = std::fs::read(&store).unwrap();
    let copy = folder.path("copy.db");
    let entry = exported.lines().nth(1).unwrap().as_bytes();
    let begin = whole.windows(entry.len()).position(|window| window == entry).unwrap();
    for _ in 0..40 {
        let mut bytes = whole.clone();
        let bit = begin * 8 + fastrand::usize(..entry.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&copy, bytes).unwrap();
        let found = verify(&copy, &[]);
        assert_eq!(found.status.code(), Some(8), "bit {bit}: {}", stdout(&found));
        std::fs::remove_file(&copy).unwrap();
    }
    // Truncation at the end shows in a comparison with the head.
    let other = Folder::new();
    other.run(&["whoami"]);
    let cut = verify(&other.path("claude-admin.db"), &["--head", &head]);
    assert_eq!(cut.status.code(), Some(8), "{}", stdout(&cut));
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_reads_preserve_a_damaged_log_and_host_records_loss() {
    let simulator = support::simulator().await;
    let scratch = tempfile::tempdir().unwrap();
    let original = scratch.path().join("claude-admin.db");
    let service = support::host_on(&original, support::plugin(&simulator).await, Arc::new(NoObserver));
    for _ in 0..3 {
        support::type_in(&service, "whoami").await;
    }
    // The files of a killed host, with a bit changed near the end of the write-ahead log.
    let folder = Folder::new();
    let (store, wal) = (folder.path("claude-admin.db"), folder.path("claude-admin.db-wal"));
    std::fs::copy(&original, &store).unwrap();
    let mut log = std::fs::read(scratch.path().join("claude-admin.db-wal")).unwrap();
    let at = log.len() - 100;
    log[at] ^= 1;
    std::fs::write(&wal, &log).unwrap();
    drop(service);
    let file = std::fs::read(&store).unwrap();
    for command in ["tail", "search", "head", "export"] {
        let seen = claude_admin().args(["audit", command, "--store"]).arg(&store).output().unwrap();
        assert!(seen.status.success(), "{command}: {}", stderr(&seen));
        assert!(stderr(&seen).contains("not a complete transaction"), "{command}: {}", stderr(&seen));
        assert_eq!(std::fs::read(&wal).unwrap(), log, "{command} leaves the log as it is");
        assert_eq!(std::fs::read(&store).unwrap(), file, "{command} leaves the file as it is");
    }
    let checked = verify(&store, &[]);
    assert_eq!(checked.status.code(), Some(8), "{}", stdout(&checked));
    assert!(stdout(&checked).contains("no complete transaction"), "{}", stdout(&checked));

    // A host continues to write, and records the number of bytes that it could not read.
    assert!(folder.run(&["whoami"]).status.success());
    let opened = folder.with_config(&["audit", "search", "--kind", "opened", "-o", "json"]);
    assert!(!stderr(&opened).contains("not a complete transaction"), "{}", stderr(&opened));
    let opened: Value = serde_json::from_slice(&opened.stdout).unwrap();
    assert!(opened[0]["event"]["dropped_bytes"].as_u64() > Some(0), "{opened}");
    let checked = verify(&store, &[]);
    assert!(checked.status.success() && stdout(&checked).contains("dropped"), "{}", stdout(&checked));
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_policy_is_loaded_and_an_invalid_one_is_ignored() {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.cedar");
    let read = "permit(principal, action in Action::\"read\", resource);";
    std::fs::write(&file, read).unwrap();
    let live = Arc::new(LivePolicy::open(plugin.catalog(), &file, Default::default()));
    let decider = Decider::new(live, Default::default(), Clock::system());
    let service = Service::new(plugin, decider, support::ledger(Clock::system()), Arc::new(NoObserver));
    let until = async |line: &str, outcome: Outcome| {
        let began = Instant::now();
        loop {
            let reply = support::type_in(&service, line).await;
            if reply.outcome == outcome {
                return reply;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{line}: {}", support::text(&reply));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    until("users list --limit 1", Outcome::Done).await;
    until("audit tail", Outcome::Denied).await;
    std::fs::write(&file, "permit(principal, action, resource);").unwrap();
    until("audit tail", Outcome::Done).await;
    std::fs::write(&file, "permit(principal, action == Action::\"users.nothing\", resource);").unwrap();
    let began = Instant::now();
    loop {
        let status = support::text(&support::type_in(&service, "status").await);
        if status.contains("the last valid policy") {
            assert!(status.contains("users.nothing"), "{status}");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{status}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    until("audit tail", Outcome::Done).await;
    let changes = support::type_in(&service, "audit search --kind policy-changed").await.to_json();
    assert!(changes.to_string().contains("policy-invalid") && changes.as_array().unwrap().len() >= 2, "{changes}");
    std::fs::remove_file(&file).unwrap();
    until("users list --limit 1", Outcome::Denied).await;
}

#[test]
fn a_shell_is_offered_what_this_account_may_run() {
    let folder = Folder::new();
    let offered = |words: &[&str], config: bool| {
        let mut command = claude_admin();
        command.arg("complete");
        if config {
            command.arg("--config").arg(folder.path("claude-admin.toml"));
        }
        let output = command.arg("--").args(words).output().unwrap();
        stdout(&output).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(offered(&["users", "rem"], false), ["remove"]);
    std::fs::write(folder.path("policy.cedar"), "permit(principal, action == Action::\"users.list\", resource);")
        .unwrap();
    assert_eq!(offered(&["users", ""], true), ["list"]);
    assert!(!offered(&[""], true).contains(&"invites".to_owned()));
    // In a real shell.
    let script = "source <(\"$PROGRAM\" completions bash); COMP_WORDS=(\"$PROGRAM\" run -- users re); COMP_CWORD=4; \
         _claude-admin_words; echo \"${COMPREPLY[@]}\"";
    let shell = std::process::Command::new("bash")
        .args(["-c", script])
        .env("PROGRAM", env!("CARGO_BIN_EXE_claude-admin"))
        .output()
        .unwrap();
    assert_eq!(stdout(&shell).trim(), "remove", "{}", stderr(&shell));
}
