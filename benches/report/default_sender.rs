//! The list call in the component, embedded in a program without a gate, with the default sender of wasi-http. This
//! sender opens a connection for each request.

use crate::embedder::Embedder;
use crate::load::Way;
use crate::one_connection_each::OneConnectionEach;
use crate::upstream::KEY;
use claude_admin::embedded::COMPONENT;
use std::pin::Pin;
use wasmtime::component::{Component, InstancePre, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::WasiHttpHooks;

/// The program configures the component with a base URL and a credential.
pub(crate) struct DefaultSender {
    engine: Engine,
    pre: InstancePre<Embedder>,
    component: Component,
    base_url: String,
    /// The sender that is used instead of the default sender of wasi-http.
    sender: Option<OneConnectionEach>,
}

impl DefaultSender {
    pub(crate) fn new(base_url: String, engine: &Engine, sender: Option<OneConnectionEach>) -> Self {
        let component = Component::new(engine, COMPONENT).expect("the component compiles");
        let pre = Embedder::link(engine, &component);
        Self { engine: engine.clone(), pre, component, base_url, sender }
    }

    fn export(&self, interface: &str, function: &str) -> wasmtime::component::ComponentExportIndex {
        let interface = self.component.get_export_index(None, &*format!("claude:admin/{interface}@0.1.0"));
        self.component.get_export_index(interface.as_ref(), function).expect("exported")
    }
}

impl Way for DefaultSender {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let some = |val: Val| Val::Option(Some(Box::new(val)));
            let sender = self.sender.clone().map(|sender| Box::new(sender) as Box<dyn WasiHttpHooks + Send>);
            let mut store = Store::new(&self.engine, Embedder::new(sender));
            store.set_epoch_deadline(u64::MAX / 2);
            let instance = self.pre.instantiate_async(&mut store).await.expect("an instance");
            let configure = instance.get_func(&mut store, self.export("settings", "configure")).expect("a function");
            let credential = Val::Variant("admin-key".to_owned(), Some(Box::new(Val::String(KEY.to_owned()))));
            let settings = [some(Val::String(self.base_url.clone())), some(credential), Val::Option(None)];
            let mut results = [Val::Bool(false)];
            configure.call_async(&mut store, &settings, &mut results).await.expect("configured");
            let list = instance.get_func(&mut store, self.export("users", "list")).expect("a function");
            let page = Val::Record(vec![
                ("limit".to_owned(), some(Val::U32(20))),
                ("after-id".to_owned(), Val::Option(None)),
                ("before-id".to_owned(), Val::Option(None)),
            ]);
            list.call_async(&mut store, &[Val::Option(None), Val::List(Vec::new()), page], &mut results)
                .await
                .expect("called");
            assert!(matches!(&results[0], Val::Result(Ok(Some(_)))), "{:?}", results[0]);
        })
    }
}
