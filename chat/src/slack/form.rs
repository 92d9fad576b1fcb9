//! The form that Slack posts for a slash command.

use crate::redact::redacted;
use std::collections::HashMap;

/// A slash command, with the fields that the host uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SlashCommand {
    /// The text after the command.
    pub text: String,
    /// The workspace.
    pub team_id: String,
    /// The user. Only this field is used for authorization.
    pub user_id: String,
    /// The channel.
    pub channel_id: Option<String>,
    /// The app of the command.
    pub api_app_id: Option<String>,
    /// The URL for later messages. Anyone with this URL can post, so it is never logged.
    pub response_url: Option<String>,
    /// A different value for each time that a command is entered.
    pub trigger_id: Option<String>,
}

/// The cause why a form is not a slash command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the error messages describe the variants")]
pub enum FormError {
    #[error("the form is not UTF-8 text")]
    NotText,
    #[error("the form has the field `{0}` twice")]
    Repeated(String),
    #[error("the form has no field `{0}`")]
    Missing(&'static str),
}

/// Reads the fields of a form. Unknown fields are ignored.
///
/// # Errors
///
/// [`FormError`] if the form can be read in two ways.
pub fn fields(body: &[u8]) -> Result<HashMap<String, String>, FormError> {
    let mut fields = HashMap::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        if fields.insert(name.clone(), value).is_some() {
            return Err(FormError::Repeated(redacted(name)));
        }
    }
    Ok(fields)
}

/// Whether the form is a check of Slack that its requests arrive. Slack expects an empty response.
#[must_use]
pub fn is_ssl_check(body: &[u8]) -> bool {
    fields(body).is_ok_and(|fields| fields.get("ssl_check").is_some_and(|value| value == "1"))
}

/// Decodes strictly: a replacement character would hide the bytes that were signed.
fn decode(bytes: &[u8]) -> Result<String, FormError> {
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(decoded).ok().filter(|text| !text.contains('\0')).ok_or(FormError::NotText)
}

impl SlashCommand {
    /// Reads the required fields.
    ///
    /// # Errors
    ///
    /// [`FormError::Missing`] without a user or a workspace.
    pub fn from_fields(mut fields: HashMap<String, String>) -> Result<Self, FormError> {
        let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_empty());
        Ok(Self {
            team_id: take("team_id").ok_or(FormError::Missing("team_id"))?,
            user_id: take("user_id").ok_or(FormError::Missing("user_id"))?,
            text: take("text").unwrap_or_default(),
            channel_id: take("channel_id"),
            api_app_id: take("api_app_id"),
            response_url: take("response_url"),
            trigger_id: take("trigger_id"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_strictly() {
        let read = fields(b"text=users+list+%E2%9C%93&user_id=W1&team_id=T1&new_field=x&empty=").unwrap();
        let command = SlashCommand::from_fields(read).unwrap();
        assert_eq!((command.text.as_str(), command.user_id.as_str()), ("users list ✓", "W1"));
        assert_eq!(command.channel_id, None);
    }

    #[test]
    fn ambiguous_or_broken_forms_are_refused() {
        assert_eq!(fields(b"text=a&text=b"), Err(FormError::Repeated("text".to_owned())));
        assert_eq!(fields(b"text=%FF"), Err(FormError::NotText));
        assert_eq!(fields(b"text=%00"), Err(FormError::NotText));
        assert_eq!(SlashCommand::from_fields(fields(b"team_id=T1").unwrap()), Err(FormError::Missing("user_id")));
    }
}
