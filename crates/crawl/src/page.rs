//! Pages of the Simple API: JSON (PEP 691, 700, 708, 740, 792) and HTML (PEP 503, 592, 629).

use std::collections::BTreeMap;

use census_model::Time;
use serde::{Deserialize, Deserializer};
use url::Url;

use crate::Error;
use crate::html::{Tag, tags};
use crate::http::shown;

/// What the index says of a project.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing new since the validator that was sent.
    Unchanged,
    /// It does not know the project.
    Missing,
    /// The project's page.
    Page(Page),
}

/// A project's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The index's serial; 0 where it tells none.
    pub serial: i64,
    /// The project's status (PEP 792): `active`, `archived`, `quarantined`, `deprecated`.
    pub status: String,
    /// The validator for the next conditional request.
    pub etag: Option<String>,
    /// The files, by name; a name that comes twice counts once.
    pub files: BTreeMap<String, File>,
}

/// A file of a project's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is, without credentials.
    pub url: String,
    /// Lower-case hex; none where the index tells no SHA-256.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    /// When it was uploaded.
    pub upload_time: Option<Time>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// Whether it is yanked.
    pub yanked: bool,
    /// Why.
    pub yanked_reason: Option<String>,
    /// The URL of its attestation.
    pub provenance: Option<String>,
}

/// The projects of an index, named as the index names them, each with its serial where that is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Name and serial.
    pub projects: Vec<(String, Option<i64>)>,
    /// The serial of the whole index.
    pub serial: Option<i64>,
}

#[derive(Deserialize)]
struct JsonPage {
    #[serde(default)]
    meta: Meta,
    #[serde(rename = "project-status", default)]
    status: JsonStatus,
    files: Vec<JsonFile>,
}

#[derive(Deserialize, Default)]
struct Meta {
    #[serde(rename = "_last-serial", default, deserialize_with = "serial")]
    serial: Option<i64>,
    #[serde(rename = "api-version", default)]
    version: Option<String>,
}

#[derive(Deserialize, Default)]
struct JsonStatus {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct JsonFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    requires_python: Option<String>,
    size: Option<i64>,
    upload_time: Option<String>,
    #[serde(default)]
    yanked: Yanked,
    provenance: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Yanked {
    Is(bool),
    Because(String),
    Untold(()),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Is(false)
    }
}

#[derive(Deserialize)]
struct JsonNames {
    #[serde(default)]
    meta: Meta,
    projects: Vec<JsonName>,
}

#[derive(Deserialize)]
struct JsonName {
    name: String,
    #[serde(rename = "_last-serial", default, deserialize_with = "serial")]
    serial: Option<i64>,
}

/// A serial is a number; some mirrors write it as a string.
fn serial<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    })
}

/// A body of the index, and how it is written.
pub(crate) struct Body<'a> {
    pub(crate) url: &'a Url,
    pub(crate) content_type: &'a str,
    pub(crate) bytes: &'a [u8],
}

impl Body<'_> {
    fn error(&self, what: impl Into<String>) -> Error {
        Error::Page { url: shown(self.url), what: what.into() }
    }

    fn is_json(&self) -> Result<bool, Error> {
        match self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/vnd.pypi.simple.v1+json" | "application/vnd.pypi.simple.latest+json" | "application/json" => Ok(true),
            "application/vnd.pypi.simple.v1+html" | "application/vnd.pypi.simple.latest+html" | "text/html" => Ok(false),
            other => Err(self.error(format!("content type `{other}` is not of the Simple API"))),
        }
    }

    fn json<'b, T: Deserialize<'b>>(&'b self) -> Result<T, Error> {
        serde_json::from_slice(self.bytes).map_err(|e| self.error(e.to_string()))
    }

    fn html(&self) -> Vec<Tag> {
        tags(&String::from_utf8_lossy(self.bytes))
    }

    fn check(&self, meta: &Meta) -> Result<(), Error> {
        match meta.version.as_deref() {
            Some(version) if version.split('.').next() != Some("1") => Err(self.error(format!("API version {version} is not 1.x"))),
            _ => Ok(()),
        }
    }

    /// The page of a project, without its validator.
    pub(crate) fn page(&self) -> Result<Page, Error> {
        let mut page = if self.is_json()? { self.json_page()? } else { self.html_page() };
        page.files.retain(|name, _| !name.is_empty() && !name.contains(['/', '\\', '\0']));
        Ok(page)
    }

    fn json_page(&self) -> Result<Page, Error> {
        let page: JsonPage = self.json()?;
        self.check(&page.meta)?;
        let mut files = BTreeMap::new();
        for file in page.files {
            let (yanked, yanked_reason) = match file.yanked {
                Yanked::Is(yanked) => (yanked, None),
                // What is not truthy is not yanked (PEP 691): an empty reason is none.
                Yanked::Because(reason) if reason.is_empty() => (false, None),
                Yanked::Because(reason) => (true, Some(reason)),
                Yanked::Untold(()) => (false, None),
            };
            files.entry(file.filename).or_insert(File {
                url: shown(&self.url.join(&file.url).map_err(|e| self.error(e.to_string()))?),
                sha256: file.hashes.get("sha256").and_then(|hash| sha256(hash)),
                size: file.size.filter(|&size| size >= 0),
                upload_time: file.upload_time.as_deref().and_then(Time::parse),
                requires_python: file.requires_python.filter(|text| !text.is_empty()),
                yanked,
                yanked_reason,
                provenance: file.provenance,
            });
        }
        let status = page.status.status.unwrap_or_else(|| "active".to_owned());
        Ok(Page { serial: page.meta.serial.unwrap_or(0), status, etag: None, files })
    }

    fn html_page(&self) -> Page {
        let mut page = Page { status: "active".to_owned(), ..Page::default() };
        let mut base = self.url.clone();
        for tag in self.html() {
            let attribute = |name: &str| tag.attributes.get(name).map(String::as_str);
            match tag.name.as_str() {
                "base" => base = attribute("href").and_then(|href| self.url.join(href).ok()).unwrap_or(base),
                "meta" if attribute("name") == Some("pypi:project-status") => {
                    attribute("content").unwrap_or("active").clone_into(&mut page.status);
                }
                "a" => {
                    let Some(mut url) = attribute("href").and_then(|href| base.join(href).ok()) else { continue };
                    let hash = url.fragment().and_then(|fragment| fragment.strip_prefix("sha256=")).and_then(sha256);
                    url.set_fragment(None);
                    let told = |name| attribute(name).filter(|text| !text.is_empty()).map(str::to_owned);
                    page.files.entry(tag.text.clone()).or_insert(File {
                        url: shown(&url),
                        sha256: hash,
                        size: None,
                        upload_time: None,
                        requires_python: told("data-requires-python"),
                        yanked: attribute("data-yanked").is_some(),
                        yanked_reason: told("data-yanked"),
                        provenance: told("data-provenance"),
                    });
                }
                _ => {}
            }
        }
        page
    }

    /// The projects of the index.
    pub(crate) fn names(&self) -> Result<Names, Error> {
        if !self.is_json()? {
            let anchors = self.html().into_iter().filter(|tag| tag.name == "a");
            return Ok(Names { projects: anchors.map(|tag| (tag.text, None)).collect(), serial: None });
        }
        let names: JsonNames = self.json()?;
        self.check(&names.meta)?;
        Ok(Names { projects: names.projects.into_iter().map(|p| (p.name, p.serial)).collect(), serial: names.meta.serial })
    }
}

/// A SHA-256 as the tables hold it; none where the text is not one.
fn sha256(text: &str) -> Option<String> {
    (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://a.example/simple/foo/").unwrap()
    }

    fn page(content_type: &str, text: &str) -> Result<Page, Error> {
        Body { url: &url(), content_type, bytes: text.as_bytes() }.page()
    }

    #[test]
    fn json_with_everything_and_with_nothing() {
        let hash = "ab".repeat(32);
        let text = format!(
            r#"{{"meta": {{"api-version": "1.4", "_last-serial": "17"}}, "name": "foo", "project-status": {{"status": "archived"}},
            "files": [
              {{"filename": "foo-1.tar.gz", "url": "../../f/foo-1.tar.gz", "hashes": {{"sha256": "{}"}}, "requires-python": ">=3",
                "size": 5, "upload-time": "2024-01-02T03:04:05.678901Z", "yanked": "broken", "core-metadata": {{"sha256": "x"}},
                "provenance": "https://p.example/x"}},
              {{"filename": "foo-2.tar.gz", "url": "https://u:p@f.example/foo-2.tar.gz", "requires-python": null, "yanked": null}},
              {{"filename": "foo-3.tar.gz", "url": "x", "yanked": ""}}, {{"filename": "foo-2.tar.gz", "url": "second"}}, {{"filename": "../x", "url": "x"}}]}}"#,
            hash.to_uppercase()
        );
        let page = page("application/vnd.pypi.simple.v1+json", &text).unwrap();
        assert_eq!((page.serial, page.status.as_str(), page.files.len()), (17, "archived", 3));
        assert!(!page.files["foo-3.tar.gz"].yanked);
        let one = &page.files["foo-1.tar.gz"];
        assert_eq!(one.url, "https://a.example/f/foo-1.tar.gz");
        assert_eq!((one.sha256.as_deref(), one.size), (Some(hash.as_str()), Some(5)));
        assert_eq!((one.yanked, one.yanked_reason.as_deref()), (true, Some("broken")));
        assert_eq!(one.upload_time.unwrap().to_string(), "2024-01-02T03:04:05Z");
        let two = &page.files["foo-2.tar.gz"];
        assert_eq!((two.url.as_str(), two.yanked, &two.sha256), ("https://f.example/foo-2.tar.gz", false, &None));
    }

    #[test]
    fn html_says_as_much_as_it_can() {
        let hash = "cd".repeat(32);
        let text = format!(
            r#"<meta name="pypi:project-status" content="quarantined"><base href="/files/">
            <a href="foo-1%2Bx.tar.gz#sha256={hash}" data-requires-python="&gt;=3.9" data-yanked="">foo-1+x.tar.gz</a>
            <a href="foo-2.tar.gz#md5=00">foo-2.tar.gz</a> <a>nothing</a>"#
        );
        let page = page("text/html; charset=utf-8", &text).unwrap();
        assert_eq!((page.status.as_str(), page.files.len()), ("quarantined", 2));
        let one = &page.files["foo-1+x.tar.gz"];
        assert_eq!(one.url, "https://a.example/files/foo-1%2Bx.tar.gz");
        assert_eq!((one.sha256.as_deref(), one.requires_python.as_deref()), (Some(hash.as_str()), Some(">=3.9")));
        assert_eq!((one.yanked, &one.yanked_reason), (true, &None));
        assert_eq!(page.files["foo-2.tar.gz"].sha256, None);
    }

    #[test]
    fn what_is_not_a_page_is_an_error_that_names_it() {
        for (content_type, text) in [
            ("application/json", "{"),
            ("application/json", r#"{"meta": {"api-version": "2.0"}, "files": []}"#),
            ("application/json", r#"{"files": [{"url": "x"}]}"#),
            ("image/png", ""),
        ] {
            let error = page(content_type, text).unwrap_err();
            assert!(error.to_string().starts_with("https://a.example/simple/foo/: "), "{error}");
        }
    }

    #[test]
    fn roots_are_read_in_both_forms() {
        let read = |content_type, text: &str| Body { url: &url(), content_type, bytes: text.as_bytes() }.names().unwrap();
        let json = r#"{"meta": {"_last-serial": 9}, "projects": [{"name": "Foo", "_last-serial": 3}, {"name": "bar"}]}"#;
        let names = read("application/json", json);
        assert_eq!(names, Names { projects: vec![("Foo".into(), Some(3)), ("bar".into(), None)], serial: Some(9) });
        assert_eq!(read("text/html", "<a href='x/'>Foo</a>").projects, [("Foo".into(), None)]);
    }
}
