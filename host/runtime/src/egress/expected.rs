//! The one request of an invocation, computed by the host.
//!
//! The component builds its request itself. The host computes, from the same declaration and the authorized arguments,
//! what that request must be. A component that sends another request, for example the same action for another member,
//! is detected before a byte is sent.

use super::form::Form;
use super::{API_AUTHORITY, Violation, headers};
use bytes::Bytes;
use claude_admin_catalog::{Action, BodyForm, Method, Place, Segment, Types};
use claude_admin_chat::command::Invocation;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// All characters except unreserved ones (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A colon is not encoded in a path: the official clients send ARNs as IDs in this form.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b':');

/// The one request of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedRequest {
    method: Method,
    segments: Vec<String>,
    query: Vec<(String, String)>,
    body: Body,
    headers: HeaderMap,
    secrets: Vec<String>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    None,
    Json(Value),
    Form(Form),
}

impl ExpectedRequest {
    /// Works out the request.
    ///
    /// # Errors
    ///
    /// The path parameter that is missing, the file without content, or the header that cannot be written. Arguments
    /// are checked earlier, so this is not expected.
    pub fn of(action: &Action, invocation: &Invocation, types: &Types) -> Result<Self, String> {
        let segments = action
            .http
            .path
            .segments()
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => Ok(text.clone()),
                Segment::Param(name) => match invocation.arguments.get(name) {
                    Some(Value::String(text)) => Ok(text.clone()),
                    _ => Err(format!("the path needs `{name}`")),
                },
            })
            .collect::<Result<_, _>>()?;
        let mut query = Vec::new();
        for input in action.inputs.iter().filter(|input| input.place == Place::Query) {
            let param = action.params.iter().find(|param| param.name == input.param);
            let wire = input.fields.last().or(param.map(|param| &param.wire)).cloned().unwrap_or_default();
            match invocation.arguments.get(&input.name) {
                None | Some(Value::Null) => {}
                Some(Value::Array(items)) => query.extend(items.iter().map(|item| (wire.clone(), text(item)))),
                Some(value) => query.push((wire, text(value))),
            }
        }
        let body = match action.body_form {
            BodyForm::Json => json_body(action, invocation, types).map_or(Body::None, Body::Json),
            BodyForm::Multipart => Body::Form(Form::of(action, invocation)?),
        };
        let headers = headers_of(action, invocation, &body)?;
        let secrets = invocation.secrets(types);
        Ok(Self { method: action.http.method, segments, query, body, headers, secrets })
    }

    /// Whether the request is a `GET`, which can be repeated without another effect.
    #[must_use]
    pub fn is_get(&self) -> bool {
        self.method == Method::Get
    }

    /// Compares the method, the URL and the query of a request, without its headers.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if they differ.
    pub fn check_head(&self, parts: &Parts) -> Result<(), Violation> {
        check_authority(&parts.uri)?;
        if parts.method.as_str() != self.method.as_str() {
            return Err(Violation::Method { found: parts.method.to_string(), expected: self.method.to_string() });
        }
        self.check_path(parts.uri.path())?;
        let raw = parts.uri.query().unwrap_or_default();
        let mut query: Vec<(String, String)> = form_urlencoded::parse(raw.as_bytes()).into_owned().collect();
        query.sort();
        let mut expected = self.query.clone();
        expected.sort();
        if query != expected {
            return Err(Violation::Query(raw.to_owned()));
        }
        Ok(())
    }

    /// Compares segment by segment, so an encoded slash or dot cannot change the path.
    fn check_path(&self, path: &str) -> Result<(), Violation> {
        let found: Vec<Option<String>> = path
            .strip_prefix('/')
            .unwrap_or_default()
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8().ok().map(Into::into))
            .collect();
        let same = found.len() == self.segments.len()
            && found.iter().zip(&self.segments).all(|(found, expected)| found.as_ref() == Some(expected));
        let harmless = self.segments.iter().all(|segment| !matches!(segment.as_str(), "" | "." | ".."));
        if same && harmless {
            Ok(())
        } else {
            Err(Violation::Path { found: path.to_owned(), expected: format!("/{}", self.segments.join("/")) })
        }
    }

    /// Compares the body of a request.
    ///
    /// # Errors
    ///
    /// The [`Violation`], if they differ.
    pub fn check_body(&self, body: &[u8]) -> Result<(), Violation> {
        let same = match &self.body {
            Body::None => body.is_empty(),
            Body::Json(expected) => serde_json::from_slice::<Value>(body).is_ok_and(|found| found == *expected),
            Body::Form(form) => *body == form.bytes(),
        };
        if same { Ok(()) } else { Err(Violation::Body) }
    }

    /// The maximum size in bytes of the component's body: JSON allows other escapes and spaces.
    #[must_use]
    pub fn longest_body(&self) -> usize {
        const SPARE: usize = 64 << 10;
        self.body().map_or(0, |body| body.len()).saturating_mul(8).saturating_add(SPARE)
    }

    /// The path and query to send, encoded by the host: two parsers can interpret one URL differently.
    #[must_use]
    pub fn target(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let segment = |text: &String| format!("/{}", utf8_percent_encode(text, RESERVED_IN_PATH));
        let path: String = self.segments.iter().map(segment).collect();
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// The body to send, serialized by the host: two parsers can interpret one JSON text differently, for example with
    /// a repeated key.
    #[must_use]
    pub fn body(&self) -> Option<Bytes> {
        match &self.body {
            Body::None => None,
            Body::Json(body) => Some(Bytes::from(body.to_string())),
            Body::Form(form) => Some(form.bytes()),
        }
    }

    /// The secrets in the request.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// The headers from the declaration and the arguments. The headers of the component must be equal.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

fn headers_of(action: &Action, invocation: &Invocation, body: &Body) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let betas = action.betas_of(|input| invocation.arguments.get(input)).join(",");
    if !betas.is_empty() {
        let unwritable = |_| format!("`{betas}` cannot be the value of a header");
        headers.insert("anthropic-beta", HeaderValue::try_from(&betas).map_err(unwritable)?);
    }
    let content_type = match body {
        Body::None => None,
        Body::Json(_) => Some(HeaderValue::from_static("application/json")),
        Body::Form(form) => Some(form.content_type()),
    };
    headers.extend(content_type.map(|value| (header::CONTENT_TYPE, value)));
    headers.extend(declared_headers(action, invocation)?);
    Ok(headers)
}

fn check_authority(uri: &Uri) -> Result<(), Violation> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(Violation::UserInfo);
    }
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if host.parse::<IpAddr>().is_ok() {
        return Err(Violation::IpLiteral(host.to_owned()));
    }
    if authority != API_AUTHORITY {
        return Err(Violation::Host(authority.to_owned()));
    }
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => Ok(()),
        scheme => Err(Violation::Scheme(scheme.map_or_else(String::new, ToString::to_string))),
    }
}

/// The parameters that are headers (`@header`). A package cannot declare a header that contains a credential, or one
/// that the host writes.
fn declared_headers(action: &Action, invocation: &Invocation) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let params = action.params.iter().filter(|param| param.place == Place::Header);
    let given = params.filter_map(|param| Some((param, invocation.arguments.get(&param.name)?.as_str()?)));
    given
        .map(|(param, text)| {
            let graphic =
                Some(text).filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
            let name = HeaderName::try_from(&param.wire).ok().filter(|name| !headers::is_reserved(name));
            let value = graphic.and_then(|text| HeaderValue::from_str(text).ok());
            name.zip(value).ok_or_else(|| format!("`{}` cannot be sent as a header", param.name))
        })
        .collect()
}

fn json_body(action: &Action, invocation: &Invocation, types: &Types) -> Option<Value> {
    let given = invocation.parameters();
    if let Some(whole) = action.params.iter().find(|param| param.flatten) {
        return given.get(&whole.name).cloned();
    }
    let mut body = Map::new();
    for (name, value) in &action.constants {
        body.insert(name.clone(), Value::from(value.as_str()));
    }
    for param in action.params.iter().filter(|param| param.place == Place::Body) {
        match given.get(&param.name) {
            // An empty list is not sent.
            Some(Value::Array(items)) if items.is_empty() && types.list_item(&param.ty).is_some() => {}
            Some(value) => {
                body.insert(param.wire.clone(), value.clone());
            }
            None if param.null_when_none => {
                body.insert(param.wire.clone(), Value::Null);
            }
            None => {}
        }
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
