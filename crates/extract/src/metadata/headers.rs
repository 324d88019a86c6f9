//! Files of the packaging that are headers or lines: METADATA, PKG-INFO, WHEEL, RECORD.

use crate::text::url;

use super::{Fields, Listed, Metadata, license, requirement};

/// The longest licence text kept, in bytes: what is longer is no name of a licence.
const LICENSE: usize = 200;

/// The most keywords that are kept.
const KEYWORDS: usize = 50;

/// The most entries of a RECORD that are kept.
const RECORD: usize = 100_000;

/// Labels of `Project-URL`, normalized, that name the source repository.
const REPOSITORY: &[&str] =
    &["source", "sourcecode", "repository", "repo", "code", "github", "gitlab", "git", "codeberg", "bitbucket", "sourcerepository", "scm"];

/// Beginnings of hosts that keep repositories: a homepage there is one.
const FORGES: &[&str] = &["github.", "gitlab.", "bitbucket.", "codeberg.", "git."];

/// The headers of a text, up to the first empty line; continued lines are joined.
fn headers(text: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        // A line of blanks continues a header, as old descriptions have them.
        if line.is_empty() || headers.is_empty() && line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            headers.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    headers.retain(|(_, value)| !value.is_empty() && value != "UNKNOWN");
    headers
}

/// METADATA or PKG-INFO. What tables have no column for is a fact: `classifier:…`, `keyword:…`, `license:MIT`, `dynamic:version`.
pub(super) fn metadata(text: &str, meta: &mut impl FnMut(String, i32)) -> Fields {
    let mut fields = Fields::default();
    let (mut license, mut classified, mut stated) = (None, Vec::new(), None);
    let mut labelled = None;
    for (key, value) in headers(text) {
        let Fields { metadata, dependencies, name, version, .. } = &mut fields;
        match key.as_str() {
            "name" => *name = Some(value),
            "version" => *version = Some(value),
            "summary" => metadata.summary = Some(first_line(&value)),
            "home-page" => metadata.homepage = Some(value),
            "author-email" => metadata.author_domain = email_domain(&value),
            "maintainer-email" => metadata.maintainer_domain = email_domain(&value),
            "license-expression" => {
                stated = license::identifiers(&value);
                if stated.is_none() {
                    meta(format!("license-invalid:{}", first_line(&value)), 0);
                }
                metadata.license_expression = Some(value);
            }
            "license" => license = short_license(&value),
            "license-file" => metadata.license_files.push(value),
            "classifier" => {
                classified.extend(license::classifier(&value));
                meta(format!("classifier:{value}"), 0);
            }
            "keywords" => keywords(&value, meta),
            "metadata-version"
            | "dynamic"
            | "provides-extra"
            | "platform"
            | "supported-platform"
            | "requires-external"
            | "provides-dist"
            | "obsoletes-dist"
            | "import-name"
            | "import-namespace"
            | "description-content-type" => meta(format!("{key}:{value}"), 0),
            "requires-python" => metadata.requires_python = Some(value),
            "project-url" => project_url(&value, metadata, &mut labelled, meta),
            "requires-dist" => dependencies.extend(requirement(&value.replace('\n', " "))),
            _ => {}
        }
    }
    let metadata = &mut fields.metadata;
    let ids =
        stated.or_else(|| license::written(license.as_deref()?)).unwrap_or_else(|| classified.iter().map(|&id| id.to_owned()).collect());
    for id in ids {
        meta(format!("license:{id}"), 0);
    }
    let single = if let [id] = classified.as_slice() { Some((*id).to_owned()) } else { None };
    metadata.license_expression = metadata.license_expression.take().or(license).or(single);
    metadata.homepage = metadata.homepage.take().or(labelled);
    metadata.repository = metadata.repository.take().or_else(|| metadata.homepage.clone().filter(|home| is_forge(home)));
    fields
}

/// Keywords are parted by commas, and were by blanks.
fn keywords(value: &str, meta: &mut impl FnMut(String, i32)) {
    let parted = |c: char| if value.contains(',') { c == ',' || c == '\n' } else { c.is_whitespace() };
    let words = value.split(parted).map(str::trim).filter(|word| !word.is_empty() && word.len() <= 64);
    words.take(KEYWORDS).for_each(|word| meta(format!("keyword:{}", word.to_lowercase()), 0));
}

fn first_line(value: &str) -> String {
    value.lines().next().unwrap_or_default().to_owned()
}

fn short_license(value: &str) -> Option<String> {
    let line = value.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line[..line.floor_char_boundary(LICENSE.min(line.len()))].to_owned())
}

/// `Label, URL`: labels are compared without case, blanks and punctuation.
fn project_url(value: &str, metadata: &mut Metadata, homepage: &mut Option<String>, meta: &mut impl FnMut(String, i32)) {
    let Some((label, url)) = value.split_once(',') else { return };
    let label: String = label.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let url = url.trim().to_owned();
    meta(format!("project-url:{label}"), 0);
    if label == "homepage" || label == "home" {
        homepage.get_or_insert(url);
    } else if REPOSITORY.contains(&label.as_str()) {
        metadata.repository.get_or_insert(url);
    }
}

fn is_forge(homepage: &str) -> bool {
    url::parse(homepage).is_some_and(|url| FORGES.iter().any(|forge| url.host.trim_start_matches("www.").starts_with(forge)))
}

/// The domain of the first address; who it belongs to is not kept.
fn email_domain(value: &str) -> Option<String> {
    let (_, rest) = value.split_once('@')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '.'))).unwrap_or(rest.len());
    let domain = rest[..end].trim_matches('.').to_lowercase();
    domain.contains('.').then_some(domain)
}

/// WHEEL: who built it.
pub(super) fn wheel(text: &str, meta: &mut impl FnMut(String, i32)) -> Fields {
    let mut fields = Fields::default();
    for (key, value) in headers(text) {
        match key.as_str() {
            "generator" => {
                meta(format!("generator:{}", value.split([' ', '(']).next().unwrap_or_default()), 0);
                fields.metadata.build_backend = Some(value);
            }
            "tag" => meta(format!("wheel-tag:{value}"), 0),
            "root-is-purelib" => meta(format!("root-is-purelib:{}", value.to_ascii_lowercase()), 0),
            _ => {}
        }
    }
    fields
}

/// RECORD: lines of path, digest and size as CSV. Other lists of files (`SOURCES.txt`) give paths alone.
pub(super) fn record(text: &str) -> Fields {
    let record = text.lines().filter(|line| !line.trim().is_empty()).take(RECORD).map(record_line).collect();
    Fields { record, ..Fields::default() }
}

fn record_line(line: &str) -> Listed {
    if let Some(quoted) = line.strip_prefix('"')
        && let Some((path, rest)) = quoted.rsplit_once("\",")
    {
        let (digest, size) = rest.split_once(',').unwrap_or((rest, ""));
        return Listed { path: path.replace("\"\"", "\""), digest: digest.to_owned(), size: size.trim().parse().ok() };
    }
    let mut columns = line.rsplitn(3, ',');
    match (columns.next(), columns.next(), columns.next()) {
        (Some(size), Some(digest), Some(path)) => {
            Listed { path: path.to_owned(), digest: digest.to_owned(), size: size.trim().parse().ok() }
        }
        _ => Listed { path: line.trim().to_owned(), ..Listed::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(text: &str) -> Fields {
        super::metadata(text, &mut |_, _| ())
    }

    #[test]
    fn what_has_no_column_is_a_fact() {
        let facts = |text: &str| {
            let mut seen = Vec::new();
            let fields = super::metadata(text, &mut |value, _| seen.push(value));
            (seen, fields.metadata.license_expression)
        };
        let text = "Metadata-Version: 2.5\nKeywords: A,b c\nDynamic: version\nProvides-Extra: x\nImport-Name: pkg\n\
                    Classifier: License :: OSI Approved :: MIT License\nProject-URL: Bug Tracker, https://a.example\n";
        let expected = [
            "metadata-version:2.5",
            "keyword:a",
            "keyword:b c",
            "dynamic:version",
            "provides-extra:x",
            "import-name:pkg",
            "classifier:License :: OSI Approved :: MIT License",
            "project-url:bugtracker",
            "license:MIT",
        ];
        assert_eq!(facts(text), (expected.map(str::to_owned).to_vec(), Some("MIT".to_owned())));
        let invalid = ["license-invalid:MIT License".to_owned()].to_vec();
        assert_eq!(facts("License-Expression: MIT License\n"), (invalid, Some("MIT License".to_owned())));
        assert_eq!(facts("License: BSD-3-Clause\nKeywords: a b\n").0, ["keyword:a", "keyword:b", "license:BSD-3-Clause"]);
    }

    #[test]
    fn a_line_of_blanks_goes_on_and_an_empty_one_ends() {
        let text = "Description: a\n        \n        b\nVersion: 1\n\nName: no\n";
        let fields = metadata(text);
        assert_eq!((fields.version.as_deref(), fields.name), (Some("1"), None));
    }

    #[test]
    fn metadata_gives_the_fields_that_tables_hold() {
        let fields = metadata(
            "Metadata-Version: 2.4\nName: Some.Thing\nVersion: 1.0\nSummary: Does\n  things\nHome-page: UNKNOWN\n\
             Author-email: \"A. B.\" <a@Mail.Example.com>, c@d.example\nLicense: MIT License\n\n        Copyright\n",
        );
        assert_eq!(fields.name.as_deref(), Some("Some.Thing"));
        assert_eq!(fields.metadata.summary.as_deref(), Some("Does"));
        assert_eq!(fields.metadata.homepage, None);
        assert_eq!(fields.metadata.author_domain.as_deref(), Some("mail.example.com"));
        assert_eq!(fields.metadata.license_expression.as_deref(), Some("MIT License"));
    }

    #[test]
    fn project_urls_are_known_by_their_labels() {
        let fields = metadata(
            "Project-URL: Source Code, https://a.example/r\nProject-URL: Home-Page, https://a.example\nProject-URL: Homepage, x\n",
        );
        assert_eq!(fields.metadata.repository.as_deref(), Some("https://a.example/r"));
        assert_eq!(fields.metadata.homepage.as_deref(), Some("https://a.example"));
        let forge = metadata("Home-page: https://git.host.example/me/it\n").metadata;
        assert_eq!(forge.repository, forge.homepage);
        assert_eq!(metadata("Home-page: https://me.example\n").metadata.repository, None);
    }

    #[test]
    fn an_expression_wins_over_a_license_and_the_body_is_no_header() {
        let fields = metadata("License-Expression: MIT\nLicense: BSD\nRequires-Dist: a>=1\nLicense-File: LICENSE\n\nRequires-Dist: b\n");
        assert_eq!(fields.metadata.license_expression.as_deref(), Some("MIT"));
        assert_eq!(fields.metadata.license_files, ["LICENSE"]);
        assert_eq!(fields.dependencies.len(), 1);
    }

    #[test]
    fn records_are_csv_and_lists_of_sources_are_lines() {
        let fields = record("a/b.py,sha256=abc,12\n\"a,b.py\",sha256=def,1\na-1.dist-info/RECORD,,\nsetup.py\n");
        let got: Vec<_> = fields.record.iter().map(|l| (l.path.as_str(), l.digest.as_str(), l.size)).collect();
        let expected = [
            ("a/b.py", "sha256=abc", Some(12)),
            ("a,b.py", "sha256=def", Some(1)),
            ("a-1.dist-info/RECORD", "", None),
            ("setup.py", "", None),
        ];
        assert_eq!(got, expected);
    }

    #[test]
    fn a_wheel_names_its_generator() {
        let mut seen = Vec::new();
        let fields =
            wheel("Wheel-Version: 1.0\nGenerator: setuptools (78.1.0)\nRoot-Is-Purelib: true\nTag: py3-none-any\n", &mut |value, _| {
                seen.push(value);
            });
        assert_eq!(fields.metadata.build_backend.as_deref(), Some("setuptools (78.1.0)"));
        assert_eq!(seen, ["generator:setuptools", "root-is-purelib:true", "wheel-tag:py3-none-any"]);
    }
}
