//! A loaded component.

use super::instance::State;
use super::instance_pool::InstancePool;
use super::interface_check::{check, export_name};
use super::{Isolation, Limits, LoadError, Sandbox};
use crate::embedded;
use claude_admin_catalog::{Catalog, PackageText, PlaybookForm};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

/// The only imports that are allowed for a component.
pub const ALLOWED_IMPORTS: [&str; 5] = [
    "wasi:io/error@0.2.6",
    "wasi:io/poll@0.2.6",
    "wasi:io/streams@0.2.6",
    "wasi:http/types@0.2.6",
    "wasi:http/outgoing-handler@0.2.6",
];

/// The layer field of a core module, after the magic number and the version.
const CORE_LAYER: [u8; 4] = [1, 0, 0, 0];

/// A component that was checked, compiled and linked.
pub struct Plugin {
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) pre: InstancePre<State>,
    pub(super) functions: HashMap<String, ComponentExportIndex>,
    pub(super) kept: Option<Arc<InstancePool>>,
    catalog: Arc<Catalog>,
    digest: String,
    size: usize,
    imports: Vec<String>,
    exports: Vec<Export>,
}

/// An interface that a component exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The name with its version.
    pub name: String,
    /// The functions.
    pub functions: Vec<String>,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("digest", &self.digest).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Plugin {
    /// Checks, compiles and links a component. No code of it runs.
    ///
    /// # Errors
    ///
    /// [`LoadError`], with one variant for each problem.
    pub fn load(sandbox: &Arc<Sandbox>, bytes: &[u8]) -> Result<Self, LoadError> {
        if bytes.starts_with(b"\0asm") && bytes.get(4..8) == Some(&CORE_LAYER) {
            return Err(LoadError::CoreModule);
        }
        PackageText::from_component(bytes).map_err(|error| LoadError::Malformed(error.to_string()))?;
        let compiled = Compiled::of(sandbox, bytes, digest(bytes))?;
        compiled.link(sandbox, catalog_of(bytes)?)
    }

    /// Links the embedded component. The build has already read its WIT text.
    ///
    /// # Errors
    ///
    /// [`LoadError`], as for any other component.
    pub fn embedded(sandbox: &Arc<Sandbox>) -> Result<Self, LoadError> {
        // Both steps take about the same time, and a command on the command line waits for both.
        let (catalog, compiled) = std::thread::scope(|scope| {
            let catalog = scope.spawn(embedded::catalog);
            let compiled = Compiled::of(sandbox, embedded::COMPONENT, embedded::DIGEST.to_owned());
            (catalog.join(), compiled)
        });
        let catalog = catalog.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        compiled?.link(sandbox, catalog)
    }

    /// The same component, with playbooks in its catalog.
    #[must_use]
    pub fn with_playbooks(self, forms: Vec<Arc<PlaybookForm>>) -> Self {
        let catalog = Arc::new(Catalog { playbooks: forms, ..Catalog::clone(&self.catalog) });
        Self { catalog, ..self }
    }

    /// The actions of the component.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// SHA-256 of the component, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Bytes of the component.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The imports of the component.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The exports of the component.
    #[must_use]
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    /// The sandbox that it runs in.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }
}

/// A component whose imports are allowed.
struct Compiled {
    component: Component,
    imports: Vec<String>,
    digest: String,
    size: usize,
}

impl Compiled {
    fn of(sandbox: &Sandbox, bytes: &[u8], digest: String) -> Result<Self, LoadError> {
        let engine = &sandbox.engine;
        let component = match &sandbox.compiled {
            Some(compiled) => compiled.component(engine, bytes, &digest),
            None => Component::new(engine, bytes),
        };
        let component = component.map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let imports: Vec<String> =
            component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect();
        if let Some(name) = imports.iter().find(|name| !is_allowed(name)) {
            return Err(LoadError::ForbiddenImport(name.clone()));
        }
        Ok(Self { component, imports, digest, size: bytes.len() })
    }

    /// Links the component, if its exports match its WIT text.
    fn link(self, sandbox: &Arc<Sandbox>, catalog: Catalog) -> Result<Plugin, LoadError> {
        let Self { component, imports, digest, size } = self;
        check(&sandbox.engine, &component, &catalog).map_err(LoadError::Mismatch)?;
        let functions = functions(&component, &catalog)?;
        let pre =
            sandbox.linker.instantiate_pre(&component).map_err(|error| LoadError::Compile(format!("{error:#}")))?;
        let exports = exports(sandbox, &component);
        let Limits { isolation, concurrency, .. } = sandbox.limits;
        let kept = (isolation == Isolation::Principal).then(|| InstancePool::new(concurrency));
        let (sandbox, catalog) = (Arc::clone(sandbox), Arc::new(catalog));
        Ok(Plugin { sandbox, pre, functions, kept, catalog, digest, size, imports, exports })
    }
}

/// Compares package and interface exactly, and the version without its patch: the linked version also satisfies 0.2.3.
fn is_allowed(import: &str) -> bool {
    let series = |name: &str| name.rsplit_once('.').map(|(series, _)| series.to_owned());
    ALLOWED_IMPORTS.iter().any(|allowed| series(allowed).is_some() && series(allowed) == series(import))
}

fn functions(component: &Component, catalog: &Catalog) -> Result<HashMap<String, ComponentExportIndex>, LoadError> {
    let mut functions = HashMap::new();
    for action in &catalog.actions {
        let interface = export_name(catalog, &action.interface);
        let index = component
            .get_export_index(None, &interface)
            .and_then(|interface| component.get_export_index(Some(&interface), &action.function))
            .ok_or_else(|| LoadError::Mismatch(format!("`{}` is not exported", action.id)))?;
        functions.insert(action.id.clone(), index);
    }
    Ok(functions)
}

fn exports(sandbox: &Sandbox, component: &Component) -> Vec<Export> {
    let engine = &sandbox.engine;
    component
        .component_type()
        .exports(engine)
        .map(|(name, export)| {
            let functions = match export.ty {
                ComponentItem::ComponentInstance(instance) => instance
                    .exports(engine)
                    .filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)))
                    .map(|(name, _)| name.to_owned())
                    .collect(),
                _ => Vec::new(),
            };
            Export { name: name.to_owned(), functions }
        })
        .collect()
}

/// The catalog of a component. A component other than the embedded one can declare any risk. The risk of its actions is
/// at least the risk of the same requests in the embedded package.
///
/// # Errors
///
/// [`LoadError`] if it contains no WIT text, or an invalid one.
pub fn catalog_of(bytes: &[u8]) -> Result<Catalog, LoadError> {
    let text = PackageText::from_component(bytes).map_err(|error| LoadError::Malformed(error.to_string()))?;
    let mut catalog = Catalog::from_text(&text.ok_or(LoadError::NoPackageText)?)?;
    if digest(bytes) != embedded::DIGEST {
        catalog.raise_to(&embedded::catalog()?);
    }
    Ok(catalog)
}

/// Checks that the digest of a component is the pinned one. `pinned` is a SHA-256 in hexadecimal, with or without
/// `sha256:`.
///
/// # Errors
///
/// [`LoadError::Digest`] if it differs.
pub fn check_digest(bytes: &[u8], pinned: &str) -> Result<(), LoadError> {
    let found = digest(bytes);
    let expected = pinned.trim().trim_start_matches("sha256:").to_ascii_lowercase();
    if found == expected { Ok(()) } else { Err(LoadError::Digest { found, expected }) }
}

/// SHA-256 of a component, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
