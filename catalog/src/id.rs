//! IDs: the types that are IDs, and the texts that look like one.

use crate::{Type, Types};

impl Types {
    /// Whether values of a type are IDs of objects: it has a known prefix, or its name ends in `-id`.
    #[must_use]
    pub fn is_id(&self, ty: &Type) -> bool {
        !self.prefixes(ty).is_empty() || self.format(ty).is_some_and(|name| name.ends_with("-id"))
    }

    /// The type of the ID in a text, by its usual prefix, if a field can contain IDs of several types.
    #[must_use]
    pub fn id_type_of(&self, text: &str) -> Option<Type> {
        let typed = self.iter().filter_map(|(id, def)| Some((id, def.prefixes.first()?)));
        let fits = typed.filter(|(_, prefix)| text.strip_prefix(prefix.as_str()).is_some_and(looks_like_a_tail));
        fits.max_by_key(|(_, prefix)| prefix.len()).map(|(id, _)| Type::Named(id))
    }

    /// Whether a text looks like an ID of a type. IDs without a documented prefix look like those with one.
    #[must_use]
    pub fn is_well_formed_id(&self, ty: &Type, text: &str) -> bool {
        let prefixes = self.prefixes(ty);
        if prefixes.is_empty() {
            return looks_like_an_id(text);
        }
        prefixes.iter().filter_map(|prefix| Some((prefix, text.strip_prefix(prefix.as_str())?))).any(
            |(prefix, rest)| {
                // An ARN contains colons and slashes. The IDs of the API contain neither.
                let plain = prefix.ends_with('_');
                !rest.is_empty() && rest.chars().all(|c| is_word(c) || (!plain && matches!(c, ':' | '/' | '.')))
            },
        )
    }
}

/// The minimum number of characters after the prefix of an ID whose prefix is not known: the IDs of the API have 24.
const LEAST_TAIL: usize = 16;

fn looks_like_an_id(text: &str) -> bool {
    text.rsplit_once('_').is_some_and(|(prefix, tail)| {
        let prefix_fits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        prefix_fits && tail.len() >= LEAST_TAIL && looks_like_a_tail(tail)
    })
}

/// Whether a text can follow the prefix of an ID: a digit, then letters and digits.
#[must_use]
pub fn looks_like_a_tail(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}
