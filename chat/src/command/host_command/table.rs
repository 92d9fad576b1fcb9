//! The commands of the host: the one table of them, for the parser, help, completion, tools and the reference page.

use crate::Choice;

/// A command of the host.
#[derive(Debug)]
pub struct HostCommandInfo {
    /// The command.
    pub key: HostCommandKey,
    /// Its first word.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// Its purpose, as a phrase in the imperative.
    pub summary: &'static str,
    /// The ways to write it.
    pub forms: &'static [HostCommandForm],
    /// Details, in full sentences.
    pub details: &'static str,
}

/// Identifies a command of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table describes each command")]
pub enum HostCommandKey {
    Pending,
    Status,
    Decide(Choice),
    Select,
    Resume,
    CanI,
    WhoAmI,
    Audit,
    Policy,
}

/// The second word of `audit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table describes each form")]
pub enum AuditVerb {
    Tail,
    Search,
    Verify,
    Head,
}

impl AuditVerb {
    /// As a user types it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tail => "tail",
            Self::Search => "search",
            Self::Verify => "verify",
            Self::Head => "head",
        }
    }
}

/// A way to write a command of the host.
#[derive(Debug)]
pub struct HostCommandForm {
    /// The second word, if there is one.
    pub verb: Option<AuditVerb>,
    /// The arguments, in order.
    pub arguments: &'static [HostArgument],
    /// The flags.
    pub flags: &'static [HostFlag],
    /// The result, as a phrase.
    pub summary: &'static str,
    /// What a model is told about it, in full sentences; none if it is not a tool.
    pub tool: Option<&'static str>,
}

/// An argument of a command of the host.
#[derive(Debug)]
pub struct HostArgument {
    /// The placeholder.
    pub placeholder: &'static str,
    /// Whether it can be omitted.
    pub is_optional: bool,
    /// Its name and its description as a field of a tool.
    pub field: (&'static str, &'static str),
}

/// A flag of a command of the host.
#[derive(Debug)]
pub struct HostFlag {
    /// The name, without dashes.
    pub name: &'static str,
    /// The placeholder of the value; none for a switch.
    pub value: Option<&'static str>,
    /// Whether this form always has it.
    pub is_required: bool,
}

const fn form(summary: &'static str) -> HostCommandForm {
    HostCommandForm { verb: None, arguments: &[], flags: &[], summary, tool: None }
}

const fn optional(name: &'static str, value: &'static str) -> HostFlag {
    HostFlag { name, value: Some(value), is_required: false }
}

const OPERATION: HostArgument =
    HostArgument { placeholder: "ID", is_optional: false, field: ("operation", "The ID of an operation.") };
const PLAN: HostArgument = HostArgument { placeholder: "ID.VERSION", ..OPERATION };
const COMMAND: HostArgument = HostArgument {
    placeholder: "COMMAND",
    is_optional: false,
    field: ("command", "A command as people type it, such as `users remove user_01`."),
};
const STEPS: HostArgument = HostArgument {
    placeholder: "STEPS",
    is_optional: false,
    field: ("steps", "The numbers of steps, such as `1,3-5`, or `all`, or `none`."),
};
const VERSION: HostFlag = optional("version", "VERSION");
const REASON: HostFlag = optional("reason", "\"…\"");

/// Every command of the host, in the order in which help shows them. No noun of the WIT package has one of these names.
pub const HOST_COMMANDS: [HostCommandInfo; 12] = [
    HostCommandInfo {
        key: HostCommandKey::Pending,
        name: "pending",
        aliases: &[],
        summary: "List pending requests",
        forms: &[HostCommandForm {
            tool: Some("The requests that need a confirmation or an approval."),
            ..form("Requests that need your decision, and your own requests")
        }],
        details: "A pending request expires automatically. Each line shows when it expires.",
    },
    HostCommandInfo {
        key: HostCommandKey::Status,
        name: "status",
        aliases: &[],
        summary: "Show the status of an operation or of the host",
        forms: &[
            form("The status of the host"),
            HostCommandForm {
                arguments: &[OPERATION],
                tool: Some("The status of an operation: whether it is pending, who can decide, and its result."),
                ..form("One operation: its plan, its decisions and its result")
            },
        ],
        details: "You can shorten an ID to its first 4 or more characters. If the result of a write is unknown, `status` \
                  reads the target. For a pending request, `status` lists what depends on the target, as far as you can read \
                  it.",
    },
    HostCommandInfo {
        key: HostCommandKey::Decide(Choice::Confirm),
        name: "confirm",
        aliases: &[],
        summary: "Run your own pending request",
        forms: &[HostCommandForm {
            arguments: &[PLAN],
            flags: &[VERSION],
            ..form("Run your pending request, after its approvals if it requires any")
        }],
        details: "VERSION is the version of the plan that you reviewed. The host rebuilds the plan before it runs. If the \
                  plans differ, the request does not run. If a write requires approvals, the last one runs it. A read, and a \
                  write whose response contains a secret, run only when you confirm them after the approvals. A response \
                  with a secret requires JSON, over HTTP or with `claude-admin run -o json`. Otherwise, `confirm` is denied, \
                  and the request is still pending. On a host with one user (`lone_operator`), `confirm` on a terminal asks \
                  for the name of the target instead of approvals. The request then runs after a delay.",
    },
    HostCommandInfo {
        key: HostCommandKey::Decide(Choice::Approve),
        name: "approve",
        aliases: &[],
        summary: "Approve a request of another user",
        forms: &[HostCommandForm {
            arguments: &[PLAN],
            flags: &[VERSION, REASON],
            ..form("Approve the request; the last required approval runs it, unless the requester must then confirm it")
        }],
        details: "VERSION is the version of the plan that you reviewed. You cannot approve your own request, from any of your \
                  accounts.",
    },
    HostCommandInfo {
        key: HostCommandKey::Decide(Choice::Reject),
        name: "deny",
        aliases: &["reject"],
        summary: "Reject a request of another user",
        forms: &[HostCommandForm {
            arguments: &[PLAN],
            flags: &[VERSION, HostFlag { is_required: true, ..REASON }],
            ..form("Reject the request, which ends it")
        }],
        details: "Users who can approve a request can also reject it. The requester sees the reason, and the audit log stores \
                  it.",
    },
    HostCommandInfo {
        key: HostCommandKey::Decide(Choice::Cancel),
        name: "cancel",
        aliases: &[],
        summary: "Cancel your own request",
        forms: &[HostCommandForm {
            arguments: &[OPERATION],
            flags: &[VERSION],
            ..form("Cancel the request, which ends it")
        }],
        details: "You can cancel a request until it runs, whatever the version of its plan.",
    },
    HostCommandInfo {
        key: HostCommandKey::Select,
        name: "select",
        aliases: &[],
        summary: "Select optional steps of a pending request",
        forms: &[HostCommandForm {
            arguments: &[OPERATION, STEPS],
            flags: &[REASON],
            ..form("The request with these optional steps, and no others")
        }],
        details: "Optional steps run only if they are selected. Steps are given by their numbers, such as `1,3-5`, or as \
                  `all` or `none`. The request gets a new version and needs a new decision.",
    },
    HostCommandInfo {
        key: HostCommandKey::Resume,
        name: "resume",
        aliases: &[],
        summary: "Plan the rest of a request with several commands",
        forms: &[HostCommandForm {
            arguments: &[OPERATION],
            tool: Some("Plans the commands of an earlier request that were not done, from the current state."),
            ..form("A new plan of the commands that were not done, from the current state")
        }],
        details: "Commands that were done, or that have nothing to change, are not in the new plan. It needs its own \
                  decision.",
    },
    HostCommandInfo {
        key: HostCommandKey::CanI,
        name: "can-i",
        aliases: &[],
        summary: "Check whether you can run a command, and its requirements",
        forms: &[
            HostCommandForm {
                arguments: &[COMMAND],
                tool: Some("Whether a command would be allowed, and its requirements. Nothing runs."),
                ..form("Yes or no, and the requirements")
            },
            HostCommandForm {
                arguments: &[COMMAND],
                flags: &[HostFlag { name: "explain", value: None, is_required: true }],
                ..form("Also the policies that decide, those that nearly match, and who has the permission")
            },
            HostCommandForm {
                arguments: &[COMMAND],
                flags: &[HostFlag { name: "as", value: Some("WHO"), is_required: true }],
                ..form("The result for another principal; requires policy.read")
            },
        ],
        details: "Nothing runs, except reads that look up an address, a name or a mention. You can omit arguments.",
    },
    HostCommandInfo {
        key: HostCommandKey::WhoAmI,
        name: "whoami",
        aliases: &[],
        summary: "Show your ID, place and groups",
        forms: &[HostCommandForm {
            tool: Some("The requester: principal, place and groups."),
            ..form("The identity that policies use: your ID, your place and your groups")
        }],
        details: "This command also works for users who have no permissions yet.",
    },
    HostCommandInfo {
        key: HostCommandKey::Audit,
        name: "audit",
        aliases: &[],
        summary: "Read and verify the audit log",
        forms: &[
            HostCommandForm {
                verb: Some(AuditVerb::Tail),
                arguments: &[HostArgument {
                    placeholder: "N",
                    is_optional: true,
                    field: ("count", "The number of entries."),
                }],
                ..form("The last entries")
            },
            HostCommandForm {
                verb: Some(AuditVerb::Search),
                flags: &[
                    optional("principal", "WHO"),
                    optional("action", "users.*"),
                    optional("kind", "KIND"),
                    optional("operation", "ID"),
                    optional("since", "TIME"),
                    optional("until", "TIME"),
                    optional("text", "TEXT"),
                    optional("limit", "N"),
                ],
                ..form("The entries that match")
            },
            HostCommandForm {
                verb: Some(AuditVerb::Verify),
                flags: &[optional("head", "HEAD")],
                ..form("Whether every entry is unchanged")
            },
            HostCommandForm { verb: Some(AuditVerb::Head), ..form("The head of the hash chain, for publication") },
        ],
        details: "Requires `audit.read`. Each read is recorded. To write all entries, run `claude-admin audit export`.",
    },
    HostCommandInfo {
        key: HostCommandKey::Policy,
        name: "policy",
        aliases: &[],
        summary: "Show the active policy",
        forms: &[form("The hash of the policy, its groups, and the errors in its file")],
        details: "Requires `policy.read`.",
    },
];

impl HostCommandInfo {
    /// Whether it changes no request and makes none.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        !matches!(self.key, HostCommandKey::Decide(_) | HostCommandKey::Select | HostCommandKey::Resume)
    }

    /// The commands for which `may` returns true, each with its summary.
    pub(crate) fn list(may: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
        let offered = HOST_COMMANDS.iter().filter(|command| may(command.name));
        offered.map(|command| (command.name.to_owned(), command.summary.to_owned())).collect()
    }

    /// The command with a name or an alias.
    #[must_use]
    pub fn find(word: &str) -> Option<&'static Self> {
        HOST_COMMANDS.iter().find(|command| command.name == word || command.aliases.contains(&word))
    }

    /// The row of a command. Every key has a row, as a test proves.
    pub(super) fn of(key: HostCommandKey) -> &'static Self {
        HOST_COMMANDS.iter().find(|command| command.key == key).unwrap_or(&HOST_COMMANDS[0])
    }

    /// Every first word, aliases too.
    pub fn names() -> impl Iterator<Item = &'static str> {
        HOST_COMMANDS.iter().flat_map(|command| [command.name].into_iter().chain(command.aliases.iter().copied()))
    }

    /// The second words, if it has any.
    pub fn verbs(&self) -> impl Iterator<Item = &'static str> {
        self.forms.iter().filter_map(|form| form.verb).map(AuditVerb::as_str)
    }

    /// The flags of its forms with a second word, or of its only forms.
    #[must_use]
    pub fn flags(&self, verb: Option<AuditVerb>) -> Vec<&'static str> {
        let forms = self.forms.iter().filter(|form| form.verb == verb);
        forms.flat_map(|form| form.flags).map(|flag| flag.name).collect()
    }

    /// The ways to write it, each with its result.
    pub fn usages(&self) -> impl Iterator<Item = (String, &'static str)> {
        self.forms.iter().map(|form| (form.usage(self.name), form.summary))
    }
}

impl HostCommandForm {
    /// As a user types it: `audit tail [N]`.
    fn usage(&self, name: &str) -> String {
        let optional = |text: String, is_optional: bool| if is_optional { format!("[{text}]") } else { text };
        let arguments =
            self.arguments.iter().map(|argument| optional(argument.placeholder.to_owned(), argument.is_optional));
        // The version is a part of ID.VERSION.
        let flags = self.flags.iter().filter(|flag| flag.name != VERSION.name).map(|flag| {
            let value = flag.value.map(|value| format!(" {value}")).unwrap_or_default();
            optional(format!("--{}{value}", flag.name), !flag.is_required)
        });
        let words = [name.to_owned()]
            .into_iter()
            .chain(self.verb.map(|verb| verb.as_str().to_owned()))
            .chain(arguments)
            .chain(flags);
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests;
