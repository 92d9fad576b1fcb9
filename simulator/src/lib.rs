//! A stateful, in-memory Admin API on loopback, to try, rehearse and test commands without a real organization.
//!
//! [`Simulation`] handles one request at a time and uses no sockets. [`Simulator`] serves one on a loopback port, with
//! a second port that controls it. The possible requests are derived from a [`Catalog`]: routes, parameters, bodies and
//! replies are read from its WIT types. The files in `rules/` add behavior that types cannot express. An operation that
//! is added to the WIT package works here without any other change.
//!
//! # What it models
//!
//! * **Members**: the API cannot assign or remove strong roles, and cannot remove a member with a strong role or the
//!   last member. Personal API keys, group memberships and limits end with their owner. Addresses are compared without
//!   case and plus tags. Sign-outs depend on the role.
//! * **Invites**: they expire after 21 days, and only pending ones can be cancelled. Members and people with an open
//!   invite cannot be invited.
//! * **API keys**: they cannot be created. They are active, inactive or permanently archived, and their expiry depends
//!   on the clock.
//! * **Workspaces**: at most 100 active ones, and a default one that cannot be renamed, archived or limited. Archiving
//!   includes all keys. Tags, residency, and fields that can be set only once. **Members** of workspaces have inherited
//!   places in addition to those that were assigned.
//! * **Rate limits** of the organization, with aliases of models, and the values that workspaces set instead.
//! * **Spend limits**: one for each scope and period, for the scopes of the kind of organization; the limit that
//!   applies to each member; requests for more, which are decided once.
//! * **Service accounts** with places in workspaces, seen from both sides, and their automatic place in the default
//!   workspace; **federation** issuers and rules, which cannot be archived while another object needs them; and the
//!   **token exchange**: see below.
//! * **Groups**: read-only if a directory manages them, and not changeable if they grant the permissions of owners;
//!   roles.
//! * **Encryption keys**: frozen while a workspace refers to them, tested before they are attached.
//! * **Webhooks**: 32 endpoints, secrets that are shown once. **Telemetry destinations**: 10, with addresses, lists of
//!   workspaces, and a minimum time between tests. Their headers are never shown, and are removed when the host
//!   changes.
//! * **Managed settings** of Claude Code: an order with versions, a default, documents that remain when their group is
//!   deleted.
//! * **Plugins**: uploads with a manifest, unique names of plugins and skills, scans that take one minute, versions
//!   that are served or pinned, downloads as zip archives, settings of targets, shares.
//! * **Claude Tag**: channels and Slack workspaces with inherited settings, bundles and their attachments.
//! * **MCP tunnels**: tokens that are revealed and replaced, two active certificate authorities.
//! * **Reports** of usage and cost, and **analytics**: sums over one ledger, so they are all consistent.
//! * **Compliance**: the activity feed, which every write adds to; the directory; chats, files, artifacts, projects and
//!   sessions, which no list contains after they are deleted; and the setting that turns all of it off.
//! * **Requests**: Admin and scoped keys in `x-api-key` or as bearer tokens, OAuth tokens as bearer tokens, and the
//!   expiry of each; `anthropic-version`, with the fields that one version dropped, and `anthropic-beta`; request IDs;
//!   errors with type, code and details; limits and formats, with the error texts of pydantic; forms with files, and
//!   replies that are files; pages by ID in both directions, by tokens instead of IDs, and by cursor; budgets of
//!   requests, for all operations and for families; a [`Clock`] that changes only when it is moved, or runs.
//! * An initial organization, generated from a seed: see below.
//! * Faults, from a status to an endless body, and a log of requests without their secrets.
//!
//! # The kind of organization
//!
//! No real organization has all features of the API: workspaces and API keys belong to the Claude Console, groups and
//! plugins to Claude Enterprise. [`OrganizationKind::Both`], the default, has all of them. If the kinds differ, a key
//! with scopes gets the response of an Enterprise organization, and any other credential that of a Console
//! organization. Limits of members, which only Enterprise organizations set, can be set with every credential. The
//! other two kinds are strict about roles, spend limits, requests for more, roles of groups and signing out. They do
//! not disable other families.
//!
//! # The token exchange
//!
//! [`workload_token`] makes a token with a constant text instead of a signature. `POST /v1/oauth/token` checks
//! everything else: organization, rule, issuer, times with 30 seconds of skew, the maximum lifetime, audience, subject,
//! claims, service account, workspace and the single use of a `jti`. Every failed check returns the same 401. Of
//! conditions, the simulator supports comparisons such as `claims.ref == "main"`, joined by `&&`; any other condition
//! matches no token. An issued token grants the access of its scope until it expires by the clock. It does not have the
//! permissions of a person: it cannot make a member an admin. [`REFRESH_TOKEN`] is exchanged for a token with the
//! access of the OAuth token, and can be used any number of times.
//!
//! # Initial state
//!
//! An organization with 25 members of every role, some with names that are difficult to display. Each family has a few
//! objects that refer to one another: active and archived, enabled and disabled, pending and decided. Some of these
//! objects are protected by rules, or fail: a group of a directory and one of owners, a rule for `org:admin`, keys that
//! do not pass their check or do not respond, a destination that does not work, bundles that are managed elsewhere, a
//! synchronized marketplace and one of a member, a version that fails its scan. All objects that the examples of the
//! catalog name exist, so every example can be tried. Data that no family defines is generated from its types.
//!
//! # Reports
//!
//! Usage is not stored. It is derived from the seed, the members and the keys: the amount on a day, the share of that
//! amount up to each minute, and the cost. Minutes add up to hours and hours to days, with every grouping; cost is
//! exactly usage times price. Usage grows from month to month, is low at weekends, and is zero in the early morning. It
//! begins on 2026-01-01, or a little earlier, and ends at the time of the simulation. Later ranges are empty. The usage
//! of a member who leaves remains in the past, and a key has usage while it works.
//!
//! * Usage and cost in the Console are available after 5 minutes, and Claude Code after one hour. `analytics/usage` and
//!   `analytics/cost` are available up to the last full hour that is at least one hour old, and other analytics up to
//!   yesterday. A report of activity without a day is that of yesterday.
//! * `ending_at` belongs to the bucket that contains it; default: now. `limit` has the documented maximum of each
//!   width.
//! * Prices are those of the table in the source. Batches and flex cost half. Contexts of more than 200,000 tokens cost
//!   twice the input price and 1.5 times the output price. Inference in the United States costs 10% more, and fast mode
//!   six times as much. Products of seats have a discount of 10%: for them, `amount` is less than `list_amount`.
//! * Rows of parts of a cost (`cost_type`, `token_type`) have no number of requests.
//! * A member of several groups counts in the oldest of them, and matches the filter of each. `organization_ids[]` of
//!   analytics is an error, because no key belongs to a parent organization. `order_by` of reports of activity accepts
//!   any field of a row, with dots.
//!
//! # Compliance
//!
//! The activities of the last six months are generated on request. The activities of requests are recorded when they
//! happen, with their actor: an Admin API key, a key with scopes, a member or a service account. Requests without a
//! known type of activity are not in the feed: webhooks, telemetry, managed settings, Claude Tag, and creating service
//! accounts, issuers and rules. Activities are available immediately, not after one minute.
//!
//! While the Compliance API is off, its requests get 403, settings of organizations get 404, and nothing is recorded.
//! The change that turns it off is the last activity, and the change that turns it on the first. A list of chats
//! without `user_ids[]` accepts times of the field that orders it. Without `tool_…_max_…`, inputs and outputs of tools
//! are shown completely; in local sessions, at most 10,000 bytes. Deleting a chat deletes the objects that were created
//! in it, and the files that are in no other chat.
//!
//! Review cases are open for 14 days, and the content of their messages is stored for 30 days. The initial state has a
//! case of an end customer, a message without a stored copy and a message in a bucket that cannot be read. The names of
//! the fields of personal instructions are assumptions.
//!
//! # Storage of the organization
//!
//! A bucket with `unverified` in its name fails its check. A bucket in Amazon S3 fails it too if its region does not
//! have the form of a region. The final removal of a storage takes one hour. Detaching a storage while its workspace is
//! archived requires a credential with a principal: an Admin API key archives the workspace, and gets
//! `storage_attached_during_archive`. Keys and buckets of a Google Cloud project are pending for 5 minutes, and
//! previous ones are retired for 30 days.
//!
//! # Assumptions without documentation
//!
//! * The steps of a request, in this order: route (404, 405), credential (401), version (400), permissions of the
//!   credential (403), budget (429), beta (400, or 404 if that is documented), size (413), query and body (400), parent
//!   and item (404), rules.
//! * A request without `anthropic-version`, or with a version that does not exist, gets 400. The exception is the token
//!   exchange, which has no version. An Admin API key gets 403 if only OAuth tokens are accepted. `x-api-key` takes
//!   precedence if both headers are present. A 401 has no `request-id`.
//! * Unknown query parameters are an error in every operation. An unknown cursor gets 400, even if its item existed and
//!   was removed. `has_more` applies to the direction of the request.
//! * Lists are newest first unless another order is documented. Rate limits and permissions have a separate order.
//!   Workspace members are paged by `user_id`.
//! * Violations of rules are 400 `invalid_request_error`, with texts of this crate. Examples are changing an admin,
//!   adding a member to a workspace twice, adding a user who is not in the organization, and replacing an external key.
//!   Actions that a person must do in the Console, and objects that a member owns, get 403. If a body names an object
//!   that does not exist, the status is 400 for workspaces, issuers and accounts, and 404 for members, marketplaces,
//!   Slack places and groups.
//! * The maximum size is 1 MiB for a body, 32 MiB of files for a form, and 1 MiB as stored for managed settings: larger
//!   ones are `settings_document_limit_exceeded`. An empty body counts as `{}`. Null means "not set" in a creation. In
//!   a change it is an error unless the type allows it, and changes nothing in a field that must have a value.
//! * Archiving twice does not change the time. An archived object cannot be changed, and neither can the members of an
//!   archived workspace. An archived API key can still be renamed; an expired one can be renamed and archived.
//! * The default workspace does not count toward the 100, and contains only inherited or added members.
//! * A cancelled invite can still be read, with status `deleted`, and is in no list.
//! * A limit of a member takes precedence over one of a group, that over one of a seat tier, and that over the one of
//!   the organization. The spent amounts are generated. Effective limits have a row for each period that has a limit.
//! * Groups whose roles are those of owners return `rbac_group_grants_owner_access`. At most 100 groups have settings.
//! * Only a person can sign out a privileged member; keys get `cannot_sign_out_…`.
//! * In a Slack workspace that is set up, every channel exists whose ID begins with `C` or `G`. Model names begin with
//!   `claude-`. The environments are `env_default` and `env_research`. Claude is off unless it was turned on.
//! * For an archive of a marketplace, the simulator checks only the names in it. Only repositories of `acme` exist. A
//!   file that contains `simulator:fail-scan` fails the scan of its version.
//! * Webhooks accept only https addresses, and their IDs begin with `wh_`.
//! * Windows of budgets start with the first request and use the simulated clock: if the clock does not run, no new
//!   window starts. Budgets of families apply if the shared budget is limited: 1,200 invites per hour; per minute, 60
//!   requests for spend limits, 60 for analytics and 600 for compliance. Replies of compliance always contain the
//!   remaining requests in their headers, even if budgets are not limited.
//!
//! # Error codes
//!
//! If the state of the organization causes a code of the API, the simulator returns it: `already_member`,
//! `scan_pending`, `external_key_in_workspace_policy` and so on. Other codes have causes that are not modeled: seats,
//! domains, limits on keys, encryption of content, concurrent changes, the enrollments of an organization. Each of them
//! can be injected: the effect `{"code": "…"}` returns an [`ErrorCode`], with its status and its message.
//!
//! # Behavior that is not modeled
//!
//! * Actions that only people can do: accepting invites, creating keys, becoming an admin, giving issuers strong
//!   permissions.
//! * Limits on seats, keys and workspace members, verified domains, user profiles (any ID is accepted), the features of
//!   a plan, HIPAA readiness, and concurrent changes (409).
//! * Several organizations and parents (`organization_id` must be the own ID of the organization), and the use of API
//!   keys outside the Admin API.
//! * Messages that are sent, and their usage: the ledger does not include usage outside of the simulation. Claude for
//!   science, and members of other linked organizations except three names. Pages of local sessions that cannot be read
//!   yet.
//! * Certificates, signatures, CEL, the contents of archives and repositories, and deliveries: the simulator sends
//!   nothing to other systems.
//! * Delays, `allow`, other `anthropic-ratelimit-*` headers, HTTP/2, TLS and other properties of the servers in front.
//! * The meaning of operations without rules: they store, list, change and return objects, and an act other than
//!   `archive` does no more than that. A parameter with the name of a field (`status`, `roles[]`, `owner_type`,
//!   `created_at[gte]`) filters a list; other parameters are checked and change nothing.
//!
//! # The control port
//!
//! Requests and responses are JSON; an error is `{"error": "…"}`. Changes return the state.
//!
//! | request | meaning |
//! | --- | --- |
//! | `GET /state` | clock, seed, size of each collection, pending faults, number of requests |
//! | `POST /clock` | `{"advance": "21d"}` or `{"set": "2027-01-01T00:00:00Z"}` |
//! | `GET /faults`, `POST /faults`, `DELETE /faults` | list the pending [`Fault`]s; add one; delete all |
//! | `GET /requests`, `DELETE /requests` | list the latest [`LoggedRequest`]s, oldest first; delete them |
//! | `POST /reset` | reset everything to the initial state |
//!
//! A fault has the matching requests, their number, and one effect:
//!
//! ```json
//! {"method": "POST", "path": "/v1/organizations/invites", "times": 1, "delay_ms": 0, "perform": true, "effect": "close"}
//! ```
//!
//! `method`, `path` (a prefix), `times`, `delay_ms` and `perform` are optional. The effects are `"close"`,
//! `"truncate"`, `"garbage"`, `"endless"`, `{"huge": {"bytes": 50000000}}`, `{"status": {"code": 529, "type": "…",
//! "message": "…", "details": {}, "retry_after": 3, "should_retry": true}}`, `{"code": "scan_pending"}`,
//! `{"redirect": {"location": "…", "code": 307}}` and `{"patch": {"set": {"/data/0/role": "galactic_emperor"},
//! "remove": ["/data/0/email"]}}`.
//!
//! [`Catalog`]: claude_admin_catalog::Catalog

// Defines `path_of!("users.list")`: the path of an action in the WIT package, with `{}` for its parameters. A parameter
// at the end is left out, so `users.list` and `users.remove` have the same path. An ID that is not in the package does
// not compile.
include!(concat!(env!("OUT_DIR"), "/path_of.rs"));

mod archive;
mod beta;
mod body;
mod caller;
mod clock;
mod compliance;
mod config;
mod credential;
mod credentials;
mod error;
mod error_code;
mod exchange;
mod fault;
mod form;
mod ids;
mod listing;
mod memory;
mod message;
mod narrow;
mod operation;
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
#[cfg(test)]
mod testing;
mod tokens;
mod validate;
mod version;
mod workload;

pub use caller::OrganizationKind;
pub use clock::{Clock, ClockError, parse_duration};
pub use config::SimulatorConfig;
pub use credential::{ADMIN_KEY, Credential, CredentialKind, OAUTH_TOKEN, REFRESH_TOKEN, SCOPED_KEY};
pub use credentials::{Credentials, PresentedCredential};
pub use error_code::ErrorCode;
pub use fault::{Effect, Fault, HugeEffect, PatchEffect, RedirectEffect, StatusEffect};
pub use message::{Request, Response};
pub use request_log::LoggedRequest;
pub use server::{RunningSimulator, Simulator};
pub use simulation::Simulation;
pub use workload::workload_token;

/// A JSON object.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;
