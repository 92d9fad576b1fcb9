//! Sends one request and counts the bytes of its response. It parses no JSON and returns a number. A call therefore
//! costs only what the runtime costs any component that sends a request over `wasi:http`.

// A native linker rejects the names of the exports. Only the component is used.
#![cfg(target_arch = "wasm32")]

wit_bindgen::generate!({
    path: ["../../wit/deps/io", "../../wit/deps/http", "wit"],
    world: "test:bare/bare",
    generate_all,
});

use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, OutgoingRequest, Scheme};
use wasi::io::streams::StreamError;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

struct Component;

export!(Component);

impl Guest for Component {
    fn fetch(limit: u32) -> u32 {
        count(limit).expect("an answer")
    }
}

fn count(limit: u32) -> Option<u32> {
    let version = ("anthropic-version".to_owned(), b"2023-06-01".to_vec());
    let request = OutgoingRequest::new(Fields::from_list(&[version]).ok()?);
    request.set_scheme(Some(&Scheme::Https)).ok()?;
    request.set_authority(Some("api.anthropic.com")).ok()?;
    request.set_path_with_query(Some(&format!("/v1/organizations/users?limit={limit}"))).ok()?;
    let future = handle(request, None).ok()?;
    future.subscribe().block();
    let body = future.get()?.ok()?.ok()?.consume().ok()?;
    let stream = body.stream().ok()?;
    let mut bytes = 0;
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(chunk) => bytes += u32::try_from(chunk.len()).ok()?,
            Err(StreamError::Closed) => return Some(bytes),
            Err(StreamError::LastOperationFailed(_)) => return None,
        }
    }
}
