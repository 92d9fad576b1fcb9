//! The paging of a list, derived from its shape.

use crate::{Input, Type, Types};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The way to request the next page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paging {
    /// `after-id` is set to the `last_id` of a page while `has_more` is true.
    Id {
        /// The input for the ID of the last item shown.
        after: String,
    },
    /// `page` is set to the `next_page` of a page until there is none.
    Cursor {
        /// The input for the cursor.
        page: String,
    },
}

impl Paging {
    /// The input for the number of items on a page.
    pub const LIMIT: &str = "limit";

    /// Detects the kind of paging of a function from its inputs and the fields of its response.
    pub(crate) fn of(inputs: &[Input], result: Option<&Type>, types: &Types) -> Option<Self> {
        let fields = types.record(result?)?;
        let has = |name: &str| fields.iter().any(|field| field.wire == name);
        let takes = |name: &str| inputs.iter().any(|input| input.name == name);
        if !has("data") {
            None
        } else if has("last_id") && takes("after-id") {
            Some(Self::Id { after: "after-id".to_owned() })
        } else if has("next_page") && takes("page") {
            Some(Self::Cursor { page: "page".to_owned() })
        } else {
            None
        }
    }

    /// The input that continues the list.
    #[must_use]
    pub fn input(&self) -> &str {
        match self {
            Self::Id { after } => after,
            Self::Cursor { page } => page,
        }
    }

    /// The inputs that set the place in the list where a page begins.
    #[must_use]
    pub fn positions(&self) -> [&str; 2] {
        [self.input(), "before-id"]
    }

    /// Reads from a page where the list continues. All code that follows, shows or counts a list uses this function.
    ///
    /// If a page has `has_more`, it decides; null is the same as false. Many lists have no such field: then a cursor
    /// means that more items follow. The number of items on a page is ignored, because a page in the middle can be
    /// empty.
    #[must_use]
    pub fn onward<'p>(&self, page: &'p Value) -> Onward<'p> {
        let field = match self {
            Self::Id { .. } => "last_id",
            Self::Cursor { .. } => "next_page",
        };
        let cursor = page.get(field).and_then(Value::as_str).filter(|cursor| !cursor.is_empty());
        match (page.get("has_more"), self, cursor) {
            (Some(Value::Bool(true)), _, None) => Onward::Lost,
            (Some(Value::Bool(true)), _, Some(cursor)) | (None, Self::Cursor { .. }, Some(cursor)) => {
                Onward::Next(cursor)
            }
            _ => Onward::End,
        }
    }
}

/// The continuation of a list after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward<'p> {
    /// None: that was the last page.
    End,
    /// The list continues at this cursor.
    Next(&'p str),
    /// More items follow, but the page has no cursor for them.
    Lost,
}

impl<'p> Onward<'p> {
    /// The cursor for the next page.
    #[must_use]
    pub fn cursor(self) -> Option<&'p str> {
        match self {
            Self::Next(cursor) => Some(cursor),
            Self::End | Self::Lost => None,
        }
    }
}

/// Puts the items of earlier pages in front of a page. The result begins where the first page begins.
#[must_use]
pub fn joined_pages(earlier: Value, mut page: Value) -> Value {
    let (Value::Object(mut earlier), Some(fields)) = (earlier, page.as_object_mut()) else { return page };
    if let Some(first) = earlier.get("first_id") {
        fields.insert("first_id".to_owned(), first.clone());
    }
    if let (Some(Value::Array(items)), Some(Value::Array(more))) = (earlier.get_mut("data"), fields.get_mut("data")) {
        items.append(more);
        std::mem::swap(items, more);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn page_states_where_the_list_goes_on() {
        let by_id = Paging::Id { after: "after-id".to_owned() };
        let by_cursor = Paging::Cursor { page: "page".to_owned() };
        // has_more, cursor, and what follows by id and by cursor; absent is written as "absent".
        for (has_more, cursor, id, page) in [
            (json!(true), json!("c"), Onward::Next("c"), Onward::Next("c")),
            (json!(true), json!(""), Onward::Lost, Onward::Lost),
            (json!(true), json!(null), Onward::Lost, Onward::Lost),
            (json!(true), json!("absent"), Onward::Lost, Onward::Lost),
            (json!(false), json!("c"), Onward::End, Onward::End),
            (json!(false), json!(null), Onward::End, Onward::End),
            (json!(null), json!("c"), Onward::End, Onward::End),
            (json!(null), json!(null), Onward::End, Onward::End),
            (json!("absent"), json!("c"), Onward::End, Onward::Next("c")),
            (json!("absent"), json!(null), Onward::End, Onward::End),
        ] {
            // A page without items is a page like any other.
            for items in [json!([]), json!([{ "id": "c" }])] {
                for (paging, field, right) in [(&by_id, "last_id", id), (&by_cursor, "next_page", page)] {
                    let mut answer = json!({ "data": items, "has_more": has_more, field: cursor });
                    answer.as_object_mut().unwrap().retain(|_, value| *value != "absent");
                    assert_eq!(paging.onward(&answer), right, "{answer}");
                }
            }
        }
    }
}
