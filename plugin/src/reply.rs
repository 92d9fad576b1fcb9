//! Interprets a response of the API.

use crate::client::Answer;
use crate::codec::{FromJson, Mismatch};
use crate::tree::Tree;
use crate::world::exports::claude::admin::types::{ApiError, DecodeError, Error};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use claude_admin_wire::{Body, ErrorBody, NOT_JSON, NOT_JSON_BODY, retry_after, whole_seconds};
use serde_json::Value;

/// The maximum number of characters that are quoted from a body that is not an API error.
const QUOTED_CHARS: usize = 200;

/// Turns a response that is not a success into an error.
pub(crate) fn refuse_errors(answer: Answer) -> Result<Answer, Error> {
    if (200..300).contains(&answer.status) { Ok(answer) } else { Err(Error::Api(api_error(&answer))) }
}

/// A body that is a file.
pub(crate) struct File {
    pub(crate) content_type: Option<String>,
    pub(crate) name: Option<String>,
    /// As Base64.
    pub(crate) content: String,
}

/// Returns the body of a success as a file.
pub(crate) fn file(answer: Answer) -> File {
    File {
        content_type: answer.header("content-type"),
        name: answer.header("content-disposition").as_deref().and_then(file_name),
        content: BASE64.encode(&answer.body),
    }
}

/// The name in `attachment; filename="a.zip"`. Folders are removed, so the name is always in one folder.
fn file_name(disposition: &str) -> Option<String> {
    let value = disposition.split(';').map(str::trim).find_map(|part| part.strip_prefix("filename="))?;
    let name = value.trim_matches('"').rsplit(['/', '\\']).next().unwrap_or_default();
    (!matches!(name, "" | "." | "..")).then(|| name.to_owned())
}

/// Reads the body of a success.
pub(crate) fn read<T: FromJson>(answer: &Answer) -> Result<T, Error> {
    let value: Tree<'_> = serde_json::from_slice(&answer.body).map_err(|error| {
        let found = match Body::of(&answer.body) {
            // For a body that begins as JSON, the error shows the position.
            Body::Other if Body::at_a_glance(&answer.body) == Body::Json => {
                format!("the text breaks at line {}, column {}", error.line(), error.column())
            }
            other => return decode_error(answer, not_json(&other)),
        };
        decode_error(answer, Mismatch::expected(&format!("{NOT_JSON}{found}")))
    })?;
    T::from_json(value).map_err(|mismatch| decode_error(answer, mismatch))
}

/// Accepts a success whose body has no data. The page of a proxy is not a success of the API.
pub(crate) fn nothing(answer: &Answer) -> Result<(), Error> {
    match Body::of(&answer.body) {
        Body::Empty | Body::Json => Ok(()),
        other => Err(decode_error(answer, not_json(&other))),
    }
}

fn not_json(body: &Body) -> Mismatch {
    Mismatch::expected(&format!("{NOT_JSON_BODY}{}", body.in_words()))
}

fn decode_error(answer: &Answer, mismatch: Mismatch) -> Error {
    Error::Decode(DecodeError {
        path: mismatch.path.clone(),
        expected: mismatch.expected.clone(),
        status: answer.status,
        request_id: answer.header("request-id"),
    })
}

fn api_error(answer: &Answer) -> ApiError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = ErrorBody::of(&body);
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let details = body.pointer("/error/details").filter(|details| !details.is_null());
    let code = error.as_ref().and_then(|error| error.code.clone());
    let more_than_the_code =
        details.and_then(Value::as_object).is_some_and(|details| details.len() > usize::from(code.is_some()));
    ApiError {
        status: answer.status,
        message: text("/error/message").filter(|_| error.is_some()).unwrap_or_else(|| quote(&answer.body)),
        kind: error.map(|error| error.kind).unwrap_or_default(),
        code,
        details: details.filter(|_| more_than_the_code).map(Value::to_string),
        request_id: answer.header("request-id").or_else(|| text("/request_id")),
        retry_after: wait(answer),
    }
}

/// Seconds to wait. The component has no clock, so a date is relative to the `Date` header of the response.
fn wait(answer: &Answer) -> Option<u32> {
    let date = answer.header("date").and_then(|date| claude_admin_wire::http_date(&date));
    u32::try_from(whole_seconds(retry_after(&answer.header("retry-after")?, date)?)).ok()
}

fn quote(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut quoted: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(QUOTED_CHARS).collect();
    if text.chars().nth(QUOTED_CHARS).is_some() {
        quoted.push('…');
    }
    quoted.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let headers = vec![("request-id".to_owned(), "req_1".to_owned()), ("Retry-After".to_owned(), "7".to_owned())];
        Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    fn api(status: u16, body: &str) -> ApiError {
        match refuse_errors(answer(status, body)) {
            Err(Error::Api(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_api_error_keeps_type_message_code_and_ids() {
        let error = api(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"no","details":{"error_code":"already_member"}},"request_id":"req_2"}"#,
        );
        assert_eq!((error.kind.as_str(), error.message.as_str()), ("invalid_request_error", "no"));
        assert_eq!(error.code.as_deref(), Some("already_member"));
        assert_eq!(error.details, None);
        assert_eq!(error.request_id.as_deref(), Some("req_1"));
        assert_eq!(error.retry_after, Some(7));
    }

    #[test]
    fn error_details_are_returned_unchanged() {
        let error = api(
            403,
            r#"{"error":{"type":"permission_error","message":"no","details":{"error_visibility":"user_facing"}}}"#,
        );
        assert_eq!(error.details.as_deref(), Some(r#"{"error_visibility":"user_facing"}"#));
    }

    #[test]
    fn a_body_that_is_no_api_error_is_quoted_in_part() {
        let error = api(502, &format!("<html>\n{}", "x".repeat(500)));
        assert_eq!(error.kind, "");
        assert!(error.message.starts_with("<html> xxx") && error.message.ends_with('…'), "{}", error.message);
        assert_eq!(error.message.chars().count(), QUOTED_CHARS + 1);
    }

    #[test]
    fn the_name_of_a_file_leads_nowhere_else() {
        for (disposition, name) in [
            ("attachment; filename=\"a.zip\"", Some("a.zip")),
            ("attachment; filename=a.zip", Some("a.zip")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"..\"", None),
            ("attachment", None),
        ] {
            assert_eq!(file_name(disposition).as_deref(), name, "{disposition}");
        }
    }

    #[test]
    fn retry_after_of_every_form_is_read() {
        let wait_of = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            wait(&Answer { status: 429, headers, body: Vec::new() })
        };
        let date = ("Date", "Sun, 29 Nov 2026 16:00:00 GMT");
        assert_eq!(wait_of(&[("retry-after", "7")]), Some(7));
        assert_eq!(wait_of(&[("retry-after", "0.5")]), Some(1));
        assert_eq!(wait_of(&[("retry-after", "Sun, 29 Nov 2026 16:00:02 GMT"), date]), Some(2));
        assert_eq!(wait_of(&[("retry-after", "Sun, 29 Nov 2026 16:00:02 GMT")]), None);
        assert_eq!(wait_of(&[("retry-after", "18446744073709551615")]), None);
        assert_eq!(wait_of(&[]), None);
    }

    #[test]
    fn page_is_no_success_and_no_error_of_the_api() {
        let page = "<!DOCTYPE html><title>Sign in</title>";
        for error in [read::<String>(&answer(200, page)).unwrap_err(), nothing(&answer(200, page)).unwrap_err()] {
            assert!(matches!(&error, Error::Decode(error) if error.expected == "JSON, but the body is an HTML page"));
        }
        assert!(nothing(&answer(204, "")).is_ok() && nothing(&answer(200, "{}")).is_ok());
        assert_eq!(api(403, page).kind, "");
        assert_eq!(api(403, r#"{"message":"Forbidden"}"#).kind, "");
    }

    #[test]
    fn a_body_that_is_not_json_says_where_it_breaks() {
        let error = read::<String>(&answer(200, "{\"a\": oops}")).unwrap_err();
        assert!(matches!(&error, Error::Decode(error) if error.expected.contains("line 1, column 7")), "{error:?}");
    }
}
