//! Writes the output of a command to standard output and standard error.

use super::pager::Pager;
use super::{print, tell_formatted, terminal, write_out};
use claude_admin::command::Format;
use claude_admin::document::{Block, Document, Level, Notice};
use claude_admin::render::{self, Parts};
use claude_admin::service::{Outcome, Reply};
use std::io;

/// Writes the part of a reply that was not written yet. Data goes to standard output, notices go to standard error,
/// unless a person or a program looks for the notices with the data.
pub(super) fn write(mut reply: Reply, parts: Option<Parts>, asked: Format, pager: &Pager) -> io::Result<()> {
    let format = reply.format.unwrap_or(asked);
    let has_data = parts.is_some() || matches!(reply.outcome, Outcome::Done | Outcome::Partial | Outcome::Waiting);
    // Programs read one stream. People see errors in the terminal next to the data.
    if !has_data && format != Format::Json {
        let format = if format == Format::Csv { Format::Text } else { format };
        tell_formatted(&render::reply_on(&reply, format, terminal::errors()));
        return Ok(());
    }
    let beside = match format {
        // In CSV output, a program would read a notice as a row.
        Format::Csv => taken_from_rows(&mut reply.document),
        Format::Text | Format::Markdown if reply.outcome == Outcome::Partial => {
            take_notices(&mut reply.document, |notice| notice.level == Level::Error)
        }
        _ => Document::default(),
    };
    // A person can end a pager before it has read the secret.
    if reply.secret.is_some() {
        pager.forbid();
    }
    pager.begin();
    // If the pipe was closed, the secret is lost, so a broken pipe must be an error.
    let print = if reply.secret.is_some() { write_out } else { print };
    let printed = print(&match (parts, format) {
        (Some(parts), _) => parts.end(&reply),
        (None, Format::Json) => render::json(&reply.to_json_with_secrets()) + "\n",
        (None, format) => render::reply_on(&reply, format, terminal::output()),
    });
    if let (Ok(()), Format::Json, Some(secret)) = (&printed, format, &reply.secret) {
        secret.delivered();
    }
    if !beside.blocks.is_empty() {
        // The pager would hide these lines.
        pager.finish();
        tell_formatted(&render::text_on(&beside, terminal::errors()));
    }
    printed
}

/// Removes the blocks that are not rows from a document, and says whether more rows follow.
fn taken_from_rows(document: &mut Document) -> Document {
    let mut beside = take_notices(document, |_| true);
    for block in &document.blocks {
        if let Block::Table(table) = block
            && let Some(command) = table.command_after(table.rows.len())
        {
            let all = if table.all { "" } else { ", or all rows with --all" };
            beside.blocks.push(Block::Text(format!("More rows: `{command}`{all}.")));
        }
    }
    beside
}

/// Removes notices from a document and returns them.
fn take_notices(document: &mut Document, taken: impl Fn(&Notice) -> bool) -> Document {
    let blocks = &mut document.blocks;
    let blocks = blocks.extract_if(.., |block| matches!(block, Block::Notice(notice) if taken(notice))).collect();
    Document { blocks, ..Document::default() }
}
