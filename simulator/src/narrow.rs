//! Query parameters that filter a list.

use crate::Object;
use jiff::Timestamp;
use serde_json::Value;

/// Parameters for the range of a report. They are not fields of its rows.
const PERIODS: [&str; 5] = ["starting_at", "ending_at", "starting_date", "ending_date", "date"];

/// Whether an item matches a parameter. The parameter is compared with the field of its name (`status`, or `role` for
/// `roles[]`), or with a field of an object (`owner_type` is the `type` of `owner`). It can also be a bound of an
/// instant (`created_at[gte]`, `created_at.gte`). A parameter without a matching field filters nothing.
pub(crate) fn fits(parameter: &str, values: &[Value], field: impl Fn(&str) -> Option<Value>) -> bool {
    if let Some((name, bound)) = bound(parameter) {
        let instant = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
        return match (field(name).as_ref().and_then(instant), values.first().and_then(instant)) {
            (Some(at), Some(limit)) => match bound {
                "gt" => at > limit,
                "gte" => at >= limit,
                "lt" => at < limit,
                _ => at <= limit,
            },
            _ => true,
        };
    }
    if PERIODS.contains(&parameter) {
        return true;
    }
    let name = parameter.trim_end_matches("[]");
    let names = [Some(name), name.strip_suffix('s'), name.strip_suffix("es")];
    let found = names.into_iter().flatten().find_map(|name| field(name).or_else(|| inner(name, &field)));
    found.is_none_or(|value| values.contains(&value))
}

/// The name and the comparison of a parameter such as `created_at[gte]`.
fn bound(parameter: &str) -> Option<(&str, &str)> {
    let (name, bound) = match parameter.strip_suffix(']') {
        Some(inside) => inside.split_once('[')?,
        None => parameter.rsplit_once('.')?,
    };
    ["gt", "gte", "lt", "lte"].contains(&bound).then_some((name, bound))
}

/// A field of an object. It is null if the object exists without the field.
fn inner(name: &str, field: impl Fn(&str) -> Option<Value>) -> Option<Value> {
    name.match_indices('_').find_map(|(index, _)| match field(&name[..index])? {
        Value::Object(object) => Some(pick(&object, &name[index + 1..])),
        _ => None,
    })
}

fn pick(object: &Object, name: &str) -> Value {
    object.get(name).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_find_their_fields() {
        let item = json!({
            "role": "admin", "created_at": "2026-01-02T00:00:00Z", "owner": { "type": "user", "user_id": "user_1" },
        });
        let fits = |parameter: &str, value: &str| fits(parameter, &[json!(value)], |name| item.get(name).cloned());
        assert!(fits("roles[]", "admin") && !fits("roles[]", "user"));
        assert!(fits("owner_type", "user") && !fits("owner_type", "organization"));
        assert!(fits("owner_user_id", "user_1") && !fits("owner_user_id", "user_2"));
        assert!(!fits("owner_colour", "red"), "the object does not have it");
        assert!(fits("anything", "else"));
    }

    #[test]
    fn bounds_are_compared_as_instants() {
        let field = |_: &str| Some(json!("2026-01-02T00:00:00Z"));
        for (parameter, limit, fit) in [
            ("created_at[gt]", "2026-01-02T00:00:00Z", false),
            ("created_at[gte]", "2026-01-02T01:00:00+01:00", true),
            ("created_at.lt", "2026-01-02T00:00:00Z", false),
            ("created_at.lte", "2026-01-02T00:00:00Z", true),
        ] {
            assert_eq!(fits(parameter, &[json!(limit)], field), fit, "{parameter}");
        }
    }
}
