//! Lists that are read to their end.

use crate::failure::told;
use crate::world::claude::admin::types::{Error, Page};

/// The page size of a list with a position by ID: the largest one.
const LIMIT: u32 = 1000;

/// A page of a list with a position by ID.
pub(crate) struct Listed<T> {
    pub(crate) data: Vec<T>,
    pub(crate) has_more: bool,
    pub(crate) last_id: Option<String>,
}

/// Reads a list whose pages follow an ID.
pub(crate) fn by_id<T>(what: &str, read: impl Fn(&Page) -> Result<Listed<T>, Error>) -> Result<Vec<T>, String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { limit: Some(LIMIT), after_id: after, before_id: None };
        let Listed { data, has_more, last_id } = read(&page).map_err(|error| told(what, error))?;
        all.extend(data);
        after = last_id.filter(|_| has_more);
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Reads a list whose pages follow a token.
pub(crate) fn by_token<T>(
    what: &str,
    read: impl Fn(Option<&str>) -> Result<(Vec<T>, Option<String>), Error>,
) -> Result<Vec<T>, String> {
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let (data, token) = read(next.as_deref()).map_err(|error| told(what, error))?;
        all.extend(data);
        next = token;
        if next.is_none() {
            return Ok(all);
        }
    }
}
