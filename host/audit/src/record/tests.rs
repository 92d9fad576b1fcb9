//! Entries as events of OCSF, and back.

use super::*;
use crate::seal;
use crate::testing::{entries, entry};
use proptest::prelude::*;

fn record(entry: &Entry) -> Value {
    serde_json::from_str(&seal(std::slice::from_ref(entry), None).unwrap().0[0]).unwrap()
}

#[test]
fn an_entry_comes_back_exactly() {
    let entries = entries(48);
    let (texts, _) = seal(&entries, None).unwrap();
    for (text, entry) in texts.iter().zip(&entries) {
        assert_eq!(Entry::from_record(text).unwrap(), *entry);
    }
    assert!(Entry::from_record("{}").is_err());
    assert!(Entry::from_record("{\"unmapped\":{\"claude_admin\":{}}}").is_err());
}

#[test]
fn every_event_has_what_ocsf_requires() {
    for number in 0..24 {
        let record = record(&entry(number));
        for required in ["activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid"] {
            assert!(record.get(required).is_some(), "{required} {record}");
        }
        let class = record["class_uid"].as_u64().unwrap();
        let of_class: &[&str] = match class {
            6003 => &["/actor", "/api/operation", "/src_endpoint"],
            3004 => &["/entity"],
            6002 => &["/app"],
            other => unreachable!("{other}"),
        };
        for required in of_class.iter().chain(&["/metadata/version", "/metadata/product/name"]) {
            assert!(record.pointer(required).is_some(), "{required} {record}");
        }
        assert_eq!(record["type_uid"].as_u64().unwrap(), class * 100 + record["activity_id"].as_u64().unwrap());
        assert_eq!(record["category_uid"].as_u64().unwrap(), class / 1000);
        assert_eq!(record["metadata"]["profiles"], json!(["record_integrity"]));
        // The constraints `at_least_one` of the objects.
        assert!(record["actor"].get("user").or(record["actor"].get("app_name")).is_some());
        if class == 6003 {
            assert!(record["src_endpoint"].get("svc_name").is_some());
        }
    }
}

#[test]
fn the_attributes_say_what_happened() {
    let of = |number| record(&entry(number));
    for (number, activity, status) in [
        (0, "Start", "Success"),
        (1, "Received", "Success"),
        (2, "Denied", "Failure"),
        (6, "Delete", "Unknown"),
        (7, "Delete", "Success"),
        (8, "Expired", "Failure"),
        (10, "Update", "Success"),
        (11, "Read", "Success"),
    ] {
        let record = of(number);
        assert_eq!((&record["activity_name"], &record["status"]), (&json!(activity), &json!(status)), "{record}");
    }
    let denied = of(2);
    assert_eq!(
        denied["actor"]["user"],
        json!({
            "domain": "T1", "name": "U1", "type": "User", "type_id": 1, "uid": "slack:T1/U1",
        })
    );
    assert_eq!(denied["api"]["operation"], "users.remove");
    assert_eq!(denied["metadata"]["correlation_uid"], "op-0");
    assert_eq!(denied["count"], 2);
    assert_eq!(denied["status_detail"], "not-permitted (action users.remove)");
    assert_eq!(denied["message"], "users.remove: denied by slack:T1/U1 in slack:T1/C1");
    let outcome = of(7);
    assert_eq!(outcome["api"]["request"]["uid"], "req_7");
    assert_eq!(outcome["http_response"]["code"], 200);
    assert_eq!(of(10)["entity"]["policy"]["version"], "q");
    assert_eq!(of(6)["actor"]["authorizations"][0]["policy"]["uid"], "policy0");
}

#[test]
fn activity_of_every_action_is_one_that_the_schema_names() {
    let catalog = claude_admin_catalog::testing::catalog();
    for action in &catalog.actions {
        for number in [6, 7] {
            let effect = Some(Effect::of(catalog, action));
            let record = record(&Entry { action: Some(action.id.clone()), effect, ..entry(number) });
            assert!((1..=4).contains(&record["activity_id"].as_u64().unwrap()), "{}: {record}", action.id);
            assert_eq!(record["activity_name"] == "Read", !action.writes(), "{}", action.id);
        }
    }
    // An earlier version did not record what its operations do.
    let earlier = record(&Entry { effect: None, ..entry(7) });
    assert_eq!(earlier["activity_name"], "Update");
}

#[test]
fn a_number_that_cannot_be_recorded_is_refused() {
    let entry = Entry { time_ms: 1 << 53, ..entry(3) };
    assert!(seal(&[entry], None).is_err());
}

proptest! {
    #[test]
    fn any_text_comes_back_exactly(command in "\\PC*", reason in any::<String>(), time_ms in -(1_i64 << 50)..1 << 50) {
        let event = Event::Decided { decision: claude_admin_chat::Choice::Approve, reason: Some(reason) };
        let entry = Entry { command: Some(command), time_ms, event, ..entry(2) };
        let (texts, _) = seal(std::slice::from_ref(&entry), None).unwrap();
        prop_assert_eq!(Entry::from_record(&texts[0]).unwrap(), crate::redact(&entry));
    }
}
