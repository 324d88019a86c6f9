//! The version that a Python module gives of itself: what tells one copy of a project from another.

use memchr::memmem;

/// The longest version that is believed.
const LONGEST: usize = 40;

/// What stands at the beginning of a line `__version__ = '…'`, be it with an annotation or another name between.
pub(crate) fn of(bytes: &[u8]) -> Option<&str> {
    memmem::find_iter(bytes, b"__version__").filter(|&at| at == 0 || bytes[at - 1] == b'\n').take(8).find_map(|at| value(&bytes[at..]))
}

fn value(rest: &[u8]) -> Option<&str> {
    let line = rest[..rest.len().min(200)].split(|b| *b == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let (before, given) = line.split_once(['"', '\''])?;
    let version = given.split(['"', '\'']).next()?;
    let plain = before.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b' ' | b'=' | b':')) && before.contains('=');
    let sound = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= LONGEST && version.contains('.');
    (plain && sound && version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-' | b'!' | b'_')))
        .then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, version) in [
            ("__version__ = '1.2.3'\n", Some("1.2.3")),
            ("import x\n__version__: str = \"2.0rc1\"  # why\n", Some("2.0rc1")),
            ("__version__ = version = '1.0.dev1+g1'\n", Some("1.0.dev1+g1")),
            ("__version__ = get('1.0')\n", None),
            ("x.__version__ = '1.0'\n", None),
            ("__version__ = VERSION\n", None),
        ] {
            assert_eq!(of(text.as_bytes()), version, "{text}");
        }
    }
}
