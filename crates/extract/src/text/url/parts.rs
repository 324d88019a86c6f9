//! What a URL consists of.

use url::Host;

use super::{defang, is_host};

/// User information, host (with its brackets) and port of an authority; none where the brackets do not close.
pub(super) fn split(authority: &str) -> Option<(Option<&str>, &str, Option<&str>)> {
    let (user, rest) = authority.rsplit_once('@').map_or((None, authority), |(user, rest)| (Some(user), rest));
    if rest.starts_with('[') {
        let end = rest.find(']')? + 1;
        return Some((user, &rest[..end], rest[end..].strip_prefix(':')));
    }
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    Some((user, host, port))
}

/// What a URL consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The scheme, lower case.
    pub scheme: String,
    /// Whether user information is given, such as a name or a password.
    pub credentials: bool,
    /// The host as a browser would ask for it: lower case, Punycode, addresses in their usual form, IPv6 without brackets.
    pub host: String,
    /// The registrable domain; empty for IP addresses and single labels.
    pub domain: String,
    /// The last label; empty for IP addresses and single labels.
    pub tld: String,
    /// The port, where one is given.
    pub port: Option<i32>,
    /// The path, without query and fragment.
    pub path: String,
}

/// Takes a URL apart; none where it has no scheme or no host.
///
/// ```
/// let parts = census_extract::text::url::parse("https://user@www.Shop.co.uk:8443/a?b#c").unwrap();
/// assert_eq!((parts.host.as_str(), parts.domain.as_str(), parts.tld.as_str()), ("www.shop.co.uk", "shop.co.uk", "uk"));
/// assert_eq!((parts.port, parts.path.as_str(), parts.credentials), (Some(8443), "/a", true));
/// ```
pub fn parse(url: &str) -> Option<Parts> {
    let url = &*defang::url(url);
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (user, host, port) = split(&rest[..end])?;
    if scheme.is_empty() || !is_host(host) {
        return None;
    }
    let host = canonical(host);
    let tail = &rest[end..];
    Some(Parts {
        scheme: scheme.to_lowercase(),
        credentials: user.is_some(),
        domain: domain(&host).unwrap_or_default().to_owned(),
        tld: tld(&host).unwrap_or_default().to_owned(),
        host,
        port: port.and_then(|p| p.parse::<u16>().ok()).map(i32::from),
        path: tail[..tail.find(['?', '#']).unwrap_or(tail.len())].to_owned(),
    })
}

/// A host in the form that the URL standard gives it: `0x7f.1` is `127.0.0.1`, `例子.example` is `xn--fsqu00a.example`.
fn canonical(host: &str) -> String {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
        Ok(Host::Ipv4(address)) => address.to_string(),
        Ok(Host::Ipv6(address)) => address.to_string(),
        Err(_) => host.trim_matches(['[', ']']).trim_end_matches('.').to_lowercase(),
    }
}

/// The registrable domain of a host (lower case); a public suffix stands for itself; none for IP addresses and single labels.
pub fn domain(host: &str) -> Option<&str> {
    tld(host)?;
    Some(psl::domain_str(host).unwrap_or(host))
}

fn tld(host: &str) -> Option<&str> {
    let (_, last) = host.rsplit_once('.')?;
    // The parser of the URL standard knows the forms an IPv4 address can take (`0x7f.1`).
    let is_name = !last.is_empty() && !host.contains(':') && !matches!(Host::parse(host), Ok(Host::Ipv4(_) | Host::Ipv6(_)));
    is_name.then_some(last)
}
