//! The catalog can be read from the package of this project, and has the content that other code relies on.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Catalog, Kind, PackageText, Paging, Place, Presence, Risk, VariantForm};
use std::path::Path;

fn catalog() -> Catalog {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let text = PackageText::from_folder(&folder).unwrap();
    Catalog::from_text(&text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_function_that_makes_a_request_is_an_action() {
    let catalog = catalog();
    assert_eq!(catalog.package, "claude:admin@0.1.0");
    assert!(catalog.action("users.list").is_some());
    assert!(catalog.action("settings.configure").is_none(), "it makes no request");
    assert_eq!(catalog.embedder_functions[0].id, "settings.configure");
}

#[test]
fn records_are_taken_apart_into_inputs() {
    let catalog = catalog();
    let list = catalog.action("users.list").unwrap();
    let names: Vec<_> = list.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["email", "roles", "limit", "after-id", "before-id"]);
    let limit = list.input("limit").unwrap();
    assert_eq!((limit.param.as_str(), limit.place, limit.range.unwrap().max), ("page", Place::Query, Some(1000)));
    assert_eq!(list.paging, Some(Paging::Id { after: "after-id".to_owned() }));
}

#[test]
fn a_change_tells_absent_from_null() {
    let catalog = catalog();
    let update = catalog.action("api-keys.update").unwrap();
    assert_eq!(update.input("name").unwrap().presence, Presence::Nullable);
    assert_eq!(update.input("api-key-id").unwrap().presence, Presence::Required);
    assert_eq!(update.risk, Risk::Disruptive);
}

#[test]
fn a_nullable_record_can_be_given_field_by_field_or_as_a_whole() {
    let catalog = catalog();
    let update = catalog.action("workspaces.update").unwrap();
    assert_eq!(update.input("data-residency").unwrap().presence, Presence::Nullable);
    assert_eq!(update.input("default-inference-geo").unwrap().fields, ["default_inference_geo"]);
}

#[test]
fn variants_tell_their_cases_apart_in_three_ways() {
    let catalog = catalog();
    let form = |interface: &str, name: &str| match &catalog.types.find(interface, name).unwrap().kind {
        Kind::Variant { form, .. } => form.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(form("types", "organization-role"), VariantForm::OpenWords);
    assert_eq!(form("api-keys", "api-key-scope"), VariantForm::Tagged("type".to_owned()));
    assert_eq!(form("workspaces", "allowed-inference-geos"), VariantForm::WordOrValue);
}

#[test]
fn signatures_read_as_wit() {
    let catalog = catalog();
    let list = catalog.action("users.list").unwrap();
    assert_eq!(
        catalog.signature(list),
        "list(email: option<email>, roles: list<organization-role>, page: page) -> result<user-page, error>"
    );
}

#[test]
fn nouns_and_verbs_answer_to_their_aliases() {
    let catalog = catalog();
    assert_eq!(catalog.interface("keys").unwrap().name, "api-keys");
    assert_eq!(catalog.interface("workspaces:members").unwrap().name, "workspace-members");
    assert_eq!(catalog.verb("users", "rm").unwrap().id, "users.remove");
}

#[test]
fn the_world_exports_every_interface() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let world = std::fs::read_to_string(folder.join("world.wit")).unwrap();
    for interface in &catalog().interfaces {
        let export = format!("export {};", interface.name);
        assert!(world.contains(&export), "add `{export}` to wit/world.wit");
    }
}

#[test]
fn nouns_come_in_the_order_in_which_the_world_exports_them() {
    let world = include_str!("../../wit/world.wit");
    let exports = world.lines().filter_map(|line| line.trim().strip_prefix("export ")?.strip_suffix(';'));
    let catalog = catalog();
    let nouns: Vec<&str> = catalog.nouns().iter().map(|noun| noun.name.as_str()).collect();
    let expected: Vec<&str> = exports.filter(|name| nouns.contains(name)).collect();
    assert_eq!(nouns, expected);
}
