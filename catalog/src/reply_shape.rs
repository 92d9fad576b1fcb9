//! The differences between a JSON response and its WIT type, in words that contain no value of the response.

mod comparison;

use std::fmt;

/// The maximum length of a name or a word of a response that is repeated.
const LONGEST_TOKEN: usize = 40;
/// The maximum number of digits in the name of a field, as in `ephemeral_1h_input_tokens`. More digits indicate an ID.
const MOST_DIGITS: usize = 4;

/// A difference between a response and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyDifference {
    /// The location in the response, such as `data[].role`: without list indexes, and with `*` for the keys of a map.
    /// Empty for the whole response.
    pub path: String,
    /// The difference.
    pub kind: DifferenceKind,
    /// The number of values of the response with this difference.
    pub count: usize,
}

/// The kind of a difference between a value and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// The record has no such field.
    UnknownField {
        /// The JSON type of its value.
        found: &'static str,
    },
    /// The response does not have a field that is required, or that the API promises (`@promised`).
    MissingField {
        /// The JSON type that the WIT type has.
        expected: String,
    },
    /// The value is null, and the WIT type is not an option, or the API promises the field (`@promised`).
    Null {
        /// The JSON type that the WIT type has.
        expected: String,
    },
    /// The value has another JSON type.
    WrongType {
        /// The JSON type that the WIT type has.
        expected: String,
        /// The JSON type of the value.
        found: &'static str,
    },
    /// A number that does not fit into the integer type of the field.
    OutOfRange {
        /// The integer type.
        expected: String,
    },
    /// A value that is not in a closed set.
    UnknownWord {
        /// The value, if it looks like an identifier of the API.
        word: Option<String>,
    },
    /// A value that is not yet in a set that can grow. This is not an error.
    NewWord {
        /// The value, if it looks like an identifier of the API.
        word: Option<String>,
    },
}

impl DifferenceKind {
    /// The name for programs, such as `unknown_field`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::UnknownField { .. } => "unknown_field",
            Self::MissingField { .. } => "missing_field",
            Self::Null { .. } => "null",
            Self::WrongType { .. } => "wrong_type",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownWord { .. } => "unknown_word",
            Self::NewWord { .. } => "new_word",
        }
    }

    /// Whether the WIT expects the difference: only a set of values that can grow has grown.
    #[must_use]
    pub fn is_provided_for(&self) -> bool {
        matches!(self, Self::NewWord { .. })
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |word: &Option<String>| word.as_ref().map(|word| format!(": {word}")).unwrap_or_default();
        match self {
            Self::UnknownField { found } => write!(f, "field that the WIT does not have ({found})"),
            Self::MissingField { expected } => write!(f, "required field is missing ({expected})"),
            Self::Null { expected } => write!(f, "null instead of {expected}"),
            Self::WrongType { expected, found } => write!(f, "{found} instead of {expected}"),
            Self::OutOfRange { expected } => write!(f, "number outside {expected}"),
            Self::UnknownWord { word: found } => write!(f, "value that is not in the closed set{}", word(found)),
            Self::NewWord { word: found } => write!(f, "value that is not in the open set yet{}", word(found)),
        }
    }
}

/// A word of a response, if it looks like an identifier of the API and not like a value: lower-case letters and `_`.
#[must_use]
pub fn identifier(word: &str) -> Option<&str> {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    Some(word).filter(|_| plain && !word.is_empty() && word.len() <= LONGEST_TOKEN)
}

/// The name of a field that the record does not have, if it looks like one of the API. The keys of a map are values.
fn field_name(name: &str) -> &str {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let letters: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= LONGEST_TOKEN;
    if is_name && digits <= MOST_DIGITS && identifier(&letters).is_some() { name } else { "*" }
}

#[cfg(test)]
mod tests;
