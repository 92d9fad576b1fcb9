//! The Compliance API: the activity feed, the directory of linked organizations, and the content that members wrote.
//!
//! Activities of the last six months are generated on request. The activities of requests are recorded when they
//! happen. Content is stored like other objects, so deleted content is deleted everywhere.

mod activity_kinds;
mod activity_recorder;
mod beginnings;
mod chats;
mod code_artifacts;
mod directory;
mod downloads;
mod family;
mod feed;
mod files;
mod history;
mod linked_groups;
mod narrowing;
mod opaque;
mod preferences;
mod projects;
mod review;
mod review_seeds;
mod seeds;
mod sessions;
mod settings;
mod transcript;

pub(crate) use activity_recorder::ActivityRecorder;
pub(crate) use seeds::seed;
pub(crate) use settings::ComplianceSettings;

use crate::memory;
use crate::reports::random::{id, salt};
use crate::rules::Rules;
use crate::store::Store;
use family::Family;

/// The families, by path.
pub(crate) const RULES: [&dyn Rules; 29] = [
    &ComplianceSettings,
    &review::ReviewCases,
    &review::ReviewItems,
    &review::ReviewNotices,
    &Family::new("/v1/compliance/activities", feed::answer),
    &Family::new("/v1/compliance/organizations", directory::organizations),
    &Family::new("/v1/compliance/organizations/{}/users", directory::users),
    &Family::new("/v1/compliance/organizations/{}/roles", directory::roles),
    &Family::new("/v1/compliance/organizations/{}/roles/{}/permissions", directory::permissions),
    &Family::new("/v1/compliance/organizations/{}/settings", directory::settings),
    &Family::new("/v1/compliance/organizations/{}/user_preferences", preferences::list),
    &Family::new("/v1/compliance/groups", linked_groups::groups),
    &Family::new("/v1/compliance/groups/{}/members", linked_groups::group_members),
    &Family::new(chats::PATH, chats::list).takes_along(chats::goes_with),
    &Family::new("/v1/compliance/apps/chats/{}/messages", chats::messages),
    &Family::new(files::UPLOADED, files::uploaded).with_file(downloads::uploaded),
    &Family::new(files::GENERATED, files::generated).with_file(downloads::generated),
    &Family::new(files::ARTIFACTS, files::artifact).with_file(downloads::artifact),
    &Family::new(code_artifacts::PATH, code_artifacts::list).with_file(downloads::current_code_artifact),
    &Family::new("/v1/compliance/apps/code/artifacts/{}/versions", code_artifacts::list)
        .with_file(downloads::code_artifact),
    &Family::new(projects::PATH, projects::answer).goes_if(projects::may_go).takes_along(projects::goes_with),
    &Family::new("/v1/compliance/apps/projects/{}/attachments", projects::attachments),
    &Family::new("/v1/compliance/apps/projects/{}/collaborators", projects::collaborators),
    &Family::new(projects::DOCUMENTS, projects::document),
    &Family::new("/v1/compliance/apps/projects/documents/{}/metadata", projects::document_metadata),
    &Family::new(sessions::LOCAL, sessions::local),
    &Family::new("/v1/compliance/apps/sessions/local/{}/messages", sessions::local_messages),
    &Family::new(sessions::REMOTE, sessions::remote),
    &Family::new("/v1/compliance/apps/sessions/remote/{}/messages", sessions::remote_messages),
];

/// Whether the Compliance API is on.
pub(crate) fn is_on(store: &Store) -> bool {
    store.singletons.get(ComplianceSettings::PATH).is_none_or(|settings| settings::word(settings) == "enabled")
}

/// The alternative ID of the organization.
fn organization_tag(store: &Store) -> String {
    id("org_", &[memory::seed(store), salt("organization")])
}
