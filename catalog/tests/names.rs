//! Checks that every list whose items have an ID and a name states the field with the name.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Catalog, Field, ID, Method, PackageText, Risk, Type};
use std::path::Path;

/// Interfaces whose lists have a field that looks like a name and is not one.
const EXCEPTIONS: [(&str, &str); 1] =
    [("plugin-versions", "the display name is that of the plugin, the same for every version")];

fn catalog() -> Catalog {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
}

fn is_name(catalog: &Catalog, field: &Field) -> bool {
    let ty = catalog.types.optional(&field.ty).unwrap_or(&field.ty);
    *ty == Type::String && field.name.split('-').next_back() == Some("name")
}

#[test]
fn interface_with_named_items_declares_the_name() {
    let catalog = catalog();
    let mut checked = 0;
    for list in catalog.actions.iter().filter(|action| action.http.method == Method::Get && action.paging.is_some()) {
        let fields = catalog.types.items(list).unwrap_or_default();
        let has_id = fields.iter().any(|field| field.wire == ID && catalog.types.is_id(&field.ty));
        let names: Vec<&str> =
            fields.iter().filter(|field| is_name(&catalog, field)).map(|field| field.name.as_str()).collect();
        // Content that people wrote is never used for lookups.
        if !has_id || names.is_empty() || list.risk == Risk::Confidential {
            continue;
        }
        let declared = &catalog.interface(&list.interface).unwrap().names;
        let excepted = EXCEPTIONS.iter().any(|(interface, _)| *interface == list.interface);
        let named = names.iter().any(|name| declared.iter().any(|declared| declared == name));
        assert!(named != excepted, "{}: write `@names {}`, or except it with a reason", list.id, names.join(" "));
        checked += 1;
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn every_declared_name_finds_a_list() {
    let catalog = catalog();
    for interface in catalog.interfaces.iter().filter(|interface| !interface.names.is_empty()) {
        let found = catalog.actions.iter().any(|action| {
            let types = action.inputs.iter().flat_map(|input| catalog.types.text_types(&input.ty));
            types
                .into_iter()
                .any(|ty| catalog.name_list(action, ty).is_some_and(|found| found.list.interface == interface.name))
        });
        assert!(found, "no ID of an input is looked up in {}", interface.name);
    }
}

/// The API sometimes omits names. An object without a name must not make the list fail.
#[test]
fn declared_name_of_an_item_is_optional() {
    let catalog = catalog();
    let mut checked = 0;
    for interface in &catalog.interfaces {
        for action in catalog.actions_of(&interface.name) {
            let item = catalog.types.items(action);
            let fields = item.or_else(|| catalog.types.record(action.result.as_ref()?)).unwrap_or_default();
            let has_id = fields.iter().any(|field| field.wire == ID || field.wire == "uuid");
            for field in fields.iter().filter(|field| has_id && interface.names.contains(&field.name)) {
                assert!(catalog.types.optional(&field.ty).is_some(), "{}: {} must be an option", action.id, field.name);
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "{checked}");
}
