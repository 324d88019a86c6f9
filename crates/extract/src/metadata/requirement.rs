//! One requirement, as PEP 508 writes it.

use census_model::name;

use super::Dependency;

/// Reads a requirement; none where it names no project.
///
/// ```
/// use census_extract::metadata::requirement;
///
/// let tls = requirement("PySocks[tls] (>=1.5.6, !=1.5.7) ; extra == 'socks'").unwrap();
/// assert_eq!((tls.requires.as_str(), tls.specifier.as_str(), tls.extra.as_deref()), ("pysocks", ">=1.5.6,!=1.5.7", Some("socks")));
/// ```
pub fn requirement(line: &str) -> Option<Dependency> {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    let requires = name::normalize(&line[..end]);
    if !line.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name::is_valid(&requires) {
        return None;
    }
    let rest = extras(line[end..].trim_start());
    if !rest.is_empty() && !rest.starts_with(['@', '(', ';', '<', '>', '=', '!', '~']) {
        return None;
    }
    // A URL may hold `;`: its marker is set off by a blank.
    let (body, marker) = match rest.strip_prefix('@') {
        Some(url) => url.split_once(" ;").map_or((url, ""), |(url, marker)| (url, marker)),
        None => rest.split_once(';').map_or((rest, ""), |(body, marker)| (body, marker)),
    };
    let url = rest.starts_with('@').then(|| body.trim().to_owned());
    let specifier = if url.is_some() { String::new() } else { specifier(body) };
    let marker = marker.trim();
    Some(Dependency { requires, specifier, extra: extra(marker), marker: (!marker.is_empty()).then(|| marker.to_owned()), url })
}

/// What follows the extras that are asked for.
fn extras(rest: &str) -> &str {
    match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest,
    }
}

/// The specifier without brackets and blanks.
fn specifier(body: &str) -> String {
    let body = body.trim();
    let body = body.strip_prefix('(').and_then(|b| b.strip_suffix(')')).unwrap_or(body);
    body.split_whitespace().collect()
}

/// The extra that a marker asks for: `extra == "name"`.
fn extra(marker: &str) -> Option<String> {
    let words: Vec<_> = marker.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).filter(|w| !w.is_empty()).collect();
    let quoted = match words.iter().position(|w| w.starts_with("extra"))? {
        // Written without blanks: extra=="name".
        at if words[at].len() > 5 => words[at][5..].trim_start_matches('='),
        at if words.get(at + 1) == Some(&"==") => words.get(at + 2)?,
        _ => return None,
    };
    let extra = name::normalize(quoted.trim_matches(['"', '\'']));
    (!extra.is_empty()).then_some(extra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_read_as_pep_508_writes_them() {
        for (line, requires, specifier, extra, marker, url) in [
            ("Flask", "flask", "", None, None, None),
            ("a.b_c>=1.0,<2", "a-b-c", ">=1.0,<2", None, None, None),
            ("a (>=1.0)", "a", ">=1.0", None, None, None),
            ("a[x, y] == 1.*", "a", "==1.*", None, None, None),
            ("a; python_version < '3'", "a", "", None, Some("python_version < '3'"), None),
            ("a>=1 ; extra == 'Dev_Tools'", "a", ">=1", Some("dev-tools"), Some("extra == 'Dev_Tools'"), None),
            ("a;(os_name=='nt') and extra==\"x\"", "a", "", Some("x"), Some("(os_name=='nt') and extra==\"x\""), None),
            ("a @ https://h.example/a;b.zip ; os_name=='nt'", "a", "", None, Some("os_name=='nt'"), Some("https://h.example/a;b.zip")),
            ("a@git+https://h.example/a.git@v1", "a", "", None, None, Some("git+https://h.example/a.git@v1")),
            ("a ~= 1.4.2", "a", "~=1.4.2", None, None, None),
        ] {
            let got = requirement(line).expect(line);
            assert_eq!(got.requires, requires, "{line}");
            assert_eq!(got.specifier, specifier, "{line}");
            assert_eq!((got.extra.as_deref(), got.marker.as_deref(), got.url.as_deref()), (extra, marker, url), "{line}");
        }
        for line in ["", "# comment", "-e .", "https://h.example/a.zip", "[extra]", "é", "some prose"] {
            assert_eq!(requirement(line), None, "{line}");
        }
    }
}
