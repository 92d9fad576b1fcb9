//! The Compliance API.

mod content;
mod directory;
mod feed;
mod review;
mod sessions;
mod switch;

use crate::support::{Api, Reply};
use claude_admin_simulator::SCOPED_KEY;
use serde_json::Value;

pub(crate) const BASE: &str = "/v1/compliance";

impl Api {
    /// Sends a request with the key of an Enterprise organization.
    pub(crate) fn audit(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", self.version)];
        self.request(method, path, &headers, body)
    }

    /// The items of a list of the Compliance API.
    #[track_caller]
    pub(crate) fn items(&mut self, path: &str) -> Vec<Value> {
        self.audit("GET", &format!("{BASE}/{path}"), "").ok()["data"].as_array().unwrap().clone()
    }
}
