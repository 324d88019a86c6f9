//! What a member is: told by content for binaries, by name for text.
//!
//! Names lie and contents do not: a shared library called `logo.png` is native code. [`claimed`] tells what the name alone
//! would have it be, so that a disagreement can be a fact.

use serde::{Deserialize, Serialize};

/// Gives each format its name and its family.
macro_rules! formats {
    ($($family:ident { $($variant:ident = $name:literal,)+ })+) => {
        /// The format of a member.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum Format { $($($variant,)+)+ }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)+)+];

            /// The name that tables hold.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)+)+ }
            }

            /// What formats of this kind have in common.
            pub fn family(self) -> Family {
                match self { $($(Self::$variant => Family::$family,)+)+ }
            }
        }
    };
}

formats! {
    Python { Python = "python", Stub = "stub", Pth = "pth", Notebook = "notebook", Cython = "cython", }
    Packaging {
        Metadata = "metadata", Record = "record", EntryPoints = "entry-points", WheelInfo = "wheel-info", TopLevel = "top-level",
        DirectUrl = "direct-url", Pyproject = "pyproject", SetupCfg = "setup-cfg", Requirements = "requirements", Sbom = "sbom",
    }
    Script {
        Shell = "shell", PowerShell = "powershell", Batch = "batch", JavaScript = "javascript", Ruby = "ruby", Perl = "perl", Php = "php",
        Lua = "lua", VisualBasic = "visual-basic", AppleScript = "applescript", Makefile = "makefile", Dockerfile = "dockerfile",
        Crontab = "crontab", Registry = "registry",
    }
    Source {
        C = "c", Cpp = "cpp", CMake = "cmake", Meson = "meson", Fortran = "fortran", Rust = "rust", Go = "go", Java = "java", CSharp = "csharp",
        TypeScript = "typescript", Assembly = "assembly", Sql = "sql", Css = "css", R = "r", Protobuf = "protobuf",
    }
    Text {
        Yaml = "yaml", Json = "json", Toml = "toml", Ini = "ini", Xml = "xml", Html = "html", Svg = "svg", Csv = "csv", Markdown = "markdown",
        Rst = "rst", Mako = "mako", Jinja = "jinja", Pem = "pem", Text = "text",
    }
    Native { Elf = "elf", Pe = "pe", MachO = "mach-o", Ar = "ar", Coff = "coff", }
    Code { Wasm = "wasm", JavaClass = "java-class", Pyc = "pyc", LlvmBitcode = "llvm-bitcode", Dex = "dex", }
    Archive {
        Zip = "zip", Tar = "tar", Gzip = "gzip", Bzip2 = "bzip2", Xz = "xz", Zstd = "zstd", SevenZip = "7z", Rar = "rar", Cab = "cab",
        Deb = "deb", Rpm = "rpm", Ole = "ole", DiskImage = "disk-image",
    }
    Image { Png = "png", Jpeg = "jpeg", Gif = "gif", Bmp = "bmp", Ico = "ico", WebP = "webp", Tiff = "tiff", }
    Font { TrueType = "truetype", OpenType = "opentype", Woff = "woff", Woff2 = "woff2", }
    Media { Wav = "wav", Ogg = "ogg", Mp3 = "mp3", Mp4 = "mp4", Flac = "flac", }
    Document { Pdf = "pdf", Rtf = "rtf", PostScript = "postscript", }
    Data {
        Pickle = "pickle", Numpy = "numpy", Hdf5 = "hdf5", Parquet = "parquet", Sqlite = "sqlite", Gettext = "gettext", Empty = "empty",
        Data = "data",
    }
}

/// What formats have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Python that is parsed: modules, stubs, `.pth`, notebooks.
    Python,
    /// The packaging's own files.
    Packaging,
    /// Scripts that an interpreter runs.
    Script,
    /// Source code in other languages.
    Source,
    /// Other text.
    Text,
    /// Machine code.
    Native,
    /// Code for a virtual machine.
    Code,
    /// Archives and what is packed.
    Archive,
    /// Images.
    Image,
    /// Fonts.
    Font,
    /// Sound and video.
    Media,
    /// Documents.
    Document,
    /// Anything else.
    Data,
}

impl Format {
    /// Whether it is machine code that the object reader understands.
    pub fn is_native(self) -> bool {
        self.family() == Family::Native
    }

    /// Whether it is a script of commands or of a language other than Python.
    pub fn is_script(self) -> bool {
        self.family() == Family::Script
    }

    /// Whether its bytes are text.
    pub fn is_text(self) -> bool {
        matches!(self.family(), Family::Python | Family::Packaging | Family::Script | Family::Source | Family::Text)
    }

    /// Whether it is code of any kind.
    pub fn is_code(self) -> bool {
        matches!(self.family(), Family::Python | Family::Script | Family::Source | Family::Native | Family::Code)
    }
}

/// The format of a member by its path in the artifact and its content.
///
/// ```
/// use census_extract::{Format, format};
///
/// assert_eq!(format::detect("pkg/__init__.py", b"import os\n"), Format::Python);
/// assert_eq!(format::detect("pkg/logo.png", b"\x7fELF\x02\x01\x01\x00"), Format::Elf);
/// assert_eq!(format::detect("bin/tool", b"#!/usr/bin/env -S python3 -E\n"), Format::Python);
/// ```
pub fn detect(path: &str, bytes: &[u8]) -> Format {
    if bytes.is_empty() {
        // An empty module is still a module.
        return claimed(path).filter(|f| f.is_text()).unwrap_or(Format::Empty);
    }
    if let Some(format) = magic(bytes) {
        return format;
    }
    match claimed(path) {
        Some(format) if format.is_text() => {
            if is_text(bytes) || matches!(format, Format::Python | Format::Stub) {
                format
            } else {
                Format::Data
            }
        }
        // A binary format without magic (or one we do not know it by) keeps what its name says, if it is no text.
        Some(format) if !is_text(bytes) && !has_magic(format) => format,
        _ => shebang(bytes).unwrap_or(if is_text(bytes) { Format::Text } else { Format::Data }),
    }
}

/// Whether the content of this format always begins with bytes that [`magic`] knows.
fn has_magic(format: Format) -> bool {
    !matches!(format.family(), Family::Data) && !matches!(format, Format::Mp3 | Format::Mp4 | Format::DiskImage | Format::Coff)
}

/// What the content contradicts in the name: what the name claims, where the bytes are something else of another family.
pub fn mismatch(path: &str, format: Format) -> Option<Format> {
    let claim = claimed(path)?;
    let compatible = claim == format
        || claim.family() == format.family()
        || format == Format::Empty
        || matches!(claim.family(), Family::Data | Family::Archive) && !format.is_native()
        || claim.is_text() && format.is_text()
        || matches!((claim, format), (Format::Svg, Format::Gzip) | (_, Format::Data | Format::Text));
    // Text that claims to be machine code or an image is a placeholder more often than not, such as a pointer of a large-file store.
    (!compatible).then_some(claim)
}

/// Magic numbers at the beginning of a file.
const MAGIC: &[(&[u8], Format)] = &[
    (b"\x7fELF", Format::Elf),
    (b"\xfe\xed\xfa\xce", Format::MachO),
    (b"\xfe\xed\xfa\xcf", Format::MachO),
    (b"\xce\xfa\xed\xfe", Format::MachO),
    (b"\xcf\xfa\xed\xfe", Format::MachO),
    (b"\xca\xfe\xba\xbf", Format::MachO),
    (b"!<thin>\n", Format::Ar),
    (b"\0asm", Format::Wasm),
    (b"BC\xc0\xde", Format::LlvmBitcode),
    (b"dex\n03", Format::Dex),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"\x1f\x8b\x08", Format::Gzip),
    (b"BZh", Format::Bzip2),
    (b"\xfd7zXZ\0", Format::Xz),
    (b"\x28\xb5\x2f\xfd", Format::Zstd),
    (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
    (b"Rar!\x1a\x07", Format::Rar),
    (b"MSCF\0\0\0\0", Format::Cab),
    (b"\xed\xab\xee\xdb", Format::Rpm),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format::Ole),
    (b"\x89PNG\r\n\x1a\n", Format::Png),
    (b"\xff\xd8\xff", Format::Jpeg),
    (b"GIF87a", Format::Gif),
    (b"GIF89a", Format::Gif),
    (b"\0\0\x01\0", Format::Ico),
    (b"II*\0", Format::Tiff),
    (b"MM\0*", Format::Tiff),
    (b"\0\x01\0\0\0", Format::TrueType),
    (b"OTTO", Format::OpenType),
    (b"wOFF", Format::Woff),
    (b"wOF2", Format::Woff2),
    (b"OggS", Format::Ogg),
    (b"fLaC", Format::Flac),
    (b"ID3", Format::Mp3),
    (b"%PDF-", Format::Pdf),
    (b"{\\rtf", Format::Rtf),
    (b"%!PS", Format::PostScript),
    (b"\x93NUMPY", Format::Numpy),
    (b"\x89HDF\r\n\x1a\n", Format::Hdf5),
    (b"PAR1", Format::Parquet),
    (b"SQLite format 3\0", Format::Sqlite),
    (b"\xde\x12\x04\x95", Format::Gettext),
    (b"\x95\x04\x12\xde", Format::Gettext),
];

/// The format that the content shows without doubt.
fn magic(bytes: &[u8]) -> Option<Format> {
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if let Some(&(_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(format);
    }
    match bytes {
        [b'M', b'Z', ..] => is_pe(bytes).then_some(Format::Pe),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', b'\n', ..] => Some(if at(8, b"debian-binary") { Format::Deb } else { Format::Ar }),
        // A Java class says its version where a fat Mach-O says how many architectures it has.
        [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, n, ..] if *n < 40 => Some(Format::MachO),
        [0xca, 0xfe, 0xba, 0xbe, ..] => Some(Format::JavaClass),
        // CPython: a version below 4000 (before 3.0: up to 62211), then CR LF.
        [_, high, b'\r', b'\n', ..] if bytes.len() >= 16 && (*high <= 0x0f || *high >= 0xc0) && !is_text(bytes) => Some(Format::Pyc),
        [b'B', b'M', ..] if at(6, &[0, 0, 0, 0]) && !is_text(bytes) => Some(Format::Bmp),
        [b'R', b'I', b'F', b'F', ..] if at(8, b"WEBP") => Some(Format::WebP),
        [b'R', b'I', b'F', b'F', ..] if at(8, b"WAVE") => Some(Format::Wav),
        // A pickle of protocol 2 to 5 ends in STOP.
        [0x80, 2..=5, .., b'.'] => Some(Format::Pickle),
        _ if at(257, b"ustar") => Some(Format::Tar),
        _ if at(4, b"ftyp") => Some(Format::Mp4),
        _ => None,
    }
}

/// Whether an `MZ` file is a portable executable, or a plain DOS program.
fn is_pe(bytes: &[u8]) -> bool {
    let Some(at) = bytes.get(0x3c..0x40).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes) else { return false };
    usize::try_from(at).ok().and_then(|at| bytes.get(at..)).is_some_and(|rest| rest.starts_with(b"PE\0\0"))
}

/// Whether the first bytes look like text: UTF-16 with its mark, or no control characters that text does not have.
fn is_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    // Without an early end inside, a chunk is looked at by many bytes at once.
    let has_control = |chunk: &[u8]| chunk.iter().fold(false, |found, b| found | matches!(b, 0..=6 | 14..=26 | 28..=31));
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || !head.chunks(128).any(has_control)
}

/// The script format by the interpreter its first line names.
fn shebang(bytes: &[u8]) -> Option<Format> {
    let line = bytes.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let line = std::str::from_utf8(&line[..line.len().min(256)]).ok()?;
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match name {
        "python" | "pypy" | "pythonw" | "jython" => Format::Python,
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "fish" | "csh" | "tcsh" => Format::Shell,
        "pwsh" | "powershell" => Format::PowerShell,
        "node" | "nodejs" | "deno" | "bun" => Format::JavaScript,
        "ruby" => Format::Ruby,
        "perl" => Format::Perl,
        "php" => Format::Php,
        "lua" | "luajit" => Format::Lua,
        "make" => Format::Makefile,
        "osascript" => Format::AppleScript,
        _ => return None,
    })
}

/// What the name alone says a member is.
pub fn claimed(path: &str) -> Option<Format> {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    let parent = parts.next().unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if let Some(format) = packaging(parent, name).or_else(|| whole_name(&lower)) {
        return Some(format);
    }
    if lower.starts_with("dockerfile.") {
        return Some(Format::Dockerfile);
    }
    // Versioned shared libraries: libz.so.1.2.11.
    if lower.contains(".so.") && lower.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit())) {
        return Some(Format::Elf);
    }
    extension(lower.rsplit_once('.')?.1)
}

/// The packaging's own files, by their place.
fn packaging(parent: &str, name: &str) -> Option<Format> {
    let info = parent.ends_with(".dist-info") || parent.ends_with(".egg-info") || parent == "EGG-INFO";
    Some(match name {
        "METADATA" if info => Format::Metadata,
        "PKG-INFO" => Format::Metadata,
        "RECORD" | "SOURCES.txt" | "installed-files.txt" if info => Format::Record,
        "WHEEL" if info => Format::WheelInfo,
        "entry_points.txt" if info => Format::EntryPoints,
        "top_level.txt" if info => Format::TopLevel,
        "requires.txt" if info => Format::Requirements,
        "direct_url.json" if info => Format::DirectUrl,
        _ if parent == "cron.d" && !name.contains('.') => Format::Crontab,
        _ if is_bill(parent, name) => Format::Sbom,
        _ => return None,
    })
}

/// Bills of materials: where PEP 770 puts them, and by the names that their formats ask for.
fn is_bill(parent: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let in_place = parent == "sboms" && [".json", ".xml", ".spdx"].iter().any(|ext| lower.ends_with(ext));
    in_place
        || [".cdx.json", ".cdx.xml", ".spdx.json", ".spdx"].iter().any(|ext| lower.ends_with(ext))
        || matches!(&*lower, "bom.json" | "bom.xml")
}

fn whole_name(lower: &str) -> Option<Format> {
    Some(match lower {
        "pyproject.toml" => Format::Pyproject,
        "setup.cfg" => Format::SetupCfg,
        "makefile" | "gnumakefile" | "makefile.in" | "makefile.am" => Format::Makefile,
        "dockerfile" | "containerfile" => Format::Dockerfile,
        "requirements.txt" | "constraints.txt" | "vendor.txt" | "vendored.txt" => Format::Requirements,
        "cmakelists.txt" => Format::CMake,
        "meson.build" | "meson_options.txt" | "meson.options" => Format::Meson,
        "crontab" => Format::Crontab,
        "rakefile" | "gemfile" | "vagrantfile" => Format::Ruby,
        "tox.ini" | ".flake8" | ".coveragerc" | ".pylintrc" | ".gitmodules" => Format::Ini,
        "configure" | "config.guess" | "config.sub" | "install-sh" | ".bashrc" | ".zshrc" | ".profile" | ".bash_profile" => Format::Shell,
        "readme" | "license" | "licence" | "copying" | "authors" | "changelog" | "changes" | "notice" | "news" | "todo" => Format::Text,
        _ => return None,
    })
}

fn extension(ext: &str) -> Option<Format> {
    Some(match ext {
        "py" | "pyw" | "py3" | "pyt" => Format::Python,
        "pyi" => Format::Stub,
        "pth" => Format::Pth,
        "ipynb" => Format::Notebook,
        "pyx" | "pxd" | "pxi" => Format::Cython,
        "sh" | "bash" | "zsh" | "ksh" | "fish" | "csh" | "command" => Format::Shell,
        "ps1" | "psm1" | "psd1" => Format::PowerShell,
        "bat" | "cmd" => Format::Batch,
        "js" | "mjs" | "cjs" | "jsx" => Format::JavaScript,
        "rb" => Format::Ruby,
        "pl" | "pm" => Format::Perl,
        "php" => Format::Php,
        "lua" => Format::Lua,
        "vbs" | "vba" | "bas" | "vbe" => Format::VisualBasic,
        "reg" => Format::Registry,
        "cron" | "crontab" => Format::Crontab,
        "applescript" => Format::AppleScript,
        "mk" | "mak" => Format::Makefile,
        "dockerfile" => Format::Dockerfile,
        "c" | "h" | "m" => Format::C,
        "cpp" | "cc" | "cxx" | "c++" | "hpp" | "hh" | "hxx" | "cu" | "cuh" | "mm" | "inl" | "ipp" => Format::Cpp,
        "cmake" => Format::CMake,
        "f" | "f90" | "f77" | "f95" | "f03" | "for" => Format::Fortran,
        "rs" => Format::Rust,
        "go" => Format::Go,
        "java" | "kt" | "scala" => Format::Java,
        "cs" => Format::CSharp,
        "ts" | "tsx" | "mts" => Format::TypeScript,
        "s" | "asm" => Format::Assembly,
        "sql" => Format::Sql,
        "css" | "scss" | "less" => Format::Css,
        "r" => Format::R,
        "proto" => Format::Protobuf,
        "yml" | "yaml" => Format::Yaml,
        "json" | "jsonl" | "map" | "geojson" => Format::Json,
        "toml" | "lock" => Format::Toml,
        "ini" | "cfg" | "conf" | "properties" | "desktop" | "service" | "timer" | "socket" => Format::Ini,
        "xml" | "xsd" | "xsl" | "xslt" | "plist" | "wsdl" | "rdf" | "ui" | "qrc" => Format::Xml,
        "html" | "htm" | "xhtml" | "hta" | "wsf" => Format::Html,
        "mako" | "mao" => Format::Mako,
        "j2" | "jinja" | "jinja2" => Format::Jinja,
        "svg" => Format::Svg,
        "csv" | "tsv" => Format::Csv,
        "md" | "markdown" | "mdx" => Format::Markdown,
        "rst" => Format::Rst,
        "pem" | "crt" | "key" => Format::Pem,
        "txt" | "in" | "template" | "tmpl" | "log" | "po" | "pot" | "typed" | "license" | "text" => Format::Text,
        _ => return binary_extension(ext),
    })
}

fn binary_extension(ext: &str) -> Option<Format> {
    Some(match ext {
        "so" => Format::Elf,
        "pyd" | "dll" | "exe" | "sys" | "ocx" => Format::Pe,
        "dylib" => Format::MachO,
        "a" => Format::Ar,
        "lib" | "obj" => Format::Coff,
        "wasm" => Format::Wasm,
        "class" => Format::JavaClass,
        "pyc" | "pyo" => Format::Pyc,
        "zip" | "whl" | "egg" | "jar" | "apk" | "docx" | "xlsx" | "pptx" | "odt" | "npz" | "xpi" => Format::Zip,
        "tar" => Format::Tar,
        "gz" | "tgz" => Format::Gzip,
        "bz2" | "tbz2" => Format::Bzip2,
        "xz" | "txz" => Format::Xz,
        "zst" => Format::Zstd,
        "7z" => Format::SevenZip,
        "rar" => Format::Rar,
        "cab" => Format::Cab,
        "deb" => Format::Deb,
        "rpm" => Format::Rpm,
        "doc" | "xls" | "ppt" | "msi" => Format::Ole,
        "iso" | "dmg" | "img" => Format::DiskImage,
        "png" => Format::Png,
        "jpg" | "jpeg" => Format::Jpeg,
        "gif" => Format::Gif,
        "bmp" => Format::Bmp,
        "ico" => Format::Ico,
        "webp" => Format::WebP,
        "tif" | "tiff" => Format::Tiff,
        "ttf" => Format::TrueType,
        "otf" => Format::OpenType,
        "woff" => Format::Woff,
        "woff2" => Format::Woff2,
        "wav" => Format::Wav,
        "ogg" => Format::Ogg,
        "mp3" => Format::Mp3,
        "mp4" | "m4a" | "mov" => Format::Mp4,
        "flac" => Format::Flac,
        "pdf" => Format::Pdf,
        "rtf" => Format::Rtf,
        "eps" | "ps" => Format::PostScript,
        "pkl" | "pickle" | "joblib" => Format::Pickle,
        "npy" => Format::Numpy,
        "h5" | "hdf5" => Format::Hdf5,
        "parquet" => Format::Parquet,
        "db" | "sqlite" | "sqlite3" => Format::Sqlite,
        "mo" => Format::Gettext,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_binaries_and_names_tell_text() {
        let mut pe = b"MZ".to_vec();
        pe.resize(0x40, 0);
        pe[0x3c] = 0x40;
        pe.extend(b"PE\0\0");
        for (path, bytes, expected) in [
            ("a/b.py", b"x" as &[u8], Format::Python),
            ("a/__init__.py", b"", Format::Python),
            ("a/b.py", b"\x7fELF", Format::Elf),
            ("a/b.pyi", b"x", Format::Stub),
            ("evil.pth", b"import os", Format::Pth),
            ("model.pth", b"PK\x03\x04", Format::Zip),
            ("a-1.dist-info/METADATA", b"Name: a", Format::Metadata),
            ("a-1/PKG-INFO", b"Name: a", Format::Metadata),
            ("a-1.dist-info/RECORD", b"", Format::Record),
            ("a-1.dist-info/WHEEL", b"x", Format::WheelInfo),
            ("a-1.dist-info/sboms/x.cdx.json", b"{}", Format::Sbom),
            ("pyproject.toml", b"x", Format::Pyproject),
            ("x/Makefile", b"x", Format::Makefile),
            ("x/Dockerfile.dev", b"FROM x", Format::Dockerfile),
            ("bin/run", b"#!/bin/sh\n", Format::Shell),
            ("bin/run", b"#!/usr/bin/env -S FOO=1 python3.12 -E\n", Format::Python),
            ("bin/run", b"#! /usr/bin/node", Format::JavaScript),
            ("lib/libz.so.1.2.11", b"not an elf", Format::Text),
            ("x.dll", &pe, Format::Pe),
            ("x.exe", b"MZ and nothing else", Format::Text),
            ("x", b"\xca\xfe\xba\xbe\0\0\0\x02", Format::MachO),
            ("x", b"\xca\xfe\xba\xbe\0\0\0\x34", Format::JavaClass),
            ("x.pyc", b"\xcb\x0d\r\n\0\0\0\0abcdefghi", Format::Pyc),
            ("x.pkl", b"\x80\x04N.", Format::Pickle),
            ("x", b"hello", Format::Text),
            ("x", b"a\0b", Format::Data),
            ("x", b"", Format::Empty),
            ("x.txt", b"a\0b", Format::Data),
        ] {
            assert_eq!(detect(path, bytes), expected, "{path} {bytes:?}");
        }
    }

    #[test]
    fn a_name_that_lies_is_noticed() {
        for (path, format, expected) in [
            ("logo.png", Format::Elf, Some(Format::Png)),
            ("a.py", Format::Pe, Some(Format::Python)),
            ("data.zip", Format::Pe, Some(Format::Zip)),
            ("a.pdf", Format::Zip, Some(Format::Pdf)),
            ("a.png", Format::Jpeg, None),
            ("a.so", Format::MachO, None),
            ("model.pkl", Format::Zip, None),
            ("a.so", Format::Text, None),
            ("a.md", Format::Html, None),
            ("a", Format::Elf, None),
        ] {
            assert_eq!(mismatch(path, format), expected, "{path}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = Format::ALL.iter().map(|f| f.name()).collect();
        assert_eq!(names.len(), Format::ALL.len());
    }
}
