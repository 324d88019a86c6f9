//! The bare sum: inflate, hash and parse, each by the best that there is, and nothing else.
//!
//! Members of nested archives are not in it: the least that a scan could do is to read what the artifact itself holds.

use std::collections::HashSet;
use std::io::{self, Read};

use census_extract::{Format, format};
use census_model::id;
use libdeflater::Decompressor;
use ruff_python_ast::PySourceType;
use ruff_python_parser::ParseOptions;
use zip::{CompressionMethod, ZipArchive};

use crate::clock::{Cost, Watch};
use crate::corpus::{Artifact, Packing};
use crate::error::Error;

/// What the bare sum came to, over all artifacts.
#[derive(Debug, Default)]
pub(crate) struct Bare {
    pub(crate) inflate: Cost,
    pub(crate) sha256: Cost,
    pub(crate) parse: Cost,
    pub(crate) members: u64,
    pub(crate) bytes_packed: u64,
    pub(crate) bytes_unpacked: u64,
    pub(crate) bytes_python: u64,
    /// Members, or whole archives, that could not be unpacked: no part of the sum.
    pub(crate) unread: u64,
}

impl Bare {
    pub(crate) fn sum(&self) -> Cost {
        self.inflate + self.sha256 + self.parse
    }

    /// Hashes and parses a member; `deep` are the hashes of members that are not to be parsed.
    fn member(&mut self, path: &str, bytes: &[u8], deep: &HashSet<[u8; 32]>) {
        self.members += 1;
        self.bytes_unpacked += bytes.len() as u64;
        let mut watch = Watch::start();
        let sha256 = id::sha256(bytes);
        watch.lap(&mut self.sha256);
        let kind = match format::detect(path, bytes) {
            Format::Python => PySourceType::Python,
            Format::Stub => PySourceType::Stub,
            _ => return,
        };
        if deep.contains(&sha256) {
            return;
        }
        self.bytes_python += bytes.len() as u64;
        watch = Watch::start();
        drop(ruff_python_parser::parse_unchecked(&String::from_utf8_lossy(bytes), ParseOptions::from(kind)));
        watch.lap(&mut self.parse);
    }
}

/// One run over all artifacts, one after another. Reading them from disk is no part of it.
pub(crate) fn run(corpus: &[Artifact], deep: &HashSet<[u8; 32]>) -> Result<Bare, Error> {
    let mut bare = Bare::default();
    let mut inflater = Decompressor::new();
    let mut buffer = Vec::new();
    for artifact in corpus {
        let bytes = artifact.bytes()?;
        bare.bytes_packed += bytes.len() as u64;
        match artifact.packing {
            Packing::Zip => zip(&bytes, &mut inflater, &mut buffer, deep, &mut bare),
            Packing::TarGz => {
                let read = tar_gz(&bytes, &mut buffer, deep, &mut bare);
                bare.unread += u64::from(read.is_err());
            }
        }
    }
    Ok(bare)
}

fn zip(bytes: &[u8], inflater: &mut Decompressor, buffer: &mut Vec<u8>, deep: &HashSet<[u8; 32]>, bare: &mut Bare) {
    let mut watch = Watch::start();
    let Ok(mut archive) = ZipArchive::new(io::Cursor::new(bytes)) else {
        bare.unread += 1;
        return;
    };
    watch.lap(&mut bare.inflate);
    for index in 0..archive.len() {
        watch = Watch::start();
        let unpacked = zip_member(&mut archive, index, bytes, inflater, buffer);
        watch.lap(&mut bare.inflate);
        match unpacked {
            Some((path, content)) if !path.ends_with('/') => bare.member(&path, content, deep),
            Some(_) => {}
            None => bare.unread += 1,
        }
    }
}

/// The path and the content of an entry; none where it cannot be unpacked.
fn zip_member<'a>(
    archive: &mut ZipArchive<io::Cursor<&[u8]>>,
    index: usize,
    bytes: &'a [u8],
    inflater: &mut Decompressor,
    buffer: &'a mut Vec<u8>,
) -> Option<(String, &'a [u8])> {
    let entry = archive.by_index_raw(index).ok()?;
    let start = usize::try_from(entry.data_start()?).ok()?;
    let packed = bytes.get(start..)?.get(..usize::try_from(entry.compressed_size()).ok()?)?;
    let path = entry.name().ok()?.into_owned();
    if entry.compression() == CompressionMethod::Stored {
        return Some((path, packed));
    }
    let size = usize::try_from(entry.size()).ok()?;
    if buffer.len() < size {
        buffer.resize(size, 0);
    }
    let written = inflater.deflate_decompress(packed, &mut buffer[..size]).ok()?;
    Some((path, &buffer[..written]))
}

fn tar_gz(bytes: &[u8], buffer: &mut Vec<u8>, deep: &HashSet<[u8; 32]>, bare: &mut Bare) -> io::Result<()> {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(bytes));
    let mut watch = Watch::start();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?.to_string_lossy().into_owned();
            buffer.clear();
            entry.read_to_end(buffer)?;
            watch.lap(&mut bare.inflate);
            bare.member(&path, buffer, deep);
            watch = Watch::start();
        }
    }
    watch.lap(&mut bare.inflate);
    Ok(())
}
