//! The component that the gateway calls.

use crate::convert::Called;
use crate::settings::Secret;
use crate::world::claude::admin::settings::{self, Credential};
use indexmap::IndexMap;
use serde_json::Value;

/// The functions of the component. Tests have another implementation.
pub(crate) trait Admin {
    /// Configures the component: it sends requests with this secret, to `base_url` or to the API directly.
    ///
    /// # Errors
    ///
    /// The reason why the address cannot be used.
    fn configure(&mut self, base_url: Option<&str>, secret: Option<Secret<'_>>) -> Result<(), String>;

    /// Calls the function of an action.
    fn call(&mut self, action: &str, parameters: &IndexMap<String, Value>) -> Called;
}

/// The component that the gateway is composed with.
pub(crate) struct Component;

impl Admin for Component {
    fn configure(&mut self, base_url: Option<&str>, secret: Option<Secret<'_>>) -> Result<(), String> {
        let credential = secret.map(|secret| match secret {
            Secret::Key(key) => Credential::AdminKey(key.to_owned()),
            Secret::Token(token) => Credential::OauthToken(token.to_owned()),
        });
        settings::configure(base_url, credential.as_ref(), None)
    }

    fn call(&mut self, action: &str, parameters: &IndexMap<String, Value>) -> Called {
        crate::generated::call(action, parameters)
    }
}
