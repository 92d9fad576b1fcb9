//! Tests of the configuration: its keys, paths, groups and limits.

use super::*;
use claude_admin::sandbox::{Isolation, LimitKind, Limits};

fn read(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claude-admin.toml");
    std::fs::write(&path, text).unwrap();
    Config::read(&path)
}

#[test]
fn an_empty_file_is_a_configuration_without_groups() {
    let config = read("").unwrap();
    assert!(config.members().unwrap().is_empty());
    assert_eq!(config.limits.limits().unwrap(), Limits::default());
}

#[test]
fn a_typo_is_refused_with_its_place() {
    let error = read("[policy]\nfiles = []\n").unwrap_err().to_string();
    assert!(error.contains("line 2") && error.contains("files"), "{error}");
}

#[test]
fn files_are_named_from_the_folder_of_the_configuration() {
    let config = read("[upstream]\nadmin_key_file = \"/run/key\"\n[store]\npath = \"audit/a.db\"\n").unwrap();
    let folder = config.policy.file.parent().unwrap();
    assert!(folder.is_absolute() && config.policy.file.ends_with("policy.cedar"));
    assert_eq!(config.store.path, folder.join("audit/a.db"));
    assert_eq!(config.upstream.admin_key_file.as_deref(), Some(Path::new("/run/key")));
}

#[test]
fn secret_in_the_configuration_file_is_invalid() {
    assert!(read("[slack]\nsigning_secret = \"x\"\n").is_err());
    assert!(read("[upstream]\nadmin_key = \"x\"\n").is_err());
}

#[test]
fn group_member_that_is_no_principal_is_invalid() {
    let config = read("[groups]\nadmins = [\"ada@example.com\"]\n").unwrap();
    let error = config.members().unwrap_err().to_string();
    assert!(error.contains("admins") && error.contains("ada@example.com"), "{error}");
}

#[test]
fn an_instance_serves_one_call_unless_it_is_said_otherwise() {
    let isolation = |text| read(text).map(|config| config.limits.limits().unwrap().isolation);
    assert_eq!(isolation("").unwrap(), Isolation::Call);
    assert_eq!(isolation("[limits]\nisolation = \"principal\"\n").unwrap(), Isolation::Principal);
    let error = isolation("[limits]\nisolation = \"none\"\n").unwrap_err().to_string();
    assert!(error.contains("`call` or `principal`"), "{error}");
}

#[test]
fn documentation_names_the_keys_that_need_a_restart() {
    let later =
        read("[http]\nlisten = \"127.0.0.1:1\"\n[store]\npath = \"other.db\"\n[limits]\nconnections = 1\n").unwrap();
    let keys = Config::default().unusable_changes(&later);
    let chapter = include_str!("../../../../docs/install.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let sentence = format!("{keys} and `upstream.simulate = true` need a restart.");
    assert!(chapter.contains(&sentence), "{sentence}");
}

#[test]
fn error_of_a_limit_names_its_key() {
    for kind in LimitKind::ALL {
        let key = kind.key();
        let config = read(&format!("[limits]\n{key} = 7\n")).unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(config.limits.limits().unwrap(), Limits::default(), "{key}");
        assert!(kind.to_string().contains(&format!("`limits.{key}`")), "{kind}");
    }
}

#[test]
fn a_limit_of_zero_is_refused() {
    let config = read("[limits]\nconcurrency = 0\n").unwrap();
    assert!(config.limits.limits().unwrap_err().to_string().contains("concurrency"));
}
