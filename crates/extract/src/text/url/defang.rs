//! URLs that were made harmless for readers, as reports of malice write them: `hxxps://evil[.]example`, `https[://]evil(.)example`.

use std::borrow::Cow;

/// How a dot of a host is written so that it links nowhere.
const DOTS: &[&str] = &["[.]", "(.)", "[dot]", "(dot)"];

/// The host that was meant; none where its brackets stand for something else.
pub(super) fn host(host: &str) -> Option<String> {
    let mut meant = host.to_owned();
    for dot in DOTS {
        meant = meant.replace(dot, ".");
    }
    (meant != host && !meant.contains(['[', ']', '(', ')'])).then_some(meant)
}

/// The URL that was meant.
pub(super) fn url(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once("://") else { return Cow::Borrowed(url) };
    let (scheme, rest, bracketed) = match (scheme.strip_suffix('['), rest.strip_prefix(']')) {
        (Some(scheme), Some(rest)) => (scheme, rest, true),
        _ => (scheme, rest, false),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (user, written) = rest[..end].rsplit_once('@').map_or(("", &rest[..end]), |(user, _)| rest[..end].split_at(user.len() + 1));
    let meant = if written.starts_with('[') { None } else { host(written) };
    let known = match scheme.len() {
        4 if scheme.eq_ignore_ascii_case("hxxp") => "http",
        5 if scheme.eq_ignore_ascii_case("hxxps") => "https",
        _ => scheme,
    };
    if meant.is_none() && known == scheme && !bracketed {
        return Cow::Borrowed(url);
    }
    Cow::Owned(format!("{known}://{user}{}{}", meant.as_deref().unwrap_or(written), &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_harmless_is_meant() {
        for (written, meant) in [
            ("hxxps://evil[.]example/x[.]y", "https://evil.example/x[.]y"),
            ("HXXP://a[dot]b(.)example:80", "http://a.b.example:80"),
            ("https[://]evil.example", "https://evil.example"),
            ("http://me@evil[.]example/", "http://me@evil.example/"),
            ("http://[::1]/", "http://[::1]/"),
            ("http://a[x].example/", "http://a[x].example/"),
            ("no url", "no url"),
        ] {
            assert_eq!(url(written), meant);
        }
    }
}
