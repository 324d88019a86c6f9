//! A Simple API index on the loopback interface over a population that a test can change, with faults on request and a record of
//! what was asked.
//!
//! ```
//! use census_testkit::index::Index;
//! use census_testkit::package::Wheel;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let index = Index::start().await;
//! index.put("demo", Wheel::new("demo", "1.0").build());
//! assert!(index.url().starts_with("http://127.0.0.1:"));
//! assert!(index.requests().is_empty());
//! # });
//! ```

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request as HttpRequest;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use census_model::name::normalize;
use futures::stream;
use serde_json::{Value, json};

use crate::package::{Built, sha256_hex};

/// What goes wrong with one answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Status 429, with `Retry-After` in seconds.
    TooMany(u64),
    /// This status, and no more.
    Status(u16),
    /// The connection breaks before the body comes.
    Reset,
    /// The connection breaks half way through the body.
    Truncated,
    /// The body comes with its last byte changed.
    Changed,
    /// The body is this text instead, of the same type.
    Body(&'static str),
    /// The answer comes late.
    Slow(Duration),
}

/// A file that the index lists.
#[derive(Clone, Debug)]
pub struct Served {
    /// The file.
    pub built: Built,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// Why it is yanked, where it is; empty where no reason was given.
    pub yanked: Option<String>,
    /// RFC 3339.
    pub upload_time: String,
}

/// A project of the index.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its status (PEP 792).
    pub status: String,
    /// The serial of its last change.
    pub serial: i64,
    /// Its files, in the order they were put.
    pub files: Vec<Served>,
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path, query left out.
    pub path: String,
    /// Whether it was conditional.
    pub conditional: bool,
    /// The status it was answered with.
    pub status: u16,
    /// The User-Agent.
    pub agent: String,
    /// Whether it brought credentials.
    pub authorized: bool,
}

/// How the index differs from one that tells everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// It knows only HTML.
    pub html: bool,
    /// It leaves out every optional key, and writes the serial as a string.
    pub terse: bool,
    /// It sends no validators.
    pub no_etags: bool,
}

#[derive(Default)]
struct State {
    projects: BTreeMap<String, Project>,
    texts: HashMap<String, (String, String)>,
    manners: Manners,
    serial: i64,
    faults: Vec<(String, VecDeque<Fault>)>,
    log: Vec<Request>,
}

/// The index. It stops when it is dropped.
pub struct Index {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Index {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Index {
    /// Starts an empty index on a free port of the loopback interface, within the current runtime.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port on the loopback interface");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let app = Router::new().fallback(move |request: HttpRequest| answer(shared.clone(), request));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("serving a bound listener does not end") });
        Self { address, state, server }
    }

    /// The URL of its root page.
    pub fn url(&self) -> String {
        self.at("/simple/")
    }

    /// The URL of a path.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets its manners.
    pub fn manners(&self, manners: Manners) {
        self.lock().manners = manners;
    }

    /// Lists a file, uploaded a minute after the one before.
    pub fn put(&self, project: &str, built: Built) {
        self.edit(project, |project| {
            let upload_time = format!("2026-01-01T00:{:02}:00.000000Z", project.files.len() % 60);
            project.files.push(Served { built, requires_python: None, yanked: None, upload_time });
        });
    }

    /// Changes a project, which comes to be where it is not there, and moves the serial.
    pub fn edit(&self, project: &str, change: impl FnOnce(&mut Project)) {
        let mut state = self.lock();
        state.serial += 1;
        let serial = state.serial;
        let new = || Project { status: "active".to_owned(), serial, files: vec![] };
        let project = state.projects.entry(normalize(project)).or_insert_with(new);
        project.serial = serial;
        change(project);
    }

    /// Takes a project away.
    pub fn delete(&self, project: &str) {
        let mut state = self.lock();
        state.serial += 1;
        state.projects.remove(&normalize(project));
    }

    /// Serves a text under a path that is not the index's own: a ranking, an advisory list.
    pub fn put_text(&self, path: &str, content_type: &str, text: &str) {
        self.lock().texts.insert(path.to_owned(), (content_type.to_owned(), text.to_owned()));
    }

    /// Lets the next answers to paths that contain `part` go wrong, one fault each.
    pub fn fault(&self, part: &str, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.push((part.to_owned(), faults.into_iter().collect()));
    }

    /// The requests so far, in the order they were answered.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().log.clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.lock().log.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no test panics while it holds the lock")
}

/// An answer before it is sent.
struct Reply {
    status: u16,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn status(status: u16) -> Self {
        Self { status, headers: vec![], body: vec![] }
    }

    fn new(content_type: &str, body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![(CONTENT_TYPE, content_type.to_owned())], body }
    }

    fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

async fn answer(state: Arc<Mutex<State>>, request: HttpRequest) -> Response {
    let (path, headers) = (request.uri().path().to_owned(), request.headers());
    let (mut reply, fault) = {
        let mut state = lock(&state);
        let mut reply = state.reply(&path, headers);
        let fault = state.faults.iter_mut().filter(|(part, _)| path.contains(part.as_str())).find_map(|(_, faults)| faults.pop_front());
        match &fault {
            Some(Fault::TooMany(seconds)) => reply = Reply::status(429).with(RETRY_AFTER, seconds.to_string()),
            Some(Fault::Status(status)) => reply = Reply::status(*status),
            Some(Fault::Changed) => *reply.body.last_mut().expect("a body to change") ^= 1,
            Some(Fault::Body(text)) => reply.body = text.as_bytes().to_vec(),
            _ => {}
        }
        state.log.push(Request {
            path,
            conditional: headers.contains_key(IF_NONE_MATCH),
            status: reply.status,
            agent: text(headers, &USER_AGENT).to_owned(),
            authorized: headers.contains_key(AUTHORIZATION),
        });
        (reply, fault)
    };
    let length = reply.body.len();
    let body = match fault {
        Some(Fault::Reset) => broken(vec![]),
        Some(Fault::Truncated) => broken(reply.body.drain(..length / 2).collect()),
        Some(Fault::Slow(delay)) => {
            tokio::time::sleep(delay).await;
            Body::from(reply.body)
        }
        _ => Body::from(reply.body),
    };
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).expect("a status of three digits"));
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    if reply.status == 200 {
        response = response.header(CONTENT_LENGTH, length);
    }
    response.body(body).expect("headers made from plain text")
}

/// A body that breaks off after `start`: the connection is closed before the length that was promised.
fn broken(start: Vec<u8>) -> Body {
    let end = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let start = (!start.is_empty()).then(|| Ok(Bytes::from(start)));
    Body::from_stream(stream::iter(start.into_iter().chain([Err(end)])))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl State {
    fn reply(&self, path: &str, headers: &HeaderMap) -> Reply {
        if let Some((content_type, text)) = self.texts.get(path) {
            return Reply::new(content_type, text.as_bytes().to_vec());
        }
        if let Some(rest) = path.strip_prefix("/files/") {
            let mut files = self.projects.values().flat_map(|project| &project.files);
            let file = files.find(|file| rest.starts_with(&file.built.sha256));
            return file.map_or(Reply::status(404), |file| Reply::new("application/octet-stream", file.built.bytes.clone()));
        }
        let Some(name) = path.strip_prefix("/simple/") else { return Reply::status(404) };
        let normalized = normalize(name.trim_end_matches('/'));
        if !name.is_empty() && name != format!("{normalized}/") {
            return Reply::status(301).with(LOCATION, format!("/simple/{normalized}/"));
        }
        let json = !self.manners.html && text(headers, &ACCEPT).contains("json");
        let (serial, body) = if name.is_empty() {
            (self.serial, if json { self.json_root() } else { self.html_root() })
        } else {
            let Some(project) = self.projects.get(&normalized) else { return Reply::status(404) };
            (project.serial, if json { self.json_page(&normalized, project) } else { self.html_page(project) })
        };
        let content_type = if json { "application/vnd.pypi.simple.v1+json" } else { "text/html; charset=utf-8" };
        let mut reply = Reply::new(content_type, body.into_bytes());
        if !self.manners.terse && !self.manners.html {
            reply = reply.with(HeaderName::from_static("x-pypi-last-serial"), serial.to_string());
        }
        if self.manners.no_etags {
            return reply;
        }
        let etag = format!("\"{}\"", &sha256_hex(&reply.body)[..16]);
        if text(headers, &IF_NONE_MATCH) == etag { Reply::status(304).with(ETAG, etag) } else { reply.with(ETAG, etag) }
    }

    fn json_root(&self) -> String {
        let name = |(name, project): (&String, &Project)| {
            let mut entry = json!({"name": name});
            if !self.manners.terse {
                entry["_last-serial"] = json!(project.serial);
            }
            entry
        };
        let listed = self.projects.iter().filter(|(_, project)| project.status != "quarantined");
        let projects: Vec<Value> = listed.map(name).collect();
        json!({"meta": {"api-version": "1.4", "_last-serial": self.serial}, "projects": projects}).to_string()
    }

    fn html_root(&self) -> String {
        self.projects.keys().fold("<!DOCTYPE html>\n".to_owned(), |mut page, name| {
            let _ = writeln!(page, "<a href=\"/simple/{name}/\">{name}</a><br>");
            page
        })
    }

    fn json_page(&self, name: &str, project: &Project) -> String {
        let quarantined = project.status == "quarantined";
        let files: Vec<Value> = project.files.iter().filter(|_| !quarantined).map(|file| self.json_file(file)).collect();
        let mut page = json!({"meta": {"api-version": "1.0", "_last-serial": project.serial.to_string()}, "name": name, "files": files});
        if !self.manners.terse {
            page["meta"] = json!({"api-version": "1.4", "_last-serial": project.serial});
            page["project-status"] = json!({"status": project.status});
        }
        page.to_string()
    }

    fn json_file(&self, file: &Served) -> Value {
        let Built { filename, bytes, sha256 } = &file.built;
        let mut value = json!({"filename": filename, "url": format!("/files/{sha256}/{filename}"), "hashes": {"sha256": sha256}});
        if !self.manners.terse {
            value["size"] = json!(bytes.len());
            value["upload-time"] = json!(file.upload_time);
            value["requires-python"] = json!(file.requires_python);
            value["core-metadata"] = json!(false);
            value["data-dist-info-metadata"] = json!(false);
            value["provenance"] = Value::Null;
            value["yanked"] = match file.yanked.as_deref() {
                None => json!(false),
                Some("") => json!(true),
                Some(reason) => json!(reason),
            };
        }
        value
    }

    fn html_page(&self, project: &Project) -> String {
        let mut page = format!("<!DOCTYPE html>\n<meta name=\"pypi:project-status\" content=\"{}\">\n", project.status);
        for file in project.files.iter().filter(|_| project.status != "quarantined") {
            let Built { filename, sha256, .. } = &file.built;
            let _ = write!(page, "<a href=\"../../files/{sha256}/{filename}#sha256={sha256}\"");
            if let Some(requires) = file.requires_python.as_deref().filter(|_| !self.manners.terse) {
                let _ = write!(page, " data-requires-python=\"{}\"", requires.replace('<', "&lt;").replace('>', "&gt;"));
            }
            if let Some(reason) = &file.yanked {
                let _ = write!(page, " data-yanked=\"{reason}\"");
            }
            let _ = writeln!(page, ">{filename}</a><br>");
        }
        page
    }
}
