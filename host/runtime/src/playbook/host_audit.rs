//! The interface of the audit log, which a playbook can import in addition to the reads of the package.

use super::PlaybookError;
use super::load::{LimitReached, taken};
use super::run::{Call, State};
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::collections::BTreeSet;
use tokio::sync::oneshot;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower};
use wasmtime::{AsContextMut, StoreContextMut};

/// The name of the interface.
pub(super) const INTERFACE: &str = "claude:host/audit@0.1.0";

/// A write that the host sent to the API, or was about to send.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct AuditWrite {
    /// The number of its entry in the log.
    pub seq: u64,
    /// When it was sent, in the time of the API.
    pub time: String,
    /// The ID of the operation.
    pub operation: String,
    /// The requester.
    pub requester: String,
    /// The ID of the action.
    pub action: String,
    /// The command in its canonical form.
    pub command: String,
    /// The type of activity that the activity feed shows for the action.
    pub activity: Option<String>,
    /// The texts in the arguments.
    pub arguments: Vec<String>,
    /// Whether the action creates an object.
    pub creates: bool,
    /// The word of the outcome; none while it runs.
    pub outcome: Option<String>,
    /// Whether anything was changed: `yes`, `no` or `unknown`.
    pub changed: String,
}

/// Links one function.
pub(super) fn link(
    linked: &mut LinkerInstance<'_, State>,
    catalog: &Catalog,
    function: &str,
) -> Result<(), PlaybookError> {
    let malformed = |error: wasmtime::Error| PlaybookError::Malformed(format!("{error:#}"));
    match function {
        "search" => linked.func_wrap_async(
            function,
            |mut store: StoreContextMut<'_, State>, (since, until): (String, String)| {
                Box::new(async move {
                    let time = |text: &str| text.parse::<Timestamp>();
                    let (Ok(since), Ok(until)) = (time(&since), time(&until)) else {
                        let problem = "The playbook searched the audit log without a valid time.".to_owned();
                        return Ok((Err::<Vec<AuditWrite>, String>(problem),));
                    };
                    Ok((asked(&mut store, |reply| Call::Search { since, until, reply }).await?,))
                })
            },
        ),
        "head" => linked.func_wrap_async(function, |mut store: StoreContextMut<'_, State>, (): ()| {
            Box::new(async move { Ok((asked(&mut store, |reply| Call::Head { reply }).await?,)) })
        }),
        "activity-types" => {
            let writes = catalog.actions.iter().filter(|action| action.writes());
            let types: BTreeSet<String> = writes.filter_map(|action| action.activity.clone()).collect();
            let types: Vec<String> = types.into_iter().collect();
            linked.func_wrap(function, move |_: StoreContextMut<'_, State>, (): ()| Ok((types.clone(),)))
        }
        _ => return Err(PlaybookError::UnknownAction { id: format!("audit.{function}") }),
    }
    .map_err(malformed)
}

/// Asks the caller of the playbook. This counts as one read.
async fn asked<T>(
    store: &mut StoreContextMut<'_, State>,
    call: impl FnOnce(oneshot::Sender<T>) -> Call,
) -> wasmtime::Result<T> {
    let calls = store.data().calls.clone();
    taken(store.data_mut()).map_err(LimitReached)?;
    let (reply, answer) = oneshot::channel();
    calls.send(call(reply)).await.map_err(|_| wasmtime::Error::msg("no reads are possible now"))?;
    let answer = answer.await.map_err(|_| wasmtime::Error::msg("a read has no result"))?;
    // The duration of a read does not count as time in wasm code.
    store.as_context_mut().set_epoch_deadline(1);
    Ok(answer)
}
