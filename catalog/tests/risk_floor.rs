//! The statements of a package cannot lower a risk below the risk that the reviewed package states for the same
//! requests.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Action, Catalog, Input, PackageText, Risk, Segment};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, LazyLock};

static REVIEWED: LazyLock<Catalog> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&folder).unwrap()).unwrap()
});

/// The function of a package that makes this request and states this risk, if one is given; raised to the reviewed
/// package.
fn raised(method: &str, segments: &[Segment], risk: Option<Risk>) -> Arc<Action> {
    let names: Vec<String> = (0..segments.len()).map(|index| format!("p{index}")).collect();
    let mut path = String::new();
    let (mut params, mut docs) = (Vec::new(), String::new());
    for (segment, name) in segments.iter().zip(&names) {
        match segment {
            Segment::Literal(text) => path.push_str(&format!("/{text}")),
            Segment::Param(_) => {
                path.push_str(&format!("/{{{name}}}"));
                params.push(format!("{name}: string"));
                docs.push_str(&format!("/// @param {name} P.\n"));
            }
        }
    }
    let risk = risk.unwrap_or(Risk::Read);
    let effect = if risk.writes() { "/// @effect E.\n" } else { "" };
    let content = if risk == Risk::Confidential { "/// @content\n" } else { "" };
    let docs = format!("/// @http {method} {path}\n/// @risk {risk}\n{effect}{content}{docs}");
    foreign("", &docs, &params.join(", "), "_").actions.remove(0)
}

/// A package with one function of these types, annotations, parameters and result, raised to the reviewed package.
fn foreign(types: &str, docs: &str, params: &str, result: &str) -> Catalog {
    let text = format!(
        "package test:t@0.1.0;\n/// T.\ninterface types {{ /// E.\nvariant error {{ /// O.\nother(string) }} }}\n\
         /// I.\ninterface things {{ use types.{{error}};\n{types}/// Act.\n{docs}\
         /// @example things act\nact: func({params}) -> result<{result}, error>; }}",
    );
    let mut catalog = Catalog::from_text(&PackageText::from_files([("t.wit", text)])).unwrap();
    catalog.raise_to(&REVIEWED);
    catalog
}

fn literals(path: &str) -> Vec<Segment> {
    path.split('/').map(|text| Segment::Literal(text.to_owned())).collect()
}

#[test]
fn every_reviewed_request_keeps_its_risk_whatever_is_stated() {
    for action in &REVIEWED.actions {
        let found = raised(action.http.method.as_str(), action.http.path.segments(), None);
        // Another reviewed template can make the same request, and can have a higher risk.
        assert!(found.risk >= action.risk, "{}: {}", action.id, found.risk);
        assert!(found.is_confidential() || !action.is_confidential(), "{}", action.id);
        assert_eq!((found.sensitive, found.whole_secret), (action.sensitive, action.sensitive), "{}", action.id);
    }
}

#[test]
fn stated_risk_above_the_minimum_is_unchanged() {
    let users = REVIEWED.action("users.list").unwrap();
    assert_eq!(raised("GET", users.http.path.segments(), None).risk, Risk::Read);
    assert_eq!(raised("GET", users.http.path.segments(), Some(Risk::Irreversible)).risk, Risk::Irreversible);
}

#[test]
fn literal_instead_of_a_parameter_has_the_same_risk() {
    assert_eq!(raised("DELETE", &literals("v1/organizations/users/user_01VICTIM"), None).risk, Risk::Irreversible);
}

#[test]
fn confidential_request_stays_confidential_at_any_stated_risk() {
    let known = REVIEWED.action("compliance-chats.messages").unwrap().http.path.segments().to_vec();
    let (read, write) = (literals("v1/organizations/users"), literals("v1/organizations/users/user_01VICTIM"));
    for stated in Risk::ALL {
        let of = |method: &str, segments: &[Segment]| {
            let action = raised(method, segments, Some(stated));
            assert_eq!(action.is_confidential(), action.risks().any(|risk| risk == Risk::Confidential));
            assert!(action.risks().any(|risk| risk >= stated), "{method}: {stated}");
            assert!(action.runs_for_requester() || !action.is_confidential(), "{method}: {stated}");
            (action.risk, action.also, action.is_confidential())
        };
        let also = Some(stated).filter(|stated| stated.writes());
        assert_eq!(of("GET", &known), (Risk::Confidential, also, true), "{stated}");
        assert_eq!(of("GET", &literals("v1/new/thing")), (Risk::Confidential, also, true), "{stated}");
        assert_eq!(of("GET", &read), (stated, None, stated == Risk::Confidential), "{stated}");
        // A write that declares itself confidential stays a write, and only the requester receives its response.
        let also = Some(stated).filter(|stated| *stated == Risk::Confidential);
        for segments in [&write, &literals("v1/new/thing")] {
            assert_eq!(of("DELETE", segments), (Risk::Irreversible, also, also.is_some()), "{stated}");
        }
    }
}

#[test]
fn whole_answer_is_the_secret_where_the_reviewed_one_has_one() {
    let create = REVIEWED.action("webhooks.create").unwrap();
    let docs = format!("/// @http {}\n/// @risk reversible\n/// @effect E.\n", create.http);
    let types = "/// A hook.\nrecord hook {\n/// Key.\nkey: string,\n/// Ends.\nends: option<string>,\n/// Parts.\nparts: list<string> }\n";
    for (result, answer, hidden) in [
        (
            "hook",
            json!({ "key": "whsec", "ends": null, "parts": ["whsec", "x"] }),
            json!({ "key": "-", "ends": null, "parts": ["-", "-"] }),
        ),
        ("list<tuple<string, string>>", json!({ "whsec": "x" }), json!("-")),
        ("string", json!("whsec"), json!("-")),
        ("_", Value::Null, Value::Null),
    ] {
        let catalog = foreign(types, &docs, "", result);
        let action = &catalog.actions[0];
        assert!(action.sensitive && action.whole_secret, "{result}");
        let mut shown = answer;
        action.hide_secrets(&catalog.types, &mut shown, "-");
        assert_eq!(shown, hidden);
    }
}

#[test]
fn secret_input_is_found_by_its_place_in_the_request() {
    let create = REVIEWED.action("telemetry.create").unwrap();
    let has_secret = |input: &&Input| input.has_secret(&REVIEWED.types);
    let secret = create.inputs.iter().find(has_secret).unwrap();
    let wire = &create.params.iter().find(|param| param.name == secret.param).unwrap().wire;
    let harmless = create.inputs.iter().find(|input| !has_secret(input) && input.fields.is_empty()).unwrap();
    let harmless_wire = &create.params.iter().find(|param| param.name == harmless.param).unwrap().wire;
    let http = &create.http;
    // The names of the two inputs are exchanged: the position in the request decides. An unknown position can contain
    // any value.
    let docs = format!(
        "/// @http {http}\n/// @risk reversible\n/// @effect E.\n/// @param {0} P.\n/// @name {0} {wire}\n/// @param {1} P.\n/// @name {1} {harmless_wire}\n/// @param new P.\n",
        harmless.name, secret.name
    );
    let params = format!("{}: string, {}: string, new: string", harmless.name, secret.name);
    let catalog = foreign("", &docs, &params, "_");
    let found: Vec<(&str, bool)> =
        catalog.actions[0].inputs.iter().map(|input| (input.name.as_str(), input.sensitive)).collect();
    assert_eq!(found, [(harmless.name.as_str(), true), (secret.name.as_str(), false), ("new", true)]);
}

fn segment() -> impl Strategy<Value = Segment> {
    let known: Vec<String> = REVIEWED
        .actions
        .iter()
        .flat_map(|action| action.http.path.segments())
        .filter_map(|segment| match segment {
            Segment::Literal(text) => Some(text.clone()),
            Segment::Param(_) => None,
        })
        .collect();
    prop_oneof![
        proptest::sample::select(known).prop_map(Segment::Literal),
        "[a-z_]{1,8}".prop_map(Segment::Literal),
        Just(Segment::Param(String::new())),
    ]
}

/// A reviewed template with some segments replaced, or any segments at all.
fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let near = (0..REVIEWED.actions.len(), proptest::collection::vec(proptest::option::of(segment()), 12)).prop_map(
        |(index, replacements)| {
            let segments = REVIEWED.actions[index].http.path.segments();
            segments.iter().zip(replacements).map(|(known, other)| other.unwrap_or_else(|| known.clone())).collect()
        },
    );
    prop_oneof![near, proptest::collection::vec(segment(), 1..6)]
}

proptest! {
    /// Fills the parameters of a template at random, and searches the path in the reviewed actions: an independent
    /// check.
    #[test]
    fn no_template_makes_a_request_below_its_reviewed_risk(
        method in proptest::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]),
        segments in segments(),
        fillings in proptest::collection::vec(segment(), 12),
        stated in proptest::option::of(proptest::sample::select(Risk::ALL.to_vec())),
    ) {
        let action = raised(method, &segments, stated);
        let risk = action.risk;
        prop_assert!(action.risks().any(|risk| risk >= stated.unwrap_or(Risk::Read)));
        let path: String = segments.iter().zip(&fillings).map(|(segment, filling)| match (segment, filling) {
            (Segment::Literal(text), _) | (_, Segment::Literal(text)) => format!("/{text}"),
            _ => "/x_1".to_owned(),
        }).collect();
        let known = REVIEWED.actions.iter().filter(|action| {
            action.http.method.as_str() == method && action.http.path.captures(&path).is_some()
        });
        let known: Vec<Risk> = known.map(|action| action.risk).collect();
        prop_assert!(action.is_confidential() || !known.contains(&Risk::Confidential));
        let least = known.into_iter().max();
        prop_assert!(risk >= least.unwrap_or(if method == "GET" { Risk::Confidential } else { Risk::Irreversible }),
            "{method} {path}: {risk}, reviewed {least:?}");
    }
}
