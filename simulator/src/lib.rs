//! A stateful, in-memory Admin API on loopback: for trying, rehearsing and testing without touching an organization.
//!
//! [`Simulation`] answers one request at a time and knows no sockets; [`Simulator`] puts one on a loopback port, with a
//! second port that controls it. Everything that can be asked follows from a [`Catalog`]: routes, parameters, bodies
//! and replies are read from its WIT types, and the files in `rules/` add what types cannot say. An operation that is
//! added to the WIT package works here without any other change.
//!
//! # What it models
//!
//! * **Members**: the admin role can be neither given nor taken away, admins and the last member cannot be removed,
//!   personal API keys are archived with their owner, and addresses match without case and plus tags.
//! * **Invites**: they lapse after 21 days, only pending ones can be withdrawn, and neither members nor people with an
//!   open invite are invited.
//! * **API keys**: no creation; active, inactive, archived for good; expiry follows from the clock; `workspace_id` in
//!   API version `2023-06-01` only.
//! * **Workspaces**: 100 live ones, a default one that is neither renamed nor archived, archiving with all keys, tags,
//!   residency, and what can be set only once.
//! * **Workspace members**: places that org admins and billing users inherit, beside those that were given.
//! * Admin and scoped keys in `x-api-key` or as bearer tokens, OAuth tokens as bearer tokens, expiry of each;
//!   `anthropic-version` and `anthropic-beta`; ids of requests; errors with type, code and details; bounds and formats,
//!   in the wording of pydantic; pages by id in both directions and by cursor; budgets of requests; a [`Clock`] that
//!   stands still until it is moved, or runs.
//! * An organization to begin with, made from a seed, in which the ids exist that the examples of the catalog name.
//! * Faults, from a status to a body that never ends, and a log of requests without their secrets.
//!
//! # What was chosen where nothing is documented
//!
//! * The steps of a request, in this order: route (404, 405), credential (401), version (400), what the credential
//!   opens (403), budget (429), beta (400), size (413), query and body (400), parent and item (404), rules (400).
//! * A request without `anthropic-version`, or with a version that does not exist, is refused with 400; an Admin API
//!   key is refused with 403 where only OAuth tokens are accepted. `x-api-key` counts when both headers are there. A 401
//!   carries no `request-id`.
//! * Unknown query parameters are refused everywhere. An unknown cursor is 400, also when its item was removed since.
//!   `has_more` speaks of the direction of the request.
//! * Every list is newest first. Workspace members are paged by `user_id`.
//! * Rule violations are 400 `invalid_request_error`, in this crate's own words. That includes changing an admin,
//!   adding somebody twice to a workspace or somebody who is not in the organization, and replacing an external key.
//! * A body may have 1 MiB. An empty one counts as `{}`. Null stands for "not given" in new things; in a change it is
//!   refused unless the type allows it, and changes nothing in a field that must have a value.
//! * Archiving twice keeps the first time. What is archived is no longer changed, and neither are the members of an
//!   archived workspace. An archived API key can still be renamed; an expired one can be renamed and archived.
//! * The default workspace does not count among the 100, and only inherited or added members are in it.
//! * A withdrawn invite can still be read, with status `deleted`, and is in no list.
//! * Windows of budgets open with the first request and follow the simulated clock: one that stands still never opens
//!   the next. Invites have a budget of their own, 1,200 an hour.
//! * The organization is a Console organization: `managed` and groups are refused.
//!
//! # What it does not model
//!
//! * Anything only people can do: accepting invites, creating keys, becoming an admin.
//! * Limits on seats, keys and workspace members, verified domains, encryption keys and user profiles (any id is
//!   accepted), what a plan includes, and concurrent changes (409); a fault can answer as if they were there.
//! * Enterprise organizations, several organizations, the token exchange, and what API keys do outside the Admin API.
//! * Delays, `allow`, `anthropic-ratelimit-*`, HTTP/2, TLS and other properties of the servers in front.
//! * What operations without rules mean: they store, list, change and return objects, and an act other than `archive`
//!   does no more than that. A list is narrowed by a parameter that is called like a field (`status`, `roles[]`);
//!   others are checked and change nothing.
//!
//! # The control port
//!
//! JSON in, JSON out; a refusal is `{"error": "…"}`. Changes answer with the state.
//!
//! | request | meaning |
//! | --- | --- |
//! | `GET /state` | clock, seed, size of each collection, waiting faults, requests so far |
//! | `POST /clock` | `{"advance": "21d"}` or `{"set": "2027-01-01T00:00:00Z"}` |
//! | `GET /faults`, `POST /faults`, `DELETE /faults` | the waiting [`Fault`]s; one more; none |
//! | `GET /requests`, `DELETE /requests` | the latest [`LoggedRequest`]s, oldest first; forget them |
//! | `POST /reset` | everything as it was at the start |
//!
//! A fault names whom it strikes, how often, and one effect:
//!
//! ```json
//! {"method": "POST", "path": "/v1/organizations/invites", "times": 1, "delay_ms": 0, "perform": true, "effect": "close"}
//! ```
//!
//! `method`, `path` (a prefix), `times`, `delay_ms` and `perform` may be left out. The effects are `"close"`,
//! `"truncate"`, `"garbage"`, `"endless"`, `{"huge": {"bytes": 50000000}}`,
//! `{"status": {"code": 529, "type": "…", "message": "…", "details": {}, "retry_after": 3}}`,
//! `{"redirect": {"location": "…", "code": 307}}` and
//! `{"patch": {"set": {"/data/0/role": "galactic_emperor"}, "remove": ["/data/0/email"]}}`.
//!
//! [`Catalog`]: claude_admin_catalog::Catalog

mod archive;
mod beta;
mod body;
mod caller;
mod clock;
mod compliance;
mod config;
mod credential;
mod error;
mod error_code;
mod exchange;
mod fault;
mod form;
mod ids;
mod listing;
mod memory;
mod narrow;
mod page;
mod patch;
mod perform;
mod query;
mod rate_limit;
mod reply;
mod reports;
mod request_log;
mod resource;
mod routes;
mod rules;
mod seed;
mod server;
mod shape;
mod simulation;
mod store;
mod tokens;
mod validate;
mod version;
mod workload;

pub use caller::OrganizationKind;
pub use clock::{Clock, ClockError, parse_duration};
pub use config::SimulatorConfig;
pub use credential::{
    ADMIN_KEY, Credential, CredentialKind, Credentials, OAUTH_TOKEN, PresentedCredential, REFRESH_TOKEN, SCOPED_KEY,
};
pub use error_code::ErrorCode;
pub use fault::{Effect, Fault, HugeEffect, PatchEffect, RedirectEffect, StatusEffect};
pub use request_log::LoggedRequest;
pub use server::{RunningSimulator, Simulator};
pub use simulation::{Request, Response, Simulation};
pub use workload::workload_token;

/// A JSON object.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;
