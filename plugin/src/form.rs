//! A body that is a form with files (RFC 7578).
//!
//! The boundary depends only on the content, so the host can compute the same bytes.

use crate::world::exports::claude::admin::types::{ArgumentError, Error, Upload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::borrow::Borrow;

/// The parts of a form, in order.
#[derive(Default)]
pub(crate) struct Form {
    parts: Vec<(String, Vec<u8>)>,
}

impl Form {
    /// Adds a text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        let head = format!("content-disposition: form-data; name=\"{}\"", escaped(name));
        self.parts.push((head, text.as_bytes().to_vec()));
    }

    /// Adds a file, whose content is Base64.
    pub(crate) fn file(&mut self, name: &str, file: &Upload) -> Result<(), Error> {
        let content = BASE64.decode(&file.content).map_err(|error| {
            Error::InvalidArgument(ArgumentError {
                name: file.name.clone(),
                problem: format!("the content is not Base64: {error}"),
            })
        })?;
        let head = format!(
            "content-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\ncontent-type: application/octet-stream",
            escaped(name),
            escaped(&file.name)
        );
        self.parts.push((head, content));
        Ok(())
    }

    /// Whether the form has no parts.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The boundary and the body.
    pub(crate) fn encode(&self) -> (String, Vec<u8>) {
        let boundary = self.boundary();
        let mut body = Vec::new();
        for (head, content) in &self.parts {
            body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        (boundary, body)
    }

    /// The first boundary of a fixed series that no part contains.
    fn boundary(&self) -> String {
        let is_free = |boundary: &String| {
            let marks = boundary.as_bytes();
            !self.parts.iter().any(|(_, content)| content.windows(marks.len()).any(|window| window == marks))
        };
        (0_u32..).map(|number| format!("claude-admin-{number:08}")).find(is_free).unwrap_or_default()
    }
}

/// Escapes a text for a quoted header value, as HTML forms do.
fn escaped(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// One file or several.
pub(crate) trait Uploads {
    /// The files.
    fn files(&self) -> &[Upload];
}

impl Uploads for Upload {
    fn files(&self) -> &[Upload] {
        std::slice::from_ref(self)
    }
}

impl Uploads for Vec<Upload> {
    fn files(&self) -> &[Upload] {
        self.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(name: &str, content: &[u8]) -> Upload {
        Upload { name: name.to_owned(), content: BASE64.encode(content) }
    }

    #[test]
    fn texts_and_files_are_parts_of_one_body() {
        let mut form = Form::default();
        form.file("files[]", &upload("a/plugin.json", b"{}")).unwrap();
        form.text("release_notes", "First");
        let (boundary, body) = form.encode();
        assert_eq!(boundary, "claude-admin-00000000");
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "--claude-admin-00000000\r\ncontent-disposition: form-data; name=\"files[]\"; filename=\"a/plugin.json\"\r\n\
             content-type: application/octet-stream\r\n\r\n{}\r\n--claude-admin-00000000\r\n\
             content-disposition: form-data; name=\"release_notes\"\r\n\r\nFirst\r\n--claude-admin-00000000--\r\n"
        );
    }

    #[test]
    fn no_content_can_end_its_part() {
        let mut form = Form::default();
        form.file("archive", &upload("x", b"\r\n--claude-admin-00000000--\r\n")).unwrap();
        assert_eq!(form.encode().0, "claude-admin-00000001");
    }

    #[test]
    fn no_name_can_leave_its_header() {
        let mut form = Form::default();
        form.file("archive", &upload("a\"\r\nx: y", b"")).unwrap();
        assert!(String::from_utf8(form.encode().1).unwrap().contains("filename=\"a%22%0D%0Ax: y\""));
    }

    #[test]
    fn invalid_base64_content_error_names_the_file() {
        let file = Upload { name: "x.zip".to_owned(), content: "%".to_owned() };
        let error = Form::default().file("archive", &file).unwrap_err();
        assert!(matches!(error, Error::InvalidArgument(error) if error.name == "x.zip"));
    }
}
