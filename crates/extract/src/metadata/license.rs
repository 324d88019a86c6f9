//! Licences by their SPDX identifiers, however they are declared.

use spdx::{Expression, ParseMode};

/// The longest expression that is read.
const LONGEST: usize = 512;

/// Classifiers (without `License :: OSI Approved ::`) that name one licence.
const CLASSIFIERS: &[(&str, &str)] = &[
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("Apache Software License", "Apache-2.0"),
    ("ISC License (ISCL)", "ISC"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("Zope Public License", "ZPL-2.1"),
    ("zlib/libpng License", "Zlib"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("Artistic License", "Artistic-2.0"),
    ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
    ("Eclipse Public License 1.0 (EPL-1.0)", "EPL-1.0"),
    ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
    ("Universal Permissive License (UPL)", "UPL-1.0"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v2 (LGPLv2)", "LGPL-2.0-only"),
    ("GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"),
    ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
];

/// The identifier that a classifier stands for; none where it names a family of licences (`BSD License`).
pub(super) fn classifier(classifier: &str) -> Option<&'static str> {
    let name = classifier.strip_prefix("License :: ")?;
    let name = name.strip_prefix("OSI Approved :: ").unwrap_or(name);
    CLASSIFIERS.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}

/// The identifiers in an expression, sorted; none where it is no valid expression.
pub(super) fn identifiers(expression: &str) -> Option<Vec<String>> {
    if expression.len() > LONGEST {
        return None;
    }
    let parsed = Expression::parse_mode(expression, ParseMode::STRICT).ok()?;
    let mut ids: Vec<String> = parsed.requirements().map(|requirement| requirement.req.license.to_string()).collect();
    ids.sort();
    ids.dedup();
    Some(ids)
}

/// The identifiers of what was written into `License` by hand: an expression, or the usual name of one licence.
pub(super) fn written(license: &str) -> Option<Vec<String>> {
    let license = license.trim();
    identifiers(license).or_else(|| {
        let (id, length) = spdx::imprecise_license_id(license)?;
        (length == license.len()).then(|| vec![id.name.to_owned()])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_checked() {
        for (expression, ids) in [
            ("MIT", Some(vec!["MIT"])),
            ("(MIT OR Apache-2.0) AND BSD-3-Clause", Some(vec!["Apache-2.0", "BSD-3-Clause", "MIT"])),
            ("GPL-2.0-or-later WITH Classpath-exception-2.0", Some(vec!["GPL-2.0-or-later"])),
            ("LicenseRef-Own", Some(vec!["LicenseRef-Own"])),
            ("MIT License", None),
            ("Nothing-1.0", None),
            ("MIT AND", None),
        ] {
            assert_eq!(identifiers(expression), ids.map(|ids| ids.into_iter().map(str::to_owned).collect()), "{expression}");
        }
        assert_eq!(identifiers(&"(".repeat(100_000)), None);
    }

    #[test]
    fn names_and_classifiers_are_known() {
        assert_eq!(written("Apache 2.0"), Some(vec!["Apache-2.0".to_owned()]));
        assert_eq!(written("Copyright me"), None);
        assert_eq!(classifier("License :: OSI Approved :: MIT License"), Some("MIT"));
        assert_eq!(classifier("License :: OSI Approved :: BSD License"), None);
        assert_eq!(classifier("Programming Language :: Python"), None);
    }

    #[test]
    fn every_classifier_stands_for_a_licence() {
        for (_, id) in CLASSIFIERS {
            assert!(spdx::license_id(id).is_some(), "{id}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_expression_is_read(text in "[A-Z a-z0-9().+-]{0,80}") {
            written(&text);
        }
    }
}
