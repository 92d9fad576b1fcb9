//! What is asked of the policy.

use super::vocabulary::{KnownAction, Vocabulary};
use cedar_policy::{Context, Request, RestrictedExpression};
use claude_admin_catalog::{Action, snake_case};
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Place, Principal};
use serde_json::Value;
use std::collections::BTreeSet;

/// Who asks, and where.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The groups that they are in: names of the configuration, and `slack:TEAM/SXXX` for user groups of Slack.
    pub groups: &'a BTreeSet<String>,
    /// Where.
    pub place: &'a Place,
}

/// One question: may this person do exactly this, here and now?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks, and where.
    pub asker: Asker<'a>,
    /// The action.
    pub action: &'a Action,
    /// Its arguments.
    pub arguments: &'a Arguments,
    /// The reason that is given.
    pub reason: Option<&'a str>,
    /// The time. Policies see it to the second.
    pub now: jiff::Timestamp,
}

/// Why a question cannot be put to the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unaskable {
    /// An argument cannot be shown to it. The text tells the person which, and why.
    Argument(String),
    /// Anything else, which is a defect of the host.
    Internal(String),
}

impl Vocabulary {
    /// The question in the words of Cedar.
    pub(super) fn request(&self, question: &Question<'_>, action: &KnownAction) -> Result<Request, Unaskable> {
        // A reason that says nothing is none.
        let reason = question.reason.filter(|reason| !reason.trim().is_empty());
        let context = [
            Some(("arguments".to_owned(), self.arguments(question, action)?)),
            Some(("cleared".to_owned(), cleared(question.arguments))),
            reason.map(|reason| ("reason".to_owned(), RestrictedExpression::new_string(reason.to_owned()))),
            Some(("time".to_owned(), self.remembered.time(question.now))),
        ];
        self.request_with(&question.asker, action, context.into_iter().flatten())
    }

    /// A question about something that the host itself offers.
    pub(super) fn host_request(
        &self,
        asker: &Asker<'_>,
        action: &KnownAction,
        now: jiff::Timestamp,
    ) -> Result<Request, Unaskable> {
        self.request_with(asker, action, [("time".to_owned(), self.remembered.time(now))])
    }

    fn request_with(
        &self,
        asker: &Asker<'_>,
        action: &KnownAction,
        context: impl IntoIterator<Item = (String, RestrictedExpression)>,
    ) -> Result<Request, Unaskable> {
        let context = Context::from_pairs(context).map_err(|error| Unaskable::Internal(error.to_string()))?;
        let (user, place) = (self.types.user(asker.principal), self.types.place(asker.place));
        // The schema is checked here too, so that policies never see a question of a shape they were not checked for.
        let schema = self.schema_with(action).map_err(|error| Unaskable::Internal(error.to_string()))?;
        Request::new(user, action.entity.uid(), place, context, Some(schema))
            .map_err(|error| Unaskable::Internal(error.to_string()))
    }

    fn arguments(&self, question: &Question<'_>, action: &KnownAction) -> Result<RestrictedExpression, Unaskable> {
        let known = |name: &String| action.arguments().iter().any(|argument| argument.input == *name);
        if let Some(unknown) = question.arguments.keys().find(|name| !known(name)) {
            return Err(Unaskable::Internal(format!("`{}` has no argument `{unknown}`", question.action.id)));
        }
        let mut attributes = Vec::new();
        for argument in action.arguments() {
            match question.arguments.get(&argument.input) {
                None | Some(Value::Null) => {}
                Some(value) => match argument.ty.expression(value) {
                    Ok(value) => attributes.push((argument.attribute.clone(), value)),
                    Err(problem) => return Err(Unaskable::Argument(format!("`{}` {problem}", argument.input))),
                },
            }
        }
        RestrictedExpression::new_record(attributes).map_err(|error| Unaskable::Internal(error.to_string()))
    }
}

/// The names of the arguments that are given as null: they remove a value.
fn cleared(arguments: &Arguments) -> RestrictedExpression {
    let nulls = arguments.iter().filter(|(_, value)| value.is_null());
    RestrictedExpression::new_set(nulls.map(|(name, _)| RestrictedExpression::new_string(snake_case(name))))
}
