//! Zips that lie.

use census_model::What;

use super::{End, Kit, noise, quine};
use crate::package::zip::{Archive, Entry, Method};
use crate::package::{Wheel, tar};

const WORDS: &[u8] = b"import os\nos.getcwd()\n";

/// An archive of one such entry between two honest ones.
fn between(entry: Entry) -> Vec<u8> {
    Archive::new().entry(Entry::new("first.py", WORDS)).entry(entry).entry(Entry::new("last.py", WORDS)).build()
}

/// An archive of one entry.
fn only(entry: Entry) -> Vec<u8> {
    Archive::new().entry(entry).build()
}

fn two() -> Archive {
    Archive::new().entry(Entry::new("a.py", WORDS)).entry(Entry::new("b.py", WORDS).method(Method::Deflate))
}

/// With some bytes, found by what they are, replaced.
fn patched(mut bytes: Vec<u8>, mark: &[u8], skip: usize, with: &[u8]) -> Vec<u8> {
    let at = bytes.windows(mark.len()).rposition(|window| window == mark).expect("the mark is there") + skip;
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR: &[u8] = b"PK\x06\x07";

pub(super) fn add(kit: &mut Kit) {
    methods(kit);
    unreadable(kit);
    bombs(kit);
    sizes(kit);
    names(kit);
    structure(kit);
    wheels(kit);
    others(kit);
}

/// What each compression method can do.
fn methods(kit: &mut Kit) {
    for method in Method::ALL {
        let name = format!("{method:?}").to_lowercase();
        kit.wheel(format!("zip/{name}/honest"), End::Ok(&[]), move || between(Entry::new("x.py", WORDS).method(method)));
        kit.wheel(format!("zip/{name}/wrong-crc"), End::Partial(&[What::Checksum]), move || {
            between(Entry::new("x.py", WORDS).method(method).claims_crc(7))
        });
        for (lie, size) in [("more", 1 << 30), ("nothing", 0)] {
            kit.wheel(format!("zip/{name}/claims-{lie}"), End::Partial(&[What::Damaged]), move || {
                between(Entry::new("x.py", WORDS).method(method).claims_size(size))
            });
        }
        kit.wheel(format!("zip/{name}/lying-descriptor"), End::Partial(&[What::Checksum]), move || {
            let honest = between(Entry::new("x.py", WORDS).method(method).descriptor());
            patched(honest, b"PK\x07\x08", 4, &[1, 2, 3, 4])
        });
        kit.wheel(format!("zip/{name}/lying-local-crc"), End::Partial(&[What::Ambiguous, What::Checksum]), move || {
            let mut bytes = only(Entry::new("x.py", WORDS).method(method));
            bytes[14] ^= 1;
            bytes
        });
        if method != Method::Store {
            kit.wheel(format!("zip/{name}/no-stream"), End::Partial(&[What::Damaged]), move || {
                between(Entry::new("x.py", WORDS).method(method).packed([7; 64]))
            });
            kit.wheel(format!("zip/{name}/bomb"), End::Partial(&[What::Ratio]), move || {
                between(Entry::new("zeros", vec![0; 40 << 20]).method(method))
            });
        }
    }
}

/// Members that are known and not read.
fn unreadable(kit: &mut Kit) {
    kit.wheel("zip/encrypted", End::Partial(&[What::Encrypted]), || between(Entry::new("x.py", WORDS).encrypted()));
    for (name, code) in [("shrink", 1), ("implode", 6), ("deflate64", 9), ("ppmd", 98), ("aes", 99), ("nonsense", 0xffff)] {
        kit.wheel(format!("zip/method-{name}"), End::Partial(&[What::Unsupported]), move || {
            between(Entry::new("x.py", WORDS).method(Method::Other(code)))
        });
    }
}

fn bombs(kit: &mut Kit) {
    kit.wheel("zip/overlapping", End::Partial(&[What::Ratio, What::Ambiguous]), || {
        let bomb = Archive::new().entry(Entry::new("kernel", vec![0; 1 << 20]).method(Method::Deflate));
        (0..1000).fold(bomb, |archive, n| archive.entry(Entry::new(format!("{n}"), "").method(Method::Deflate).alias_of(0))).build()
    });
    kit.wheel("zip/overlapping-stored", End::Partial(&[What::Size, What::Ambiguous]), || {
        let bomb = Archive::new().entry(Entry::new("kernel", noise(1 << 20, 1)));
        (0..1000).fold(bomb, |archive, n| archive.entry(Entry::new(format!("{n}"), "").alias_of(0))).build()
    });
    kit.wheel("zip/overlapping-quoted", End::Partial(&[What::Ratio, What::Ambiguous]), || quoted(300, 1 << 20));
    kit.wheel("zip/work-in-vain", End::Partial(&[What::Ratio, What::Ambiguous, What::Truncated]), || {
        let packed = tar::Compression::Gzip.pack(&vec![0; 1 << 20]);
        let cut = Entry::new("kernel", "").method(Method::Deflate).packed(&packed[10..packed.len() - 16]).claims_size(0);
        (0..1000)
            .fold(Archive::new().entry(cut), |archive, n| archive.entry(Entry::new(format!("{n}"), "").method(Method::Deflate).alias_of(0)))
            .build()
    });
    kit.wheel("zip/quine", End::Partial(&[What::Nesting]), quine::zip);
    kit.wheel("zip/nested-40-deep", End::Partial(&[What::Nesting]), || {
        (0..40).fold(only(Entry::new("core.py", WORDS)), |inner, _| only(Entry::new("n.zip", inner)))
    });
    kit.wheel("zip/nested-wide-and-deep", End::Partial(&[What::Ratio]), || {
        let mut layer = only(Entry::new("zeros", vec![0; 4 << 20]).method(Method::Deflate));
        for _ in 0..3 {
            let entry = |n: usize| Entry::new(format!("{n}.zip"), &layer).method(Method::Deflate);
            layer = (0..16).fold(Archive::new(), |archive, n| archive.entry(entry(n))).build();
        }
        layer
    });
    kit.wheel("zip/more-members-than-the-bound", End::Partial(&[What::Members]), || {
        (0..25_000).fold(Archive::new(), |archive, n| archive.entry(Entry::new(format!("{n}"), ""))).build()
    });
}

/// A bomb of `count` members, each of which quotes the header of the next in a stored block, so that no two share a header and all
/// share the kernel.
fn quoted(count: usize, kernel: usize) -> Vec<u8> {
    let kernel = vec![0; kernel];
    let name = |n: usize| format!("{n:04}");
    let mut entries = Vec::new();
    let (mut packed, mut content) = (deflated(&kernel), kernel);
    for n in (0..count).rev() {
        let entry = Entry::new(name(n), &content).method(Method::Deflate).packed(&packed);
        let alone = only(entry.clone());
        entries.push(entry);
        let header = &alone[..30 + name(n).len()];
        let length = u16::try_from(header.len()).expect("a short header");
        packed = [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), header, &packed].concat();
        content = [header, &content].concat();
    }
    // The first entry's data holds all others': their headers begin 35 bytes after one another.
    let first = only(entries.pop().expect("some"));
    let directory = |archive: &[u8]| archive.windows(4).rposition(|window| window == CENTRAL).expect("a directory");
    let start = directory(&first);
    let mut out = first[..start].to_vec();
    let mut record = first[start..start + 46 + 4].to_vec();
    out.extend(&record);
    for (n, entry) in entries.iter().rev().enumerate() {
        let alone = only(entry.clone());
        let at = directory(&alone);
        record = alone[at..at + 46 + 4].to_vec();
        let offset = u32::try_from((n + 1) * (30 + 4 + 5)).expect("a small archive");
        record[42..46].copy_from_slice(&offset.to_le_bytes());
        out.extend(&record);
    }
    let length = u32::try_from(out.len() - start).expect("a small archive");
    let count = u16::try_from(count).expect("few").to_le_bytes();
    out.extend([END, &[0; 4], &count, &count, &length.to_le_bytes()].concat());
    out.extend(u32::try_from(start).expect("a small archive").to_le_bytes());
    out.extend([0, 0]);
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let packed = tar::Compression::Gzip.pack(bytes);
    packed[10..packed.len() - 8].to_vec()
}

/// Sizes, counts and offsets that lie, of 64 bits above all.
fn sizes(kit: &mut Kit) {
    let wide = |entry: Entry| entry.method(Method::Deflate).zip64();
    kit.wheel("zip/zip64-honest", End::Ok(&[]), move || Archive::new().entry(wide(Entry::new("x.py", WORDS))).zip64().build());
    for (name, size) in [("zip/zip64-claims-all", u64::MAX), ("zip/zip64-claims-nothing", 0), ("zip/zip64-claims-the-sign", 1 << 63)] {
        kit.wheel(name, End::Partial(&[What::Damaged]), move || between(wide(Entry::new("x.py", WORDS).claims_size(size))));
    }
    kit.wheel("zip/zip64-claims-all-packed", End::Partial(&[What::Truncated, What::Ambiguous]), move || {
        between(wide(Entry::new("x.py", WORDS).claims_packed_size(u64::MAX)))
    });
    kit.wheel("zip/claims-more-packed", End::Partial(&[What::Truncated, What::Ambiguous]), || {
        between(Entry::new("x.py", WORDS).claims_packed_size(1 << 20))
    });
    kit.wheel("zip/zip64-without-its-field", End::Partial(&[What::Truncated, What::Ambiguous]), || {
        patched(only(Entry::new("x.py", WORDS)), CENTRAL, 20, &[0xff; 8])
    });
    let end64 = || two().zip64().build();
    kit.wheel("zip/zip64-counts-all", End::Ok(&[What::Ambiguous]), move || patched(end64(), END64, 32, &[0xff; 8]));
    kit.wheel("zip/zip64-directory-of-all", End::Failed("a directory larger than the file"), move || {
        patched(end64(), END64, 40, &[0xff; 8])
    });
    kit.wheel("zip/zip64-directory-beyond", End::Failed("a directory beyond its own end"), move || patched(end64(), END64, 48, &[0xff; 8]));
    kit.wheel("zip/zip64-locator-to-nowhere", End::Ok(&[]), move || patched(end64(), LOCATOR, 8, &[0xff; 8]));
    kit.wheel("zip/offset-beyond", End::Partial(&[What::Damaged, What::Ambiguous]), || patched(two().build(), CENTRAL, 42, &[0xff; 4]));
    kit.wheel("zip/offset-into-data", End::Partial(&[What::Damaged, What::Ambiguous]), || {
        patched(two().build(), CENTRAL, 42, &[9, 0, 0, 0])
    });
    kit.wheel("zip/directory-larger-than-the-file", End::Failed("a directory larger than the file"), || {
        patched(two().build(), END, 12, &[0xff; 4])
    });
    kit.wheel("zip/directory-beyond-its-end", End::Failed("a directory beyond its own end"), || {
        patched(two().build(), END, 16, &[0xff; 4])
    });
    kit.wheel("zip/counts-too-many", End::Ok(&[What::Ambiguous]), || two().claims_count(9).build());
    kit.wheel("zip/counts-none", End::Ok(&[What::Ambiguous]), || two().claims_count(0).build());
    kit.wheel("zip/name-longer-than-the-directory", End::Partial(&[What::Damaged, What::Ambiguous]), || {
        patched(two().build(), CENTRAL, 28, &[0xff; 2])
    });
    kit.wheel("zip/extra-field-longer-than-the-directory", End::Partial(&[What::Damaged, What::Ambiguous]), || {
        patched(two().build(), CENTRAL, 30, &[0xff; 2])
    });
    kit.wheel("zip/comment-longer-than-the-file", End::Ok(&[What::Ambiguous]), || patched(two().build(), END, 20, &[0xff; 2]));
}

fn names(kit: &mut Kit) {
    let odd: [(&str, &[u8]); 11] = [
        ("absolute", b"/etc/cron.d/x"),
        ("climbing", b"../../../x.py"),
        ("climbing-inside", b"a/../../x.py"),
        ("backslash", b"a\\..\\x.py"),
        ("drive", b"C:/windows/x.py"),
        ("share", b"//host/share/x.py"),
        ("nul", b"x.py\0.txt"),
        ("not-utf8", b"x\xff\xfe.py"),
        ("surrogate", b"x\xed\xa0\x80.py"),
        ("empty", b""),
        ("dots", b".."),
    ];
    for (name, path) in odd {
        kit.wheel(format!("zip/name-{name}"), End::Ok(&[What::Name]), move || only(Entry::new(path, WORDS)));
    }
    kit.wheel("zip/name-of-64-kb", End::Ok(&[What::Name]), || only(Entry::new(vec![b'n'; 65_535], WORDS)));
    kit.wheel("zip/names-of-64-kb", End::Ok(&[What::Name, What::Ambiguous]), || {
        let name = |n: usize| [vec![b'n'; 65_530], n.to_string().into_bytes()].concat();
        (0..50).fold(Archive::new(), |archive, n| archive.entry(Entry::new(name(n), WORDS))).build()
    });
    kit.wheel("zip/name-of-64-kb-of-slashes", End::Ok(&[What::Name]), || {
        only(Entry::new([vec![b'/'; 65_534], vec![b'x']].concat(), WORDS))
    });
    kit.wheel("zip/name-controls", End::Ok(&[]), || only(Entry::new("x\u{1b}[2J\u{202e}.py", WORDS)));
    kit.wheel("zip/name-cp437", End::Ok(&[]), || only(Entry::new(b"caf\x82.py", WORDS).cp437()));
    kit.wheel("zip/names-twice", End::Ok(&[What::Ambiguous]), || {
        Archive::new().entry(Entry::new("x.py", WORDS)).entry(Entry::new("x.py", "import sys\n")).build()
    });
    kit.wheel("zip/name-other-in-local-header", End::Ok(&[What::Ambiguous]), || only(Entry::new("x.py", WORDS).local_name("y.py")));
    kit.wheel("zip/link-out", End::Ok(&[What::Link]), || only(Entry::new("x", "/etc/passwd").mode(0o120_777)));
    kit.wheel("zip/link-and-a-file-through-it", End::Ok(&[What::Link]), || {
        Archive::new().entry(Entry::new("d", "/etc").mode(0o120_777)).entry(Entry::new("d/x.py", WORDS).mode(0o104_755)).build()
    });
    kit.wheel("zip/directory-with-content", End::Ok(&[What::Ambiguous]), || only(Entry::new("d/", WORDS)));
}

fn structure(kit: &mut Kit) {
    kit.wheel("zip/empty", End::Ok(&[]), || Archive::new().build());
    kit.wheel("zip/unlisted-member", End::Ok(&[What::Ambiguous]), || {
        Archive::new().entry(Entry::new("a.py", WORDS)).entry(Entry::new("hidden.py", WORDS).unlisted()).build()
    });
    kit.wheel("zip/unlisted-first-member", End::Ok(&[What::Ambiguous]), || {
        Archive::new().entry(Entry::new("hidden.py", WORDS).unlisted()).entry(Entry::new("a.py", WORDS)).build()
    });
    kit.wheel("zip/after-its-end", End::Ok(&[What::Ambiguous]), || two().suffix("more").build());
    kit.wheel("zip/behind-a-program", End::Partial(&[What::Unsupported]), || two().prefix("MZ a program that unpacks itself").build());
    kit.wheel("zip/behind-a-zip", End::Ok(&[What::Ambiguous]), || two().prefix(only(Entry::new("first.py", WORDS))).build());
    kit.wheel("zip/end-in-its-comment", End::Failed("no entry where the directory should begin"), || {
        let other = only(Entry::new("other.py", WORDS));
        two().comment(&other[other.len() - 22..]).build()
    });
    kit.wheel("zip/zip-in-its-comment", End::Ok(&[What::Ambiguous]), || two().comment(only(Entry::new("other.py", WORDS))).build());
    kit.wheel("zip/comment-of-64-kb", End::Ok(&[]), || two().comment(vec![b'c'; 65_535]).build());
    kit.wheel("zip/no-end", End::Failed("no end record"), || {
        let bytes = two().build();
        bytes[..bytes.len() - 22].to_vec()
    });
    kit.wheel("zip/nothing-where-the-directory-should-be", End::Failed("no entry where the directory should begin"), || {
        patched(only(Entry::new("x.py", WORDS)), CENTRAL, 0, b"XX")
    });
    kit.wheel("zip/behind-a-tar", End::Ok(&[What::Ambiguous]), || {
        let tar = tar::Archive::new().entry(tar::Entry::new("a.py", WORDS)).build();
        [tar::Compression::Gzip.pack(&tar), only(Entry::new("b.py", WORDS))].concat()
    });
    kit.wheel("zip/nested-and-broken", End::Partial(&[What::Damaged]), || between(Entry::new("n.zip", "PK\u{3}\u{4} no more")));
    kit.wheel("zip/nested-with-wrong-crc", End::Partial(&[What::Checksum]), || {
        between(Entry::new("n.zip", only(Entry::new("x.py", WORDS).claims_crc(7))))
    });
}

/// Wheels that installers would wonder at.
fn wheels(kit: &mut Kit) {
    let metadata = "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n";
    kit.wheel("wheel/no-dist-info", End::Ok(&[]), || only(Entry::new("x.py", WORDS)));
    kit.wheel("wheel/many-dist-infos", End::Ok(&[]), move || {
        let entry = |n: usize| Entry::new(format!("hostile-{n}.dist-info/METADATA"), metadata);
        (0..100).fold(Archive::new(), |archive, n| archive.entry(entry(n))).build()
    });
    kit.wheel("wheel/wrong-record", End::Ok(&[]), || {
        let record = "x.py,sha256=AAAA,1\nnowhere.py,sha256=BBBB,2\n\"\n,,,,\n";
        Archive::new().entry(Entry::new("x.py", WORDS)).entry(Entry::new("hostile-1.0.dist-info/RECORD", record)).build()
    });
    kit.wheel("wheel/record-of-a-million-lines", End::Ok(&[]), || {
        only(Entry::new("hostile-1.0.dist-info/RECORD", "x.py,sha256=AAAA,1\n".repeat(1_000_000)).method(Method::Deflate))
    });
    kit.wheel("wheel/honest", End::Ok(&[]), || Wheel::new("hostile", "1.0").file("hostile.py", WORDS).build().bytes);
}

/// Files that are no archive, or none that is read.
fn others(kit: &mut Kit) {
    for (extension, begin) in [
        ("win32.exe", &b"MZ"[..]),
        ("win32.msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("noarch.rpm", b"\xed\xab\xee\xdb"),
        ("dmg", b"koly"),
        ("deb", b"!<arch>\ndebian-binary"),
        ("tar.Z", b"\x1f\x9d\x90"),
        ("tar.lzma", b"\x5d\0\0"),
        ("7z", b"7z\xbc\xaf\x27\x1c"),
    ] {
        let filename = format!("hostile-1.0.{extension}");
        kit.add(format!("file/{extension}"), &filename, End::Skipped("is not a kind of file that is read"), move || begin.to_vec());
    }
    for (name, begin, kind) in [
        ("compress", &b"\x1f\x9d\x90"[..], "compress (.Z) is not read"),
        ("rpm", b"\xed\xab\xee\xdb", "rpm is not read"),
        ("msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "msi is not read"),
        ("7z", b"7z\xbc\xaf\x27\x1c", "7z is not read"),
        ("rar", b"Rar!\x1a\x07\0", "rar is not read"),
    ] {
        kit.sdist(format!("file/{name}-called-tar"), End::Skipped(kind), move || begin.to_vec());
    }
    kit.wheel("file/empty", End::Failed("the file is empty"), Vec::new);
    kit.wheel("file/one-byte", End::Failed("not an archive"), || vec![b'P']);
    kit.wheel("file/page", End::Failed("not an archive"), || b"<!DOCTYPE html>\n<title>Not found</title>\n".to_vec());
    kit.wheel("file/noise", End::Failed("not an archive"), || noise(100_000, 3));
    kit.wheel("file/zeros", End::Failed("not an archive"), || vec![0; 100_000]);
    kit.wheel("file/end-marks", End::Failed("zip index unreadable"), || [b"PK\x03\x04".to_vec(), END.repeat(100_000)].concat());
}
