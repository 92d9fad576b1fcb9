//! The Admin API of the simulation, asked without sockets.

mod api_keys;
mod catalog;
mod invites;
mod made_up;
mod members;
mod pages;
mod requests;
mod seeds;
mod support;
mod validation;
mod workspace_members;
mod workspaces;
