//! Help about the commands of the host itself.

use crate::document::{Block, Document};
use serde_json::{Value, json};

/// The help for a command of the host.
#[derive(Debug)]
struct HostHelp {
    word: &'static str,
    summary: &'static str,
    usages: &'static [(&'static str, &'static str)],
    more: &'static str,
}

/// Every command of the host, in the order in which help shows them.
const ALL: [HostHelp; 10] = [
    HostHelp {
        word: "pending",
        summary: "List pending requests",
        usages: &[("pending", "Requests that need your decision, and your own requests")],
        more: "A pending request expires automatically. Each line shows when it expires.",
    },
    HostHelp {
        word: "status",
        summary: "Show the status of an operation or of the host",
        usages: &[
            ("status", "The status of the host"),
            ("status ID", "One operation: its plan, its decisions and its result"),
        ],
        more: "You can shorten an ID to its first 4 or more characters. If the result of a write is unknown, `status` reads the \
               target. For a pending request, `status` lists what depends on the target, as far as you can read it.",
    },
    HostHelp {
        word: "confirm",
        summary: "Run your own pending request",
        usages: &[("confirm ID.VERSION", "Run your pending request, after its approvals if it requires any")],
        more: "VERSION is the version of the plan that you reviewed. The host rebuilds the plan before it runs. If the plans \
               differ, the request does not run. If a write requires approvals, the last one runs it. A read, and a write \
               whose response contains a secret, run only when you confirm them after the approvals. A response with a \
               secret requires JSON, over HTTP or with `claude-admin run -o json`. Otherwise, `confirm` is denied, and \
               the request is still pending. On a host with one user (`lone_operator`), `confirm` on a terminal asks for \
               the name of the target instead of approvals. The request then runs after a delay.",
    },
    HostHelp {
        word: "approve",
        summary: "Approve a request of another user",
        usages: &[(
            "approve ID.VERSION [--reason \"…\"]",
            "Approve the request; the last required approval runs it, unless the requester must then confirm it",
        )],
        more: "VERSION is the version of the plan that you reviewed. You cannot approve your own request.",
    },
    HostHelp {
        word: "deny",
        summary: "Reject a request of another user",
        usages: &[("deny ID.VERSION --reason \"…\"", "Reject the request, which ends it")],
        more: "Users who can approve a request can also reject it. The requester sees the reason, and the audit log stores it.",
    },
    HostHelp {
        word: "cancel",
        summary: "Cancel your own request",
        usages: &[("cancel ID", "Cancel the request, which ends it")],
        more: "You can cancel a request until it runs, whatever the version of its plan.",
    },
    HostHelp {
        word: "can-i",
        summary: "Check whether you can run a command, and its requirements",
        usages: &[
            ("can-i COMMAND", "Yes or no, and the requirements"),
            (
                "can-i COMMAND --explain",
                "Also the policies that decide, those that nearly match, and who has the permission",
            ),
            ("can-i COMMAND --as WHO", "The result for another principal; requires policy.read"),
        ],
        more: "Nothing runs, except reads that look up an address. You can omit arguments.",
    },
    HostHelp {
        word: "whoami",
        summary: "Show your ID, place and groups",
        usages: &[("whoami", "The identity that policies use: your ID, your place and your groups")],
        more: "This command also works for users who have no permissions yet.",
    },
    HostHelp {
        word: "audit",
        summary: "Read and verify the audit log",
        usages: &[
            ("audit tail [N]", "The last entries"),
            (
                "audit search [--principal WHO] [--action users.*] [--kind KIND] [--operation ID] [--since TIME] \
                 [--until TIME] [--text TEXT] [--limit N]",
                "The entries that match",
            ),
            ("audit verify [--head HEAD]", "Whether every entry is unchanged"),
            ("audit head", "The head of the hash chain, for publication"),
        ],
        more: "Requires `audit.read`. Each read is recorded. To write all entries, run `claude-admin audit export`.",
    },
    HostHelp {
        word: "policy",
        summary: "Show the active policy",
        usages: &[("policy", "The hash of the policy, its groups, and the errors in its file")],
        more: "Requires `policy.read`.",
    },
];

/// The commands of the host for which `may` returns true, each with its summary.
pub(super) fn list(may: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let offered = ALL.iter().filter(|help| may(help.word));
    offered.map(|help| (help.word.to_owned(), help.summary.to_owned())).collect()
}

/// Explains one command of the host.
#[must_use]
pub fn host_help(word: &str) -> Document {
    let Some(help) = ALL.iter().find(|help| help.word == word) else { return Document::default() };
    let usages = help.usages.iter().map(|(usage, what)| ((*usage).to_owned(), (*what).to_owned())).collect();
    Document::titled(help.word)
        .with(Block::Text(format!("{}.", help.summary)))
        .with(Block::Commands(usages))
        .with(Block::Text(help.more.to_owned()))
}

/// The same, for programs.
#[must_use]
pub fn host_help_data(word: &str) -> Value {
    let help = ALL.iter().filter(|help| help.word == word);
    let usages = help.flat_map(|help| help.usages.iter().map(move |usage| (help, usage)));
    usages.map(|(help, (usage, meaning))| json!({ "name": help.word, "usage": usage, "summary": meaning })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::host_command::WORDS;
    use super::*;

    #[test]
    fn every_command_of_the_host_has_a_page_that_begins_with_its_word() {
        let listed: Vec<String> = list(&|_| true).into_iter().map(|(word, _)| word).collect();
        for word in WORDS {
            assert!(listed.iter().any(|known| known == word), "{word}");
            let page = crate::render::text(&host_help(word));
            assert!(page.starts_with(word), "{page}");
        }
        assert_eq!(listed.len(), WORDS.len());
        assert!(ALL.iter().all(|help| help.usages.iter().all(|(usage, _)| usage.starts_with(help.word))));
        assert_eq!(list(&|word| word == "whoami").len(), 1);
    }
}
