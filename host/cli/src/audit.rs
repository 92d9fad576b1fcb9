//! `claude-admin audit`: the audit log of a store, for users who can read its file.

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
        /// The number of entries
        #[arg(default_value_t = 20)]
        count: usize,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Show the matching entries, newest first
    Search {
        #[command(flatten)]
        filter: FilterArgs,
        /// The maximum number of entries
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Verify every entry, the schema and the file; with a published head, also that the end was not truncated
    Verify {
        /// The output of an earlier `audit head`
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Print the head of the hash chain. Store it where users with write access to the store cannot write
    Head {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Write all entries to standard output
    Export {
        /// The output format
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
    /// The file of the store. Default: the store of the configuration, otherwise the store of this account
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AnswerArgs {
    /// The output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format())]
    output: Format,
}

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Only entries from this time on: 7d, 24h, yesterday, 2026-11-21, 2026-11-21T17:20:00Z or 2026-11-01..2026-11-15
    /// (days in UTC)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only entries before this time: 1h, yesterday, 2026-11-21 or 2026-11-21T17:20:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The operation ID
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// The principal: slack:TEAM/USER, http:CLIENT or local:USER
    #[arg(long, value_name = "WHO")]
    principal: Option<String>,
    /// The action, such as users.remove or users.*
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The kind of entry, such as denied or outcome
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// A text that the entry contains
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
            return Err(SetupError(format!("there is no audit log at {}", path.display())).into());
        }
        Ok(path)
    }

    /// Opens the log read-only: reading it must not destroy the damage that `verify` would report.
    fn open(&self) -> anyhow::Result<SqliteLog> {
        let log = SqliteLog::open_to_read(&self.path()?, Settings::default())?;
        if log.unreadable_bytes() > 0 {
            tell(&format!(
                "WARNING: {} bytes at the end of the write-ahead log are not a complete transaction and are not shown. \
                 A write was interrupted, or the end of the file was truncated or changed. {} Run `claude-admin audit \
                 verify` before a host opens this store: opening it removes these bytes.\n\n",
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
            let last = last.ok_or_else(|| SetupError("the audit log is empty".to_owned()))?;
            print_lines(&format!("{}\n", Head::of(last.seq, &last.text)?))?;
            return Ok(0);
        }
        AuditCommand::Export { format, store } => {
            let log = store.open()?;
            let mut out = std::io::stdout().lock();
            match format {
                // On a terminal, control characters are escaped. The JSON is equivalent to the stored JSON.
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
