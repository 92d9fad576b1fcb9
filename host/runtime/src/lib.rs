//! Runs authorized invocations: the component in its [`sandbox`], and [`egress`], which sends only the request that the
//! action declares.
//!
//! [`sandbox::Plugin`] implements [`Execute`](claude_admin_authority::execute::Execute). It requires an
//! [`Authorized`](claude_admin_authority::Authorized) value, which code in this crate cannot construct.

pub mod egress;
pub mod embedded;
pub mod playbook;
pub mod sandbox;
