//! Code that the families of the Compliance API share.

use super::is_on;
use crate::Object;
use crate::error::ApiError;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::{File, Reply};
use crate::routes::Target;
use crate::rules::{Answer, Deletion, Event, Rules, View};
use crate::store::Store;
use jiff::SignedDuration;

/// Sessions in the cloud have a second budget, which always resets after 1 second.
const REMOTE: Budget =
    Budget { name: "remote session requests", limit: 10, window: SignedDuration::from_secs(1), is_announced: true };

/// Finds the file that is downloaded.
pub(crate) type FileOf = fn(&Target<'_>, &Query, View<'_>) -> Result<File, ApiError>;

/// A family of the Compliance API: the responses to reads, and the conditions and effects of deletions.
pub(crate) struct Family {
    path: &'static str,
    answer: Answer,
    budget: Budget,
    file: Option<FileOf>,
    /// Whether the response is that for an unknown organization if the Compliance API is off.
    is_hidden: bool,
    may_go: fn(&Object, View<'_>) -> Result<(), ApiError>,
    goes_with: fn(&Object, &mut Store),
}

impl Family {
    pub(crate) const fn new(path: &'static str, answer: Answer) -> Self {
        Self {
            path,
            answer,
            budget: Budget::COMPLIANCE,
            file: None,
            is_hidden: false,
            may_go: |_, _| Ok(()),
            goes_with: |_, _| {},
        }
    }

    /// Sets the budget of sessions in the cloud.
    pub(crate) const fn of_remote_sessions(self) -> Self {
        Self { budget: REMOTE, ..self }
    }

    /// While the Compliance API is off, an organization gets the same response as an unknown one.
    pub(crate) const fn hidden_while_off(self) -> Self {
        Self { is_hidden: true, ..self }
    }

    /// The file of an item that is downloaded.
    pub(crate) const fn with_file(self, file: FileOf) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Sets the condition for deleting an item.
    pub(crate) const fn goes_if(self, may_go: fn(&Object, View<'_>) -> Result<(), ApiError>) -> Self {
        Self { may_go, ..self }
    }

    /// Sets the objects that are deleted with an item.
    pub(crate) const fn takes_along(self, goes_with: fn(&Object, &mut Store)) -> Self {
        Self { goes_with, ..self }
    }
}

impl Rules for Family {
    fn path(&self) -> &'static str {
        self.path
    }

    fn computed(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        if !is_on(view.store) {
            return Some(Err(if self.is_hidden {
                not_found("organization", target.captures.first().map_or("", |(_, id)| id))
            } else {
                ApiError::forbidden("The Compliance API is not enabled for this organization.")
            }));
        }
        match (target.operation, self.file) {
            (Operation::Delete, _) => None,
            (Operation::Download, Some(file)) => Some(file(target, query, view).map(Reply::File)),
            _ => Some((self.answer)(target, query, view).map(Reply::Json)),
        }
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        (self.may_go)(item, view).map(|()| Deletion::Remove)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        if event == Event::Deleted {
            (self.goes_with)(item, store);
        }
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(self.budget)
    }

    fn records_requests(&self) -> bool {
        true
    }
}

pub(super) fn not_found(noun: &str, id: &str) -> ApiError {
    ApiError::not_found(format!("No {noun} with id '{id}' was found."))
}

/// The parameter of a path, by place.
pub(super) fn captured<'t>(target: &'t Target<'_>, place: usize) -> &'t str {
    target.captures.get(place).map_or("", |(_, value)| value)
}

/// An item of a collection that the path names.
pub(super) fn named<'s>(view: View<'s>, target: &Target<'_>, path: &str, noun: &str) -> Result<&'s Object, ApiError> {
    let id = captured(target, 0);
    view.store.item(path, id).ok_or_else(|| not_found(noun, id))
}
