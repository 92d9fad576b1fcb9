//! The host of claude-admin as a library: it runs commands of people and programs about a Claude organization.
//!
//! ```
//! use claude_admin::command::{self, Command, Markup};
//!
//! // The actions, their types and their risks are those of the WIT text in the embedded component.
//! let catalog = claude_admin::embedded::catalog()?;
//! let line = "/claude-admin users list --limit 5";
//! let Command::Run(draft, _) = command::parse(&catalog, line, Markup::Slack, jiff::Timestamp::now())? else {
//!     panic!("it is an action");
//! };
//! assert_eq!(draft.invocation.action.risk.as_str(), "read");
//! assert_eq!(draft.invocation.canonical(&catalog.types), "users list --limit 5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/small-host` continues this example with the policy, the sandbox and the result, in one file.
//!
//! [`Host::builder`] puts a host together, and [`service::Service`] combines all modules. A command passes through them
//! in order: a frontend authenticates the requester, and [`command`] parses the command. [`decision`] plans it,
//! evaluates the policy and collects the approvals. [`sandbox`] runs the component, and [`egress`] sends the one request
//! that the action declares. [`document`] contains the result, and [`render`] writes it. [`audit`] has an entry for
//! every step, and [`store`] stores the entries. [`help`] explains the actions to people, and [`contract`] describes
//! them for programs.

mod builder;
pub mod conformance;
pub mod contract;
pub mod document;
pub mod frontend;
pub mod render;
pub mod service;

pub use builder::{BuildError, Host, HostBuilder, PolicySource, Store};
pub use claude_admin_audit::{self as audit, store};
pub use claude_admin_authority as decision;
pub use claude_admin_chat::{Choice, command, help, identity};
pub use claude_admin_runtime::{egress, embedded, playbook, sandbox};
