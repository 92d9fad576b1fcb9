//! The reads that are checked, their order, and the reads that are left out.

use super::NotChecked;
use crate::command::Arguments;
use crate::egress::{CredentialError, Credentials};
use claude_admin_catalog::{Action, Catalog, Method, Place, ReplyForm};
use std::sync::Arc;

/// The reads of a catalog to which a credential grants access.
#[derive(Debug)]
pub struct Plan<'c> {
    pub(super) actions: Vec<&'c Arc<Action>>,
    pub(super) left_out: Vec<NotChecked>,
}

impl<'c> Plan<'c> {
    /// Plans the check. Confidential reads and files are always left out.
    #[must_use]
    pub fn of(catalog: &'c Catalog, credentials: &Credentials) -> Self {
        let (mut actions, mut left_out) = (Vec::new(), Vec::new());
        for action in catalog.actions.iter().filter(|action| action.http.method == Method::Get) {
            match reason(action, credentials) {
                None => actions.push(action),
                Some(reason) => left_out.push(NotChecked { action: action.id.clone(), reason }),
            }
        }
        // Lists come before the reads that need their IDs.
        let ids = |action: &Action| action.inputs.iter().filter(|input| input.place == Place::Path).count();
        actions.sort_by_key(|action| (ids(action), action.paging.is_none()));
        Self { actions, left_out }
    }

    /// The largest number of requests, without retries.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.actions.len()
    }
}

/// Why an action is not checked, regardless of the data in the API.
fn reason(action: &Action, credentials: &Credentials) -> Option<String> {
    if action.is_confidential() {
        return Some("confidential: the reply contains texts that people wrote".to_owned());
    }
    if action.writes() {
        return Some("it is a write".to_owned());
    }
    if action.reply_form == ReplyForm::Bytes {
        return Some("the reply is a file".to_owned());
    }
    credentials.obstacle(action, &Arguments::new()).map(|obstacle| match obstacle {
        CredentialError::Missing { needed, .. } => format!("no credential for it: it requires {needed}"),
        CredentialError::Unavailable { platform, available, .. } => {
            format!("it does not exist on {platform}, only on {available}")
        }
        CredentialError::Workload(_) => "the workload identity gave no token".to_owned(),
    })
}
