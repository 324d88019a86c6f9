//! URLs in text: where they begin and end, and what they consist of.
//!
//! A URL is found by its `://`, so prose, markup, source code and the strings of a binary are all read alike. Where a URL
//! ends is a matter of custom rather than of grammar: closing brackets, quotes and the punctuation of a sentence are not part
//! of it, and a template (`{id}`, `%s`, `<id>`, `$ID`) ends it. A URL whose host is a template is none: it says nothing.

mod defang;
mod parts;
mod tidy;

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use url::Host;

pub use parts::{Parts, domain, parse};
pub(crate) use tidy::tidy;

use parts::split;

/// The schemes that name a host; what else has `://` in it is left alone.
const SCHEMES: &[&str] = &[
    "http",
    "https",
    "hxxp",
    "hxxps",
    "ftp",
    "ftps",
    "sftp",
    "ws",
    "wss",
    "git",
    "ssh",
    "svn",
    "svn+ssh",
    "svn+https",
    "git+https",
    "git+http",
    "git+ssh",
    "git+git",
    "hg+https",
    "hg+http",
    "hg+ssh",
    "bzr+https",
    "bzr+http",
    "s3",
    "gs",
    "rtmp",
    "rtsp",
    "ldap",
    "ldaps",
    "tcp",
    "udp",
    "mqtt",
    "mqtts",
    "redis",
    "rediss",
    "mongodb",
    "mongodb+srv",
    "postgres",
    "postgresql",
    "mysql",
    "amqp",
    "amqps",
    "smb",
    "telnet",
    "irc",
    "ircs",
    "socks4",
    "socks5",
    "stratum",
    "stratum+tcp",
    "stratum+ssl",
    "gopher",
    "nntp",
    "rsync",
    "vnc",
    "rdp",
    "grpc",
];

/// The longest scheme above.
const LONGEST_SCHEME: usize = 16;

/// What every URL has. Made once: most texts that are looked through are short constants.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("://"));

/// The longest URL read; what is longer ends here.
const LONGEST: usize = 2048;

/// How many URLs inside another (`?next=https://…`, an archive's copy) are given, which keeps the whole linear.
const NESTED: u8 = 3;

/// The URLs in `text`, in order, each with its byte offset. A URL inside another is given after it.
///
/// ```
/// let text = "See <https://docs.example/intro>, or https://api.example/v1/{id}.";
/// let urls: Vec<_> = census_extract::text::url::find(text).map(|(_, url)| url).collect();
/// assert_eq!(urls, ["https://docs.example/intro", "https://api.example/v1/"]);
/// ```
pub fn find(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut outer = 0;
    let mut nested = 0_u8;
    MARK.find_iter(text.as_bytes()).filter_map(move |at| {
        // Written `hxxps[://]host` so that nobody follows it by mistake.
        let bracketed = text.as_bytes()[..at].ends_with(b"[") && text.as_bytes()[at + 3..].starts_with(b"]");
        let authority = at + 3 + usize::from(bracketed);
        let start = scheme_start(text, at - usize::from(bracketed))?;
        let end = if start < outer {
            nested = nested.saturating_add(1);
            if nested > NESTED {
                return None;
            }
            outer
        } else {
            nested = 0;
            url_end(text, authority)
        };
        outer = outer.max(end);
        let url = &text[start..end];
        (authority <= end && has_host(url, authority - start, &text[end..])).then_some((start, url))
    })
}

/// Where the scheme that ends at `at` begins, where it is one we know. Letters that stick to it (`\nhttp`) are left out.
fn scheme_start(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let from = at.saturating_sub(LONGEST_SCHEME);
    let run = bytes[from..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')).count();
    let written = &bytes[at - run..at];
    let known = |scheme: &[u8]| SCHEMES.iter().any(|s| s.as_bytes().eq_ignore_ascii_case(scheme));
    if known(written) {
        return Some(at - run);
    }
    (1..run)
        .find(|&skip| known(&written[skip..]) && (written[skip..].len() > 3 || !written[skip - 1].is_ascii_alphanumeric()))
        .map(|skip| at - run + skip)
}

/// Where the URL whose authority begins at `from` ends.
fn url_end(text: &str, from: usize) -> usize {
    let stop = text.floor_char_boundary((from + LONGEST).min(text.len()));
    let rest = &text[from..stop];
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut previous = '/';
    let mut end = stop;
    for (i, c) in rest.char_indices() {
        let part = match c {
            '(' => open(&mut round),
            ')' => close(&mut round),
            '[' => open(&mut square),
            ']' => close(&mut square),
            '"' | '\'' | '<' | '>' | '`' | '|' | '\\' | '^' | '{' | '}' => false,
            '%' => escape(&rest[i..]),
            '$' => !rest[i + 1..].starts_with(['{', '(']),
            '&' => !markup(&rest[i..]),
            ',' | ';' => !separates(&rest[i + 1..]),
            c if c.is_ascii() => c.is_ascii_graphic(),
            c => c.is_alphanumeric() && (!ideographic(c) || matches!(previous, '.' | '/' | '@') || ideographic(previous)),
        };
        if !part {
            end = from + i;
            break;
        }
        previous = c;
    }
    from + trim(&text[from..end]).len()
}

fn open(depth: &mut u32) -> bool {
    *depth += 1;
    true
}

/// A closing bracket belongs to the URL only where its opening one does.
fn close(depth: &mut u32) -> bool {
    let inside = *depth > 0;
    *depth = depth.saturating_sub(1);
    inside
}

/// Whether `%` begins an escape rather than a template (`%s`, `%(name)s`).
fn escape(rest: &str) -> bool {
    rest.as_bytes().get(1..3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
}

/// Whether `&` begins an entity that stands for a delimiter.
fn markup(rest: &str) -> bool {
    ["&lt;", "&gt;", "&quot;", "&apos;", "&#34;", "&#39;", "&#x27;", "&nbsp;"].iter().any(|entity| rest.starts_with(entity))
}

/// Whether the next URL of a list begins after this comma.
fn separates(rest: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Whether `c` belongs to a script that is written without blanks, so that prose follows a URL directly.
fn ideographic(c: char) -> bool {
    c >= '\u{2e80}'
}

/// A URL less the punctuation of the sentence around it. An opening bracket at the end belonged to what a template cut off.
fn trim(url: &str) -> &str {
    url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '~', '(', '[', '$'])
}

/// Whether the authority, from `from`, has a host that is no template. `after` is the text after the URL.
fn has_host(url: &str, from: usize, after: &str) -> bool {
    let rest = &url[from..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let Some((_, host, port)) = split(authority) else { return false };
    is_host(host) && !(authority.len() == rest.len() && port.is_none() && is_cut(host, after))
}

/// Whether a template follows the host and may be a part of it: it may not where the host is whole without it.
fn is_cut(host: &str, after: &str) -> bool {
    match after.strip_prefix('.') {
        Some(label) => label.starts_with(['{', '%', '<', '$', '*']),
        None => after.starts_with(['{', '%', '$', '*', '(', '[']) && !is_public(host),
    }
}

fn is_host(host: &str) -> bool {
    if host.contains(['[', '(']) && !host.starts_with('[') {
        return defang::host(host).is_some_and(|host| is_host(&host));
    }
    if host.contains('%') && !host.starts_with('[') {
        return matches!(Host::parse(host), Ok(Host::Domain(_) | Host::Ipv4(_)));
    }
    if let Some(v6) = host.strip_prefix('[') {
        let address = v6.trim_end_matches(']');
        return address.split('%').next().unwrap_or_default().parse::<Ipv6Addr>().is_ok();
    }
    host.chars().any(char::is_alphanumeric)
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))
        && !host.starts_with('.')
        && !host.contains("..")
}

/// Whether the host ends in a top-level domain that exists.
pub(crate) fn is_public(host: &str) -> bool {
    host.contains('.') && psl::suffix(host.to_lowercase().as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<&str> {
        find(text).map(|(_, url)| url).collect()
    }

    #[test]
    fn urls_end_where_their_writers_meant_them_to() {
        for (text, expected) in [
            ("plain https://a.example", &["https://a.example"] as &[_]),
            ("end. https://a.example/x.", &["https://a.example/x"]),
            ("(see https://a.example/x)", &["https://a.example/x"]),
            ("https://a.example/Foo_(bar)", &["https://a.example/Foo_(bar)"]),
            ("[text](https://a.example/x)", &["https://a.example/x"]),
            ("[https://a.example](https://b.example)", &["https://a.example", "https://b.example"]),
            ("`text <https://a.example/x>`_", &["https://a.example/x"]),
            ("<a href=\"https://a.example/?q=1&amp;r=2\">", &["https://a.example/?q=1&amp;r=2"]),
            ("&lt;https://a.example/x&gt;", &["https://a.example/x"]),
            ("'https://a.example/x'", &["https://a.example/x"]),
            ("**https://a.example/x**", &["https://a.example/x"]),
            ("https://a.example/x, https://b.example", &["https://a.example/x", "https://b.example"]),
            ("https://a.example/x,https://b.example", &["https://a.example/x", "https://b.example"]),
            ("\\nhttp://a.example\\n", &["http://a.example"]),
            ("HTTPS://A.example/", &["HTTPS://A.example/"]),
            ("git+https://a.example/r.git@main", &["git+https://a.example/r.git@main"]),
            ("stratum+tcp://pool.example:3333", &["stratum+tcp://pool.example:3333"]),
            ("http://[::1]:8080/x", &["http://[::1]:8080/x"]),
            ("http://[fe80::1%25eth0]/", &["http://[fe80::1%25eth0]/"]),
            ("http://localhost:8000/", &["http://localhost:8000/"]),
            ("http://127.0.0.1/", &["http://127.0.0.1/"]),
            ("https://user:pass@a.example/", &["https://user:pass@a.example/"]),
            ("https://a.example/%20x", &["https://a.example/%20x"]),
            ("见https://a.example文档。", &["https://a.example"]),
            ("https://例子.example/文档，", &["https://例子.example/文档"]),
            ("at hxxps://evil[.]example/x, or", &["hxxps://evil[.]example/x"]),
            ("hxxps[://]evil.example", &["hxxps[://]evil.example"]),
            ("http://%65vil.example/", &["http://%65vil.example/"]),
            ("http://0x7f.1/", &["http://0x7f.1/"]),
            ("https://a[0-9].example/", &[]),
            ("https://w/web/2020/http://a.example/", &["https://w/web/2020/http://a.example/", "http://a.example/"]),
        ] {
            assert_eq!(urls(text), expected, "{text}");
        }
    }

    #[test]
    fn templates_end_a_url_and_a_template_for_a_host_is_none() {
        for (text, expected) in [
            ("https://a.example/{id}/x", &["https://a.example/"] as &[_]),
            ("https://a.example/%s", &["https://a.example/"]),
            ("https://a.example/%(name)s", &["https://a.example/"]),
            ("https://a.example/<id>", &["https://a.example/"]),
            ("https://a.example/${ID}", &["https://a.example/"]),
            ("https://a.com{path}", &["https://a.com"]),
            ("https://a.example:{port}/x", &["https://a.example"]),
            ("https://{host}/x", &[]),
            ("https://%s/x", &[]),
            ("https://<host>/x", &[]),
            ("https://$HOST/x", &[]),
            ("https://www{n}.a.com/", &[]),
            ("https://a.{region}.com/", &[]),
            ("https://*.a.example/", &[]),
            ("<td>https://a.example</td>", &["https://a.example"]),
            ("https://a.<region>.example/", &[]),
            ("https://...", &[]),
            ("https://", &[]),
            ("file:///etc/passwd", &[]),
            ("a://b", &[]),
            ("sqlite:///x.db", &[]),
        ] {
            assert_eq!(urls(text), expected, "{text}");
        }
    }

    #[test]
    fn urls_in_urls_are_given_up_to_a_bound() {
        let chain = "http://".repeat(10_000) + "a.example";
        let outermost = chain.len() / LONGEST + 1;
        assert!(find(&chain).count() <= outermost * (usize::from(NESTED) + 1));
        assert_eq!(urls(&"https://a.example/?".repeat(10)).len(), 1 + usize::from(NESTED));
    }

    #[test]
    fn offsets_are_bytes() {
        assert_eq!(find("é https://a.example").next(), Some((3, "https://a.example")));
    }

    #[test]
    fn urls_come_apart() {
        for (url, host, domain, tld, port, path) in [
            ("http://a.b.example.com/x?y#z", "a.b.example.com", "example.com", "com", None, "/x"),
            ("https://A.CO.UK:8443", "a.co.uk", "a.co.uk", "uk", Some(8443), ""),
            ("https://co.uk/", "co.uk", "co.uk", "uk", None, "/"),
            ("http://127.0.0.1:80/", "127.0.0.1", "", "", Some(80), "/"),
            ("http://0x7f.1/", "127.0.0.1", "", "", None, "/"),
            ("http://2130706433/", "127.0.0.1", "", "", None, "/"),
            ("http://0177.0.0.01/", "127.0.0.1", "", "", None, "/"),
            ("http://%65vil.example/", "evil.example", "evil.example", "example", None, "/"),
            ("https://例子.com/", "xn--fsqu00a.com", "xn--fsqu00a.com", "com", None, "/"),
            ("https://pаypal.com/", "xn--pypal-4ve.com", "xn--pypal-4ve.com", "com", None, "/"),
            ("hxxp://a[.]evil[.]com:8080/x", "a.evil.com", "evil.com", "com", Some(8080), "/x"),
            ("https://github.com@evil.com/", "evil.com", "evil.com", "com", None, "/"),
            ("http://abc.onion/", "abc.onion", "abc.onion", "onion", None, "/"),
            ("http://[::FFFF:1.2.3.4]/", "::ffff:1.2.3.4", "", "", None, "/"),
            ("http://[::1]:1/", "::1", "", "", Some(1), "/"),
            ("http://localhost/", "localhost", "", "", None, "/"),
            ("http://xn--e1afmkfd.xn--p1ai/", "xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai", "xn--p1ai", None, "/"),
            ("http://a.com.:99999/", "a.com", "a.com", "com", None, "/"),
        ] {
            let parts = parse(url).expect(url);
            let got = (parts.host.as_str(), parts.domain.as_str(), parts.tld.as_str(), parts.port, parts.path.as_str());
            assert_eq!(got, (host, domain, tld, port, path), "{url}");
        }
        assert_eq!(parse("mailto:a@b.example"), None);
        assert!(parse("ssh://git@a.example/r").expect("a URL").credentials);
    }

    proptest::proptest! {
        #[test]
        fn what_is_found_is_there_and_comes_apart(text in "[a-z:/\\.\\[\\]{}%$é文@ ]{0,60}(https?://)?[ -~é文]{0,40}") {
            for (at, url) in find(&text) {
                proptest::prop_assert!(text[at..].starts_with(url));
                proptest::prop_assert!(parse(url).is_some(), "{}", url);
            }
        }
    }
}
