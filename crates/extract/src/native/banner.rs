//! What libraries write of themselves into whatever they are linked into: their name, and often their version.
//!
//! A table of data. Each needle is peculiar to the library itself: what merely asks for a library, or checks its version while it
//! runs, has other texts. A library that names itself nowhere (FreeType, protobuf, zstd) is known by a text that only it has; its
//! version is then unsaid, unless the one lone text of the file that can be it is there.

/// How the version of a library stands in the binary.
pub(super) enum Version {
    /// Directly behind the needle, followed by this: `#` stands for a digit, `~` for a hexadecimal one, a blank for some.
    After(&'static str),
    /// Directly behind the needle, less this first part of it.
    AfterMajor(&'static str),
    /// Directly before the needle, as the beginning of a text; followed by this.
    Before(&'static str),
    /// The needle has it.
    Is(&'static str),
    /// A text of its own somewhere, the only one that begins so and goes on as a version does.
    Alone(&'static [&'static str]),
    /// Nowhere.
    Unsaid,
}

/// What a library writes of itself.
pub(super) struct Banner {
    pub(super) needle: &'static str,
    pub(super) name: &'static str,
    pub(super) version: Version,
}

use Version::{After, AfterMajor, Alone, Before, Is, Unsaid};

const fn banner(name: &'static str, needle: &'static str, version: Version) -> Banner {
    Banner { needle, name, version }
}

/// Every banner that is looked for.
pub(super) const BANNERS: &[Banner] = &[
    // Cryptography and transport.
    banner("openssl", "OpenSSL ", After(" #")),
    banner("boringssl", "(compatible; BoringSSL)", Unsaid),
    banner("libressl", "LibreSSL ", After("")),
    banner("mbedtls", "mbed TLS ", After("")),
    banner("mbedtls", "Mbed TLS ", After("")),
    banner("wolfssl", "wolfSSL ", After("")),
    banner("gnutls", "Enabled GnuTLS ", After("")),
    banner("libgcrypt", "This is Libgcrypt ", After("")),
    banner("libgpg-error", "This is Libgpg-error ", After("")),
    banner("libcurl", "libcurl/", After("")),
    banner("libssh2", "SSH-2.0-libssh2_", After("")),
    banner("libssh", "SSH-2.0-libssh_", After("")),
    banner("krb5", "KRB5_BRAND: krb5-", After("")),
    banner("libgit2", "libgit2 ", After("")),
    banner("libevent", "-stable", Before("\0")),
    banner("libuv", "resource busy or locked", Unsaid),
    banner("nghttp2", "nghttp2_rcbuf.c", Unsaid),
    // Compression.
    banner("zlib", "deflate ", After(" Copyright")),
    banner("zlib", "inflate ", After(" Copyright")),
    banner("bzip2", "1.0.8, 13-Jul-2019", Is("1.0.8")),
    banner("bzip2", "1.0.7, 27-Jun-2019", Is("1.0.7")),
    banner("bzip2", "1.0.6, 6-Sept-2010", Is("1.0.6")),
    banner("bzip2", "1.0.5, 10-Dec-2007", Is("1.0.5")),
    banner("zstd", "Frame requires too much memory for decoding", Alone(&["1.3.", "1.4.", "1.5.", "1.6."])),
    banner("lz4", "ERROR_decompressionFailed", Alone(&["1.8.", "1.9.", "1.10."])),
    banner("libarchive", "libarchive ", After("")),
    banner("lzo", "LZO data compression library", Unsaid),
    banner("minizip", " unzip ", After(" Copyright 1998")),
    // Data.
    banner("sqlite", "malformed database schema (%s)", Alone(&["3."])),
    banner("postgresql", "PostgreSQL ", After(" on ")),
    banner("openldap", "OpenLDAP: libldap ", After("")),
    banner("hdf5", "HDF5 library version ", After("")),
    banner("hdf5", "HDF5 Version: ", After("")),
    banner("expat", "expat_", After("")),
    banner("libxml2", "-GITv", After("")),
    banner("icu", "icudt", After("")),
    banner("protobuf", "[libprotobuf %s %s:%d]", Unsaid),
    banner("geos", "-CAPI-", Before("#")),
    banner("gdal", "GDAL ", After(", released")),
    banner("berkeley-db", "Berkeley DB ", After(":")),
    banner("lmdb", "LMDB ", After(":")),
    // Pictures, sound and type.
    banner("libpng", "libpng version ", After("")),
    banner("libjpeg-turbo", "libjpeg-turbo version ", After("")),
    banner("libtiff", "LIBTIFF, Version ", After("")),
    banner("freetype", "FREETYPE_PROPERTIES", Unsaid),
    banner("ffmpeg", "FFmpeg version ", After("")),
    banner("x264", "x264 - core ", After("")),
    banner("libvpx", "WebM Project VP9 Encoder v", After("")),
    banner("libaom", "AOMedia Project AV1 Encoder v", After("")),
    banner("opus", "libopus ", After("")),
    banner("libvorbis", "Xiph.Org libVorbis I ", After("")),
    banner("libflac", "reference libFLAC ", After("")),
    banner("libsndfile", "libsndfile-", After("")),
    banner("portaudio", "PortAudio V", After("")),
    banner("imagemagick", "ImageMagick ", After(" Q")),
    banner("qt", "Qt ", After(" (")),
    // Numbers and threads.
    banner("openblas", "OpenBLAS ", After("")),
    banner("mkl", "Math Kernel Library Version ", After("")),
    banner("tbb", "oneTBB: VERSION\t\t", After("")),
    banner("llvm-openmp", "LLVM OMP version: ", After("")),
    banner("nccl", "NCCL version ", After("")),
    banner("jemalloc", "-0-g", Before("~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~")),
    banner("boost", "boost_1_", AfterMajor("1.")),
    // Languages.
    banner("lua", "$LuaVersion: Lua ", After("")),
    banner("luajit", "LuaJIT ", After("")),
    banner("cpython", "Fatal Python error: ", Alone(&["3.", "2.7."])),
    banner("v8", "Indicates that V8 is running with experimental features", Unsaid),
];

/// The names of the files, before any version, of libraries that have a banner.
const FILES: &[(&str, &str)] = &[
    ("libssl", "openssl"),
    ("libcrypto", "openssl"),
    ("ssleay32", "openssl"),
    ("libeay32", "openssl"),
    ("libz", "zlib"),
    ("zlib1", "zlib"),
    ("zlib", "zlib"),
    ("libbz2", "bzip2"),
    ("bz2", "bzip2"),
    ("libzstd", "zstd"),
    ("zstd", "zstd"),
    ("liblz4", "lz4"),
    ("lz4", "lz4"),
    ("libcurl", "libcurl"),
    ("libcurl-gnutls", "libcurl"),
    ("libssh2", "libssh2"),
    ("libssh", "libssh"),
    ("libgit2", "libgit2"),
    ("git2", "libgit2"),
    ("libgnutls", "gnutls"),
    ("libgcrypt", "libgcrypt"),
    ("libkrb5", "krb5"),
    ("libk5crypto", "krb5"),
    ("libgssapi_krb5", "krb5"),
    ("libkrb5support", "krb5"),
    ("libldap", "openldap"),
    ("liblber", "openldap"),
    ("libpq", "postgresql"),
    ("libsqlite3", "sqlite"),
    ("sqlite3", "sqlite"),
    ("libhdf5", "hdf5"),
    ("hdf5", "hdf5"),
    ("libhdf5_hl", "hdf5"),
    ("libexpat", "expat"),
    ("libxml2", "libxml2"),
    ("libprotobuf", "protobuf"),
    ("libprotobuf-lite", "protobuf"),
    ("libgeos", "geos"),
    ("geos", "geos"),
    ("libgeos_c", "geos"),
    ("geos_c", "geos"),
    ("libgdal", "gdal"),
    ("gdal", "gdal"),
    ("libpng", "libpng"),
    ("libpng16", "libpng"),
    ("libpng15", "libpng"),
    ("libturbojpeg", "libjpeg-turbo"),
    ("libtiff", "libtiff"),
    ("libfreetype", "freetype"),
    ("freetype", "freetype"),
    ("libavcodec", "ffmpeg"),
    ("libavformat", "ffmpeg"),
    ("libavutil", "ffmpeg"),
    ("libavdevice", "ffmpeg"),
    ("libavfilter", "ffmpeg"),
    ("libswscale", "ffmpeg"),
    ("libswresample", "ffmpeg"),
    ("libpostproc", "ffmpeg"),
    ("libx264", "x264"),
    ("libvpx", "libvpx"),
    ("libaom", "libaom"),
    ("libopus", "opus"),
    ("libvorbis", "libvorbis"),
    ("libFLAC", "libflac"),
    ("libsndfile", "libsndfile"),
    ("libportaudio", "portaudio"),
    ("libopenblas", "openblas"),
    ("libscipy_openblas", "openblas"),
    ("libscipy_openblas64_", "openblas"),
    ("libopenblas64_p-r0", "openblas"),
    ("libopenblasp-r0", "openblas"),
    ("libomp", "llvm-openmp"),
    ("libtbb", "tbb"),
    ("libicudata", "icu"),
    ("libicuuc", "icu"),
    ("libicui18n", "icu"),
    ("libevent", "libevent"),
    ("libuv", "libuv"),
    ("libnghttp2", "nghttp2"),
    ("libarchive", "libarchive"),
    ("liblua", "lua"),
];

/// The library with a banner that a file of this name is.
pub(crate) fn of_file(stem: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == stem).map(|(_, name)| *name)
}

/// What a needle says, given what stands around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Not that the library is there.
    Nothing,
    /// That it is there.
    Name,
    /// That it is there, in this version.
    Version(String),
}

impl From<Option<String>> for Said {
    fn from(version: Option<String>) -> Self {
        version.map_or(Self::Nothing, Self::Version)
    }
}

impl Banner {
    /// What the needle says at its place.
    pub(super) fn read(&self, bytes: &[u8], at: usize) -> Said {
        let behind = &bytes[at + self.needle.len()..];
        match self.version {
            After(then) => leading(behind).filter(|version| follows(&behind[version.len()..], then)).map(str::to_owned).into(),
            AfterMajor(major) => {
                let length = behind.iter().take(LONGEST).take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
                let minor = String::from_utf8_lossy(&behind[..length]).replace('_', ".");
                let minor = minor.trim_end_matches('.');
                (!minor.is_empty()).then(|| format!("{major}{minor}")).into()
            }
            Before(then) => {
                let begins = |version: &String| bytes[..at - version.len()].last().is_none_or(|before| *before == 0);
                trailing(&bytes[..at]).filter(|version| begins(version) && follows(behind, then)).into()
            }
            Is(version) => Said::Version(version.to_owned()),
            Alone(beginnings) => alone(bytes, beginnings).map_or(Said::Name, Said::Version),
            Unsaid => Said::Name,
        }
    }
}

/// The longest version that is read.
const LONGEST: usize = 40;

/// Whether a byte may be part of a version.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+')
}

/// The version that a text begins with.
fn leading(bytes: &[u8]) -> Option<&str> {
    let length = bytes.iter().take(LONGEST).take_while(|byte| is_part(**byte)).count();
    let version = std::str::from_utf8(&bytes[..length]).ok()?;
    // A digit comes first, and letters alone are no version of anything: `icudt` is followed by 72, and by `l` for the order of bytes.
    let version = if version.contains(['.', '-']) { version } else { version.trim_end_matches(|c: char| c.is_ascii_alphabetic()) };
    let version = version.trim_end_matches(['.', '-', '+']);
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

/// The version that a text ends with: numbers with dots between them.
fn trailing(bytes: &[u8]) -> Option<String> {
    let length = bytes.iter().rev().take(LONGEST).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let version = std::str::from_utf8(&bytes[bytes.len() - length..]).ok()?;
    let parts = version.split('.').filter(|part| !part.is_empty()).count();
    (parts >= 3 && version.starts_with(|c: char| c.is_ascii_digit())).then(|| version.to_owned())
}

fn follows(mut rest: &[u8], then: &str) -> bool {
    then.bytes().all(|want| {
        let length = if want == b' ' { rest.iter().take_while(|byte| **byte == b' ').count() } else { 1 };
        let Some((taken, left)) = rest.split_at_checked(length).filter(|(taken, _)| !taken.is_empty()) else { return false };
        rest = left;
        match want {
            b'#' => taken[0].is_ascii_digit(),
            b'~' => taken[0].is_ascii_hexdigit(),
            _ => taken[0] == want,
        }
    })
}

/// The one text of the file that is a version with one of these beginnings; none where there are several.
fn alone(bytes: &[u8], beginnings: &[&str]) -> Option<String> {
    const LOOKED_AT: usize = 100_000;
    let mut found: Option<&[u8]> = None;
    for beginning in beginnings {
        let needle = [b"\0", beginning.as_bytes()].concat();
        for at in memchr::memmem::find_iter(bytes, &needle).take(LOOKED_AT) {
            let text = &bytes[at + 1..(at + 1 + LONGEST).min(bytes.len())];
            let Some(text) = text.iter().position(|byte| *byte == 0).map(|end| &text[..end]) else { continue };
            let numbers = text.split(|byte| *byte == b'.').all(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit));
            if numbers && text.split(|byte| *byte == b'.').count() == 3 {
                if found.is_some_and(|found| found != text) {
                    return None;
                }
                found = Some(text);
            }
        }
    }
    found.map(|version| String::from_utf8_lossy(version).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first banner that means something says.
    fn said(text: &str) -> Option<(&'static str, Option<String>)> {
        BANNERS.iter().find_map(|banner| match banner.read(text.as_bytes(), text.find(banner.needle)?) {
            Said::Nothing => None,
            Said::Name => Some((banner.name, None)),
            Said::Version(version) => Some((banner.name, Some(version))),
        })
    }

    #[test]
    fn libraries_say_what_they_are() {
        for (text, name, version) in [
            ("\0OpenSSL 3.0.19 27 Jan 2026\0", "openssl", Some("3.0.19")),
            ("\0OpenSSL 1.1.1w  11 Sep 2023\0", "openssl", Some("1.1.1w")),
            (" deflate 1.2.13 Copyright 1995-2022 Jean-loup Gailly and Mark Adler ", "zlib", Some("1.2.13")),
            (" inflate 1.3.1 Copyright", "zlib", Some("1.3.1")),
            ("libpng version 1.6.39 - November 20, 2022", "libpng", Some("1.6.39")),
            ("libjpeg-turbo version 2.1.5 (build 20230203)", "libjpeg-turbo", Some("2.1.5")),
            ("\x001.0.8, 13-Jul-2019\0", "bzip2", Some("1.0.8")),
            ("\x002.1.12-stable\0", "libevent", Some("2.1.12")),
            ("\0icudt72l\0", "icu", Some("72")),
            ("\0KRB5_BRAND: krb5-1.20.1-final 1.20.1", "krb5", Some("1.20.1-final")),
            ("\0SSH-2.0-libssh2_1.10.0\0", "libssh2", Some("1.10.0")),
            ("malformed database schema (%s)\x003.40.1\0", "sqlite", Some("3.40.1")),
            ("malformed database schema (%s)\x003.40.1\x003.12.0\0", "sqlite", None),
            ("/src/boost_1_74_0/boost/x.hpp", "boost", Some("1.74.0")),
            ("Frame requires too much memory for decoding\x001.5.4\0", "zstd", Some("1.5.4")),
            ("FREETYPE_PROPERTIES", "freetype", None),
            ("needs OpenSSL 1.1.1 or newer", "", None),
            ("OpenSSL %s", "", None),
            ("libcurl/%s", "", None),
            ("\0icudt72_dat\0", "icu", Some("72")),
            ("\x003.11.1-CAPI-1.17.1\0", "geos", Some("3.11.1")),
            ("\x001.2.3-0-gabcdef0\0", "", None),
            ("unstable, not 1-stable", "", None),
        ] {
            let expected = (!name.is_empty()).then(|| (name, version.map(str::to_owned)));
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn every_needle_is_long_enough_to_mean_something_and_unique() {
        let needles: std::collections::BTreeSet<_> = BANNERS.iter().map(|banner| banner.needle).collect();
        assert_eq!(needles.len(), BANNERS.len());
        assert!(needles.iter().all(|needle| needle.len() >= 3));
        let files: std::collections::BTreeSet<_> = FILES.iter().map(|(file, _)| file).collect();
        assert_eq!(files.len(), FILES.len());
        assert!(FILES.iter().all(|(_, name)| BANNERS.iter().any(|banner| banner.name == *name)));
    }
}
