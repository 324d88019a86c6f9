//! HTTP as an index's operators would have it: one User-Agent with a contact, bounded requests, patience where it is asked for.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, HeaderMap, IF_NONE_MATCH, RETRY_AFTER};
use tokio::sync::Semaphore;
use url::Url;

use crate::Error;
use crate::error::Retry;

/// The most bytes of a page or a ranking, unpacked. The list of all projects has some 40 MB.
const PAGE_LIMIT: u64 = 256 << 20;

/// The longest that a `Retry-After` is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

/// The longest pause between tries that nobody asked for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How to speak HTTP.
#[derive(Clone, Debug)]
pub struct Options {
    /// An address or URL for the User-Agent.
    pub contact: Option<String>,
    /// Bundles of certificates to trust besides the system's.
    pub certificates: Vec<PathBuf>,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Tries of one request.
    pub tries: u32,
    /// The pause after the first try; it doubles with each.
    pub backoff: Duration,
    /// How long a connection, or the next bytes of a body, may take.
    pub timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let (backoff, timeout) = (Duration::from_millis(500), Duration::from_mins(1));
        Self { contact: None, certificates: vec![], concurrency: 8, tries: 5, backoff, timeout }
    }
}

/// A user name and a password.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Option<String>,
}

/// What to get.
#[derive(Clone, Copy)]
pub(crate) struct Get<'a> {
    pub(crate) url: &'a Url,
    pub(crate) accept: &'a str,
    pub(crate) etag: Option<&'a str>,
    pub(crate) login: Option<&'a Login>,
}

/// A page that came.
pub(crate) struct Fetched {
    /// 200, 304, 404 or 410.
    pub(crate) status: u16,
    /// After redirects.
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The HTTP client of a crawl. It counts its requests and never has more under way than it may.
pub struct Http {
    pages: reqwest::Client,
    /// Apart, since a file must come as it is: some servers call a `.tar.gz` a compressed `.tar`.
    files: reqwest::Client,
    options: Options,
    permits: Semaphore,
    requests: AtomicU64,
}

impl Http {
    /// A client with these options.
    pub fn new(options: Options) -> Result<Self, Error> {
        // Another part of the process may have installed a provider already: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Self {
            pages: builder(&options)?.build().map_err(Error::Client)?,
            files: builder(&options)?.no_gzip().build().map_err(Error::Client)?,
            permits: Semaphore::new(options.concurrency.max(1)),
            requests: AtomicU64::new(0),
            options,
        })
    }

    /// How many requests were made, tries again included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// A page, tried again where that can help.
    pub(crate) async fn page(&self, get: Get<'_>) -> Result<Fetched, Error> {
        self.retry(|| async move {
            let response = self.send(&self.pages, Method::GET, get).await?;
            let (status, url, headers) = (response.status().as_u16(), response.url().clone(), response.headers().clone());
            let mut body = Vec::new();
            let mut chunks = pin!(response.bytes_stream());
            while let Some(chunk) = chunks.try_next().await.map_err(|e| exchange(get.url, e))? {
                if (body.len() + chunk.len()) as u64 > PAGE_LIMIT {
                    return Err(Error::TooLarge { url: shown(get.url), limit: PAGE_LIMIT });
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Fetched { status, url, headers, body })
        })
        .await
    }

    /// A file: `take` receives each try's response and makes of it what it will.
    pub(crate) async fn file<T, F: Future<Output = Result<T, Error>>>(
        &self,
        get: Get<'_>,
        take: impl Fn(reqwest::Response) -> F,
    ) -> Result<T, Error> {
        let take = &take;
        self.retry(|| async move {
            let response = self.send(&self.files, Method::GET, get).await?;
            match response.status().as_u16() {
                200 => take(response).await,
                status => Err(Error::Status { url: shown(get.url), status, retry_after: None }),
            }
        })
        .await
    }

    /// The length that the server tells of a file without sending it.
    pub(crate) async fn length(&self, get: Get<'_>) -> Result<Option<u64>, Error> {
        self.retry(|| async move {
            let response = self.send(&self.files, Method::HEAD, get).await?;
            let length = response.headers().get(CONTENT_LENGTH).filter(|_| response.status() == 200);
            Ok(length.and_then(|length| length.to_str().ok()?.parse().ok()))
        })
        .await
    }

    async fn send(&self, client: &reqwest::Client, method: Method, get: Get<'_>) -> Result<reqwest::Response, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut request = client.request(method, get.url.clone()).header(ACCEPT, get.accept);
        if let Some(etag) = get.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(login) = get.login {
            request = request.basic_auth(&login.user, login.password.as_ref());
        }
        let response = request.send().await.map_err(|e| exchange(get.url, e))?;
        match response.status().as_u16() {
            200 | 304 | 404 | 410 => Ok(response),
            status => Err(Error::Status { url: shown(get.url), status, retry_after: retry_after(response.headers()) }),
        }
    }

    async fn retry<T, F: Future<Output = Result<T, Error>>>(&self, once: impl Fn() -> F) -> Result<T, Error> {
        let mut tries = 0;
        loop {
            tries += 1;
            let result = {
                let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
                once().await
            };
            let Err(error) = result else { return result };
            let pause = match error.retry() {
                _ if tries >= self.options.tries => return Err(error),
                Retry::After(asked) if asked <= PATIENCE => asked,
                Retry::Soon => pause(self.options.backoff, tries),
                Retry::Never | Retry::After(_) => return Err(error),
            };
            tracing::debug!(%error, ?pause, "trying again");
            tokio::time::sleep(pause).await;
        }
    }
}

fn builder(options: &Options) -> Result<reqwest::ClientBuilder, Error> {
    let contact = options.contact.as_ref().map(|contact| format!(" ({contact})")).unwrap_or_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(format!("census/{}{contact}", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.timeout)
        .read_timeout(options.timeout);
    for path in &options.certificates {
        let pem = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let bundle = reqwest::Certificate::from_pem_bundle(&pem);
        builder = builder.tls_certs_merge(bundle.map_err(|source| Error::Certificates { path: path.clone(), source })?);
    }
    Ok(builder)
}

pub(crate) fn exchange(url: &Url, source: reqwest::Error) -> Error {
    Error::Exchange { url: shown(url), source: source.without_url() }
}

/// A URL as errors and rows show it: without credentials.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only where a URL has no host, and then it has no credentials either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// What `Retry-After` asks for: seconds, or until a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some((until.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
}

/// The pause after so many tries: doubled each time, and between half and whole of that by chance, so that clients that failed
/// together do not come back together.
fn pause(backoff: Duration, tries: u32) -> Duration {
    let whole = backoff.saturating_mul(2u32.saturating_pow(tries - 1)).min(LONGEST_PAUSE);
    let chance = RandomState::new().build_hasher().finish() % 1000;
    whole / 2 + whole / 2 * u32::try_from(chance).unwrap_or_default() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_within_bounds() {
        let base = Duration::from_millis(100);
        for tries in 1..40 {
            let whole = base.saturating_mul(2u32.saturating_pow(tries - 1)).min(LONGEST_PAUSE);
            let pause = pause(base, tries);
            assert!(pause >= whole / 2 && pause <= whole, "{tries}: {pause:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]));
        assert_eq!(read("120"), Some(Duration::from_mins(2)));
        assert_eq!(read("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let soon = (chrono::Utc::now() + chrono::Duration::seconds(60)).to_rfc2822();
        assert!(read(&soon).is_some_and(|d| d.as_secs() > 50 && d.as_secs() <= 60));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn credentials_are_not_shown() {
        assert_eq!(shown(&Url::parse("https://me:secret@a.example/x").unwrap()), "https://a.example/x");
    }
}
