//! Rows in the requested order.

use super::range::text;
use crate::error::ApiError;
use crate::query::Query;
use crate::validate::at;
use serde_json::Value;
use std::cmp::Ordering;

/// Orders rows by the field that a query names, with dots for fields inside fields. The order of equal rows does not
/// change.
pub(crate) fn by(query: &Query, mut rows: Vec<Value>) -> Result<Vec<Value>, ApiError> {
    let ascending = text(query, "order") == Some("asc");
    let Some(field) = text(query, "order_by") else {
        // Without `order_by`, the rows are already in order, largest first.
        if ascending {
            rows.reverse();
        }
        return Ok(rows);
    };
    let pointer = format!("/{}", field.replace('.', "/"));
    let is_known = |row: &Value| row.pointer(&pointer).is_some_and(|value| !value.is_object() && !value.is_array());
    if rows.first().is_some_and(|row| !is_known(row)) {
        return Err(at("order_by", format!("'{field}' is not a field that rows can be ordered by")));
    }
    rows.sort_by(|one, other| {
        let order = compare(one.pointer(&pointer), other.pointer(&pointer));
        if ascending { order } else { order.reverse() }
    });
    Ok(rows)
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one_number, other_number) => {
            one_number.is_some().cmp(&other_number.is_some()).then_with(|| text(one).cmp(&text(other)))
        }
    }
}
