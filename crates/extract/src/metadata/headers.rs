//! Files of the packaging that are headers or lines: METADATA, PKG-INFO, WHEEL, RECORD.

use crate::text::url;

use super::{Fields, Metadata, requirement};

/// The longest licence text kept, in bytes: what is longer is no name of a licence.
const LICENSE: usize = 200;

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
        if line.trim().is_empty() {
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

/// METADATA or PKG-INFO.
pub(super) fn metadata(text: &str) -> Fields {
    let mut fields = Fields::default();
    let mut license = None;
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
            "license-expression" => metadata.license_expression = Some(value),
            "license" => license = short_license(&value),
            "license-file" => metadata.license_files.push(value),
            "requires-python" => metadata.requires_python = Some(value),
            "project-url" => project_url(&value, metadata, &mut labelled),
            "requires-dist" => dependencies.extend(requirement(&value.replace('\n', " "))),
            _ => {}
        }
    }
    let metadata = &mut fields.metadata;
    metadata.license_expression = metadata.license_expression.take().or(license);
    metadata.homepage = metadata.homepage.take().or(labelled);
    metadata.repository = metadata.repository.take().or_else(|| metadata.homepage.clone().filter(|home| is_forge(home)));
    fields
}

fn first_line(value: &str) -> String {
    value.lines().next().unwrap_or_default().to_owned()
}

fn short_license(value: &str) -> Option<String> {
    let line = value.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line[..line.floor_char_boundary(LICENSE.min(line.len()))].to_owned())
}

/// `Label, URL`: labels are compared without case, blanks and punctuation.
fn project_url(value: &str, metadata: &mut Metadata, homepage: &mut Option<String>) {
    let Some((label, url)) = value.split_once(',') else { return };
    let label: String = label.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let url = url.trim().to_owned();
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
        if key == "generator" {
            meta(format!("generator:{}", value.split([' ', '(']).next().unwrap_or_default()), 0);
            fields.metadata.build_backend = Some(value);
        }
    }
    fields
}

/// RECORD: lines of path, digest and size as CSV. Other lists of files (`SOURCES.txt`) give paths alone.
pub(super) fn record(text: &str) -> Fields {
    let record = text.lines().filter(|line| !line.trim().is_empty()).take(RECORD).map(record_line).collect();
    Fields { record, ..Fields::default() }
}

fn record_line(line: &str) -> (String, String) {
    if let Some(quoted) = line.strip_prefix('"')
        && let Some((path, rest)) = quoted.rsplit_once("\",")
    {
        return (path.replace("\"\"", "\""), rest.split(',').next().unwrap_or_default().to_owned());
    }
    let mut columns = line.rsplitn(3, ',');
    match (columns.next(), columns.next(), columns.next()) {
        (Some(_), Some(digest), Some(path)) => (path.to_owned(), digest.to_owned()),
        _ => (line.trim().to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let got: Vec<_> = fields.record.iter().map(|(p, d)| (p.as_str(), d.as_str())).collect();
        assert_eq!(got, [("a/b.py", "sha256=abc"), ("a,b.py", "sha256=def"), ("a-1.dist-info/RECORD", ""), ("setup.py", "")]);
    }

    #[test]
    fn a_wheel_names_its_generator() {
        let mut seen = Vec::new();
        let fields = wheel("Wheel-Version: 1.0\nGenerator: setuptools (78.1.0)\n", &mut |value, _| seen.push(value));
        assert_eq!(fields.metadata.build_backend.as_deref(), Some("setuptools (78.1.0)"));
        assert_eq!(seen, ["generator:setuptools"]);
    }
}
