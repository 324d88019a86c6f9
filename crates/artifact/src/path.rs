//! Paths as archives have them: decoded, bounded, and looked at for what they could do where someone unpacks them.

use std::borrow::Cow;

/// Decodes a path that should be UTF-8; tells whether it was, and held no NUL.
pub(crate) fn utf8(raw: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(raw) {
        Ok(path) if !path.contains('\0') => (Cow::Borrowed(path), true),
        _ => (Cow::Owned(String::from_utf8_lossy(raw).replace('\0', "\u{fffd}")), false),
    }
}

/// The upper half of code page 437, in which zip has names that are not marked as UTF-8.
const CP437: &str =
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Decodes a path in code page 437; tells whether it held no NUL.
pub(crate) fn cp437(raw: &[u8]) -> (Cow<'_, str>, bool) {
    if raw.is_ascii() {
        return utf8(raw);
    }
    let upper: Vec<char> = CP437.chars().collect();
    let decode = |byte: &u8| match byte {
        0 => char::REPLACEMENT_CHARACTER,
        1..=127 => char::from(*byte),
        128.. => upper[usize::from(byte - 128)],
    };
    (Cow::Owned(raw.iter().map(decode).collect()), !raw.contains(&0))
}

/// A path less any leading `./`, cut at a bound; tells whether it fitted.
pub(crate) fn bounded(path: Cow<'_, str>, most: usize) -> (Cow<'_, str>, bool) {
    let skipped = path.len() - path.trim_start_matches("./").len();
    let end = path.floor_char_boundary(most.saturating_add(skipped));
    let fits = end == path.len();
    if skipped == 0 && fits {
        return (path, true);
    }
    (Cow::Owned(path[skipped..end].to_owned()), fits)
}

/// Whether a path names a file below the directory it is unpacked in, the same one on every system: relative, without `..`,
/// backslash, drive letter or empty name.
pub(crate) fn stays_inside(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    !(path.is_empty() || path.starts_with('/') || path.contains('\\') || drive || path.split('/').any(|part| part == ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_their_directory_are_told() {
        for path in ["a", "a/b.py", "a..b/c", "...", "a/ b", "é/ü.py"] {
            assert!(stays_inside(path), "{path}");
        }
        for path in ["", "/etc/passwd", "..", "../a", "a/../../b", "a\\b", "\\\\host\\share", "C:/a", "c:a"] {
            assert!(!stays_inside(path), "{path}");
        }
    }

    #[test]
    fn code_page_437_has_128_upper_characters() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(cp437(b"caf\x82").0, "café");
        assert_eq!(cp437(&[0xe1, 0xff]).0, "ß\u{a0}");
    }

    #[test]
    fn long_paths_are_cut_between_characters() {
        assert_eq!(bounded("./a/b".into(), 3), ("a/b".into(), true));
        assert_eq!(bounded("aé".into(), 2), ("a".into(), false));
        assert_eq!(bounded("././é".into(), 2), ("é".into(), true));
    }

    #[test]
    fn paths_that_are_not_utf8_are_kept_as_far_as_they_are() {
        assert_eq!(utf8(b"a\xff.py"), ("a\u{fffd}.py".into(), false));
        assert_eq!(utf8(b"a.py\0.txt"), ("a.py\u{fffd}.txt".into(), false));
    }
}
