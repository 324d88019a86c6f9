//! What an archive is, told by its content.

use std::fmt;

use crate::walk::{Place, Step, Walk};
use crate::{Error, ar, single, tar, zip};
use census_model::What;

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Zip: wheels, eggs, old source distributions.
    Zip,
    /// Tar, compressed or not.
    Tar(Compression),
    /// One file, compressed; never an artifact itself.
    Single(Compression),
    /// The outer archive of a Debian package; never an artifact itself.
    Debian,
}

/// How a tar is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Gzip.
    Gzip,
    /// Bzip2.
    Bzip2,
    /// XZ.
    Xz,
    /// Zstandard.
    Zstd,
}

impl Compression {
    /// The first bytes of every stream so compressed; none where there is no compression.
    pub(crate) fn magic(self) -> &'static [u8] {
        match self {
            Self::None => b"",
            Self::Gzip => b"\x1f\x8b",
            Self::Bzip2 => b"BZh",
            Self::Xz => b"\xfd7zXZ\0",
            Self::Zstd => b"\x28\xb5\x2f\xfd",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Zip => "zip",
            Self::Tar(Compression::None) => "tar",
            Self::Tar(Compression::Gzip) => "tar.gz",
            Self::Tar(Compression::Bzip2) => "tar.bz2",
            Self::Tar(Compression::Xz) => "tar.xz",
            Self::Tar(Compression::Zstd) => "tar.zst",
            Self::Single(Compression::None) => "file",
            Self::Single(Compression::Gzip) => "gz",
            Self::Single(Compression::Bzip2) => "bz2",
            Self::Single(Compression::Xz) => "xz",
            Self::Single(Compression::Zstd) => "zst",
            Self::Debian => "deb",
        })
    }
}

/// Archives that are known and not read.
const UNSUPPORTED: [(&[u8], &str); 5] = [
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\xed\xab\xee\xdb", "rpm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "msi"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
];

impl Container {
    /// Tells what bytes are by their beginning or, for a zip with something before it, their end.
    pub(crate) fn detect(bytes: &[u8]) -> Result<Self, Error> {
        if let Some(container) = Self::by_beginning(bytes) {
            return Ok(container);
        }
        if zip::has_index(bytes) {
            return Ok(Self::Zip);
        }
        match UNSUPPORTED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            Some((_, kind)) => Err(Error::Unsupported { kind }),
            None => Err(Error::Unknown { begin: bytes[..bytes.len().min(8)].to_vec() }),
        }
    }

    /// Tells what bytes are by their beginning.
    fn by_beginning(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        let packed = [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Zstd];
        let compression = packed.into_iter().find(|compression| bytes.starts_with(compression.magic()));
        compression.or(tar::is_header(bytes).then_some(Compression::None)).map(Self::Tar)
    }

    /// Reads the archive's members.
    pub(crate) fn read(self, walk: &mut Walk<'_>, place: &Place<'_>, bytes: &[u8]) -> Step {
        match self {
            Self::Zip => zip::read(walk, place, bytes),
            Self::Single(compression) => single::read(walk, place, bytes, compression),
            Self::Debian => ar::read(walk, place, bytes),
            Self::Tar(compression) => {
                tar::read(walk, place, bytes, compression)?;
                // Installers look for a zip's index first: what is both is unpacked by them as a zip.
                if zip::ends_with_index(bytes) {
                    walk.gap_of_archive(place, What::Ambiguous, bytes.len() as u64);
                }
                Ok(())
            }
        }
    }
}

/// Extensions of files that are read inside, where their content agrees.
const ZIPS: [&str; 16] =
    [".whl", ".zip", ".egg", ".jar", ".war", ".ear", ".aar", ".apk", ".nupkg", ".vsix", ".xpi", ".crx", ".pyz", ".pyzw", ".pex", ".conda"];
const TARS: [&str; 13] =
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.zstd", ".crate", ".gem"];
const SINGLES: [&str; 5] = [".gz", ".bz2", ".xz", ".zst", ".zstd"];
const DEBIANS: [&str; 3] = [".deb", ".udeb", ".ipk"];

/// Beginnings of programs, which may have an archive at their end that they read themselves.
const PROGRAMS: [&[u8]; 3] = [b"MZ", b"\x7fELF", b"#!"];

/// Archives that are never read inside, by content alone.
const SEALED: [&[u8]; 5] = [b"\xed\xab\xee\xdb", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF\0\0\0\0", b"xar!\0\x1c"];

/// What is inside a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    /// Nothing that is looked for.
    Nothing,
    /// An archive that is read.
    Archive(Container),
    /// An archive that is not read.
    Sealed,
}

/// What is inside a member: an archive both by its name and by its content, a program that carries one, or one that is not read.
pub(crate) fn nested(path: &str, bytes: &[u8]) -> Inside {
    let ends = |extension: &&str| {
        let start = path.len().checked_sub(extension.len());
        start.and_then(|start| path.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    if SEALED.iter().any(|magic| bytes.starts_with(magic)) {
        return Inside::Sealed;
    }
    if PROGRAMS.iter().any(|magic| bytes.starts_with(magic)) && zip::ends_with_index(bytes) {
        return Inside::Archive(Container::Zip);
    }
    let container = if ZIPS.iter().chain(&TARS).any(ends) {
        Container::detect(bytes).ok()
    } else if SINGLES.iter().any(ends) {
        Container::by_beginning(bytes).map(|container| match container {
            Container::Tar(compression) if !single::is_tar(bytes, compression) => Container::Single(compression),
            container => container,
        })
    } else if DEBIANS.iter().any(ends) && ar::is_debian(bytes) {
        Some(Container::Debian)
    } else {
        None
    };
    container.map_or(Inside::Nothing, Inside::Archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_archive_is_one_by_name_and_by_content() {
        let zip = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let archive = |path, bytes| match nested(path, bytes) {
            Inside::Archive(container) => Some(container),
            _ => None,
        };
        assert_eq!(archive("a/B.WHL", zip), Some(Container::Zip));
        assert_eq!(archive("a/b.tar.gz", zip), Some(Container::Zip));
        assert_eq!(archive("a/b.docx", zip), None);
        assert_eq!(archive("a/b.whl", b"text"), None);
        assert_eq!(archive("a.tgz", b"\x1f\x8b\x08"), Some(Container::Tar(Compression::Gzip)));
        assert_eq!(archive("a.json.gz", b"\x1f\x8b\x08"), Some(Container::Single(Compression::Gzip)));
        assert_eq!(archive("a.deb", b"!<arch>\ndebian-binary   "), Some(Container::Debian));
        assert_eq!(archive("a.a", b"!<arch>\ndebian-binary   "), None);
        assert_eq!(archive("é", zip), None);
        assert_eq!(nested("data.bin", b"7z\xbc\xaf\x27\x1c\0\x04"), Inside::Sealed);
    }

    #[test]
    fn what_is_not_read_is_named() {
        assert_eq!(Container::detect(b"\x1f\x9d\x90"), Err(Error::Unsupported { kind: "compress (.Z)" }));
        assert_eq!(Container::detect(b"hello"), Err(Error::Unknown { begin: b"hello".to_vec() }));
    }
}
