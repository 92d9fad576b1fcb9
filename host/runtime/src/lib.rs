//! Runs what was decided on: the component in its [`sandbox`], and [`egress`], which lets out the one request that the
//! action declares.
//!
//! [`sandbox::Plugin`] implements [`Execute`](claude_admin_authority::execute::Execute). It takes an
//! [`Authorized`](claude_admin_authority::Authorized) value, and nothing here can make one.

pub mod egress;
pub mod embedded;
pub mod sandbox;
