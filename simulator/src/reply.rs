//! The result of a successful operation.

use bytes::Bytes;
use serde_json::Value;

/// The body of a success.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reply {
    Json(Value),
    File(File),
}

/// A file that is downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) content_type: String,
    /// The name in `content-disposition`. If absent, the header is omitted.
    pub(crate) name: Option<String>,
    pub(crate) content: Bytes,
}

impl File {
    /// The value of `content-disposition`, if there is a name. The name is quoted according to RFC 6266. Characters
    /// that a header cannot contain become underscores.
    pub(crate) fn disposition(&self) -> Option<String> {
        let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '_' };
        let name: String = self.name.as_ref()?.chars().map(plain).collect();
        Some(format!("attachment; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
    }
}

impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let file = |name: &str| File {
            content_type: "text/plain".to_owned(),
            name: Some(name.to_owned()),
            content: Bytes::new(),
        };
        assert_eq!(file("a\"b\r\nx: y").disposition().unwrap(), "attachment; filename=\"a\\\"b__x: y\"");
        assert_eq!(File { name: None, ..file("") }.disposition(), None);
    }
}
