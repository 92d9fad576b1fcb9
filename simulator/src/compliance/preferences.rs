//! The personal instructions of members.
//!
//! The names of the fields are not documented. The names here are assumptions.

use super::directory::is_own;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::range::texts;
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{Members, View, text};
use serde_json::{Value, json};

const CLAUDE: &str = "instructions_for_claude";
const COWORK: &str = "cowork_global_instructions";

/// Lists members, and omits those without a text from each page. So a page can be empty although more pages follow.
pub(super) fn list(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let wanted = texts(query, "user_ids[]");
    let mut rows: Vec<Value> = Vec::new();
    if is_own(target, view)? {
        rows = view
            .store
            .items(Members::PATH)
            .map(|member| (text(member, "id"), text(member, "email")))
            .map(row)
            .collect();
        rows.reverse();
        for (place, row) in rows.iter_mut().enumerate() {
            write(row, place);
        }
        rows.retain(|row| wanted.is_empty() || wanted.iter().any(|id| row["user_id"] == **id));
    }
    let mut page = Rows::cut(rows, query)?;
    if !query.is_set("include_unset") {
        page.shown.retain(|row| !(row[CLAUDE].is_null() && row[COWORK].is_null()));
    }
    Ok(page.plain())
}

fn row((id, email): (&str, &str)) -> Value {
    json!({ "type": "user_preferences", "user_id": id, "email_address": email, CLAUDE: null, COWORK: null })
}

/// Some members wrote one text, some both, and some none.
fn write(row: &mut Value, place: usize) {
    if place % 5 != 3 && place % 5 != 4 {
        row[CLAUDE] = "Answer in short sentences, with the numbers first.".into();
    }
    if place % 5 == 1 || place % 5 == 3 {
        row[COWORK] = "Save drafts in the folder `drafts`, never elsewhere.".into();
    }
}
