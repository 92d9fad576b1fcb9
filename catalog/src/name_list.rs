//! The list in which the objects of an ID type are found by name or e-mail address.

use crate::{Action, Catalog, Field, Input, Method, Risk, Type, Types};
use std::sync::Arc;

/// A list that shows the IDs of a type with names or e-mail addresses.
#[derive(Debug, Clone)]
pub struct NameList<'c> {
    /// The list.
    pub list: &'c Arc<Action>,
    /// The fields of an item with its names, by their wire names, starting with the one that is shown.
    pub names: Vec<&'c str>,
    /// The field of an item with its e-mail address, by its wire name.
    pub email: Option<&'c str>,
    /// The input of the list that selects one e-mail address.
    pub email_filter: Option<&'c Input>,
    /// The inputs that the list requires. The action whose IDs are looked up has inputs of the same names.
    pub scope: Vec<&'c Input>,
}

impl NameList<'_> {
    /// The words that can be written instead of an ID: `an e-mail address or a name`.
    #[must_use]
    pub fn accepts(&self) -> &'static str {
        match (self.email, self.names.is_empty()) {
            (Some(_), false) => "an e-mail address or a name",
            (Some(_), true) => "an e-mail address",
            (None, _) => "a name",
        }
    }
}

/// The field of an item with its ID.
pub const ID: &str = "id";

impl Catalog {
    /// Finds the list that shows the IDs of a type with a name (`@names`) or an e-mail address, for an input or a field
    /// of an action. A list of the same interface takes precedence. Otherwise, it is the list that requires the fewest
    /// arguments.
    ///
    /// Only lists that every reader of the organization can have are used: content that people wrote is never used for
    /// lookups.
    #[must_use]
    pub fn name_list(&self, action: &Action, ty: &Type) -> Option<NameList<'_>> {
        if !self.looks_up || !self.types.is_id(ty) {
            return None;
        }
        let lists = self.lists_of(ty).filter(|(list, _)| list.risk == Risk::Read);
        let found = lists.filter_map(|(list, fields)| self.named(action, list, fields));
        found.min_by_key(|found| {
            let place = self.interface(&found.list.interface).map_or(u32::MAX, |interface| interface.place);
            (found.list.interface != action.interface, found.scope.len(), place)
        })
    }

    /// A list that shows the IDs of a type, possibly with other fields.
    #[must_use]
    pub fn id_list(&self, ty: &Type) -> Option<&Arc<Action>> {
        self.lists_of(ty)
            .map(|(list, _)| list)
            .min_by_key(|list| list.inputs.iter().filter(|i| i.is_required()).count())
    }

    /// The lists whose items have an ID of a type, with the fields of the items.
    fn lists_of<'c>(&'c self, ty: &Type) -> impl Iterator<Item = (&'c Arc<Action>, &'c [Field])> {
        let lists = self.actions.iter().filter(|action| action.http.method == Method::Get && action.paging.is_some());
        let lists = lists.filter_map(|list| Some((list, self.types.items(list)?)));
        lists.filter(move |(_, fields)| fields.iter().any(|field| field.wire == ID && field.ty == *ty))
    }

    fn named<'c>(&'c self, action: &Action, list: &'c Arc<Action>, fields: &'c [Field]) -> Option<NameList<'c>> {
        let declared = self.interface(&list.interface).map(|interface| interface.names.as_slice()).unwrap_or_default();
        let names = declared.iter().filter_map(|name| fields.iter().find(|field| field.name == *name));
        let names: Vec<&str> = names.map(|field| field.wire.as_str()).collect();
        let email = fields.iter().find(|field| self.types.is_email(&field.ty)).map(|field| field.wire.as_str());
        let email_filter = list.inputs.iter().find(|input| self.types.is_email(&input.ty)).filter(|_| email.is_some());
        let scope: Vec<&Input> = list.inputs.iter().filter(|input| input.is_required()).collect();
        let given =
            |input: &&Input| action.input(&input.name).is_some_and(|own| own.is_required() && own.ty == input.ty);
        let found = (!names.is_empty() || email.is_some()) && scope.iter().all(given);
        found.then_some(NameList { list, names, email, email_filter, scope })
    }
}

impl Types {
    /// The fields of the items of a list.
    #[must_use]
    pub fn items<'t>(&'t self, list: &'t Action) -> Option<&'t [Field]> {
        self.record(self.item(list)?)
    }

    /// The type of the items of a list.
    #[must_use]
    pub fn item<'t>(&'t self, list: &'t Action) -> Option<&'t Type> {
        let page = self.record(list.result.as_ref()?)?;
        let data = page.iter().find(|field| field.wire == "data")?;
        self.list_item(&data.ty)
    }

    fn is_email(&self, ty: &Type) -> bool {
        self.format(self.optional(ty).unwrap_or(ty)) == Some("email")
    }
}
