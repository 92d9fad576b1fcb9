//! The playbooks of a host.

use super::{Manifest, Playbook, PlaybookEngine, PlaybookError, PlaybookLimits};
use crate::embedded;
use claude_admin_catalog::{Catalog, PlaybookForm, PlaybookParameter};
use claude_admin_chat::command::playbook_problem;
use std::path::Path;
use std::sync::Arc;

/// The playbooks of a host, each with the component that it is in.
#[derive(Debug)]
pub struct Library {
    engine: Arc<PlaybookEngine>,
    catalog: Catalog,
    components: Vec<Arc<Playbook>>,
}

impl Library {
    /// A library without playbooks, for the actions of a catalog.
    ///
    /// # Errors
    ///
    /// [`PlaybookError::Engine`] when wasmtime cannot be set up on this machine.
    pub fn new(catalog: &Catalog, limits: PlaybookLimits, compiled: Option<&Path>) -> Result<Self, PlaybookError> {
        let engine = Arc::new(PlaybookEngine::new(limits, compiled)?);
        Ok(Self { engine, catalog: catalog.clone(), components: Vec::new() })
    }

    /// A library with the built-in playbooks. With another component than the embedded one, they are left out if it lacks
    /// one of the reads that they import.
    ///
    /// # Errors
    ///
    /// [`PlaybookError::Engine`] when wasmtime cannot be set up on this machine.
    pub fn built_in(catalog: &Catalog, limits: PlaybookLimits, compiled: Option<&Path>) -> Result<Self, PlaybookError> {
        let mut library = Self::new(catalog, limits, compiled)?;
        if let Err(error) = library.add(embedded::PLAYBOOKS) {
            tracing::warn!(%error, "the built-in playbooks are left out");
        }
        Ok(library)
    }

    /// Adds a component. Returns its playbooks.
    ///
    /// # Errors
    ///
    /// [`PlaybookError`] if the component cannot be loaded, or if one of its playbooks cannot be called. No playbook of it
    /// is added then.
    pub fn add(&mut self, bytes: &[u8]) -> Result<Vec<Arc<PlaybookForm>>, PlaybookError> {
        let playbook = Playbook::load(&self.engine, &Arc::new(self.catalog.clone()), bytes)?;
        let known = self.catalog.playbooks.len();
        let described = |name: &str, problem: String| PlaybookError::Description { name: name.to_owned(), problem };
        if playbook.manifests().is_empty() {
            return Err(described("", "it describes no playbook".to_owned()));
        }
        for manifest in playbook.manifests() {
            let form = form(manifest, playbook.digest());
            if let Some(problem) = playbook_problem(&self.catalog, &form) {
                self.catalog.playbooks.truncate(known);
                // A name that cannot be used is not repeated.
                let name =
                    manifest.name.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(40).collect::<String>();
                return Err(described(&name, problem));
            }
            self.catalog.playbooks.push(Arc::new(form));
        }
        self.components.push(Arc::new(playbook));
        Ok(self.catalog.playbooks[known..].to_vec())
    }

    /// The playbooks, as users call them.
    #[must_use]
    pub fn forms(&self) -> &[Arc<PlaybookForm>] {
        &self.catalog.playbooks
    }

    /// The component of a playbook.
    #[must_use]
    pub fn component(&self, form: &PlaybookForm) -> Option<&Arc<Playbook>> {
        self.components.iter().find(|component| component.digest() == form.digest)
    }
}

fn form(manifest: &Manifest, digest: &str) -> PlaybookForm {
    let parameter = |parameter: &super::Parameter| PlaybookParameter {
        name: parameter.name.clone(),
        summary: parameter.summary.clone(),
        required: parameter.required,
        repeats: parameter.repeats,
        values: parameter.values.clone(),
    };
    PlaybookForm {
        name: manifest.name.clone(),
        summary: manifest.summary.clone(),
        parameters: manifest.parameters.iter().map(parameter).collect(),
        digest: digest.to_owned(),
    }
}
