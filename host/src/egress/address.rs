//! Which addresses a host name may resolve to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses of cloud metadata services that are not link-local.
const METADATA_V4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// Anything but loopback, link-local, metadata, unspecified, multicast and broadcast addresses.
    Public,
    /// Only loopback: a test upstream on this machine.
    LoopbackOnly,
}

/// An address that may not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden(pub IpAddr);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {} is not allowed", self.0)
    }
}

impl std::error::Error for Forbidden {}

impl AddressRule {
    /// Checks a resolved address. An IPv4 address inside IPv6 is judged as the IPv4 address.
    ///
    /// # Errors
    ///
    /// [`Forbidden`] with the address.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        let canonical = address.to_canonical();
        let allowed = match self {
            Self::LoopbackOnly => canonical.is_loopback(),
            Self::Public => match canonical {
                IpAddr::V4(v4) => {
                    !(v4.is_loopback()
                        || v4.is_link_local()
                        || v4.is_unspecified()
                        || v4.is_multicast()
                        || v4.is_broadcast()
                        || v4.octets()[0] == 0
                        || v4 == METADATA_V4)
                }
                IpAddr::V6(v6) => {
                    !(v6.is_loopback()
                        || v6.is_unicast_link_local()
                        || v6.is_unspecified()
                        || v6.is_multicast()
                        || v6 == METADATA_V6)
                }
            },
        };
        if allowed { Ok(()) } else { Err(Forbidden(address)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn local_and_metadata_addresses_are_refused() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
        ] {
            assert_eq!(AddressRule::Public.check(address(text)), Err(Forbidden(address(text))), "{text}");
        }
    }

    #[test]
    fn public_and_private_network_addresses_pass() {
        for text in ["160.79.104.10", "10.0.0.5", "192.168.1.1", "2607:6bc0::10"] {
            assert!(AddressRule::Public.check(address(text)).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_test_upstream_is_on_this_machine() {
        assert!(AddressRule::LoopbackOnly.check(address("127.0.0.1")).is_ok());
        assert!(AddressRule::LoopbackOnly.check(address("10.0.0.5")).is_err());
    }
}
