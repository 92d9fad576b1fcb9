//! The list call without a sandbox: a pooled hyper client that reads the page into Rust structs.

use crate::load::Way;
use crate::upstream::KEY;
use claude_admin::egress::{AddressRule, Client};
use http::Request;
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use std::net::SocketAddr;
use std::pin::Pin;

pub(crate) struct Native {
    client: Client,
    url: String,
    key: String,
    items: usize,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading the fields is the work")]
pub(crate) struct User {
    pub(crate) id: String,
    #[serde(rename = "type")]
    kind: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) role: String,
    added_at: String,
}

#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) data: Vec<User>,
}

impl Native {
    pub(crate) fn new(address: SocketAddr, items: usize) -> Self {
        Self::at(&format!("http://{address}"), KEY, items)
    }

    /// The same at a base URL, with a key.
    pub(crate) fn at(base_url: &str, key: &str, items: usize) -> Self {
        let client = Client::new(AddressRule::LoopbackOnly).expect("a client");
        let url = format!("{base_url}/v1/organizations/users?limit={items}");
        Self { client, url, key: key.to_owned(), items }
    }

    /// Requests the page, and parses it.
    pub(crate) async fn page(&self) -> Page {
        let request = Request::builder()
            .uri(&self.url)
            .header("x-api-key", &self.key)
            .header("anthropic-version", "2023-06-01")
            .body(Full::default())
            .expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        serde_json::from_slice(&body).expect("a page")
    }
}

impl Way for Native {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move { assert_eq!(self.page().await.data.len(), self.items) })
    }
}
