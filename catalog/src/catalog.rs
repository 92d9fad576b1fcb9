//! The catalog: everything that a package declares.

use crate::{Action, CatalogError, Interface, PackageText, PlaybookForm, Type, Types, read};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A function for programs that embed the component: it makes no request and is no command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedderFunction {
    /// `interface.function`.
    pub id: String,
    /// The parameters, as name and type.
    pub params: Vec<(String, Type)>,
    /// The type that it returns on success.
    pub result: Option<Type>,
}

/// Everything that a WIT package declares.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Catalog {
    /// The package with its version, such as `claude:admin@0.1.0`.
    pub package: String,
    /// The interfaces that have functions, in the order of their names.
    pub interfaces: Vec<Interface>,
    /// The actions: by interface, then in the order of declaration.
    pub actions: Vec<Arc<Action>>,
    /// The functions that are not actions.
    pub embedder_functions: Vec<EmbedderFunction>,
    /// The types.
    pub types: Types,
    /// Whether names and e-mail addresses can be written instead of IDs. The program that runs the actions looks them
    /// up.
    pub looks_up: bool,
    /// The playbooks that the host has loaded. They are not in the text of the package.
    pub playbooks: Vec<Arc<PlaybookForm>>,
}

/// The cause why a prepared catalog could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("a prepared catalog cannot be used: {0}")]
pub struct PreparedError(postcard::Error);

impl Catalog {
    /// Reads the text of a package. Worlds are ignored: the interfaces contain all declarations.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when the text is not WIT, or its annotations are unknown, missing or contradictory. One error
    /// reports all problems.
    pub fn from_text(text: &PackageText) -> Result<Self, CatalogError> {
        read::read(&text.without_worlds())
    }

    /// The catalog in a form that can be read in a tenth of the time that the text takes. Only the build that wrote it
    /// can read it: the form does not contain the version of this type.
    ///
    /// # Errors
    ///
    /// [`PreparedError`] if the catalog cannot be written in this form.
    pub fn to_prepared(&self) -> Result<Vec<u8>, PreparedError> {
        postcard::to_allocvec(self).map_err(PreparedError)
    }

    /// Reads the output of [`Self::to_prepared`] of the same build.
    ///
    /// # Errors
    ///
    /// [`PreparedError`] when the input is not such an output.
    pub fn from_prepared(bytes: &[u8]) -> Result<Self, PreparedError> {
        postcard::from_bytes(bytes).map_err(PreparedError)
    }

    /// The same catalog for a program without lookups: objects can be named only by their IDs.
    #[must_use]
    pub fn without_lookups(self) -> Self {
        Self { looks_up: false, ..self }
    }

    /// The action with this ID (`users.list`).
    #[must_use]
    pub fn action(&self, id: &str) -> Option<&Arc<Action>> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// The playbook with this name.
    #[must_use]
    pub fn playbook(&self, name: &str) -> Option<&Arc<PlaybookForm>> {
        self.playbooks.iter().find(|form| form.name == name)
    }

    /// The interface with this name or alias.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        let by_name = self.interfaces.iter().find(|interface| interface.name == name);
        by_name.or_else(|| self.interfaces.iter().find(|interface| interface.aliases.iter().any(|alias| alias == name)))
    }

    /// The interfaces that people use, in the order of the text.
    #[must_use]
    pub fn nouns(&self) -> Vec<&Interface> {
        let mut nouns: Vec<&Interface> = self.interfaces.iter().filter(|interface| !interface.embedder).collect();
        nouns.sort_by_key(|noun| noun.place);
        nouns
    }

    /// The actions of an interface.
    pub fn actions_of<'c>(&'c self, interface: &'c str) -> impl Iterator<Item = &'c Arc<Action>> + 'c {
        self.actions.iter().filter(move |action| action.interface == interface)
    }

    /// The action of an interface with this verb or alias of it.
    #[must_use]
    pub fn verb<'c>(&'c self, interface: &'c str, verb: &str) -> Option<&'c Arc<Action>> {
        let by_name = self.actions_of(interface).find(|action| action.function == verb);
        by_name.or_else(|| self.actions_of(interface).find(|action| action.aliases.iter().any(|alias| alias == verb)))
    }

    /// The signature of an action in WIT, such as `list(email: option<email>, page: page) -> result<user-page, error>`.
    #[must_use]
    pub fn signature(&self, action: &Action) -> String {
        let params: Vec<String> =
            action.params.iter().map(|param| format!("{}: {}", param.name, self.type_name(&param.ty))).collect();
        let result = action.result.as_ref().map_or_else(|| "_".to_owned(), |ty| self.type_name(ty));
        format!("{}({}) -> result<{result}, error>", action.function, params.join(", "))
    }

    /// A type as WIT writes it.
    #[must_use]
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Named(id) => self.types.get(*id).name.clone(),
            Type::List(item) => format!("list<{}>", self.type_name(item)),
            Type::Option(inner) => format!("option<{}>", self.type_name(inner)),
            Type::Tuple(items) => {
                format!("tuple<{}>", items.iter().map(|item| self.type_name(item)).collect::<Vec<_>>().join(", "))
            }
            plain => format!("{plain:?}").to_lowercase(),
        }
    }
}
