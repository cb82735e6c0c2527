//! Where a request comes from. `X-Forwarded-For` is what anybody cares to write, except for the entries that our own
//! proxies (`TRUSTED_PROXIES`) added at its end.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use backend::throttle::ClientAddress;

/// Puts a [`ClientAddress`] into the request's extensions, where handlers and `app::ssr` find it.
pub async fn attach(State(proxies): State<TrustedProxies>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    let forwarded = forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let address = proxies.client(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), forwarded.collect());
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

/// `TRUSTED_PROXIES`: addresses and networks, with commas: `127.0.0.1, 10.0.0.0/8, fd00::/8`. Empty trusts nobody.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[Network]>);

impl TrustedProxies {
    /// From the nearest hop back, for as long as the hop is one of ours: the first that is not is the client.
    fn client(&self, peer: IpAddr, forwarded: Vec<&str>) -> IpAddr {
        let mut client = peer.to_canonical();
        for entry in forwarded.into_iter().rev() {
            let Some(before) = address(entry) else { break };
            if !self.contains(client) {
                break;
            }
            client = before;
        }
        client
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct NoNetwork(String);

impl std::error::Error for NoNetwork {}

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither an address nor a network like 10.0.0.0/8", self.0)
    }
}

impl FromStr for TrustedProxies {
    type Err = NoNetwork;

    fn from_str(list: &str) -> Result<Self, NoNetwork> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Network::from_str).collect::<Result<_, _>>().map(Self)
    }
}

#[derive(Clone, Copy, Debug)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => {
                (ours.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let wrong = || NoNetwork(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, p)| (address, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), str::parse).map_err(|_| wrong())?;
        if prefix > longest { Err(wrong()) } else { Ok(Self { address, prefix }) }
    }
}

/// Some proxies write the port too.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let address = entry.parse().or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "127.0.0.1, 10.0.0.0/8, fd00::/8";

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = OURS.parse().expect("networks");
        proxies.client(peer.parse().expect("an address"), forwarded.to_vec()).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn our_proxies_are_believed_and_only_they() {
        assert_eq!(client("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.1.2.3", &["198.51.100.1", " 10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.1.2.3", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1", "1.1.1.1 was made up");
        assert_eq!(client("fd00::1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("::ffff:127.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
    }

    #[test]
    fn nonsense_ends_the_search() {
        assert_eq!(client("10.1.2.3", &["198.51.100.1", "unknown"]), "10.1.2.3");
        assert_eq!(client("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn the_setting_names_what_is_wrong() {
        for wrong in ["10.0.0.0/33", "proxy.internal", "10.0.0.0/", "::1/129"] {
            assert_eq!(wrong.parse::<TrustedProxies>().err(), Some(NoNetwork(wrong.to_owned())));
        }
        assert!("".parse::<TrustedProxies>().is_ok());
        assert!("0.0.0.0/0".parse::<TrustedProxies>().is_ok_and(|all| all.contains([8, 8, 8, 8].into())));
    }
}
