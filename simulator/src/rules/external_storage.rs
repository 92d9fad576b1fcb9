//! Buckets of the organization that are registered with Anthropic.

use super::{Deletion, Rules, Scene, View, Workspaces, inference_privacy, inner, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use crate::validate::at;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct ExternalStorage;

/// Marks a storage that was activated.
const ACTIVATED_AT: &str = "activated_at";
/// Marks a storage that a workspace has used.
const WAS_USED: &str = "was_used";
/// The start time of the final removal of a storage.
const REMOVAL_AT: &str = "removal_started_at";
/// The duration of the final removal.
const REMOVAL: SignedDuration = SignedDuration::from_hours(1);

impl ExternalStorage {
    pub(crate) const PATH: &'static str = path_of!("external-storage.list");

    /// The field in the store that marks a storage as listed in a policy of the organization. No reply contains it.
    pub(crate) const IN_POLICY: &'static str = "in_policy";

    /// A bucket with this text in its name fails its check.
    pub(crate) const FAILS: &'static str = "unverified";

    /// Marks a storage as activated, for the seed.
    pub(crate) fn activated(storage: &mut Value, at: Timestamp) {
        storage[ACTIVATED_AT] = at.to_string().into();
    }

    /// Marks a storage as one that a workspace has used, for the seed.
    pub(crate) fn was_used(storage: &mut Value) {
        storage[WAS_USED] = true.into();
    }

    /// The status of a storage: whether it can be used, and whether it is used.
    fn status(item: &Object, store: &Store, now: Timestamp) -> Value {
        if text(item, ACTIVATED_AT).is_empty() {
            return json!({ "type": "pending_configuration" });
        }
        let checked = json!({ "healthy": failed_checks(item).is_empty(), "last_checked_at": now.to_string() });
        let with = |word: &str| {
            let mut status = checked.clone();
            status["type"] = word.into();
            status
        };
        if Self::is_used(store, text(item, "id")) {
            with("active")
        } else if item.contains_key(WAS_USED) {
            let mut status = with("draining");
            status["removal_started"] = item.contains_key(REMOVAL_AT).into();
            status
        } else {
            with("available")
        }
    }

    fn is_used(store: &Store, id: &str) -> bool {
        store.items(Workspaces::PATH).any(|workspace| inference_privacy::storages(workspace).any(|used| used == id))
    }

    /// Records that a workspace uses a storage.
    pub(super) fn used(store: &mut Store, id: &str) {
        if let Some(storage) = store.item_mut(Self::PATH, id) {
            storage.insert(WAS_USED.to_owned(), true.into());
        }
    }

    /// Checks that a workspace can use a storage. The setting with this name refers to the storage.
    pub(super) fn attachable(store: &Store, id: &str, profile: &str, field: &str) -> Result<(), ApiError> {
        let field = format!("inference_data_privacy.{field}");
        check_id(id)?;
        let storage = store
            .item(Self::PATH, id)
            .filter(|storage| !text(storage, ACTIVATED_AT).is_empty() && !storage.contains_key(REMOVAL_AT));
        let Some(storage) = storage else { return Err(refusal("storage_not_attachable").detail("field", field)) };
        if text(storage, "user_profile_id") != profile {
            return Err(refusal("storage_profile_mismatch").detail("field", field));
        }
        let failed = failed_checks(storage);
        if !failed.is_empty() {
            return Err(refusal("storage_verification_failed").detail("failed_checks", failed).detail("field", field));
        }
        Ok(())
    }
}

impl Rules for ExternalStorage {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        if view.caller.is_enterprise() {
            return Err(refusal("organization_not_eligible"));
        }
        target.key.as_deref().map_or(Ok(()), check_id)
    }

    fn derived(&self, field: &str, item: &Object, view: View<'_>) -> Option<Value> {
        (field == "status").then(|| Self::status(item, view.store, view.now))
    }

    /// An empty entry matches storage that is bound to nothing.
    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "user_profile_ids[]").then(|| values.contains(&json!(text(item, "user_profile_id"))))
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        check_bucket(new)?;
        let profile = text(new, "user_profile_id");
        if !profile.is_empty() && !profile.starts_with("uprof_") {
            return Err(refusal("user_profile_not_found"));
        }
        if view.store.items(Self::PATH).any(|known| same_bucket(known, new)) {
            return Err(refusal("storage_already_registered"));
        }
        Ok(())
    }

    fn act(
        &self,
        _act: &str,
        item: &mut Object,
        _sent: &Object,
        scene: &mut Scene<'_>,
    ) -> Result<Option<Object>, ApiError> {
        if text(item, ACTIVATED_AT).is_empty() {
            let failed = failed_checks(item);
            if !failed.is_empty() {
                return Err(refusal("storage_verification_failed").detail("failed_checks", failed));
            }
            item.insert(ACTIVATED_AT.to_owned(), scene.now.to_string().into());
            item.insert("updated_at".to_owned(), scene.now.to_string().into());
            if kind(item, "provider_config") == "aws" {
                item.insert("setup_template_version".to_owned(), "1".into());
            }
        }
        Ok(Some(Object::new()))
    }

    fn prepares_delete(&self, item: &Object, scene: &mut Scene<'_>) {
        let id = text(item, "id");
        let drains = item.contains_key(WAS_USED) && !Self::is_used(scene.store, id);
        if drains
            && !item.contains_key(REMOVAL_AT)
            && !item.contains_key(Self::IN_POLICY)
            && let Some(stored) = scene.store.item_mut(Self::PATH, id)
        {
            stored.insert(REMOVAL_AT.to_owned(), scene.now.to_string().into());
        }
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        if item.contains_key(Self::IN_POLICY) {
            return Err(refusal("external_storage_in_workspace_policy"));
        }
        let removal = text(item, REMOVAL_AT).parse::<Timestamp>().ok();
        let is_removed = removal.and_then(|at| at.checked_add(REMOVAL).ok()).is_some_and(|end| end <= view.now);
        if Self::is_used(view.store, text(item, "id")) || item.contains_key(WAS_USED) && !is_removed {
            return Err(refusal("external_storage_in_use"));
        }
        Ok(Deletion::Remove)
    }
}

/// Returns an error for an ARN of an object other than a bucket.
fn check_id(id: &str) -> Result<(), ApiError> {
    let is_bucket = |arn: &str| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", _, "s3", "", "", bucket] if !bucket.is_empty() && !bucket.contains('/'))
    };
    if id.starts_with("arn:") && !is_bucket(id) { Err(refusal("invalid_storage_arn")) } else { Ok(()) }
}

fn same_bucket(known: &Object, new: &Object) -> bool {
    let of = |object| {
        (kind(object, "provider_config").to_owned(), inner(object, "provider_config", "bucket_name").to_owned())
    };
    of(known) == of(new)
}

/// The failed checks of a bucket.
fn failed_checks(item: &Object) -> Vec<Value> {
    let name = inner(item, "provider_config", "bucket_name");
    let is_aws = kind(item, "provider_config") == "aws";
    let mut failed = Vec::new();
    if name.contains(ExternalStorage::FAILS) {
        let message = "The role for ingestion cannot write to the bucket.";
        failed.push(json!({ "check": "probe_failed", "message": message, "role": "ingest" }));
    }
    if is_aws && !is_aws_region(inner(item, "provider_config", "region")) {
        failed.push(json!({ "check": "region", "message": "The region cannot be used.", "role": null }));
    }
    failed
}

fn check_bucket(new: &Object) -> Result<(), ApiError> {
    let of = |field| inner(new, "provider_config", field);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = of("bucket_name");
    check_bucket_name(name, "provider_config.bucket_name")?;
    match kind(new, "provider_config") {
        "aws" if of("account_id").len() == 12 && digits(of("account_id")) => Ok(()),
        "aws" => Err(at("provider_config.account_id", "String should match pattern '^[0-9]{12}$'")),
        _ if !digits(of("project_number")) => {
            Err(at("provider_config.project_number", "String should match pattern '^[0-9]+$'"))
        }
        _ if name.starts_with("goog") || name.contains("google") => {
            Err(at("provider_config.bucket_name", "it must not begin with 'goog' or contain 'google'"))
        }
        _ if !is_gcp_region(of("region")) => Err(refusal("unsupported_region")),
        _ => Ok(()),
    }
}

/// Returns an error for the name of a bucket that no provider accepts.
pub(super) fn check_bucket_name(name: &str, place: &str) -> Result<(), ApiError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| is_plain(*byte));
    let bytes = name.as_bytes();
    let fits = (3..=63).contains(&name.len())
        && bytes.iter().all(|byte| is_plain(*byte) || *byte == b'-')
        && ends(bytes.first())
        && ends(bytes.last());
    if fits { Ok(()) } else { Err(at(place, "String should match pattern '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$'")) }
}

/// `us-east-1`.
fn is_aws_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    matches!(parts.as_slice(), ["us" | "eu" | "ap" | "ca" | "sa", place, number]
        if place.bytes().all(|byte| byte.is_ascii_lowercase()) && number.parse::<u8>().is_ok())
}

/// `us-east5`: a single region, no dual-region and no multi-region.
fn is_gcp_region(region: &str) -> bool {
    region.split_once('-').is_some_and(|(area, place)| {
        ["us", "europe", "asia", "northamerica", "southamerica", "australia", "me", "africa"].contains(&area)
            && place.ends_with(|c: char| c.is_ascii_digit())
            && place.starts_with(|c: char| c.is_ascii_lowercase())
    })
}
