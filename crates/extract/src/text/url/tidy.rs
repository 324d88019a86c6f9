//! A URL as tables hold it: as its writer meant it, and without secrets.

use super::{defang, split};

/// What stands in for a password in documents and tests: it opens nothing, and tells that the URL is a specimen.
const STAND_INS: &[&str] = &[
    "pass",
    "pw",
    "secret",
    "token",
    "hunter2",
    "changeme",
    "example",
    "placeholder",
    "your",
    "foo",
    "bar",
    "test",
    "guest",
    "admin",
    "root",
    "xxx",
    "***",
    "...",
    "user",
    "key",
    "…",
];

/// Parameters of a query that hold what only their owner should know.
const PARAMETERS: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "api-key",
    "auth",
    "auth_token",
    "client_secret",
    "key",
    "password",
    "passwd",
    "pwd",
    "secret",
    "sig",
    "signature",
    "token",
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
];

/// The shortest name of a user, and value of a parameter, that is taken for a secret.
const LONG: usize = 16;

/// The tidied URL; none where it is tidy. What was made harmless is written plainly, entities are decoded, and in the place of a password
/// or a token stands how long it is: `https://me:…(12)@host/`.
pub(crate) fn tidy(url: &str) -> Option<String> {
    let mut tidied = defang::url(url);
    if tidied.contains("&amp;") {
        tidied = tidied.replace("&amp;", "&").into();
    }
    if let Some(redacted) = userinfo(&tidied) {
        tidied = redacted.into();
    }
    if let Some(redacted) = query(&tidied) {
        tidied = redacted.into();
    }
    (tidied != url).then(|| tidied.into_owned())
}

fn redacted(secret: &str) -> String {
    format!("…({})", secret.chars().count())
}

fn is_secret(text: &str, least: usize) -> bool {
    let lower = text.to_ascii_lowercase();
    text.len() >= least && !STAND_INS.iter().any(|word| lower.contains(word))
}

fn userinfo(url: &str) -> Option<String> {
    let from = url.find("://")? + 3;
    let end = url[from..].find(['/', '?', '#']).map_or(url.len(), |at| from + at);
    let user = split(&url[from..end])?.0?;
    let shown = match user.split_once(':') {
        Some((name, password)) if is_secret(password, 4) => format!("{name}:{}", redacted(password)),
        None if is_secret(user, LONG) => redacted(user),
        _ => return None,
    };
    Some(format!("{}{shown}{}", &url[..from], &url[from + user.len()..]))
}

fn query(url: &str) -> Option<String> {
    let from = url.find('?')? + 1;
    let end = url[from..].find('#').map_or(url.len(), |at| from + at);
    let mut changed = false;
    let parameters = url[from..end].split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, value)) if is_secret(value, LONG) && PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) => {
            changed = true;
            format!("{name}={}", redacted(value))
        }
        _ => parameter.to_owned(),
    });
    let parameters = parameters.collect::<Vec<_>>().join("&");
    changed.then(|| format!("{}{parameters}{}", &url[..from], &url[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_measured_and_stand_ins_kept() {
        for (url, tidied) in [
            ("https://me:s3cr-t9x@a.example/x", Some("https://me:…(8)@a.example/x")),
            ("https://me:your-password@a.example/x", None),
            ("https://0123456789abcdef0123@a.example/", Some("https://…(20)@a.example/")),
            ("ssh://git@a.example/", None),
            ("https://a.example/?a=1&amp;b=2", Some("https://a.example/?a=1&b=2")),
            ("https://a.example/?q=1&Token=0123456789abcdef#x", Some("https://a.example/?q=1&Token=…(16)#x")),
            ("https://a.example/?token=YOUR_TOKEN_GOES_HERE", None),
            ("hxxp://b[.]example", Some("http://b.example")),
            ("https://me:…(9)@a.example/x", None),
        ] {
            assert_eq!(tidy(url).as_deref(), tidied, "{url}");
        }
    }
}
