//! Forms with files, `multipart/form-data` (RFC 7578).
//!
//! The whole body is in memory, so no streaming parser is needed.

use crate::error::ApiError;
use crate::error_code::refusal;
use http::{HeaderMap, header};

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<'b> {
    pub(crate) name: String,
    /// The name of the file. A part without one is a text.
    pub(crate) file_name: Option<String>,
    pub(crate) content: &'b [u8],
}

/// Parses a form.
pub(crate) fn parts<'b>(headers: &HeaderMap, body: &'b [u8]) -> Result<Vec<Part<'b>>, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return Err(ApiError::invalid("content-type: this endpoint takes 'multipart/form-data'"));
    }
    let boundary = parameter(content_type, "boundary")
        .filter(|boundary| !boundary.is_empty())
        .ok_or_else(|| ApiError::invalid("content-type: the boundary of the form is missing"))?;
    let delimiter = format!("--{boundary}");
    let mut rest = after(body, delimiter.as_bytes()).ok_or_else(broken)?;
    // Between parts, a line break precedes the delimiter and belongs to it.
    let next = format!("\r\n{delimiter}");
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        let content = rest.strip_prefix(b"\r\n").ok_or_else(broken)?;
        let end = position(content, next.as_bytes()).ok_or_else(broken)?;
        found.push(part(&content[..end])?);
        rest = &content[end + next.len()..];
    }
    Ok(found)
}

fn part(bytes: &[u8]) -> Result<Part<'_>, ApiError> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let end = position(bytes, END_OF_HEAD).ok_or_else(broken)?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| broken())?;
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let charset = header("content-type").and_then(|value| parameter(value, "charset"));
    if charset.is_some_and(|charset| !["utf-8", "us-ascii"].contains(&charset.to_ascii_lowercase().as_str())) {
        return Err(refusal("unsupported_charset"));
    }
    let disposition = header("content-disposition").ok_or_else(broken)?;
    Ok(Part {
        name: parameter(disposition, "name").ok_or_else(broken)?,
        file_name: parameter(disposition, "filename"),
        content: &bytes[end + END_OF_HEAD.len()..],
    })
}

/// A parameter of a header such as `form-data; name="files[]"`, without quotes.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (text, after) = match value.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => match value.split_once(';') {
                Some((text, after)) => (text.trim().to_owned(), after),
                None => (value.trim().to_owned(), ""),
            },
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = after.trim_start().trim_start_matches(';');
    }
}

/// A quoted text, and the text after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

fn broken() -> ApiError {
    ApiError::invalid("The request body is not a valid form.")
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

fn after<'b>(bytes: &'b [u8], mark: &[u8]) -> Option<&'b [u8]> {
    Some(&bytes[position(bytes, mark)? + mark.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())])
    }

    #[test]
    fn form_files_and_texts_are_distinguished() {
        let body = b"--x\r\ncontent-disposition: form-data; name=\"files[]\"; filename=\"a;\\\"b\"\r\n\
            content-type: application/octet-stream\r\n\r\n\r\n--y\r\n--x\r\n\
            Content-Disposition: form-data; name=notes\r\n\r\nnew\r\n--x--\r\n";
        let parts = parts(&headers("multipart/form-data; boundary=x"), body).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((&*parts[0].name, parts[0].file_name.as_deref()), ("files[]", Some("a;\"b")));
        assert_eq!(parts[0].content, b"\r\n--y");
        assert_eq!((&*parts[1].name, parts[1].file_name.as_deref(), parts[1].content), ("notes", None, &b"new"[..]));
    }

    #[test]
    fn malformed_form_is_invalid() {
        let form = headers("multipart/form-data; boundary=x");
        for body in [&b""[..], b"--x", b"--x\r\n", b"--x\r\na: b\r\n--x--", b"--x\r\nno head\r\n\r\n\r\n--x--"] {
            assert!(parts(&form, body).is_err(), "{}", String::from_utf8_lossy(body));
        }
        assert!(parts(&headers("application/json"), b"{}").is_err());
        assert!(parts(&headers("multipart/form-data"), b"--x--").is_err());
        assert_eq!(parts(&form, b"--x--\r\n").unwrap(), []);
    }

    #[test]
    fn a_charset_that_is_not_utf_8_is_refused() {
        let body = b"--x\r\ncontent-disposition: form-data; name=n\r\ncontent-type: text/plain; charset=utf-16\r\n\r\n\r\n--x--";
        let error = parts(&headers("multipart/form-data; boundary=x"), body).unwrap_err();
        assert_eq!(error.details.unwrap()["error_code"], "unsupported_charset");
    }
}
