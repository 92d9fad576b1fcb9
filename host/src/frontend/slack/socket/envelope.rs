//! The frames that Slack sends through a connection.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// A delivery through a connection.
#[derive(Debug)]
pub enum Envelope {
    /// A slash command.
    Command {
        /// The ID of the envelope.
        id: String,
        /// The fields, as in a form over HTTP.
        fields: HashMap<String, String>,
    },
    /// An interaction.
    Interaction {
        /// The ID of the envelope.
        id: String,
        /// The payload, as over HTTP.
        payload: Value,
    },
}

/// A frame of text.
#[derive(Debug)]
pub(super) enum Frame {
    /// The connection is open.
    Hello,
    /// Slack closes the connection soon.
    Disconnect {
        /// Whether Socket Mode is switched off.
        is_switched_off: bool,
    },
    /// A delivery to acknowledge, and to handle if it can be read.
    Delivery {
        /// The ID of the envelope.
        id: String,
        /// Whether the acknowledgement can have a message.
        accepts_message: bool,
        /// The content.
        envelope: Option<Envelope>,
    },
    /// A frame without a use.
    Other,
}

/// Unknown fields are ignored, because Slack adds fields over time.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    r#type: Value,
    #[serde(default)]
    envelope_id: Value,
    #[serde(default)]
    accepts_response_payload: Value,
    #[serde(default)]
    reason: Value,
    #[serde(default)]
    payload: Value,
}

impl Frame {
    /// Reads a frame. A delivery that cannot be read is acknowledged too: Slack would send it again without end.
    pub(super) fn read(text: &str) -> Self {
        let Ok(fields) = serde_json::from_str::<Fields>(text) else { return Self::Other };
        let kind = fields.r#type.as_str().unwrap_or_default();
        if let Value::String(id) = fields.envelope_id {
            let envelope = envelope(kind, &id, fields.payload);
            return Self::Delivery { id, accepts_message: fields.accepts_response_payload == true, envelope };
        }
        match kind {
            "hello" => Self::Hello,
            "disconnect" => Self::Disconnect { is_switched_off: fields.reason == "link_disabled" },
            _ => Self::Other,
        }
    }
}

fn envelope(kind: &str, id: &str, payload: Value) -> Option<Envelope> {
    let id = id.to_owned();
    match (kind, payload) {
        ("slash_commands", Value::Object(fields)) => {
            // As in a form, only text is a field.
            let text = |(name, value)| match value {
                Value::String(text) if !text.contains('\0') => Some((name, text)),
                _ => None,
            };
            Some(Envelope::Command { id, fields: fields.into_iter().filter_map(text).collect() })
        }
        ("interactive", payload @ Value::Object(_)) => Some(Envelope::Interaction { id, payload }),
        _ => None,
    }
}

/// The acknowledgement of an envelope.
pub(super) fn acknowledgement(id: &str, message: Option<Value>) -> String {
    let mut frame = json!({ "envelope_id": id });
    if let Some(message) = message {
        frame["payload"] = message;
    }
    frame.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_is_acknowledged_even_if_it_cannot_be_read() {
        for payload in [json!(null), json!([]), json!("x"), json!({"a": {}})] {
            for kind in [json!("slash_commands"), json!("interactive"), json!("events_api"), json!(7), json!(null)] {
                let frame = json!({"type": kind, "envelope_id": "e1", "payload": payload, "new": 1}).to_string();
                assert!(matches!(Frame::read(&frame), Frame::Delivery { id, .. } if id == "e1"), "{frame}");
            }
        }
        for other in ["", "{", "[]", "null", r#"{"type":"x"}"#, r#"{"envelope_id":7}"#, r#"{"type":{}}"#] {
            assert!(matches!(Frame::read(other), Frame::Other), "{other}");
        }
    }

    #[test]
    fn frames_of_the_protocol_are_read() {
        assert!(matches!(Frame::read(r#"{"type":"hello","num_connections":1}"#), Frame::Hello));
        for (reason, off) in [("warning", false), ("refresh_requested", false), ("link_disabled", true), ("new", false)]
        {
            let frame = json!({"type": "disconnect", "reason": reason}).to_string();
            assert!(
                matches!(Frame::read(&frame), Frame::Disconnect { is_switched_off } if is_switched_off == off),
                "{reason}"
            );
        }
        let frame = json!({
            "type": "slash_commands", "envelope_id": "e1", "accepts_response_payload": true,
            "payload": {"text": "users list", "team_id": "T1", "is_enterprise_install": false, "bad": "\u{0}"},
        });
        let Frame::Delivery { accepts_message: true, envelope: Some(Envelope::Command { fields, .. }), .. } =
            Frame::read(&frame.to_string())
        else {
            panic!("{frame}");
        };
        assert_eq!(fields.len(), 2, "{fields:?}");
        assert_eq!(acknowledgement("e1", None), r#"{"envelope_id":"e1"}"#);
        assert_eq!(acknowledgement("e1", Some(json!({"text": "x"}))), r#"{"envelope_id":"e1","payload":{"text":"x"}}"#);
    }
}
