//! Just enough HTML for a Simple API page (PEP 503): tags with their attributes, and the text inside anchors.

use std::collections::BTreeMap;

/// A tag that a Simple API page is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// `a`, `base` or `meta`.
    pub(crate) name: String,
    /// Names in lower case; of a repeated one, the first counts.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Of an anchor: what it encloses up to the next tag.
    pub(crate) text: String,
}

/// The anchors, bases and metas of a page, in order. Never fails: what is not such a tag is passed over.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..name_end].to_ascii_lowercase();
        if matches!(name.as_str(), "a" | "base" | "meta") {
            let (attributes, after) = attributes(&rest[name_end..]);
            let text = if name == "a" { unescape(after.split('<').next().unwrap_or_default().trim()) } else { String::new() };
            found.push(Tag { name, attributes, text });
            rest = after;
        }
    }
    found
}

/// The attributes up to the end of the tag, and what follows it.
fn attributes(mut rest: &str) -> (BTreeMap<String, String>, &str) {
    let mut found = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        if rest.is_empty() {
            return (found, rest);
        }
        // A stray `=` would make an empty name and no progress: it is taken as a name.
        let end = if end == 0 { 1 } else { end };
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let value = if let Some(after) = rest.strip_prefix('=') {
            let (value, after) = value(after.trim_start());
            rest = after;
            unescape(value)
        } else {
            String::new()
        };
        found.entry(name).or_insert(value);
    }
}

/// An attribute's value, quoted or bare, and what follows it.
fn value(rest: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = rest.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
    rest.split_at(end)
}

/// Character references replaced: the five named ones that servers write, and numbers.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest[1..].split_once(';').filter(|(name, _)| name.len() <= 8);
        if let Some((c, after)) = reference.and_then(|(name, after)| Some((character(name)?, after))) {
            out.push(c);
            rest = after;
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out + rest
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn anchors_are_read_as_browsers_do() {
        let page = r#"<!DOCTYPE html><html><head><META name='pypi:project-status' content=archived></head>
            <!-- <a href="no">no</a> --><abbr>x</abbr>
            <a href="foo-1.tar.gz#sha256=00" data-requires-python="&gt;=3.8,&#x3c;4" data-yanked>foo-1.tar.gz</a><br/>
            <A HREF = '../b?x=1&amp;y>2' ="" >b &amp; c</A><a"#;
        let tags = tags(page);
        assert_eq!(tags.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["meta", "a", "a", "a"]);
        assert_eq!(tags[0].attributes["content"], "archived");
        assert_eq!(tags[1].attributes["data-requires-python"], ">=3.8,<4");
        assert_eq!(tags[1].attributes["data-yanked"], "");
        assert_eq!((tags[1].text.as_str(), tags[2].text.as_str()), ("foo-1.tar.gz", "b & c"));
        assert_eq!(tags[2].attributes["href"], "../b?x=1&y>2");
        assert!(tags[3].attributes.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(page in "(<|>|a|=|\"|'|/|&|#|;| |é|base|!--|-->|href)*") {
            tags(&page);
        }

        #[test]
        fn escaped_text_comes_back(text in "[ -~é]{0,20}") {
            let escaped = text.chars().map(|c| format!("&#{};", c as u32)).collect::<Vec<_>>().concat();
            prop_assert_eq!(unescape(&escaped), text);
        }
    }
}
