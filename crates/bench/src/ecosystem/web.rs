//! URLs: hosts that many or few name, under top-level domains as common as they are, and some of bad repute.

use census_catalog::{Catalog, Test};
use census_model::tables::UrlRow;

use super::names::{scattered, syllables};
use super::random::{Random, Use};

/// Top-level domains and how common they are among hosts.
const TLDS: [(&str, f64); 24] = [
    ("com", 48.0),
    ("org", 14.0),
    ("io", 10.0),
    ("net", 5.0),
    ("dev", 4.0),
    ("ai", 3.0),
    ("de", 2.0),
    ("edu", 2.0),
    ("fr", 1.0),
    ("nl", 1.0),
    ("ru", 1.0),
    ("in", 1.0),
    ("eu", 1.0),
    ("app", 1.0),
    ("co", 1.0),
    ("me", 0.8),
    ("info", 0.8),
    ("xyz", 0.7),
    ("ch", 0.6),
    ("se", 0.5),
    ("cn", 0.5),
    ("gov", 0.4),
    ("tech", 0.4),
    ("cloud", 0.3),
];

/// The share of hosts under a top-level domain of the catalog's lists, and of URLs at a host that the catalog names.
const SUSPICIOUS: f64 = 0.004;
const NAMED: f64 = 0.004;

/// The hosts of all URLs.
pub(crate) struct Web {
    seed: u64,
    hosts: u32,
    suspicious: Vec<String>,
    named: Vec<String>,
}

impl Web {
    /// A web of this many hosts.
    pub(crate) fn new(seed: u64, hosts: u32, catalog: &Catalog) -> Self {
        let suspicious = catalog.tlds.lists.iter().flat_map(|list| &list.entries).map(|entry| entry.tld.clone()).collect();
        let is_plain = |host: &&String| host.contains('.') && host.bytes().all(|b| b.is_ascii_lowercase() || b == b'.');
        let mut named: Vec<String> =
            catalog.matchers().filter(|m| m.test == Test::Domain).map(|m| &m.pattern).filter(is_plain).cloned().collect();
        named.sort_unstable();
        named.dedup();
        Self { seed, hosts, suspicious, named }
    }

    /// The domain with this number.
    pub(crate) fn domain(&self, number: u32) -> String {
        let mut random = Random::of(self.seed, Use::Host, number.into());
        let tld = if random.chance(SUSPICIOUS) { random.pick(&self.suspicious).as_str() } else { random.weighed(&TLDS) };
        format!("{}.{tld}", scattered(number))
    }

    /// A URL whose path holds `own`, so that it is no other's. The term's id is left to the caller.
    pub(crate) fn url(&self, random: &mut Random, own: &str) -> UrlRow {
        let scheme = random.weighed(&[("https", 86.0), ("http", 13.0), ("ftp", 0.5), ("git+https", 0.5)]);
        let named = !self.named.is_empty() && random.chance(NAMED);
        let domain = if named { random.pick(&self.named).clone() } else { self.domain(random.zipf(self.hosts)) };
        let before = random.weighed(&[("", 60.0), ("www.", 15.0), ("docs.", 10.0), ("api.", 8.0), ("raw.", 7.0)]);
        let host = if named { domain.clone() } else { format!("{before}{domain}") };
        let port = random.chance(0.01).then_some(8080);
        let end = random.weighed(&[("", 70.0), (".html", 20.0), (".git", 5.0), (".tar.gz", 4.0), (".exe", 1.0)]);
        let url_path = format!("/{}/{own}{end}", syllables(random.zipf(4_000).into(), 2));
        let at = port.map(|port| format!(":{port}")).unwrap_or_default();
        let tld = domain.rsplit('.').next().unwrap_or_default().to_owned();
        let domain = if named { census_extract::text::url::domain(&domain).unwrap_or_default().to_owned() } else { domain };
        UrlRow { term_id: 0, url: format!("{scheme}://{host}{at}{url_path}"), scheme: scheme.to_owned(), host, domain, tld, port, url_path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart_as_a_scan_does() {
        let catalog = Catalog::embedded().unwrap();
        let web = Web::new(1, 5_000, &catalog);
        let mut random = Random::of(1, Use::Project, 0);
        for number in 0..20_000 {
            let row = web.url(&mut random, &number.to_string());
            let parts = census_extract::text::url::parse(&row.url).expect("a URL");
            let (parsed, made) = (
                (parts.scheme, parts.host, parts.domain, parts.tld, parts.port, parts.path),
                (row.scheme, row.host, row.domain, row.tld, row.port, row.url_path),
            );
            assert_eq!(parsed, made, "{}", row.url);
        }
    }
}
