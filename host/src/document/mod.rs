//! Documents: neutral results that each frontend renders in its own format. `claude-admin-chat` defines them. This
//! module creates documents from decisions and from failures of this host.

mod from_cause;
mod from_decision;
mod from_error;
mod from_notice;
mod from_operation;
mod from_report;
mod from_steps;
mod temporary_host;

pub use claude_admin_chat::document::*;
pub use from_cause::{cause, difference, differences};
pub use from_decision::{denied, ledger_error, list_error, propose_error, settle_error, too_old, unrecorded_read};
pub use from_error::{call_error, internal_error, obstacle, unavailable};
pub use from_notice::{for_requester, reminder};
use from_operation::question_of;
pub use from_operation::{
    dependents, dry_run, not_asked, operation, pointless, question, record, superseded, waiting, with_dependents,
};
pub use from_report::verification;
pub use from_steps::{all_unneeded, proposed_table, result_of};
pub use temporary_host::without_return;
