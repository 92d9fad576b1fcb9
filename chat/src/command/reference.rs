//! Names, e-mail addresses and mentions that are written instead of an ID.

use super::format::address;
use super::value::shown;
use super::{Arguments, CommandError, CommandErrorKind};
use crate::is_hidden;
use claude_admin_catalog::{Action, Catalog, Input, TextAt, Type, describe};
use unicode_normalization::UnicodeNormalization;

/// A text instead of an ID, which must be looked up before any decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The input that it is in.
    pub input: String,
    /// The JSON pointer to it inside the value of the input: empty for the whole value.
    pub pointer: String,
    /// The type of the ID.
    pub ty: Type,
    /// The text.
    pub text: String,
}

impl Reference {
    /// The ID on the chat platform, if the text is a mention.
    #[must_use]
    pub fn mentioned(&self) -> Option<&str> {
        mentioned(&self.text)
    }

    /// The text as it is shown: a mention without its markup.
    #[must_use]
    pub fn written(&self) -> &str {
        self.mentioned().unwrap_or(&self.text)
    }
}

/// Whether a text is an e-mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Whether two names are the same for people: case, Unicode forms, spaces, quotation marks and invisible characters do
/// not count.
#[must_use]
pub fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// A name in the form for comparison.
#[must_use]
pub fn folded(name: &str) -> String {
    let visible: String = name.nfkc().filter(|c| !is_hidden(*c)).collect();
    let straight: String = visible
        .chars()
        .map(|c| match c {
            '‘' | '’' | '‚' | '‛' => '\'',
            '“' | '”' | '„' | '‟' | '«' | '»' => '"',
            c => c,
        })
        .collect();
    // The lower case form can separate a letter and its mark.
    let lower: String = straight.to_lowercase().nfkc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `<@U123>`.
fn mentioned(text: &str) -> Option<&str> {
    let id = text.strip_prefix("<@")?.strip_suffix('>')?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(id)
}

/// Finds every text in the arguments of an action that is in the position of an ID but is not an ID.
///
/// # Errors
///
/// [`CommandError`] at the first text that is neither an ID nor can be looked up.
pub fn references(catalog: &Catalog, action: &Action, arguments: &Arguments) -> Result<Vec<Reference>, CommandError> {
    let types = &catalog.types;
    let mut found = Vec::new();
    let mut problem = None;
    for input in &action.inputs {
        let Some(value) = arguments.get(&input.name) else { continue };
        types.visit_texts(&input.ty, value, &mut |at| {
            let is_empty_item = input.takes_empty && at.text.is_empty();
            if problem.is_some() || is_empty_item || is_id(catalog, action, &at, &input.name) {
                return;
            }
            match checked(catalog, action, input, &at) {
                Ok(reference) => found.push(reference),
                Err(error) => problem = Some(error),
            }
        });
    }
    problem.map_or(Ok(found), Err)
}

/// Whether a text can be sent as it is.
fn is_id(catalog: &Catalog, action: &Action, at: &TextAt<'_>, input: &str) -> bool {
    let types = &catalog.types;
    if types.is_id(at.ty) {
        // The shape of IDs without a documented prefix is a guess. It is used only if names can be written as well.
        let guessed = types.prefixes(at.ty).is_empty() && catalog.name_list(action, at.ty).is_none();
        return if guessed { can_be_an_id(at.text) } else { types.is_well_formed_id(at.ty, at.text) };
    }
    let named_like_an_id = at.field.unwrap_or(input).rsplit(['-', '_']).next();
    *at.ty != Type::String || !matches!(named_like_an_id, Some("id" | "ids")) || can_be_an_id(at.text)
}

/// Whether a text can be an ID of unknown shape: it has no spaces, and is no mention and no e-mail address.
fn can_be_an_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic()) && mentioned(text).is_none() && !is_address(text)
}

fn checked(catalog: &Catalog, action: &Action, input: &Input, at: &TextAt<'_>) -> Result<Reference, CommandError> {
    let error = |message: String| CommandError::new(CommandErrorKind::BadValue, format!("{}: {message}.", input.name));
    let list = catalog.name_list(action, at.ty);
    let is_mention = mentioned(at.text).is_some();
    let fits = list.as_ref().is_some_and(|list| {
        list.email.is_some() && (is_mention || is_address(at.text)) || !list.names.is_empty() && !is_mention
    });
    if fits && !at.text.trim().is_empty() {
        let is_email = list.is_some_and(|list| list.email.is_some()) && is_address(at.text);
        return Ok(Reference {
            input: input.name.clone(),
            pointer: at.pointer.to_owned(),
            ty: at.ty.clone(),
            text: if is_email { address(at.text).into_owned() } else { at.text.to_owned() },
        });
    }
    if is_mention {
        return Err(error("a mention identifies a person in the chat, not an object of this kind".to_owned())
            .hint("Write the ID, or the name if help says that a name can be written."));
    }
    let wanted = if catalog.types.is_id(at.ty) { described(catalog, action, at.ty) } else { "an ID".to_owned() };
    let error = error(format!("`{}` is not {wanted}", shown(at.text)));
    Err(match (catalog.looks_up, catalog.id_list(at.ty)) {
        (false, _) => error.hint("Names are not looked up here: write the ID, which a `list` shows."),
        (true, Some(list)) => error.hint(format!("`{}` shows the IDs.", list.command())),
        (true, None) => error,
    })
}

/// Describes the values of a type, with the alternatives to an ID:
/// `an ID that begins with user_, an e-mail address or a name`.
#[must_use]
pub fn described(catalog: &Catalog, action: &Action, ty: &Type) -> String {
    let text = describe(&catalog.types, ty);
    match catalog.name_list(action, ty) {
        Some(list) if list.accepts().contains(" or ") => format!("{text}, {}", list.accepts()),
        Some(list) => format!("{text} or {}", list.accepts()),
        None => text,
    }
}

/// Describes the alternatives to the IDs of an input, one sentence for each kind of ID; empty if only IDs are valid.
#[must_use]
pub fn alternatives(catalog: &Catalog, action: &Action, input: &Input) -> String {
    let types = catalog.types.text_types(&input.ty);
    let sentences = types.iter().filter_map(|ty| {
        let list = catalog.name_list(action, ty)?;
        let id = match catalog.types.prefix(ty) {
            Some(prefix) => format!("an ID that begins with `{prefix}`"),
            None => "the ID".to_owned(),
        };
        Some(format!(
            "Instead of {id}, you can write {}: it is looked up with `{}`.",
            list.accepts(),
            list.list.command()
        ))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// Whether a mention of a person can be written in an input.
pub(super) fn takes_mention(catalog: &Catalog, action: &Action, input: &Input) -> bool {
    let types = catalog.types.text_types(&input.ty);
    types.iter().any(|ty| catalog.name_list(action, ty).is_some_and(|list| list.email.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    fn found(action: &str, input: &str, value: serde_json::Value) -> Result<Vec<(String, String)>, String> {
        let arguments = Arguments::from_iter([(input.to_owned(), value)]);
        let action = catalog().action(action).unwrap();
        let found = references(catalog(), action, &arguments).map_err(|error| error.to_string())?;
        Ok(found.into_iter().map(|reference| (reference.pointer, reference.text)).collect())
    }

    #[test]
    fn name_compared_ignores_case_form_spaces_and_marks() {
        for (one, other) in [
            ("Production", "pRODUCTION"),
            ("Xiùyīng Li", "Xiu\u{300}yi\u{304}ng  li"),
            ("Siobhán O’Brien", "siobhán o'brien"),
            ("Rami \u{200F}حداد\u{200F}", "rami حداد"),
            ("ＣＩ main", "ci main"),
        ] {
            assert!(same_name(one, other), "{one} {other}");
        }
        assert!(!same_name("Production", "Production 2") && !same_name("Zoe", "Zoë"));
    }

    #[test]
    fn text_in_place_of_id_is_found_at_any_depth() {
        let all = |pairs: &[(&str, &str)]| {
            Ok(pairs.iter().map(|(pointer, text)| ((*pointer).to_owned(), (*text).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(found("users.get", "user-id", json!("Mateo Rivera")), all(&[("", "Mateo Rivera")]));
        assert_eq!(found("users.get", "user-id", json!("user_01ABC")), all(&[]));
        let workspaces = json!(["wrkspc_01A", "Production", "Staging"]);
        let both = all(&[("/1", "Production"), ("/2", "Staging")]);
        assert_eq!(found("usage.messages", "workspace-ids", workspaces), both);
        let scope = json!({ "type": "workspace", "workspace_id": "Production" });
        assert_eq!(found("spend-limits.set", "scope", scope), all(&[("/workspace_id", "Production")]));
    }

    #[test]
    fn text_that_no_list_can_find_is_refused() {
        let refused = found("spend-limits.get", "spend-limit-id", json!("Production")).unwrap_err();
        assert!(refused.contains("`Production` is not an ID that begins with spl_"), "{refused}");
        assert!(refused.contains("`spend-limits list` shows the IDs"), "{refused}");
        let refused = found("invites.get", "invite-id", json!("Mateo Rivera")).unwrap_err();
        assert!(refused.contains("an ID that begins with invite_ or an e-mail address"), "{refused}");
        let mention = found("workspaces.get", "workspace-id", json!("<@U123>")).unwrap_err();
        assert!(mention.contains("mention"), "{mention}");
    }

    #[test]
    fn address_in_every_id_input_is_looked_up_or_invalid() {
        let types = &catalog().types;
        let inputs = catalog().actions.iter().flat_map(|action| action.inputs.iter().map(move |input| (action, input)));
        let mut refused = 0;
        for (action, input) in inputs {
            let ty = types.optional(&input.ty).unwrap_or(&input.ty);
            let item = types.list_item(ty).unwrap_or(ty);
            let is_named_like_an_id = input.name.ends_with("-id") || input.name.ends_with("-ids");
            if !types.is_id(item) && (*item != Type::String || !is_named_like_an_id) {
                continue;
            }
            let value = if item == ty { json!("ada@example.com") } else { json!(["ada@example.com"]) };
            match found(&action.id, &input.name, value) {
                Ok(found) => assert_eq!(found.len(), 1, "{} {}", action.id, input.name),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 20, "{refused}");
    }

    #[test]
    fn catalog_without_lookups_takes_ids_only() {
        let catalog = catalog().clone().without_lookups();
        let action = catalog.action("users.get").unwrap();
        let arguments = Arguments::from_iter([("user-id".to_owned(), json!("ada@example.com"))]);
        let error = references(&catalog, action, &arguments).unwrap_err();
        assert!(error.to_string().contains("Names are not looked up here"), "{error}");
        assert_eq!(alternatives(&catalog, action, &action.inputs[0]), "");
    }
}
