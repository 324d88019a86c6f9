//! Archives cut at every place and with every bit of their headers flipped: none may pass for whole.

use super::tars::PACKED;
use super::{End, Kit};
use crate::package::tar::{Archive as Tar, Compression, Entry as File};
use crate::package::zip::{Archive, Entry, Method};

const NAMES: [&str; 3] = ["h/a.py", "h/b.txt", "h/c.sh"];
const TEXTS: [&str; 3] = ["import os\nos.getcwd()\n", "some words\n", "#!/bin/sh\nchmod 755 x\n"];

fn sums() -> Vec<[u8; 32]> {
    use sha2::Digest as _;
    TEXTS.iter().map(|text| sha2::Sha256::digest(text).into()).collect()
}

fn tar() -> Vec<u8> {
    NAMES.iter().zip(TEXTS).fold(Tar::new(), |archive, (name, text)| archive.entry(File::new(name, text))).build()
}

fn zip(entry: impl Fn(Entry) -> Entry) -> Vec<u8> {
    NAMES.iter().zip(TEXTS).fold(Archive::new(), |archive, (name, text)| archive.entry(entry(Entry::new(name, text)))).build()
}

/// Every archive to cut and to flip: its name, its file's name, its bytes, and how many of its last bytes fill it up.
fn archives() -> Vec<(String, &'static str, Vec<u8>, usize)> {
    let wheel = "hostile-1.0-py3-none-any.whl";
    let mut all: Vec<_> =
        Method::ALL.iter().map(|&method| (format!("{method:?}").to_lowercase(), wheel, zip(|e| e.method(method)), 0)).collect();
    all.push(("descriptor".into(), wheel, zip(|e| e.method(Method::Deflate).descriptor()), 0));
    all.push(("zip64".into(), wheel, zip(|e| e.method(Method::Deflate).zip64()), 0));
    all.push(("tar".into(), "hostile-1.0.tar", tar(), 1024));
    all.extend(PACKED.map(|compression: Compression| (compression.extension().into(), "hostile-1.0.tar.gz", compression.pack(&tar()), 0)));
    all
}

pub(super) fn add(kit: &mut Kit) {
    for (name, filename, bytes, padding) in archives() {
        // A tar's blocks are mostly zeros: every seventh byte of it is enough.
        let step = if name == "tar" { 7 } else { 1 };
        for end in (0..bytes.len() - padding).step_by(step) {
            let bytes = bytes.clone();
            kit.add(format!("cut/{name}/{end}"), filename, End::Told(sums()), move || bytes[..end].to_vec());
        }
        // Headers stand among the data of so small an archive: all of it is flipped, but for data that no checksum covers.
        let covered = |at: &usize| match name.as_str() {
            "tar" => (at / 512).is_multiple_of(2) || *at >= 3072,
            "tar.zst" => false,
            _ => true,
        };
        for at in (0..bytes.len()).step_by(step).filter(covered) {
            let bytes = bytes.clone();
            let bit = 1 << (at % 8);
            kit.add(format!("flip/{name}/{at}"), filename, End::Told(sums()), move || {
                let mut bytes = bytes.clone();
                bytes[at] ^= bit;
                bytes
            });
        }
    }
}
