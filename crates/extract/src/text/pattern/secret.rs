//! Secrets, by the prefixes that their issuers gave them so that they can be found.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Found;

/// Characters of a token after its prefix.
type Charset = fn(u8) -> bool;

const WORD: Charset = |b| b.is_ascii_alphanumeric();
const TOKEN: Charset = |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
const BASE32: Charset = |b| b.is_ascii_uppercase() || matches!(b, b'2'..=b'7');
const HEX: Charset = |b| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
const DOTTED: Charset = |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
const SLASHED: Charset = |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/');

/// A kind of token: its name, its prefix, the characters that follow and how many of them.
struct Token(&'static str, &'static str, Charset, usize, usize);

/// Keys for tests alone (`sk_test_…`) are left out: they open nothing.
const TOKENS: &[Token] = &[
    Token("aws-access-key", "AKIA", BASE32, 16, 16),
    Token("aws-session-key", "ASIA", BASE32, 16, 16),
    Token("github-token", "ghp_", WORD, 36, 36),
    Token("github-token", "gho_", WORD, 36, 36),
    Token("github-token", "ghu_", WORD, 36, 36),
    Token("github-token", "ghs_", WORD, 36, 36),
    Token("github-token", "ghr_", WORD, 36, 76),
    Token("github-token", "github_pat_", TOKEN, 82, 82),
    Token("gitlab-token", "glpat-", TOKEN, 20, 60),
    Token("slack-token", "xoxb-", TOKEN, 40, 80),
    Token("slack-token", "xoxp-", TOKEN, 40, 100),
    Token("slack-token", "xoxa-", TOKEN, 40, 100),
    Token("slack-token", "xoxr-", TOKEN, 40, 100),
    Token("slack-webhook", "/services/T", SLASHED, 40, 50),
    Token("discord-webhook", "/api/webhooks/", SLASHED, 76, 100),
    Token("stripe-key", "sk_live_", WORD, 24, 120),
    Token("stripe-key", "rk_live_", WORD, 24, 120),
    Token("google-api-key", "AIza", TOKEN, 35, 35),
    Token("google-client-secret", "GOCSPX-", TOKEN, 28, 28),
    Token("package-index-token", "pypi-AgE", TOKEN, 60, 400),
    Token("npm-token", "npm_", WORD, 36, 36),
    Token("openai-key", "sk-proj-", TOKEN, 40, 200),
    Token("anthropic-key", "sk-ant-api03-", TOKEN, 80, 120),
    Token("huggingface-token", "hf_", WORD, 34, 34),
    Token("sendgrid-key", "SG.", DOTTED, 66, 66),
    Token("digitalocean-token", "dop_v1_", HEX, 64, 64),
    Token("shopify-token", "shpat_", HEX, 32, 32),
    Token("age-secret-key", "AGE-SECRET-KEY-1", |b| b.is_ascii_uppercase() || b.is_ascii_digit(), 58, 58),
    Token("telegram-token", ":AA", TOKEN, 33, 33),
    Token("jwt", "eyJ", DOTTED, 60, 4000),
    Token("private-key", "-----BEGIN ", WORD, 0, 0),
];

/// The shortest key material that is no excerpt, in characters of base64.
const KEY: usize = 120;

/// Leftmost matches, since these alone are looked for many bytes at a time. No prefix begins with another.
static PREFIXES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let prefixes = TOKENS.iter().map(|token| &token.1[common(token.1)..]);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(prefixes).expect("a handful of short prefixes")
});

/// How much of a prefix is not looked for, since text is full of it: each place where it stands would have to be looked at.
fn common(prefix: &str) -> usize {
    ["-----", "githu", "pypi"].iter().find(|common| prefix.starts_with(**common)).map_or(0, |common| common.len())
}

/// Finds the secrets of a text.
pub(super) fn find(text: &str, found: &mut Found) {
    let bytes = text.as_bytes();
    for hit in PREFIXES.find_iter(bytes) {
        let token = &TOKENS[hit.pattern().as_usize()];
        if !bytes[..hit.end()].ends_with(token.1.as_bytes()) {
            continue;
        }
        let start = hit.end() - token.1.len();
        let value = if token.0 == "private-key" { private_key(&text[hit.end()..]) } else { redacted(token, bytes, start, hit.end()) };
        found.extend(value.map(|value| (start, value)));
    }
}

/// The redacted form of a token, where it is one.
fn redacted(&Token(name, prefix, charset, least, most): &Token, bytes: &[u8], start: usize, body: usize) -> Option<String> {
    let before = start.checked_sub(1).map_or(b' ', |at| bytes[at]);
    let inside = prefix.starts_with(['/', ':']);
    if !inside && (charset(before) || before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-' | b'+')) {
        return None;
    }
    // A longer run than any such token has is something else.
    let length = bytes[body..].iter().take(most + 1).take_while(|b| charset(**b)).count();
    let secret = &bytes[body..body + length];
    let sound = (least..=most).contains(&length) && is_random(secret);
    let shaped = match name {
        "jwt" => is_jwt(secret),
        "telegram-token" => bytes[..start].iter().rev().take_while(|b| b.is_ascii_digit()).count() >= 8,
        "slack-webhook" | "discord-webhook" => secret.contains(&b'/'),
        "slack-token" => secret[0].is_ascii_digit(),
        "sendgrid-key" => secret.get(22) == Some(&b'.'),
        _ => true,
    };
    (sound && shaped).then(|| format!("{name} {prefix}…({})", prefix.len() + length))
}

/// Three parts, of which the second is an object as well.
fn is_jwt(secret: &[u8]) -> bool {
    let mut parts = secret.split(|b| *b == b'.');
    let (header, claims, signature) = (parts.next(), parts.next(), parts.next());
    header.is_some_and(|h| h.len() >= 12)
        && claims.is_some_and(|c| c.starts_with(b"eyJ"))
        && signature.is_some_and(|s| s.len() >= 27)
        && parts.next().is_none()
}

/// What documentation puts in the place of a secret.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "placeholder",
    "changeme",
    "xxxx",
    "....",
    "****",
    "0000000",
    "1234567",
    "abcdefg",
    "your",
    "fake",
    "dummy",
    "redacted",
    "sample",
];

/// Whether a body is random enough to be issued: no placeholder, and at least three bits a character.
fn is_random(body: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(body).to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let mut counts = [0_u32; 256];
    for &byte in body {
        counts[usize::from(byte)] += 1;
    }
    let total = f64::from(u32::try_from(body.len()).unwrap_or(u32::MAX));
    let entropy: f64 = counts.iter().filter(|n| **n > 0).map(|&n| f64::from(n) / total).map(|p| -p * p.log2()).sum();
    entropy >= 3.0
}

/// A private key by what follows its `BEGIN`: its kind, the end of the line, and key material.
fn private_key(rest: &str) -> Option<String> {
    let (label, body) = rest.split_at(rest.find("-----").filter(|end| *end <= 40)?);
    let kind = label.strip_suffix("PRIVATE KEY BLOCK").or_else(|| label.strip_suffix("PRIVATE KEY"))?.trim_end();
    let body = &body[5..];
    let body = &body[..body.floor_char_boundary(body.len().min(4096))];
    let body = body.split("-----END").next().unwrap_or(body);
    // Line breaks may be written as escapes, and each line may be a string of its own.
    let plain = body.replace("\\n", "\n").replace("\\r", "");
    let lines = plain.lines().map(|line| line.trim().trim_matches(['"', '\'', '+', ',', '\\', ' ', '#', '/', '*']));
    let material: String = lines.filter(|line| !line.contains(':') && line.len() >= 16).take_while(|line| is_base64(line)).collect();
    let kind = if kind.is_empty() { String::new() } else { format!(" {}", kind.to_ascii_lowercase()) };
    (material.len() >= KEY && is_random(material.as_bytes())
        || material.len() >= 60 && label == "PRIVATE KEY" && is_random(material.as_bytes()))
    .then(|| format!("private-key{kind}"))
}

fn is_base64(line: &str) -> bool {
    line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
}

#[cfg(test)]
mod tests {
    use super::super::tests::values;
    use crate::Format;

    /// Letters and digits that look random, made at test time so that no scanner takes this file for a leak.
    fn random(length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|n| char::from(alphabet[(n * 37 + n * n * 11 + 5) % alphabet.len()])).collect()
    }

    #[test]
    fn tokens_are_known_by_prefix_and_length_and_never_shown() {
        for (prefix, length, expected) in [
            ("ghp_", 36, "github-token ghp_…(40)"),
            ("glpat-", 20, "gitlab-token glpat-…(26)"),
            ("AIza", 35, "google-api-key AIza…(39)"),
            ("npm_", 36, "npm-token npm_…(40)"),
            ("sk_live_", 24, "stripe-key sk_live_…(32)"),
        ] {
            let token = format!("{prefix}{}", random(length));
            assert_eq!(values(Format::Text, &format!("token = \"{token}\"")), [expected]);
            assert_eq!(values(Format::Text, &format!("token = \"{token}extra1234{}\"", random(90))), [""; 0], "{prefix}");
            assert_eq!(values(Format::Text, &format!("x{token}")), [""; 0], "{prefix}");
        }
    }

    #[test]
    fn placeholders_and_test_keys_are_no_secrets() {
        for text in [
            format!("AKIA{}", "IOSFODNN7EXAMPLE"),
            format!("ghp_{}", "x".repeat(36)),
            format!("sk_test_{}", random(24)),
            format!("ghp_{}", "a1".repeat(18)),
            "eyJhbGciOiJIUzI1NiJ9".to_owned(),
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----".to_owned(),
            "-----BEGIN CERTIFICATE-----\n".to_owned() + &random(200),
            "if line == '-----BEGIN RSA PRIVATE KEY-----': pass".to_owned(),
        ] {
            assert_eq!(values(Format::Text, &text), [""; 0], "{text}");
        }
    }

    #[test]
    fn private_keys_have_material() {
        let material = format!("{}\n{}\n{}", random(64), random(63), random(62));
        let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{material}\n-----END RSA PRIVATE KEY-----\n");
        assert_eq!(values(Format::Pem, &key), ["private-key rsa"]);
        assert_eq!(values(Format::Python, &format!("KEY = '{}'", key.replace('\n', "\\n"))), ["private-key rsa"]);
        let encrypted = key.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n");
        assert_eq!(values(Format::Pem, &encrypted), ["private-key rsa"]);
    }

    #[test]
    fn a_web_token_has_three_parts() {
        let jwt = format!("eyJ{}.eyJ{}.{}", random(30), random(30), random(43));
        assert_eq!(values(Format::Text, &jwt), [format!("jwt eyJ…({})", jwt.len())]);
        assert_eq!(values(Format::Text, &format!("eyJ{}.{}", random(30), random(60))), [""; 0]);
    }
}
