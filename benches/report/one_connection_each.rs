//! The default sender of wasi-http, but with configurable roots: the roots of the default sender are fixed.
//!
//! Like the default sender, it creates settings, a connection and a TLS session for each request.

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpStream;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

#[derive(Clone)]
pub(crate) struct OneConnectionEach {
    pub(crate) roots: RootCertStore,
}

type Done = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for OneConnectionEach {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Done,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Done), Error>> + Send> {
        let roots = self.roots.clone();
        Box::new(async move { Ok(send(request, roots).await) })
    }
}

async fn send(mut request: Request<WasiBody>, roots: RootCertStore) -> (Response<WasiBody>, Done) {
    let authority = request.uri().authority().expect("a whole URL").clone();
    let tcp = TcpStream::connect(authority.as_str()).await.expect("a connection");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(authority.host().to_owned()).expect("a name");
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.expect("a secure session");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(tls)).await.expect("it speaks HTTP");
    tokio::spawn(connection);
    let target = request.uri().path_and_query().expect("a target").as_str().to_owned();
    *request.uri_mut() = Uri::try_from(target).expect("a target");
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let response = sender.send_request(Request::from_parts(parts, http_body_util::Full::new(body))).await;
    let response = response
        .expect("an answer")
        .map(|body| body.map_frame(|frame| frame.map_data(Bytes::from)).map_err(Error::from).boxed_unsync());
    (response, Box::new(async { Ok(()) }))
}
