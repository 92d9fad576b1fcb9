//! Amounts of usage.

use super::prices::Item;
use serde_json::{Value, json};
use std::ops::AddAssign;

/// The amount of usage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) requests: i64,
    /// Tokens, searches and hours, by priced item.
    pub(crate) items: [i64; Item::COUNT],
}

impl Usage {
    pub(crate) fn of(&self, item: Item) -> i64 {
        self.items[item as usize]
    }

    pub(crate) fn total_tokens(&self) -> i64 {
        Item::ALL.into_iter().filter(|item| item.token_type().is_some()).map(|item| self.of(item)).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn cache_creation(&self) -> Value {
        json!({
            "ephemeral_1h_input_tokens": self.of(Item::CacheWrite1h),
            "ephemeral_5m_input_tokens": self.of(Item::CacheWrite5m),
        })
    }

    pub(crate) fn server_tool_use(&self) -> Value {
        json!({ "web_search_requests": self.of(Item::WebSearch) })
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        for (sum, more) in self.items.iter_mut().zip(other.items) {
            *sum += more;
        }
    }
}
