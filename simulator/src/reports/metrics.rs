//! The values of rows of analytics, and the metric that orders them.

use super::ledger::Sums;
use super::money::NanoCents;
use super::prices::Item;
use crate::Object;
use serde_json::{Value, json};

/// The parts of a cost that share one row: those with the same values in the dimensions of items.
pub(crate) fn parts(of_items: &[&str]) -> Vec<(Vec<Item>, Option<&'static str>, Option<&'static str>)> {
    let (by_cost, by_token) = (of_items.contains(&"cost_type"), of_items.contains(&"token_type"));
    let mut parts: Vec<(Vec<Item>, Option<&'static str>, Option<&'static str>)> = Vec::new();
    for item in Item::ALL {
        let cost_type = by_cost.then(|| item.cost_type());
        let token_type = item.token_type().filter(|_| by_token);
        match parts.iter_mut().find(|(_, cost, token)| (*cost, *token) == (cost_type, token_type)) {
            Some((items, _, _)) => items.push(item),
            None => parts.push((vec![item], cost_type, token_type)),
        }
    }
    parts
}

/// The charged amount of some items, and their amount at list prices.
pub(crate) fn amounts(sums: &Sums, items: &[Item]) -> (NanoCents, NanoCents) {
    let sum = |of: &[NanoCents; Item::COUNT]| items.iter().map(|item| of[*item as usize]).sum();
    (sum(&sums.cost), sum(&sums.list))
}

/// The fields of a cost. A request belongs to no part, so rows of parts have no number of requests.
pub(crate) fn cost(sums: &Sums, items: &[Item]) -> Object {
    let (amount, list_amount) = amounts(sums, items);
    let requests = (items.len() == Item::COUNT).then_some(sums.usage.requests);
    Object::from_iter([
        ("amount".to_owned(), json!(amount.to_string())),
        ("currency".to_owned(), json!("USD")),
        ("list_amount".to_owned(), json!(list_amount.to_string())),
        ("requests".to_owned(), json!(requests)),
    ])
}

/// The fields of usage that every report has.
pub(crate) fn usage(sums: &Sums) -> Object {
    let usage = &sums.usage;
    Object::from_iter([
        ("uncached_input_tokens".to_owned(), json!(usage.of(Item::UncachedInput))),
        ("cache_creation".to_owned(), usage.cache_creation()),
        ("cache_read_input_tokens".to_owned(), json!(usage.of(Item::CacheRead))),
        ("output_tokens".to_owned(), json!(usage.of(Item::Output))),
        ("requests".to_owned(), json!(usage.requests)),
        ("server_tool_use".to_owned(), usage.server_tool_use()),
    ])
}

/// Usage with the number of all tokens.
pub(crate) fn usage_with_total(sums: &Sums) -> Object {
    let mut fields = usage(sums);
    fields.insert("total_tokens".to_owned(), json!(sums.usage.total_tokens()));
    fields
}

/// The metric that orders rows.
pub(crate) fn rank(sums: &Sums, order_by: &str) -> i128 {
    let usage = &sums.usage;
    match order_by {
        "list_amount" => amounts(sums, &Item::ALL).1.0,
        "amount" => amounts(sums, &Item::ALL).0.0,
        "output_tokens" => usage.of(Item::Output).into(),
        "requests" => usage.requests.into(),
        "uncached_input_tokens" => usage.of(Item::UncachedInput).into(),
        _ => usage.total_tokens().into(),
    }
}

/// The values of a row in some dimensions. They are null if the rows are not grouped by that dimension.
pub(crate) fn values(dimensions: &[&str], group_by: &[&str], key: &[Option<String>]) -> Object {
    let value = |dimension: &str| -> Value {
        let place = group_by.iter().position(|by| *by == dimension);
        place.and_then(|place| key.get(place)?.clone()).into()
    };
    dimensions.iter().map(|dimension| ((*dimension).to_owned(), value(dimension))).collect()
}
