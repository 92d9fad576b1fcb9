//! Decides which requests of the component are sent, and adds the credential to those.

use http::uri::{Authority, Scheme};
use http::{HeaderName, HeaderValue, Request, Response, Uri};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

/// The allowed target of requests, and the header that is added to them.
#[derive(Debug, Clone)]
pub struct CredentialGate {
    scheme: Scheme,
    authority: Authority,
    header: (HeaderName, HeaderValue),
}

impl CredentialGate {
    /// Allows requests to the host of a base URL, and adds a header that the component never sees: `x-api-key` and an
    /// Admin API key, or `authorization` and `Bearer TOKEN`.
    ///
    /// # Errors
    ///
    /// If the base URL has no host, or the credential has characters that are not allowed in a header.
    pub fn new(base_url: &str, name: HeaderName, credential: &str) -> wasmtime::Result<Self> {
        let url: Uri = base_url.parse()?;
        let (Some(scheme), Some(authority)) = (url.scheme(), url.authority()) else {
            wasmtime::bail!("{base_url} is not https://HOST");
        };
        let mut value = HeaderValue::try_from(credential)?;
        // Logs of requests do not contain the value.
        value.set_sensitive(true);
        Ok(Self { scheme: scheme.clone(), authority: authority.clone(), header: (name, value) })
    }

    fn allows(&self, request: &Request<WasiBody>) -> bool {
        let uri = request.uri();
        uri.scheme() == Some(&self.scheme)
            && uri.authority() == Some(&self.authority)
            && uri.path().starts_with("/v1/")
            && !uri.path().split('/').any(is_dotted)
            // A credential from the component is not the credential of the embedder.
            && !request.headers().contains_key("x-api-key")
            && !request.headers().contains_key(http::header::AUTHORIZATION)
    }
}

/// Whether a server might resolve a segment to another path.
fn is_dotted(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for CredentialGate {
    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let allowed = self.allows(&request);
        let (name, value) = self.header.clone();
        request.headers_mut().insert(name, value);
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, io) = default_send_request(request, options).await?;
            let response = response.map(http_body_util::BodyExt::boxed_unsync);
            Ok((response, Box::new(io) as Box<dyn Future<Output = Result<(), Error>> + Send>))
        })
    }
}
