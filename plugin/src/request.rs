//! A request under construction, from the arguments of a function.

#![allow(dead_code, reason = "what is used depends on the operations of the package")]

use crate::client::{self, Body};
use crate::codec::{FromJson, Object, ToJson, ToQuery};
use crate::form::{Form, Uploads};
use crate::method::Method;
use crate::world::exports::claude::admin::types::{ArgumentError, Error};
use crate::{percent, reply};

/// The one request of a function.
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query, encoded.
    pub(crate) target: String,
    has_query: bool,
    pub(crate) betas: Vec<&'static str>,
    /// Parameters that are headers, by name.
    pub(crate) headers: Vec<(&'static str, String)>,
    body: Object,
    /// The body, if it is not an object that is built field by field.
    whole: Option<serde_json::Value>,
    form: Form,
}

impl Request {
    pub(crate) fn new(method: Method) -> Self {
        Self {
            method,
            target: String::new(),
            has_query: false,
            betas: Vec::new(),
            headers: Vec::new(),
            body: Object::default(),
            whole: None,
            form: Form::default(),
        }
    }

    /// Appends fixed path segments, each with its slash.
    pub(crate) fn literal(&mut self, segments: &str) {
        self.target.push_str(segments);
    }

    /// Appends an argument as one path segment. The argument cannot add other segments or a query.
    pub(crate) fn segment(&mut self, name: &str, value: &str) -> Result<(), Error> {
        // Servers and proxies resolve `.` and `..` even if the dots are encoded.
        let problem = match value {
            "" => "it is empty",
            "." | ".." => "it is not an ID",
            _ => {
                self.target.push('/');
                percent::encode_segment(value, &mut self.target);
                return Ok(());
            }
        };
        Err(Error::InvalidArgument(ArgumentError { name: name.to_owned(), problem: problem.to_owned() }))
    }

    /// Adds a request header, unless its value is absent.
    pub(crate) fn header(&mut self, name: &str, wire: &'static str, value: &impl ToQuery) -> Result<(), Error> {
        let mut problem = None;
        value.each(&mut |text| {
            if text.is_empty() {
                problem = Some("it is empty");
            } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
                self.headers.push((wire, text.to_owned()));
            } else {
                problem = Some("a header cannot contain spaces or characters that are not ASCII");
            }
        });
        problem.map_or(Ok(()), |problem| {
            Err(Error::InvalidArgument(ArgumentError { name: name.to_owned(), problem: problem.to_owned() }))
        })
    }

    /// Appends a query parameter: nothing for `None`, one parameter for each item of a list.
    pub(crate) fn query(&mut self, name: &str, value: &impl ToQuery) {
        value.each(&mut |text| {
            self.target.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            percent::encode(name, &mut self.target);
            self.target.push('=');
            percent::encode(text, &mut self.target);
        });
    }

    /// Requests a beta feature.
    pub(crate) fn beta(&mut self, name: &'static str) {
        self.betas.push(name);
    }

    /// Requests a beta feature if an argument is given, or if it is the given word.
    pub(crate) fn beta_where(&mut self, name: &'static str, value: &impl ToQuery, word: Option<&str>) {
        let mut needed = false;
        value.each(&mut |given| needed |= word.is_none_or(|word| word == given));
        if needed && !self.betas.contains(&name) {
            self.betas.push(name);
        }
    }

    /// Adds a field to the body, unless its value is absent.
    pub(crate) fn field(&mut self, name: &str, value: &impl ToJson) {
        self.body.put(name, value);
    }

    /// Adds a field to the body, as null when its value is absent.
    pub(crate) fn nullable_field(&mut self, name: &str, value: &impl ToJson) {
        self.body.put_nullable(name, value);
    }

    /// Uses a value as the complete body.
    pub(crate) fn whole(&mut self, value: &impl ToJson) {
        self.whole = Some(value.to_json());
    }

    /// Adds a text to the form, unless it is absent.
    pub(crate) fn form_field(&mut self, name: &str, value: &impl ToQuery) {
        value.each(&mut |text| self.form.text(name, text));
    }

    /// Adds files to the form.
    pub(crate) fn files(&mut self, name: &str, files: &impl Uploads) -> Result<(), Error> {
        files.files().iter().try_for_each(|file| self.form.file(name, file))
    }

    /// Sends the request and reads its response.
    pub(crate) fn send<T: FromJson>(self) -> Result<T, Error> {
        let answer = self.answer()?;
        reply::read(&answer)
    }

    /// Sends the request and expects a success without data.
    pub(crate) fn send_without_answer(self) -> Result<(), Error> {
        reply::nothing(&self.answer()?)
    }

    /// Sends the request and returns its response as a file.
    pub(crate) fn send_for_file(self) -> Result<reply::File, Error> {
        self.answer().map(reply::file)
    }

    fn answer(self) -> Result<client::Answer, Error> {
        let body = if !self.form.is_empty() {
            let (boundary, bytes) = self.form.encode();
            Some(Body { content_type: format!("multipart/form-data; boundary={boundary}"), bytes })
        } else if let Some(whole) = self.whole {
            Some(Body::json(&whole))
        } else if !self.body.is_empty() {
            Some(Body::json(&self.body.into_value()))
        } else {
            None
        };
        let answer = client::send(self.method, &self.target, &self.betas, &self.headers, body.as_ref())?;
        reply::refuse_errors(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let mut request = Request::new(Method::Get);
        request.literal("/v1");
        request
    }

    #[test]
    fn an_argument_cannot_leave_its_segment() {
        let mut request = request();
        request.segment("user-id", "user_1/../x?y").unwrap();
        assert_eq!(request.target, "/v1/user_1%2F..%2Fx%3Fy");
    }

    #[test]
    fn an_empty_or_dotted_segment_is_refused() {
        for value in ["", ".", ".."] {
            let error = request().segment("user-id", value).unwrap_err();
            assert!(matches!(error, Error::InvalidArgument(error) if error.name == "user-id"), "{value}");
        }
    }

    #[test]
    fn a_header_is_sent_as_it_is_or_refused() {
        let mut request = request();
        request.header("user-profile-id", "anthropic-user-profile-id", &None::<String>).unwrap();
        request.header("user-profile-id", "anthropic-user-profile-id", &Some("uprof_1".to_owned())).unwrap();
        assert_eq!(request.headers, [("anthropic-user-profile-id", "uprof_1".to_owned())]);
        for value in ["", "a b", "a\r\nx-api-key: b", "ü"] {
            let error = request.header("user-profile-id", "anthropic-user-profile-id", &value.to_owned()).unwrap_err();
            assert!(matches!(error, Error::InvalidArgument(error) if error.name == "user-profile-id"), "{value}");
        }
        assert_eq!(request.headers.len(), 1);
    }

    #[test]
    fn a_query_leaves_out_none_and_repeats_lists() {
        let mut request = request();
        request.query("email", &None::<String>);
        request.query("roles[]", &vec!["a b".to_owned(), "c".to_owned()]);
        request.query("limit", &Some(5_u32));
        assert_eq!(request.target, "/v1?roles%5B%5D=a%20b&roles%5B%5D=c&limit=5");
    }
}
