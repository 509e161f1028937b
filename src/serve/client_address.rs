//! The address that a request counts for: whoever asked the outermost proxy that is trusted.
//!
//! Each proxy adds the address that it was asked from to the end of `X-Forwarded-For`, and anybody may have
//! written what stands before. So it is counted from the end. Must never know what is counted.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who asked, where `hops` proxies stand in front of the listener and the last of them connected from
/// `peer`: the peer where too few addresses came. Who comes past the proxies may choose one.
pub(super) fn client_address(peer: IpAddr, hops: usize, headers: &HeaderMap) -> IpAddr {
    let Some(before) = hops.checked_sub(1) else { return peer };
    let mut lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut left = before;
    lines
        .find_map(|line| {
            let mut addresses = line.as_bytes().rsplit(|byte| *byte == b',');
            let mut count = 0;
            let found = addresses.by_ref().inspect(|_| count += 1).nth(left);
            left = left.saturating_sub(count);
            found
        })
        .and_then(read)
        .unwrap_or(peer)
}

/// An address, which some proxies write with the port.
fn read(written: &[u8]) -> Option<IpAddr> {
    let written = str::from_utf8(written).ok()?.trim();
    let bare = written.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| Some(written.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_counted_from_the_end() {
        let peer = "192.0.2.1";
        for (hops, lines, expected) in [
            (0, &["198.51.100.7"][..], peer),
            (1, &[], peer),
            (1, &["198.51.100.7"], "198.51.100.7"),
            (1, &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (1, &["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
            (2, &["203.0.113.9, 198.51.100.7"], "203.0.113.9"),
            (2, &["203.0.113.9", "198.51.100.7"], "203.0.113.9"),
            (2, &["10.0.0.1,203.0.113.9", "198.51.100.7"], "203.0.113.9"),
            (3, &["10.0.0.1,203.0.113.9", "198.51.100.7"], "10.0.0.1"),
            (4, &["10.0.0.1,203.0.113.9", "198.51.100.7"], peer),
            (2, &["198.51.100.7"], peer),
            (1, &["198.51.100.7:4711"], "198.51.100.7"),
            (1, &["2001:db8::7"], "2001:db8::7"),
            (1, &["[2001:db8::7]:4711"], "2001:db8::7"),
            (1, &["[2001:db8::7]"], "2001:db8::7"),
            (1, &["somebody"], peer),
            (1, &["198.51.100.7,"], peer),
            (1, &[""], peer),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = client_address(peer.parse().unwrap(), hops, &headers);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{hops} {lines:?}");
        }
    }
}
