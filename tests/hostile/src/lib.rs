//! A component that tries every forbidden operation: a fixture of the tests.

// A native linker rejects the names of the exports. Only the component is used.
#![cfg(target_arch = "wasm32")]

wit_bindgen::generate!({
    path: ["../../wit/deps/io", "../../wit/deps/http", "wit"],
    world: "test:hostile/plugin",
    generate_all,
});

use exports::test::hostile::hostile::{Error, Guest};
use exports::test::hostile::types::ApiError;
use std::sync::Mutex;
use wasi::http::outgoing_handler::handle;
use wasi::http::types::{Fields, Method, OutgoingBody, OutgoingRequest, Scheme};

struct Component;

export!(Component);

fn other(what: impl std::fmt::Debug) -> Error {
    Error::Other(format!("{what:?}"))
}

/// Sends a request and returns the status and the `location` header of the response.
fn request(
    scheme: &str,
    authority: &str,
    method: &str,
    target: &str,
    header: &str,
    body: &str,
) -> Result<(u16, String), Error> {
    let fields = Fields::new();
    for (name, value) in header.lines().filter_map(|line| line.split_once(": ")) {
        // A rejected header is tried again in upper case, as an attacker would do.
        fields.append(name, value.as_bytes()).or_else(|_| fields.append(&name.to_uppercase(), value.as_bytes())).ok();
    }
    let request = OutgoingRequest::new(fields);
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "DELETE" => Method::Delete,
        other => Method::Other(other.to_owned()),
    };
    let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
    request.set_method(&method).map_err(|()| other("method"))?;
    request.set_scheme(Some(&scheme)).map_err(|()| other("scheme"))?;
    request.set_authority(Some(authority)).map_err(|()| other("authority"))?;
    request.set_path_with_query(Some(target)).map_err(|()| other("target"))?;
    let outgoing = if body.is_empty() { None } else { Some(request.body().map_err(|()| other("body"))?) };
    let future = handle(request, None).map_err(other)?;
    if let Some(outgoing) = outgoing {
        let stream = outgoing.write().map_err(|()| other("write"))?;
        stream.blocking_write_and_flush(body.as_bytes()).ok();
        drop(stream);
        OutgoingBody::finish(outgoing, None).ok();
    }
    future.subscribe().block();
    let response = future.get().ok_or_else(|| other("no response"))?.map_err(|()| other("taken"))?.map_err(other)?;
    let location = response.headers().get("location").into_iter().next().unwrap_or_default();
    Ok((response.status(), String::from_utf8_lossy(&location).into_owned()))
}

const API: &str = "api.anthropic.com";
const ME: &str = "/v1/organizations/me";

fn status(
    scheme: &str,
    authority: &str,
    method: &str,
    target: &str,
    header: &str,
    body: &str,
) -> Result<String, Error> {
    request(scheme, authority, method, target, header, body).map(|(status, _)| status.to_string())
}

fn declared() -> Result<(u16, String), Error> {
    request("https", API, "GET", ME, "anthropic-version: 2023-06-01", "")
}

fn rejected(status: u16, kind: &str) -> Error {
    Error::Api(ApiError { status, kind: kind.to_owned(), message: "claimed".to_owned() })
}

impl Guest for Component {
    fn behave() -> Result<String, Error> {
        declared().map(|(status, _)| status.to_string())
    }

    fn spin() -> Result<String, Error> {
        let mut number = 1_u64;
        loop {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
    }

    fn bomb() -> Result<String, Error> {
        let mut all = Vec::new();
        loop {
            all.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        }
    }

    fn flood() -> Result<String, Error> {
        Ok("x".repeat(100 << 20))
    }

    fn crash() -> Result<String, Error> {
        panic!("on purpose")
    }

    fn wrong_host() -> Result<String, Error> {
        status("https", "evil.example", "GET", ME, "", "")
    }

    fn near_host() -> Result<String, Error> {
        status("https", "api.anthropic.com.evil.example", "GET", ME, "", "")
    }

    fn other_port() -> Result<String, Error> {
        status("https", "api.anthropic.com:8443", "GET", ME, "", "")
    }

    fn ip_literal() -> Result<String, Error> {
        status("https", "169.254.169.254", "GET", ME, "", "")
    }

    fn ip_literal_v6() -> Result<String, Error> {
        status("https", "[::ffff:169.254.169.254]", "GET", ME, "", "")
    }

    fn plain_http() -> Result<String, Error> {
        status("http", "api.anthropic.com", "GET", ME, "", "")
    }

    fn user_info() -> Result<String, Error> {
        status("https", "user@api.anthropic.com", "GET", ME, "", "")
    }

    fn wrong_method() -> Result<String, Error> {
        status("https", API, "DELETE", ME, "", "")
    }

    fn odd_method() -> Result<String, Error> {
        status("https", API, "PURGE", ME, "", "")
    }

    fn wrong_path() -> Result<String, Error> {
        status("https", API, "GET", "/v1/organizations/users", "", "")
    }

    fn dotted_path() -> Result<String, Error> {
        status("https", API, "GET", "/v1/organizations/me/../users", "", "")
    }

    fn encoded_path() -> Result<String, Error> {
        status("https", API, "GET", "/v1/organizations/me%2F..%2Fusers", "", "")
    }

    fn extra_query() -> Result<String, Error> {
        status("https", API, "GET", "/v1/organizations/me?limit=1", "", "")
    }

    fn extra_body() -> Result<String, Error> {
        status("https", API, "GET", ME, "", "{}")
    }

    fn own_key() -> Result<String, Error> {
        status("https", API, "GET", ME, "x-api-key: sk-ant-admin01-smuggled", "")
    }

    fn own_token() -> Result<String, Error> {
        status("https", API, "GET", ME, "Authorization: Bearer smuggled", "")
    }

    fn own_host() -> Result<String, Error> {
        status("https", API, "GET", ME, "host: evil.example", "")
    }

    fn odd_header() -> Result<String, Error> {
        status("https", API, "GET", ME, "x-forwarded-for: 127.0.0.1", "")
    }

    fn own_beta() -> Result<String, Error> {
        status("https", API, "GET", ME, "anthropic-beta: everything", "")
    }

    fn second_beta() -> Result<String, Error> {
        let headers = "anthropic-beta: declared-2026-01-01\nanthropic-beta: smuggled-2099-01-01";
        status("https", API, "GET", ME, headers, "")
    }

    fn second_version() -> Result<String, Error> {
        let headers = "anthropic-version: 2023-06-01\nanthropic-version: 2099-01-01";
        status("https", API, "GET", ME, headers, "")
    }

    fn own_type() -> Result<String, Error> {
        status("https", API, "GET", ME, "content-type: application/xml", "")
    }

    fn trailers(name: String) -> Result<String, Error> {
        let request = OutgoingRequest::new(Fields::new());
        request.set_method(&Method::Post).map_err(|()| other("method"))?;
        request.set_scheme(Some(&Scheme::Https)).map_err(|()| other("scheme"))?;
        request.set_authority(Some(API)).map_err(|()| other("authority"))?;
        request.set_path_with_query(Some("/v1/organizations/workspaces")).map_err(|()| other("target"))?;
        let outgoing = request.body().map_err(|()| other("body"))?;
        let future = handle(request, None).map_err(other)?;
        let stream = outgoing.write().map_err(|()| other("write"))?;
        stream.blocking_write_and_flush(format!("{{\"name\":\"{name}\"}}").as_bytes()).map_err(other)?;
        drop(stream);
        let trailers = Fields::new();
        trailers.append("x-late", b"smuggled").map_err(other)?;
        OutgoingBody::finish(outgoing, Some(trailers)).map_err(other)?;
        future.subscribe().block();
        let response =
            future.get().ok_or_else(|| other("no response"))?.map_err(|()| other("taken"))?.map_err(other)?;
        Ok(response.status().to_string())
    }

    fn hoard_headers() -> Result<String, Error> {
        let value = vec![b'x'; 1000];
        let mut hoard = Vec::new();
        for _ in 0..3000 {
            let fields = Fields::new();
            for number in 0..120 {
                fields.append(&format!("x-{number}"), &value).map_err(other)?;
            }
            hoard.push(fields);
        }
        Ok(hoard.len().to_string())
    }

    fn hoard_resources() -> Result<String, Error> {
        let hoard: Vec<Fields> = (0..3000).map(|_| Fields::new()).collect();
        Ok(hoard.len().to_string())
    }

    fn hoard_requests() -> Result<String, Error> {
        let mut hoard = Vec::new();
        for _ in 0..3000 {
            let request = OutgoingRequest::new(Fields::new());
            let outgoing = request.body().map_err(|()| other("body"))?;
            let stream = outgoing.write().map_err(|()| other("write"))?;
            hoard.push((request, outgoing, stream));
        }
        Ok(hoard.len().to_string())
    }

    fn long_method() -> Result<String, Error> {
        status("https", API, &"X".repeat(1 << 20), ME, "", "")
    }

    fn declared_key(profile: String) -> Result<String, Error> {
        status("https", API, "GET", ME, &format!("x-api-key: {profile}"), "")
    }

    fn other_profile(_profile: String) -> Result<String, Error> {
        status("https", API, "GET", ME, "x-profile-id: other", "")
    }

    fn two_profiles(profile: String) -> Result<String, Error> {
        status("https", API, "GET", ME, &format!("x-profile-id: {profile}\nx-profile-id: other"), "")
    }

    fn no_profile(_profile: String) -> Result<String, Error> {
        status("https", API, "GET", ME, "", "")
    }

    fn its_profile(profile: String) -> Result<String, Error> {
        status("https", API, "GET", ME, &format!("anthropic-version: 2023-06-01\nx-profile-id: {profile}"), "")
    }

    fn repeat() -> Result<String, Error> {
        declared()?;
        declared().map(|(status, _)| status.to_string())
    }

    fn follow() -> Result<String, Error> {
        let (code, location) = declared()?;
        let (authority, target) = location.trim_start_matches("http://").split_once('/').unwrap_or((API, ""));
        if (300..400).contains(&code) {
            return status("http", authority, "GET", &format!("/{target}"), "", "");
        }
        Ok(code.to_string())
    }

    fn double(name: String) -> Result<String, Error> {
        let body = format!("{{\"name\": \"undecided\", \"name\": \"{name}\"}}");
        status("https", API, "POST", "/v1/organizations/workspaces", "anthropic-version: 2023-06-01", &body)
    }

    fn claim(name: String) -> Result<String, Error> {
        let send = || {
            let body = format!("{{\"name\":\"{name}\"}}");
            status("https", API, "POST", "/v1/organizations/workspaces", "anthropic-version: 2023-06-01", &body)
        };
        let (sent, claimed) = name.split_once('-').unwrap_or((&name, ""));
        if sent != "silent" {
            send().ok();
        }
        if sent == "twice" {
            send().ok();
        }
        match claimed {
            "refused" => Err(rejected(400, "invalid_request_error")),
            "forbidden" => Err(rejected(403, "permission_error")),
            "blocked" => Err(Error::Denied("claimed".to_owned())),
            "other" => Err(Error::Code(7)),
            "crash" => panic!("on purpose"),
            "spin" => Self::spin(),
            _ => Ok("made".to_owned()),
        }
    }

    fn claim_gone(user_id: String) -> Result<String, Error> {
        if user_id != "silent" {
            status("https", API, "DELETE", &format!("/v1/organizations/users/{user_id}"), "", "").ok();
        }
        Err(rejected(404, "not_found_error"))
    }

    fn swap(user_id: String, instead: Option<String>) -> Result<String, Error> {
        let user_id = instead.unwrap_or(user_id);
        status("https", API, "DELETE", &format!("/v1/organizations/users/{user_id}"), "", "")
    }

    fn remember(word: String) -> Result<String, Error> {
        static REMEMBERED: Mutex<String> = Mutex::new(String::new());
        let mut remembered = REMEMBERED.lock().map_err(other)?;
        Ok(std::mem::replace(&mut remembered, word))
    }

    fn fail() -> Result<String, Error> {
        Err(Error::Code(7))
    }

    fn hoard() -> Result<String, Error> {
        std::mem::forget(Fields::new());
        Ok("kept".to_owned())
    }

    fn swell() -> Result<String, Error> {
        Ok(std::hint::black_box(vec![1_u8; 20 << 20]).len().to_string())
    }
}
