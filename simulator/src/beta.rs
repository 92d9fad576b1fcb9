//! The values of `anthropic-beta` that operations need.

use crate::error::ApiError;
use crate::rules::Rules;
use claude_admin_catalog::Action;
use http::HeaderMap;

const HEADER: &str = "anthropic-beta";

/// Betas that hide their operations: without the beta, a request gets 404 instead of 400.
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

/// Checks that a request names the beta values that an operation requires. It can also name others. A beta that only
/// adds fields is not required.
pub(crate) fn check(action: &Action, rules: &dyn Rules, headers: &HeaderMap) -> Result<(), ApiError> {
    let needed = action.betas.iter().filter(|beta| rules.opens_fields() != Some(beta.as_str()));
    match needed.into_iter().find(|needed| !given(headers).any(|beta| beta == **needed)) {
        Some(missing) if HIDING.contains(&missing.as_str()) => Err(ApiError::not_found("Not found")),
        Some(missing) => Err(ApiError::invalid(format!("{HEADER}: this endpoint requires '{missing}'"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn every_beta_that_hides_is_required_by_an_action() {
        let routes = testing::routes();
        for hiding in super::HIDING {
            let is_required =
                routes.catalog().actions.iter().any(|action| action.betas.iter().any(|beta| beta == hiding));
            assert!(is_required, "{hiding}");
        }
    }
}
