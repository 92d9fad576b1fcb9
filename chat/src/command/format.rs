//! The formats of texts, by the name of their alias, and the kinds of IDs, by their prefix.

use super::normalize::plain_letters;
use super::value::{BadValue, shown};
use crate::grouped::grouped;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use claude_admin_catalog::{Currency, Input, Type, Types, Unit, describe, looks_like_a_tail};
use serde_json::Value;
use std::borrow::Cow;

/// A text in the spelling of the API, if people write it differently. All input is read with this function, so a policy
/// sees one spelling of each value.
pub(super) fn repaired<'t>(types: &Types, ty: &Type, text: &'t str) -> Cow<'t, str> {
    match types.format(ty) {
        Some("email") => address(text),
        Some("whole-cents") => Cow::Borrowed(without_leading_zeros(text)),
        _ => Cow::Borrowed(text),
    }
}

/// The same for every text of a JSON value, with normalized letters as in a typed line. JSON that is passed on
/// unchanged is not modified.
pub(super) fn repaired_json(types: &Types, ty: &Type, value: &Value) -> Value {
    let mut repairs = Vec::new();
    types.visit_texts(ty, value, &mut |at| {
        if types.format(at.ty) == Some("json") {
            return;
        }
        let plain = plain_letters(at.text);
        let text = repaired(types, at.ty, &plain);
        if text != at.text {
            repairs.push((at.pointer.to_owned(), text.into_owned()));
        }
    });
    let mut value = value.clone();
    for (pointer, text) in repairs {
        if let Some(place) = value.pointer_mut(&pointer) {
            *place = Value::from(text);
        }
    }
    value
}

/// An e-mail address without the scheme of a copied address. Its domain is in lower case and does not end with a dot.
/// All these spellings are the same domain (RFC 1035, section 2.3.3), and a policy could name a different one of them.
pub(super) fn address(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let Some((local, domain)) = text.rsplit_once('@') else { return Cow::Borrowed(text) };
    let plain = domain.strip_suffix('.').unwrap_or(domain).to_lowercase();
    if plain == domain { Cow::Borrowed(text) } else { Cow::Owned(format!("{local}@{plain}")) }
}

fn without_leading_zeros(text: &str) -> &str {
    let digits = text.trim_start_matches('0');
    match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true if digits.is_empty() && !text.is_empty() => "0",
        true => digits,
        false => text,
    }
}

/// `$123` and `$123.45` in cents.
fn dollars(text: &str) -> Option<String> {
    let amount = text.strip_prefix('$')?.replace(',', "");
    let (whole, cents) = amount.split_once('.').unwrap_or((&amount, "00"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(cents) || cents.len() != 2 {
        return None;
    }
    Some(without_leading_zeros(&format!("{whole}{cents}")).to_owned())
}

/// Whether an input is an amount in dollars, according to its unit. People think in dollars. This prevents a limit that
/// is wrong by a factor of 100.
fn is_dollars(input: &Input) -> bool {
    matches!(&input.unit, Some(Unit::Cents(Currency::Code(code))) if code == "USD")
}

/// The amount for the API, in cents, if dollars are written for an input: `$123` or `$123.45`.
pub(super) fn in_cents(input: &Input, text: &str) -> Option<String> {
    dollars(text).filter(|_| is_dollars(input))
}

/// The amount of an input in dollars, such as `$1,234.50`. It can be read back as the same amount.
pub(super) fn in_dollars(input: &Input, value: &Value) -> Option<String> {
    let cents = value.as_str().filter(|_| is_dollars(input))?;
    let digits = format!("{cents:0>3}");
    let (whole, hundredths) = digits.split_at_checked(digits.len() - 2)?;
    let spelled = format!("${}.{hundredths}", grouped(whole));
    (dollars(&spelled).as_deref() == Some(cents)).then_some(spelled)
}

/// Checks the format of a text, and that an ID does not have the prefix of another kind.
pub(super) fn check_text(types: &Types, ty: &Type, text: &str) -> Result<(), BadValue> {
    let Some(format) = types.format(ty) else { return Ok(()) };
    let needed = || describe(types, ty);
    if !fits(format, text) {
        return Err(BadValue::new(format!("`{}` is not {}", shown(text), needed())));
    }
    match foreign_prefix(types, ty, text) {
        Some(other) => Err(BadValue::new(format!("`{}` is {other}, but {} is needed", shown(text), needed()))),
        None => Ok(()),
    }
}

fn fits(format: &str, text: &str) -> bool {
    let all = |text: &str, is: fn(u8) -> bool| !text.is_empty() && text.bytes().all(is);
    match format {
        "email" => {
            let plain =
                |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;:@\"".contains(c));
            let is_domain = |domain: &str| domain.contains('.') && domain.split('.').all(plain);
            text.split_once('@').is_some_and(|(local, domain)| plain(local) && is_domain(domain))
        }
        "color" => text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && all(hex, |b| b.is_ascii_hexdigit())),
        "timestamp" => text.parse::<jiff::Timestamp>().is_ok(),
        "date" => text.parse::<jiff::civil::Date>().is_ok(),
        "url" => text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some_and(|host| !host.is_empty())
        }),
        "uuid" => {
            let parts: Vec<&str> = text.split('-').collect();
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| all(part, |b| b.is_ascii_hexdigit()))
        }
        "slug" => all(text, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
        "whole-cents" => all(text, |b| b.is_ascii_digit()),
        "base64" => BASE64.decode(text).is_ok(),
        _ => true,
    }
}

/// The kind of an ID with the prefix of another kind. Other texts can be names.
fn foreign_prefix(types: &Types, ty: &Type, text: &str) -> Option<String> {
    let own = types.prefixes(ty);
    if own.is_empty() || own.iter().any(|own| text.starts_with(own.as_str())) {
        return None;
    }
    types
        .iter()
        // Only the usual prefix is used, because several kinds can share an alternative prefix.
        .filter_map(|(_, def)| Some((def.prefixes.first()?, def)))
        .filter(|(prefix, _)| text.strip_prefix(prefix.as_str()).is_some_and(looks_like_a_tail))
        .max_by_key(|(prefix, _)| prefix.len())
        .map(|(_, def)| format!("a {}", def.name.replace('-', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_cents() {
        for (text, cents) in
            [("$500", Some("50000")), ("$1,234.50", Some("123450")), ("$0.05", Some("5")), ("$0", Some("0"))]
        {
            assert_eq!(dollars(text).as_deref(), cents, "{text}");
        }
        for text in ["500", "$", "$1.5", "$1.234", "$-1", "$x"] {
            assert_eq!(dollars(text), None, "{text}");
        }
    }

    #[test]
    fn address_has_one_spelling_of_its_domain() {
        for (text, plain) in [
            ("x@evil.example", "x@evil.example"),
            ("mailto:X@EVIL.example", "X@evil.example"),
            ("x@evil.example.", "x@evil.example"),
            ("x@M\u{dc}NCHEN.example.", "x@m\u{fc}nchen.example"),
            ("ada", "ada"),
        ] {
            assert_eq!(address(text), plain);
            assert_eq!(address(plain), plain);
        }
        for bad in ["x@evil.example..", "x@.evil.example", "x@evil..example", "x@."] {
            assert!(!fits("email", &address(bad)), "{bad}");
        }
    }

    #[test]
    fn amount_has_one_spelling() {
        for (text, plain) in
            [("00075000", "75000"), ("000", "0"), ("0", "0"), ("75000", "75000"), ("", ""), ("0x", "0x")]
        {
            assert_eq!(without_leading_zeros(text), plain);
        }
    }

    #[test]
    fn each_format_fits_only_valid_text() {
        for (format, good, bad) in [
            ("email", "ada@mail.example.com", "ada@example"),
            ("date", "2026-11-21", "2026-11-31"),
            ("url", "https://example.com/x", "example.com"),
            ("uuid", "5f0c8a52-6d1e-4b7a-9c43-2e8f1d7b6a90", "5f0c8a52"),
            ("slug", "deploy-bot", "Deploy Bot"),
            ("whole-cents", "500", "5.00"),
            ("base64", "aGk=", "aGk"),
        ] {
            assert!(fits(format, good), "{good}");
            assert!(!fits(format, bad), "{bad}");
        }
    }
}
