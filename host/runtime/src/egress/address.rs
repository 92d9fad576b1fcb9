//! The addresses to which a host name can resolve.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 addresses outside the link-local range at which a cloud provides metadata and credentials: Alibaba, Azure.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];
/// The network of AWS services on an instance: metadata, credentials of pods, DNS and time.
const AWS_V6: [u16; 2] = [0xfd00, 0xec2];
/// The metadata addresses of Google, Oracle and Scaleway.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

/// The addresses to which the client can connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRule {
    /// Anything except loopback, link-local, metadata, unspecified, multicast and reserved addresses.
    Public,
    /// Only loopback: a test upstream on this machine.
    LoopbackOnly,
}

/// An address to which the client must not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden(pub IpAddr);

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {} is not allowed", self.0)
    }
}

impl std::error::Error for Forbidden {}

impl AddressRule {
    /// Checks a resolved address. If a router or tunnel could extract an IPv4 address from an IPv6 address, that
    /// address must be allowed too.
    ///
    /// # Errors
    ///
    /// [`Forbidden`] with the address.
    pub fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        let allowed = match (self, address.to_canonical()) {
            (Self::LoopbackOnly, canonical) => canonical.is_loopback(),
            (Self::Public, IpAddr::V4(v4)) => is_public_v4(v4),
            (Self::Public, IpAddr::V6(v6)) => is_public_v6(v6) && embedded(v6).into_iter().all(is_public_v4),
        };
        if allowed { Ok(()) } else { Err(Forbidden(address)) }
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let first = v4.octets()[0];
    // 0/8 is this network; 224/4 is multicast, and the addresses after it are reserved.
    !(v4.is_loopback() || v4.is_link_local() || first == 0 || first >= 224 || METADATA_V4.contains(&v4))
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    !(v6.is_loopback()
        || v6.is_unicast_link_local()
        || v6.is_unspecified()
        || v6.is_multicast()
        || v6.segments().starts_with(&AWS_V6)
        || METADATA_V6.contains(&v6))
}

/// The IPv4 addresses that an IPv6 address can contain.
fn embedded(v6: Ipv6Addr) -> Vec<Ipv4Addr> {
    let bits = v6.to_bits();
    // The 32 bits from a bit position, counted from the left.
    let at = |begin: u32| Ipv4Addr::from_bits((bits >> (96 - begin)) as u32);
    // RFC 6052, section 2.2: bits 64 to 71 are skipped.
    let around = |before: u32| {
        let (head, tail) = (bits >> 64 << (32 - before), bits << 72 >> 72 >> (24 + before));
        Ipv4Addr::from_bits(head as u32 | tail as u32)
    };
    match v6.segments() {
        // IPv4-compatible (RFC 4291), mapped, and translated (RFC 2765).
        [0, 0, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => vec![at(96)],
        // NAT64 with the well-known prefix (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => vec![at(96)],
        // NAT64 with a local prefix (RFC 8215). Only the network knows its length. With another length, the padding
        // begins with 0, and no translator sends to such an address.
        [0x64, 0xff9b, 1, ..] => {
            let candidates = [around(16), around(8), around(0), at(96)];
            candidates.into_iter().filter(|v4| v4.octets()[0] != 0).collect()
        }
        // 6to4 (RFC 3056).
        [0x2002, ..] => vec![at(16)],
        // Teredo (RFC 4380): the server, and the client with each bit inverted.
        [0x2001, 0, ..] => vec![at(32), Ipv4Addr::from_bits(!at(96).to_bits())],
        // ISATAP (RFC 5214), in any network.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => vec![at(96)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const FORBIDDEN_V4: [&str; 10] = [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
    ];

    fn refused(address: IpAddr) {
        assert_eq!(AddressRule::Public.check(address), Err(Forbidden(address)), "{address}");
    }

    #[test]
    fn local_and_metadata_addresses_are_forbidden() {
        FORBIDDEN_V4.map(address).into_iter().for_each(refused);
        [
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
        ]
        .map(address)
        .into_iter()
        .for_each(refused);
    }

    /// All embeddings of an IPv4 address in an IPv6 address.
    fn embeddings(v4: Ipv4Addr) -> Vec<IpAddr> {
        let inverted = Ipv4Addr::from_bits(!v4.to_bits());
        let (high, low) = (v4.to_bits() >> 16, v4.to_bits() & 0xffff);
        [
            format!("::{v4}"),
            format!("::ffff:{v4}"),
            format!("::ffff:0:{v4}"),
            format!("64:ff9b::{v4}"),
            format!("2002:{high:x}:{low:x}::1"),
            format!("2001:0:{high:x}:{low:x}:0:0:5fff:fffe"),
            format!("2001:0:808:808:0:0:{inverted}"),
            format!("2001:db8:1:2:0:5efe:{v4}"),
            format!("fd12::200:5efe:{v4}"),
        ]
        .iter()
        .map(|text| address(text))
        .collect()
    }

    /// The same with a local prefix of 96, 48, 56 and 64 bits, with suffix and reserved byte set.
    fn locally_translated(v4: Ipv4Addr) -> [IpAddr; 4] {
        let [a, b, c, d] = v4.octets();
        [
            format!("64:ff9b:1:2:3:4:{v4}"),
            format!("64:ff9b:1:{a:02x}{b:02x}:ff{c:02x}:{d:02x}00::9"),
            format!("64:ff9b:1:77{a:02x}:{b:x}:{c:02x}{d:02x}::9"),
            format!("64:ff9b:1:7788:{a:x}:{b:02x}{c:02x}:{d:02x}00:9"),
        ]
        .map(|text| address(&text))
    }

    #[test]
    fn embedded_forbidden_address_is_forbidden() {
        for v4 in FORBIDDEN_V4 {
            let v4: Ipv4Addr = v4.parse().unwrap();
            embeddings(v4).into_iter().for_each(refused);
            if v4.octets()[0] != 0 {
                locally_translated(v4).into_iter().for_each(refused);
            }
        }
    }

    #[test]
    fn embedded_public_address_passes() {
        let public = "160.79.104.10".parse().unwrap();
        for embedding in embeddings(public).into_iter().chain(locally_translated(public)) {
            assert!(AddressRule::Public.check(embedding).is_ok(), "{embedding}");
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
