//! The policy of a host with one user, who runs it.

use super::loaded_policy::LoadedPolicy;
use super::policies::{Policies, hash};
use super::problem::{PolicyErrors, PolicyProblem};
use super::requirement::Demands;
use super::vocabulary::Vocabulary;
use cedar_policy::{Authorizer, Policy, PolicyId, PolicySet};
use claude_admin_catalog::Catalog;
use claude_admin_chat::identity::Principal;
use serde_json::json;
use std::sync::Arc;

const ID: &str = "the-operator";
const DESCRIPTION: &str = "a user who can start the host with its credential can use that credential";

impl Policies {
    /// Permits everything to one user, and nothing to other users.
    ///
    /// The policy is built, not parsed, so it contains no external text that could be invalid.
    ///
    /// # Errors
    ///
    /// The names of the catalog that conflict with names of the host.
    pub fn of_operator(catalog: &Catalog, principal: &Principal) -> Result<Self, PolicyErrors> {
        let defect = |error: &dyn std::fmt::Display| {
            PolicyErrors(vec![PolicyProblem::of_catalog(format!("they do not fit the built-in policy: {error}"))])
        };
        let everything = json!({ "op": "All" });
        let policy = json!({
            "effect": "permit",
            "principal": { "op": "==", "entity": { "type": "User", "id": principal.to_string() } },
            "action": everything,
            "resource": everything,
            "conditions": [],
            "annotations": { "id": ID, "description": DESCRIPTION },
        });
        let cedar = Policy::from_json(Some(PolicyId::new(ID)), policy).map_err(|error| defect(&error))?;
        let policy = LoadedPolicy {
            delegates: false,
            id: ID.to_owned(),
            line: 1,
            description: Some(DESCRIPTION.to_owned()),
            demands: Demands::default(),
            conditions: Vec::new(),
            cedar: cedar.clone(),
        };
        Ok(Self {
            vocabulary: Arc::new(Vocabulary::of(catalog)?),
            groups: Default::default(),
            groups_named: Default::default(),
            authorizer: Authorizer::new(),
            set: PolicySet::from_policies([cedar]).map_err(|error| defect(&error))?,
            policies: vec![policy],
            warnings: Vec::new(),
            hash: hash(&text(principal)),
        })
    }
}

/// The policy as text. The audit log contains the hash of this text.
fn text(principal: &Principal) -> String {
    format!(
        "@id(\"{ID}\")\n@description(\"{DESCRIPTION}\")\npermit(principal == User::\"{principal}\", action, resource);\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::CATALOG;
    use super::*;

    #[test]
    fn the_policy_that_is_made_is_the_one_that_its_text_says() {
        let principal: Principal = "local:ada".parse().unwrap();
        let made = Policies::of_operator(&CATALOG, &principal).unwrap();
        let read = Policies::parse(&CATALOG, &Default::default(), "built-in", &text(&principal)).unwrap();
        let [made_policy, read_policy] = [&made, &read].map(|policies| {
            let [policy] = policies.policies.as_slice() else { panic!("one policy") };
            let LoadedPolicy { id, line, description, demands, conditions, delegates, cedar } = policy;
            format!(
                "{id} {line} {description:?} {demands:?} {conditions:?} {delegates} {} {}",
                cedar.id(),
                cedar.to_json().unwrap()
            )
        });
        assert_eq!(made_policy, read_policy);
        assert_eq!((made.hash(), made.len()), (read.hash(), 1));
        assert_eq!(made.set.policies().count(), 1);
        assert!(read.warnings().is_empty());
    }
}
