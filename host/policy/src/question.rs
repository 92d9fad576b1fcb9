//! The request that the policy evaluates.

use super::asker::Asker;
use super::delegation::InPlaybook;
use super::vocabulary::{KnownAction, Vocabulary};
use cedar_policy::{Context, Request, RestrictedExpression};
use claude_admin_catalog::{Action, snake_case};
use claude_admin_chat::command::Arguments;
use serde_json::Value;

/// One question: can this user run exactly this action, here and now?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The requester and the place.
    pub asker: Asker<'a>,
    /// The action.
    pub action: &'a Action,
    /// The arguments of the action.
    pub arguments: &'a Arguments,
    /// The reason that is given.
    pub reason: Option<&'a str>,
    /// The playbook that it belongs to.
    pub playbook: Option<&'a InPlaybook>,
    /// The time. Policies see it in whole seconds.
    pub now: jiff::Timestamp,
}

/// The reason why the policy cannot evaluate a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unaskable {
    /// An argument cannot be converted for the policy. The text names the argument and the problem.
    Argument(String),
    /// Another problem, which is a bug in the host.
    Internal(String),
}

impl Vocabulary {
    /// The request for Cedar.
    pub(super) fn request(&self, question: &Question<'_>, action: &KnownAction) -> Result<Request, Unaskable> {
        // A blank reason counts as no reason.
        let reason = question.reason.filter(|reason| !reason.trim().is_empty());
        let context = [
            Some(("arguments".to_owned(), self.arguments(question, action)?)),
            Some(("cleared".to_owned(), cleared(question.arguments))),
            question.playbook.map(in_playbook).transpose()?.map(|record| ("playbook".to_owned(), record)),
            reason.map(|reason| ("reason".to_owned(), RestrictedExpression::new_string(reason.to_owned()))),
            Some(("time".to_owned(), self.remembered.time(question.now))),
        ];
        self.request_with(&question.asker, action, context.into_iter().flatten())
    }

    /// A request for an action of the host itself.
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
        // The schema is also checked here, so policies never receive a request of a form for which they were not
        // checked.
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

/// The playbook, as policies see it.
fn in_playbook(playbook: &InPlaybook) -> Result<RestrictedExpression, Unaskable> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let attributes = [
        ("name".to_owned(), text(&playbook.name)),
        ("digest".to_owned(), text(&playbook.digest)),
        ("steps".to_owned(), RestrictedExpression::new_long(playbook.steps.into())),
    ];
    RestrictedExpression::new_record(attributes).map_err(|error| Unaskable::Internal(error.to_string()))
}

/// The names of the arguments that are given as null: they remove a value.
fn cleared(arguments: &Arguments) -> RestrictedExpression {
    let nulls = arguments.iter().filter(|(_, value)| value.is_null());
    RestrictedExpression::new_set(nulls.map(|(name, _)| RestrictedExpression::new_string(snake_case(name))))
}
