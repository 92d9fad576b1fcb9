//! The values of `anthropic-beta` that operations need.

use crate::error::ApiError;
use crate::rules::Rules;
use claude_admin_catalog::Action;
use http::HeaderMap;

const HEADER: &str = "anthropic-beta";

/// Betas whose operations do not exist for a request that does not name them: 404, where others answer 400.
const HIDING: [&str; 3] =
    ["webhooks-2026-10-07", "ce-claude-code-managed-settings-2026-10-06", "ce-plugins-2026-09-01"];

/// The values that a request names.
pub(crate) fn given(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(HEADER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
}

/// Checks that the values which an operation needs are there, among others or alone. One that only opens fields is not
/// needed.
pub(crate) fn check(action: &Action, rules: &dyn Rules, headers: &HeaderMap) -> Result<(), ApiError> {
    let needed = action.betas.iter().filter(|beta| rules.opens_fields() != Some(beta.as_str()));
    match needed.into_iter().find(|needed| !given(headers).any(|beta| beta == **needed)) {
        Some(missing) if HIDING.contains(&missing.as_str()) => Err(ApiError::not_found("Not found")),
        Some(missing) => Err(ApiError::invalid(format!("{HEADER}: this endpoint requires '{missing}'"))),
        None => Ok(()),
    }
}
