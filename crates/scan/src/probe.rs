//! The pool's own parsers of what a worker says, for tests that feed them what no worker would.

use crate::channel::{self, MAX_REPLY, Tag};
use crate::{Scanned, check, wire};

/// The project that [`rows`] and [`accepts`] speak of.
const PROJECT: &str = "demo";

/// The rows of a wheel of bytes as a worker sends them.
pub fn rows(wheel: &[u8]) -> Vec<u8> {
    let scanned = crate::scan_bytes(PROJECT, "demo-1.0-py3-none-any.whl", wheel, &census_artifact::Limits::default());
    wire::encode(&scanned).expect("rows that a table holds")
}

/// The rows that the pool makes of such bytes, where they can be true of the artifact with this SHA-256.
pub fn accepts(bytes: Vec<u8>, sha256: &str) -> Option<Scanned> {
    let scanned = wire::decode(bytes).ok()?;
    check::check(&scanned, PROJECT, sha256).is_ok().then_some(scanned)
}

/// A frame of rows.
pub fn frame(rows: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    channel::send(&mut out, Tag::Rows, rows).expect("memory takes every write");
    out
}

/// What the pool takes out of a frame.
pub fn receives(mut bytes: &[u8]) -> Option<Vec<u8>> {
    channel::receive(&mut bytes, MAX_REPLY).ok().map(|(_, bytes)| bytes)
}
