//! A stateful, in-memory Admin API on loopback: for trying, rehearsing and testing without touching an organization.
//!
//! [`Simulation`] answers one request at a time and knows no sockets; [`Simulator`] puts one on a loopback port, with a
//! second port that controls it. Everything that can be asked follows from a [`Catalog`]: routes, parameters, bodies
//! and replies are read from its WIT types, and the files in `rules/` add what types cannot say. An operation that is
//! added to the WIT package works here without any other change.
//!
//! # What it models
//!
//! * **Members**: strong roles can be neither given nor taken away nor removed, nor the last member; personal API keys,
//!   places in groups and limits end with their owner; addresses match without case and plus tags; who is signed out
//!   depends on the role.
//! * **Invites**: they lapse after 21 days, only pending ones can be withdrawn, and neither members nor people with an
//!   open invite are invited.
//! * **API keys**: no creation; active, inactive, archived for good; expiry follows from the clock.
//! * **Workspaces**: 100 live ones, a default one that is neither renamed nor archived nor limited, archiving with all
//!   keys, tags, residency, and what can be set only once. **Members** of them hold places that they inherit, beside those
//!   that were given.
//! * **Rate limits** of the organization, with aliases of models, and what workspaces set in their place.
//! * **Spend limits**: one for each scope and period, for the scopes that the kind of organization has; what counts for
//!   each member; requests for more, which are decided once.
//! * **Service accounts** with places in workspaces, seen from both sides, and the one in the default workspace that they
//!   have by themselves; **federation** issuers and rules, which are not archived while something needs them; and the
//!   **token exchange**: see below.
//! * **Groups**, read-only where a directory manages them, and out of reach where they grant what owners may; roles.
//! * **Encryption keys**: frozen while a workspace refers to them, tried before they are attached.
//! * **Webhooks**: 32 endpoints, secrets that are shown once. **Telemetry destinations**: 10, with addresses, headers that
//!   are never shown and lost with the host, lists of workspaces, and a pause between tests.
//! * **Managed settings** of Claude Code: an order with versions, a default, documents that outlive their group.
//! * **Plugins**: uploads with a manifest, names of plugins and skills that are taken, scans that take a minute, versions
//!   that are served or pinned, downloads as zip archives, settings of targets, shares.
//! * **Claude Tag**: channels and Slack workspaces with settings that are inherited, bundles and where they are attached.
//! * **MCP tunnels**: tokens that are revealed and replaced, two live certificate authorities.
//! * **Reports** of usage and cost, and **analytics**: sums over one ledger, so that all of them agree.
//! * **Compliance**: the activity feed, which every write adds to; the directory; chats, files, artifacts, projects and
//!   sessions, gone everywhere once they are deleted; and the switch that turns all of it off.
//! * Admin and scoped keys in `x-api-key` or as bearer tokens, OAuth tokens as bearer tokens, expiry of each;
//!   `anthropic-version`, with the fields that one version dropped, and `anthropic-beta`; ids of requests; errors with
//!   type, code and details; bounds and formats, in the wording of pydantic; forms with files, and replies that are files;
//!   pages by id in both directions, by tokens in place of ids, and by cursor; budgets of requests, for all and for
//!   families; a [`Clock`] that stands still until it is moved, or runs.
//! * An organization to begin with, made from a seed: see below.
//! * Faults, from a status to a body that never ends, and a log of requests without their secrets.
//!
//! # The kind of organization
//!
//! No real organization has everything that the API offers: workspaces and API keys belong to the Claude Console, groups
//! and plugins to Claude Enterprise. [`OrganizationKind::Both`], the default, has all of it. Where the kinds differ, a key
//! with scopes is answered as in an Enterprise organization, and any other credential as in a Console organization; limits
//! of members, which only Enterprise organizations set, can be set with every credential. The other two kinds are strict
//! about roles, spend limits, requests for more, roles of groups and signing out. They do not close other families.
//!
//! # The token exchange
//!
//! [`workload_token`] makes a token that looks signed and is not: its signature is a fixed word. `POST /v1/oauth/token`
//! checks everything else: organization, rule, issuer, times with 30 seconds of skew, the longest lifetime, audience,
//! subject, claims, service account, workspace and the single use of a `jti`. Every failed check is the same 401. Of
//! conditions, the simulator knows comparisons such as `claims.ref == "main"`, joined by `&&`; any other condition fits no
//! token. What is issued opens what its scope opens until the clock says that it has expired, and has
//! no rights of people: it makes no admins. [`REFRESH_TOKEN`] stands for the OAuth token, and can be used again and again.
//!
//! # What is there at the start
//!
//! An organization with 25 members of every role, some with names that are hard on whoever shows them, and in each family
//! a few things that refer to one another: live and archived, enabled and disabled, pending and decided. Among them are
//! things that rules protect, or that fail: a group of a directory and one of owners, a rule for `org:admin`, keys that do
//! not pass their check or do not answer, a destination that does not work, bundles that are managed elsewhere, a
//! synchronized marketplace and one of a member, a version that fails its scan. Whatever the examples of the catalog name
//! is there too, so that every example can be tried. What no family knows is made up from its types.
//!
//! # Reports
//!
//! Usage is not stored. It follows from the seed, the members and the keys: how much there is on a day, which part of it
//! has passed by each minute, and what it costs. Minutes add up to hours and hours to days, whatever is grouped by; cost is
//! usage times price, exactly. There is more of it from month to month, little at weekends and none in the small hours. It
//! reaches from 2026-01-01, and somewhat before, to the time of the simulation; what lies ahead is empty. Whoever leaves
//! stays in the past, and a key is used while it works.
//!
//! * Usage and cost in the Console are known after five minutes, Claude Code after an hour, `analytics/usage` and
//!   `analytics/cost` up to the last full hour that is an hour old, other analytics up to yesterday. A report of activity
//!   that is asked for no day is that of yesterday.
//! * `ending_at` belongs to the bucket in which it lies, and defaults to now. `limit` has the documented maximum of each
//!   width.
//! * Prices are those of the table in the source. Batches and flex cost half, contexts of more than 200,000 tokens twice
//!   the input and one and a half times the output, the United States a tenth more, fast mode six times as much. Products
//!   of seats have ten percent off: there `amount` is less than `list_amount`.
//! * Rows of parts of a cost (`cost_type`, `token_type`) have no number of requests.
//! * Somebody in several groups counts in the oldest of them, and is found by each. `organization_ids[]` of analytics is
//!   refused, since no key is one of a parent. `order_by` of reports of activity takes any field of a row, with dots.
//!
//! # Compliance
//!
//! Half a year of activities is made up when it is asked for. What requests do is recorded as they do it, with who did it:
//! an Admin API key, a key with scopes, a member or a service account. What has no type of activity, as far as is known,
//! leaves no trace: webhooks, telemetry, managed settings, Claude Tag, and making service accounts, issuers and rules.
//! Records are there at once, not a minute later.
//!
//! While the Compliance API is off, its requests are answered with 403, settings of organizations with 404, and nothing is
//! recorded; turning it off is the last record, turning it on the first. A list of chats without `user_ids[]` takes times
//! of the field that orders it. Without `tool_…_max_…`, everything that tools say is shown; in local sessions, 10,000 bytes.
//! Deleting a chat deletes what was made in it, and the files that are in no other chat.
//!
//! Review cases are open for 14 days, and the content of their messages is stored for 30. A case of an end customer, a
//! message without a stored copy and one in a bucket that cannot be read are there from the start. The names of the fields
//! of personal instructions are made up.
//!
//! # Storage of the organization
//!
//! A bucket with `unverified` in its name does not pass its check, and neither does one in Amazon S3 whose region does not
//! look like one. The final removal of a storage takes an hour. Detaching a storage while its workspace is archived takes a
//! credential with a principal: an Admin API key archives the workspace, and gets `storage_attached_during_archive`. Keys
//! and buckets of a Google Cloud project are pending for five minutes, and former ones are retired for 30 days.
//!
//! # What was chosen where nothing is documented
//!
//! * The steps of a request, in this order: route (404, 405), credential (401), version (400), what the credential
//!   opens (403), budget (429), beta (400, or 404 where that is documented), size (413), query and body (400), parent and
//!   item (404), rules.
//! * A request without `anthropic-version`, or with a version that does not exist, is refused with 400, but for the token
//!   exchange, which takes none; an Admin API key is refused with 403 where only OAuth tokens are accepted. `x-api-key`
//!   counts when both headers are there. A 401 carries no `request-id`.
//! * Unknown query parameters are refused everywhere. An unknown cursor is 400, also when its item was removed since.
//!   `has_more` speaks of the direction of the request.
//! * Lists are newest first, unless another order is documented; rate limits and permissions keep their own order.
//!   Workspace members are paged by `user_id`.
//! * Rule violations are 400 `invalid_request_error`, in this crate's own words. That includes changing an admin,
//!   adding somebody twice to a workspace or somebody who is not in the organization, and replacing an external key.
//!   What a person must do in the Console, or a member owns, is 403. What a body names and is not there is 400 for
//!   workspaces, issuers and accounts, and 404 for members, marketplaces, Slack places and groups.
//! * A body may have 1 MiB, a form 32 MiB of files, managed settings 1 MiB as they are stored: larger ones are
//!   `settings_document_limit_exceeded`. An empty body counts as `{}`. Null stands for "not given" in new things; in a
//!   change it is refused unless the type allows it, and changes nothing in a field that must have a value.
//! * Archiving twice keeps the first time. What is archived is no longer changed, and neither are the members of an
//!   archived workspace. An archived API key can still be renamed; an expired one can be renamed and archived.
//! * The default workspace does not count among the 100, and only inherited or added members are in it.
//! * A withdrawn invite can still be read, with status `deleted`, and is in no list.
//! * A limit of a member counts before one of a group, that before one of a seat tier, that before the one of the
//!   organization. What was spent is made up. Effective limits have a row for each period that has a limit.
//! * Groups whose roles are those of owners answer `rbac_group_grants_owner_access`. At most 100 groups have settings.
//! * Only a person may sign out a privileged member; keys get `cannot_sign_out_…`.
//! * Slack knows every channel whose id begins with `C` or `G` in a Slack workspace that is set up; models begin with
//!   `claude-`; the environments are `env_default` and `env_research`. Claude is off where nobody switched it on.
//! * An archive of a marketplace is looked at by the names in it. Of repositories, those of `acme` exist. A file with
//!   `simulator:fail-scan` in it fails the scan of its version.
//! * Webhooks take https addresses only, and their ids begin with `wh_`.
//! * Windows of budgets open with the first request and follow the simulated clock: one that stands still never opens
//!   the next. Budgets of families hold when the shared one is limited: 1,200 invites an hour; a minute, 60 for spend
//!   limits, 60 for analytics and 600 for compliance, whose replies say in headers what is left, limited or not.
//!
//! # Codes of errors
//!
//! Where the state of the organization leads to a code of the API, it is answered: `already_member`, `scan_pending`,
//! `external_key_in_workspace_policy` and so on. Others come of things that are not modelled: seats, domains, limits on
//! keys, encryption of content, changes at the same time, what an organization is enrolled in. Each of them can be
//! injected: the effect `{"code": "…"}` answers with an [`ErrorCode`], its status and its message.
//!
//! # What it does not model
//!
//! * Anything only people can do: accepting invites, creating keys, becoming an admin, making issuers strong.
//! * Limits on seats, keys and workspace members, verified domains, user profiles (any id is accepted), what a plan
//!   includes, HIPAA readiness, and concurrent changes (409).
//! * Several organizations and parents (`organization_id` must be the own one), and what API keys do outside the Admin API.
//! * Messages that are sent, and what they use: the ledger knows nothing of what happens elsewhere. Claude for science, and
//!   members of other linked organizations beyond three names. Pages of local sessions that cannot be read yet.
//! * Certificates, signatures, CEL, the contents of archives and repositories, and deliveries to anybody: nothing leaves
//!   the simulator.
//! * Delays, `allow`, other `anthropic-ratelimit-*` headers, HTTP/2, TLS and other properties of the servers in front.
//! * What operations without rules mean: they store, list, change and return objects, and an act other than `archive`
//!   does no more than that. A list is narrowed by a parameter that is called like a field (`status`, `roles[]`,
//!   `owner_type`, `created_at[gte]`); others are checked and change nothing.
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
//! `{"status": {"code": 529, "type": "…", "message": "…", "details": {}, "retry_after": 3, "should_retry": true}}`,
//! `{"code": "scan_pending"}`, `{"redirect": {"location": "…", "code": 307}}` and
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
