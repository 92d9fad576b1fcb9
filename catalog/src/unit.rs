//! The meaning of a number.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The meaning of a number (`@unit`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// An amount of money in hundredths of a currency.
    Cents(Currency),
    /// Anything else, as a plural noun: `tokens`, `seconds`, `bytes`.
    Of(String),
}

/// The currency of an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// A fixed currency: three capital letters (ISO 4217).
    Code(String),
    /// The currency that another field of the same object or another input names, by its WIT name.
    Field(String),
}

/// As in the annotation: `cents USD`, `cents currency`, `tokens`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cents(Currency::Code(word) | Currency::Field(word)) => write!(f, "cents {word}"),
            Self::Of(noun) => f.write_str(noun),
        }
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["cents", code] if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Ok(Self::Cents(Currency::Code((*code).to_owned())))
            }
            ["cents", field] => Ok(Self::Cents(Currency::Field((*field).to_owned()))),
            [noun] if *noun != "cents" => Ok(Self::Of((*noun).to_owned())),
            _ => {
                Err(format!("`{text}` is not a unit: write `cents CURRENCY`, `cents CURRENCY-FIELD` or a plural noun"))
            }
        }
    }
}
