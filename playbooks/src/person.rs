//! The lookup of a person, by ID or by e-mail address.

use crate::failure::{is_missing, told};
use crate::world::claude::admin::types::Page;
use crate::world::claude::admin::users::{self, User};

/// The person that an argument names.
#[derive(Debug)]
pub(crate) enum Person {
    /// A member.
    Member(User),
    /// No member has this ID or address.
    NotFound(String),
}

/// Looks a person up.
pub(crate) fn find(who: &str) -> Result<Person, String> {
    if !who.contains('@') {
        return match users::get(who) {
            Ok(user) => Ok(Person::Member(user)),
            Err(error) if is_missing(&error) => Ok(Person::NotFound(who.to_owned())),
            Err(error) => Err(told(&format!("`{who}`"), error)),
        };
    }
    let page = Page { limit: Some(100), after_id: None, before_id: None };
    let found = users::list(Some(who), &[], &page).map_err(|error| told("The list of members", error))?;
    // The filter of the API ignores tags in addresses.
    let same = |user: &User| user.email.eq_ignore_ascii_case(who);
    Ok(found.data.into_iter().find(same).map_or_else(|| Person::NotFound(who.to_owned()), Person::Member))
}
