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

/// The families.
pub(crate) const RULES: [&dyn Rules; 29] = [
    &ComplianceSettings,
    &review::ReviewCases,
    &review::ReviewItems,
    &review::ReviewNotices,
    &Family::new(path_of!("activities.list"), feed::answer),
    &Family::new(path_of!("compliance-organizations.list"), directory::organizations),
    &Family::new(path_of!("compliance-organizations.users"), directory::users),
    &Family::new(path_of!("compliance-organizations.roles"), directory::roles),
    &Family::new(path_of!("compliance-organizations.role-permissions"), directory::permissions),
    &Family::new(path_of!("compliance-organizations.settings"), directory::settings).hidden_while_off(),
    &Family::new(path_of!("compliance-organizations.user-preferences"), preferences::list),
    &Family::new(path_of!("compliance-groups.list"), linked_groups::groups),
    &Family::new(path_of!("compliance-groups.members"), linked_groups::group_members),
    &Family::new(chats::PATH, chats::list).takes_along(chats::goes_with),
    &Family::new(path_of!("compliance-chats.messages"), chats::messages),
    &Family::new(files::UPLOADED, files::uploaded).with_file(downloads::uploaded),
    &Family::new(files::GENERATED, files::generated).with_file(downloads::generated),
    &Family::new(files::ARTIFACTS, files::artifact).with_file(downloads::artifact),
    &Family::new(code_artifacts::PATH, code_artifacts::list).with_file(downloads::current_code_artifact),
    &Family::new(path_of!("compliance-code-artifacts.download"), code_artifacts::list)
        .with_file(downloads::code_artifact),
    &Family::new(projects::PATH, projects::answer).goes_if(projects::may_go).takes_along(projects::goes_with),
    &Family::new(path_of!("compliance-projects.attachments"), projects::attachments),
    &Family::new(path_of!("compliance-projects.collaborators"), projects::collaborators),
    &Family::new(projects::DOCUMENTS, projects::document),
    &Family::new(path_of!("compliance-projects.get-document-metadata"), projects::document_metadata),
    &Family::new(sessions::LOCAL, sessions::local),
    &Family::new(path_of!("compliance-sessions.local-messages"), sessions::local_messages),
    &Family::new(sessions::REMOTE, sessions::remote).of_remote_sessions(),
    &Family::new(path_of!("compliance-sessions.remote-messages"), sessions::remote_messages).of_remote_sessions(),
];

/// Whether the Compliance API is on.
pub(crate) fn is_on(store: &Store) -> bool {
    store.singletons.get(ComplianceSettings::PATH).is_none_or(|settings| settings::word(settings) == "enabled")
}

/// The alternative ID of the organization.
fn organization_tag(store: &Store) -> String {
    id("org_", &[memory::seed(store), salt("organization")])
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use crate::testing;

    /// The setting that turns the Compliance API on or off. It is in the family of the API, but not a part of the API.
    const SETTING: &str = "compliance-settings";

    #[test]
    fn every_compliance_action_has_rules_of_the_family() {
        let routes = testing::routes();
        for (action, _, rules) in routes.each() {
            let interface = routes.catalog().interface(&action.interface).unwrap();
            let is_listed = RULES.iter().any(|family| family.path() == rules.path());
            assert_eq!(is_listed, interface.family == "Compliance", "{}", action.id);
            assert_eq!(rules.records_requests(), is_listed && action.interface != SETTING, "{}", action.id);
        }
    }
}
