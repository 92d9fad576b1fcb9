//! Forms for commands whose required arguments are missing.

use super::{ChatPlatform, Conversation, Response, Submission};
use crate::command::{CommandError, Form};
use crate::document::Block;
use crate::service::{Input, Outcome, Reply, Request};
use std::sync::Arc;

impl<P: ChatPlatform> Conversation<P> {
    /// Opens a form if required arguments are missing in a command, and adds to its reply that the form is open.
    pub(super) async fn with_form(&self, mut reply: Reply, route: &P::Route, input: &Input) -> Reply {
        let form = match input {
            Input::Text { line, markup } if reply.outcome == Outcome::Usage => self.service.form(line, *markup),
            _ => None,
        };
        if let Some(form) = form
            && self.platform.open_form(route, &form).await
        {
            reply.document.blocks.push(Block::Text(format!("A form for `{}` is open.", form.command)));
        }
        reply
    }

    /// Handles the values of a form: as the command that they complete. Returns the problems that the form must show.
    pub(super) fn submit(self: Arc<Self>, submission: Submission<P>) -> Option<P::Message> {
        let Submission { principal, place, line, markup, values, key, route } = submission;
        let parsed = self.service.parse_filled(line, markup, &Form::arguments(&values));
        if let Err(error) = &parsed.command {
            return Some(self.platform.form_problems(&problems(error, &values)));
        }
        let request = Request { principal, place, input: Input::Parsed(parsed), delivery: Some(key), format: None };
        let conversation = Arc::clone(&self);
        // The form closes immediately, and the result follows.
        self.background.spawn(async move { conversation.answer(request, route, Response::Nothing).await });
        None
    }
}

/// The problems of values, by field. A problem without a field is shown below the first one.
fn problems(error: &CommandError, values: &[(String, String)]) -> Vec<(String, String)> {
    let is_field = |name: &&str| values.iter().any(|(field, _)| field == name);
    let missing = error.missing.iter().map(|missing| missing.name.as_str());
    let about = error.argument.as_deref().into_iter().chain(missing);
    let mut fields: Vec<&str> = about.filter(is_field).collect();
    if fields.is_empty() {
        fields.extend(values.first().map(|(name, _)| name.as_str()));
    }
    fields.into_iter().map(|field| (field.to_owned(), error.to_string())).collect()
}
