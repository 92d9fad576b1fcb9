//! The Admin API as a function of a request and the state of the organization.

use crate::caller::Caller;
use crate::compliance::ActivityRecorder;
use crate::config::SimulatorConfig;
use crate::credentials::PresentedCredential;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::message::{Request, Response};
use crate::perform::{Performance, World};
use crate::query::Query;
use crate::rate_limit::{Budget, Usage, Window};
use crate::reply::Reply;
use crate::routes::Routes;
use crate::seed;
use crate::version::ApiVersion;
use crate::{Clock, beta, body};
use claude_admin_catalog::{Catalog, CatalogError, Credential, PackageText};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::fmt;
use std::sync::Arc;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const ORGANIZATION_ID: HeaderName = HeaderName::from_static("anthropic-organization-id");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Separates the IDs of requests from those of objects, so reads do not change the IDs of later objects.
const REQUEST_IDS: u64 = 0x7265_7175_6573_7473;

/// The text of the WIT package of this project.
const PACKAGE: &str = include_str!(concat!(env!("OUT_DIR"), "/package.wit.txt"));

/// An organization and the Admin API over it, without sockets: one request in, one response out.
///
/// ```
/// use claude_admin_simulator::{ADMIN_KEY, Simulation, SimulatorConfig};
///
/// let mut simulation = Simulation::new(SimulatorConfig::default())?;
/// let request = http::Request::get("/v1/organizations/users?limit=1")
///     .header("x-api-key", ADMIN_KEY)
///     .header("anthropic-version", "2023-06-01")
///     .body(bytes::Bytes::new())?;
/// let response = simulation.handle(&request);
/// assert_eq!(response.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation {
    config: SimulatorConfig,
    routes: Routes,
    world: World,
    clock: Clock,
    request_ids: Ids,
    usage: Usage,
}

impl Simulation {
    /// Creates an organization.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] if the embedded WIT package cannot be parsed, which its own tests exclude. A catalog in the
    /// configuration cannot fail.
    pub fn new(config: SimulatorConfig) -> Result<Self, CatalogError> {
        let catalog = match &config.catalog {
            Some(catalog) => catalog.clone(),
            None => Arc::new(Catalog::from_text(&PackageText::from_section(PACKAGE))?),
        };
        let clock = config.clock.restarted();
        let routes = Routes::new(catalog);
        Ok(Self {
            world: seed::world(&config, &routes, clock.now()),
            routes,
            request_ids: Ids::new(config.seed ^ REQUEST_IDS),
            usage: Usage::default(),
            clock,
            config,
        })
    }

    /// Resets everything to the initial state: objects, clock and budgets.
    pub fn reset(&mut self) {
        self.clock = self.config.clock.restarted();
        self.world = seed::world(&self.config, &self.routes, self.clock.now());
        self.request_ids = Ids::new(self.config.seed ^ REQUEST_IDS);
        self.usage = Usage::default();
    }

    /// The operations.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.routes.catalog()
    }

    /// The configuration of the simulation.
    #[must_use]
    pub fn config(&self) -> &SimulatorConfig {
        &self.config
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The clock, to move it.
    pub fn clock_mut(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// The number of items of each collection, by path.
    pub fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.world.store.counts()
    }

    /// The operation of a request, such as `users.list`; `None` when there is none.
    pub(crate) fn action_of(&self, request: &Request) -> Option<&str> {
        let target = self.routes.find(request.method(), request.uri().path()).ok()?;
        Some(&target.action.id)
    }

    pub(crate) fn credential_of(&self, headers: &HeaderMap) -> Option<PresentedCredential> {
        self.config.credentials.identify(headers, &self.world.store.tokens)
    }

    /// Handles a request.
    pub fn handle(&mut self, request: &Request) -> Response {
        let recorder = self.recorder(request);
        let mut window = None;
        let outcome = self.answer(request, &mut window);
        if let Some(recorder) = recorder {
            // The ID of the next response.
            let request_id = self.request_ids.clone().next("req_");
            recorder.record(&mut self.world, outcome.as_ref(), &request_id, self.clock.now());
        }
        let mut response = self.respond(outcome);
        if let Some(window) = window {
            window.announce(response.headers_mut());
        }
        response
    }

    /// A recorder for the activities of a request. `None` if the caller is unknown or the operation does not exist.
    fn recorder(&self, request: &Request) -> Option<ActivityRecorder> {
        let target = self.routes.find(request.method(), request.uri().path()).ok()?;
        let (known, issued) = (&self.config.credentials, &self.world.store.tokens);
        let credential = known.authenticate(request.headers(), issued, self.clock.now()).ok()?;
        ActivityRecorder::of(&target, request, credential, &self.world)
    }

    /// Builds the response of an outcome, with the headers of every response.
    pub(crate) fn respond(&mut self, outcome: Result<Reply, ApiError>) -> Response {
        let request_id = self.request_ids.next("req_");
        // An unauthenticated caller belongs to no organization, and its response has no request ID.
        let anonymous = matches!(&outcome, Err(error) if error.status == StatusCode::UNAUTHORIZED);
        let mut response = Response::default();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if !anonymous {
            insert(headers, REQUEST_ID, &request_id);
            insert(headers, ORGANIZATION_ID, &self.world.organization_id);
        }
        match outcome {
            Ok(Reply::Json(body)) => *response.body_mut() = body.to_string().into(),
            Ok(Reply::File(file)) => {
                insert(headers, header::CONTENT_TYPE, &file.content_type);
                if let Some(disposition) = file.disposition() {
                    insert(headers, header::CONTENT_DISPOSITION, &disposition);
                }
                *response.body_mut() = file.content;
            }
            Err(error) => {
                if let Some(seconds) = error.retry_after {
                    headers.insert(header::RETRY_AFTER, seconds.into());
                }
                if let Some(advice) = error.advice() {
                    headers.insert(SHOULD_RETRY, HeaderValue::from_static(advice));
                }
                *response.body_mut() = error.body((!anonymous).then_some(&*request_id)).to_string().into();
                *response.status_mut() = error.status;
            }
        }
        response
    }

    /// The steps of a request. Each of them can return an error. The order is a choice: it is not documented.
    fn answer(&mut self, request: &Request, window: &mut Option<Window>) -> Result<Reply, ApiError> {
        let now = self.clock.now();
        let target = self.routes.find(request.method(), request.uri().path())?;
        let mut caller = Caller { organization: self.config.organization, ..Caller::default() };
        let mut version = ApiVersion::LATEST;
        // An operation without a credential authenticates its caller itself, and is not part of the versioned API.
        if !target.action.auth.contains(&Credential::None) {
            let known = &self.config.credentials;
            let credential = known.authenticate(request.headers(), &self.world.store.tokens, now)?;
            version = ApiVersion::of(request.headers())?;
            credential.authorize(target.action)?;
            caller = Caller::of(credential, self.config.organization, &self.world.owner);
        }
        let budget = Budget::of(&target, self.config.requests_per_minute);
        if let Some(budget) = budget {
            let spent = self.usage.spend(budget, self.config.requests_per_minute.is_some(), now);
            *window = budget.is_announced.then(|| self.usage.window(budget, now));
            spent?;
        }
        beta::check(target.action, target.resource.rules, request.headers())?;
        let caller = caller.asking(request.headers());
        let types = &self.routes.catalog().types;
        let query = Query::read(request.uri().query().unwrap_or_default(), target.action, types)?;
        let fields = body::read(request, target.action, target.operation, target.resource.rules, types)?;
        Performance { target: &target, world: &mut self.world, types, now, version, caller: &caller }
            .run(&query, fields)
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self.counts().collect();
        f.debug_struct("Simulation")
            .field("config", &self.config)
            .field("clock", &self.clock)
            .field("counts", &counts)
            .finish_non_exhaustive()
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // IDs are ASCII. If an ID is not, the header is omitted, and the request does not fail.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
