//! Loads a playbook: its imports are checked and linked, and its description is read.

use super::arguments::{denied, inputs, returned};
use super::error::PlaybookLimit;
use super::exports::{INTERFACE, Manifest};
use super::fit::{self, narrowed};
use super::host_audit;
use super::run::{Call, State};
use super::{PlaybookEngine, PlaybookError};
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::oneshot;
use wasmtime::AsContextMut;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker, LinkerInstance};

/// A playbook whose imports were checked and linked.
pub struct Playbook {
    pub(super) engine: Arc<PlaybookEngine>,
    pub(super) pre: InstancePre<State>,
    pub(super) describe: ComponentExportIndex,
    pub(super) plan: ComponentExportIndex,
    manifests: Vec<Manifest>,
    imports: Vec<String>,
    digest: String,
}

impl std::fmt::Debug for Playbook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playbook").field("digest", &self.digest).field("imports", &self.imports).finish_non_exhaustive()
    }
}

impl Playbook {
    /// Checks, compiles and links a component, and reads its description.
    ///
    /// # Errors
    ///
    /// [`PlaybookError`] if it imports anything but reads of the catalog, if it lacks an export, or if its description
    /// cannot be used.
    pub fn load(engine: &Arc<PlaybookEngine>, catalog: &Arc<Catalog>, bytes: &[u8]) -> Result<Self, PlaybookError> {
        let digest = format!("{:x}", Sha256::digest(bytes));
        let malformed = |error: wasmtime::Error| PlaybookError::Malformed(format!("{error:#}"));
        let component = match &engine.compiled {
            Some(compiled) => compiled.component(&engine.engine, bytes, &digest),
            None => Component::new(&engine.engine, bytes),
        };
        let component = component.map_err(malformed)?;
        let mut linker: Linker<State> = Linker::new(&engine.engine);
        let imports = link(&mut linker, catalog, &component, engine)?;
        let export = |function: &str| {
            let interface = component.get_export_index(None, INTERFACE);
            let index = interface.and_then(|interface| component.get_export_index(Some(&interface), function));
            index.ok_or_else(|| PlaybookError::NotExported { name: format!("{INTERFACE} {function}") })
        };
        let (describe, plan) = (export("describe")?, export("plan")?);
        let pre = linker.instantiate_pre(&component).map_err(malformed)?;
        let mut playbook =
            Self { engine: Arc::clone(engine), pre, describe, plan, manifests: Vec::new(), imports, digest };
        playbook.manifests = playbook.described()?;
        Ok(playbook)
    }

    /// The descriptions of its playbooks.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The IDs of the actions that it imports.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// SHA-256 of the component, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// Links every import, if each of them is a read of the catalog. Returns the IDs.
fn link(
    linker: &mut Linker<State>,
    catalog: &Arc<Catalog>,
    component: &Component,
    engine: &PlaybookEngine,
) -> Result<Vec<String>, PlaybookError> {
    let (package, version) = catalog.package.split_once('@').unwrap_or((&catalog.package, ""));
    let mut imports = Vec::new();
    for (name, item) in component.component_type().imports(&engine.engine) {
        if let (host_audit::INTERFACE, ComponentItem::ComponentInstance(instance)) = (name, &item.ty) {
            let mut linked = linker.instance(name).map_err(|error| PlaybookError::Malformed(format!("{error:#}")))?;
            let functions = instance.exports(&engine.engine);
            for (function, _) in functions.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_))) {
                host_audit::link(&mut linked, catalog, function)?;
                imports.push(format!("audit.{function}"));
            }
            continue;
        }
        let interface = name.strip_prefix(package).and_then(|rest| rest.strip_prefix('/'));
        let interface = interface.and_then(|rest| rest.split_once('@')).filter(|(_, found)| *found == version);
        let (Some((interface, _)), ComponentItem::ComponentInstance(instance)) = (interface, item.ty) else {
            let hint = match name.starts_with("wasi:") {
                true => "; build it without WASI",
                false => "",
            };
            let (name, package) = (name.to_owned(), catalog.package.clone());
            return Err(PlaybookError::ForeignImport { name, package, hint });
        };
        let mut linked = linker.instance(name).map_err(|error| PlaybookError::Malformed(format!("{error:#}")))?;
        for (function, item) in instance.exports(&engine.engine) {
            let id = format!("{interface}.{function}");
            let found = match item.ty {
                ComponentItem::ComponentFunc(found) => found,
                ComponentItem::Type(_) => continue,
                _ => return Err(PlaybookError::NotAFunction { name: id }),
            };
            let action = importable(catalog, &id)?;
            fit::check(&catalog.types, action, &found)
                .map_err(|problem| PlaybookError::OtherTypes { id: id.clone(), problem })?;
            answered(&mut linked, catalog, action)?;
            imports.push(id);
        }
    }
    Ok(imports)
}

/// The action that a playbook imports, if a playbook can import it.
fn importable<'c>(catalog: &'c Catalog, id: &str) -> Result<&'c Arc<Action>, PlaybookError> {
    let Some(action) = catalog.action(id) else { return Err(PlaybookError::UnknownAction { id: id.to_owned() }) };
    let withheld = |what| PlaybookError::Withheld { id: id.to_owned(), what };
    match () {
        () if action.writes() => Err(PlaybookError::Write { id: id.to_owned(), risk: action.risk.as_str() }),
        () if action.sensitive => Err(withheld("a secret")),
        () if action.is_confidential() => Err(withheld("what people wrote")),
        () => Ok(action),
    }
}

/// Links one function: its parameters become an invocation, and the caller reads.
fn answered(
    linked: &mut LinkerInstance<'_, State>,
    catalog: &Arc<Catalog>,
    action: &Arc<Action>,
) -> Result<(), PlaybookError> {
    let (catalog, action) = (Arc::clone(catalog), Arc::clone(action));
    let name = action.function.clone();
    let defined = linked.func_new_async(&name, move |mut store, function: ComponentFunc, params, results| {
        let (catalog, action) = (Arc::clone(&catalog), Arc::clone(&action));
        let passed: Vec<_> =
            function.params().zip(params).map(|((name, _), val)| (name.to_owned(), val.clone())).collect();
        let state = store.data_mut();
        let (calls, taken, now) = (state.calls.clone(), taken(state), state.now);
        Box::new(async move {
            taken.map_err(LimitReached)?;
            let arguments = inputs(&catalog.types, &action, &passed).map_err(wasmtime::Error::msg)?;
            let answer = match command::from_json(&catalog, &action.id, &arguments, now) {
                Ok(draft) if draft.references.is_empty() => {
                    let (reply, answer) = oneshot::channel();
                    let sent = calls.send(Call::Read { invocation: draft.invocation, reply }).await;
                    sent.map_err(|_| wasmtime::Error::msg("no reads are possible now"))?;
                    answer.await.map_err(|_| wasmtime::Error::msg("a read has no result"))?
                }
                Ok(_) => Err(denied("a playbook must pass IDs, and no names or addresses")),
                Err(error) => Err(denied(&error.to_string())),
            };
            let value = returned(&catalog, &action, answer).map_err(wasmtime::Error::msg)?;
            results[0] = match function.results().next() {
                Some(ty) => narrowed(value, &ty),
                None => value,
            };
            // The duration of a read does not count as time in wasm code.
            store.as_context_mut().set_epoch_deadline(1);
            Ok(())
        })
    });
    defined.map_err(|error| PlaybookError::Malformed(format!("{error:#}")))
}

/// Counts a read, if one is left.
pub(super) fn taken(state: &mut State) -> Result<(), PlaybookLimit> {
    let left = state.reads_left.checked_sub(1).ok_or(PlaybookLimit::Reads(state.most_reads))?;
    state.reads_left = left;
    Ok(())
}

/// A limit that a playbook reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct LimitReached(pub(super) PlaybookLimit);
