//! Webhook endpoints.

use super::{Rules, Scene, View, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::listing::{Listing, Order};
use crate::query::Query;
use crate::routes::Target;
use serde_json::Value;

pub(crate) struct Webhooks;

/// The maximum number of endpoints of an organization, including disabled ones.
const LIMIT: usize = 32;
/// The number of items for a limit of 0, the default.
const PAGE: usize = 20;
const SECRET: &str = "signing_secret";

impl Webhooks {
    pub(crate) const PATH: &'static str = path_of!("webhooks.list");
}

impl Rules for Webhooks {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, _target: &Target<'_>, query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        let order = if query.text("order") == Some("asc") { Order::OldestFirst } else { Order::NewestFirst };
        let limit = (query.limit() == 0).then_some(PAGE);
        Ok(Listing { order, limit, before_from_the_start: true, ..Listing::default() })
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, ids: &mut Ids) -> Result<(), ApiError> {
        if view.store.collection(Self::PATH).is_some_and(|all| all.len() >= LIMIT) {
            return Err(ApiError::invalid(format!("An organization can have at most {LIMIT} webhook endpoints.")));
        }
        is_secure(new)?;
        new.insert("id".to_owned(), ids.next("wh_").into());
        new.insert("state".to_owned(), "enabled".into());
        new.insert(SECRET.to_owned(), ids.next("whsec_").into());
        Ok(())
    }

    fn before_update(&self, _item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        is_secure(changes)?;
        // An empty list does not change the events.
        changes.retain(|name, value| name != "enabled_events" || value.as_array().is_some_and(|list| !list.is_empty()));
        match text(changes, "state") {
            "enabled" => changes.insert("disabled_reason".to_owned(), "".into()),
            "disabled" => changes.insert("disabled_reason".to_owned(), "Switched off through the API.".into()),
            _ => None,
        };
        Ok(())
    }

    /// Only this reply contains the new secret, and only the reply to the creation contained the first one.
    fn act(&self, _: &str, item: &mut Object, _: &Object, scene: &mut Scene<'_>) -> Result<Option<Object>, ApiError> {
        let secret = Value::from(scene.ids.next("whsec_"));
        item.insert(SECRET.to_owned(), secret.clone());
        item.insert("updated_at".to_owned(), scene.now.to_string().into());
        Ok(Some(Object::from_iter([(SECRET.to_owned(), secret)])))
    }
}

fn is_secure(sent: &Object) -> Result<(), ApiError> {
    match text(sent, "url") {
        "" => Ok(()),
        url if url.to_ascii_lowercase().starts_with("https://") => Ok(()),
        _ => Err(ApiError::invalid("url: Input should be an https address")),
    }
}
