//! Requests and responses of `wasi:http`.

use crate::exchange::{Request, Response};
use crate::route::route;
use crate::settings::Settings;
use crate::world::exports::wasi::http::incoming_handler::Guest;
use crate::world::wasi::cli::environment::get_environment;
use crate::world::wasi::clocks::wall_clock;
use crate::world::wasi::http::types::{
    Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use crate::world::wasi::io::streams::StreamError;
use crate::{Component, admin};
use jiff::Timestamp;

/// The maximum size of a request body: 1 MiB. Bodies from Slack have a few kilobytes.
const MAX_BODY_BYTES: usize = 1 << 20;
const READ_BYTES: u64 = 64 << 10;
/// The maximum number of bytes in one write to an output stream.
const WRITE_BYTES: usize = 4096;

impl Guest for Component {
    fn handle(request: IncomingRequest, outparam: ResponseOutparam) {
        let response = answer(&request).unwrap_or_else(|response| response);
        send(response, outparam);
    }
}

fn answer(request: &IncomingRequest) -> Result<Response, Response> {
    let request = read(request)?;
    // The gateway has no log, so the response contains the problem. A problem never contains a secret.
    let settings = Settings::read(get_environment())
        .map_err(|problem| Response::text(500, format!("the settings of this gateway are invalid: {problem}")))?;
    let now = wall_clock::now();
    let now = i64::try_from(now.seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let now = now.ok_or_else(|| Response::text(500, "the clock of this host is wrong"))?;
    Ok(route(&settings, &mut admin::Component, &request, now))
}

fn read(request: &IncomingRequest) -> Result<Request, Response> {
    let method = match request.method() {
        Method::Get => "GET".to_owned(),
        Method::Post => "POST".to_owned(),
        other => format!("{other:?}").to_uppercase(),
    };
    let path = request.path_with_query().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default().to_owned();
    let headers =
        request.headers().entries().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    Ok(Request { method, path, headers, body: body(request)? })
}

fn body(request: &IncomingRequest) -> Result<Vec<u8>, Response> {
    let broken = || Response::text(400, "the body of the request cannot be read");
    let body = request.consume().map_err(|()| broken())?;
    let stream = body.stream().map_err(|()| broken())?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
        }
        if bytes.len() > MAX_BODY_BYTES {
            return Err(Response::text(413, "the body of the request is too large"));
        }
    }
}

fn send(response: Response, outparam: ResponseOutparam) {
    let headers = Fields::new();
    // If the host rejects these headers, it still sends the response.
    let _ = headers.set("content-type", &[response.content_type.as_bytes().to_vec()]);
    let _ = headers.set("content-length", &[response.body.len().to_string().into_bytes()]);
    if let Some(seconds) = response.retry_after {
        let _ = headers.set("retry-after", &[seconds.to_string().into_bytes()]);
    }
    let outgoing = OutgoingResponse::new(headers);
    let _ = outgoing.set_status_code(response.status);
    let Ok(body) = outgoing.body() else { return };
    ResponseOutparam::set(outparam, Ok(outgoing));
    let Ok(stream) = body.write() else { return };
    // If the client disconnected, it does not receive the rest.
    let _ = response.body.chunks(WRITE_BYTES).try_for_each(|chunk| stream.blocking_write_and_flush(chunk));
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}
