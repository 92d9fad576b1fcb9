//! The user at this terminal.

use claude_admin::identity::Principal;
use sha2::{Digest, Sha256};

/// The operating-system account that runs this program. The environment is ignored: a user who sets `USER` is still the
/// same person.
pub(super) fn operator() -> anyhow::Result<Principal> {
    let name = whoami::username()?;
    // If no policy can write the name, a digest of the name replaces it. Different names have different digests.
    let stand_in = || Principal::local(&format!("account-{:.16x}", Sha256::digest(name.as_bytes())));
    Ok(Principal::local(&name).or_else(|_| stand_in())?)
}
