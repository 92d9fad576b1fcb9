//! The error codes of operations, with their status and message.

use crate::error::ApiError;
use http::StatusCode;
use serde::{Deserialize, Serialize};

/// A code in the details of an error, such as `scan_pending`.
///
/// ```
/// use claude_admin_simulator::{Effect, ErrorCode, Fault};
///
/// let code: ErrorCode = "scan_pending".parse()?;
/// let fault = Fault::new(Effect::Code(code));
/// assert_eq!(serde_json::to_value(fault.effect)?, serde_json::json!({ "code": "scan_pending" }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ErrorCode(&'static Row);

/// Status, code, message.
type Row = (u16, &'static str, &'static str);

const ROWS: &[Row] = &[
    (400, "already_member", "This person is already a member of the organization."),
    (400, "bundle_attachment_not_supported", "Bundles of this kind cannot be changed here."),
    (400, "bundle_on_call", "This bundle belongs to an on-call rotation, which manages it."),
    (400, "cannot_invite_emails_with_unverified_domains", "The domain of this address is not verified."),
    (400, "cannot_remove_last_member", "The last member of an organization cannot be removed."),
    (400, "cannot_sign_out_primary_owner", "The primary owner cannot be signed out."),
    (400, "cannot_sign_out_self", "Nobody can sign themselves out here."),
    (400, "cmek_feature_unsupported", "This feature is not available with an encryption key of your own."),
    (400, "cmek_key_disabled", "The encryption key of the organization is disabled."),
    (400, "cmek_key_network_blocked", "The encryption key of the organization cannot be reached from here."),
    (400, "email_domain_not_allowed", "The organization does not allow addresses of this domain."),
    (400, "external_key_in_workspace_policy", "A workspace refers to this encryption key."),
    (400, "external_key_validation_failed", "The encryption key did not pass its check."),
    (400, "external_key_validation_timed_out", "The check of the encryption key took too long."),
    (400, "invite_already_exists", "There is a pending invite for this address."),
    (400, "key_profile_mismatch", "The encryption key is bound to another user profile."),
    (400, "org_api_key_limit_exceeded", "The organization has as many active API keys as it may have."),
    (400, "org_member_limit_exceeded", "The organization has no seat left."),
    (400, "organization_not_enrolled_in_beta", "The organization does not take part in this beta."),
    (400, "organization_type_not_supported", "This endpoint is not available to organizations of this kind."),
    (400, "parent_organization_required", "This endpoint is for organizations that have a parent."),
    (400, "rbac_group_grants_owner_access", "This group grants access that only owners can hand out."),
    (400, "rbac_group_order_limit_exceeded", "Too many groups have settings of their own."),
    (
        400,
        "rbac_group_owner_access_unconfirmed",
        "It could not be made sure that this group grants no access of owners.",
    ),
    (400, "request_body_timeout", "The request body did not arrive in time."),
    (400, "scan_failed", "The security scan of this version failed."),
    (400, "settings_document_limit_exceeded", "The settings are larger than they may be."),
    (400, "settings_history_limit_exceeded", "The history of the settings is full."),
    (400, "slack_channel_enabled", "Claude is enabled in this channel; switch it off first."),
    (400, "slack_channel_set_up_settings_refused", "The channel is set up, but its settings were refused."),
    (400, "unsupported_charset", "The charset of a part of the form is not supported."),
    (400, "user_profile_not_found", "There is no such user profile."),
    (400, "workspace_api_key_limit_exceeded", "The workspace has as many active API keys as it may have."),
    (400, "workspace_member_limit_exceeded", "The workspace has as many members as it may have."),
    (400, "workspace_policy_violation", "A policy of the organization does not allow this for a workspace."),
    (403, "api_key_scope_missing", "The API key lacks a scope that this needs."),
    (403, "cannot_sign_out_managed_member", "A managed member cannot be signed out by you."),
    (403, "cannot_sign_out_membership_admin", "A membership admin cannot be signed out by you."),
    (403, "cannot_sign_out_owner", "An owner cannot be signed out by you."),
    (403, "cannot_sign_out_privileged_member", "A member with this role cannot be signed out by you."),
    (403, "claude_tag_writes_not_enabled", "Claude Tag cannot be changed through the API in this organization."),
    (
        403,
        "compliance_configuration_restricted",
        "The compliance configuration of the organization does not allow this.",
    ),
    (403, "organization_level_scoped_api_key_required", "This needs a key that was made for a single organization."),
    (403, "sandbox_egress_restricted", "Requests from this sandbox are not allowed to leave it."),
    (
        403,
        "spend_limits_admin_api_writes_not_enabled",
        "Spend limits cannot be managed through the API in this organization.",
    ),
    (404, "environment_not_found", "There is no such environment."),
    (404, "rbac_group_managed_settings_not_found", "This group has no settings of its own."),
    (404, "rbac_group_not_found", "There is no such group."),
    (404, "rbac_role_not_found", "There is no such role."),
    (404, "slack_channel_set_up_environment_not_found", "The channel is set up, but there is no such environment."),
    (409, "concurrent_membership_change", "Another change of memberships was made at the same time."),
    (409, "external_key_changed", "The encryption key was changed at the same time."),
    (409, "plugin_name_taken", "A plugin with this name exists in the marketplace."),
    (409, "scan_pending", "The security scan of this version is not finished."),
    (409, "skill_name_taken", "A skill with this name exists already."),
    (409, "slack_channel_set_up_settings_conflict", "The settings were changed at the same time."),
    (503, "registration_pending", "The upload is stored and not registered yet."),
    (400, "approval_required", "Human review can be switched off only with the approval of Anthropic."),
    (400, "case_closed", "The case is closed."),
    (400, "cmek_not_approved", "Encryption keys of your own are not approved for this project."),
    (400, "customer_storage_refusal_unattributed", "The key or the bucket of the organization refused the read."),
    (400, "external_key_not_found", "There is no active encryption key with this ID."),
    (400, "external_key_provider_mismatch", "The encryption key is held by another provider."),
    (400, "external_storage_in_use", "The storage is in use. If it is draining, its final removal has begun."),
    (400, "external_storage_in_workspace_policy", "A policy of the organization lists this storage."),
    (400, "external_storage_not_available", "External storage is not available for this workspace."),
    (400, "gcp_project_not_verified", "The organization has not proved that it owns this Google Cloud project."),
    (400, "grant_required", "Anthropic has not approved external storage for this."),
    (400, "human_review_not_available", "Human review cannot be set for this workspace."),
    (
        400,
        "human_review_on_with_external_storage",
        "External safeguards storage requires that human review is disabled.",
    ),
    (400, "invalid_storage_arn", "This is not the ARN of a bucket."),
    (400, "organization_not_eligible", "This kind of organization is not eligible."),
    (400, "provider_not_allowed", "This provider is not allowed for the organization."),
    (400, "region_not_supported", "This region is not supported."),
    (400, "storage_attach_limit_reached", "The workspace has had as many storages as it may have."),
    (400, "storage_bucket_unreadable", "The bucket of the organization cannot be read."),
    (400, "storage_not_approved", "Buckets of your own are not approved for this project."),
    (400, "storage_not_attachable", "The storage does not exist or cannot be attached."),
    (400, "storage_profile_mismatch", "The storage and the workspace must have the same user profile."),
    (400, "storage_profile_still_required", "A storage of the workspace is bound to another user profile."),
    (400, "storage_verification_failed", "The bucket did not pass its checks."),
    (
        400,
        "transcripts_storage_required",
        "Without human review, this workspace requires external transcripts storage.",
    ),
    (400, "unsupported_region", "This region is not supported."),
    (403, "case_reviewed_by_end_customer", "The end customer reviews this case."),
    (409, "gcp_project_controlled_by_another_organization", "Another organization controls this project."),
    (409, "storage_already_registered", "This bucket is registered already."),
    (
        409,
        "storage_attached_during_archive",
        "The workspace is archived, and a storage is still attached. Archive it again.",
    ),
    (409, "storage_changed_concurrently", "The storage was changed at the same time."),
    (409, "storage_in_use", "The bucket is in use, or was in use lately."),
    (409, "workspace_changed_concurrently", "The workspace was changed at the same time."),
    (422, "cmek_org_unsupported", "This document cannot be exported with an encryption key of your own."),
    (422, "document_too_large", "The document is too large to be exported."),
    (422, "document_unavailable", "The document has no text, or is in the trash."),
    (422, "file_set_unavailable", "One of the files has a name that cannot be exported."),
    (422, "multi_file_unavailable", "This has several files: send multi_file_format=zip."),
    (503, "authorization_check_unavailable", "The approval of Anthropic could not be read."),
    (503, "change_outcome_unknown", "Some of the changes are saved, others are not. Send the same request again."),
    (503, "workspace_created_incomplete", "The workspace exists, and part of the request did not take effect."),
];

impl ErrorCode {
    /// All codes.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(Self)
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.1
    }

    /// The HTTP status of the code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.0
    }

    /// The error that the simulator returns.
    pub(crate) fn error(&self) -> ApiError {
        let (status, code, message) = *self.0;
        ApiError::new(StatusCode::from_u16(status).unwrap_or_default(), message).code(code)
    }
}

/// The error with a code of the table. An unknown code becomes a 500 without details, which a test excludes.
pub(crate) fn refusal(code: &str) -> ApiError {
    match code.parse::<ErrorCode>() {
        Ok(code) => code.error(),
        Err(message) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message),
    }
}

impl std::str::FromStr for ErrorCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::all().find(|code| code.as_str() == text).ok_or_else(|| format!("`{text}` is not a code of an error"))
    }
}

impl TryFrom<String> for ErrorCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.as_str().to_owned()
    }
}
