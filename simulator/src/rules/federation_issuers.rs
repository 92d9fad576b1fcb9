//! Federation issuers.

use super::{FederationRules, Rules, View, inner, kind, name_is_free, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::net::IpAddr;

pub(crate) struct FederationIssuers;

impl FederationIssuers {
    pub(crate) const PATH: &'static str = path_of!("federation-issuers.list");

    /// The status of fetching the keys, for an issuer whose keys were fetched now.
    pub(crate) fn fetched(now: Timestamp) -> Value {
        let next = now.checked_add(SignedDuration::from_hours(1)).unwrap_or(now);
        json!({ "consecutive_failures": 0, "last_fetched_at": now.to_string(), "next_poll_at": next.to_string() })
    }

    /// Keys that are found by discovery are fetched from the issuer, which must be publicly reachable.
    fn can_be_discovered(issuer: &Object) -> Result<(), ApiError> {
        if kind(issuer, "jwks") == "discovery" && inner(issuer, "jwks", "discovery_base").is_empty() {
            let uri: Option<Uri> = text(issuer, "issuer_url").parse().ok();
            let is_public = |host: &str| host.contains('.') && host.parse::<IpAddr>().is_err();
            if !uri.is_some_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(is_public)) {
                return Err(ApiError::invalid("issuer_url: discovery needs a public https address"));
            }
        }
        Ok(())
    }
}

impl Rules for FederationIssuers {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        if new.get("jwks").is_none_or(Value::is_null) {
            new.insert("jwks".to_owned(), json!({ "type": "discovery" }));
        }
        Self::can_be_discovered(new)?;
        name_is_free(view.store, Self::PATH, text(new, "name"), "")?;
        if kind(new, "jwks") != "inline" {
            new.insert("poll_status".to_owned(), Self::fetched(view.now));
        }
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        let id = text(item, "id");
        if FederationRules::live(view.store)
            .any(|rule| text(rule, "issuer_id") == id && FederationRules::is_strong(rule))
        {
            return Err(ApiError::forbidden(
                "A rule of this issuer has a scope beyond workspaces. Change the issuer in the Console.",
            ));
        }
        match changes.shift_remove("jwks_polling_disabled") {
            Some(Value::Bool(true)) => return Err(ApiError::invalid("jwks_polling_disabled: Input should be False")),
            Some(Value::Bool(false)) => {
                changes.insert("jwks_polling_disabled_at".to_owned(), Value::Null);
            }
            _ => {}
        }
        let mut after = item.clone();
        after.extend(changes.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())));
        Self::can_be_discovered(&after)?;
        name_is_free(view.store, Self::PATH, text(&after, "name"), id)
    }

    fn before_act(&self, _act: &str, item: &Object, view: View<'_>) -> Result<(), ApiError> {
        if FederationRules::live(view.store).any(|rule| text(rule, "issuer_id") == text(item, "id")) {
            return Err(ApiError::invalid("A federation rule that is not archived refers to this issuer."));
        }
        Ok(())
    }
}
