//! The workspaces that a federation rule is enabled for.

use super::{Existing, FederationRules, Rules, View, Workspaces, is_archived, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::listing::{Listing, Order};
use crate::operation::Operation;
use crate::query::Query;
use crate::routes::Target;
use serde_json::json;

pub(crate) struct FederationRuleWorkspaces;

impl FederationRuleWorkspaces {
    pub(super) const PATH: &'static str = path_of!("federation-rule-workspaces.list");
}

impl Rules for FederationRuleWorkspaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    /// One page, regardless of the requested limit.
    fn listing(&self, _target: &Target<'_>, _query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing { order: Order::OldestFirst, one_page: true, ..Listing::default() })
    }

    /// Only lists contain the name of the workspace.
    fn shows(&self, item: &mut Object, query: Option<&Query>, view: View<'_>) {
        let workspace = query.and_then(|_| view.store.item(Workspaces::PATH, text(item, "workspace_id")));
        item.insert("workspace_name".to_owned(), workspace.and_then(|workspace| workspace.get("name")).cloned().into());
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let workspace = text(new, "workspace_id");
        let enabled = view.store.item(&FederationRules::workspaces_of(text(new, "rule_id")), workspace);
        enabled.map(|_| Existing::Keep(workspace.to_owned()))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let rule = text(new, "rule_id").to_owned();
        if view.store.item(FederationRules::PATH, &rule).is_some_and(is_archived) {
            return Err(ApiError::invalid("The federation rule is archived."));
        }
        Workspaces::takes_new(view.store, text(new, "workspace_id"))?;
        new.insert("federation_rule_id".to_owned(), rule.into());
        Ok(())
    }

    /// Disabling a workspace that is not enabled succeeds.
    fn absent(&self, target: &Target<'_>, _view: View<'_>) -> Result<Option<Object>, ApiError> {
        let rule = target.parents.first().map(|rule| rule.key.as_str());
        match (target.operation, rule) {
            (Operation::Delete, Some(rule)) => {
                Ok(json!({ "federation_rule_id": rule, "workspace_id": target.key }).as_object().cloned())
            }
            _ => Ok(None),
        }
    }
}
