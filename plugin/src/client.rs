//! The blocking HTTP client over `wasi:http`.

use crate::method::Method;
use crate::settings;
use crate::world::exports::claude::admin::types::{Error, TransportError, TransportProblem};
use crate::world::wasi::http::outgoing_handler;
use crate::world::wasi::http::types::{
    self, ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::world::wasi::io::streams::{InputStream, StreamError};

/// The maximum size of a response body: 32 MiB. The limit of a host is usually lower.
const MAX_BODY_BYTES: usize = 32 << 20;
/// The maximum number of bytes in one write to an output stream.
const WRITE_BYTES: usize = 4096;
const READ_BYTES: u64 = 64 << 10;

const SECOND: u64 = 1_000_000_000;
const CONNECT_TIMEOUT: u64 = 10 * SECOND;
const FIRST_BYTE_TIMEOUT: u64 = 60 * SECOND;
const BETWEEN_BYTES_TIMEOUT: u64 = 30 * SECOND;

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }
}

/// The body of a request.
pub(crate) struct Body {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self { content_type: "application/json".to_owned(), bytes: value.to_string().into_bytes() }
    }
}

/// Sends a request and reads its complete response.
pub(crate) fn send(
    method: Method,
    target: &str,
    betas: &[&str],
    declared: &[(&'static str, String)],
    body: Option<&Body>,
) -> Result<Answer, Error> {
    let request = outgoing(method, target, betas, declared, body)?;
    let response = exchange(request, body).map_err(from_code)?;
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .filter_map(|(name, value)| String::from_utf8(value).ok().map(|value| (name, value)))
        .collect();
    let status = response.status();
    Ok(Answer { status, headers, body: read_body(&response)? })
}

fn outgoing(
    method: Method,
    target: &str,
    betas: &[&str],
    declared: &[(&'static str, String)],
    body: Option<&Body>,
) -> Result<OutgoingRequest, Error> {
    let settings = settings::current();
    let mut headers = vec![
        ("accept".to_owned(), b"application/json, */*;q=0.8".to_vec()),
        ("anthropic-version".to_owned(), settings.anthropic_version.into_bytes()),
        ("user-agent".to_owned(), concat!("claude-admin/", env!("CARGO_PKG_VERSION")).as_bytes().to_vec()),
    ];
    if !betas.is_empty() {
        headers.push(("anthropic-beta".to_owned(), betas.join(",").into_bytes()));
    }
    headers.extend(declared.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())));
    if let Some(body) = body {
        headers.push(("content-type".to_owned(), body.content_type.clone().into_bytes()));
        headers.push(("content-length".to_owned(), body.bytes.len().to_string().into_bytes()));
    }
    if let Some((name, value)) = settings.credential {
        headers.push((name.to_owned(), value.into_bytes()));
    }
    let headers = Fields::from_list(&headers)
        .map_err(|error| Error::Denied(format!("the host rejected a header ({error:?})")))?;

    let request = OutgoingRequest::new(headers);
    let method = match method {
        Method::Get => types::Method::Get,
        Method::Post => types::Method::Post,
        Method::Put => types::Method::Put,
        Method::Patch => types::Method::Patch,
        Method::Delete => types::Method::Delete,
    };
    let scheme = if settings.base.https { Scheme::Https } else { Scheme::Http };
    let target = settings.base.prefix + target;
    request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&settings.base.authority)))
        .and_then(|()| request.set_path_with_query(Some(&target)))
        .map_err(|()| transport(TransportProblem::Protocol, "the host rejected the parts of the URL"))?;
    Ok(request)
}

/// Sends the request with its body, and waits for the head of the response.
fn exchange(request: OutgoingRequest, body: Option<&Body>) -> Result<IncomingResponse, ErrorCode> {
    let unexpected = |what: &str| ErrorCode::InternalError(Some(what.to_owned()));
    let options = RequestOptions::new();
    // A host that does not support a timeout returns an error. Then its own limits apply.
    let _ = options.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let _ = options.set_first_byte_timeout(Some(FIRST_BYTE_TIMEOUT));
    let _ = options.set_between_bytes_timeout(Some(BETWEEN_BYTES_TIMEOUT));

    // After a call of `body`, the host sends a body, and an empty one in chunks: call it only if there is a body.
    let outgoing_body = match body {
        Some(body) => {
            Some((request.body().map_err(|()| unexpected("the request has no body"))?, body.bytes.as_slice()))
        }
        None => None,
    };
    let future = outgoing_handler::handle(request, Some(options))?;
    if let Some((outgoing_body, bytes)) = outgoing_body {
        let stream = outgoing_body.write().map_err(|()| unexpected("the request body cannot be written"))?;
        // If the stream closes early, the host aborted the request. The response contains the reason.
        let _ = bytes.chunks(WRITE_BYTES).try_for_each(|chunk| stream.blocking_write_and_flush(chunk));
        drop(stream);
        let _ = OutgoingBody::finish(outgoing_body, None);
    }
    future.subscribe().block();
    match future.get() {
        Some(Ok(response)) => response,
        _ => Err(unexpected("the host announced a response but returned none")),
    }
}

fn read_body(response: &IncomingResponse) -> Result<Vec<u8>, Error> {
    let gone = || transport(TransportProblem::Protocol, "the host returned a response without a body");
    let body: IncomingBody = response.consume().map_err(|()| gone())?;
    let stream: InputStream = body.stream().map_err(|()| gone())?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            // Most bodies are one chunk.
            Ok(chunk) if bytes.is_empty() => bytes = chunk,
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(types::http_error_code(&error)
                    .map_or_else(|| transport(TransportProblem::Incomplete, &error.to_debug_string()), from_code));
            }
        }
        if bytes.len() > MAX_BODY_BYTES {
            return Err(transport(
                TransportProblem::TooLarge,
                &format!("the response is larger than {MAX_BODY_BYTES} bytes"),
            ));
        }
    }
}

fn transport(problem: TransportProblem, message: &str) -> Error {
    Error::Transport(TransportError { problem, message: message.to_owned() })
}

fn from_code(code: ErrorCode) -> Error {
    let problem = match &code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            return Error::Denied(format!("{code:?}"));
        }
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => TransportProblem::Dns,
        ErrorCode::ConnectionRefused | ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => {
            TransportProblem::ConnectionRefused
        }
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            TransportProblem::Tls
        }
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => TransportProblem::Timeout,
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => TransportProblem::Incomplete,
        ErrorCode::HttpResponseBodySize(_) => TransportProblem::TooLarge,
        ErrorCode::HttpProtocolError => TransportProblem::Protocol,
        _ => TransportProblem::Other,
    };
    transport(problem, &format!("{code:?}"))
}
