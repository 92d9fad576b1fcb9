//! The exchange of a workload's token, or of a refresh token, for an access token.

use super::{FederationIssuers, FederationRules, Rules, Scene, ServiceAccountPlaces, ServiceAccounts, Workspaces};
use super::{inner, is_archived, text};
use crate::Object;
use crate::credential::Credential;
use crate::error::ApiError;
use crate::routes::Target;
use crate::validate::at;
use crate::workload::claims;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct TokenExchange;

/// The maximum difference between the clocks of both sides, in seconds.
const SKEW: i64 = 30;
/// The minimum lifetime of an access token, in seconds.
const MIN_LIFETIME: i64 = 60;

impl Rules for TokenExchange {
    fn path(&self) -> &'static str {
        path_of!("oauth.exchange")
    }

    fn call(&self, sent: Object, _target: &Target<'_>, scene: &mut Scene<'_>) -> Result<Object, ApiError> {
        if text(&sent, "grant_type") == "refresh_token" {
            return refresh(&sent, scene);
        }
        // The error does not contain the reason.
        let granted = grant(&sent, scene).ok_or_else(failed)?;
        if granted.workspaces_to_choose_from {
            return Err(at("workspace_id", "Field required, because the rule covers several workspaces"));
        }
        if let Some((issuer, jti)) = &granted.used
            && !scene.store.tokens.use_up(issuer, jti)
        {
            return Err(failed());
        }
        Ok(issue(&granted.account, vec![granted.scope], granted.lifetime, scene))
    }
}

fn failed() -> ApiError {
    ApiError::unauthenticated("Authentication failed")
}

/// The result of the exchange of a workload token.
struct Granted {
    account: String,
    scope: String,
    /// In seconds.
    lifetime: i64,
    /// The issuer and the ID of the token, if it is valid for one use.
    used: Option<(String, String)>,
    workspaces_to_choose_from: bool,
}

/// Checks everything about a token. `None` for any failure.
fn grant(sent: &Object, scene: &Scene<'_>) -> Option<Granted> {
    let claims = claims(text(sent, "assertion"))?;
    let store = &*scene.store;
    let rule = store.item(FederationRules::PATH, text(sent, "federation_rule_id")).filter(|rule| !is_archived(rule))?;
    let issuer = store.item(FederationIssuers::PATH, text(rule, "issuer_id")).filter(|issuer| !is_archived(issuer))?;
    let account = inner(rule, "target", "service_account_id");
    let asked_for = text(sent, "service_account_id");
    let is_right = text(sent, "organization_id") == scene.organization_id
        && text(&claims, "iss") == text(issuer, "issuer_url")
        && (asked_for.is_empty() || asked_for == account)
        && ServiceAccounts::is_live(store, account)
        && fits(rule, &claims);
    let (issued, expires) = (claims.get("iat")?.as_i64()?, claims.get("exp")?.as_i64()?);
    let now = scene.now.as_second();
    let longest = issuer.get("max_jwt_lifetime_seconds")?.as_i64()?;
    let not_before = claims.get("nbf").and_then(Value::as_i64).unwrap_or(issued);
    let is_in_time = issued.max(not_before) <= now.saturating_add(SKEW)
        && expires > now.saturating_sub(SKEW)
        && expires.checked_sub(issued)? <= longest;
    if !is_right || !is_in_time {
        return None;
    }
    let remaining = expires.saturating_sub(now);
    let lifetime = rule.get("token_lifetime_seconds")?.as_i64()?;
    let is_single_use = issuer.get("check_jti") == Some(&Value::Bool(true));
    let jti = Some(text(&claims, "jti")).filter(|jti| is_single_use && !jti.is_empty());
    let workspaces_to_choose_from = match chosen_workspace(sent, rule, store) {
        Some(workspace) => {
            let is_live = store.item(Workspaces::PATH, &workspace).is_some_and(|workspace| !is_archived(workspace));
            if !is_live || !ServiceAccountPlaces::is_in(store, &workspace, account) {
                return None;
            }
            false
        }
        None if text(sent, "workspace_id").is_empty() => true,
        None => return None,
    };
    Some(Granted {
        account: account.to_owned(),
        scope: text(rule, "oauth_scope").to_owned(),
        lifetime: lifetime.min(remaining.saturating_mul(2)).max(MIN_LIFETIME),
        used: jti.map(|jti| (text(issuer, "id").to_owned(), jti.to_owned())),
        workspaces_to_choose_from,
    })
}

/// The workspace of a token: the requested one if the rule includes it, or the only one.
fn chosen_workspace(sent: &Object, rule: &Object, store: &crate::store::Store) -> Option<String> {
    let enabled: Vec<&str> = store
        .items(&FederationRules::workspaces_of(text(rule, "id")))
        .map(|enabled| text(enabled, "workspace_id"))
        .collect();
    let covers_all = rule.get("applies_to_all_workspaces") == Some(&Value::Bool(true));
    let asked_for = match text(sent, "workspace_id") {
        "default" => Workspaces::default_id(store).unwrap_or_default(),
        id => id,
    };
    match (asked_for, enabled.as_slice()) {
        ("", [only]) if !covers_all => Some((*only).to_owned()),
        ("", _) => None,
        (asked_for, enabled) => (covers_all || enabled.contains(&asked_for)).then(|| asked_for.to_owned()),
    }
}

/// Whether a rule accepts these claims.
fn fits(rule: &Object, claims: &Object) -> bool {
    let wanted = |name: &str| inner(rule, "match", name);
    let audience = wanted("audience");
    let is_audience =
        |value: &Value| value == audience || value.as_array().is_some_and(|all| all.iter().any(|one| one == audience));
    let exact = rule.get("match").and_then(|wanted| wanted.get("claims")).and_then(Value::as_object);
    (audience.is_empty() || claims.get("aud").is_some_and(is_audience))
        && text(claims, "sub").starts_with(wanted("subject_prefix").trim_end_matches('*'))
        && exact.into_iter().flatten().all(|(name, value)| claims.get(name) == Some(value))
        && condition_holds(wanted("condition"), claims)
}

/// Whether a condition is met. The simulator supports comparisons such as `claims.ref == "main"`, joined by `&&`. Any
/// other condition is never met.
fn condition_holds(condition: &str, claims: &Object) -> bool {
    condition.trim().is_empty()
        || condition.split("&&").all(|term| {
            let compared = term.split_once("==").and_then(|(left, right)| {
                let name = left.trim().strip_prefix("claims.")?;
                let value = right.trim().strip_prefix('"')?.strip_suffix('"')?;
                Some(text(claims, name) == value)
            });
            compared == Some(true)
        })
}

/// A refresh token can be used any number of times. An unknown refresh token returns the same error as any other
/// failure.
fn refresh(sent: &Object, scene: &mut Scene<'_>) -> Result<Object, ApiError> {
    let secret = text(sent, "refresh_token");
    let grant = scene.store.tokens.refresh(secret).cloned().ok_or_else(failed)?;
    let mut reply = issue(&grant.actor, grant.scopes, grant.lifetime, scene);
    reply.insert("refresh_token".to_owned(), secret.into());
    Ok(reply)
}

fn issue(actor: &str, scopes: Vec<String>, lifetime: i64, scene: &mut Scene<'_>) -> Object {
    let secret = scene.ids.next("sk-ant-oat01-simulator-");
    let expires_at = scene.now.checked_add(SignedDuration::from_secs(lifetime)).unwrap_or(Timestamp::MAX);
    let scope = scopes.join(" ");
    let token = Credential::workload(secret.clone(), scopes, expires_at, actor);
    scene.store.tokens.issue(token, scene.now);
    let reply = json!({ "scope": scope, "access_token": secret, "expires_in": lifetime });
    reply.as_object().cloned().unwrap_or_default()
}
