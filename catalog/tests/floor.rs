//! What a package says of itself lowers no risk below what the reviewed package says of the same requests.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Catalog, PackageText, Risk, Segment};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static REVIEWED: LazyLock<Catalog> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&folder).unwrap()).unwrap()
});

/// A package with one function, which makes this request and states this risk, if any; raised to the reviewed package.
fn raised(method: &str, segments: &[Segment], risk: Option<Risk>) -> (Risk, bool) {
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
    let text = format!(
        "package test:t@0.1.0;\n/// T.\ninterface types {{ /// E.\nvariant error {{ /// O.\nother(string) }} }}\n\
         /// I.\ninterface things {{ use types.{{error}};\n/// Act.\n/// @http {method} {path}\n/// @risk {risk}\n{effect}{content}{docs}\
         /// @example things act\nact: func({}) -> result<_, error>; }}",
        params.join(", ")
    );
    let mut catalog = Catalog::from_text(&PackageText::from_files([("t.wit", text)])).unwrap();
    catalog.raise_to(&REVIEWED);
    (catalog.actions[0].risk, catalog.actions[0].sensitive)
}

#[test]
fn every_reviewed_request_keeps_its_risk_whatever_is_stated() {
    for action in &REVIEWED.actions {
        let (risk, sensitive) = raised(action.http.method.as_str(), action.http.path.segments(), None);
        // Another reviewed template can make the same request, and be riskier.
        assert!(risk >= action.risk, "{}: {risk}", action.id);
        assert!(sensitive || !action.sensitive, "{}", action.id);
    }
}

#[test]
fn stated_risk_is_kept_where_it_is_higher() {
    let users = REVIEWED.action("users.list").unwrap();
    assert_eq!(raised("GET", users.http.path.segments(), None).0, Risk::Read);
    assert_eq!(raised("GET", users.http.path.segments(), Some(Risk::Irreversible)).0, Risk::Irreversible);
}

#[test]
fn literal_instead_of_a_parameter_has_the_same_risk() {
    let segments = "v1/organizations/users/user_01VICTIM".split('/').map(|text| Segment::Literal(text.to_owned()));
    assert_eq!(raised("DELETE", &segments.collect::<Vec<_>>(), None).0, Risk::Irreversible);
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
    /// Fills the parameters of a template at random, and looks the path up among the reviewed actions: an independent reading.
    #[test]
    fn no_template_makes_a_request_below_its_reviewed_risk(
        method in proptest::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE"]),
        segments in segments(),
        fillings in proptest::collection::vec(segment(), 12),
        stated in proptest::option::of(proptest::sample::select(Risk::ALL.to_vec())),
    ) {
        let (risk, _) = raised(method, &segments, stated);
        prop_assert!(risk >= stated.unwrap_or(Risk::Read));
        let path: String = segments.iter().zip(&fillings).map(|(segment, filling)| match (segment, filling) {
            (Segment::Literal(text), _) | (_, Segment::Literal(text)) => format!("/{text}"),
            _ => "/x_1".to_owned(),
        }).collect();
        let known = REVIEWED.actions.iter().filter(|action| {
            action.http.method.as_str() == method && action.http.path.captures(&path).is_some()
        });
        let least = known.map(|action| action.risk).max();
        prop_assert!(risk >= least.unwrap_or(if method == "GET" { Risk::Confidential } else { Risk::Irreversible }),
            "{method} {path}: {risk}, reviewed {least:?}");
    }
}
