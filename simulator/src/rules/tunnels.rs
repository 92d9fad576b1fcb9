//! MCP tunnels and their certificate authorities.

use super::{Rules, Scene, View, is_archived, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::store::Store;
use jiff::SignedDuration;
use serde_json::json;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(crate) struct Tunnels;
pub(crate) struct TunnelCertificates;

/// The action that archives a tunnel.
const ARCHIVE: &str = "tunnels.archive";
/// The maximum number of active certificate authorities of a tunnel.
const LIVE_CERTIFICATES: usize = 2;
/// The assumed validity of a certificate authority. The simulator does not parse certificates.
const VALIDITY: SignedDuration = SignedDuration::from_hours(365 * 24);
const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

impl Tunnels {
    pub(crate) const PATH: &'static str = path_of!("tunnels.list");

    fn is_live(tunnel: &Object) -> Result<(), ApiError> {
        if is_archived(tunnel) { Err(ApiError::invalid("The tunnel is archived.")) } else { Ok(()) }
    }

    /// The certificate authorities of a tunnel.
    pub(crate) fn certificates_of(tunnel: &str) -> String {
        TunnelCertificates::PATH.replace("{}", tunnel)
    }
}

impl Rules for Tunnels {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_act(&self, act: &str, item: &Object, _view: View<'_>) -> Result<(), ApiError> {
        if act == ARCHIVE { Ok(()) } else { Self::is_live(item) }
    }

    fn act(&self, act: &str, item: &mut Object, _: &Object, scene: &mut Scene<'_>) -> Result<Option<Object>, ApiError> {
        if act == ARCHIVE {
            return Ok(None);
        }
        if act == "tunnels.rotate-token" || text(item, "token").is_empty() {
            item.insert("token_id".to_owned(), scene.ids.next("ttkn_").into());
            item.insert("token".to_owned(), scene.ids.next("simulator-tunnel-token-").into());
        }
        Ok(json!({ "id": text(item, "token_id"), "tunnel_token": text(item, "token") }).as_object().cloned())
    }
}

impl TunnelCertificates {
    const PATH: &'static str = path_of!("tunnel-certificates.list");

    /// A fingerprint that is the same for the same text. It is not a hash of the certificate.
    pub(crate) fn fingerprint(pem: &str) -> String {
        let part = |index: u8| {
            let mut hasher = DefaultHasher::new();
            (index, pem).hash(&mut hasher);
            format!("{:016x}", hasher.finish())
        };
        (0..4).map(part).collect()
    }

    fn check(pem: &str) -> Result<(), ApiError> {
        let refuse = |reason: &str| Err(ApiError::invalid(format!("ca_certificate_pem: {reason}")));
        if pem.contains("PRIVATE KEY") {
            refuse("it must hold no private key")
        } else if pem.matches(BEGIN).count() != 1 || pem.matches(END).count() != 1 {
            refuse("it must hold exactly one certificate")
        } else {
            Ok(())
        }
    }

    fn live(store: &Store, tunnel: &str) -> usize {
        store.items(&Tunnels::certificates_of(tunnel)).filter(|certificate| !is_archived(certificate)).count()
    }
}

impl Rules for TunnelCertificates {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        let tunnel = text(new, "tunnel_id");
        if let Some(tunnel) = view.store.item(Tunnels::PATH, tunnel) {
            Tunnels::is_live(tunnel)?;
        }
        if Self::live(view.store, tunnel) >= LIVE_CERTIFICATES {
            return Err(ApiError::invalid(format!("A tunnel can have at most {LIVE_CERTIFICATES} live certificates.")));
        }
        let pem = text(new, "ca_certificate_pem");
        Self::check(pem)?;
        new.insert("fingerprint".to_owned(), Self::fingerprint(pem).into());
        let expires_at = view.now.checked_add(VALIDITY).ok();
        new.insert("expires_at".to_owned(), expires_at.map(|at| at.to_string()).into());
        Ok(())
    }
}
