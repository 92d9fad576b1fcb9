//! Fields and values that the API can add or omit never make a reply fail.

use crate::support::{self, carry_out};
use claude_admin::command::Markup;
use claude_admin::service::{Input, Outcome};
use claude_admin_catalog::{Catalog, Field, Kind, ReplyForm, Type, Types, VariantForm};
use claude_admin_simulator::{Effect, Fault, PatchEffect};
use serde_json::{Map, Value, json};

/// Pointers to the parts of a response that its type allows the API to omit, to set to null or to extend.
struct Freedom {
    /// Values that can be null or absent.
    optional: Vec<String>,
    /// Values that can contain a new word.
    open: Vec<String>,
    /// Objects that can have additional fields.
    objects: Vec<String>,
}

impl Freedom {
    fn of(types: &Types, ty: &Type, value: &Value, at: &str, freedom: &mut Self) {
        match types.underlying(ty) {
            Type::Option(inner) => {
                freedom.optional.push(at.to_owned());
                if !value.is_null() {
                    Self::of(types, inner, value, at, freedom);
                }
            }
            Type::List(item) if types.map_value(ty).is_none() => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    Self::of(types, item, value, &format!("{at}/{index}"), freedom);
                }
            }
            Type::Named(_) => match types.kind(ty) {
                Some(Kind::Record(fields)) => Self::of_fields(types, fields, value, at, freedom),
                Some(Kind::Variant { form: VariantForm::OpenWords, .. }) => freedom.open.push(at.to_owned()),
                Some(Kind::Variant { form: VariantForm::Tagged(tag), .. }) => {
                    freedom.objects.push(at.to_owned());
                    freedom.open.push(format!("{at}/{tag}"));
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn of_fields(types: &Types, fields: &[Field], value: &Value, at: &str, freedom: &mut Self) {
        freedom.objects.push(at.to_owned());
        for field in fields {
            if let Some(value) = value.get(&field.wire) {
                Self::of(types, &field.ty, value, &format!("{at}/{}", field.wire), freedom);
            }
        }
    }
}

/// A command for each read whose response is JSON: its first example.
fn reads(catalog: &Catalog) -> Vec<(String, Type)> {
    let reads = catalog.actions.iter().filter(|action| !action.writes() && action.reply_form == ReplyForm::Json);
    reads
        .filter_map(|action| {
            let line = format!("{} --no-compare --reason \"a test\"", action.examples.first()?);
            Some((line, action.result.clone()?))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_null_or_absent_response_fields_never_fail_a_read() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let mut changed = 0;
    for (line, ty) in reads(service.catalog()) {
        let read = || Input::Text { line: line.clone(), markup: Markup::None };
        let plain = carry_out(&service, read()).await.to_json();
        let mut freedom = Freedom { optional: Vec::new(), open: Vec::new(), objects: Vec::new() };
        Freedom::of(&service.catalog().types, &ty, &plain, "", &mut freedom);
        // Without its cursor, a list is only a part.
        freedom.optional.retain(|at| !matches!(at.as_str(), "/last_id" | "/next_page"));
        // A value inside of a removed part cannot be changed: one kind of change at a time.
        let words: Map<String, Value> = freedom.open.iter().map(|at| (at.clone(), json!("not_known_yet"))).collect();
        let nulls: Map<String, Value> = freedom.optional.iter().rev().map(|at| (at.clone(), Value::Null)).collect();
        let fields: Map<String, Value> =
            freedom.objects.iter().map(|at| (format!("{at}/not_known_yet"), json!({"a": [1]}))).collect();
        let absent: Vec<&String> = freedom.optional.iter().rev().collect();
        for (what, patch) in [
            ("words", json!({"set": words, "remove": []})),
            ("nulls", json!({"set": nulls, "remove": []})),
            ("fields", json!({"set": fields, "remove": []})),
            ("absent", json!({"set": {}, "remove": absent})),
        ] {
            changed += usize::from(patch.to_string().len() > 30);
            simulator.clear_faults();
            let patch: PatchEffect = serde_json::from_value(patch).unwrap();
            simulator.inject(Fault::new(Effect::Patch(patch)));
            let reply = carry_out(&service, read()).await;
            assert_eq!(reply.outcome, Outcome::Done, "{line} with other {what}: {}", support::text(&reply));
        }
    }
    assert!(changed > 10, "only {changed} replies were changed");
}

/// Pointers to the fields of a value that its type requires.
fn required(types: &Types, ty: &Type, value: &Value, at: &str, found: &mut Vec<String>) {
    match types.underlying(ty) {
        Type::Option(inner) if !value.is_null() => required(types, inner, value, at, found),
        Type::List(item) if types.map_value(ty).is_none() => {
            if let Some(first) = value.get(0) {
                required(types, item, first, &format!("{at}/0"), found);
            }
        }
        _ => {
            for field in types.fields_of(ty, value).unwrap_or_default() {
                let (at, value) = (format!("{at}/{}", field.wire), value.get(&field.wire));
                let Some(value) = value.filter(|_| !field.rest && field.constant.is_none()) else { continue };
                if types.optional(&field.ty).is_none() && types.format(&field.ty) != Some("json") {
                    found.push(at.clone());
                }
                required(types, &field.ty, value, &at, found);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_in_a_required_field_of_a_list_is_named_or_read() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let catalog = service.catalog();
    let (mut failed, mut read) = (0, 0);
    for (line, ty) in reads(catalog) {
        let ask = || Input::Text { line: line.clone(), markup: Markup::None };
        simulator.clear_faults();
        let plain = carry_out(&service, ask()).await.to_json();
        let Some(fields) = catalog.types.record(&ty) else { continue };
        let Some(data) = fields.iter().find(|field| field.wire == "data") else { continue };
        let mut places = Vec::new();
        required(&catalog.types, &data.ty, &plain["data"], "/data", &mut places);
        for place in places {
            simulator.clear_faults();
            let patch = json!({ "set": { (place.clone()): null } });
            simulator.inject(Fault::new(Effect::Patch(serde_json::from_value(patch).unwrap())));
            let reply = carry_out(&service, ask()).await;
            if reply.outcome == Outcome::Done {
                read += 1;
                continue;
            }
            failed += 1;
            let text = support::text(&reply);
            let path = place[1..].replace("/0", "[0]").replace('/', ".");
            assert!(text.contains(&path) && text.contains("Nothing was changed"), "{line} {path}: {text}");
        }
    }
    assert!(failed > 100, "{failed} {read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn object_without_a_name_is_shown_and_is_null_in_json() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let catalog = service.catalog();
    let mut tried = 0;
    for interface in catalog.interfaces.iter().filter(|interface| !interface.names.is_empty()) {
        let lists = catalog.actions_of(&interface.name);
        for list in lists.filter(|list| list.paging.is_some() && !list.writes()) {
            let names = catalog.types.items(list).unwrap_or_default();
            let names = names.iter().filter(|field| interface.names.contains(&field.name));
            for field in names {
                let place = format!("/data/0/{}", field.wire);
                for patch in [json!({ "set": { (place.clone()): null } }), json!({ "remove": [place.clone()] })] {
                    simulator.clear_faults();
                    simulator.inject(Fault::new(Effect::Patch(serde_json::from_value(patch).unwrap())));
                    let line = list.examples[0].clone();
                    let reply = carry_out(&service, Input::Text { line: line.clone(), markup: Markup::None }).await;
                    assert_eq!(reply.outcome, Outcome::Done, "{line}: {}", support::text(&reply));
                    assert_eq!(reply.to_json().pointer(&place), Some(&Value::Null), "{line}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 30, "{tried}");
}
