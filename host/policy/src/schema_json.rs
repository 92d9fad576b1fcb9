//! The schema of the policies in Cedar's JSON form. Building it is much faster than parsing the human-readable form.

use super::argument_type::ArgumentType;
use super::declared::Declared;
use super::problem::{PolicyErrors, PolicyProblem};
use cedar_policy::Schema;
use claude_admin_catalog::PlaybookForm;
use serde_json::{Map, Value, json};

impl Declared {
    fn json(&self) -> Value {
        let groups: Vec<Value> = self.groups.iter().map(|group| json!({ "id": group })).collect();
        json!({
            "memberOf": groups,
            "appliesTo": { "principalTypes": ["User"], "resourceTypes": ["Place"], "context": record(self.context()) },
        })
    }

    fn context(&self) -> Value {
        let time = json!({ "type": "Extension", "name": "datetime" });
        let Some(arguments) = &self.arguments else { return json!({ "time": time }) };
        let arguments = arguments.iter().map(|argument| {
            let mut attribute = type_json(&argument.ty);
            attribute["required"] = Value::from(argument.required);
            (argument.attribute.clone(), attribute)
        });
        json!({
            "arguments": record(arguments.collect::<Map<_, _>>().into()),
            "cleared": { "type": "Set", "element": type_json(&ArgumentType::Text) },
            "playbook": {
                "type": "Record",
                "required": false,
                "attributes": {
                    "name": { "type": "String" }, "digest": { "type": "String" }, "steps": { "type": "Long" },
                },
            },
            "reason": { "type": "String", "required": false },
            "time": time,
        })
    }
}

/// A schema of these groups and actions. The groups that the actions are in must be among them.
///
/// # Errors
///
/// The error of Cedar, if it rejects the schema.
pub(super) fn schema<'a>(
    groups: impl IntoIterator<Item = &'a str>,
    actions: impl IntoIterator<Item = &'a Declared>,
) -> Result<Schema, PolicyErrors> {
    let of_group = |group: &str| match group {
        PlaybookForm::GROUP => Declared::playbooks().json(),
        _ => json!({}),
    };
    let groups = groups.into_iter().map(|group| (group.to_owned(), of_group(group)));
    let actions = actions.into_iter().map(|action| (action.id.clone(), action.json()));
    let actions: Map<String, Value> = groups.chain(actions).collect();
    let json = json!({ "": { "entityTypes": entity_types(), "actions": actions } });
    Schema::from_json_value(json)
        .map_err(|error| PolicyErrors(vec![PolicyProblem::of_catalog(format!("Cedar rejects their schema: {error}"))]))
}

fn entity_types() -> Value {
    let text = json!({ "type": "String" });
    let place = json!({ "platform": text, "tenant": text, "channel": { "type": "String", "required": false } });
    json!({
        "Group": {},
        "Tenant": {},
        "User": {
            "memberOfTypes": ["Group", "Tenant"],
            "shape": record(json!({ "platform": text, "tenant": text, "id": text })),
        },
        "Place": { "memberOfTypes": ["Tenant"], "shape": record(place) },
    })
}

fn type_json(ty: &ArgumentType) -> Value {
    match ty {
        ArgumentType::Bool => json!({ "type": "Boolean" }),
        ArgumentType::Long => json!({ "type": "Long" }),
        ArgumentType::Text | ArgumentType::WordOrJson | ArgumentType::Json => json!({ "type": "String" }),
        ArgumentType::Set(item) => json!({ "type": "Set", "element": type_json(item) }),
        ArgumentType::Map(value) => {
            let text = type_json(&ArgumentType::Text);
            let entry = record(json!({ "key": text, "value": type_json(value) }));
            record(json!({
                "keys": { "type": "Set", "element": text },
                "entries": { "type": "Set", "element": entry },
                "removed": { "type": "Set", "element": text },
            }))
        }
    }
}

fn record(attributes: Value) -> Value {
    json!({ "type": "Record", "attributes": attributes })
}

#[cfg(test)]
mod tests {
    use super::super::schema::schema_text;
    use super::super::testing::{CATALOG, SHAPES};
    use super::super::vocabulary::Vocabulary;
    use cedar_policy::{Schema, SchemaFragment};

    #[test]
    fn the_schema_for_programs_says_what_the_one_for_people_says() {
        for catalog in [*CATALOG, &*SHAPES] {
            // The conversion to JSON removes the line positions of the text.
            let (for_people, _) = SchemaFragment::from_cedarschema_str(&schema_text(catalog)).unwrap();
            let for_people = Schema::from_json_value(for_people.to_json_value().unwrap()).unwrap();
            let vocabulary = Vocabulary::of(catalog).unwrap();
            let for_programs = vocabulary.schema().unwrap();
            assert!(same(&for_people, for_programs));
            let other = Vocabulary::of(if catalog.actions.len() == SHAPES.actions.len() { &CATALOG } else { &SHAPES });
            assert!(!same(&for_people, other.unwrap().schema().unwrap()));
        }
    }

    fn same(one: &Schema, other: &Schema) -> bool {
        let mut lines =
            [one, other].map(|schema| format!("{schema:#?}").lines().map(str::to_owned).collect::<Vec<_>>());
        lines.iter_mut().for_each(|lines| lines.sort());
        lines[0] == lines[1]
    }
}
