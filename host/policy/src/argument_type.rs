//! The Cedar type of an argument, and its values.

use cedar_policy::RestrictedExpression;
use claude_admin_catalog::{Kind, Type, Types, VariantForm};
use serde_json::{Map, Value};
use std::fmt;

/// The Cedar type of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArgumentType {
    /// True or false.
    Bool,
    /// A whole number.
    Long,
    /// A text: a name, an ID, one of the allowed values, an instant.
    Text,
    /// A word if the value is a word, otherwise its JSON text.
    WordOrJson,
    /// A value for which Cedar has no type: its JSON text, with sorted keys and without spaces.
    Json,
    /// Several values, in no order.
    Set(Box<Self>),
    /// Keys with values.
    Map(Box<Self>),
}

impl ArgumentType {
    /// The Cedar type of values of a WIT type.
    pub(super) fn of(types: &Types, ty: &Type) -> Self {
        if let Some(value) = types.map_value(ty) {
            return Self::Map(Box::new(Self::of(types, types.optional(value).unwrap_or(value))));
        }
        match ty {
            Type::Bool => Self::Bool,
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => Self::Long,
            Type::Char | Type::String => Self::Text,
            Type::List(item) => Self::Set(Box::new(Self::of(types, item))),
            // Cedar has no fractional numbers. Its sets cannot contain null values or values of different types.
            Type::F32 | Type::F64 | Type::Option(_) | Type::Tuple(_) => Self::Json,
            Type::Named(_) if types.format(ty) == Some("json") => Self::Json,
            Type::Named(id) => match &types.get(*id).kind {
                Kind::Alias(target) => Self::of(types, target),
                Kind::Enum(_) | Kind::Variant { form: VariantForm::OpenWords, .. } => Self::Text,
                Kind::Variant { form: VariantForm::WordOrValue, .. } => Self::WordOrJson,
                Kind::Record(_) | Kind::Variant { .. } => Self::Json,
            },
        }
    }

    /// The value as Cedar sees it.
    ///
    /// # Errors
    ///
    /// The problem with the value, as the end of a sentence that begins with the name of the argument.
    pub(super) fn expression(&self, value: &Value) -> Result<RestrictedExpression, String> {
        match (self, value) {
            (Self::Bool, Value::Bool(value)) => Ok(RestrictedExpression::new_bool(*value)),
            (Self::Long, Value::Number(number)) => match number.as_i64() {
                Some(number) => Ok(RestrictedExpression::new_long(number)),
                None if number.is_u64() => {
                    Err(format!("is more than {}, the maximum that a policy can compare", i64::MAX))
                }
                None => Err("is not a whole number".to_owned()),
            },
            (Self::Text | Self::WordOrJson, Value::String(text)) => Ok(RestrictedExpression::new_string(text.clone())),
            (Self::Json | Self::WordOrJson, value) => {
                Ok(RestrictedExpression::new_string(with_sorted_keys(value).to_string()))
            }
            (Self::Set(item), Value::Array(items)) => Ok(RestrictedExpression::new_set(
                items.iter().map(|value| item.expression(value)).collect::<Result<Vec<_>, _>>()?,
            )),
            (Self::Map(value), Value::Object(entries)) => map(value, entries),
            (expected, _) => Err(format!("is not a {expected}")),
        }
    }
}

/// The type as the schema writes it.
impl fmt::Display for ArgumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("Bool"),
            Self::Long => f.write_str("Long"),
            Self::Text | Self::WordOrJson | Self::Json => f.write_str("String"),
            Self::Set(item) => write!(f, "Set<{item}>"),
            Self::Map(value) => {
                write!(
                    f,
                    "{{ keys: Set<String>, entries: Set<{{ key: String, value: {value} }}>, removed: Set<String> }}"
                )
            }
        }
    }
}

/// A map is represented by three sets. One set with optional values would be simpler, but Cedar does not compare
/// records whose attributes are optional in only one of them. No policy could then name an entry.
fn map(value_type: &ArgumentType, entries: &Map<String, Value>) -> Result<RestrictedExpression, String> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let keys = entries.keys().map(|key| text(key));
    let removed = entries.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| text(key));
    let given = entries.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| {
        let value = value_type.expression(value).map_err(|problem| format!("has an entry `{key}` that {problem}"))?;
        record([("key", text(key)), ("value", value)])
    });
    record([
        ("keys", RestrictedExpression::new_set(keys)),
        ("entries", RestrictedExpression::new_set(given.collect::<Result<Vec<_>, _>>()?)),
        ("removed", RestrictedExpression::new_set(removed)),
    ])
}

fn record<const N: usize>(fields: [(&str, RestrictedExpression); N]) -> Result<RestrictedExpression, String> {
    RestrictedExpression::new_record(fields.map(|(name, value)| (name.to_owned(), value)))
        .map_err(|error| format!("cannot be shown to a policy: {error}"))
}

/// Equal values have equal texts, independent of the order of their keys.
fn with_sorted_keys(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), with_sorted_keys(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(with_sorted_keys).collect()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SHAPES, arguments, sample, shape_policies, someone};
    use super::super::{Decision, DenialKind};
    use serde_json::{Value, json};

    /// Whether a condition is true for arguments of `shapes.make`.
    fn holds(condition: &str, given: Value) -> bool {
        let policies = shape_policies(&format!(
            "permit(principal, action == Action::\"shapes.make\", resource) when {{ {condition} }};"
        ));
        let mut all = json!({ "id": "a", "many": [1] });
        all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let decision = policies.decide(&someone(&[]).asks(SHAPES.action("shapes.make").unwrap(), &arguments(all)));
        if let Decision::Deny(denial) = &decision {
            assert_eq!(denial.kind, DenialKind::NothingPermits, "{}", denial.message);
        }
        decision.requirements().is_some()
    }

    #[test]
    fn policies_see_arguments_of_every_shape() {
        for (condition, given) in [
            ("context.arguments.id == \"a\"", json!({})),
            ("context.arguments has flag && context.arguments.flag", json!({ "flag": true })),
            ("context.arguments has big && context.arguments.big == 9223372036854775807", json!({ "big": i64::MAX })),
            ("context.arguments has \"in\" && context.arguments[\"in\"] < 0", json!({ "in": -3 })),
            ("context.arguments has ratio && context.arguments.ratio == \"0.5\"", json!({ "ratio": 0.5 })),
            (
                "context.arguments has size && context.arguments.size == \"extra_large\"",
                json!({ "size": "extra_large" }),
            ),
            ("context.arguments has color && context.arguments.color like \"ma*\"", json!({ "color": "mauve" })),
            (
                "context.arguments has reach && context.arguments.reach == \"everywhere\"",
                json!({ "reach": "everywhere" }),
            ),
            ("context.arguments has reach && context.arguments.reach == \"[\\\"eu\\\"]\"", json!({ "reach": ["eu"] })),
            (
                "context.arguments has target && context.arguments.target == \"{\\\"room_id\\\":\\\"1\\\",\\\"type\\\":\\\"room\\\"}\"",
                json!({ "target": { "type": "room", "room_id": "1" } }),
            ),
            ("context.arguments has free && context.arguments.free == \"\\\"x\\\"\"", json!({ "free": "x" })),
            (
                "context.arguments.many.containsAll([1, 2]) && ![1].containsAll(context.arguments.many)",
                json!({ "many": [2, 1, 2] }),
            ),
            ("context.arguments has ratios && context.arguments.ratios.contains(\"0.5\")", json!({ "ratios": [0.5] })),
            (
                "context.arguments has tags && context.arguments.tags.entries.contains({ key: \"team\", value: \"a\" })",
                json!({ "tags": { "team": "a", "x": "y" } }),
            ),
            (
                "context.arguments has labels && context.arguments.labels.removed == [\"old\"] && \
                 context.arguments.labels.keys == [\"new\", \"old\"] && context.arguments.labels.entries == [{ key: \"new\", value: 2 }]",
                json!({ "labels": { "old": null, "new": 2 } }),
            ),
            ("context.cleared.contains(\"extra\") && !(context.arguments has extra)", json!({ "extra": null })),
            ("context.arguments has note && context.arguments.note == \"n\"", json!({ "note": "n" })),
        ] {
            assert!(holds(condition, given.clone()), "{condition} {given}");
            assert!(given == json!({}) || !holds(condition, json!({})), "{condition}");
        }
    }

    #[test]
    fn a_number_that_cedar_cannot_hold_is_denied_with_the_reason() {
        let policies = shape_policies("permit(principal, action, resource);");
        let make = SHAPES.action("shapes.make").unwrap();
        let given = |big: u64| arguments(json!({ "id": "a", "many": [1], "big": big }));
        let (fits, large) = (given(i64::MAX as u64), given(i64::MAX as u64 + 1));
        assert!(policies.decide(&someone(&[]).asks(make, &fits)).requirements().is_some());
        let Decision::Deny(denial) = policies.decide(&someone(&[]).asks(make, &large)) else { panic!("allowed") };
        assert_eq!(denial.kind, DenialKind::Broken);
        assert!(
            denial.message.ends_with("`big` is more than 9223372036854775807, the maximum that a policy can compare")
        );
    }

    #[test]
    fn values_that_do_not_fit_the_schema_are_denied() {
        let policies = shape_policies("permit(principal, action, resource);");
        let make = SHAPES.action("shapes.make").unwrap();
        let whole = sample(&SHAPES.types, make, true);
        assert!(policies.decide(&someone(&[]).asks(make, &whole)).requirements().is_some(), "{whole:?}");
        for wrong in [
            json!({ "many": [1] }),
            json!({ "id": "a", "many": [1], "colour": "red" }),
            json!({ "id": 1, "many": [1] }),
            json!({ "id": "a", "many": [1.5] }),
            json!({ "id": "a", "many": ["1"] }),
            json!({ "id": "a", "many": [1], "flag": "yes" }),
            json!({ "id": "a", "many": [1], "tags": { "a": 1 } }),
            json!({ "id": null, "many": [1] }),
        ] {
            let given = arguments(wrong);
            let Decision::Deny(denial) = policies.decide(&someone(&[]).asks(make, &given)) else { panic!("{given:?}") };
            assert_eq!(denial.kind, DenialKind::Broken, "{given:?}");
        }
    }
}
