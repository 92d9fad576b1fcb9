//! A simulation to ask, and what it answered.

use claude_admin_simulator::{ADMIN_KEY, Request, Simulation, SimulatorConfig};
use serde_json::Value;

/// The version that requests send unless a test says otherwise.
pub(crate) const VERSION: &str = "2023-06-01";

pub(crate) const USERS: &str = "/v1/organizations/users";
pub(crate) const INVITES: &str = "/v1/organizations/invites";
pub(crate) const KEYS: &str = "/v1/organizations/api_keys";
pub(crate) const WORKSPACES: &str = "/v1/organizations/workspaces";

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
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

/// A simulation, asked with the Admin API key.
pub(crate) struct Api {
    pub(crate) simulation: Simulation,
    pub(crate) version: &'static str,
}

impl Api {
    pub(crate) fn new() -> Self {
        Self::with(SimulatorConfig::default())
    }

    pub(crate) fn with(config: SimulatorConfig) -> Self {
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
            body: serde_json::from_slice(response.body()).unwrap(),
        }
    }

    /// The items of a list, all on one page.
    #[track_caller]
    pub(crate) fn list(&mut self, path: &str) -> Vec<Value> {
        let path = format!("{path}{}limit=1000", if path.contains('?') { '&' } else { '?' });
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
