//! Who sits at this terminal.

use claude_admin::identity::Principal;
use sha2::{Digest, Sha256};

/// The account that this program runs as. The environment has no say in it: whoever can set `USER` is still the same
/// person.
pub(super) fn operator() -> anyhow::Result<Principal> {
    let name = whoami::username()?;
    // A name that no policy can write becomes one that is as different from every other.
    let stand_in = || Principal::local(&format!("account-{:.16x}", Sha256::digest(name.as_bytes())));
    Ok(Principal::local(&name).or_else(|_| stand_in())?)
}
