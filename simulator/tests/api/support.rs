//! A simulation for requests, and its responses.

use claude_admin_catalog::{Catalog, PackageText, Types};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN, Request, SCOPED_KEY, Simulation, SimulatorConfig};
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The version that requests send unless a test says otherwise.
pub(crate) const VERSION: &str = "2023-06-01";

pub(crate) const USERS: &str = "/v1/organizations/users";
pub(crate) const INVITES: &str = "/v1/organizations/invites";
pub(crate) const KEYS: &str = "/v1/organizations/api_keys";
pub(crate) const WORKSPACES: &str = "/v1/organizations/workspaces";

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    /// The body as JSON. Null if it is not JSON.
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The reply, which must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// The message of the error, which must have this status.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        self.body["error"]["message"].as_str().unwrap()
    }

    pub(crate) fn code(&self) -> Option<&str> {
        self.body["error"]["details"]["error_code"].as_str()
    }
}

/// The catalog, read once for all tests.
fn catalog() -> Arc<Catalog> {
    static CATALOG: OnceLock<Arc<Catalog>> = OnceLock::new();
    let read = || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        let text = PackageText::from_folder(&folder).unwrap();
        Arc::new(Catalog::from_text(&text).unwrap_or_else(|error| panic!("{error}")))
    };
    CATALOG.get_or_init(read).clone()
}

/// A simulation, asked with the Admin API key.
pub(crate) struct Api {
    pub(crate) simulation: Simulation,
    pub(crate) version: &'static str,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with(SimulatorConfig::default())
    }

    pub(crate) fn with(mut config: SimulatorConfig) -> Self {
        config.catalog.get_or_insert_with(catalog);
        Self { simulation: Simulation::new(config).unwrap(), version: VERSION }
    }

    pub(crate) fn with_members(members: usize) -> Self {
        Self::with(SimulatorConfig { members, ..SimulatorConfig::default() })
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    pub(crate) fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &body.to_string())
    }

    pub(crate) fn delete(&mut self, path: &str) -> Reply {
        self.send("DELETE", path, "")
    }

    /// Sends a request with the OAuth token.
    pub(crate) fn oauth(&mut self, method: &str, path: &str, body: Value) -> Reply {
        let bearer = format!("Bearer {OAUTH_TOKEN}");
        self.request(
            method,
            path,
            &[("authorization", &bearer), ("anthropic-version", self.version)],
            &if method == "POST" { body.to_string() } else { String::new() },
        )
    }

    /// Sends a request with the key that has every scope, and a beta.
    pub(crate) fn scoped(&mut self, method: &str, path: &str, body: Value, beta: &str) -> Reply {
        let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", self.version), ("anthropic-beta", beta)];
        self.request(method, path, &headers, &if method == "POST" { body.to_string() } else { String::new() })
    }

    /// The types of the catalog.
    pub(crate) fn types(&self) -> Types {
        self.simulation.catalog().types.clone()
    }

    /// The id with this prefix that examples name.
    #[track_caller]
    pub(crate) fn example_id(&self, prefix: &str) -> String {
        let mut words = self.simulation.catalog().actions.iter().flat_map(|a| &a.examples).flat_map(|e| e.split(' '));
        words.find(|word| word.starts_with(prefix)).unwrap_or_else(|| panic!("no example names {prefix}…")).to_owned()
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.request(method, path, &[("x-api-key", ADMIN_KEY), ("anthropic-version", self.version)], body)
    }

    /// Sends a request with exactly these headers.
    pub(crate) fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request: Request = request.body(body.to_owned().into()).unwrap();
        let response = self.simulation.handle(&request);
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or_default(),
            bytes: response.body().to_vec(),
        }
    }

    /// The items of a list, all on one page.
    #[track_caller]
    pub(crate) fn list(&mut self, path: &str) -> Vec<Value> {
        let path = format!("{path}{}limit=1000", if path.contains('?') { '&' } else { '?' });
        self.get(&path).ok()["data"].as_array().unwrap().clone()
    }

    /// The items of a list whose pages have 100 items at most.
    #[track_caller]
    pub(crate) fn list_up_to_100(&mut self, path: &str) -> Vec<Value> {
        let path = format!("{path}{}limit=100", if path.contains('?') { '&' } else { '?' });
        self.get(&path).ok()["data"].as_array().unwrap().clone()
    }

    /// The first item of a list for which a field has a value.
    #[track_caller]
    pub(crate) fn find(&mut self, path: &str, field: &str, value: &str) -> Value {
        let items = self.list(path);
        items.into_iter().find(|item| item[field] == value).unwrap_or_else(|| panic!("no {field}={value} in {path}"))
    }

    #[track_caller]
    pub(crate) fn id_of(&mut self, path: &str, field: &str, value: &str) -> String {
        self.find(path, field, value)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn advance(&mut self, duration: &str) {
        let by = claude_admin_simulator::parse_duration(duration).unwrap();
        self.simulation.clock_mut().advance(by).unwrap();
    }
}

/// The values of a field.
pub(crate) fn values<'v>(items: &'v [Value], field: &str) -> Vec<&'v str> {
    items.iter().map(|item| item[field].as_str().unwrap_or_default()).collect()
}
