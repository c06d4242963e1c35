//! Where requests may go: hosts that the settings name, and of their addresses only public ones unless the settings say otherwise. What
//! a name resolves to is checked by the resolver itself, so that what was checked is what is connected to.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What is not on the public internet (IANA's registries of special-purpose addresses, RFC 6890), and what hides an IPv4 address within an
/// IPv6 one (RFC 3056, 4380, 6052).
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

static SPECIAL_NETS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL.iter().filter_map(|net| net.parse().ok()).collect());

/// Why a request may not go there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither http nor https.
    #[error("{url}: only http and https are spoken")]
    Scheme {
        /// The URL, without what may be secret.
        url: String,
    },
    /// A host that the settings do not name.
    #[error("{host} is not among the hosts that may be called")]
    Host {
        /// The host.
        host: String,
    },
    /// An address that is not public.
    #[error("{host} is {address}, which is not on the public internet")]
    Private {
        /// The host.
        host: String,
        /// Its address.
        address: IpAddr,
    },
    /// A name that no server knows.
    #[error("{host} has no address: {reason}")]
    Unknown {
        /// The host.
        host: String,
        /// What the system says.
        reason: String,
    },
}

/// Where requests may go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts {
    /// Host names, or addresses, in lower case.
    hosts: Vec<String>,
    /// Whether addresses may be private, or this machine's own.
    allows_private: bool,
}

impl AllowedHosts {
    /// These hosts, at public addresses only unless private ones are allowed.
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = String>, allows_private: bool) -> Self {
        Self { hosts: hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect(), allows_private }
    }

    /// Whether a request may be sent to this URL, as far as can be said without looking its name up.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &Url) -> Result<(), AddressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme { url: format!("{}:", url.scheme()) });
        }
        let host = url.host_str().unwrap_or_default();
        if !self.hosts.iter().any(|allowed| allowed == host) {
            return Err(AddressError::Host { host: host.to_owned() });
        }
        // Nobody looks up what is an address already.
        match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => self.check_address(host, address),
            Err(_) => Ok(()),
        }
    }

    fn check_address(&self, host: &str, address: IpAddr) -> Result<(), AddressError> {
        if self.allows_private || is_public(address) {
            return Ok(());
        }
        Err(AddressError::Private { host: host.to_owned(), address })
    }
}

/// Whether the address is on the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let address = match address {
        // ::ffff:0:0/96 is IPv4 in other clothes.
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(IpAddr::V6(six), IpAddr::V4),
        four @ IpAddr::V4(_) => four,
    };
    address != IpAddr::V6(Ipv6Addr::UNSPECIFIED) && !SPECIAL_NETS.iter().any(|net| net.contains(&address))
}

/// Looks names up, and keeps the addresses that may be connected to.
#[derive(Clone, Debug)]
pub struct GuardedResolver {
    allowed: Arc<AllowedHosts>,
}

impl GuardedResolver {
    /// One that holds to this.
    #[must_use]
    pub fn new(allowed: Arc<AllowedHosts>) -> Self {
        Self { allowed }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let unknown =
                |error: std::io::Error| AddressError::Unknown { host: host.clone(), reason: error.to_string() };
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await.map_err(unknown)?.collect();
            // One that is private among public ones is somebody's trick, or somebody's mistake.
            found.iter().try_for_each(|address| allowed.check_address(&host, address.ip()))?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_net_of_the_list_is_one() {
        assert_eq!(SPECIAL_NETS.len(), SPECIAL.len());
    }

    #[test]
    fn what_is_not_on_the_public_internet_is_told_from_what_is() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn only_hosts_that_are_named_are_called() {
        let allowed = AllowedHosts::new(["Platform.example".to_owned(), "10.0.0.7".to_owned()], false);
        let check = |url: &str| allowed.check(&url.parse().unwrap());
        assert_eq!(check("https://platform.example/a"), Ok(()));
        assert_eq!(check("https://PLATFORM.example:8443/"), Ok(()));
        for other in
            ["https://platform.example.evil.example/", "https://evil.example/?platform.example", "http://[::1]/"]
        {
            assert!(matches!(check(other), Err(AddressError::Host { .. })), "{other}");
        }
        assert!(matches!(check("file:///etc/passwd"), Err(AddressError::Scheme { .. })));
        assert!(matches!(check("http://10.0.0.7/"), Err(AddressError::Private { .. })));
        // 167772167 is 10.0.0.7 as one number; a URL knows.
        assert!(matches!(check("http://167772167/"), Err(AddressError::Private { .. })));
        let private = AllowedHosts::new(["10.0.0.7".to_owned(), "[::1]".to_owned()], true);
        assert_eq!(private.check(&"http://10.0.0.7/".parse().unwrap()), Ok(()));
        assert_eq!(private.check(&"http://[::1]:80/".parse().unwrap()), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_connected_to_unless_that_is_allowed() {
        let resolve = |allows_private| {
            let allowed = AllowedHosts::new(["localhost".to_owned()], allows_private);
            GuardedResolver::new(Arc::new(allowed)).resolve("localhost".parse().unwrap())
        };
        let error = resolve(false).await.err().unwrap();
        assert!(matches!(error.downcast_ref(), Some(AddressError::Private { .. })), "{error}");
        assert!(resolve(true).await.unwrap().next().is_some());
    }
}
