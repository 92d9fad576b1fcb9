//! Code that the unit tests share.

use crate::admin::Admin;
use crate::convert::Called;
use crate::settings::Secret;
use claude_admin_catalog::Catalog;
use indexmap::IndexMap;
use serde_json::Value;
use std::sync::OnceLock;

/// The catalog of the gateway.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| crate::exchange::catalog().unwrap())
}

/// A replacement for the component.
pub(crate) struct Upstream<F> {
    /// Returns the result of a call. Calls are counted from 1.
    answer: F,
    /// The parameters of each call, as JSON.
    pub(crate) asked: Vec<String>,
}

impl<F: FnMut(usize) -> Called> Upstream<F> {
    pub(crate) fn new(answer: F) -> Self {
        Self { answer, asked: Vec::new() }
    }
}

impl<F: FnMut(usize) -> Called> Admin for Upstream<F> {
    fn configure(&mut self, _: Option<&str>, _: Option<Secret<'_>>) -> Result<(), String> {
        Ok(())
    }

    fn call(&mut self, _: &str, parameters: &IndexMap<String, Value>) -> Called {
        self.asked.push(parameters.values().map(Value::to_string).collect());
        (self.answer)(self.asked.len())
    }
}
