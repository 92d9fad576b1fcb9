//! Plugin marketplaces, and the checks of archives and repositories.

use super::{Rules, Scene, View, inner, kind, text};
use crate::Object;
use crate::archive;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(crate) struct Marketplaces;
pub(crate) struct ValidateArchive;
pub(crate) struct ValidateRepository;

/// The manifest of a marketplace.
const MANIFEST: &str = ".claude-plugin/marketplace.json";
/// The owner of the repositories that exist.
const KNOWN_OWNER: &str = "acme";

impl Marketplaces {
    pub(crate) const PATH: &'static str = path_of!("marketplaces.list");
    /// The marketplace of plugins without another marketplace.
    pub(crate) const LIBRARY: &'static str = "library";

    pub(super) fn is_of_organization(marketplace: &Object) -> bool {
        kind(marketplace, "owner") == "organization"
    }

    /// The library of the organization, if it was already created.
    pub(super) fn library(store: &Store) -> Option<&Object> {
        store
            .items(Self::PATH)
            .find(|marketplace| text(marketplace, "name") == Self::LIBRARY && Self::is_of_organization(marketplace))
    }

    /// Whether plugins can be uploaded to a marketplace.
    pub(super) fn takes_uploads(store: &Store, id: &str) -> Result<(), ApiError> {
        match store.item(Self::PATH, id) {
            None => Err(ApiError::not_found(format!("No marketplace with id '{id}' was found."))),
            Some(marketplace) if !Self::is_of_organization(marketplace) => {
                Err(ApiError::forbidden("This marketplace belongs to a member."))
            }
            Some(marketplace) if text(marketplace, "source") != "manual" => {
                Err(ApiError::invalid("This marketplace is synchronized from a repository and takes no uploads."))
            }
            Some(_) => Ok(()),
        }
    }

    /// No other organization is linked to the simulated one.
    pub(super) fn is_own(query: &Query, view: View<'_>) -> Result<(), ApiError> {
        match query.text("organization_id") {
            Some(asked) if Some(asked) != view.organization_id() => {
                Err(ApiError::not_found(format!("organization_id: '{asked}' is not linked to this organization")))
            }
            _ => Ok(()),
        }
    }
}

impl Rules for Marketplaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, _target: &Target<'_>, query: &Query, view: View<'_>) -> Result<(), ApiError> {
        Self::is_own(query, view)
    }

    fn lists(&self, item: &Object, _query: &Query, _view: View<'_>) -> bool {
        text(item, "source") != "directory"
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "organization_id").then_some(true)
    }

    fn before_update(&self, item: &Object, _changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        if Self::is_of_organization(item) {
            Ok(())
        } else {
            Err(ApiError::forbidden("The personal marketplace of a member cannot be changed here."))
        }
    }
}

impl Rules for ValidateArchive {
    fn path(&self) -> &'static str {
        path_of!("marketplaces.validate-archive")
    }

    /// The simulator reads only the names in the archive, not the content of its files.
    fn call(&self, sent: Object, _target: &Target<'_>, _scene: &mut Scene<'_>) -> Result<Object, ApiError> {
        let bytes = STANDARD.decode(inner(&sent, "archive", "content")).unwrap_or_default();
        if !archive::is_zip(&bytes) {
            return Ok(report(Some(("archive_unreadable", "The archive cannot be read.")), 0, &Object::new()));
        }
        let names = archive::names(&bytes);
        // The archive can contain the folder itself, or its content.
        if !names.iter().any(|name| name == MANIFEST || name.split_once('/').is_some_and(|(_, rest)| rest == MANIFEST))
        {
            return Ok(report(
                Some(("manifest_missing", "The archive has no marketplace manifest.")),
                0,
                &Object::new(),
            ));
        }
        let plugins = names.iter().filter(|name| name.ends_with(".claude-plugin/plugin.json")).count();
        Ok(report(None, plugins, &Object::new()))
    }
}

impl Rules for ValidateRepository {
    fn path(&self) -> &'static str {
        path_of!("marketplaces.validate-repository")
    }

    /// The simulator sends no request for a repository: only repositories of one owner exist.
    fn call(&self, sent: Object, _target: &Target<'_>, scene: &mut Scene<'_>) -> Result<Object, ApiError> {
        let address = text(&sent, "repository_url");
        let path = address.strip_prefix("https://github.com/").map(|path| path.trim_end_matches(".git"));
        let Some((owner, _)) = path.and_then(|path| path.split_once('/')).filter(|(owner, name)| {
            let plain =
                |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            plain(owner) && plain(name)
        }) else {
            return Err(ApiError::invalid("repository_url: it must be https://github.com/OWNER/REPOSITORY"));
        };
        let reference = text(&sent, "ref");
        if reference.contains("..") || !reference.chars().all(|c| c.is_ascii_alphanumeric() || "._+/-".contains(c)) {
            return Err(ApiError::invalid("ref: String should match pattern '^[A-Za-z0-9._+/-]+$'"));
        }
        if owner != KNOWN_OWNER {
            let problem = ("repository_not_found", "The repository does not exist or is private.");
            return Ok(report(Some(problem), 0, &sent));
        }
        let mut report = report(None, 2, &sent);
        let commit = scene.ids.uuid().replace('-', "");
        report.insert("commit_sha".to_owned(), format!("{commit}{}", &commit[..8]).into());
        Ok(report)
    }
}

/// The report of a check, with the code and the text of the error in the manifest.
fn report(problem: Option<(&str, &str)>, plugins: usize, sent: &Object) -> Object {
    let report = json!({
        "manifest_error": problem.map(|(_, text)| text),
        "manifest_error_code": problem.map(|(code, _)| code),
        "ref": sent.get("ref"),
        "total_plugin_count": plugins,
        "valid": problem.is_none(),
    });
    report.as_object().cloned().unwrap_or_default()
}
