//! Project names as PEP 503 compares them.

/// The normalized form of a project's name: lower case, runs of `-`, `_` and `.` as one `-` (PEP 503).
pub fn normalize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.trim().chars() {
        if matches!(c, '-' | '_' | '.') {
            gap = true;
            continue;
        }
        if gap && !out.is_empty() {
            out.push('-');
        }
        gap = false;
        out.extend(c.to_lowercase());
    }
    out
}

/// Whether `name` is written for the project `normalized`: whether that is its normalized form.
pub fn is_of(name: &str, normalized: &str) -> bool {
    name == normalized || (name.len() >= normalized.len() && normalize(name) == normalized)
}

/// Whether `name` is a valid project name once normalized: ASCII letters, digits and single hyphens inside.
pub fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_as_pep_503_says() {
        for raw in ["Friendly-Bard", "FRIENDLY-BARD", "friendly.bard", "friendly_bard", "FrIeNdLy-._.-bArD"] {
            assert_eq!(normalize(raw), "friendly-bard");
            assert!(is_of(raw, "friendly-bard") && !is_of(raw, "friendly-bar") && !is_of(raw, "friendly-bards"));
        }
        assert!(is_valid("zope-interface"));
        assert!(!is_valid("../etc") && !is_valid("") && !is_valid("-a"));
    }
}
