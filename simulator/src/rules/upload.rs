//! The files of an uploaded plugin.

use crate::Object;
use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The path of the manifest of a plugin.
const MANIFEST: &str = ".claude-plugin/plugin.json";
const MAX_NAME: usize = 64;
/// A file that contains this text fails the security scan of the simulator.
pub(crate) const SCAN_FAILS: &str = "simulator:fail-scan";

/// A plugin, parsed from its files.
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) manifest: Object,
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

impl Upload {
    /// Reads the sent files, and removes them from the body.
    pub(crate) fn take(sent: &mut Object) -> Result<Self, ApiError> {
        let files = sent.shift_remove("files[]").unwrap_or_default();
        let files: Vec<(String, Vec<u8>)> = files
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|file| {
                let name = file.get("name")?.as_str()?.trim_start_matches("./").to_owned();
                Some((name, STANDARD.decode(file.get("content")?.as_str()?).ok()?))
            })
            .collect();
        if let Some((name, _)) =
            files.iter().find(|(name, _)| name.starts_with('/') || name.split('/').any(|p| p == ".."))
        {
            return Err(ApiError::invalid(format!("files[]: '{name}' leads out of the plugin")));
        }
        let Some((_, manifest)) = files.iter().find(|(name, _)| name == MANIFEST) else {
            return Err(ApiError::invalid(format!("files[]: the manifest '{MANIFEST}' is missing")));
        };
        let Ok(Value::Object(manifest)) = serde_json::from_slice(manifest) else {
            return Err(ApiError::invalid(format!("files[]: '{MANIFEST}' is not a JSON object")));
        };
        let name = super::text(&manifest, "name").to_owned();
        if !crate::validate::is_slug(&name) || name.len() > MAX_NAME {
            return Err(ApiError::invalid(format!(
                "files[]: the name in '{MANIFEST}' must be 1 to {MAX_NAME} lower-case letters, digits and hyphens"
            )));
        }
        Ok(Self { name, manifest, files })
    }

    fn stated(&self, field: &str) -> Value {
        self.manifest.get(field).filter(|value| value.is_string()).cloned().unwrap_or_default()
    }

    /// The names of the skills of the plugin.
    pub(crate) fn skills(&self) -> Vec<String> {
        let folder = |name: &str| Some(name.strip_prefix("skills/")?.strip_suffix("/SKILL.md")?.to_owned());
        self.files.iter().filter_map(|(name, _)| folder(name)).collect()
    }

    fn components(&self) -> Value {
        let kind = |name: &str| {
            let page = |folder: &str| Some(name.strip_prefix(folder)?.strip_suffix(".md")?.to_owned());
            if name == ".mcp.json" {
                return Some(("mcp_server", "mcp".to_owned()));
            }
            if name == "hooks/hooks.json" {
                return Some(("hook", "hooks".to_owned()));
            }
            page("commands/").map(|name| ("command", name)).or_else(|| Some(("agent", page("agents/")?)))
        };
        let skills = self.skills().into_iter().map(|name| ("skill", name));
        let others = self.files.iter().filter_map(|(name, _)| kind(name));
        skills.chain(others).map(|(kind, name)| json!({ "type": kind, "name": name })).collect::<Vec<_>>().into()
    }

    /// The reach of the plugin.
    fn reach(&self) -> &'static str {
        let has = |file: &str| self.files.iter().any(|(name, _)| name == file);
        if has("hooks/hooks.json") {
            "privileged"
        } else if has(".mcp.json") {
            "remote"
        } else {
            "contained"
        }
    }

    /// The fields that a plugin and its versions share.
    pub(crate) fn described(&self) -> Object {
        let described = json!({
            "display_name": self.stated("displayName"),
            "description": self.stated("description"),
            "manifest_version": self.stated("version"),
            "components": self.components(),
            "reach": self.reach(),
        });
        described.as_object().cloned().unwrap_or_default()
    }

    /// Whether the security scan will fail.
    pub(crate) fn fails_scan(&self) -> bool {
        self.files.iter().any(|(_, content)| memchr::memmem::find(content, SCAN_FAILS.as_bytes()).is_some())
    }

    /// The files in the format of the store.
    pub(crate) fn stored(&self) -> Value {
        let file = |(name, content): &(String, Vec<u8>)| json!({ "name": name, "content": STANDARD.encode(content) });
        self.files.iter().map(file).collect::<Vec<_>>().into()
    }
}

/// The files in the store.
pub(crate) fn stored_files(stored: Option<&Value>) -> Vec<(String, Vec<u8>)> {
    let file = |file: &Value| {
        let content = STANDARD.decode(file.get("content")?.as_str()?).ok()?;
        Some((file.get("name")?.as_str()?.to_owned(), content))
    };
    stored.and_then(Value::as_array).into_iter().flatten().filter_map(file).collect()
}
