//! An index that speaks the Simple API over HTTP.

use std::sync::Arc;

use futures::TryStreamExt;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap};
use url::Url;

use crate::http::{Fetched, Get, Http, Login, exchange};
use crate::page::{Answer, Body, Names};
use crate::{Error, Mirror, Progress};

/// JSON is what we want; HTML is what an old server has.
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// The most bytes of a file whose size the index does not tell.
const FILE_LIMIT: u64 = 4 << 30;

/// A Simple API index.
pub struct Index {
    http: Arc<Http>,
    url: Url,
    login: Option<Login>,
}

impl Index {
    /// The index at `url`, which ends in a slash; credentials in it are sent to its own origin alone.
    pub fn new(http: Arc<Http>, mut url: Url) -> Self {
        let user = decode(url.username());
        let login = (!user.is_empty()).then(|| Login { user, password: url.password().map(decode) });
        // Both fail only where a URL has no host, and then it is not HTTP.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self { http, url, login }
    }

    /// The projects it has.
    pub async fn names(&self) -> Result<Names, Error> {
        let fetched = self.fetch(&self.url, None).await?;
        match fetched.status {
            200 => body(&fetched).names(),
            status => Err(Error::Status { url: self.url.to_string(), status, retry_after: None }),
        }
    }

    /// What it says of a project (normalized name), in one request; conditional where a validator is known.
    pub async fn project(&self, project: &str, etag: Option<&str>) -> Result<Answer, Error> {
        let url = self.url.join(&format!("{project}/")).map_err(|e| Error::Page { url: self.url.to_string(), what: e.to_string() })?;
        let fetched = self.fetch(&url, etag).await?;
        match fetched.status {
            304 => Ok(Answer::Unchanged),
            200 => {
                let mut page = body(&fetched).page()?;
                if page.serial == 0 {
                    page.serial = header(&fetched.headers, "x-pypi-last-serial").and_then(|text| text.parse().ok()).unwrap_or(0);
                }
                page.etag = header(&fetched.headers, ETAG.as_str()).map(str::to_owned);
                Ok(Answer::Page(page))
            }
            _ => Ok(Answer::Missing),
        }
    }

    /// Mirrors a file; gives its size.
    pub(crate) async fn download(
        &self,
        url: &str,
        sha256: &str,
        size: Option<u64>,
        mirror: &Mirror,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let parsed = Url::parse(url).map_err(|e| Error::Page { url: url.to_owned(), what: e.to_string() })?;
        let get = Get { url: &parsed, accept: "*/*", etag: None, login: self.login_for(&parsed) };
        let limit = size.unwrap_or(FILE_LIMIT);
        let take = |response: reqwest::Response| {
            let chunks = response.bytes_stream().map_err(|e| exchange(&parsed, e));
            mirror.store(sha256, url, limit, chunks.inspect_ok(|chunk| progress.bytes(chunk.len() as u64)))
        };
        self.http.file(get, take).await
    }

    /// How large the server says a file is; none where it does not say, or cannot be asked: fetching will tell why.
    pub(crate) async fn size(&self, url: &str) -> Option<u64> {
        let url = Url::parse(url).ok()?;
        let get = Get { url: &url, accept: "*/*", etag: None, login: self.login_for(&url) };
        self.http.length(get).await.ok().flatten()
    }

    async fn fetch(&self, url: &Url, etag: Option<&str>) -> Result<Fetched, Error> {
        self.http.page(Get { url, accept: ACCEPT, etag, login: self.login_for(url) }).await
    }

    fn login_for(&self, url: &Url) -> Option<&Login> {
        self.login.as_ref().filter(|_| url.origin() == self.url.origin())
    }
}

fn body(fetched: &Fetched) -> Body<'_> {
    Body { url: &fetched.url, content_type: header(&fetched.headers, CONTENT_TYPE.as_str()).unwrap_or_default(), bytes: &fetched.body }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A URL's user or password without percent-encoding. What means more to a form than to them is encoded first.
fn decode(text: &str) -> String {
    let text = text.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_to_the_index_alone() {
        let http = Arc::new(Http::new(crate::Options::default()).unwrap());
        let index = Index::new(http, Url::parse("https://me:p%40s+s=%26&@a.example/simple/").unwrap());
        assert_eq!(index.url.as_str(), "https://a.example/simple/");
        let login = index.login_for(&Url::parse("https://a.example/files/x").unwrap()).unwrap();
        assert_eq!((login.user.as_str(), login.password.as_deref()), ("me", Some("p@s+s=&&")));
        for other in ["https://b.example/x", "http://a.example/x", "https://a.example:444/x"] {
            assert!(index.login_for(&Url::parse(other).unwrap()).is_none());
        }
    }
}
