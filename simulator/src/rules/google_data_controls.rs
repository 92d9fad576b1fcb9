//! Encryption keys and buckets of Google Cloud projects.
//!
//! A new key or bucket is first pending and then in use, unless it fails its check. Until then, the previous one stays
//! in use.

use super::external_storage::check_bucket_name;
use super::{ExternalKeys, ExternalStorage, Members, Rules, ServiceAccounts, View, inner, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::query::Query;
use crate::reply::Reply;
use crate::routes::Target;
use crate::store::Store;
use crate::validate::at;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct GoogleDataControls;

const REGIONS: [&str; 4] = ["us", "eu", "sg", "global"];
/// The time for which a new key or bucket is pending.
const PENDING: SignedDuration = SignedDuration::from_mins(5);
/// The time for which a previous key or bucket must remain usable.
const RETIRED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The field of a region that is stored and never shown.
const SET_AT: &str = "set_at";
const FORMER: &str = "former";

/// One of the two controls, with the names of its fields.
struct Control {
    name: &'static str,
    values: &'static str,
    retired: &'static str,
    effective: &'static str,
}

const CMEK: Control = Control {
    name: "cmek",
    values: "external_key_ids",
    retired: "retired_keys",
    effective: "effective_external_key_id",
};
const STORAGE: Control =
    Control { name: "storage", values: "buckets", retired: "retired_buckets", effective: "effective_bucket" };

impl GoogleDataControls {
    const PATH: &'static str = path_of!("google-data-controls.get");

    /// The path of the controls of a project.
    pub(crate) fn of(project: &str) -> String {
        Self::PATH.replace("{}", project)
    }

    /// Whether a path is that of the controls of a project.
    fn are_at(path: &str) -> bool {
        Self::PATH.split_once("{}").is_some_and(|(start, end)| path.starts_with(start) && path.ends_with(end))
    }
}

impl Rules for GoogleDataControls {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    /// Only projects whose ownership is verified have controls.
    fn computed(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        let is_known = view.store.singletons.contains_key(&target.path);
        let project = target.captures.first().map_or("", |(_, project)| project);
        (!is_known).then(|| Err(ApiError::not_found(format!("No project '{project}' of the organization was found."))))
    }

    fn shows(&self, item: &mut Object, _query: Option<&Query>, view: View<'_>) {
        for control in [&CMEK, &STORAGE] {
            let shown = shown(control, &stored(item, control), view);
            item.insert(control.name.to_owned(), shown);
        }
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        manages(view)?;
        if changes.is_empty() {
            return Err(at("body", "At least one of 'cmek' and 'storage' is required"));
        }
        for control in [&CMEK, &STORAGE] {
            if let Some(change) = changes.get(control.name).and_then(Value::as_object) {
                let changed = changed(control, item, change, view)?;
                changes.insert(control.name.to_owned(), changed.into());
            }
        }
        Ok(())
    }
}

/// Only admins and owners can change the controls.
fn manages(view: View<'_>) -> Result<(), ApiError> {
    let actor = view.caller.actor.as_deref().unwrap_or_default();
    let member = view.store.item(Members::PATH, actor).map(|member| text(member, "role"));
    let account = view.store.item(ServiceAccounts::PATH, actor).map(|account| text(account, "organization_role"));
    match member.or(account) {
        Some("admin" | "owner" | "primary_owner") => Ok(()),
        _ => Err(ApiError::forbidden("This requires the role admin, owner or primary_owner.")),
    }
}

fn stored(item: &Object, control: &Control) -> Object {
    item.get(control.name).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn map(object: &Object, field: &str) -> Object {
    object.get(field).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The control after a change.
fn changed(control: &Control, item: &Object, change: &Object, view: View<'_>) -> Result<Object, ApiError> {
    let now = stored(item, control);
    let (mut values, mut set_at, mut former) = (map(&now, control.values), map(&now, SET_AT), map(&now, FORMER));
    let mut retired = now.get(control.retired).and_then(Value::as_array).cloned().unwrap_or_default();
    let asked: Object = if text(change, "type") == "disabled" {
        values.keys().map(|region| (region.clone(), Value::Null)).collect()
    } else {
        map(change, control.values)
    };
    for (region, value) in asked {
        let place = format!("{}.{}.{region}", control.name, control.values);
        if !REGIONS.contains(&region.as_str()) {
            return Err(refusal("region_not_supported").detail("field", place));
        }
        let before = effective(control, &now, &region, view);
        if value.is_null() {
            values.shift_remove(&region);
            set_at.shift_remove(&region);
            former.shift_remove(&region);
        } else {
            check(control, item, &region, &value, &place, view)?;
            set_at.insert(region.clone(), view.now.to_string().into());
            former.insert(region.clone(), before.clone().filter(|before| *before != value).unwrap_or_default());
            values.insert(region.clone(), value.clone());
        }
        // The change before retired a key or bucket that is still used for new data.
        let retiring =
            before.filter(|before| *before != value).map(|before| retiring(control, &before, &region, view.now));
        retired
            .extend(retiring.filter(|new| !retired.iter().any(|old| same(old, new))).into_iter().collect::<Vec<_>>());
    }
    if text(change, "type") == "enabled" && values.is_empty() {
        return Err(at(control.name, "While it is enabled, at least one region must have a value"));
    }
    let buckets: Vec<&Value> = values.values().collect();
    if control.name == STORAGE.name && (1..buckets.len()).any(|index| buckets[..index].contains(&buckets[index])) {
        return Err(at("storage.buckets", "A bucket serves one region"));
    }
    Ok(Object::from_iter([
        ("type".to_owned(), change.get("type").cloned().unwrap_or_default()),
        (control.values.to_owned(), values.into()),
        (SET_AT.to_owned(), set_at.into()),
        (FORMER.to_owned(), former.into()),
        (control.retired.to_owned(), retired.into()),
    ]))
}

/// Whether two entries have the same key or bucket of a region.
fn same(one: &Value, other: &Value) -> bool {
    ["external_key_id", "project_number", "bucket_name", "region"]
        .iter()
        .all(|field| one.get(field) == other.get(field))
}

fn retiring(control: &Control, value: &Value, region: &str, now: Timestamp) -> Value {
    let expires_at = now.checked_add(RETIRED).unwrap_or(Timestamp::MAX).to_string();
    let mut entry = if control.name == CMEK.name { json!({ "external_key_id": value }) } else { value.clone() };
    entry["region"] = region.into();
    entry["expires_at"] = expires_at.into();
    entry
}

/// Checks a new key or bucket.
fn check(
    control: &Control,
    item: &Object,
    region: &str,
    value: &Value,
    place: &str,
    view: View<'_>,
) -> Result<(), ApiError> {
    if control.name == CMEK.name {
        let Some(key) = view.store.item(ExternalKeys::PATH, value.as_str().unwrap_or_default()) else {
            return Err(refusal("external_key_not_found").detail("field", place));
        };
        if kind(key, "provider_config") != "gcp" {
            return Err(refusal("external_key_provider_mismatch").detail("field", place));
        }
        if !text(key, "user_profile_id").is_empty() {
            return Err(refusal("key_profile_mismatch").detail("field", place));
        }
        return Ok(());
    }
    let of = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    check_bucket_name(of("bucket_name"), &format!("{place}.bucket_name"))?;
    if !view.store.singletons.contains_key(&GoogleDataControls::of(of("project_number"))) {
        return Err(refusal("gcp_project_not_verified").detail("field", place));
    }
    let is_registered = view
        .store
        .items(ExternalStorage::PATH)
        .any(|storage| inner(storage, "provider_config", "bucket_name") == of("bucket_name"));
    let is_elsewhere = elsewhere(view.store, item).any(|bucket| bucket == *value);
    let is_retired = stored(item, control)
        .get(control.retired)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|entry| entry["bucket_name"] == value["bucket_name"] && entry["region"] != region);
    if is_registered || is_elsewhere || is_retired {
        return Err(refusal("storage_in_use").detail("field", place));
    }
    Ok(())
}

/// The buckets of other projects.
fn elsewhere<'s>(store: &'s Store, item: &'s Object) -> impl Iterator<Item = Value> + 's {
    let others = store.singletons.iter().filter(|(path, other)| {
        GoogleDataControls::are_at(path) && text(other, "project_number") != text(item, "project_number")
    });
    others.flat_map(|(_, other)| map(&stored(other, &STORAGE), STORAGE.values).into_iter().map(|(_, bucket)| bucket))
}

/// Whether the configured key or bucket of a region is pending, does not work, or is in use.
fn state(control: &Control, stored: &Object, region: &str, view: View<'_>) -> Option<&'static str> {
    let value = map(stored, control.values).get(region).cloned()?;
    let set_at = map(stored, SET_AT).get(region).and_then(|at| at.as_str()?.parse::<Timestamp>().ok());
    let since = set_at.map(|at| view.now.duration_since(at));
    if since.is_some_and(|since| since < PENDING) {
        Some("pending")
    } else if failure(control, &value, view).is_some() {
        Some("failed")
    } else {
        Some("active")
    }
}

/// Why a key or bucket does not work.
fn failure(control: &Control, value: &Value, view: View<'_>) -> Option<String> {
    if control.name == CMEK.name {
        let key = view.store.item(ExternalKeys::PATH, value.as_str()?)?;
        return key.get(ExternalKeys::FAILURE)?.as_str().map(str::to_owned);
    }
    let name = value.get("bucket_name")?.as_str()?;
    name.contains(ExternalStorage::FAILS).then(|| "The bucket did not accept a test object.".to_owned())
}

/// The key or bucket for new data in a region.
fn effective(control: &Control, stored: &Object, region: &str, view: View<'_>) -> Option<Value> {
    match state(control, stored, region, view)? {
        "active" => map(stored, control.values).get(region).cloned(),
        _ => map(stored, FORMER).get(region).cloned().filter(|former| !former.is_null()),
    }
}

/// A control, in the format of a reply.
fn shown(control: &Control, stored: &Object, view: View<'_>) -> Value {
    let expires = |entry: &&Value| entry["expires_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let retired = stored.get(control.retired).and_then(Value::as_array).into_iter().flatten();
    let mut retired: Vec<&Value> = retired.filter(|entry| expires(entry).is_some_and(|at| at > view.now)).collect();
    retired.sort_by_key(expires);
    if text(stored, "type") != "enabled" {
        return json!({ "type": "disabled", control.retired: retired });
    }
    let values: Object = map(stored, control.values)
        .into_iter()
        .map(|(region, value)| {
            let is_confirmed = state(control, stored, &region, view) == Some("active");
            let value = if control.name == STORAGE.name { confirmed(value, is_confirmed) } else { value };
            (region, value)
        })
        .collect();
    let status: Object =
        REGIONS.into_iter().map(|region| (region.to_owned(), status(control, stored, region, view))).collect();
    json!({ "type": "enabled", control.values: values, "status": status, control.retired: retired })
}

/// A bucket with the data that is available after it is confirmed.
fn confirmed(mut bucket: Value, is_confirmed: bool) -> Value {
    let project = bucket["project_number"].as_str().unwrap_or_default().to_owned();
    for (field, value) in
        [("project_id", json!(format!("acme-{project}"))), ("location", json!("us")), ("kms_key_name", Value::Null)]
    {
        bucket[field] = if is_confirmed { value } else { Value::Null };
    }
    bucket
}

fn status(control: &Control, stored: &Object, region: &str, view: View<'_>) -> Value {
    let word = state(control, stored, region, view).unwrap_or("not_configured");
    let mut status = json!({ "type": word, control.effective: effective(control, stored, region, view) });
    let value = map(stored, control.values).get(region).cloned().unwrap_or_default();
    let problem = if word == "failed" { failure(control, &value, view) } else { None };
    if word == "not_configured" {
        return status;
    }
    if word == "active" {
        status["validated_at"] = map(stored, SET_AT).get(region).cloned().unwrap_or_default();
    }
    if control.name == CMEK.name {
        status["error"] = json!(problem);
        if word == "active" {
            status["last_checked_at"] = view.now.to_string().into();
        }
    } else {
        let failed = problem.map(|message| json!({ "check": "probe_failed", "message": message, "role": "ingest" }));
        status["failed_checks"] = json!(Vec::from_iter(failed));
    }
    status
}
