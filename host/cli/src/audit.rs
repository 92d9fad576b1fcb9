//! `claude-admin audit`: the audit trail of a store, for whoever can read its file.

use super::config_args::ConfigArgs;
use super::format::format;
use super::{print, print_lines, setup_error::SetupError, state, tell, terminal};
use clap::{Args, Subcommand, ValueEnum};
use claude_admin::audit::{Filter, Head, export, search, tail, verify_file};
use claude_admin::command::Format;
use claude_admin::render::{self, Medium};
use claude_admin::service::{audit_entries, audit_verification};
use claude_admin::store::{Log, Settings, SqliteLog};
use claude_admin_chat::Verdict;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Show the last entries
    Tail {
        /// How many
        #[arg(default_value_t = 20)]
        count: usize,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Show the entries that fit, newest first
    Search {
        #[command(flatten)]
        filter: FilterArgs,
        /// The most entries
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Check every record and every byte of the file; with a published head, also that nothing was cut off
    Verify {
        /// A head that `audit head` printed earlier
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Print the head of the chain, to be kept where whoever can write to the store cannot write
    Head {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Write all entries to standard output
    Export {
        /// How to write them
        #[arg(long, value_name = "FORMAT", default_value = "ocsf")]
        format: ExportFormat,
        #[command(flatten)]
        store: StoreArgs,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// One OCSF event in JSON on each line, exactly as stored
    Ocsf,
    /// The main columns
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The file of the store; else the one of the configuration, else the one of this account
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AnswerArgs {
    /// How to write the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format())]
    output: Format,
}

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Not before: 7d, 24h, yesterday, 2026-11-21, 2026-11-21T17:20:00Z or 2026-11-01..2026-11-15 (days in UTC)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before: 1h, yesterday, 2026-11-21 or 2026-11-21T17:20:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The operation
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Who: slack:TEAM/USER, http:CLIENT, local:USER
    #[arg(long, value_name = "WHO")]
    principal: Option<String>,
    /// The action, such as users.remove or users.*
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The kind of entry, such as denied or outcome
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// A text that the entry holds
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl StoreArgs {
    fn path(&self) -> anyhow::Result<PathBuf> {
        let path = match &self.store {
            Some(store) => store.clone(),
            None => match self.config.find()? {
                Some(found) => found.config.store.path,
                None => state::audit_trail()?,
            },
        };
        if !path.exists() {
            return Err(SetupError(format!("there is no audit trail at {}", path.display())).into());
        }
        Ok(path)
    }

    /// Opens the trail as it is: whoever looks must not destroy what `verify` would find.
    fn open(&self) -> anyhow::Result<SqliteLog> {
        let log = SqliteLog::open_to_read(&self.path()?, Settings::default())?;
        if log.unreadable_bytes() > 0 {
            tell(&format!(
                "WARNING: {} bytes at the end of the write-ahead log are no complete transaction, and are not shown: an \
                 interrupted write, or a tail that was cut or changed. {} Run `claude-admin audit \
                 verify` before a host opens this store, since that drops them.\n\n",
                log.unreadable_bytes(),
                Verdict::Unchanged.sentence()
            ));
        }
        Ok(log)
    }
}

pub(super) fn audit(command: AuditCommand) -> anyhow::Result<u8> {
    let (reply, format) = match command {
        AuditCommand::Tail { count, store, answer } => (audit_entries(&tail(&store.open()?, count)?), answer.output),
        AuditCommand::Search { filter, limit, store, answer } => {
            let wanted = claude_admin::command::AuditSearch {
                since: filter.since,
                until: filter.until,
                operation: filter.operation,
                principal: filter.principal,
                action: filter.action,
                kind: filter.kind,
                text: filter.text,
                limit: Some(limit),
            };
            let filter: Filter =
                claude_admin::service::audit_filter(wanted, jiff::Timestamp::now()).map_err(SetupError)?;
            (audit_entries(&search(&store.open()?, &filter, limit)?), answer.output)
        }
        AuditCommand::Verify { head, store, answer } => {
            let head = head.map(|head| head.parse::<Head>()).transpose();
            let head = head.map_err(|error| SetupError(format!("--head: {error}")))?;
            (audit_verification(&verify_file(&store.path()?, head.as_ref()), head.is_some()), answer.output)
        }
        AuditCommand::Head { store } => {
            let last = store.open()?.last()?;
            let last = last.ok_or_else(|| SetupError("the audit trail is empty".to_owned()))?;
            print_lines(&format!("{}\n", Head::of(last.seq, &last.text)?))?;
            return Ok(0);
        }
        AuditCommand::Export { format, store } => {
            let log = store.open()?;
            let mut out = std::io::stdout().lock();
            match format {
                // A terminal gets what is stored in an equivalent spelling.
                ExportFormat::Ocsf if terminal::output() != Medium::Stream => {
                    export::ocsf(&log, 0, &mut terminal::EscapedJson(out))?
                }
                ExportFormat::Ocsf => export::ocsf(&log, 0, &mut out)?,
                ExportFormat::Csv => export::csv(&log, 0, terminal::output(), &mut out)?,
            };
            return Ok(0);
        }
    };
    print(&render::reply_on(&reply, format, terminal::output()))?;
    Ok(reply.outcome.exit_code())
}
