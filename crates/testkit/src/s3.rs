//! An S3 server on loopback: moto, in a Python that has it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Answers one request after another: a conditional write is then as atomic as S3's.
const SERVER: &str = r#"
import sys, threading, urllib.request
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server, WSGIRequestHandler
WSGIRequestHandler.log = lambda *_: None
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
make = urllib.request.Request(f"http://127.0.0.1:{server.port}/census", method="PUT")
urllib.request.build_opener(urllib.request.ProxyHandler({})).open(make)
print(server.port, flush=True)
sys.stdin.read()
"#;

/// The server, which ends with this.
pub struct Server {
    port: u16,
    process: Child,
    _alive: ChildStdin,
}

impl Server {
    /// The one bucket.
    pub const BUCKET: &str = "census";

    /// A server with an empty bucket; where there can be none, why.
    pub fn start() -> Result<Self, String> {
        let python = python();
        let mut command = Command::new(&python);
        command.args(["-c", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("{}: {error} (`make test` installs it)", python.display()))?;
        let (stdin, stdout) = (process.stdin.take(), process.stdout.take());
        let mut line = String::new();
        if let Some(stdout) = stdout {
            let _ = BufReader::new(stdout).read_line(&mut line); // Where it says nothing, its error output tells why.
        }
        if let (Ok(port), Some(alive)) = (line.trim().parse(), stdin) {
            return Ok(Self { port, process, _alive: alive });
        }
        let output = process.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!("{}: {}", python.display(), said.lines().last().unwrap_or("no S3 server")))
    }

    /// The environment that leads an S3 client here.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ALLOW_HTTP", "true".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]
    }

    /// Its URL.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may have ended before.
        let _ = self.process.wait();
    }
}

/// `CENSUS_PYTHON`, else the Python of the tests, which `make test` makes.
fn python() -> PathBuf {
    let own = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/census/venv/bin/python");
    std::env::var_os("CENSUS_PYTHON").map_or_else(own, PathBuf::from)
}
