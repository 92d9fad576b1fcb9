//! What stands for an id: an e-mail address, or somebody that a chat platform mentions.

use super::token::{Token, TokenKind};
use claude_admin_catalog::{Action, Catalog, Field, Input, Method, Type, Types};
use serde_json::Value;

/// What stands for an id, and must be looked up before anything is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// The address of whom or what is meant.
    Email(String),
    /// The id of a person at the chat platform, whose address tells who is meant.
    Mention(String),
}

impl Reference {
    /// What was written in the place of the id.
    #[must_use]
    pub fn written(&self) -> &str {
        match self {
            Self::Email(text) | Self::Mention(text) => text,
        }
    }

    /// Reads a typed word, where an id is wanted that can be looked up.
    pub(super) fn of_token(catalog: &Catalog, input: &Input, token: &Token) -> Option<Self> {
        lookup(catalog, input)?;
        match token.kind {
            TokenKind::Mention => Some(Self::Mention(token.text.clone())),
            TokenKind::Plain => is_address(&token.text).then(|| Self::Email(token.text.clone())),
        }
    }

    /// Reads a JSON argument, where an id is wanted that can be looked up.
    pub(super) fn of_json(catalog: &Catalog, input: &Input, value: &Value) -> Option<Self> {
        lookup(catalog, input)?;
        value.as_str().filter(|text| is_address(text)).map(|text| Self::Email(text.to_owned()))
    }
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// How to look up an id by an address.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'c> {
    /// The list that shows ids with addresses.
    pub list: &'c Action,
    /// The input of the list that asks for one address; none where the whole list must be read.
    pub filter: Option<&'c Input>,
    /// The field with the address, by its wire name.
    pub email: &'c str,
    /// The field with the id, by its wire name.
    pub id: &'c str,
}

/// Finds the list whose items have an id of the type of an input, and an address.
///
/// It follows from the types alone: a list that needs no argument, with such items.
#[must_use]
pub fn lookup<'c>(catalog: &'c Catalog, input: &Input) -> Option<Lookup<'c>> {
    let types = &catalog.types;
    types.prefix(&input.ty)?;
    let lists = catalog.actions.iter().filter(|action| {
        action.http.method == Method::Get
            && action.paging.is_some()
            && action.inputs.iter().all(|input| !input.is_required())
    });
    lists.into_iter().find_map(|list| {
        let fields = items(types, list)?;
        let id = fields.iter().find(|field| field.wire == "id" && field.ty == input.ty)?;
        let email = fields.iter().find(|field| is_email(types, &field.ty))?;
        let filter = list.inputs.iter().find(|input| is_email(types, &input.ty));
        Some(Lookup { list, filter, email: &email.wire, id: &id.wire })
    })
}

/// The fields of the items of a list.
fn items<'c>(types: &'c Types, list: &'c Action) -> Option<&'c [Field]> {
    let page = types.record(list.result.as_ref()?)?;
    let data = page.iter().find(|field| field.wire == "data")?;
    types.record(types.list_item(&data.ty)?)
}

fn is_email(types: &Types, ty: &Type) -> bool {
    types.format(types.optional(ty).unwrap_or(ty)) == Some("email")
}
