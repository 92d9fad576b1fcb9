//! The cost of any component: this one only sends the request of the list call and counts the bytes of the response. It
//! runs in a program without a gate, on the pooled client of the native call. No policy is evaluated, nothing is parsed
//! and nothing is recorded.

use crate::embedder::Embedder;
use crate::host::Host;
use crate::load::Way;
use crate::upstream::{ITEMS, KEY};
use bytes::Bytes;
use claude_admin::egress::{AddressRule, Client};
use claude_admin::sandbox::Isolation;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use wasmtime::component::{Component, Instance, InstancePre};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// The folder of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Builds the component.
pub(crate) fn component() -> Vec<u8> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bare");
    let core = claude_admin_packager::compile(Path::new(WORKSPACE), "bare-component", &target);
    let core = core.unwrap_or_else(|error| panic!("{error}"));
    claude_admin_packager::componentize(&core).expect("a component")
}

pub(crate) struct Bare {
    engine: Engine,
    pre: InstancePre<Embedder>,
    sender: Pooled,
    isolation: Isolation,
    kept: Mutex<Vec<(Store<Embedder>, Instance)>>,
}

impl Bare {
    /// Uses the engine of a host with the same isolation. The pool of this engine can contain the same number of
    /// instances again.
    pub(crate) fn beside(host: &Host, address: SocketAddr, component: &[u8], isolation: Isolation) -> Self {
        let engine = host.plugin.sandbox().engine().clone();
        let component = Component::new(&engine, component).expect("the component compiles");
        let pre = Embedder::link(&engine, &component);
        let client = Client::plain(AddressRule::LoopbackOnly).expect("a client");
        let sender = Pooled { client, base_url: Arc::from(format!("http://{address}")) };
        Self { engine, pre, sender, isolation, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Store<Embedder>, Instance)>> {
        self.kept.lock().expect("no call fails")
    }
}

impl Way for Bare {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let kept = self.kept().pop();
            let (mut store, instance) = match kept {
                Some(kept) => kept,
                None => {
                    let mut store = Store::new(&self.engine, Embedder::new(Some(Box::new(self.sender.clone()))));
                    store.set_epoch_deadline(u64::MAX / 2);
                    let instance = self.pre.instantiate_async(&mut store).await.expect("an instance");
                    (store, instance)
                }
            };
            let fetch = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "fetch").expect("exported");
            let limit = u32::try_from(ITEMS).expect("a small page");
            let (bytes,) = fetch.call_async(&mut store, (limit,)).await.expect("an answer");
            // A member has more than 100 bytes.
            assert!(bytes > 100 * limit, "{bytes} bytes");
            if self.isolation == Isolation::Principal {
                self.kept().push((store, instance));
            }
        })
    }
}

/// Sends the request of the component in the same way as the native call.
#[derive(Clone)]
struct Pooled {
    client: Client,
    base_url: Arc<str>,
}

type Done = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Pooled {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Done,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Done), Error>> + Send> {
        let sender = self.clone();
        Box::new(async move {
            let response = sender.send(&request.into_parts().0).await;
            Ok((response, Box::new(async { Ok(()) }) as Done))
        })
    }
}

impl Pooled {
    async fn send(&self, request: &Parts) -> Response<WasiBody> {
        let target = request.uri.path_and_query().expect("a target");
        let mut sent = Request::builder().uri(format!("{}{target}", self.base_url)).header("x-api-key", KEY);
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let response = self.client.send(sent.body(Full::default()).expect("a request")).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body: Bytes = body.collect().await.expect("a body").to_bytes();
        Response::from_parts(parts, Full::new(body).map_err(|never| match never {}).boxed_unsync())
    }
}
