//! Who the client is, when proxies stand between.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use serde::Deserialize;

/// The address of the client: of the connection, or as a trusted proxy tells it. An extension of every request to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The header in which proxies tell whom they speak for. Only one is read: a proxy that writes one of them hands the other on
/// as the client wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: 192.0.2.1, 10.0.0.2`
    #[default]
    XForwardedFor,
    /// `Forwarded: for=192.0.2.1, for="[2001:db8::1]:4711"` (RFC 7239)
    Forwarded,
}

/// A hop costs a look at each network, and nobody has this many proxies.
const MOST_HOPS: usize = 32;

/// The proxies that are believed.
#[derive(Default)]
pub(crate) struct Proxies {
    networks: Vec<Network>,
    header: ForwardedHeader,
}

impl Proxies {
    /// Those of the configuration; what is no network is told to `fault` with its place in the list.
    pub(super) fn new(texts: &[String], header: ForwardedHeader, mut fault: impl FnMut(usize, String)) -> Self {
        let mut networks = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            match Network::parse(text) {
                Some(network) => networks.push(network),
                None => fault(at, format!("`{text}` is no address and no network: write \"10.0.0.0/8\" or \"::1\"")),
            }
        }
        Proxies { networks, header }
    }

    /// The client of a request. `None` without a connection, as in a test.
    pub(crate) fn client(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        if let Some(ClientAddress(known)) = extensions.get() {
            return Some(*known);
        }
        let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.behind(peer.ip().to_canonical(), headers))
    }

    /// From right to left: each proxy that is believed tells who stood before it.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let mut client = peer;
        // Several headers are one list (RFC 9110, 5.3).
        let lines = headers.get_all(name).iter().rev();
        let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for hop in hops.take(MOST_HOPS) {
            if !self.trusts(client) {
                break;
            }
            let text = std::str::from_utf8(hop).unwrap_or_default().trim();
            let told = match self.header {
                ForwardedHeader::XForwardedFor => address(text),
                ForwardedHeader::Forwarded => element(text),
            };
            // `unknown`, a name of the proxy's own, or nonsense: beyond it nothing is known.
            let Some(told) = told else { break };
            client = told;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }
}

/// The address in `for=192.0.2.1;proto=https`.
fn element(text: &str) -> Option<IpAddr> {
    let value = text.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })?;
    let plain = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    address(plain)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bare).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// `10.0.0.0/8`
struct Network {
    bits: u128,
    mask: u128,
}

impl Network {
    fn parse(text: &str) -> Option<Network> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(width);
        if length > width {
            return None;
        }
        let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
        let mask = if width == 32 { mask | !u128::from(u32::MAX) } else { mask };
        Some(Network { bits: bits(address) & mask, mask })
    }

    fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.bits
    }
}

/// One space for both: an address of version 4 is mapped into version 6.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
        IpAddr::V6(six) => six.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".to_owned(), "192.0.2.7".to_owned(), "fd00::/8".to_owned()];
        let proxies = Proxies::new(&trusted, header, |_, fault| panic!("{fault}"));
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
            headers.append("forwarded", line.parse().unwrap());
        }
        proxies.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_proxy_is_believed_only_if_it_is_trusted() {
        let of = |peer, lines: &[&str]| client(ForwardedHeader::XForwardedFor, peer, lines);
        assert_eq!(of("203.0.113.9", &["198.51.100.1"]), "203.0.113.9", "a client that writes the header itself");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        // What stands left of the first that is not trusted is whatever the client wrote.
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &["1.1.1.1, 198.51.100.1", "192.0.2.7"]), "198.51.100.1", "two lines are one list");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(of("10.0.0.1", &["198.51.100.1:4000"]), "198.51.100.1");
        assert_eq!(of("fd00::1", &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(of("192.0.2.8", &["198.51.100.1"]), "192.0.2.8", "the neighbour of one that is trusted");
        let long = vec!["10.0.0.1"; 5_000].join(",");
        assert_eq!(of("10.0.0.1", &[&format!("1.1.1.1,{long}")]), "10.0.0.1", "no more hops than anybody has");
    }

    #[test]
    fn the_standard_header_is_read_as_the_standard_says() {
        let of = |lines: &[&str]| client(ForwardedHeader::Forwarded, "10.0.0.1", lines);
        assert_eq!(of(&["for=198.51.100.1;proto=https;by=10.0.0.1"]), "198.51.100.1");
        assert_eq!(of(&["For=\"[2001:db8:cafe::17]:4711\""]), "2001:db8:cafe::17");
        assert_eq!(of(&["for=1.1.1.1, for=unknown"]), "10.0.0.1");
        assert_eq!(of(&["for=_hidden"]), "10.0.0.1");
        assert_eq!(of(&["proto=https"]), "10.0.0.1");
    }

    #[test]
    fn networks_are_read() {
        for wrong in ["10.0.0.0/33", "::/129", "ten", "", "10.0.0.0/", "/8", "10.0.0.0/-1"] {
            assert!(Network::parse(wrong).is_none(), "{wrong}");
        }
        let all = Network::parse("0.0.0.0/0").unwrap();
        assert!(all.contains("1.2.3.4".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        assert!(Network::parse("::/0").unwrap().contains("1.2.3.4".parse().unwrap()));
        assert!(Network::parse("::ffff:10.0.0.0/104").unwrap().contains("10.1.2.3".parse().unwrap()));
    }
}
