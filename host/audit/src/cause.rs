//! The reason why a command was denied, failed or ended: a stable code, with data.
//!
//! The texts that users read are generated from causes, and they change. A recorded code never changes. Its types allow
//! only a word of this program, a number, a name without spaces, or a message of the API.

use claude_admin_chat::{redact_value, redacted};
use claude_admin_wire::NOT_JSON_BODY;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The maximum number of characters of a name.
const MAX_NAME: usize = 200;
/// The maximum number of characters of a message of the API.
const MAX_MESSAGE: usize = 300;

/// The reason why a command was denied, failed or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// A code.
    Code(Code),
    /// A sentence, in an entry of a version that had no codes.
    Sentence(Sentence),
}

/// A code and its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    code: Word,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    data: BTreeMap<Word, Datum>,
}

/// A word of this program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
struct Word(Cow<'static, str>);

/// One datum of a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Datum {
    Number(u64),
    Name(Name),
    Names(Vec<Name>),
}

/// The name of an object: an ID, an action, a policy, a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Name(String);

impl Name {
    /// Whitespace becomes `_`: a name must not be a sentence.
    fn of(text: &str) -> Self {
        Self(redacted(text).chars().take(MAX_NAME).map(|c| if c.is_whitespace() { '_' } else { c }).collect())
    }
}

/// A text that is only read, from an entry of an earlier version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sentence(String);

impl Code {
    /// A code without data.
    #[must_use]
    pub fn new(code: &'static str) -> Self {
        Self { code: Word(Cow::Borrowed(code)), data: BTreeMap::new() }
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, what: &'static str, number: impl Into<u64>) -> Self {
        // Larger numbers have no canonical form.
        self.datum(what, Datum::Number(number.into().min((1 << 53) - 1)))
    }

    /// Adds a name, if there is one.
    #[must_use]
    pub fn name<'n>(self, what: &'static str, name: impl Into<Option<&'n str>>) -> Self {
        match name.into() {
            Some(name) => self.datum(what, Datum::Name(Name::of(name))),
            None => self,
        }
    }

    /// Adds names.
    #[must_use]
    pub fn names<T: AsRef<str>>(self, what: &'static str, names: impl IntoIterator<Item = T>) -> Self {
        let names = names.into_iter().map(|name| Name::of(name.as_ref())).collect();
        self.datum(what, Datum::Names(names))
    }

    /// An error of the WIT package: its case, and its members that are codes, numbers and names. For an error of the
    /// API, its shortened message is stored too: it comes from the API and is not available later.
    #[must_use]
    pub fn of_failure(error: &Value) -> Self {
        let (case, payload) = error.as_object().and_then(|object| object.iter().next()).unzip();
        let payload = payload.unwrap_or(&Value::Null);
        let text = |name: &str| payload.get(name).and_then(Value::as_str);
        let number = |name: &str| payload.get(name).and_then(Value::as_u64);
        let mut code = match case.map(String::as_str) {
            // Without a type it is not an error of the API: a proxy or a firewall might have sent it.
            Some("api") if text("kind").unwrap_or_default().is_empty() => Self::new("not-an-api-response"),
            Some("api") => Self::new("api").name("type", text("kind")),
            Some("transport") => Self::new("transport"),
            Some("decode") if text("expected").is_some_and(|expected| expected.starts_with(NOT_JSON_BODY)) => {
                Self::new("not-an-api-response")
            }
            Some("decode") => Self::new("answer-not-understood"),
            Some("invalid_argument") => Self::new("argument-not-sent"),
            Some("denied") => Self::new("request-blocked"),
            other => Self::new("component-error").name("case", other),
        };
        for (what, name) in [("problem", "problem"), ("path", "path"), ("error_code", "code"), ("argument", "name")] {
            code = code.name(what, text(name).filter(|text| !text.is_empty() && !text.contains(char::is_whitespace)));
        }
        if let Some(status) = number("status") {
            code = code.number("status", status);
        }
        if let Some(message) = text("message").filter(|_| code.as_str() == "api") {
            let message = redacted(message).chars().take(MAX_MESSAGE).collect();
            code = code.datum("message", Datum::Name(Name(message)));
        }
        code
    }

    /// The code without its texts: only the code and the numbers. An error of an action with a confidential response
    /// can repeat text that people wrote.
    #[must_use]
    pub fn without_texts(mut self) -> Self {
        self.data.retain(|_, datum| matches!(datum, Datum::Number(_)));
        self
    }

    fn datum(mut self, what: &'static str, datum: Datum) -> Self {
        self.data.insert(Word(Cow::Borrowed(what)), datum);
        self
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.code.0
    }

    /// A number among the data.
    #[must_use]
    pub fn get_number(&self, what: &'static str) -> Option<u64> {
        match self.data.get(&Word(Cow::Borrowed(what)))? {
            Datum::Number(number) => Some(*number),
            Datum::Name(_) | Datum::Names(_) => None,
        }
    }

    /// A name among the data.
    #[must_use]
    pub fn get_name(&self, what: &'static str) -> Option<&str> {
        match self.data.get(&Word(Cow::Borrowed(what)))? {
            Datum::Name(name) => Some(&name.0),
            Datum::Number(_) | Datum::Names(_) => None,
        }
    }
}

impl From<Code> for Cause {
    fn from(code: Code) -> Self {
        Self::Code(code)
    }
}

/// `api (status 409, type conflict)`: the code and its data, for exports and searches, not for messages.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code.0)?;
        let data = self.data.iter().map(|(what, datum)| match datum {
            Datum::Number(number) => format!("{} {number}", what.0),
            Datum::Name(name) => format!("{} {}", what.0, name.0),
            Datum::Names(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.0.as_str()).collect();
                format!("{} {}", what.0, names.join(" "))
            }
        });
        let data: Vec<String> = data.collect();
        if data.is_empty() { Ok(()) } else { write!(f, " ({})", data.join(", ")) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Sentence(Sentence(text)) => f.write_str(text),
        }
    }
}

/// A difference between the plan that was shown and the plan that would run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Difference {
    /// A field has another value.
    Field {
        /// The field.
        field: String,
        /// Its value in the plan that was shown.
        before: String,
        /// Its value now.
        after: String,
    },
    /// Another cause, as a code; in an entry of an earlier version, a sentence.
    Other(Cause),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field { field, before, after } => write!(f, "{field}: {before} → {after}"),
            Self::Other(cause) => cause.fmt(f),
        }
    }
}

/// Differences in one line.
pub(super) fn joined(differences: &[Difference]) -> String {
    differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("; ")
}

/// Replaces texts that look like secrets in a recorded cause or difference.
pub(super) fn redact<T: Serialize + for<'de> Deserialize<'de>>(recorded: &mut T) {
    let Ok(mut value) = serde_json::to_value(&*recorded) else { return };
    if redact_value(&mut value)
        && let Ok(clean) = serde_json::from_value(value)
    {
        *recorded = clean;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sentence_cannot_become_a_name() {
        let code = Code::new("not-permitted").name("action", "You may not do that. Ask somebody.");
        assert_eq!(code.get_name("action"), Some("You_may_not_do_that._Ask_somebody."));
        let long = Code::new("x").name("id", "a".repeat(1000).as_str());
        assert_eq!(long.get_name("id").map(str::len), Some(MAX_NAME));
    }

    #[test]
    fn code_is_read_back_and_a_sentence_of_an_earlier_version_too() {
        let code = Code::new("api").number("status", 409_u16).name("type", "conflict").names("policies", ["a", "b"]);
        let cause = Cause::from(code);
        let json = serde_json::to_value(&cause).unwrap();
        assert_eq!(json, json!({"code": "api", "data": {"status": 409, "type": "conflict", "policies": ["a", "b"]}}));
        assert_eq!(serde_json::from_value::<Cause>(json).unwrap(), cause);
        assert_eq!(cause.to_string(), "api (policies a b, status 409, type conflict)");
        let old: Cause = serde_json::from_value(json!("Nobody settled it.")).unwrap();
        assert_eq!(
            (old.to_string().as_str(), serde_json::to_value(&old).unwrap()),
            ("Nobody settled it.", json!("Nobody settled it."))
        );
        for (json, text) in [
            (json!("role: a → b"), "role: a → b"),
            (json!({"code": "stricter-policy"}), "stricter-policy"),
            (json!({"field": "role", "before": "a", "after": "b"}), "role: a → b"),
        ] {
            let difference: Difference = serde_json::from_value(json.clone()).unwrap();
            assert_eq!((difference.to_string().as_str(), serde_json::to_value(&difference).unwrap()), (text, json));
        }
    }

    #[test]
    fn failure_is_recorded_by_its_codes() {
        let api = json!({"api": {"status": 409, "kind": "invalid_request_error", "message": "m".repeat(900), "code": "in_use", "request_id": "req_1"}});
        let code = Code::of_failure(&api);
        assert_eq!(
            (code.as_str(), code.get_number("status"), code.get_name("error_code")),
            ("api", Some(409), Some("in_use"))
        );
        assert_eq!(code.get_name("message").map(str::len), Some(MAX_MESSAGE));
        let page = json!({"api": {"status": 403, "kind": "", "message": "<html>"}});
        assert_eq!(Code::of_failure(&page).to_string(), "not-an-api-response (status 403)");
        let page = json!({"decode": {"status": 200, "path": "", "expected": "JSON, but the body is an HTML page"}});
        assert_eq!(Code::of_failure(&page).to_string(), "not-an-api-response (status 200)");
        let transport = Code::of_failure(&json!({"transport": {"problem": "timeout", "message": "no answer came"}}));
        assert_eq!((transport.get_name("problem"), transport.get_name("message")), (Some("timeout"), None));
        assert_eq!(
            Code::of_failure(&json!({"invalid_argument": {"name": "email", "problem": "it is empty"}})).to_string(),
            "argument-not-sent (argument email)"
        );
        assert_eq!(Code::of_failure(&json!("?")).as_str(), "component-error");
    }
}
