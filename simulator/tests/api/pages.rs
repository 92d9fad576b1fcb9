//! Pages of lists.

use crate::support::{Api, USERS, values};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Walks a list forward and returns the ids.
fn walk(api: &mut Api, limit: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut after = String::new();
    loop {
        let page = api.get(&format!("{USERS}?limit={limit}{after}")).ok();
        let data = page["data"].as_array().unwrap();
        ids.extend(values(data, "id").into_iter().map(str::to_owned));
        assert_eq!(page["first_id"], data[0]["id"]);
        assert_eq!(page["last_id"], data[data.len() - 1]["id"]);
        if page["has_more"] == json!(false) {
            return ids;
        }
        assert_eq!(data.len(), limit);
        after = format!("&after_id={}", page["last_id"].as_str().unwrap());
    }
}

#[test]
fn a_page_has_20_items_unless_asked_otherwise() {
    let page = Api::new().get(USERS).ok();
    assert_eq!(page["data"].as_array().unwrap().len(), 20);
    assert_eq!(page["has_more"], true);
}

#[test]
fn every_item_is_on_exactly_one_page() {
    let mut api = Api::new();
    let all = walk(&mut api, 1000);
    assert_eq!(all.len(), 25);
    for limit in [1, 5, 7, 24, 25] {
        assert_eq!(walk(&mut api, limit), all, "limit {limit}");
    }
}

#[test]
fn walking_backward_shows_the_same_items_in_the_same_order() {
    let mut api = Api::new();
    let all = walk(&mut api, 1000);
    let page = api.get(&format!("{USERS}?limit=3&before_id={}", all[10])).ok();
    assert_eq!(values(page["data"].as_array().unwrap(), "id"), all[7..10]);
    assert_eq!(page["has_more"], true, "more precede");
    let page = api.get(&format!("{USERS}?limit=3&before_id={}", all[3])).ok();
    assert_eq!(values(page["data"].as_array().unwrap(), "id"), all[..3]);
    assert_eq!(page["has_more"], false);
}

#[test]
fn a_filter_fills_pages_with_what_it_lets_through() {
    let mut api = Api::new();
    let page = api.get(&format!("{USERS}?roles[]=admin&limit=2")).ok();
    assert_eq!(values(page["data"].as_array().unwrap(), "role"), ["admin", "admin"]);
    let last = page["last_id"].as_str().unwrap();
    let next = api.get(&format!("{USERS}?roles[]=admin&limit=2&after_id={last}")).ok();
    assert_eq!((next["data"].as_array().unwrap().len(), &next["has_more"]), (1, &json!(false)));
}

#[test]
fn an_empty_page_has_no_first_and_last_id() {
    let page = Api::with_members(0).get(USERS).ok();
    assert_eq!(page, json!({ "data": [], "has_more": false, "first_id": null, "last_id": null }));
}

#[test]
fn a_cursor_that_is_no_item_is_refused() {
    let mut api = Api::new();
    for cursor in ["after_id", "before_id"] {
        assert!(api.get(&format!("{USERS}?{cursor}=user_unknown")).refused(400).starts_with(cursor));
    }
}

#[test]
fn request_with_both_page_directions_is_invalid() {
    assert_eq!(
        Api::new().get(&format!("{USERS}?before_id=a&after_id=b")).refused(400),
        "Cannot specify both 'before_id' and 'after_id' in the same request. Use 'after_id' for forward pagination or \
         'before_id' for backward pagination."
    );
}

#[test]
fn a_large_organization_is_walked_in_pages_of_constant_cost() {
    let mut api = Api::with_members(100_000);
    let started = Instant::now();
    let all = walk(&mut api, 1000);
    assert_eq!(all.len(), 100_000);
    // Cloning the collection for each of the 100 pages would take minutes in a build without optimization.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());

    let started = Instant::now();
    for id in all.iter().rev().take(500) {
        let page: Value = api.get(&format!("{USERS}?limit=1&before_id={id}")).ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
