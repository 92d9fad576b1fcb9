//! Sessions on machines of members and in the cloud, with their transcripts.

use super::family::named;
use super::narrowing::Narrowing;
use super::transcript::{Cuts, Unit};
use crate::Object;
use crate::error::ApiError;
use crate::page;
use crate::query::Query;
use crate::reports::range::{instant, text as text_of};
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{View, text};
use crate::validate::at;
use serde_json::{Value, json};

pub(super) const LOCAL: &str = path_of!("compliance-sessions.list-local");
pub(super) const REMOTE: &str = path_of!("compliance-sessions.list-remote");
const MESSAGES: &str = "messages";

/// The maximum time for paging through a transcript, in seconds.
const WALK: i64 = 24 * 60 * 60;

/// Lists local sessions, or returns one.
pub(super) fn local(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    if target.key.is_some() {
        return named(view, target, LOCAL, "session").map(|session| without_messages(session).into());
    }
    if let (Some(from), Some(before)) = (instant(query, "created_at.gte")?, instant(query, "created_at.lt")?)
        && before <= from
    {
        return Err(at("created_at.lt", "Input should be later than created_at.gte"));
    }
    list(LOCAL, query, view)
}

pub(super) fn remote(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    list(REMOTE, query, view)
}

fn list(path: &str, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let narrowing = Narrowing::of(query)?;
    let mut sessions: Vec<&Object> = view.store.items(path).filter(|session| narrowing.fits(session, view)).collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((text(session, "created_at"), text(session, "id"))));
    let shown = sessions.into_iter().map(|session| Value::Object(without_messages(session)));
    Ok(Rows::cut(shown.collect(), query)?.plain())
}

fn without_messages(session: &Object) -> Object {
    let mut session = session.clone();
    session.shift_remove(MESSAGES);
    session
}

pub(super) fn local_messages(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let session = named(view, target, LOCAL, "session")?;
    transcript(session, query, view)
}

/// A session that has not begun has no content.
pub(super) fn remote_messages(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let session = named(view, target, REMOTE, "session")?;
    if text(session, "status") == "pending" {
        return Err(super::family::not_found("session", text(session, "id")));
    }
    transcript(session, query, view)
}

fn transcript(session: &Object, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let cuts = Cuts::of(query, Unit::Bytes)?;
    let mut messages: Vec<Value> = session.get(MESSAGES).and_then(Value::as_array).cloned().unwrap_or_default();
    if text_of(query, "order") == Some("desc") {
        messages.reverse();
    }
    for message in &mut messages {
        if let Some(content) = message.get_mut("content") {
            cuts.apply(content);
        }
    }
    let (shown, next_page) = walk(messages, query, view)?;
    Ok(json!({ "data": shown, "next_page": next_page, "session": without_messages(session) }))
}

/// A page whose cursor contains the time at which the paging began. The cursor expires after one day.
fn walk(messages: Vec<Value>, query: &Query, view: View<'_>) -> Result<(Vec<Value>, Option<String>), ApiError> {
    let fingerprint = page::fingerprint(query);
    let invalid = || at("page", "cursor is not valid");
    let (from, began) = match query.page() {
        Some(cursor) => {
            let place = page::cursor_key(cursor, &fingerprint)?;
            let (from, began) = place.split_once('.').ok_or_else(invalid)?;
            let from = from.parse::<usize>().ok().filter(|from| *from <= messages.len()).ok_or_else(invalid)?;
            (from, began.parse::<i64>().map_err(|_| invalid())?)
        }
        None => (0, view.now.as_second()),
    };
    if view.now.as_second() - began > WALK {
        return Err(at("page", "cursor has expired"));
    }
    let end = from.saturating_add(query.limit()).min(messages.len());
    let next_page = (end < messages.len()).then(|| page::cursor(&fingerprint, &format!("{end}.{began}")));
    Ok((messages.into_iter().take(end).skip(from).collect(), next_page))
}
