//! The policy: which user can run which action, in which place, and with which requirements.
//!
//! Policies are written in [Cedar](https://www.cedarpolicy.com), in a file that the host administrator maintains. Their
//! schema is derived from the catalog ([`schema_text`]). A policy that names an unknown action or argument is therefore
//! rejected when it is loaded, with its line.
//!
//! | Cedar | here |
//! | --- | --- |
//! | principal | the requester, a person or a program: `User::"slack:T1/U1"`, in its tenant and its groups |
//! | action | an action of the catalog, `Action::"users.remove"`, in the groups of its interface and its risk |
//! | resource | the place of the command: `Place::"slack:T1/C1"`, in its tenant |
//! | context | `arguments`, `cleared` (the names of arguments that are given as null), `reason`, `time` |
//!
//! An action that no policy permits is denied. All actions are denied while the policy is missing or invalid. An action
//! is also denied if the evaluation of a policy fails. The requirements of a permitted action (a confirmation, a
//! reason, approvals) are annotations: see [`Requirements`].

mod annotation;
mod argument_type;
mod asker;
mod candidates;
mod decide;
mod declared;
mod delegation;
mod denial;
pub mod directory;
mod entity;
mod explain;
pub mod groups;
mod holders;
mod host_action;
mod load;
mod loaded_policy;
mod names;
mod operator;
pub mod people;
mod policies;
mod problem;
mod question;
mod question_cache;
mod requirement;
mod scan;
mod schema;
mod schema_json;
mod scope;
mod starter;
mod table;
mod table_file;
mod validate;
mod vocabulary;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod testing;

pub use annotation::whole_seconds;
pub use asker::Asker;
pub use candidates::Candidates;
pub use decide::Decision;
pub use delegation::InPlaybook;
pub use denial::{Denial, DenialKind};
pub use explain::{Explanation, NearMiss, PolicyNote};
pub use holders::Holders;
pub use host_action::HostAction;
pub use names::GroupNames;
pub use policies::{Policies, hash};
pub use problem::{PolicyErrors, PolicyProblem};
pub use question::Question;
pub use requirement::{Alone, ApprovalRule, Requirements};
pub use schema::schema_text;
pub use starter::{STARTER_POLICY, STARTER_TESTS};
pub use table::{CaseReport, Report, run};
pub use table_file::{Case, Expectation, Table};
pub use vocabulary::Vocabulary;
