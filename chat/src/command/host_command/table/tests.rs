//! Every row of the table is read as it says.

use super::*;
use crate::command::{Command, CommandErrorKind, HostCommand, Markup, parse};
use claude_admin_catalog::testing::catalog;
use std::collections::BTreeSet;

#[test]
fn no_command_of_the_host_is_a_noun_of_the_package() {
    let names: Vec<&str> = HostCommandInfo::names().chain(["help"]).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for interface in &catalog().interfaces {
        for noun in [&interface.name].into_iter().chain(&interface.aliases) {
            assert!(!names.contains(&noun.as_str()), "{noun}");
        }
    }
}

/// Each form is read as it is described, and a flag of another form is not.
#[test]
fn every_form_is_read_as_its_usage_says() {
    let now = "2026-11-21T17:20:00Z".parse().unwrap();
    let read = |line: &str| parse(catalog(), line, Markup::None, now);
    for command in &HOST_COMMANDS {
        for (usage, summary) in command.usages() {
            assert!(!summary.ends_with('.'), "{summary}");
            let values = [
                ("ID.VERSION", "abcd.1"),
                ("COMMAND", "users remove user_1"),
                ("VERSION", "1"),
                ("TIME", "7d"),
                ("HEAD", "x"),
                ("KIND", "denied"),
                ("STEPS", "1,3-5"),
                ("TEXT", "x"),
                ("WHO", "local:ada"),
                ("users.*", "users.*"),
            ];
            let line = usage.replace(['[', ']'], "");
            let words = line.split(' ').map(|word| match word {
                "ID" => "abcd",
                "N" => "5",
                word => values.iter().find(|(known, _)| *known == word).map_or(word, |(_, value)| *value),
            });
            let line = words.collect::<Vec<_>>().join(" ");
            match read(&line) {
                Ok(Command::Host(read)) => {
                    assert_eq!(read.info().name, command.name, "{line}");
                    if let HostCommand::Audit(audit) = read {
                        assert!(line.starts_with(&format!("audit {}", audit.verb().as_str())), "{line}");
                    }
                }
                other => panic!("{line}: {other:?}"),
            }
            let error = read(&format!("{line} --no-such-flag 1")).unwrap_err();
            assert_eq!(error.kind, CommandErrorKind::UnknownFlag, "{line}");
        }
        for alias in command.aliases {
            assert_eq!(HostCommandInfo::find(alias).map(|found| found.name), Some(command.name));
        }
    }
}
