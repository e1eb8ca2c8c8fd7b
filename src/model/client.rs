use std::net::{IpAddr, Ipv6Addr};

use super::names::is_hidden;

/// Where a request came from, as far as the door could tell.
///
/// ```
/// use portcullis::model::Client;
/// let client = Client::new("203.0.113.9".parse().ok(), "Firefox on Linux");
/// assert_eq!(client.network().to_string(), "203.0.113.0/24");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Client {
    /// The peer's address, or what a trusted proxy said of it.
    pub address: Option<IpAddr>,
    /// Cleaned: it is written to the store with what the client does.
    agent: String,
}

/// The network a client belongs to: what limits count by, since one attacker commonly holds all
/// of an IPv4 /24 or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// The first 24 bits of an IPv4 address.
    V4([u8; 3]),
    /// The first 64 bits of an IPv6 address.
    V6([u8; 8]),
    /// No address was known. All such clients share one budget.
    Unknown,
}

impl Client {
    /// The longest agent kept, in characters. Chosen: what usual browsers say fits, and it is
    /// little enough to be kept with every try of every stranger.
    pub const MAX_AGENT: usize = 200;

    /// A client at `address` that calls itself `agent`.
    #[must_use]
    pub fn new(address: Option<IpAddr>, agent: &str) -> Self {
        let agent = agent.chars().filter(|c| !is_hidden(*c)).take(Self::MAX_AGENT).collect();
        Self { address: address.map(|address| address.to_canonical()), agent }
    }

    /// The client of a stored row, which was cleaned when it was written.
    pub(crate) fn from_stored(address: Option<IpAddr>, agent: String) -> Self {
        Self { address, agent }
    }

    /// What the program called itself, cleaned and cut to [`Client::MAX_AGENT`] characters. It
    /// is a stranger's word: shown, never trusted.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// The network limits count by.
    #[must_use]
    pub fn network(&self) -> Network {
        match self.address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                Network::V4([a, b, c])
            }
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, e, f, g, h, ..] = v6.octets();
                Network::V6([a, b, c, d, e, f, g, h])
            }
            None => Network::Unknown,
        }
    }
}

impl Network {
    /// The bytes a budget's key is made of.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
            Self::Unknown => &[],
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V4([a, b, c]) => write!(f, "{a}.{b}.{c}.0/24"),
            Self::V6([a, b, c, d, e, g, h, i]) => {
                let octets = [*a, *b, *c, *d, *e, *g, *h, *i, 0, 0, 0, 0, 0, 0, 0, 0];
                write!(f, "{}/64", Ipv6Addr::from(octets))
            }
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
