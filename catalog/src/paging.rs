//! How a list continues, derived from its shape.

use crate::{Input, Type, Types};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the next page of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paging {
    /// `after-id` takes the `last_id` of a page while `has_more`.
    Id {
        /// The input that takes the id of the last item shown.
        after: String,
    },
    /// `page` takes the `next_page` of a page until there is none.
    Cursor {
        /// The input that takes the cursor.
        page: String,
    },
}

impl Paging {
    /// Recognises the kind of paging of a function: its inputs and the fields of its answer tell.
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

    /// The cursor that leads on from a page; `None` at the end of the list.
    #[must_use]
    pub fn next<'p>(&self, page: &'p Value) -> Option<&'p str> {
        let cursor = match self {
            Self::Id { .. } => page.get("last_id").filter(|_| page.get("has_more") == Some(&Value::Bool(true))),
            Self::Cursor { .. } => page.get("next_page"),
        };
        cursor?.as_str()
    }
}

/// Puts the items of earlier pages in front of a page. The first page says where the whole begins.
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
